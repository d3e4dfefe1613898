/* SPDX-License-Identifier: MIT */
/*
 * Waits: what can't be had now, waited for in somebody else's loop.
 *
 * society_own_acquire(), society_task_claim_wait() and society_mutex_lock() sleep until they have
 * what they were asked for. A program with an event loop begins a wait instead, and pulls, as it
 * does from a tail (<society/tail.h>):
 *
 *     society_own_wait(s, "[\"src/" "**\"]", 0, NULL, &wait);
 *     while ((result = society_wait_take(wait, &reservation)) == 0)
 *         … poll society_wait_fd(wait) with everything else, for as long as it pleases …
 *     society_wait_close(wait);
 *
 * Nothing is asked for before the first society_wait_take(). Closing a wait that was not granted
 * gives up its place in the queue; after it was granted, closing changes nothing. A wait belongs to
 * its handle and follows its rule: one thread at a time. Other calls on the handle may come between,
 * and a handle may have several waits.
 */
#ifndef SOCIETY_WAIT_H
#define SOCIETY_WAIT_H

#include <society/ownership.h>
#include <society/task.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef struct society_wait society_wait;

/**
 * Begins to wait for paths.
 *
 * @param patterns  as for society_own_acquire(), and so are `flags` and `fields`
 * @param ret_wait  receives the wait, to be given to society_wait_close()
 * @return 0; SOCIETY_E_INVALID; SOCIETY_E_NO_AGENT; an errno
 *
 * Does not wait. Since 0.1.0.
 */
int society_own_wait(society *s, const char *patterns, uint32_t flags, const char *fields,
                     society_wait **ret_wait);

/**
 * Begins to wait for a claim.
 *
 * @param id        as for society_task_claim_with(), and so is `lease_ms`
 * @param flags     0 or SOCIETY_CLAIM_…, but not SOCIETY_CLAIM_OWN
 * @param ret_wait  receives the wait, to be given to society_wait_close()
 * @return 0; SOCIETY_E_INVALID; SOCIETY_E_NO_AGENT; -ENOMEM
 *
 * Does not wait. Since 0.1.0.
 */
int society_task_wait(society *s, const char *id, uint32_t flags, int64_t lease_ms,
                      society_wait **ret_wait);

/**
 * Begins to wait for a named mutex.
 *
 * @param name      as for society_mutex_lock()
 * @param ret_wait  receives the wait, to be given to society_wait_close()
 * @return 0; SOCIETY_E_INVALID; -ENOMEM
 *
 * Does not wait. Since 0.1.0.
 */
int society_mutex_wait(society *s, const char *name, society_wait **ret_wait);

/**
 * A descriptor that is readable when society_wait_take() may have something. It belongs to the wait:
 * poll it, never read or close it.
 *
 * @return the descriptor; -1 before society_wait_take() has returned 0 for the first time
 *
 * Since 0.1.0.
 */
int32_t society_wait_fd(const society_wait *wait);

/**
 * Takes the reservation or the claim, if it can be had. Never waits for others to act.
 *
 * @param ret_text  receives the reservation as society_own_acquire() gives it, or the claim as
 *                  society_task_claim() does, to be given to society_free(); NULL: not wanted
 * @return 1 it is had; 0 not yet; SOCIETY_E_DEADLOCK waiting would close a cycle, which the message
 *         names; SOCIETY_E_NOT_FOUND no such task; SOCIETY_E_HELD the task is over, or it is for
 *         others; SOCIETY_E_INVALID, also for a mutex; SOCIETY_E_FENCED the reservation was taken
 *         over again already; SOCIETY_E_TIMEOUT the log was locked for 5 s; SOCIETY_E_GONE; -EMFILE
 *         and other errnos. After an error the call may be repeated.
 *
 * Waits for the log's lock and the disk where there is something to take. Since 0.1.0.
 */
int society_wait_take(society_wait *wait, char **ret_text);

/**
 * Takes the mutex, if it is free. Never waits for others to act.
 *
 * @param ret_mutex  receives the mutex, as from society_mutex_lock()
 * @return 1 it is held now; 0 not yet; SOCIETY_E_INVALID the wait is not for a mutex, or this one was
 *         taken already; SOCIETY_E_GONE; an errno. After an error the call may be repeated.
 *
 * Does not wait. Since 0.1.0.
 */
int society_wait_mutex(society_wait *wait, society_mutex **ret_mutex);

/**
 * Ends a wait. What was had stays; else its place in the queue is given up. NULL is allowed.
 * society_close() frees the waits that are left, and others find that nobody waits any more.
 *
 * Waits for the log's lock and the disk where there is a place to give up. Since 0.1.0.
 */
void society_wait_close(society_wait *wait);

#ifdef __cplusplus
}
#endif

#endif
