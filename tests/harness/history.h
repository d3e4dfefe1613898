/* SPDX-License-Identifier: MIT */
/*
 * A checker of histories: what concurrent processes did to one claimed task and what each was told,
 * with the moments at which every call began and ended. A history is sound if its operations can be
 * put in an order in which each has the outcome that its caller was told, and which keeps real time:
 * what ended before another began stands before it (linearizability: M. Herlihy and J. Wing, 1990).
 *
 * In the order, one process after the other does this to the task:
 *
 *     claim      of an open task, or in place of a claim that may be taken over; its token is above
 *                every earlier one. Refused (HELD) only when the task is not open.
 *     renew, release, complete, fail
 *                under the present token; FENCED if it is not the present one, HELD if it is, and
 *                the claim is over. So nothing is completed twice, nor by one that was taken over.
 *     reopen     of what is done
 *     death      of a process
 *
 *   A claim under presence may be taken over after its holder's death alone; another by the agent
 *   itself, or when the taker can have seen it unchanged for its lease.
 *
 * The search is complete: it finds an order if there is one. It goes through the calls and returns
 * in time and keeps every state that an order of the operations so far can lead to, with those of
 * the running operations that have had their effect in it; an operation takes effect at any moment
 * while it runs, and must have when it returns (J. Wing and C. Gong, "Testing and Verifying
 * Concurrent Objects", 1993; just in time: G. Lowe, "Testing for linearizability", 2017).
 * Operations on different tasks are checked apart, which loses nothing (linearizability is local).
 * A process that was killed leaves an operation of unknown outcome: until its death was seen it has
 * taken effect or never will.
 */
#ifndef HARNESS_HISTORY_H
#define HARNESS_HISTORY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define HISTORY_PROCESSES 32
#define HISTORY_ANY_TASK UINT32_MAX /* of a claim that was not told what it got */
#define HISTORY_NO_TOKEN ((int64_t)-1)
#define HISTORY_WHY 400

enum history_what {
    HISTORY_CLAIM,
    HISTORY_RENEW,
    HISTORY_RELEASE,
    HISTORY_COMPLETE,
    HISTORY_FAIL,
    HISTORY_REOPEN,
    HISTORY_DEATH /* from the kill on until it was seen */
};

enum history_outcome {
    HISTORY_UNKNOWN, /* it was killed before it was told */
    HISTORY_DONE,
    HISTORY_HELD,
    HISTORY_FENCED,
    HISTORY_NOTHING /* a refusal that says nothing of the task */
};

struct history_operation {
    int64_t began; /* nanoseconds, of one clock for all */
    int64_t ended;
    uint32_t
        process; /* below HISTORY_PROCESSES; does one thing at a time. It speaks as one agent. */
    uint32_t task;
    enum history_what what;
    enum history_outcome outcome;
    bool present;      /* of a claim: it was made under presence */
    int64_t lease_ns;  /* of a claim or renewal */
    int64_t token;     /* that was given, or shown */
    int64_t took_over; /* of a claim: the token that it replaced, or HISTORY_NO_TOKEN */
};

struct history_verdict {
    bool sound;
    size_t states;         /* the most that had to be kept at once */
    char why[HISTORY_WHY]; /* the first operation that fits no order */
};

/* What is to be said of one task's history; operations on other tasks are passed over. The task is
 * open in the beginning, and has had no token. */
struct history_verdict history_check(const struct history_operation *operations, size_t count,
                                     uint32_t task);

#endif
