/* SPDX-License-Identifier: MIT */
/*
 * Tails: follow a log as it grows.
 *
 * A tail delivers records in the order of the log, each once, through rotation and compaction, from
 * wherever it was opened. It is pulled, in one of two ways.
 *
 * With nothing else to do:
 *
 *     while (society_tail_wait(tail, -1) == 1)
 *         while (society_tail_next(tail, &record, &position) == 1)
 *             …
 *
 * In somebody else's loop: add society_tail_fd() to poll, select, epoll or a libuv handle, for
 * reading; it is readable as long as society_tail_next() may have something. Level-triggered loops
 * need nothing more; with edge-triggered ones call society_tail_next() until it returns 0.
 *
 * A tail belongs to its handle and follows its rule: one thread at a time. Only society_tail_wake()
 * may be called from any thread at any time between society_tail_open() and society_tail_close().
 */
#ifndef SOCIETY_TAIL_H
#define SOCIETY_TAIL_H

#include <society/society.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef struct society_tail society_tail;

/* Where to begin, instead of a position (society_tail_open). */
/* At the agent's cursor ("messages"); without a cursor at the oldest record kept. Other logs:
 * SOCIETY_FROM_END. */
#define SOCIETY_FROM_CURSOR ((int64_t)-1)
/* With the first record that is appended from now on. */
#define SOCIETY_FROM_END ((int64_t)-2)
/* With the oldest record kept, archives included. */
#define SOCIETY_FROM_START ((int64_t)-3)

/* Deliver messages to whomever they are addressed, not only to the handle's agent. */
#define SOCIETY_TAIL_EVERYONE 1u
/* society_tail_commit() also records in deliveries.jsonl that the messages were delivered to the
 * handle's agent. Not together with SOCIETY_TAIL_EVERYONE. */
#define SOCIETY_TAIL_RECEIPTS 2u

/**
 * Opens a tail.
 *
 * @param log       "messages": those addressed to the handle's agent; "deliveries", "registry",
 *                  "tasks", "ownership": every record; "presence": no file, but
 *                  `{"type":"presence","agentId":…,"online":…,"session":…,"timestamp":…}` for
 *                  everyone who is online when the tail is opened, and then for each that comes or
 *                  goes, known when the kernel knows
 * @param position  where to begin: a position (0 or more) or one of SOCIETY_FROM_…; ignored for
 *                  "presence"
 * @param flags     0 or SOCIETY_TAIL_…
 * @param ret_tail  receives the tail, to be given to society_tail_close()
 * @return 0; SOCIETY_E_NO_AGENT "messages" without SOCIETY_TAIL_EVERYONE and no agent;
 *         SOCIETY_E_INVALID log or flags, or a position behind the end; SOCIETY_E_UNSAFE_FILE; -EMFILE and other errnos
 *
 * A cursor that is damaged or that the log no longer matches is no error: reading starts over, what
 * this agent has receipts for is left out, and society_tail_incident() says what happened.
 * A message that the library sends wakes the tails of those that it is for, and no others. A line by
 * another program is seen when that closes the file, and within a second when it does not.
 * When the kernel has no inotify instance left for the user, the tail looks every 250 ms instead.
 * Does not wait. Since 0.1.0.
 */
int society_tail_open(society *s, const char *log, int64_t position, uint32_t flags,
                      society_tail **ret_tail);

/** Closes a tail. Nothing is committed. NULL is allowed. Since 0.1.0. */
void society_tail_close(society_tail *tail);

/**
 * A descriptor that is readable when society_tail_next() may have something, or a wake is pending.
 * It belongs to the tail: poll it, never read or close it. A tail that was not asked for it spares
 * itself keeping it readable while records are left.
 *
 * @return the descriptor
 *
 * Since 0.1.0.
 */
int32_t society_tail_fd(society_tail *tail);

/**
 * The next record, if there is one. Never blocks.
 *
 * @param ret_record    receives the record as one line of JSON without its newline, borrowed until
 *                      the next call on the tail
 * @param ret_position  receives its position, -1 on a tail of "presence"; NULL: not wanted
 * @return 1 a record, 0 none yet; SOCIETY_E_GONE the directory was removed; -EIO and other errnos,
 *         after which the call may be repeated
 *
 * Malformed lines are passed over (society_check() names them), and at the cursor what this agent
 * has receipts for already. A foreign writer's field `position` is left out. Since 0.1.0.
 */
int society_tail_next(society_tail *tail, const char **ret_record, int64_t *ret_position);

/**
 * Waits until society_tail_next() has a record.
 *
 * @param timeout_ms  milliseconds, 0 to look only, -1 for ever
 * @return 1 there is a record; 0 the time is over; SOCIETY_E_WOKEN society_tail_wake() was called;
 *         -EINTR a signal handler ran; errors as society_tail_next()
 *
 * Sleeps in the kernel, using no processor time. Since 0.1.0.
 */
int society_tail_wait(society_tail *tail, int32_t timeout_ms);

/**
 * Ends the present or, when there is none, the next society_tail_wait() of this tail, and makes its
 * descriptor readable. Any thread may call it, also from a signal handler.
 *
 * @return 0; an errno
 *
 * Since 0.1.0.
 */
int society_tail_wake(society_tail *tail);

/**
 * The position behind the record that society_tail_next() gave last: where a later tail would go
 * on. Since 0.1.0.
 */
int64_t society_tail_position(const society_tail *tail);

/**
 * Stores that the handle's agent has handled every message that society_tail_next() gave so far:
 * its cursor goes to society_tail_position(), and never back. With SOCIETY_TAIL_RECEIPTS the
 * receipts are appended first.
 *
 * @return 0; SOCIETY_E_INVALID not a tail of "messages", or the handle was another agent's since the
 *         tail was opened; SOCIETY_E_NO_AGENT; SOCIETY_E_TIMEOUT; -ENOSPC, -EROFS and other errnos
 *
 * Blocks for the disk's cache, not the disk. Since 0.1.0.
 */
int society_tail_commit(society_tail *tail);

/**
 * What happened to the log behind the tail's back since the last call of this function: that it was
 * truncated or replaced, and reading began again. One line for people, borrowed until the next call
 * on the tail; NULL when nothing did. Since 0.1.0.
 */
const char *society_tail_incident(society_tail *tail);

#ifdef __cplusplus
}
#endif

#endif
