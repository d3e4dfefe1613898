/* SPDX-License-Identifier: MIT */
/* Automatic maintenance off and on again: see quiet.h. */
#include "quiet.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/git.h"

/* Stands for "was not configured". */
#define UNSET "unset"

static const struct {
    const char *key, *value, *saved;
} settings[] = {
    {"gc.auto", "0", "society.savedGcAuto"},
    {"maintenance.auto", "false", "society.savedMaintenanceAuto"},
};

#define COUNT (sizeof settings / sizeof *settings)

int quiet_begin(const struct worktree *w)
{
    for (size_t i = 0; i < COUNT; i++) {
        char *saved = git_ask(w->dir, "config", "--local", "--get", settings[i].saved);
        char *now = git_ask(w->dir, "config", "--local", "--get", settings[i].key);
        int failed = !saved && git_run(w->dir, "config", "--local", settings[i].saved,
                                       now ? now : UNSET) != 0;
        failed = failed || (!saved && git_run(w->dir, "config", "--local", settings[i].key,
                                              settings[i].value) != 0);
        free(saved);
        free(now);
        if (failed)
            return -1;
    }
    return 0;
}

int quiet_end(const struct worktree *w)
{
    int result = 0;
    for (size_t i = 0; i < COUNT; i++) {
        char *saved = git_ask(w->dir, "config", "--local", "--get", settings[i].saved);
        char *now = git_ask(w->dir, "config", "--local", "--get", settings[i].key);
        /* What somebody has set anew meanwhile stays. */
        int ours = saved && now && strcmp(now, settings[i].value) == 0;
        if (ours && strcmp(saved, UNSET) == 0)
            result |= git_run(w->dir, "config", "--local", "--unset", settings[i].key);
        else if (ours)
            result |= git_run(w->dir, "config", "--local", settings[i].key, saved);
        if (saved)
            result |= git_run(w->dir, "config", "--local", "--unset", settings[i].saved);
        free(saved);
        free(now);
    }
    /* git leaves the section behind, empty. */
    char *left = git_ask(w->dir, "config", "--local", "--get-regexp", "^society\\.");
    if (!left)
        free(git_ask(w->dir, "config", "--local", "--remove-section", "society"));
    free(left);
    return result != 0 ? -1 : 0;
}
