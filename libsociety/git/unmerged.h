/* SPDX-License-Identifier: MIT */
/*
 * What libgit2 could not merge, read as git's default strategy (ort) would put it.
 *
 * libgit2 leaves a conflict in a renamed file under both names; here it is one conflict, under the
 * new name. And it takes for a conflict what is none: a binary file whose content only one side has
 * changed, and whose mode only the other.
 */
#ifndef SOC_GIT_UNMERGED_H
#define SOC_GIT_UNMERGED_H

#include <stdbool.h>

#include "repository.h"

struct soc_unmerged {
    const char *path;
    const git_index_entry *ancestor, *a, *b; /* NULL: not there */
    bool gone;                               /* part of another one, or settled */
};

struct soc_unmerged_list {
    struct soc_unmerged *items;
    size_t count;
};

/* The conflicts of a merged index, by path; borrowed from it. What is settled is settled in the
 * index as well, so that it can be written when no conflict is left. 0; SOCIETY_E_GIT; -ENOMEM. */
int soc_unmerged_read(struct society_git *git, git_index *index, struct soc_unmerged_list *ret);
void soc_unmerged_free(struct soc_unmerged_list *list);

#endif
