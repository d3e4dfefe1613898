/* SPDX-License-Identifier: MIT */
/*
 * A task as compaction writes it down: one `task_state` record, and where that would be longer than
 * a record may be, several: the first begins the task anew, and those with `"more":true` go on with
 * it, their lists behind what the lists hold.
 */
#ifndef SOC_TASK_DUMP_H
#define SOC_TASK_DUMP_H

#include "json.h"

/* Adds the records. 0; errors of soc_record_end(). */
int soc_task_dump(const soc_json *task, struct soc_strbuf *out);

#endif
