/* SPDX-License-Identifier: MIT */
/*
 * What check and fold share: a record taken apart against the state.
 */
#ifndef SOC_TASK_RULES_H
#define SOC_TASK_RULES_H

#include "task_state.h"

/* What a record may add to a task must fit in a record of compaction, whose frame is longer than
 * that of a foreign writer may be. */
#define SOC_TASK_LINE_MAX (SOC_LINE_MAX - 1024)

struct soc_task_change {
    const struct soc_tasks *tasks;
    const struct soc_record *record;
    const char *id;       /* the subject; "" when the record names none */
    const soc_json *task; /* the subject as it is; NULL: there is none yet */
    const char *from;     /* "" unknown */
    int64_t position;     /* of the record */
    bool has_token;
    int64_t token; /* a claim's: its own position where it gives none */
    bool takes_over;
    int64_t replaces; /* the token that a takeover names; -1: none that ever was */
};

/* Takes the record apart. */
struct soc_task_change soc_task_change(const struct soc_tasks *tasks,
                                       const struct soc_record *record);

/* The record's rule says no: as soc_task_check(). */
int soc_task_judge(const struct soc_task_change *change, struct soc_error *error);

/* "t3 → t1 → t3" into `out`, when `id` depending on `on` would close a cycle; false when it would
 * not. */
bool soc_task_cycle(const struct soc_tasks *tasks, const char *id, const char *on,
                    struct soc_strbuf *out);

#endif
