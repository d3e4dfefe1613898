/* SPDX-License-Identifier: MIT */
/*
 * What a working copy holds that is in no commit.
 */
#ifndef SOC_GIT_CHANGES_H
#define SOC_GIT_CHANGES_H

#include <stdbool.h>

#include "repository.h"

enum soc_change_kind {
    SOC_CHANGE_STAGED = 1,
    SOC_CHANGE_MODIFIED = 2, /* also deleted */
    SOC_CHANGE_UNTRACKED = 4,
    SOC_CHANGE_IGNORED = 8,
    SOC_CHANGE_UNMERGED = 16,
    SOC_CHANGE_NESTED = 32, /* a repository of its own, untracked */
};

struct soc_change {
    char *path;
    unsigned kinds;
    bool gone; /* not in the working tree */
};

struct soc_changes {
    struct soc_change *items;
    size_t count;
};

/* The changes; only if wanted (`ignored`) with ignored files, and with changed ones that git was told
 * to take for unchanged. The index is read anew. 0; SOCIETY_E_GIT; -ENOMEM. */
int soc_changes_read(struct society_git *git, git_repository *repository, bool ignored,
                     struct soc_changes *ret);
void soc_changes_free(struct soc_changes *changes);

#endif
