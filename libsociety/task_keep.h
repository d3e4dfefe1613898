/* SPDX-License-Identifier: MIT */
/*
 * What compaction keeps of the tasks: those that are not over; of those that are, what a live one
 * depends on or has as its parent, and the SOC_TASKS_KEPT that ended last. Of the others it keeps
 * the ids, and which of them were done: so an id is never given twice, and who depends on them is
 * ready. All else of them is in the archive.
 */
#ifndef SOC_TASK_KEEP_H
#define SOC_TASK_KEEP_H

#include "task_state.h"

#define SOC_TASKS_KEPT 1000

/* Writes the state down: `task_archive_state` records first, so that the tasks find what they
 * depend on, `task_work_state`, `task_state`. 0; errors of soc_record_end(). */
int soc_tasks_dump(const struct soc_tasks *tasks, struct soc_strbuf *out);

/* So many bytes that is at least. */
int64_t soc_tasks_dump_least(const struct soc_tasks *tasks);

/* Takes a `task_archive_state` record in. 0; -ENOMEM. */
int soc_tasks_restore_archive(struct soc_tasks *tasks, const soc_json *record);

#endif
