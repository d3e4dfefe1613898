/* SPDX-License-Identifier: MIT */
/*
 * Decisions on the reservations, for soc_transact(): each composes its records, has them judged by
 * the rules of the fold, and adds them or refuses. Pure, but for the ids and times of records.
 */
#ifndef SOC_OWN_DECIDE_H
#define SOC_OWN_DECIDE_H

#include "own_state.h"

/* What was found gone, before the lock was taken. It counts only while the reservation is still
 * the one that was looked at: not renewed since. */
struct soc_own_evidence {
    int64_t token;
    int64_t renewed;
    soc_json *fields; /* of the reservation */
};

/* What an agent asks for. */
struct soc_own_request {
    const char *agent;
    soc_json *paths; /* in their normal form */
    bool shared;
    bool ignore_case;
    const char *reason; /* NULL none */
    const char *task;   /* NULL none */
    bool of_claim;      /* it belongs to a claim of the task, */
    int64_t act;        /* which is being made in this act (claim.h), */
    int64_t tasks_at;   /* behind this position of the tasks' log */
    int64_t waiter;     /* with `wait`: the act in which the process waits; -1: none */
    int64_t lease_ms;
    char session[SOC_UUID_SIZE];
    bool present;
    struct soc_own_evidence *gone; /* of what is in the way */
    size_t gone_count;
    bool wait;       /* queue, where it cannot be had at once */
    int64_t left_ms; /* refused: when to ask again at the latest; -1: when something happens */
    int64_t token;   /* set by the decision: the reservation's */
};

/* For a request: own_acquire or own_wait. Where the agent holds just this already, that is renewed instead. */
int soc_own_decide_request(const void *state, int64_t end, void *argument, struct soc_strbuf *out,
                           struct soc_error *error);

/* Whether two lists have the same patterns in the same order. */
bool soc_own_is_same_list(const soc_json *a, const soc_json *b);

/* Forgets the evidence. */
void soc_own_forget(struct soc_own_request *request);

/* For a request: own_expire for each of its `gone` that is still so. */
int soc_own_decide_expire(const void *state, int64_t end, void *argument, struct soc_strbuf *out,
                          struct soc_error *error);

/* What happens to reservations that the agent has. */
struct soc_own_order {
    const char *type; /* own_release, own_renew, own_handover */
    const char *agent;
    const soc_json *patterns; /* those with one of these; NULL: all */
    int64_t token;            /* only the one with this token; -1: any */
    bool held;                /* only what is held */
    bool waiting;             /* only what waits */
    bool first;               /* only the first */
    const char *to;           /* own_handover; NULL */
    int64_t lease_ms;         /* own_renew; 0: as it was */
    const char *session;      /* to be held under; NULL: as it was */
    bool present;
    soc_json *done; /* set by the decision: the fields of the reservations, an array */
};

/* For an order: a record for each reservation that it means. */
int soc_own_decide_order(const void *state, int64_t end, void *argument, struct soc_strbuf *out,
                         struct soc_error *error);

#endif
