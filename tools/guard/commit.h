/* SPDX-License-Identifier: MIT */
/*
 * The rule at git's doors: nobody commits what another owns.
 */
#ifndef TOOLS_GUARD_COMMIT_H
#define TOOLS_GUARD_COMMIT_H

#include "guard/guard.h"

/* Before a commit is made: what is staged. The status of the hook. */
int commit_staged(const struct guard *g);

/*
 * Before refs are changed: the commits that they lead to and that no ref led to before. `lines`: as
 * git gives them to the hook reference-transaction. The status of the hook.
 */
int commit_refs(const struct guard *g, const char *lines);

/* Whether there is a change to a branch, a tag or HEAD among the lines. */
int commit_concerns(const char *lines);

/* Before a push: no branch that is protected, unless by a person. The status of the hook. */
int commit_push(const struct guard *g, const char *lines);

#endif
