/* SPDX-License-Identifier: MIT */
/*
 * The record of a claim as bytes: written without a document in between, and known again at a
 * glance. Whoever reads many claims of others needs three of its fields to tell that a task is
 * taken (task_late.h).
 */
#ifndef SOC_TASK_BID_H
#define SOC_TASK_BID_H

#include <stdbool.h>
#include <stdint.h>

#include "clock.h"
#include "error.h"
#include "path.h"
#include "strbuf.h"

/* A claim that is to be made. */
struct soc_task_bid {
    const char *task;
    const char *from;
    const char *session;
    bool present; /* the session is that of the agent's presence */
    bool takes_over;
    int64_t replaces; /* the token of the claim that is taken over */
    int64_t token;
    int64_t lease_ms;
    int64_t own; /* the token of the reservation that belongs to it; -1: none */
};

/* Adds the record, with an id from `random`, and the time, which `now` keeps. 0; errors of
 * soc_uuid7_of() and soc_record_end_at(). */
int soc_task_bid_write(const struct soc_task_bid *bid, struct soc_random *random,
                       struct soc_moment *now, struct soc_strbuf *out, struct soc_error *error);

/* Adds the claim as it is given to who made it: an object `task token leaseMs takeover`. */
void soc_task_bid_describe(const struct soc_task_bid *bid, struct soc_strbuf *out);

/* What a glance at such a record gives. */
struct soc_task_glance {
    char task[SOC_ID_MAX + 1];
    char from[SOC_ID_MAX + 1];
    int64_t token;
};

/* Whether the bytes are such a record and no takeover, to the letter as soc_task_bid_write() has
 * it: then decoding gives what the glance does. What differs in anything is left to the decoder. */
bool soc_task_bid_read(const char *text, size_t length, struct soc_task_glance *ret_glance);

#endif
