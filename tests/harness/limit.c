/* SPDX-License-Identifier: MIT */
/* A deadline on the monotonic clock; 0: none. */
#include "harness/limit.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

static int64_t deadline;

static int64_t now_s(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return now.tv_sec;
}

void limit_begin(void)
{
    const char *seconds = getenv("SOCIETY_SECONDS");

    deadline = seconds && *seconds ? now_s() + strtoll(seconds, NULL, 10) : 0;
}

bool limit_over(void)
{
    return deadline != 0 && now_s() >= deadline;
}

void limit_end(int64_t done, int64_t wanted, const char *what)
{
    if (done < wanted)
        printf("# skip: the time of this test was over (HOURS) after %" PRId64 " of %" PRId64
               " %s\n",
               done, wanted, what);
}
