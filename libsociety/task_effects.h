/* SPDX-License-Identifier: MIT */
/*
 * What a record that its rule (task_rules.h) lets through does to the task that it is about. Nothing
 * else is looked at and nothing else is changed: what follows for other tasks and for the index is
 * the fold's affair (task_fold.c).
 */
#ifndef SOC_TASK_EFFECTS_H
#define SOC_TASK_EFFECTS_H

#include "task_rules.h"

/* For all records but those that make a task. 0; -1 no memory. */
int soc_task_take_effect(soc_json *task, const struct soc_task_change *change);

/* Members of a task: 0; -1 no memory. A text that is NULL leaves no member. */
int soc_task_set_integer(soc_json *task, const char *key, int64_t value);
int soc_task_set_text(soc_json *task, const char *key, const char *text);

#endif
