/* SPDX-License-Identifier: MIT */
/*
 * society-status: the society on one screen.
 */
#include <inttypes.h>
#include <stdio.h>

#include "common/json.h"
#include "common/output.h"
#include "common/table.h"
#include "common/tool.h"

static const char help[] =
    "Usage: society-status\n"
    "Prints one screen: the project, its agents with what is unread, tasks, who holds what, logs.\n"
    "\n";

static void add_number(struct table *table, const char *style, int64_t number)
{
    char text[24];
    snprintf(text, sizeof text, "%" PRId64, number);
    table_add(table, style, text);
}

static void print_agents(json_value *agents)
{
    static const char *const headings[] = {"AGENT",  "ROLE",      "ONLINE", "STATUS",
                                           "UNREAD", "LAST SEEN", "NOTE",   NULL};
    struct table table;
    table_begin(&table, headings);
    for (size_t i = 0; i < json_count(agents); i++) {
        json_value *agent = json_element(agents, i);
        int online = json_member_true(agent, "online");
        int64_t unread = json_member_number(agent, "unread", 0);
        table_add(&table, NULL, json_member_text(agent, "agentId", NULL));
        table_add(&table, NULL, json_member_text(agent, "role", NULL));
        table_add(&table, online ? STYLE_GOOD : STYLE_DIM, online ? "online" : "offline");
        table_add(&table, NULL, json_member_text(agent, "status", NULL));
        add_number(&table, unread > 0 ? STYLE_BOLD : NULL, unread);
        table_add(&table, NULL, json_member_text(agent, "lastSeen", NULL));
        table_add(&table, NULL, json_member_text(agent, "note", NULL));
    }
    table_end(&table);
}

static void print_tasks(json_value *tasks)
{
    static const char *const states[] = {"open", "claimed", "blocked",   "review",
                                         "done", "failed",  "cancelled", NULL};
    const char *separator = "\nTasks: ";
    for (size_t i = 0; states[i]; i++) {
        int64_t count = json_member_number(tasks, states[i], 0);
        if (count == 0)
            continue;
        printf("%s%" PRId64 " %s", separator, count, states[i]);
        separator = ", ";
    }
    if (*separator == ',')
        putchar('\n');
}

/* Who holds what: tasks, and paths. */
static void print_holdings(json_value *agents)
{
    static const char *const lists[] = {"claims", "owns", NULL};
    for (size_t i = 0; i < json_count(agents); i++) {
        json_value *agent = json_element(agents, i);
        int first = 1;
        for (size_t l = 0; lists[l]; l++) {
            json_value *held = json_member(agent, lists[l]);
            for (size_t k = 0; k < json_count(held); k++) {
                if (!json_text(json_element(held, k)))
                    continue;
                if (first)
                    output_text(stdout, json_member_text(agent, "agentId", "-"));
                fputs(first ? " holds " : ", ", stdout);
                output_text(stdout, json_text(json_element(held, k)));
                first = 0;
            }
        }
        if (!first)
            putchar('\n');
    }
}

static void print_logs(json_value *logs)
{
    static const char *const headings[] = {"LOG", "BYTES", "END", NULL};
    struct table table;
    table_begin(&table, headings);
    for (size_t i = 0; i < json_count(logs); i++) {
        json_value *log = json_element(logs, i);
        table_add(&table, NULL, json_member_text(log, "log", NULL));
        add_number(&table, NULL, json_member_number(log, "bytes", 0));
        add_number(&table, NULL, json_member_number(log, "end", 0));
    }
    table_end(&table);
}

static void print_status(json_value *status)
{
    json_value *agents = json_member(status, "agents");
    int online = 0;
    for (size_t i = 0; i < json_count(agents); i++)
        online += json_member_true(json_element(agents, i), "online");
    output_style(STYLE_BOLD);
    output_text(stdout, json_member_text(status, "projectId", "-"));
    output_style(NULL);
    fputs("  ", stdout);
    output_text(stdout, json_member_text(status, "dir", "-"));
    printf("\n\nAgents: %zu, %d online\n", json_count(agents), online);
    print_agents(agents);
    print_tasks(json_member(status, "tasks"));
    print_holdings(agents);
    puts("\nLogs:");
    print_logs(json_member(status, "logs"));
}

int main(int argc, char **argv)
{
    struct tool t = {.name = "society-status", .help = help};
    const char *value;
    char *text = NULL;
    tool_start(&t, argc, argv);
    tool_next_option(
        &t, &value); /* it has no options of its own, so this reads the whole command line */
    tool_expect_arguments(&t, 0, 0, "");
    tool_open(&t);
    int result = society_status(t.society, &text);
    if (result < 0)
        tool_fail_result(&t, result);
    json_value *status = t.json ? NULL : json_read(text, NULL);
    if (status)
        print_status(status);
    else
        output_json(text);
    json_release(status);
    society_free(text);
    return tool_finish(&t, STATUS_DONE);
}
