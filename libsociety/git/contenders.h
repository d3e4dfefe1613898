/* SPDX-License-Identifier: MIT */
/*
 * What is compared with what: the states of slots and of branches.
 */
#ifndef SOC_GIT_CONTENDERS_H
#define SOC_GIT_CONTENDERS_H

#include "json.h"
#include "snapshot.h"

struct soc_contender {
    char *name; /* of a slot, or of whatever git takes for a commit */
    git_oid commit;
    char *base; /* NULL: none is known, or found */
    git_oid base_commit;
};

struct soc_contenders {
    struct soc_contender *items;
    size_t count;
};

/* `names`: a JSON array of slots and refs; NULL: all slots that can be read and have a commit. 0;
 * SOCIETY_E_INVALID names; SOCIETY_E_NOT_FOUND; SOCIETY_E_GIT; -ENOMEM. */
int soc_contenders_read(struct society_git *git, const char *names, struct soc_contenders *ret);
void soc_contenders_free(struct soc_contenders *all);

#endif
