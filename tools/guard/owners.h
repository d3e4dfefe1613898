/* SPDX-License-Identifier: MIT */
/*
 * Whose files are: the question at every door, and the answer in words.
 */
#ifndef TOOLS_GUARD_OWNERS_H
#define TOOLS_GUARD_OWNERS_H

#include <stdio.h>

#include "guard/guard.h"

/*
 * Which of `paths`, taken from the directory `root` if they are relative, the agent may not write:
 * a list of objects `index` (in `paths`), `path` and `owner` (a reservation), to be given to
 * json_release(). What lies outside of the project belongs to nobody. If the society can't say,
 * that is the end.
 */
json_value *owners_find(const struct guard *g, const char *root, const struct texts *paths);

/* `src/a.c is owned by agent-01 since ... (src): reason`, on one line, the words of others
 * neutralised. */
void owners_describe(FILE *out, json_value *item);

/* Records in the society that a refusal is overridden: a message to the owners, `what` is done to
 * their files. If it can't be recorded, that is the end. */
void owners_override(const struct guard *g, json_value *items, const char *what);

#endif
