/* SPDX-License-Identifier: MIT */
/*
 * society-guard: the ownership of files, asked for at the doors: before git commits, before a
 * coding agent edits, and when a file is written all the same.
 *
 * It is no wall. Whoever wants to go past it can; whoever did not know is told in time.
 *
 * The part that follows working trees (guard/watch*.c) uses libinotifytools, which is under the
 * GNU General Public License, version 2: this program, as it is built, is distributed under that
 * licence.
 */
#include <stdio.h>
#include <string.h>

#include "common/tool.h"
#include "guard/guard.h"

static const char help[] =
    "Usage: society-guard install | uninstall | status    the hooks of git, in this repository\n"
    "       society-guard hook AGENT                      what a coding agent calls\n"
    "       society-guard hook --print | --install AGENT  its settings\n"
    "       society-guard watch                           reports writes to others' files\n"
    "Keeps agents from committing and editing files that others own, and from pushing to\n"
    "protected branches (society.protected; main master dev).\n"
    "AGENT is one of claude, codex, cursor, gemini, kilo.\n"
    "\n"
    "  -p, --print     print what is to be set, and change nothing\n"
    "  -i, --install   write it into the agent's settings in this project\n"
    "\n"
    "Set SOCIETY_GUARD_OVERRIDE to a reason to do it all the same; the owner is told.\n"
    "\n";

static const struct tool_option options[] = {
    {'p', "print", 0},
    {'i', "install", 0},
    {0, NULL, 0},
};

static const struct {
    const char *verb;
    int (*run)(struct guard *);
} verbs[] = {
    {"install", guard_install}, {"uninstall", guard_uninstall}, {"status", guard_status},
    {"hook", guard_agent_hook}, {"watch", guard_watch},         {"git-hook", guard_git_hook},
};

int main(int argc, char **argv)
{
    struct tool t = {.name = "society-guard", .help = help, .options = options};
    struct guard g = {.t = &t};
    const char *value;
    tool_start(&t, argc, argv);
    for (int code; (code = tool_next_option(&t, &value)) != 0;) {
        if (code == 'p')
            g.print = 1;
        else
            g.install = 1;
    }
    if (t.count == 0)
        tool_usage("say what to do: install, uninstall, status, hook or watch");
    for (size_t i = 0; i < sizeof verbs / sizeof *verbs; i++)
        if (strcmp(t.arguments[0], verbs[i].verb) == 0)
            return tool_finish(&t, verbs[i].run(&g));
    tool_usage("'%s' is none of install, uninstall, status, hook, watch", t.arguments[0]);
}
