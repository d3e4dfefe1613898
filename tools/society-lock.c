/* SPDX-License-Identifier: MIT */
/*
 * society-lock: runs a command while it holds a named mutex. The kernel drops that when this process ends, however it ends;
 * the command does not inherit it.
 */
#include <stdio.h>

#include <society/ownership.h>

#include "common/duration.h"
#include "common/hold.h"
#include "common/tool.h"

static const char help[] =
    "Usage: society-lock NAME [--wait D] -- COMMAND...\n"
    "Runs COMMAND while it holds the mutex NAME, which only one process of the society can.\n"
    "The exit status is that of COMMAND, or 1 if the mutex was not to be had.\n"
    "\n"
    "  -w, --wait D         give up after D, such as 90s, 15m or 2h; 0: do not wait\n"
    "\n";

static const struct tool_option options[] = {{'w', "wait", 1}, {0, NULL, 0}};

static int32_t read_options(struct tool *t)
{
    const char *value;
    int32_t wait_ms = -1;
    while (tool_next_option(t, &value) != 0) {
        wait_ms = duration_parse(value);
        if (wait_ms < 0)
            tool_usage("--wait needs a duration such as 90s, 15m or 2h, not '%s'", value);
    }
    return wait_ms;
}

int main(int argc, char **argv)
{
    struct tool t = {.name = "society-lock", .help = help, .options = options};
    society_mutex *mutex = NULL;
    tool_start(&t, argc, argv);
    int32_t wait_ms = read_options(&t);
    tool_expect_arguments(&t, 1, -1, "the mutex's name and the command to run");
    tool_expect_arguments(&t, 2, -1, "the command to run");
    tool_open(&t);
    /* Who holds it is told to others, where that is known; nobody needs to be an agent. */
    if (!t.agent)
        society_identify(t.society, NULL);
    int result = society_mutex_lock(t.society, t.arguments[0], wait_ms, &mutex);
    if (result < 0)
        tool_fail_result(&t, result);
    t.argv[t.argc] = NULL;
    t.arguments[t.count] = NULL;
    int status = hold_run(t.arguments + 1);
    society_mutex_unlock(mutex);
    return tool_finish(&t, status);
}
