/* SPDX-License-Identifier: MIT */
/*
 * The sleep of who waits for a claim. It ends when something happens that may let him have it.
 */
#ifndef SOC_CLAIM_WAIT_H
#define SOC_CLAIM_WAIT_H

#include <society/tail.h>
#include <stdbool.h>
#include <stdint.h>

#include "handle.h"

#define SOC_CLAIM_TAILS 4 /* what may end a wait: tasks, presence, the own role, ownership */

struct soc_claim_wait {
    society_tail *tails[SOC_CLAIM_TAILS]; /* NULL: not open */
};

/* Watches from now on, so that nothing falls between a look and the sleep; ownership too, where
 * `owns`. `wait` is to be closed also after an error. 0; errors of society_tail_open(). */
int soc_claim_wait_open(struct society *s, bool owns, struct soc_claim_wait *wait);

/* Sleeps until something happens, for `left_ms` at most (-1: any time). 0; SOCIETY_E_TIMEOUT the
 * deadline (-1: none) has passed; errnos. */
int soc_claim_wait_sleep(struct society *s, const struct soc_claim_wait *wait, int64_t deadline_ms,
                         int64_t left_ms);

void soc_claim_wait_close(struct soc_claim_wait *wait);

#endif
