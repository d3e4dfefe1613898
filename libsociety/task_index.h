/* SPDX-License-Identifier: MIT */
/*
 * Which tasks are ready, by priority and then age, and which are claimed, by age: so that choosing
 * one costs what there is to choose from and not what there is. Age is the position at which a task
 * was made. The fold takes a task out before it changes it and puts it in again afterwards.
 */
#ifndef SOC_TASK_INDEX_H
#define SOC_TASK_INDEX_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "json.h"

#define SOC_PRIORITIES 5

struct soc_rank {
    const soc_json *task; /* borrowed from the state */
    const char *id;       /* its own */
    char short_id[8];     /* the same, if there is room; else "" */
    int64_t age;
    bool for_all; /* assigned to nobody, and wanting no role */
    bool fresh;   /* nobody has ever claimed it */
};

struct soc_ranks {
    struct soc_rank *items; /* by age */
    size_t first;           /* what stands before it is free: most are taken from the front */
    size_t end;
    size_t capacity;
};

struct soc_task_index {
    struct soc_ranks ready[SOC_PRIORITIES];
    struct soc_ranks claimed;
};

/* Whether a claim of the ready task would take effect at this position: of the rule of claims
 * (task_rules.c) what does not follow from its being ready. No takeover is meant. */
bool soc_task_index_accepts(const struct soc_rank *ready, const char *from, int64_t token,
                            int64_t position);

void soc_task_index_free(struct soc_task_index *index);

/* A task's priority, 0 to 4. */
int64_t soc_task_priority(const soc_json *task);

/* Where a task stands among those that are ready. */
struct soc_ready_place {
    struct soc_ranks *ranks;
    size_t at;
};

/* Finds the ready task with this id, of `tasks` (id -> task), and gives it; NULL: it is not ready.
 * At once, if it comes first, as that which somebody claims mostly does. */
const struct soc_rank *soc_task_index_find(struct soc_task_index *index, const soc_json *tasks,
                                           const char *id, struct soc_ready_place *ret_place);

/* Takes out what was found. */
void soc_task_index_take(const struct soc_ready_place *place);

/* Takes the task out, wherever it is. */
void soc_task_index_remove(struct soc_task_index *index, const soc_json *task);
/* Puts the task in, where it belongs. 0; -ENOMEM. */
int soc_task_index_add(struct soc_task_index *index, const soc_json *task, bool ready);

#endif
