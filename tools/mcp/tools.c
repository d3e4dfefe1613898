/* SPDX-License-Identifier: MIT */
/*
 * What a client is told of the tools stands in the context of every conversation, so it is short: a
 * word more here is paid for at every turn. What a tool does at its edges is said by its answers.
 */
#include "mcp/tools.h"

#include <stdlib.h>
#include <string.h>

#include "mcp/answer.h"
#include "mcp/methods.h"
#include "mcp/rpc.h"
#include "mcp/schema.h"

enum hint { READS = 1, REPEATABLE = 2, DESTROYS = 4 };

#define TEXT "{\"type\":\"string\"}"
#define TEXTS "{\"type\":\"array\",\"items\":" TEXT "}"
#define LIST "{\"type\":\"array\"}"
#define FLAG "{\"type\":\"boolean\"}"
#define WHOLE "{\"type\":\"integer\"}"
#define COUNT "{\"type\":\"integer\",\"minimum\":0}"
#define SECONDS "{\"type\":\"integer\",\"minimum\":0,\"maximum\":86400}"

static const struct tool_entry {
    const char *name;
    const char *description;
    int hints;
    const char *input; /* the properties */
    const char *required;
    const char *output;
    const char *always; /* those of the output that are always there */
    void (*run)(struct mcp *, const struct request *, json_value *);
} entries[] = {
    {"status",
     "Who is here, tasks by state, who holds which files; your claims and unread messages.", READS,
     "", "",
     "\"agent\":" TEXT ",\"agents\":" LIST ",\"tasks\":{\"type\":\"object\"},\"claims\":" LIST
     ",\"files\":" LIST ",\"unread\":" WHOLE,
     "\"agents\",\"tasks\"", do_status},
    {"join", "Say who you are, if not configured, and what you do. Other tools join by themselves.",
     REPEATABLE,
     "\"agent\":" TEXT ",\"role\":" TEXT ",\"capabilities\":" TEXTS
     ",\"status\":{\"type\":\"string\",\"enum\":[\"idle\",\"busy\",\"paused\"]},\"note\":" TEXT,
     "", "\"agent\":" TEXT ",\"joined\":" FLAG, "\"agent\",\"joined\"", do_join},
    {"send", "Send a message to an agent, role:<role>, supervisor, all, or a list of these.", 0,
     /* Some clients refuse an array that does not say what is in it. */
     "\"to\":{\"type\":[\"string\",\"array\"],\"items\":" TEXT "},\"content\":" TEXT
     ",\"type\":{\"type\":\"string\",\"description\":"
     "\"message, question, answer, status_update, review_request\"},\"subject\":" TEXT
     ",\"replyTo\":" TEXT ",\"priority\":{\"type\":\"string\",\"enum\":[\"interrupt\",\"queue\","
     "\"log\"]},\"data\":{\"type\":\"object\"}",
     "\"to\",\"content\"", "\"id\":" TEXT, "\"id\"", do_send},
    {"inbox",
     "Take your unread messages. With id: that message, from byte offset on; with thread: all of "
     "it. ack: ids you acted on.",
     0,
     "\"id\":" TEXT ",\"offset\":" COUNT ",\"thread\":" TEXT ",\"ack\":" TEXTS
     ",\"limit\":{\"type\":\"integer\",\"minimum\":1,\"maximum\":100}",
     "", "\"messages\":" LIST ",\"more\":" FLAG, "\"messages\"", do_inbox},
    {"wait",
     "Sleep until there is a message, a task ready for you, or paths are free to write; costs "
     "nothing meanwhile. Default: "
     "message and task, 50 seconds.",
     0,
     "\"for\":{\"type\":\"array\",\"minItems\":1,\"items\":{\"type\":\"string\",\"enum\":["
     "\"message\",\"task\",\"release\"]}},"
     "\"paths\":" TEXTS ",\"seconds\":" SECONDS,
     "", "\"event\":{\"type\":[\"string\",\"null\"]},\"messages\":" LIST ",\"tasks\":" LIST,
     "\"event\"", do_wait},
    {"ask",
     "Ask the operator (a person) or another agent, and wait for the answer; default 50 seconds. "
     "Late answers come to "
     "the inbox.",
     0, "\"question\":" TEXT ",\"choices\":" TEXTS ",\"to\":" TEXT ",\"seconds\":" SECONDS,
     "\"question\"", "\"answered\":" FLAG ",\"answer\":" TEXT ",\"id\":" TEXT, "\"answered\"",
     do_ask},
    {"task_add",
     "Make a task. paths: globs it will write. dependsOn: tasks that must be done first.", 0,
     "\"title\":" TEXT ",\"description\":" TEXT ",\"id\":" TEXT
     ",\"priority\":{\"type\":\"integer\",\"minimum\":0,\"maximum\":4,\"description\":\"0 is "
     "first, default 2\"},"
     "\"dependsOn\":" TEXTS ",\"paths\":" TEXTS ",\"role\":" TEXT ",\"assignee\":" TEXT
     ",\"acceptance\":" TEXT,
     "\"title\"", "\"id\":" TEXT, "\"id\"", do_task_add},
    {"task_list",
     "List tasks (all, in a state, ready for you, or yours); with id: one in full, from byte "
     "offset on.",
     READS,
     "\"id\":" TEXT ",\"offset\":" COUNT
     ",\"state\":{\"type\":\"string\",\"enum\":[\"open\",\"claimed\",\"blocked\","
     "\"review\",\"done\",\"failed\","
     "\"cancelled\"]},\"ready\":" FLAG ",\"mine\":" FLAG
     ",\"after\":{\"type\":\"string\",\"description\":\"id of the last one "
     "seen\"}",
     "", "\"tasks\":" LIST ",\"more\":" FLAG, "\"tasks\"", do_task_list},
    {"task_claim",
     "Claim a task, else the best that is ready; also takes over from the dead. own: reserve its "
     "paths too.",
     0, "\"id\":" TEXT ",\"own\":" FLAG ",\"seconds\":" SECONDS, "",
     "\"claimed\":" FLAG ",\"token\":" WHOLE ",\"task\":{\"type\":\"object\"},\"reason\":" TEXT,
     "\"claimed\"", do_task_claim},
    {"task_update",
     "Change a task. text: reason, result or note. submit asks for review; the reviewer completes "
     "or reopens. assign: to.",
     DESTROYS,
     "\"id\":" TEXT ",\"change\":{\"type\":\"string\",\"enum\":[\"renew\",\"release\",\"block\","
     "\"unblock\",\"submit\","
     "\"complete\",\"fail\",\"note\",\"cancel\",\"reopen\",\"assign\"]},\"text\":" TEXT
     ",\"to\":" TEXT ",\"token\":" WHOLE,
     "\"id\",\"change\"", "\"task\":{\"type\":\"object\"}", "\"task\"", do_task_update},
    {"files_own",
     "Reserve paths or globs before writing them, or give them back (release; without paths: all).",
     REPEATABLE,
     "\"paths\":" TEXTS ",\"release\":" FLAG ",\"shared\":" FLAG ",\"task\":" TEXT
     ",\"reason\":" TEXT ",\"seconds\":" SECONDS,
     "", "\"granted\":" FLAG ",\"released\":" WHOLE ",\"reason\":" TEXT, "", do_files_own},
    {"files_check", "Whether you may write these paths, and if not, who holds them.", READS,
     "\"paths\":{\"type\":\"array\",\"minItems\":1,\"items\":" TEXT "}", "\"paths\"",
     "\"allowed\":" FLAG ",\"owners\":" LIST, "\"allowed\",\"owners\"", do_files_check},
};
enum { ENTRIES = sizeof entries / sizeof *entries };

