/* SPDX-License-Identifier: MIT */
/*
 * For the tests of programs that use this library: a society in memory.
 *
 * It is the real library over files that exist in memory alone, with a clock that stands still
 * until the test moves it, and agents that the test lets die, stop and return. Nothing sleeps,
 * nothing is written to disk, and a seed decides what would otherwise be chance: ids, and whose
 * turn it is.
 *
 *     society_test_new(1, &test);
 *     society_test_open(test, "w1", &w1);      an ordinary handle: the program under test uses it
 *     society_task_claim(w1, "t1", 0, NULL);
 *     society_test_kill(test, "w1");           as kill -9 would
 *     society_test_advance(test, 600000);      ten minutes later
 *     …
 *     society_test_free(test);
 *
 * Time.  It begins at 2026-02-10T10:00:00Z and is moved by society_test_advance() and by whoever
 * waits: a wait that finds nothing moves the clock to the next thing that is due, or to its own
 * end, and returns. Since nobody else acts meanwhile, a wait that nothing would ever end returns
 * -EDEADLK, a week after the last call of this header.
 *
 * Agents.  Each is as good as a process of its own: handles of different agents exclude each other,
 * and what belongs to an agent ends with it.
 *
 * One at a time.  There is one such society in a process, for one thread, and a child made by
 * fork() has none. While it exists, every handle of the process goes by its clock and its ids, so make none before it that
 * are used meanwhile. Code that opens its own handle finds the society in society_dir() of any
 * other; only what society_test_open() gave can be killed.
 *
 * The process id and the host in records stay those of the process.
 */
#ifndef SOCIETY_TESTING_H
#define SOCIETY_TESTING_H

#include <society/society.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef struct society_test society_test;

/**
 * Makes an empty society in memory.
 *
 * @param seed      any number; the same seed and the same calls give the same records
 * @param ret_test  receives it, to be given to society_test_free()
 * @return 0; -EBUSY there is one in this process; -ENOMEM, -EMFILE; -ENOENT /proc is not mounted
 *
 * Not while another thread is in the library. Does not block. Since 0.1.0.
 */
int society_test_new(uint64_t seed, society_test **ret_test);

/**
 * Ends the society with everything in it: closes the handles of its agents, whose tails and
 * snapshots follow society_close(). NULL is allowed.
 *
 * Not while another thread is in the library. Does not block. Since 0.1.0.
 */
void society_test_free(society_test *test);

/**
 * Lets an agent begin, or return after its end: opens a handle for it.
 *
 * @param agent        an agent id
 * @param ret_society  receives the handle. It belongs to the test, and may also be given to
 *                     society_close(): the agent ends in good order.
 * @return 0; SOCIETY_E_HELD the agent has a handle; SOCIETY_E_INVALID not an agent id; errors of
 *         society_open()
 *
 * Does not block. Since 0.1.0.
 */
int society_test_open(society_test *test, const char *agent, society **ret_society);

/**
 * Lets an agent die, as by SIGKILL: all that it had open is closed, its locks drop, nothing is
 * released or written. Its handle is gone, with its tails. A mutex that it had is free; where the
 * test still has the object, society_mutex_unlock() only frees it.
 *
 * @return 0; SOCIETY_E_NOT_FOUND there is no such agent, or it has no handle
 *
 * Does not block. Since 0.1.0.
 */
int society_test_kill(society_test *test, const char *agent);

/**
 * Stops an agent, as SIGSTOP would, or lets it go on: while it is stopped it gets no turn, and the
 * test must make no call with its handle. It is alive: it keeps its presence and its locks, and
 * only its leases run.
 *
 * @return 0, also when it was so already; SOCIETY_E_NOT_FOUND there is no such agent, or it has no
 *         handle
 *
 * Does not block. Since 0.1.0.
 */
int society_test_stop(society_test *test, const char *agent);
int society_test_continue(society_test *test, const char *agent);

/**
 * Whose turn it is: one of the agents that live and are not stopped, as the seed decides. The test
 * then does one step of that agent's work.
 *
 * @return the agent's handle, whose id society_agent() gives; NULL: there is no such agent
 *
 * Does not block. Since 0.1.0.
 */
society *society_test_next(society_test *test);

/**
 * Moves the clock.
 *
 * @param ms  0 or more milliseconds
 * @return 0; SOCIETY_E_INVALID ms is negative, or leads behind the year 9000
 *
 * Does not block. Since 0.1.0.
 */
int society_test_advance(society_test *test, int64_t ms);

/** The time, in milliseconds since 1970. Since 0.1.0. */
int64_t society_test_now(society_test *test);

/**
 * What stands in a file of the society.
 *
 * @param name      as it is on disk: "tasks.jsonl", "locks/agent-w1.lock", "archive/tasks-0.jsonl"
 * @param ret_text  receives the content, to be given to society_free()
 * @return 0; -ENOENT there is no such file; other errnos
 *
 * Does not block. Since 0.1.0.
 */
int society_test_text(society_test *test, const char *name, char **ret_text);

/**
 * Writes a file of the society, such as "project.json", in the place of what it held. A handle
 * reads project.json when it is opened.
 *
 * @return 0; -ENOENT its directory is missing; other errnos
 *
 * Does not block. Since 0.1.0.
 */
int society_test_write(society_test *test, const char *name, const char *text);

/**
 * Appends to a file of the society without a lock, as a foreign writer would: a line needs its
 * newline, and damage is welcome.
 *
 * @return 0; -ENOENT its directory is missing; other errnos
 *
 * Does not block. Since 0.1.0.
 */
int society_test_append(society_test *test, const char *name, const char *text);

/** What was wrong in the last call of this header that failed, as society_last_message() says it
 * for a handle. Since 0.1.0. */
const char *society_test_last_message(const society_test *test);

#ifdef __cplusplus
}
#endif

#endif
