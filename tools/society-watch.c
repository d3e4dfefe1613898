/* SPDX-License-Identifier: MIT */
/*
 * society-watch: prints messages, or the records of another log, as they come.
 *
 * Handled first, committed then: the cursor moves over a message only when its line has left this process or the command that
 * was run for it succeeded. A watch that is killed repeats what it had not committed and misses nothing. So signals keep their
 * default action here. Between records the process sleeps in poll(), also for the end of a pipe's reader.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <society/agent.h>
#include <society/tail.h>

#include "common/duration.h"
#include "common/follow.h"
#include "common/tool.h"

static const char help[] =
    "Usage: society-watch [OPTION]...\n"
    "Prints messages for the agent as they come, from its cursor on, and moves the cursor.\n"
    "\n"
    "  -s, --since POS      begin at a position     -A, --all-history   with the oldest\n"
    "      --new            begin with what comes from now on\n"
    "  -n, --count N        end after N records\n"
    "  -w, --timeout D      exit 1 when none came for D (with --count: not all within D)\n"
    "  -e, --everyone       messages to anyone; needs no agent and moves no cursor\n"
    "  -J, --join           be online as the agent while watching\n"
    "  -x, --exec CMD       run CMD by the shell for each, with the record on its input;\n"
    "                       the cursor moves if it returns 0, else the watch exits 1\n"
    "      --no-commit      leave the cursor and the receipts alone\n"
    "  -l, --log LOG        messages, tasks, registry, ownership, deliveries, presence\n"
    "\n";

enum { NEW = 256, NO_COMMIT };

static const struct tool_option options[] = {
    {'s', "since", 1},   {'A', "all-history", 0},     {NEW, "new", 0},  {'n', "count", 1},
    {'w', "timeout", 1}, {'e', "everyone", 0},        {'J', "join", 0}, {'x', "exec", 1},
    {'l', "log", 1},     {NO_COMMIT, "no-commit", 0}, {0, NULL, 0},
};

struct request {
    struct follow follow;
    int start_given;
    int join;
};

static void set_start(struct request *r, int64_t position)
{
    if (r->start_given)
        tool_usage("--since, --all-history and --new exclude each other");
    r->start_given = 1;
    r->follow.start = position;
}

static int32_t read_timeout(const char *text)
{
    int32_t milliseconds = duration_parse(text);
    if (milliseconds < 0)
        tool_usage("--timeout needs a duration such as 90s, 15m or 2h, not '%s'", text);
    return milliseconds;
}

static void read_options(struct tool *t, struct request *r)
{
    const char *value;
    for (int code; (code = tool_next_option(t, &value)) != 0;) {
        switch (code) {
        case 's': set_start(r, tool_number("--since", value)); break;
        case 'A': set_start(r, SOCIETY_FROM_START); break;
        case NEW: set_start(r, SOCIETY_FROM_END); break;
        case 'n': r->follow.count = tool_number("--count", value); break;
        case 'w': r->follow.timeout_ms = read_timeout(value); break;
        case 'e': r->follow.everyone = 1; break;
        case 'J': r->join = r->follow.join = 1; break;
        case 'x': r->follow.command = value; break;
        case 'l': r->follow.log = value; break;
        default: r->follow.commit = 0; break;
        }
    }
}

static int is_log(const char *name)
{
    static const char *const logs[] = {"messages",   "tasks",    "registry", "ownership",
                                       "deliveries", "presence", NULL};
    for (size_t i = 0; logs[i]; i++)
        if (strcmp(name, logs[i]) == 0)
            return 1;
    return 0;
}

/* Only the messages of one agent have a cursor. */
static void settle(struct request *r)
{
    if (!is_log(r->follow.log))
        tool_usage("--log: there is no log '%s'", r->follow.log);
    if (r->follow.everyone || strcmp(r->follow.log, "messages") != 0) {
        r->follow.commit = 0;
        if (!r->start_given)
            r->follow.start = SOCIETY_FROM_END;
    }
}

int main(int argc, char **argv)
{
    struct tool t = {.name = "society-watch", .help = help, .options = options};
    struct request request = {.follow = {.log = "messages",
                                         .start = SOCIETY_FROM_CURSOR,
                                         .count = -1,
                                         .timeout_ms = -1,
                                         .commit = 1}};
    tool_start(&t, argc, argv);
    read_options(&t, &request);
    tool_expect_arguments(&t, 0, 0, "");
    settle(&request);
    if (request.join || (strcmp(request.follow.log, "messages") == 0 && !request.follow.everyone))
        tool_open_as_agent(&t);
    else
        tool_open(&t);
    int result = request.join ? society_join(t.society) : 0;
    if (result < 0)
        tool_fail_result(&t, result);
    return tool_finish(&t, follow_run(&t, &request.follow));
}
