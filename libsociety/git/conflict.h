/* SPDX-License-Identifier: MIT */
/*
 * What kind of conflict it is, and where.
 */
#ifndef SOC_GIT_CONFLICT_H
#define SOC_GIT_CONFLICT_H

#include "json.h"
#include "unmerged.h"

/* Appends an object (merge.h) to `paths`. 0; -ENOMEM. */
int soc_conflict_append(struct society_git *git, soc_json *paths,
                        const struct soc_unmerged *conflict);

#endif
