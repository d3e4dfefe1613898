/* SPDX-License-Identifier: MIT */
/*
 * Tasks: the fold of tasks.jsonl.
 *
 *               claim                submit                complete (by another)
 *      open ──────────────▶ claimed ─────────▶ review ─────────────────────────▶ done
 *       ▲ ▲   release, fail    │ │    reopen      │
 *       │ └────────────────────┘ │◀───────────────┘ (to open)
 *       │ unblock                ├──▶ done (complete)
 *    blocked ◀──── block ────────┤
 *                                └──▶ failed (fail, no retries left)
 *
 *   Anything but done, failed and cancelled can be cancelled; done, failed, cancelled and review
 * can be reopened.
 *
 * Whether a record takes effect is decided by one function, soc_task_check(), for the fold (a void
 * record changes nothing, in every process alike) and for whoever is about to write one (it is
 * refused with words). It looks at the state and the record, and at nothing else.
 *
 * A task is an object with the public field names, and some of the fold's own: `session` of the
 * holder, `lastToken` (the highest ever given), `renewed` (the position of the claim or its last
 * renewal), `own` (the token of the reservation that was taken with the claim), `submitter`,
 * `maxRetries`, `acceptance`; `notes` holds the texts.
 */
#ifndef SOC_TASK_STATE_H
#define SOC_TASK_STATE_H

#include <stdbool.h>
#include <stdint.h>

#include "handle.h"
#include "json.h"

struct soc_tasks {
    const struct soc_tasks *under; /* a state that this one lies over, for a look ahead; or NULL */
    soc_json *tasks;               /* id -> task, in the order of creation */
    soc_json *missing;             /* ids that tasks depend on and that are no tasks yet */
    int64_t created;               /* the highest n of an id `t<n>` so far */
};

extern const struct soc_fold soc_tasks_fold;

/* The state, caught up, borrowed from the handle; NULL on failure, with *ret_error. */
const struct soc_tasks *soc_tasks(struct society *s, int *ret_error);

/* An empty state over `under`: applying records to it shows what they would do, and changes nothing
 * below. NULL: no memory. */
struct soc_tasks *soc_tasks_over(const struct soc_tasks *under);
void soc_tasks_free(struct soc_tasks *tasks);

/* Whether some task depends on this id, which is no task yet. */
bool soc_tasks_is_missing(const struct soc_tasks *tasks, const char *id);

/* The task; NULL when there is none. */
const soc_json *soc_tasks_get(const struct soc_tasks *tasks, const char *id);

/* Open, and everything it depends on is done. An unknown dependency is not done. */
bool soc_task_is_ready(const struct soc_tasks *tasks, const soc_json *task);

/* Unassigned, or assigned to the agent or its role; and wanting no role, or the agent's. `role`
 * NULL: it has none. */
bool soc_task_is_for(const soc_json *task, const char *agent, const char *role);

/* Whether the record would take effect: 0; SOCIETY_E_NOT_FOUND no such task; SOCIETY_E_HELD another
 * holds it, or it is in a state that does not allow this; SOCIETY_E_FENCED its token is not the
 * current one; SOCIETY_E_INVALID a field, or a cycle of dependencies, which is named. */
int soc_task_check(const struct soc_tasks *tasks, const struct soc_record *record,
                   struct soc_error *error);

#endif
