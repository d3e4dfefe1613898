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
 * States: open, claimed, blocked, review, done, failed, cancelled. A task is ready for an agent
 * when it is open, everything in its `dependsOn` is done, and it is unassigned or assigned to the
 * agent or its role.
 *
 * A task's object, in every snapshot: `id title description state priority assignee role labels
 * paths dependsOn parent holder token leaseMs createdBy createdAt updatedAt result reason retries
 * notes`; null for what is absent. `notes` is their number in lists and their texts in
 * society_task_get().
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
/* society_tasks with SOCIETY_TASKS_READY, and society_task_prefer: within one priority, what is most
 * like what the agent has completed comes first: the more of that had the same labels and path
 * patterns. */
#define SOCIETY_TASKS_FAMILIAR 4u

/**
 * Makes a task.
 *
 * @param task    a JSON object: `title` (string), and optionally `id` (else `t1`, `t2`, … in
 *                order), `description`, `priority` (0, first, to 4; default 2), `dependsOn`,
 *                `labels`, `paths` (arrays of strings), `role`, `parent`, `acceptance`, `assignee`
 *                (an agent or `role:<role>`), `maxRetries` (0 or more)
 * @param ret_id  receives the id, to be given to society_free(); NULL: not wanted
 * @return 0; SOCIETY_E_INVALID with the field, or the cycle that `dependsOn` would close;
 *         SOCIETY_E_HELD there is a task with this id; SOCIETY_E_TOO_BIG; SOCIETY_E_NO_AGENT;
 *         SOCIETY_E_TIMEOUT; an errno
 *
 * Waits for the log's lock, and for the disk (durability `power`). Since 0.1.0.
 */
int society_task_create(society *s, const char *task, char **ret_id);

/**
 * Makes several tasks in one transaction: all or none. They may depend on each other in any order.
 *
 * @param tasks    JSON objects as for society_task_create(), one a line; also `state` (`done`,
 *                 `cancelled`, `blocked` with `reason`) for tasks that come from elsewhere
 * @param ret_ids  receives the ids as JSON strings, in order; NULL: not wanted
 * @return the number of tasks; errors as society_task_create(), with the number of the line
 *
 * Waits for the log's lock and the disk. Since 0.1.0.
 */
int society_task_create_lines(society *s, const char *tasks, society_list **ret_ids);

/**
 * The tasks, in order of creation (with SOCIETY_TASKS_READY best first). Of those that are over,
 * compaction keeps the 1,000 that ended last and those that a live one depends on or has as its
 * parent.
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
 * What claims of this handle that name no task prefer, until it is said anew.
 *
 * @param preference  0 nothing: by priority, then by age; SOCIETY_TASKS_FAMILIAR
 * @return 0; SOCIETY_E_INVALID
 *
 * Does not wait. Since 0.1.0.
 */
int society_task_prefer(society *s, uint32_t preference);

/**
 * Claims a task for the handle's agent.
 *
 * @param id         the task; NULL: the best that is ready for the agent, or, when there is none,
 *                   the best whose claim may be taken over
 * @param lease_ms   1 or more milliseconds; 0: project.json's leaseSeconds
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
 * @param timeout_ms  milliseconds; -1: for ever
 * @return as society_task_claim(); SOCIETY_E_TIMEOUT the time is over; -EINTR a signal handler ran
 *
 * Sleeps in the kernel. Since 0.1.0.
 */
int society_task_claim_wait(society *s, const char *id, int64_t lease_ms, int32_t timeout_ms,
                            char **ret_claim);

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
 *                fields of society_task_create())
 * @param token   the claim's token; SOCIETY_NO_TOKEN
 * @return 0; SOCIETY_E_FENCED the token is not the current one; SOCIETY_E_HELD the state or the
 *         holder does not allow it (the message says which); SOCIETY_E_NOT_FOUND;
 *         SOCIETY_E_INVALID; SOCIETY_E_NO_AGENT; SOCIETY_E_TIMEOUT; an errno
 *
 * Waits for the log's lock and the disk. Since 0.1.0.
 */
int society_task_change(society *s, const char *id, const char *change, const char *fields,
                        int64_t token);

/**
 * Renews every claim of the handle's agent that was made under its present session, once a third of
 * the lease is over. What holds an agent calls this now and then; nothing depends on it while the
 * session lives but programs that know only lock files.
 *
 * @return the number of renewals; an error as society_task_change()
 *
 * Waits for the log's lock and the disk where there is something to renew. Since 0.1.0.
 */
int society_task_renew_all(society *s);

#ifdef __cplusplus
}
#endif

#endif
