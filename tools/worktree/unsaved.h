/* SPDX-License-Identifier: MIT */
/*
 * What would be lost with a slot's working copy.
 */
#ifndef TOOLS_WORKTREE_UNSAVED_H
#define TOOLS_WORKTREE_UNSAVED_H

#include "worktree.h"

struct unsaved {
    int changes;  /* uncommitted, untracked and unmerged files */
    int ignored;  /* files */
    int nested;   /* repositories within, and worktrees of a clone: nothing here can save them */
    int detached; /* HEAD is on no branch, at a commit that no ref leads to */
    int commits;  /* branches and stashes of a clone with commits that the repository has not */
    int put_by;   /* changes that a rebase or a merge has put by (--autostash) */
    char *text;   /* all of them, named, one a line; NULL: nothing */
};

/* Looks, and takes nothing for granted that it can't see: what can't be read is a reason to end. */
void unsaved_find(struct worktree *w, json_value *slot, struct unsaved *ret);
void unsaved_free(struct unsaved *u);

/* The commit in which a rebase or merge that is under way has put changes by, to be given to free(); NULL: none has. `at`: 0 to
 * UNSAVED_PUT_BY - 1. */
enum { UNSAVED_PUT_BY = 3 };
char *unsaved_put_by(json_value *slot, int at);

/* Whether a commit can be reached from a ref of the repository at `directory`. */
int unsaved_is_kept(const char *directory, const char *commit);

#endif
