/* SPDX-License-Identifier: MIT */
/*
 * What the benchmarks share: clocks, a society in a directory of its own, and one line of output for each measurement,
 *
 *     NAME VARIANT ROUND NANOSECONDS
 *
 * which run.sh makes a table of. The library and its floor are measured in turn, so that what disturbs the machine disturbs both.
 */
#ifndef BENCH_H
#define BENCH_H

#include <stdint.h>

#include <society/society.h>

/* A record of the usual size, as its floor writes it. */
#define RECORD_BYTES 200

int64_t now_ns(void); /* monotonic; the same clock in every process */
void pause_ns(int64_t nanoseconds);
void report(const char *name, const char *variant, int round, int64_t nanoseconds);
int64_t median(int64_t *values, int count); /* sorts them */

/* A number from the environment, or `otherwise`. */
int setting(const char *name, int otherwise);

/* Makes a society in the working directory's subdirectory `name`, and opens it as `agent`. */
society *open_new(const char *name, const char *agent);
/* Opens it once more. */
society *open_again(const char *name, const char *agent);

/* Ends the program when the library's result is an error. */
void check(society *s, int result, const char *what);

#endif
