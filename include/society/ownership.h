/* SPDX-License-Identifier: MIT */
/*
 * File ownership: reservations of paths, by patterns.
 *
 * Patterns are globs relative to the project's root (`*`, `?`, `[…]`, `**`). Two reservations
 * conflict when some path could be matched by a pattern of each, whether it exists today or not,
 * and either is exclusive. All patterns of a reservation are granted together or not at all; who
 * waits is served in the order of the log.
 *
 * A reservation lasts as a claim does (<society/task.h>): while the session that made it lives, or
 * for its lease. An agent's own reservations never conflict with each other; whoever reserves again
 * what he holds just so renews it.
 *
 * One that was taken with a task (SOCIETY_CLAIM_OWN) lasts as long as the claim and ends with it;
 * handed over, it is the receiver's own.
 *
 * A reservation's object: `paths mode holder token since leaseMs reason task`, and `waiting: true`
 * for one that waits.
 *
 * Beside paths there are named mutexes, for anything else that only one process may do at a time.
 * They belong to the process and stand in no log.
 */
#ifndef SOCIETY_OWNERSHIP_H
#define SOCIETY_OWNERSHIP_H

#include <society/society.h>

#ifdef __cplusplus
extern "C" {
#endif

/* A named mutex that this process holds. */
typedef struct society_mutex society_mutex;

/* society_own_acquire: others may hold it shared too. */
#define SOCIETY_OWN_SHARED 1u

/**
 * Reserves paths.
 *
 * @param patterns         a JSON array of patterns or paths; absolute ones must lie in the project,
 *                         relative ones are taken from its root
 * @param flags            0 or SOCIETY_OWN_SHARED
 * @param fields           a JSON object with `reason` (string), `task` (id), `leaseMs`; NULL: none
 * @param timeout_ms       0: do not wait; -1: for ever
 * @param ret_reservation  receives the reservation's object, to be given to society_free(); NULL:
 *                         not wanted
 * @return 0 granted; SOCIETY_E_HELD (the message names who holds what, since when);
 *         SOCIETY_E_DEADLOCK waiting would close a cycle, which the message names;
 *         SOCIETY_E_TIMEOUT; SOCIETY_E_INVALID with the pattern; SOCIETY_E_NO_AGENT; -EINTR; an
 *         errno
 *
 * Sleeps in the kernel while it waits, and keeps its place in the queue if the log is compacted
 * meanwhile. What ends the wait other than the grant gives the place up, the end of the process
 * included, however it ends. Since 0.1.0.
 */
int society_own_acquire(society *s, const char *patterns, uint32_t flags, const char *fields,
                        int32_t timeout_ms, char **ret_reservation);

/**
 * Gives reservations of the handle's agent back, and its places in the queue.
 *
 * @param patterns  a JSON array: those with one of these patterns; NULL: all of the agent's
 * @return the number of reservations released; SOCIETY_E_NOT_FOUND the agent holds none with such a
 *         pattern, or none at all; SOCIETY_E_INVALID; SOCIETY_E_NO_AGENT; SOCIETY_E_TIMEOUT; an
 *         errno
 *
 * Waits for the log's lock and the disk. Since 0.1.0.
 */
int society_own_release(society *s, const char *patterns);

/**
 * Renews reservations of the handle's agent: their leases begin anew, under the agent's present
 * session.
 *
 * @param patterns  as for society_own_release()
 * @param lease_ms  the new lease; 0: as it was
 * @return the number of reservations renewed; errors as society_own_release()
 *
 * Waits for the log's lock and the disk. Since 0.1.0.
 */
int society_own_renew(society *s, const char *patterns, int64_t lease_ms);

/**
 * Hands a reservation over to another agent, with a new token.
 *
 * @param pattern  one of its patterns
 * @param to       an agent id
 * @return 0; SOCIETY_E_NOT_FOUND the agent holds none with this pattern; SOCIETY_E_HELD it would
 *         stand against another reservation, which the message names; SOCIETY_E_DEADLOCK;
 *         SOCIETY_E_INVALID; SOCIETY_E_NO_AGENT; SOCIETY_E_TIMEOUT; an errno
 *
 * Waits for the log's lock and the disk. Since 0.1.0.
 */
int society_own_handover(society *s, const char *pattern, const char *to);

/**
 * Changes one reservation of the handle's agent, whatever else it holds by the same patterns.
 *
 * @param token   the reservation's token
 * @param change  "release" (also of a place in the queue), "renew" or "handover"
 * @param fields  a JSON object with what belongs to the change, or NULL: renew `leaseMs` (else as it
 *                was); handover `to` (an agent id)
 * @return 0; SOCIETY_E_FENCED the agent has no reservation with this token any more; otherwise as
 *         society_own_release(), society_own_renew() and society_own_handover()
 *
 * Waits for the log's lock and the disk. Since 0.1.0.
 */
int society_own_change(society *s, int64_t token, const char *change, const char *fields);

/**
 * Whether the handle's agent may write paths.
 *
 * It may not where another holds a reservation that covers the path and is live. A shared one is no
 * hindrance to whoever holds the path shared as well.
 *
 * @param paths        a JSON array of paths; their special characters are none
 * @param ret_owners   receives a list of objects `path` (from the project's root) and `owner` (a
 *                     reservation's object), one for each path that the agent may not write; NULL:
 *                     not wanted
 * @return the number of such paths: 0, it may; SOCIETY_E_INVALID; SOCIETY_E_NO_AGENT; an error of
 *         reading
 *
 * Does not wait. Since 0.1.0.
 */
int society_own_check(society *s, const char *paths, society_list **ret_owners);

/**
 * All reservations, granted and waiting, in the order of the log.
 *
 * @param ret_list  receives the snapshot, to be given to society_list_free()
 * @return their number; an error of reading
 *
 * Does not wait. Since 0.1.0.
 */
int society_own_list(society *s, society_list **ret_list);

/**
 * Takes a named mutex. It ends with society_mutex_unlock() or with the process, however that ends.
 *
 * A child made by fork() that does not exec shares it: it is free when both are gone, or the parent
 * has unlocked it.
 *
 * @param name        `[A-Za-z0-9][A-Za-z0-9._-]{0,63}`
 * @param timeout_ms  0: do not wait; -1: for ever
 * @param ret_mutex   receives the mutex, to be given to society_mutex_unlock(), also after
 *                    society_close()
 * @return 0; SOCIETY_E_HELD with timeout 0, SOCIETY_E_TIMEOUT otherwise (the message says by which
 *         process); SOCIETY_E_INVALID name; -EINTR a signal handler ran; an errno
 *
 * Needs no agent. Nobody is first in a queue. Sleeps in the kernel while it waits. Since 0.1.0.
 */
int society_mutex_lock(society *s, const char *name, int32_t timeout_ms, society_mutex **ret_mutex);

/** Gives a mutex back and frees it; NULL is allowed. Does not block. Since 0.1.0. */
void society_mutex_unlock(society_mutex *mutex);

#ifdef __cplusplus
}
#endif

#endif
