/* SPDX-License-Identifier: MIT */
/*
 * The merge of two sides that have renamed nothing: path by path, without reading the trees again.
 *
 * Renames need a file that is gone and one that is new on the same side. Where there are none, and no
 * links, submodules or directories have taken the place of files, only paths that both sides have
 * changed can conflict, and the contents of those are all that is to be merged.
 */
#ifndef SOC_GIT_QUICK_H
#define SOC_GIT_QUICK_H

#include "json.h"
#include "repository.h"

/* Appends what conflicts to `paths` (merge.h). 1 done; 0 the sides are not of this kind, and nothing
 * was appended; SOCIETY_E_GIT; -ENOMEM. */
int soc_quick_merge(struct society_git *git, const git_oid *base, const git_oid *a,
                    const git_oid *b, soc_json *paths);

#endif
