/* SPDX-License-Identifier: MIT */
/*
 * What an agent wants to claim, and the choice: the task that was named, the best that is ready, or
 * a claim that may be taken over. That one may be is found out without the log's lock (lease.h:
 * presence and clocks), and stands in the wish as evidence: the task, and the token that may be
 * replaced, as it was renewed last.
 */
#ifndef SOC_TASK_WISH_H
#define SOC_TASK_WISH_H

#include "task_paths.h"
#include "task_state.h"

struct soc_wish {
    struct society *s;
    const char *asked; /* the task that was named; NULL: the best */
    const char *role;
    bool asks_role; /* `role` is not known yet, and matters */
    int64_t lease_ms;
    uint32_t flags;          /* SOCIETY_CLAIM_… */
    int64_t deadline_ms;     /* until when to wait; 0: not at all; -1: for ever */
    char id[SOC_ID_MAX + 1]; /* the task chosen */
    bool takeover;
    int64_t replaces;            /* its token, with takeover */
    int64_t renewed;             /* and when it was claimed or renewed last, as a position */
    int64_t old_own;             /* the reservation that belonged to that claim; -1: none */
    bool resumed;                /* it is the agent's own */
    struct soc_task_paths paths; /* with SOCIETY_CLAIM_OWN */
    char session[SOC_UUID_SIZE];
    bool present;
    soc_json *passed; /* ids of tasks that others are trying to claim, or foreign holders have */
    bool busy;        /* somebody was trying */
    bool contend;     /* nothing else is left: try those too */
    int lost;         /* how often another was faster */
    int64_t token;    /* given */
    int64_t left_ms;  /* when to look again at the latest; -1: when something happens */
};

/* Chooses what to claim: 1 chosen, 0 nothing may be claimed now; SOCIETY_E_NOT_FOUND no such task. */
int soc_wish_choose(struct soc_wish *wish);

/* The best task that is ready for the agent, but for those passed over; NULL: none. With the role
 * known, or (asks_role not NULL) *asks_role set where it matters. Borrowed. */
const struct soc_rank *soc_wish_best_rank(const struct soc_wish *wish,
                                          const struct soc_tasks *tasks, bool *asks_role);
const soc_json *soc_wish_best(const struct soc_wish *wish, const struct soc_tasks *tasks);

/* Whether the agent holds the task. */
bool soc_wish_is_mine(const struct soc_wish *wish, const soc_json *task);

/* Something may be had in so many milliseconds; -1: it can't be told. */
void soc_wish_note_left(struct soc_wish *wish, int64_t left);

#endif
