/* SPDX-License-Identifier: MIT */
/*
 * What a commit has changed against another, kept for as long as the objects in memory are: of many
 * pairs that are merged, most have the same base.
 */
#ifndef SOC_GIT_DELTAS_H
#define SOC_GIT_DELTAS_H

#include <stdbool.h>

#include "repository.h"

struct soc_delta {
    const char *path;       /* borrowed from the diff */
    git_index_entry before; /* mode 0: it was not there */
    git_index_entry after;  /* likewise */
};

struct soc_deltas {
    struct soc_deltas *next;
    git_oid base, commit;
    git_diff *diff;
    struct soc_delta *items; /* by path */
    size_t count;
    bool added, deleted;
    bool odd; /* files that became something else, or submodules */
};

/* Borrowed until soc_repository_forget(). 0; SOCIETY_E_GIT; -ENOMEM. */
int soc_deltas_read(struct society_git *git, const git_oid *base, const git_oid *commit,
                    const struct soc_deltas **ret);
void soc_deltas_forget(struct society_git *git);

#endif
