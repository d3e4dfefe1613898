/* SPDX-License-Identifier: MIT */
/*
 * society-worktree: a working copy for each agent, a slot, and the conflicts between them.
 *
 * git itself is run for what it does with everyone's filters, hooks and configuration (worktrees, clones, checkouts, stashes,
 * gc); libsociety-git reads, saves and merges. The parts are in worktree/.
 */
#include <stdio.h>
#include <string.h>

#include "common/tool.h"
#include "worktree/worktree.h"

static const char help[] =
    "Usage: society-worktree add SLOT [--topic T] [--base REF] [--clone] [--path P]\n"
    "       society-worktree add --count N    slots agent-01 ... agent-0N\n"
    "       society-worktree list | open SLOT | changed [SLOT] [-z]\n"
    "       society-worktree exec SLOT -- COMMAND...\n"
    "       society-worktree remove SLOT [--force] [--drop-ignored]\n"
    "       society-worktree repair [SLOT [PATH]]\n"
    "       society-worktree conflicts [NAME...] [--watch]    order [NAME...] [--base REF]\n"
    "       society-worktree stash push|pop|list [SLOT] [-m TEXT]   gc [-- OPTION...]\n"
    "Working copies of a git repository, one for each agent, and the conflicts between them.\n"
    "\n"
    "  -t, --topic T  -b, --base REF  -p, --path P  -c, --clone  -n, --count N\n"
    "  -f, --force        save everything to a ref, then remove it all the same\n"
    "      --drop-ignored do not save ignored files\n"
    "  -w, --watch        go on, and tell both agents of every new conflict\n"
    "  -z, --null         end each path with a NUL      --absolute    print whole paths\n"
    "\n";

enum { DROP_IGNORED = 256, ABSOLUTE };

static const struct tool_option options[] = {
    {'t', "topic", 1},         {'b', "base", 1},
    {'p', "path", 1},          {'c', "clone", 0},
    {'n', "count", 1},         {'f', "force", 0},
    {'w', "watch", 0},         {'m', "message", 1},
    {'z', "null", 0},          {DROP_IGNORED, "drop-ignored", 0},
    {ABSOLUTE, "absolute", 0}, {0, NULL, 0},
};

static void read_options(struct tool *t, struct worktree *w)
{
    const char *value;
    for (int code; (code = tool_next_option(t, &value)) != 0;) {
        switch (code) {
        case 't': w->topic = value; break;
        case 'b': w->base = value; break;
        case 'p': w->path = value; break;
        case 'c': w->clone = 1; break;
        case 'n': w->count = tool_number("--count", value); break;
        case 'f': w->force = 1; break;
        case 'w': w->watch = 1; break;
        case 'm': w->message = value; break;
        case 'z': w->null = 1; break;
        case ABSOLUTE: w->absolute = 1; break;
        default: w->drop_ignored = 1; break;
        }
    }
}

static const struct {
    const char *verb;
    int (*run)(struct worktree *);
} verbs[] = {
    {"add", worktree_add},         {"list", worktree_list},
    {"open", worktree_show_path},  {"exec", worktree_exec},
    {"changed", worktree_changed}, {"remove", worktree_remove},
    {"repair", worktree_repair},   {"gc", worktree_gc},
    {"stash", worktree_stash},     {"conflicts", worktree_conflicts},
    {"order", worktree_order},
};

int main(int argc, char **argv)
{
    struct tool t = {.name = "society-worktree", .help = help, .options = options};
    struct worktree w = {.t = &t};
    tool_start(&t, argc, argv);
    read_options(&t, &w);
    if (t.count == 0)
        tool_usage("say what to do: add, list, open, exec, changed, remove, repair, conflicts, "
                   "order, stash or gc");
    for (size_t i = 0; i < sizeof verbs / sizeof *verbs; i++)
        if (strcmp(t.arguments[0], verbs[i].verb) == 0) {
            worktree_open(&w);
            int status = verbs[i].run(&w);
            worktree_close(&w);
            return tool_finish(&t, status);
        }
    tool_usage("'%s' is none of add, list, open, exec, changed, remove, repair, conflicts, order, "
               "stash, gc",
               t.arguments[0]);
}
