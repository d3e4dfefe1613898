/* SPDX-License-Identifier: MIT */
/*
 * An entry for each event, added to whatever else the file has; one of ours that is there already
 * is replaced. Where the formats are from stands in agent.c.
 *
 *   claude  .claude/settings.json     codex  .codex/hooks.json (new hooks are to be trusted: /hooks)
 *   gemini  .gemini/settings.json     cursor  .cursor/hooks.json
 *   kilo    .kilo/plugin/society.js, a file of its own
 */
#include "guard/settings.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/config_file.h"
#include "common/output.h"
#include "common/splice.h"
#include "guard/guard.h"

#define MARK "society-guard"

static const struct place {
    const char *agent, *file;
    int comments;
    int64_t timeout; /* in the agent's own unit */
    int flat;        /* an entry is the command itself */
} places[] = {
    {"claude", ".claude/settings.json", 0, 10, 0}, {"codex", ".codex/hooks.json", 0, 10, 0},
    {"cursor", ".cursor/hooks.json", 1, 10, 1},    {"gemini", ".gemini/settings.json", 1, 10000, 0},
    {"kilo", ".kilo/plugin/society.js", 0, 0, 0},
};

static const struct place *find_place(const struct agent *agent)
{
    const struct place *place = places;
    while (strcmp(place->agent, agent->name) != 0)
        place++;
    return place;
}

/* ---- The command ---- */

/* A word for a shell, quoted if it needs to be. */
static void put_word(FILE *out, const char *word)
{
    int plain = *word && word[strspn(word, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
                                           "0123456789/._-+:@%")] == '\0';
    fputs(plain ? "" : "'", out);
    for (; *word; word++)
        if (*word == '\'')
            fputs("'\\''", out);
        else
            fputc(*word, out);
    fputs(plain ? "" : "'", out);
}

static char *command_of(const struct tool *t, const struct agent *agent)
{
    char *text = NULL;
    size_t size = 0;
    FILE *out = open_memstream(&text, &size);
    char *program = config_program("society-guard");
    if (!out)
        tool_fail(STATUS_SYSTEM, "out of memory");
    put_word(out, program);
    fprintf(out, " hook %s", agent->name);
    if (t->dir) {
        fputs(" --dir ", out);
        put_word(out, t->dir);
    }
    if (t->agent) {
        fputs(" --agent ", out);
        put_word(out, t->agent);
    }
    if (fclose(out) != 0)
        tool_fail(STATUS_SYSTEM, "out of memory");
    free(program);
    return text;
}

/* ---- JSON ---- */

static char *entry(const struct place *place, const char *command, const char *tools)
{
    json_value *group = json_new_map();
    json_value *hook = place->flat ? group : json_new_map();
    if (!place->flat)
        json_put_text(hook, "type", "command");
    json_put_text(hook, "command", command);
    json_put_number(hook, "timeout", place->timeout);
    if (tools)
        json_put_text(group, "matcher", tools);
    if (tools && place->flat) /* what can't be asked is not allowed */
        json_put_flag(group, "failClosed", 1);
    if (!place->flat) {
        json_value *hooks = json_new_list();
        json_add(hooks, hook);
        json_put(group, "hooks", hooks);
    }
    char *text = json_compact(group);
    json_release(group);
    return text;
}

struct edit {
    const struct place *place;
    const char *file;
    char *text;
};

static void take(struct edit *e, char *text, const struct splice_error *error)
{
    if (!text)
        tool_fail(STATUS_SYSTEM, "%s: line %d, column %d: %s; nothing was written", e->file,
                  error->line, error->column, error->what);
    free(e->text);
    e->text = text;
}

static void add_event(struct edit *e, const char *command, const char *event, const char *tools)
{
    struct splice_error error = {0};
    const char *const path[] = {"hooks", event, NULL};
    if (!event)
        return;
    char *value = entry(e->place, command, tools);
    take(e, jsonc_append(e->text, path, value, MARK, e->place->comments, &error), &error);
    free(value);
}

