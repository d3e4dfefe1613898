/* SPDX-License-Identifier: MIT */
/*
 * society-task: tasks from their making to their end. Each verb is a function of common/task.h.
 */
#include <stdio.h>
#include <string.h>

#include <society/task.h>

#include "common/compose.h"
#include "common/duration.h"
#include "common/task.h"
#include "common/tool.h"

static const char help[] =
    "Usage: society-task add TITLE [--id ID] [-d TEXT] [-p 0-4] [--needs ID]... [--role R]\n"
    "         [--label L]... [--path GLOB]... [--to AGENT] [--parent ID]\n"
    "         [--acceptance TEXT] [--retries N]\n"
    "       society-task list [--state S] [--mine] [--archived] | show ID | graph [--dot]\n"
    "       society-task ready [--familiar]\n"
    "       society-task claim [ID] [--lease D] [--own] [--resume] [--wait D] [--familiar]\n"
    "       society-task claim --count N [--lease D] [--familiar]\n"
    "       society-task renew|release|block|submit|complete|fail|note ID [TEXT|-] [--token N]\n"
    "       society-task unblock ID | cancel|reopen ID [TEXT|-]\n"
    "       society-task assign ID --to AGENT|--nobody\n"
    "       society-task depend ID [--needs ID]... [--remove ID]...\n"
    "       society-task edit ID [--title T] and as for add\n"
    "       society-task import FILE|- | export\n"
    "       society-task run [ID] [--lease D] [--own] [--resume] [--wait D] -- CMD...\n"
    "TEXT is the reason (block, fail, cancel; or --reason), the result (submit, complete; or\n"
    "--result, JSON or text) or the note (note, reopen; or --note). Without --token the\n"
    "agent's own claim is meant. D is 90s, 15m, 2h. run keeps the claim while CMD runs and\n"
    "completes the task if CMD returns 0, else fails it; its status is that of CMD.\n"
    "\n";

enum { ID = 256, TITLE, TO, PARENT, ACCEPTANCE, RETRIES, NEEDS, REMOVE, LABEL, GLOB };
enum { STATE = 512, REASON, RESULT, NOTE, TOKEN, LEASE, WAIT, MINE, DOT, NOBODY };
enum { OWN = 768, RESUME, FAMILIAR, COUNT, ARCHIVED };

static const struct tool_option options[] = {
    {ID, "id", 1},
    {TITLE, "title", 1},
    {'d', "description", 1},
    {'p', "priority", 1},
    {NEEDS, "needs", 1},
    {'r', "role", 1},
    {LABEL, "label", 1},
    {GLOB, "path", 1},
    {TO, "to", 1},
    {PARENT, "parent", 1},
    {ACCEPTANCE, "acceptance", 1},
    {RETRIES, "retries", 1},
    {STATE, "state", 1},
    {MINE, "mine", 0},
    {DOT, "dot", 0},
    {LEASE, "lease", 1},
    {WAIT, "wait", 1},
    {TOKEN, "token", 1},
    {REASON, "reason", 1},
    {RESULT, "result", 1},
    {NOTE, "note", 1},
    {REMOVE, "remove", 1},
    {NOBODY, "nobody", 0},
    {OWN, "own", 0},
    {RESUME, "resume", 0},
    {FAMILIAR, "familiar", 0},
    {COUNT, "count", 1},
    {ARCHIVED, "archived", 0},
    {0, NULL, 0},
};

static int32_t read_duration(const char *option, const char *text, int32_t least)
{
    int32_t milliseconds = duration_parse(text);
    if (milliseconds < least)
        tool_usage("%s needs a duration such as 90s, 15m or 2h, not '%s'", option, text);
    return milliseconds;
}

