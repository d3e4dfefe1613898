/* SPDX-License-Identifier: MIT */
/*
 * Tasks and claims.
 *
 * Every change to a task is a record in `tasks.jsonl`; the state of a task is a fold over them, the
 * same in every process. A task is claimed by one agent at a time: whoever is first in the log has
 * it. The claim carries a fencing token (M. Kleppmann, "How to do distributed locking", 2016),
 * which every later record about it repeats; when the claim was taken over meanwhile, those are
 * refused with SOCIETY_E_FENCED, so an agent that was presumed dead can't finish what is now
 * another's.
 *
 * A claim of an agent that has joined (society_join(), or somebody for it) lasts while that session
 * lives and ends at once, for whoever wants the task, when it dies. A claim of an agent that only
 * makes short calls lasts for its lease from the claim or the last renewal on, by the clock of
 * whoever wants to take it over, since it first saw it.
 *
 * A handle that has joined renews its claims where it sleeps; see society_renew().
 *
 * States: open, claimed, blocked, review, done, failed, cancelled. A task is ready for an agent
 * when it is open, everything in its `dependsOn` is done, and it is unassigned or assigned to the
 * agent or its role.
 *
 * A task's object, in every snapshot: `id title description state priority assignee role labels
 * paths dependsOn parent holder token leaseMs createdBy createdAt updatedAt result reason retries
 * acceptance maxRetries completedBy submitter notes`; null for what is absent. `notes` is their
 * number in lists and their texts in society_task_get().
 */
#ifndef SOCIETY_TASK_H
#define SOCIETY_TASK_H

#include <society/society.h>