static json_value *schema(const char *properties, const char *required, int is_closed)
{
    char *text = NULL;
    const char *why;
    if (asprintf(&text, "{\"type\":\"object\",\"properties\":{%s}%s%s%s%s}", properties,
                 *required ? ",\"required\":[" : "", required, *required ? "]" : "",
                 is_closed ? ",\"additionalProperties\":false" : "") < 0)
        tool_fail(STATUS_SYSTEM, "out of memory");
    json_value *value = json_read(text, &why);
    if (!value)
        tool_fail(STATUS_SYSTEM, "a schema is no JSON: %s: %s", why, text);
    free(text);
    return value;
}

/* What is not said stands for the protocol's default: it writes, may destroy, and must not be
 * repeated. */
static json_value *annotations(int hints)
{
    json_value *map = json_new_map();
    if (hints & READS) {
        json_put_flag(map, "readOnlyHint", 1);
    } else {
        json_put_flag(map, "destructiveHint", (hints & DESTROYS) != 0);
        if (hints & REPEATABLE)
            json_put_flag(map, "idempotentHint", 1);
    }
    json_put_flag(map, "openWorldHint", 0);
    return map;
}

void method_tools_list(struct mcp *m, struct request *r)
{
    json_value *list = json_new_list();
    for (int i = 0; i < ENTRIES; i++) {
        const struct tool_entry *e = &entries[i];
        json_value *tool = json_new_map();
        json_put_text(tool, "name", e->name);
        json_put_text(tool, "description", e->description);
        json_put(tool, "inputSchema", schema(e->input, e->required, 0));
        if (r->revision >= REVISION_2025_06)
            json_put(tool, "outputSchema", schema(e->output, e->always, 0));
        if (r->revision >= REVISION_2025_03)
            json_put(tool, "annotations", annotations(e->hints));
        json_add(list, tool);
    }
    json_value *result = json_new_map();
    json_put(result, "tools", list);
    rpc_cacheable(m, r, result, 3600000);
}

/* Some models write null for what they leave out, and 5.0 for 5; the library would refuse both. */
static json_value *tidied(json_value *given)
{
    if (given && !json_is_map(given))
        return json_share(given);
    json_value *map = json_new_map();
    for (const char *key = json_next_key(given, NULL); key; key = json_next_key(given, key))
        if (json_member(given, key))
            json_put(map, key, json_as_whole(json_member(given, key)));
    return map;
}

void tools_run(struct mcp *m, struct request *r)
{
    const char *name = json_member_text(r->params, "name", "");
    for (int i = 0; i < ENTRIES; i++) {
        if (strcmp(entries[i].name, name) != 0)
            continue;
        json_value *arguments = tidied(json_member(r->params, "arguments"));
        json_value *shape = schema(entries[i].input, entries[i].required, 1);
        char *wrong = schema_check(shape, arguments);
        if (wrong)
            answer_refuse(m, r, "%s: %s", name, wrong);
        else
            entries[i].run(m, r, arguments);
        free(wrong);
        json_release(shape);
        json_release(arguments);
        return;
    }
    rpc_error(m, r->id, RPC_INVALID_PARAMS, "Unknown tool: %s", name);
}

void method_tools_call(struct mcp *m, struct request *r)
{
    tools_run(m, r);
}

int64_t tools_wait_ms(json_value *arguments, int64_t seconds)
{
    return json_member_number(arguments, "seconds", seconds) * 1000;
}
