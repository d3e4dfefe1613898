/* SPDX-License-Identifier: MIT */
/*
 * What each agent has completed: how many tasks, and how many with each label and each path
 * pattern. Bounded: of the agents, and of each one's labels and patterns, those that came up last
 * are kept, each text of at most SOC_WORK_TEXT_MAX bytes.
 *
 * An object: agent -> {"tasks":n,"labels":{…},"paths":{…}}, who completed last at its end.
 */
#ifndef SOC_TASK_WORK_H
#define SOC_TASK_WORK_H

#include "json.h"

#define SOC_WORK_AGENTS 1000
#define SOC_WORK_TEXTS 64
#define SOC_WORK_TEXT_MAX 256

/* Counts a task that the agent completed. 0; -1 no memory. */
int soc_task_work_count(soc_json *work, const char *agent, const soc_json *task);

/* How much of what an agent did (its member of `work`; NULL: nothing) is like the task: the counts
 * of the task's labels and patterns together. */
int64_t soc_task_work_likeness(const soc_json *done, const soc_json *task);

/* Adds one `task_work_state` record for each agent. 0; errors of soc_record_end(). */
int soc_task_work_dump(const soc_json *work, struct soc_strbuf *out);
/* Takes such a record in. 0; -1 no memory. */
int soc_task_work_restore(soc_json *work, const soc_json *record);

#endif
