/* SPDX-License-Identifier: MIT */
/*
 * git's own maintenance. Several agents work on one object database, and a gc that starts by itself in the middle of somebody's
 * work packs and prunes under the others' feet; so it is turned off while there are worktrees of agents, and run by
 * `society-worktree gc` under a mutex. What was configured before stands in society.savedGcAuto and
 * society.savedMaintenanceAuto, and is put back when the last slot goes.
 */
#ifndef TOOLS_WORKTREE_QUIET_H
#define TOOLS_WORKTREE_QUIET_H

#include "worktree.h"

/* 0; -1: git refused, and said why. */
int quiet_begin(const struct worktree *w);
int quiet_end(const struct worktree *w);

#endif
