/* SPDX-License-Identifier: MIT */
/*
 * The formats are those of each agent's own documentation:
 *
 *   claude  Claude Code, "Hooks reference" (code.claude.com/docs/en/hooks, as of October 2026)
 *   codex   Codex, "Hooks" (developers.openai.com/codex/hooks, as of May 2026) and the parser of
 *           answers in its source (codex-rs/hooks, commit 0ea83813), which takes no field that it
 *           does not know and no "allow"
 *   cursor  Cursor, "Hooks" (cursor.com/docs/hooks.md, as of 2026); the arguments of its tools are
 *           not documented, so a path is looked for under the names that others use
 *   gemini  Gemini CLI, "Hooks reference" (docs/hooks/reference.md, commit 06c0d810)
 *   kilo    Kilo Code, "Plugins" (kilo-docs/pages/automate/extending/plugins.md, commit 1d0dd697);
 *           its plugins are programs, and ours (settings.c) sends and takes what is here
 *
 * Status 2 means "no" to each of them where an edit is asked about, with standard error as the
 * reason, and they go on after any other: hook.c ends so.
 */
#include "guard/agent.h"

#include <string.h>

#include "common/tool.h"

static json_value *say_nothing(void)
{
    return NULL;
}

static json_value *specific(const char *event, const char *name, const char *words)
{
    json_value *answer = json_new_map();
    json_value *inner = json_new_map();
    json_put_text(inner, "hookEventName", event);
    if (name)
        json_put_text(inner, name, words);
    json_put(answer, "hookSpecificOutput", inner);
    return answer;
}

/* ---- Claude Code, and Codex after it ---- */

static json_value *deny_decision(const char *event, const char *words)
{
    json_value *answer = specific(event, "permissionDecisionReason", words);
    json_put_text(json_member(answer, "hookSpecificOutput"), "permissionDecision", "deny");
    return answer;
}

static json_value *tell_context(const char *event, const char *words)
{
    return specific(event, "additionalContext", words);
}

static json_value *keep_block(const char *words)
{
    json_value *answer = json_new_map();
    json_put_text(answer, "decision", "block");
    json_put_text(answer, "reason", words);
    return answer;
}

/* ---- Gemini CLI: what is printed must be JSON ---- */

static json_value *allow_empty(void)
{
    return json_new_map();
}

static json_value *deny_gemini(const char *event, const char *words)
{
    json_value *answer = json_new_map();
    (void)event;
    json_put_text(answer, "decision", "deny");
    json_put_text(answer, "reason", words);
    return answer;
}

static json_value *keep_gemini(const char *words)
{
    return deny_gemini(NULL, words);
}

/* ---- Cursor: an answer is wanted for each question ---- */

static json_value *allow_cursor(void)
{
    json_value *answer = json_new_map();
    json_put_text(answer, "permission", "allow");
    return answer;
}

static json_value *deny_cursor(const char *event, const char *words)
{
    json_value *answer = json_new_map();
    (void)event;
    json_put_text(answer, "permission", "deny");
    json_put_text(answer, "user_message", words);
    json_put_text(answer, "agent_message", words);
    return answer;
}

static json_value *tell_cursor(const char *event, const char *words)
{
    json_value *answer = json_new_map();
    (void)event;
    json_put_text(answer, "additional_context", words);
    return answer;
}

static json_value *keep_cursor(const char *words)
{
    json_value *answer = json_new_map();
    json_put_text(answer, "followup_message", words);
    return answer;
}

/* ---- Kilo Code, by our plugin ---- */

static json_value *tell_kilo(const char *event, const char *words)
{
    json_value *answer = json_new_map();
    (void)event;
    json_put_text(answer, "context", words);
    return answer;
}

/* ---- All ---- */

/* (Cursor takes context at the start of a session only, not with a prompt.) */
static const struct agent agents[] = {
    {"claude", "SessionStart", "UserPromptSubmit", "PreToolUse", "Stop",
     "Edit|Write|MultiEdit|NotebookEdit", "stop_hook_active", say_nothing, deny_decision,
     tell_context, keep_block},
    {"codex", "SessionStart", "UserPromptSubmit", "PreToolUse", "Stop", "apply_patch|Edit|Write",
     "stop_hook_active", say_nothing, deny_decision, tell_context, keep_block},
    {"cursor", "sessionStart", NULL, "preToolUse", "stop",
     "Write|Delete|Edit|MultiEdit|StrReplace|EditNotebook|ApplyPatch", "loop_count", allow_cursor,
     deny_cursor, tell_cursor, keep_cursor},
    {"gemini", "SessionStart", "BeforeAgent", "BeforeTool", "AfterAgent", "write_file|replace",
     "stop_hook_active", allow_empty, deny_gemini, tell_context, keep_gemini},
    {"kilo", NULL, "chat.message", "tool.execute.before", NULL,
     "edit|write|multiedit|patch|apply_patch", NULL, allow_empty, deny_gemini, tell_kilo, NULL},
};

const struct agent *agent_find(const char *name)
{
    for (size_t i = 0; i < sizeof agents / sizeof *agents; i++)
        if (strcmp(agents[i].name, name) == 0)
            return &agents[i];
    tool_usage("'%s' is none of claude, codex, cursor, gemini, kilo", name);
}

/* Whether `word` is one of those that are joined by |. */
static int is_one_of(const char *words, const char *word)
{
    size_t length = strlen(word);
    for (const char *at = words; at; at = strchr(at, '|')) {
        at += *at == '|';
        if (strncmp(at, word, length) == 0 && (at[length] == '|' || at[length] == '\0'))
            return length > 0;
    }
    return 0;
}

enum agent_event agent_event_of(const struct agent *agent, json_value *input)
{
    const char *event = json_member_text(input, "hook_event_name", "");
    if (agent->start && strcmp(event, agent->start) == 0)
        return AGENT_START;
    if (agent->prompt && strcmp(event, agent->prompt) == 0)
        return AGENT_PROMPT;
    if (agent->stop && strcmp(event, agent->stop) == 0)
        return AGENT_STOP;
    if (strcmp(event, agent->edit) != 0)
        return AGENT_OTHER;
    /* Tools that only read, and those of others, are none of ours. */
    return is_one_of(agent->tools, json_member_text(input, "tool_name", "")) ? AGENT_EDIT
                                                                             : AGENT_OTHER;
}
