/* SPDX-License-Identifier: MIT */
/*
 * The one-line files in git directories that say what a working copy is for (libsociety's log-format.md, "Git").
 */
#ifndef TOOLS_WORKTREE_FILES_H
#define TOOLS_WORKTREE_FILES_H

#include "worktree.h"

/* Replaces a file by one with this line. 0, or -1 with a warning. */
int files_write(const char *directory, const char *name, const char *line);

/* Its line, to be given to free(); NULL: there is none. */
char *files_read(const char *directory, const char *name);

/* Says in a working copy's git directory whose it is and where the society is; for a clone also of which repository. 0, or -1 with
 * a warning. */
int files_mark(const struct worktree *w, const char *git_dir, const char *slot, const char *base,
               int clone);

/* Makes a directory and those above it; how many were made, -1 with a warning. */
int files_make_directories(const char *path);

/* Removes as many directories from `path` upwards, as long as they are empty. */
void files_remove_directories(const char *path, int count);

/* Removes a whole tree, following no link. 0, or -1 with a warning. */
int files_remove_tree(const char *path);

#endif
