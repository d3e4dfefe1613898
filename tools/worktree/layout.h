/* SPDX-License-Identifier: MIT */
/*
 * Where a slot's working copy stands and what its branch is called, by templates of the repository's git configuration:
 *
 *   society.path     ../<repo>-<slot>             from the main worktree, or from a bare repository
 *   society.branch   agent/dev/<slot>/<topic>
 *   society.base     the branch that HEAD of the main worktree is on
 *   society.topic    work
 *
 * <repo> is the name of the repository's directory, without .git; <slot> and <topic> speak for themselves; <n> is the number at
 * the end of the slot's name, without zeros before it.
 */
#ifndef TOOLS_WORKTREE_LAYOUT_H
#define TOOLS_WORKTREE_LAYOUT_H

#include "worktree.h"

/* Each to be given to free(); the end if a template can't be filled in. */
char *layout_path(const struct worktree *w, const char *slot);
char *layout_branch(const struct worktree *w, const char *slot);

/* The base's name, and whether it is a branch of the repository or any other commit does not matter here; the end if there is no
 * such commit. */
char *layout_base(const struct worktree *w);

/* A value of the repository's configuration, to be given to free(). */
char *layout_setting(const struct worktree *w, const char *key, const char *otherwise);

#endif
