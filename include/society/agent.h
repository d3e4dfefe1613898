/* SPDX-License-Identifier: MIT */
/*
 * Agents: who is registered, and who is here.
 *
 * What an agent says of itself (role, capabilities, status) stands in `registry.jsonl`. Whether it
 * is alive does not: a process that lives with the agent holds a lock (society_join), which the
 * kernel drops the moment the process dies, however it dies. An agent that only makes short calls
 * counts as online for a while after each (project.json: onlineForSeconds, default 120).
 *
 * An agent's object, in every snapshot: `agentId role capabilities workspace online status lastSeen
 * session pid host url branch claims owns completed`, with null for what is absent, `[]` for empty
 * lists, and whatever else the agent registered. `completed` counts the tasks that it completed:
 * `tasks`, and of them those with each of `labels` and `paths`, the 64 of each that came up last.
 */
#ifndef SOCIETY_AGENT_H
#define SOCIETY_AGENT_H

#include <society/society.h>

#ifdef __cplusplus
extern "C" {
#endif

/**
 * Registers the handle's agent or updates its registration.
 *
 * @param fields  a JSON object: `role` (string), `capabilities` (array of strings), and optionally
 *                `workspace url branch worktree slot model program supervisor` (strings), `pid`
 *                (integer). `agentId`, `session`, `host` and `pid` are filled in. What is not given
 *                keeps its former value. NULL: nothing but those.
 * @return 0; SOCIETY_E_INVALID with the field; SOCIETY_E_NO_AGENT; SOCIETY_E_TIMEOUT; -ENOSPC,
 *         -EROFS and other errnos
 *
 * Waits for the log's lock. Since 0.1.0.
 */
int society_register(society *s, const char *fields);

/**
 * Says what the handle's agent is doing.
 *
 * @param status  "idle", "busy", "paused" or "offline"
 * @param note    a line of text for people; NULL: none
 * @return 0; SOCIETY_E_INVALID; SOCIETY_E_NO_AGENT; SOCIETY_E_TIMEOUT; an errno
 *
 * Waits for the log's lock. Since 0.1.0.
 */
int society_set_status(society *s, const char *status, const char *note);

/**
 * Takes the handle's agent off the registry. Its messages and cursor stay. A handle that has joined
 * parts first.
 *
 * @return 0; SOCIETY_E_NO_AGENT; SOCIETY_E_TIMEOUT; an errno
 *
 * Waits for the log's lock. Since 0.1.0.
 */
int society_leave(society *s);

/**
 * Joins: holds the agent's presence until society_part(), society_close() or the end of the
 * process.
 *
 * The lock belongs to the open file, not to a thread. A child made by fork() that does not exec
 * shares it and keeps the agent online while it lives, so a program that forks so should join
 * afterwards, or in a process of its own.
 *
 * @return 0, also when this handle has joined already; SOCIETY_E_HELD another live process or
 *         handle has joined as this agent (the message says which); SOCIETY_E_NO_AGENT; an errno
 *
 * Does not wait. Since 0.1.0.
 */
int society_join(society *s);

/**
 * Renews what the agent holds under its present session, claims and reservations, where a third of
 * the lease is over.
 *
 * A handle that has joined does this by itself, whenever it sleeps in society_tail_wait(),
 * society_task_claim_with(), society_own_acquire() or society_mutex_lock(), and when
 * society_tail_next() has nothing to give; there is no thread. So only two kinds of programs call
 * it: those that sleep in a poll of their own, which is not to last longer than *ret_next_ms, and
 * those that work for longer than a lease between two calls. While the session lives nothing depends
 * on it but programs that know only lock files; without a session the lease is all there is.
 *
 * @param ret_next_ms  receives in how many milliseconds to call again: a third of the project's
 *                     lease at most; NULL: not wanted
 * @return the number of renewals; SOCIETY_E_NO_AGENT; SOCIETY_E_TIMEOUT; an errno
 *
 * Waits for the logs' locks and the disk where there is something to renew. Since 0.1.0.
 */
int society_renew(society *s, int32_t *ret_next_ms);

/**
 * Ends what society_join() began. The agent is offline at once.
 *
 * @return 0, also when not joined
 *
 * Does not wait. Since 0.1.0.
 */
int society_part(society *s);

/**
 * Whether an agent is online: its presence is held, or it made a call lately.
 *
 * @param agent  an agent id
 * @return 1 online, 0 not; SOCIETY_E_INVALID not an agent id; an errno
 *
 * Does not wait. Since 0.1.0.
 */
int society_online(society *s, const char *agent);

/**
 * Every agent that is registered or was ever seen, sorted by id.
 *
 * @param ret_agents  receives the snapshot, to be given to society_list_free()
 * @return the number of agents; an error of reading
 *
 * Does not wait. Since 0.1.0.
 */
int society_agents(society *s, society_list **ret_agents);

/**
 * One agent.
 *
 * @param agent      an agent id
 * @param ret_agent  receives its object, to be given to society_free()
 * @return 0; SOCIETY_E_NOT_FOUND neither registered nor seen; SOCIETY_E_INVALID; an error of
 *         reading
 *
 * Does not wait. Since 0.1.0.
 */
int society_agent_get(society *s, const char *agent, char **ret_agent);

#ifdef __cplusplus
}
#endif

#endif
