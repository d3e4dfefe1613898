/* SPDX-License-Identifier: MIT */
/*
 * The working trees of a repository: the main one, its worktrees, and the clones that are slots.
 */
#ifndef TOOLS_GUARD_TREES_H
#define TOOLS_GUARD_TREES_H

#include <sys/types.h>
#include <time.h>

struct tree {
    char *path;   /* absolute, without a slash at its end */
    char *agent;  /* whose it is; NULL: nobody's alone */
    ino_t inode;  /* of its top, which is another when it was removed and made again */
    pid_t ignore; /* who says what git ignores in it (ignore.h); 0: nobody yet */
    int ask;
    int fresh; /* it is not watched yet */
};

struct trees {
    struct tree *items;
    int count;
    char *common;              /* the repository's directory */
    struct timespec listed[2]; /* when what lists them was changed last */
    struct timespec stash;     /* the same of git's stash */
};

/* Finds them, from the working directory. Those of before keep their places. */
void trees_find(struct trees *t);

void trees_free(struct trees *t);

/* Whether some came or went since trees_find(). */
int trees_changed(const struct trees *t);

/* Whether git's stash was changed since this was asked last. */
int trees_stash_changed(struct trees *t);

/* The tree that an absolute path lies in, -1 none; behind its top, in `ret_rest`. */
int trees_of(const struct trees *t, const char *path, const char **ret_rest);

/* Whether an agent has a tree of its own. */
int trees_has(const struct trees *t, const char *agent);

#endif
