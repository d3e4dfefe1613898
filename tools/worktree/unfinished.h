/* SPDX-License-Identifier: MIT */
/*
 * What an add that was killed has left. A worktree that it made is known by the reason of git's lock, which is there from the first
 * moment, while the file with the slot's name is written last; a clone by a file of its own.
 */
#ifndef TOOLS_WORKTREE_UNFINISHED_H
#define TOOLS_WORKTREE_UNFINISHED_H

#include "worktree.h"

/* The file in a clone's git directory that names the slot, until all is done. */
#define UNFINISHED_CLONE "society-adding"

/* The reason of git's lock on a slot's worktree, to be given to free(). */
char *unfinished_lock_reason(const char *slot);

/* The worktree that an add of the slot has begun to make: its git directory, to be given to free(); NULL: there is none. */
char *unfinished_worktree(const struct worktree *w, const char *slot);

/*
 * Makes it whole: the path of its working tree, to be given to free(). What was left is too little for that: takes it away, and
 * NULL. If git is at work in it still, waits for its end.
 */
char *unfinished_complete(const char *git_dir);

/* Whether an add of the slot has begun to make this clone. */
int unfinished_clone(const struct worktree *w, const char *slot, const char *path);

/* Whether the files of a working tree were not all checked out; what a git that was killed left of its index is taken away. */
int unfinished_checkout(const char *git_dir);

#endif