#ifdef __cplusplus
extern "C" {
#endif

/* society_tasks: only tasks that are ready for the handle's agent, best first: by priority, then by
 * age. */
#define SOCIETY_TASKS_READY 1u
/* society_tasks: only tasks that the handle's agent holds, is assigned to, or submitted. */
#define SOCIETY_TASKS_MINE 2u
/* society_tasks with SOCIETY_TASKS_READY: within one priority, what is most like what the agent has
 * completed comes first: the more of that had the same labels and path patterns. */
#define SOCIETY_TASKS_FAMILIAR 4u
/* society_tasks, not with SOCIETY_TASKS_READY: the tasks that compaction has left to the archive, and
 * only these, each whole, as society_task_get() gives it. Reads all of the archive. */
#define SOCIETY_TASKS_ARCHIVED 8u
/* society_tasks: only claimed tasks whose claim society_task_claim() without an id would take over
 * if nothing was ready, best first: the holder died, or its lease ran out. */
#define SOCIETY_TASKS_ABANDONED 16u

/**
 * Makes a task.
 *
 * @param task    a JSON object: `title` (string), and optionally `id` (else `t1`, `t2`, … in
 *                order), `description`, `priority` (0, first, to 4; default 2), `dependsOn`,
 *                `labels`, `paths` (arrays of strings), `role`, `parent`, `acceptance`, `assignee`
 *                (an agent or `role:<role>`), `maxRetries` (0 or more)
 * @param ret_id  receives the id, to be given to society_free(); NULL: not wanted
 * @return 0; SOCIETY_E_INVALID with the field, or the cycle that `dependsOn` or `parent` would
 *         close; SOCIETY_E_HELD there is a task with this id; SOCIETY_E_TOO_BIG; SOCIETY_E_NO_AGENT;
 *         SOCIETY_E_TIMEOUT; an errno
 *
 * Waits for the log's lock, and for the disk (durability `power`). Since 0.1.0.
 */
int society_task_create(society *s, const char *task, char **ret_id);

/**
 * Makes several tasks in one transaction: all or none. They may depend on each other in any order.
 *
 * A task that comes from elsewhere brings its history along: `state` (any but `claimed`), `reason`
 * (why it is blocked, failed or cancelled), `result` (any JSON), `retries`, `submitter` (of one in
 * review: another completes it), `completedBy`, `createdBy`, `createdAt`, `updatedAt` (strings) and
 * `notes` (an array of objects with `from`, `text` and `timestamp`). So what society_task_get()
 * gives is taken as it stands, but for `holder`, `token` and `leaseMs`: a claim can't be brought
 * along. Other fields are kept in the record and mean nothing.
 *
 * @param tasks    JSON objects as for society_task_create(), and with these fields, one a line;
 *                 blank lines count and are passed over
 * @param ret_ids  receives the ids as JSON strings, in order; NULL: not wanted
 * @return the number of tasks; errors as society_task_create(), with the number of the line
 *
 * Waits for the log's lock and the disk. Since 0.1.0.
 */
int society_task_create_lines(society *s, const char *tasks, society_list **ret_ids);

/**
 * The tasks, in order of creation (with SOCIETY_TASKS_READY or _ABANDONED best first). Of those that are over,
 * compaction keeps the 1,000 that ended last and those that a live one depends on or has as its
 * parent; the others are given with SOCIETY_TASKS_ARCHIVED.
 *
 * @param flags      0 or SOCIETY_TASKS_…
 * @param state      only tasks in this state; NULL: any
 * @param ret_tasks  receives the snapshot, to be given to society_list_free()
 * @return the number of tasks; SOCIETY_E_INVALID; SOCIETY_E_NO_AGENT with flags that need one; an
 *         error of reading
 *
 * Does not wait. Since 0.1.0.
 */
int society_tasks(society *s, uint32_t flags, const char *state, society_list **ret_tasks);

/**
 * One task, with the texts of its notes, and `archived`: whether compaction has left it to the
 * archive. Then it is looked for there, which costs reading the archive back to where it ended.
 *
 * @param id        a task's id
 * @param ret_task  receives its object, to be given to society_free()
 * @return 0; SOCIETY_E_NOT_FOUND; SOCIETY_E_HELD it is archived, and that archive was deleted; an
 *         error of reading
 *
 * Does not wait. Since 0.1.0.
 */
int society_task_get(society *s, const char *id, char **ret_task);

/**
 * Claims a task for the handle's agent.
 *
 * @param id         the task; NULL: the best that is ready for the agent, or, when there is none,
 *                   the best whose claim may be taken over
 * @param lease_ms   1 to 2^53 milliseconds; 0: project.json's leaseSeconds
 * @param ret_claim  receives the claim as an object `task token leaseMs takeover`, to be given to
 *                   society_free(); NULL: not wanted
 * @return 0 claimed; SOCIETY_E_HELD another has it, or it is not ready (the message says who, since
 *         when and why); SOCIETY_E_NOT_FOUND no such task, or nothing is ready; SOCIETY_E_INVALID;
 *         SOCIETY_E_NO_AGENT; SOCIETY_E_TIMEOUT; an errno
 *
 * Waits for the log's lock and the disk. Since 0.1.0.
 */
int society_task_claim(society *s, const char *id, int64_t lease_ms, char **ret_claim);

/**
 * The same, and waits until there is something to claim: a task became ready, a claim was released,
 * its holder died or its lease ran out.
 *
 * @param timeout_ms  milliseconds; 0: do not wait; -1: for ever
 * @return as society_task_claim(); SOCIETY_E_TIMEOUT the time is over; -EINTR a signal handler ran
 *
 * Sleeps in the kernel. Since 0.1.0.
 */
int society_task_claim_wait(society *s, const char *id, int64_t lease_ms, int32_t timeout_ms,
                            char **ret_claim);

/* society_task_claim_with: take the task's `paths` with it, exclusively (<society/ownership.h>):
 * both, or neither. That reservation ends with the claim, however the claim ends. */
#define SOCIETY_CLAIM_OWN 1u
/* society_task_claim_with: a claim that the agent holds already from an earlier run comes first; it
 * gets a new token, and what that run would still say is refused. */
#define SOCIETY_CLAIM_RESUME 2u
/* society_task_claim_with, without an id: choose as with SOCIETY_TASKS_FAMILIAR. */
#define SOCIETY_CLAIM_FAMILIAR 4u

/**
 * Claims a task, with what the flags say.
 *
 * With SOCIETY_CLAIM_OWN a task whose paths are another's is refused or, without an id, passed over
 * for the next best. A process that dies anywhere in between leaves neither task nor paths. Who
 * waits for a task that it named keeps a place in the queue for its paths.
 *
 * With SOCIETY_CLAIM_RESUME a worker goes on after its own crash. What this handle itself has claimed
 * is not given again.
 *
 * @param id          as society_task_claim()
 * @param flags       0 or SOCIETY_CLAIM_…
 * @param timeout_ms  0: do not wait; -1: for ever
 * @return as society_task_claim() and society_task_claim_wait(); with SOCIETY_CLAIM_OWN also as
 *         society_own_acquire()
 *
 * Sleeps in the kernel while it waits. Since 0.1.0.
 */
int society_task_claim_with(society *s, const char *id, uint32_t flags, int64_t lease_ms,
                            int32_t timeout_ms, char **ret_claim);

/* society_task_claim_several: the most that are claimed by one call. */
#define SOCIETY_CLAIMS_MAX 100

/**
 * Claims several tasks: so many of the best as are wanted, or as there are. It is as if
 * society_task_claim_with() were called as often, without an id, but without lock files (project.json's
 * `lockFiles`) and flags those that are ready are claimed under one lock, with one token and one
 * sync.
 *
 * @param count       1 to SOCIETY_CLAIMS_MAX
 * @param flags       0 or SOCIETY_CLAIM_FAMILIAR
 * @param lease_ms    as for society_task_claim()
 * @param ret_claims  receives a list of claims, as society_task_claim() gives one; NULL: not wanted
 * @return how many were claimed, 1 or more; else as society_task_claim(). An error behind the first
 *         claim is left to the next call.
 *
 * Waits for the log's lock and the disk. Since 0.1.0.
 */
int society_task_claim_several(society *s, int32_t count, uint32_t flags, int64_t lease_ms,
                               society_list **ret_claims);

/* society_task_change: no token was given: the agent's own current claim is meant. */
#define SOCIETY_NO_TOKEN ((int64_t)-1)

/**
 * Changes a task.
 *
 * @param id      the task
 * @param change  what happens; with a claim: "renew", "release", "submit", "complete", "fail",
 *                "note"; "block" and "complete" (of what is in review) also without; "unblock",
 *                "cancel", "reopen", "assign", "depend", "edit" never need one
 * @param fields  a JSON object with what belongs to the change, or NULL: renew `leaseMs`; submit
 *                and complete `result` (any JSON); fail, block and cancel `reason` (string; block
 *                needs it); note and reopen `text`; assign `to` (agent, `role:<role>` or null);
 *                depend `dependsOn` and `remove` (arrays of ids); edit `fields` (an object with
 *                `title`, `description`, `acceptance`, `role`, `parent`, `labels`, `paths`,
 *                `priority`, `maxRetries`)
 * @param token   the claim's token; SOCIETY_NO_TOKEN
 * @return 0; SOCIETY_E_FENCED the token is not the current one; SOCIETY_E_HELD the state or the
 *         holder does not allow it (the message says which); SOCIETY_E_NOT_FOUND;
 *         SOCIETY_E_INVALID; SOCIETY_E_NO_AGENT; SOCIETY_E_TIMEOUT; an errno
 *
 * Waits for the log's lock and the disk. Since 0.1.0.
 */
int society_task_change(society *s, const char *id, const char *change, const char *fields,
                        int64_t token);

#ifdef __cplusplus
}
#endif

#endif
