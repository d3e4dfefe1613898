/* SPDX-License-Identifier: MIT */
/*
 * Numbers that look random and come from a seed: the same seed, the same numbers. For tests;
 * nothing secret comes from here.
 */
#ifndef SOC_SEEDED_H
#define SOC_SEEDED_H

#include <stdint.h>

#include "sys.h"

struct soc_seeded {
    uint64_t state; /* at first the seed, any number */
};

uint64_t soc_seeded_next(struct soc_seeded *seeded);
/* A number from 0 to `count` - 1; count is not 0. */
uint64_t soc_seeded_below(struct soc_seeded *seeded, uint64_t count);

/* Lets the table's getrandom give these numbers, for one table at a time. */
void soc_seeded_fill(struct soc_seeded *seeded, struct soc_sys *table);

#endif
