/* SPDX-License-Identifier: MIT */
/*
 * A clock that stands still until somebody moves it: the test, or whoever waits. A wait that finds
 * nothing ready moves the clock to the next timer or to its own end and returns, so nothing ever
 * sleeps (discrete-event simulation). All clocks of the system are this one, in milliseconds; a
 * sleep lasts until the next whole one.
 *
 * For one thread. Who else could end a wait is not there, so one without an end would turn for
 * ever: the clock lets itself be moved by waiting for SOC_SIMCLOCK_PATIENCE_MS at most, counted
 * from soc_simclock_allow(), and then the wait fails with EDEADLK.
 */
#ifndef SOC_SIMCLOCK_H
#define SOC_SIMCLOCK_H

#include <stddef.h>
#include <stdint.h>

#include "sys.h"

#define SOC_SIMCLOCK_PATIENCE_MS INT64_C(604800000)  /* a week */
#define SOC_SIMCLOCK_START_MS INT64_C(1770717600000) /* 2026-02-10T10:00:00.000Z */

struct soc_simtimer {
    int fd;
    int64_t due_ms; /* INT64_MAX: not set */
    int64_t period_ms;
};

struct soc_simclock {
    int64_t now_ms; /* since 1970 */
    int64_t patience_ends_ms;
    struct soc_simtimer *timers;
    size_t count, capacity;
    struct soc_sys beneath; /* for real descriptors */
};

/* Begins at SOC_SIMCLOCK_START_MS and puts itself into the table, for one table at a time. */
void soc_simclock_begin(struct soc_simclock *clock, struct soc_sys *table);
void soc_simclock_end(struct soc_simclock *clock);

/* Moves on by `ms`, 0 or more, and lets the timers on the way ring. */
void soc_simclock_move(struct soc_simclock *clock, int64_t ms);
/* Lets waiting begin anew. */
void soc_simclock_allow(struct soc_simclock *clock);

#endif
