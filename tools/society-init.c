/* SPDX-License-Identifier: MIT */
/*
 * society-init: makes the directory of a society, or finds it made, and prints where it is.
 */
#include <stdio.h>
#include <stdlib.h>

#include "common/compose.h"
#include "common/output.h"
#include "common/tool.h"

static const char help[] =
    "Usage: society-init [--project ID] [--shared] [PATH]\n"
    "Makes .society-agent/ in PATH (default: the working directory) and prints its path.\n"
    "An existing one is left as it is. In a git repository it is added to info/exclude.\n"
    "\n"
    "  -p, --project ID   the project's id (default: the name of its directory)\n"
    "  -s, --shared       readable and writable for the group (modes 0770 and 0660)\n"
    "\n";

static const struct tool_option options[] = {{'p', "project", 1}, {'s', "shared", 0}, {0, NULL, 0}};

static void print_result(const struct tool *t, int made)
{
    if (t->json) {
        struct compose c;
        compose_begin(&c);
        compose_text(&c, "dir", society_dir(t->society));
        compose_json(&c, "made", made ? "true" : "false");
        char *text = compose_end(&c);
        output_json(text);
        free(text);
    } else {
        output_text(stdout, society_dir(t->society));
        putchar('\n');
    }
}

int main(int argc, char **argv)
{
    struct tool t = {.name = "society-init", .help = help, .options = options};
    const char *project = NULL;
    const char *value;
    uint32_t flags = 0;
    tool_start(&t, argc, argv);
    for (int code; (code = tool_next_option(&t, &value)) != 0;) {
        if (code == 'p')
            project = value;
        else
            flags |= SOCIETY_INIT_SHARED;
    }
    tool_expect_arguments(&t, 0, 1, "PATH");
    if (t.dir)
        tool_usage("the directory to make is given as PATH, not with --dir");
    int result = society_new(&t.society);
    if (result == 0)
        result = society_init(t.society, t.count > 0 ? t.arguments[0] : NULL, project, flags);
    if (result < 0)
        tool_fail_result(&t, result);
    print_result(&t, result);
    return tool_finish(&t, STATUS_DONE);
}
