/* SPDX-License-Identifier: MIT */
/*
 * society-agent: who is here. Registers, says what the agent is doing, lists the others, and lives with a command
 * (hold), which keeps the agent online exactly as long as the holder runs.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <society/agent.h>

#include "common/compose.h"
#include "common/hold.h"
#include "common/json.h"
#include "common/output.h"
#include "common/table.h"
#include "common/tool.h"

static const char help[] =
    "Usage: society-agent register [--role R] [--capability C]... [--workspace P] [--url U]\n"
    "       society-agent status idle|busy|paused|offline [NOTE]\n"
    "       society-agent leave\n"
    "       society-agent list [--role R] [--online]\n"
    "       society-agent show ID\n"
    "       society-agent hold -- CMD...     online for as long as CMD runs; its exit status\n"
    "\n"
    "register also takes --branch, --worktree, --slot, --model, --program, --supervisor.\n"
    "What is not given keeps its former value.\n"
    "\n"
    "  -r, --role R         the role to register, or to list\n"
    "  -c, --capability C   what the agent can do; repeated\n"
    "  -o, --online         list only who is online\n"
    "\n";

enum { WORKSPACE = 256, URL, BRANCH, WORKTREE, SLOT, MODEL, PROGRAM, SUPERVISOR, FIELDS_END };

static const struct tool_option options[] = {
    {'r', "role", 1},
    {'c', "capability", 1},
    {'o', "online", 0},
    {WORKSPACE, "workspace", 1},
    {URL, "url", 1},
    {BRANCH, "branch", 1},
    {WORKTREE, "worktree", 1},
    {SLOT, "slot", 1},
    {MODEL, "model", 1},
    {PROGRAM, "program", 1},
    {SUPERVISOR, "supervisor", 1},
    {0, NULL, 0},
};

static const char *const field_names[] = {"workspace", "url",   "branch",  "worktree",
                                          "slot",      "model", "program", "supervisor"};

/* What the options said. */
struct request {
    const char *role;
    const char *fields[FIELDS_END - WORKSPACE];
    struct texts capabilities;
    int online;
};

static void read_options(struct tool *t, struct request *r)
{
    const char *value;
    for (int code; (code = tool_next_option(t, &value)) != 0;) {
        if (code == 'r')
            r->role = value;
        else if (code == 'c')
            texts_add(&r->capabilities, value);
        else if (code == 'o')
            r->online = 1;
        else
            r->fields[code - WORKSPACE] = value;
    }
}

/* The agent's own object, for --json. */
static void print_self(struct tool *t)
{
    char *agent = NULL;
    if (!t->json)
        return;
    int result = society_agent_get(t->society, society_agent(t->society), &agent);
    if (result < 0)
        tool_fail_result(t, result);
    output_json(agent);
    society_free(agent);
}

static int do_register(struct tool *t, const struct request *r)
{
    struct compose c;
    tool_expect_arguments(t, 1, 1, "");
    tool_open_as_agent(t);
    compose_begin(&c);
    compose_text(&c, "role", r->role);
    compose_list(&c, "capabilities", r->capabilities.items, r->capabilities.count);
    for (size_t i = 0; i < sizeof field_names / sizeof *field_names; i++)
        compose_text(&c, field_names[i], r->fields[i]);
    char *fields = compose_end(&c);
    int result = society_register(t->society, fields);
    free(fields);
    if (result < 0)
        tool_fail_result(t, result);
    print_self(t);
    return STATUS_DONE;
}

static int do_status(struct tool *t, const struct request *r)
{
    (void)r;
    tool_expect_arguments(t, 2, 3, "the status (idle, busy, paused, offline)");
    tool_open_as_agent(t);
    int result =
        society_set_status(t->society, t->arguments[1], t->count > 2 ? t->arguments[2] : NULL);
    if (result < 0)
        tool_fail_result(t, result);
    print_self(t);
    return STATUS_DONE;
}

static int do_leave(struct tool *t, const struct request *r)
{
    (void)r;
    tool_expect_arguments(t, 1, 1, "");
    tool_open_as_agent(t);
    int result = society_leave(t->society);
    if (result < 0)
        tool_fail_result(t, result);
    return STATUS_DONE;
}

static void add_row(struct table *table, json_value *agent)
{
    int online = json_member_true(agent, "online");
    table_add(table, NULL, json_member_text(agent, "agentId", NULL));
    table_add(table, NULL, json_member_text(agent, "role", NULL));
    table_add(table, online ? STYLE_GOOD : STYLE_DIM, online ? "online" : "offline");
    table_add(table, NULL, json_member_text(agent, "status", NULL));
    table_add(table, NULL, json_member_text(agent, "lastSeen", NULL));
    table_add(table, NULL, json_member_text(agent, "note", NULL));
}

static int is_wanted(json_value *agent, const struct request *r)
{
    if (r->online && !json_member_true(agent, "online"))
        return 0;
    return !r->role || strcmp(json_member_text(agent, "role", ""), r->role) == 0;
}

