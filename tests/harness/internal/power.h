/* SPDX-License-Identifier: MIT */
/*
 * Power cuts. The library's table of system calls is replaced by one that makes every call and notes what it changed: bytes of
 * files, names in directories, and what was synced. From the notes the directory can be made again as a power cut at any moment
 * could leave it: what was not synced is there, not there, torn or zeros, each by itself and in no order (T. Pillai et al., "All
 * File Systems Are Not Created Equal", 2014, for what file systems do).
 *
 * Clock and random numbers come from the seed, so that a run can be repeated.
 */
#ifndef HARNESS_POWER_H
#define HARNESS_POWER_H

#include <stdbool.h>
#include <stdint.h>

/* Notes everything below `path` from now on; what is there is as good as synced. */
void power_begin(const char *path, uint64_t seed);
void power_end(void);

/* The next number of the seed's sequence, below `end`. */
unsigned power_below(unsigned end);

/* How many changes were made: a moment to cut at. */
unsigned power_now(void);

/* Makes `path`, which is removed first, the directory as a power cut at `moment` could leave it. */
void power_cut(unsigned moment, const char *path);

/* After `calls` more calls every one fails: the process is as good as dead. 0: it lives. */
void power_die_after(unsigned calls);

/* Puts the real calls in force, to look at what a cut left, but what only takes time: nothing is synced, and there is no inotify.
 * Gives the table that was in force, to be put back. */
const struct soc_sys *power_look(void);

/* Controls: these calls are reported as done, and sync nothing. */
void power_drop(bool data, bool names);

#endif
