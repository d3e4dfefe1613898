/* SPDX-License-Identifier: MIT */
/*
 * Waiting for a reservation in the log's queue.
 */
#ifndef SOC_OWN_WAIT_H
#define SOC_OWN_WAIT_H

#include "claim.h"
#include "own_decide.h"

/* Whether the reservation's holder is gone: as soc_lease_is_over(). */
int soc_own_is_gone(struct society *s, const struct soc_own *own, int64_t *ret_left_ms);

/* When to ask next whether those are gone who hold by a lease: each question reads the notes of what
 * the agent saw, and may write them. Most reservations are over before it is worth it. */
struct soc_own_patience {
    struct soc_own_patient {
        int64_t token;
        int64_t renewed;
        int64_t ask_ms; /* soc_monotonic_ms() */
    } * items;
    size_t count;
};

/* Looks at what is before `end` and in the way of `asked`, and keeps as evidence in the request
 * what is gone. *ret_left_ms: when to look again at the latest; -1: not before something happens.
 * `known` learns who has which pattern. `patience` NULL: everyone is asked about. 0; errnos. */
int soc_own_gather(struct society *s, struct soc_own_request *request, const struct soc_own *asked,
                   size_t end, soc_json *known, struct soc_own_patience *patience,
                   int64_t *ret_left_ms);

/* Adds one more piece of evidence to the request: 0; -ENOMEM. */
int soc_own_add_evidence(struct soc_own_request *request, const struct soc_own *own,
                         struct soc_error *error);

/* Removes the lock files of what was found gone, and is over now. */
void soc_own_bury(struct society *s, const struct soc_own_request *request);

/* A place in the queue. A process that has not joined itself keeps it in an act, which ends with the
 * process: else its place would last for the agent's lease, or for as long as the agent is there. */
struct soc_own_queue {
    struct society *s;
    struct soc_own_request *request;
    soc_json *known;     /* who has which pattern */
    int64_t deadline_ms; /* of soc_own_queue() */
    int64_t renewed_ms;  /* when the place was taken or renewed */
    struct soc_act act;  /* fd -1: none */
    struct soc_own_patience patience;
};

/* Takes a place. 0; SOCIETY_E_DEADLOCK; errors of soc_transact(). */
int soc_own_queue_enter(struct soc_own_queue *q);

/* 1 it is held, with its lock files; 0 not yet, look again in *ret_limit_ms (-1: when something
 * happens); SOCIETY_E_FENCED somebody took the place for a dead one's; errnos. */
int soc_own_queue_look(struct soc_own_queue *q, int64_t *ret_limit_ms);

/* Ends the act; the place is given up or the reservation had. May be called again. */
void soc_own_queue_end(struct soc_own_queue *q);

/* Gives the place up, also if it was granted just now. The words of the last failure stay. */
void soc_own_queue_leave(struct soc_own_queue *q);

/* Queues and waits, until `deadline_ms` (soc_monotonic_ms(); -1: for ever). 0 it is held, with its
 * lock files; otherwise the place in the queue was given up: SOCIETY_E_DEADLOCK;
 * SOCIETY_E_TIMEOUT; SOCIETY_E_FENCED somebody took the place for a dead one's; -EINTR; errnos. */
int soc_own_queue(struct society *s, struct soc_own_request *request, soc_json *known,
                  int64_t deadline_ms);

#endif
