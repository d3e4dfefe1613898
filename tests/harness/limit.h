/* SPDX-License-Identifier: MIT */
/*
 * How long a loop of the long run may take: SOCIETY_SECONDS, which the makefile derives from HOURS.
 *
 *     limit_begin();
 *     while (done < wanted && !limit_over())
 *         …
 *     limit_end(done, wanted, "rounds");      says so where the time was over before all was done
 */
#ifndef HARNESS_LIMIT_H
#define HARNESS_LIMIT_H

#include <stdbool.h>
#include <stdint.h>

/* Without SOCIETY_SECONDS there is no limit. */
void limit_begin(void);
bool limit_over(void);
/* The line begins with "# skip", which tests/run prints. */
void limit_end(int64_t done, int64_t wanted, const char *what);

#endif
