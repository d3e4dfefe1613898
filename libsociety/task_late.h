/* SPDX-License-Identifier: MIT */
/*
 * Claims that were taken in at a glance. Who looks for the best task needs to know of others' claims
 * only that these tasks are taken: out of the index of the ready ones they go at once, and what the
 * records say of holder, session and lease is worked out when somebody asks for the state. Nothing
 * else happens to a task in between: every other record is preceded by working these out.
 */
#ifndef SOC_TASK_LATE_H
#define SOC_TASK_LATE_H

struct soc_line;
struct soc_record;
struct soc_tasks;

struct soc_task_late {
    struct soc_late_claim *first; /* in their order */
    struct soc_late_claim *last;
};

/* Takes a line in, if it is a claim that certainly takes effect: 1; SOC_FOLD_DECODE; -ENOMEM. */
int soc_task_late_take(struct soc_tasks *tasks, const struct soc_line *line);

/* Works out all of them, in their order, by `apply`. 0; -ENOMEM. */
int soc_task_late_settle(struct soc_tasks *tasks,
                         int (*apply)(struct soc_tasks *, const struct soc_record *));

void soc_task_late_free(struct soc_task_late *late);

#endif
