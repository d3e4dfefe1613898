/* SPDX-License-Identifier: MIT */
/*
 * The state of a working copy as a commit: what `git add -A && git commit` would make of it now,
 * but in memory, with index, HEAD and files as they are.
 */
#ifndef SOC_GIT_SNAPSHOT_H
#define SOC_GIT_SNAPSHOT_H

#include "changes.h"
#include "slots.h"

/* The commit of a slot's state: HEAD itself when nothing is changed, else a commit in memory on top
 * of it (and of what is being merged). 0; SOCIETY_E_NOT_FOUND the slot has no commit yet;
 * SOCIETY_E_GIT; -ENOMEM. */
int soc_snapshot(struct society_git *git, struct soc_slot *slot, git_oid *ret_commit);

/* Puts a file of the working tree into the index in memory, its content into the repository's
 * objects; `light`: not that of a large one (snapshot.c). What is neither file nor link nor submodule
 * is left out. 0; SOCIETY_E_GIT. */
int soc_snapshot_add(struct society_git *git, git_repository *repository, git_index *index,
                     const char *path, bool light);

/* A commit of this tree that no ref leads to; `time` in seconds. 0; SOCIETY_E_GIT. */
int soc_snapshot_commit(struct society_git *git, git_repository *repository, const git_oid *tree,
                        const git_oid *parents, size_t count, const char *message, int64_t time,
                        git_oid *ret_commit);

#endif
