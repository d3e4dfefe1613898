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
 * `maxRetries`, `acceptance`, `position` (where it was made), `ended` (where it was done, failed or
 * cancelled); `notes` holds the texts. What is absent has no member.
 *
 * Of tasks that compaction has left to the archive (task_keep.h) only the ids are known.
 */
#ifndef SOC_TASK_STATE_H
#define SOC_TASK_STATE_H

#include <stdbool.h>
#include <stdint.h>

#include "handle.h"
#include "ids.h"
#include "json.h"
#include "task_bid.h"
#include "task_index.h"
#include "task_late.h"

#define SOC_TASK_NUMBER_MAX INT64_C(999999999999999) /* of an id that is counted */

struct soc_tasks {
    const struct soc_tasks *under; /* a state that this one lies over, for a look ahead; or NULL */
    soc_json *tasks;               /* id -> task, in the order of creation */
    soc_json *dependents;          /* id -> ids of tasks that depend on it, or did */
    soc_json *work;                /* what each agent has completed (task_work.h) */
    size_t ended;                  /* how many of `tasks` are done, failed or cancelled */
    int64_t created;               /* the highest n of an id `t<n>` so far */
    struct soc_ids done;           /* archived, and done */
    struct soc_ids over;           /* archived, and failed or cancelled */
    struct soc_task_index index;   /* not of one that lies over another */
    struct soc_task_late late;     /* claims that are not worked out yet; likewise */
};

extern const struct soc_fold soc_tasks_fold;

/* Opens the handle's state, if it was not yet. Nothing is read. 0; errors of soc_state_open(). */
int soc_tasks_open(struct society *s);

/* The state, caught up, borrowed from the handle; NULL on failure, with *ret_error. */
const struct soc_tasks *soc_tasks(struct society *s, int *ret_error);

/* An empty state over `under`: applying records to it shows what they would do, and changes nothing
 * below. NULL: no memory. */
struct soc_tasks *soc_tasks_over(const struct soc_tasks *under);
void soc_tasks_free(struct soc_tasks *tasks);

/* Whether some task depends on this id, or did. */
bool soc_tasks_is_needed(const struct soc_tasks *tasks, const char *id);

/* The task; NULL when there is none, or it is archived. */
const soc_json *soc_tasks_get(const struct soc_tasks *tasks, const char *id);

/* What an archived task was at its end: "done", or "failed or cancelled"; NULL: the id is none. */
const char *soc_tasks_archived(const struct soc_tasks *tasks, const char *id);

/* There is no such task, with the words: SOCIETY_E_NOT_FOUND, or SOCIETY_E_HELD it is archived. */
int soc_tasks_fail_absent(const struct soc_tasks *tasks, const char *id, struct soc_error *error);

bool soc_task_is_done(const soc_json *task);
/* Done, failed or cancelled. */
bool soc_task_is_over(const soc_json *task);

/* Open, and everything it depends on is done, archived or not. An unknown dependency is not. */
bool soc_task_is_ready(const struct soc_tasks *tasks, const soc_json *task);

/* Whether the task with this id, which another depends on, is done. */
bool soc_task_is_satisfied(const struct soc_tasks *tasks, const char *on);

/* Unassigned, or assigned to the agent or its role; and wanting no role, or the agent's. `role`
 * NULL: it has none. */
bool soc_task_is_for(const soc_json *task, const char *agent, const char *role);

/* Whether the record would take effect: 0; SOCIETY_E_NOT_FOUND no such task; SOCIETY_E_HELD another
 * holds it, or it is in a state that does not allow this; SOCIETY_E_FENCED its token is not the
 * current one; SOCIETY_E_INVALID a field, or a cycle of dependencies, which is named. */
int soc_task_check(const struct soc_tasks *tasks, const struct soc_record *record,
                   struct soc_error *error);

/* The same for a claim that would stand at `position`. */
int soc_task_check_bid(const struct soc_tasks *tasks, const struct soc_task_bid *bid,
                       int64_t position, struct soc_error *error);

#endif