/* The text of a JSON file with our entries in it. */
static void change(struct edit *e, const struct agent *agent, const char *command)
{
    struct splice_error error = {0};
    static const char *const version[] = {"version", NULL};
    if (e->place->flat)
        take(e, jsonc_set(e->text, version, "1", e->place->comments, &error), &error);
    add_event(e, command, agent->start, NULL);
    add_event(e, command, agent->prompt, NULL);
    add_event(e, command, agent->edit, agent->tools);
    add_event(e, command, agent->stop, NULL);
}

/* ---- Kilo Code ---- */

static char *plugin_of(const char *command, const char *tools)
{
    json_value *value = json_new_text(command);
    json_value *list = json_new_text(tools);
    char *quoted = json_compact(value);
    char *names = json_compact(list);
    char *text = guard_text(
        "// Written by society-guard hook --install kilo: asks the society before files are "
        "edited,\n"
        "// and hands unread messages over with each prompt.\n"
        "import { spawnSync } from \"node:child_process\"\n"
        "\n"
        "const command = %s\n"
        "const tools = %s.split(\"|\")\n"
        "\n"
        "function ask(input) {\n"
        "  const done = spawnSync(\"sh\", [\"-c\", command], { input: JSON.stringify(input), "
        "encoding: \"utf8\" })\n"
        "  const failed = done.status !== 0 ? done.stderr || `${command} failed` : undefined\n"
        "  return failed === undefined ? JSON.parse(done.stdout || \"{}\") : { decision: \"deny\", "
        "reason: failed }\n"
        "}\n"
        "\n"
        "const server = async ({ directory }) => ({\n"
        "  \"tool.execute.before\": async (input, output) => {\n"
        "    if (!tools.includes(input.tool)) return\n"
        "    const answer = ask({ hook_event_name: \"tool.execute.before\", cwd: directory, "
        "tool_name: input.tool, tool_input: output.args })\n"
        "    if (answer.decision === \"deny\") throw new Error(answer.reason)\n"
        "  },\n"
        "  \"chat.message\": async (input, output) => {\n"
        "    const answer = ask({ hook_event_name: \"chat.message\", cwd: directory })\n"
        "    const part = output.parts.find((one) => one.type === \"text\")\n"
        "    if (answer.context && part) part.text += \"\\n\\n\" + answer.context\n"
        "  },\n"
        "})\n"
        "\n"
        "export default { id: \"society\", server }\n",
        quoted, names);
    free(quoted);
    free(names);
    json_release(value);
    json_release(list);
    return text;
}

/* ---- Both ---- */

/* What the file is to be, given what it is. */
static char *compose(const struct tool *t, const struct agent *agent, const char *file,
                     const char *before)
{
    struct edit e = {find_place(agent), file, guard_text("%s", before)};
    char *command = command_of(t, agent);
    if (strcmp(agent->name, "kilo") == 0) {
        free(e.text);
        e.text = plugin_of(command, agent->tools);
    } else {
        change(&e, agent, command);
    }
    free(command);
    return e.text;
}

int settings_print(const struct tool *t, const struct agent *agent)
{
    char *text = compose(t, agent, agent->name, "");
    fputs(text, stdout);
    output_flush();
    tool_warn("this goes into %s of the project", find_place(agent)->file);
    free(text);
    return STATUS_DONE;
}

int settings_install(const struct tool *t, const struct agent *agent)
{
    mode_t mode = config_mode();
    char *directory = config_project();
    char *path = guard_text("%s/%s", directory, find_place(agent)->file);
    char *real = realpath(path, NULL); /* through a symbolic link, the file that it leads to */
    char *before = config_read(real ? real : path, &mode);
    if (strcmp(agent->name, "kilo") == 0 && *before && !strstr(before, MARK))
        tool_fail(STATUS_NO, "%s is there already, and none of ours; nothing was written", path);
    char *text = compose(t, agent, path, before);
    if (strcmp(before, text) != 0)
        config_write(real ? real : path, text, mode);
    output_text(stdout, path);
    putchar('\n');
    if (strcmp(agent->name, "codex") == 0)
        tool_warn("Codex runs new hooks once they are trusted: see /hooks there");
    free(text);
    free(before);
    free(real);
    free(path);
    free(directory);
    return STATUS_DONE;
}
