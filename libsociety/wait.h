/* SPDX-License-Identifier: MIT */
/*
 * Waits inside: see <society/wait.h>. What is waited for begins its struct with a society_wait and
 * says by its kind how it is had.
 */
#ifndef SOC_WAIT_H
#define SOC_WAIT_H

#include <society/wait.h>

#include "await.h"
#include "handle.h"

struct soc_wait_kind {
    /* Tries to have it: 1; 0 not yet, look again in *ret_limit_ms (preset to -1: when something
     * happens); errors, after which it may be called again. */
    int (*look)(struct society_wait *wait, int64_t *ret_limit_ms);
    /* Says what was had: 0; errors. NULL: there is no text to say. */
    int (*tell)(struct society_wait *wait, char **ret_text);
    /* Gives up what stands in the society for the wait, such as a place in a queue. */
    void (*leave)(struct society_wait *wait);
    /* Frees everything, the wait included. */
    void (*free)(struct society_wait *wait);
};

struct society_wait {
    struct society *s;
    struct society_wait *next;
    const struct soc_wait_kind *kind;
    const struct soc_reader *reader; /* of the log that is waited for; NULL: none */
    struct soc_await await;
    bool sleeps; /* `await` has begun */
    bool had;
};

/* Makes it a wait of the handle, which ends with society_wait_close() alone. */
void soc_wait_begin(struct society_wait *wait, struct society *s, const struct soc_wait_kind *kind,
                    const struct soc_reader *reader);

/* As society_wait_take(), without saying what was had. */
int soc_wait_look(struct society_wait *wait);

/* Looks, and sleeps until the deadline (soc_monotonic_ms(); -1: none): 1 it is had; 0 the time is
 * over; -EINTR; other errors. */
int soc_wait_until(struct society_wait *wait, int64_t deadline_ms);

/* The deadline for a timeout. */
int64_t soc_wait_deadline(int32_t timeout_ms);

/* Frees every wait of the handle; nothing is given up. */
void soc_wait_close_all(struct society *s);

#endif
