/* SPDX-License-Identifier: MIT */
/*
 * Finding the society: which directory a program means when it names none.
 */
#ifndef SOC_DISCOVER_H
#define SOC_DISCOVER_H

#include "error.h"
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

#endif
