/* SPDX-License-Identifier: MIT */
/*
 * Finding the society: which directory a program means when it names none.
 */
#ifndef SOC_DISCOVER_H
#define SOC_DISCOVER_H

#include "error.h"
#include "git.h"
#include "strbuf.h"

#define SOC_DIR_NAME ".society-agent"

/* In the git directory of a linked worktree or a clone: one line, the path of the society's
 * directory, where the rules below would not lead to it. */
#define SOC_SOCIETY_FILE "society-dir"

/* The society's directory, by the rules of society_open(): `dir`, else $SOCIETY_DIR, else the
 * nearest `.society-agent` at or above the working directory, else the one that is recorded in the
 * git directory, else that of the main worktree. 0;
 * SOCIETY_E_NO_SOCIETY; -ENOMEM; errnos of the working directory. */
int soc_discover(const char *dir, struct soc_strbuf *ret_path, struct soc_error *error);

/* The society of a git working copy: the recorded one, else, in a linked worktree, the main
 * worktree's. 1 found, 0 none; SOCIETY_E_NO_SOCIETY what is recorded, now in `ret_path`, is not
 * there; -ENOMEM. */
int soc_discover_git(const struct soc_git *git, struct soc_strbuf *ret_path);

#endif
