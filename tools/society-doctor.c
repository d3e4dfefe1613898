/* SPDX-License-Identifier: MIT */
/*
 * society-doctor: verifies everything that is stored, and says with its position what is wrong.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "common/json.h"
#include "common/output.h"
#include "common/tool.h"

static const char help[] =
    "Usage: society-doctor [--repair]\n"
    "Verifies every log, its archives, the cursors and the directory. Prints a line for each\n"
    "log and one for each problem. Exit status 1 if problems remain.\n"
    "\n"
    "  -r, --repair       end torn tails with a newline, carry late lines over from archives,\n"
    "                     remove leftovers of crashes; no record is ever rewritten\n"
    "\n";

static const struct tool_option options[] = {{'r', "repair", 0}, {0, NULL, 0}};

static void print_problem(const char *log, json_value *problem)
{
    int64_t position = json_member_number(problem, "position", -1);
    output_text(stdout, log);
    if (position >= 0)
        printf(":%" PRId64, position);
    fputs(": ", stdout);
    output_style(STYLE_BAD);
    output_text(stdout, json_member_text(problem, "what", "unknown problem"));
    output_style(NULL);
    putchar('\n');
}

static void print_log(json_value *log)
{
    static const char *const counts[] = {"records", "foreign", "malformed", "torn", "bytes"};
    const char *name = json_member_text(log, "log", NULL);
    json_value *problems = json_member(log, "problems");
    if (name) {
        output_text(stdout, name);
        for (size_t i = 0; i < sizeof counts / sizeof *counts; i++)
            printf("%s %" PRId64 " %s", i > 0 ? "," : ":", json_member_number(log, counts[i], 0),
                   counts[i]);
        putchar('\n');
    }
    for (size_t i = 0; i < json_count(problems); i++)
        print_problem(name ? name : "directory", json_element(problems, i));
}

int main(int argc, char **argv)
{
    struct tool t = {.name = "society-doctor", .help = help, .options = options};
    const char *value;
    uint32_t flags = 0;
    society_list *logs = NULL;
    tool_start(&t, argc, argv);
    while (tool_next_option(&t, &value) != 0)
        flags |= SOCIETY_CHECK_REPAIR;
    tool_expect_arguments(&t, 0, 0, "");
    tool_open(&t);
    int problems = society_check(t.society, flags, &logs);
    if (problems < 0)
        tool_fail_result(&t, problems);
    for (int64_t i = 0; i < society_list_count(logs); i++) {
        const char *text = society_list_item(logs, i);
        json_value *log = t.json ? NULL : json_read(text, NULL);
        if (log)
            print_log(log);
        else
            output_json(text);
        json_release(log);
    }
    society_list_free(logs);
    return tool_finish(&t, problems > 0 ? STATUS_NO : STATUS_DONE);
}
