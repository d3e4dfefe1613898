/* SPDX-License-Identifier: MIT */
/*
 * Slots on standard output.
 */
#ifndef TOOLS_WORKTREE_REPORT_H
#define TOOLS_WORKTREE_REPORT_H

#include "worktree.h"

/* A slot as one JSON object: what the library says of it, with `agent` and `online`. */
void report_slot(const struct worktree *w, json_value *slot);

/* The path of its working copy; escaped on a terminal. */
void report_path(json_value *slot, char end);

#endif
