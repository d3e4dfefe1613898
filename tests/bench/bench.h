/* SPDX-License-Identifier: MIT */
/*
 * What the benchmarks share: a clock, a society in a directory of its own, and one line of output for each measurement,
 *
 *     NAME VARIANT ROUND NANOSECONDS
 *
 * which run.sh makes a table of. A variant and its floor are measured in turn, so that what disturbs the machine disturbs both.
 * Everything is in this header because each file here is a program of its own.
 */
#ifndef BENCH_H
#define BENCH_H

#include <inttypes.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include <society/society.h>

#define SAMPLES_MAX 1000

/* The same clock in every process. */
static inline int64_t now_ns(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return now.tv_sec * INT64_C(1000000000) + now.tv_nsec;
}

/* A number from the environment, or `otherwise`. */
static inline int setting(const char *name, int otherwise)
{
    const char *text = getenv(name);
    return text && atoi(text) > 0 ? atoi(text) : otherwise;
}

static inline void report(const char *name, const char *variant, int round, int64_t nanoseconds)
{
    printf("%s %s %d %" PRId64 "\n", name, variant, round, nanoseconds);
    fflush(stdout);
}

static inline int compare_samples(const void *left, const void *right)
{
    int64_t a = *(const int64_t *)left;
    int64_t b = *(const int64_t *)right;
    return (a > b) - (a < b);
}

/* Sorts the samples. */
static inline int64_t median(int64_t *samples, int count)
{
    qsort(samples, (size_t)count, sizeof *samples, compare_samples);
    return samples[count / 2];
}

/* The processors that this process may use, up to two of them; their number. */
static inline int processors(int ret_two[2])
{
    cpu_set_t set;
    int count = 0;
    if (sched_getaffinity(0, sizeof set, &set) < 0)
        return 0;
    for (int i = 0; i < CPU_SETSIZE && count < 2; i++)
        if (CPU_ISSET(i, &set))
            ret_two[count++] = i;
    return count;
}

/* Keeps this process on one processor. Left alone, the kernel puts two that talk to each other on the same one or not, as it likes,
 * and a wake across processors costs many times one at home: then the luck of the run is measured. */
static inline void stay_on(int processor)
{
    cpu_set_t set;
    CPU_ZERO(&set);
    CPU_SET(processor, &set);
    if (sched_setaffinity(0, sizeof set, &set) < 0) {
        perror("sched_setaffinity");
        exit(1);
    }
}

/* Ends the program when the library's result is an error. */
static inline void check(const society *s, int result, const char *what)
{
    if (result >= 0)
        return;
    fprintf(stderr, "%s: %s\n", what, s ? society_last_message(s) : society_strerror(result));
    exit(1);
}

/* The society of the working directory, made if there is none. */
static inline society *open_society(const char *agent)
{
    society *s = NULL;
    check(NULL, society_new(&s), "society_new");
    check(s, society_init(s, NULL, NULL, 0), "society_init");
    check(s, society_identify(s, agent), "society_identify");
    return s;
}

#endif
