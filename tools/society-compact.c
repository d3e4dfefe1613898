/* SPDX-License-Identifier: MIT */
/*
 * society-compact: moves history out of the logs, and deletes archives only when it is told to.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "common/json.h"
#include "common/output.h"
#include "common/tool.h"

static const char help[] =
    "Usage: society-compact [--force] [--retain] [LOG]...\n"
    "Rotates messages and deliveries and compacts registry, tasks and ownership where they are\n"
    "over their limits, and prints what was archived. LOG: one of these (default: all).\n"
    "\n"
    "  -f, --force        also below the limits\n"
    "  -r, --retain       delete archives that project.json's retention no longer keeps,\n"
    "                     but never messages ahead of the cursor of a registered agent or of\n"
    "                     any agent that has one; a registered agent without one has read none\n"
    "\n";

static const struct tool_option options[] = {{'f', "force", 0}, {'r', "retain", 0}, {0, NULL, 0}};

static void print_done(const char *text)
{
    json_value *done = json_read(text, NULL);
    const char *archived = json_member_text(done, "archived", NULL);
    output_text(stdout, json_member_text(done, "log", "-"));
    fputs(archived ? ": archived " : ": deleted ", stdout);
    output_text(stdout, archived ? archived : json_member_text(done, "deleted", "-"));
    printf(" (%" PRId64 " bytes)\n", json_member_number(done, "bytes", 0));
    json_release(done);
}

static int compact(const struct tool *t, const char *log, uint32_t flags)
{
    society_list *list = NULL;
    int result = society_compact(t->society, log, flags, &list);
    if (result < 0)
        tool_fail_result(t, result);
    for (int64_t i = 0; i < society_list_count(list); i++) {
        if (t->json)
            output_json(society_list_item(list, i));
        else
            print_done(society_list_item(list, i));
    }
    society_list_free(list);
    output_flush();
    return result;
}

int main(int argc, char **argv)
{
    struct tool t = {.name = "society-compact", .help = help, .options = options};
    const char *value;
    uint32_t flags = 0;
    int done = 0;
    tool_start(&t, argc, argv);
    for (int code; (code = tool_next_option(&t, &value)) != 0;)
        flags |= code == 'f' ? SOCIETY_COMPACT_FORCE : SOCIETY_COMPACT_RETAIN;
    tool_open(&t);
    if (t.count == 0)
        done = compact(&t, NULL, flags);
    for (int i = 0; i < t.count; i++)
        done += compact(&t, t.arguments[i], flags);
    if (done == 0 && output_is_terminal())
        tool_warn("nothing is over its limit");
    return tool_finish(&t, STATUS_DONE);
}