/* The options that say what a task is; 0: it is none of them. */
static int read_field(struct task_request *r, int code, const char *value)
{
    switch (code) {
    case ID: r->id = value; break;
    case TITLE: r->title = value; break;
    case 'd': r->description = value; break;
    case 'p': r->priority = tool_number("--priority", value); break;
    case 'r': r->role = value; break;
    case TO: r->to = value; break;
    case PARENT: r->parent = value; break;
    case ACCEPTANCE: r->acceptance = value; break;
    case RETRIES: r->retries = tool_number("--retries", value); break;
    case NEEDS: texts_add(&r->needs, value); break;
    case REMOVE: texts_add(&r->remove, value); break;
    case LABEL: texts_add(&r->labels, value); break;
    case GLOB: texts_add(&r->paths, value); break;
    default: return 0;
    }
    return 1;
}

static void read_options(struct tool *t, struct task_request *r)
{
    const char *value;
    for (int code; (code = tool_next_option(t, &value)) != 0;) {
        if (read_field(r, code, value))
            continue;
        switch (code) {
        case STATE: r->state = value; break;
        case REASON: r->reason = value; break;
        case RESULT: r->result = value; break;
        case NOTE: r->note = value; break;
        case TOKEN: r->token = tool_number("--token", value); break;
        case LEASE: r->lease_ms = read_duration("--lease", value, 1); break;
        case WAIT: r->wait_ms = read_duration("--wait", value, 0); break;
        case MINE: r->mine = 1; break;
        case DOT: r->dot = 1; break;
        case OWN: r->own = 1; break;
        case RESUME: r->resume = 1; break;
        case FAMILIAR: r->familiar = 1; break;
        case COUNT: r->count = tool_number("--count", value); break;
        case ARCHIVED: r->archived = 1; break;
        default: r->nobody = 1; break;
        }
    }
}

#define FIELDS "description priority role label path parent acceptance retries "
#define CLAIM "lease own resume wait familiar"

/* Each with the options that mean something to it; what edit refuses in words of its own is among them. */
static const struct {
    const char *verb;
    int (*run)(struct tool *, const struct task_request *);
    const char *options;
} verbs[] = {
    {"add", task_add, FIELDS "id needs to"},
    {"list", task_list, "state mine archived"},
    {"show", task_show, ""},
    {"ready", task_ready, "familiar"},
    {"graph", task_graph, "dot"},
    {"claim", task_claim, CLAIM " count"},
    {"renew", task_change, "token lease"},
    {"release", task_change, "token"},
    {"block", task_change, "token reason"},
    {"unblock", task_change, ""},
    {"submit", task_change, "token result"},
    {"complete", task_change, "token result"},
    {"fail", task_change, "token reason"},
    {"cancel", task_change, "reason"},
    {"reopen", task_change, "note"},
    {"note", task_change, "token note"},
    {"assign", task_assign, "to nobody"},
    {"depend", task_depend, "needs remove"},
    {"edit", task_edit, FIELDS "title id needs to"},
    {"import", task_import, ""},
    {"export", task_export, ""},
    {"run", task_run, CLAIM},
};

static void free_request(struct task_request *r)
{
    texts_free(&r->needs);
    texts_free(&r->remove);
    texts_free(&r->labels);
    texts_free(&r->paths);
}

int main(int argc, char **argv)
{
    struct tool t = {.name = "society-task", .help = help, .options = options};
    struct task_request request = {
        .priority = -1, .retries = -1, .token = SOCIETY_NO_TOKEN, .count = -1};
    tool_start(&t, argc, argv);
    read_options(&t, &request);
    if (t.count == 0)
        tool_usage("say what to do: add, list, show, ready, graph, claim, complete, ...");
    for (size_t i = 0; i < sizeof verbs / sizeof *verbs; i++) {
        if (strcmp(t.arguments[0], verbs[i].verb) != 0)
            continue;
        tool_expect_options(&t, verbs[i].verb, verbs[i].options);
        int status = verbs[i].run(&t, &request);
        free_request(&request);
        return tool_finish(&t, status);
    }
    tool_usage("there is no verb '%s'", t.arguments[0]);
}
