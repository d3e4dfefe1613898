/* SPDX-License-Identifier: MIT */
/*
 * What the operations of operations.c know of the society that they are tried on: an attachment of
 * it, a file that may be attached, and whether a handle sees something.
 */
#ifndef HARNESS_OPERATIONS_SOCIETY_H
#define HARNESS_OPERATIONS_SOCIETY_H

#include <society/society.h>
#include <stdbool.h>

/* A hash, and a path. */
extern char operations_attachment[65];
extern char operations_source[600];

bool has_message(society *s, const char *id);
/* Whether the task's field stands there so. */
bool is_task(society *s, const char *id, const char *key, const char *value);
bool is_held(society *s, const char *holder, const char *pattern);
/* Whether the agent is known, and the words are in what is known of it. */
bool is_registered(society *s, const char *agent, const char *words);

#endif