static int do_list(struct tool *t, const struct request *r)
{
    static const char *const headings[] = {"AGENT",     "ROLE", "ONLINE", "STATUS",
                                           "LAST SEEN", "NOTE", NULL};
    struct table table;
    society_list *agents = NULL;
    tool_expect_arguments(t, 1, 1, "");
    tool_open(t);
    int result = society_agents(t->society, &agents);
    if (result < 0)
        tool_fail_result(t, result);
    table_begin(&table, headings);
    for (int64_t i = 0; i < society_list_count(agents); i++) {
        const char *text = society_list_item(agents, i);
        json_value *agent = json_read(text, NULL);
        if (is_wanted(agent, r)) {
            if (t->json)
                output_json(text);
            else
                add_row(&table, agent);
        }
        json_release(agent);
    }
    table_end(&table);
    society_list_free(agents);
    return STATUS_DONE;
}

/* "db 3, ui 1" */
static void print_counts(const char *name, json_value *counts)
{
    const char *key = json_next_key(counts, NULL);
    printf("%s%s", key ? "; " : "", key ? name : "");
    for (const char *between = ": "; key; key = json_next_key(counts, key)) {
        fputs(between, stdout);
        output_text(stdout, key);
        printf(" %" PRId64, json_member_number(counts, key, 0));
        between = ", ";
    }
}

/* How many tasks the agent has completed, and of what kind. */
static void print_completed(json_value *completed)
{
    output_style(STYLE_DIM);
    fputs("completed", stdout);
    output_style(NULL);
    printf(": %" PRId64, json_member_number(completed, "tasks", 0));
    print_counts("labels", json_member(completed, "labels"));
    print_counts("paths", json_member(completed, "paths"));
    putchar('\n');
}

/* One line for each field that has a value. */
static void print_agent(json_value *agent)
{
    for (const char *key = json_next_key(agent, NULL); key; key = json_next_key(agent, key)) {
        json_value *value = json_member(agent, key);
        if (value && strcmp(key, "completed") == 0) {
            print_completed(value);
            continue;
        }
        char *text = json_show(value);
        if (*text) {
            output_style(STYLE_DIM);
            output_text(stdout, key);
            output_style(NULL);
            fputs(": ", stdout);
            output_lines(stdout, text, "    ");
            putchar('\n');
        }
        free(text);
    }
}

static int do_show(struct tool *t, const struct request *r)
{
    char *text = NULL;
    (void)r;
    tool_expect_arguments(t, 2, 2, "the agent's id");
    tool_open(t);
    int result = society_agent_get(t->society, t->arguments[1], &text);
    if (result < 0)
        tool_fail_result(t, result);
    json_value *agent = t->json ? NULL : json_read(text, NULL);
    if (agent)
        print_agent(agent);
    else
        output_json(text);
    json_release(agent);
    society_free(text);
    return STATUS_DONE;
}

enum { FIRST_LOOK_MS = 1000, AGAIN_MS = 1000 };

/* What the agent holds lasts as long as this process, for all who know that it is here; the leases are for programs that
 * know only lock files, so a failure is no reason to end the command. */
static int64_t renew(void *context)
{
    struct tool *t = context;
    int32_t next = AGAIN_MS;
    int result = society_renew(t->society, &next);
    if (result < 0)
        tool_warn("not renewed: %s", tool_reason(t, result));
    return next;
}

static int do_hold(struct tool *t, const struct request *r)
{
    (void)r;
    tool_expect_arguments(t, 2, -1, "the command to run");
    tool_open_as_agent(t);
    int result = society_join(t->society);
    if (result < 0)
        tool_fail_result(t, result);
    /* The command speaks as the agent that is held, in the same society. */
    if (setenv("SOCIETY_AGENT", society_agent(t->society), 1) != 0 ||
        setenv("SOCIETY_DIR", society_dir(t->society), 1) != 0)
        tool_fail(STATUS_SYSTEM, "out of memory");
    t->argv[t->argc] = NULL;
    t->arguments[t->count] = NULL;
    struct hold_duty duty = {.first_ms = FIRST_LOOK_MS, .tick = renew, .context = t};
    return hold_run_on_duty(t->arguments + 1, &duty);
}

static const struct {
    const char *verb;
    int (*run)(struct tool *, const struct request *);
} verbs[] = {
    {"register", do_register}, {"status", do_status}, {"leave", do_leave},
    {"list", do_list},         {"show", do_show},     {"hold", do_hold},
};

int main(int argc, char **argv)
{
    struct tool t = {.name = "society-agent", .help = help, .options = options};
    struct request request = {0};
    tool_start(&t, argc, argv);
    read_options(&t, &request);
    if (t.count == 0)
        tool_usage("say what to do: register, status, leave, list, show or hold");
    for (size_t i = 0; i < sizeof verbs / sizeof *verbs; i++) {
        if (strcmp(t.arguments[0], verbs[i].verb) != 0)
            continue;
        int status = verbs[i].run(&t, &request);
        texts_free(&request.capabilities);
        return tool_finish(&t, status);
    }
    tool_usage("'%s' is none of register, status, leave, list, show, hold", t.arguments[0]);
}
