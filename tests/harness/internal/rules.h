/* SPDX-License-Identifier: MIT */
/*
 * A state of tasks, and records put to it as text: whatever is put is checked and applied, the two
 * must agree, and what is void must change nothing.
 */
#ifndef HARNESS_RULES_H
#define HARNESS_RULES_H

#include "task_rules.h"

extern struct soc_tasks *tasks;
extern int64_t now;          /* the position of the next record */
extern int64_t put_position; /* of the last one */
extern struct soc_error why; /* it was refused */

/* Setup and teardown of a test: an empty state. */
int rules_setup(void **state);
int rules_teardown(void **state);

/* A record, with ' for ": what soc_task_check() says of it. */
int put(const char *text);
int putf(const char *format, ...) __attribute__((format(printf, 1, 2)));
/* `members` of a record behind others: "" or "'priority':1". */
int put_task(const char *id, const char *members);

/* A member of a task: "" and -1 where it is no text, no number. */
const char *text_of(const char *id, const char *key);
int64_t number_of(const char *id, const char *key);

#endif
