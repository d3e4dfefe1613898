/* SPDX-License-Identifier: MIT */
/*
 * Two commits merged in memory, and what of it would conflict. No file, index or ref is touched.
 *
 * Renames are followed as git's default strategy (ort) does; what libgit2 sees otherwise than that
 * is put right in unmerged.h and moves.h.
 */
#ifndef SOC_GIT_MERGE_H
#define SOC_GIT_MERGE_H

#include "json.h"
#include "repository.h"

/* ret_paths: a new array of objects `path kind lines`, sorted by path; empty when it merges cleanly.
 * kind: content, binary, mode, submodule, add, delete, rename, location. `lines`: null, or an object
 * with `a` and `b`, arrays of [first, last] in the file of each side, counted from 1 (last = first
 * - 1: between two lines, where that side has removed some). 0; SOCIETY_E_GIT; -ENOMEM. */
int soc_merge(struct society_git *git, const git_oid *a, const git_oid *b, soc_json **ret_paths);

/* The same, with the tree that comes of it when nothing conflicts (else untouched). */
int soc_merge_tree(struct society_git *git, const git_oid *a, const git_oid *b,
                   soc_json **ret_paths, git_oid *ret_tree);

#endif
