/* SPDX-License-Identifier: MIT */
/*
 * What society_check() finds, while it is collected: one report for each log, and one for the
 * directory itself.
 */
#ifndef SOC_DOCTOR_H
#define SOC_DOCTOR_H

#include <stdbool.h>
#include <stdint.h>

#include "handle.h"
#include "strbuf.h"

#define SOC_REPORT_MAX 1000 /* problems that are listed; the rest is counted */
#define SOC_NO_POSITION (-1)

struct soc_report {
    const char *log; /* NULL: the directory */
    int64_t records; /* of the present segment, like the next three */
    int64_t foreign; /* records without a checksum */
    int64_t malformed;
    int64_t torn; /* 1: an unfinished line stands at the end */
    int64_t bytes;
    int64_t problems; /* their number */
    struct soc_strbuf list;
};

/* Adds a problem, in words. */
void soc_report_problem(struct soc_report *report, int64_t position, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* Looks at everything in the directory that is no log; with `repair` removes what a crash left
 * there. What can't be examined is a problem. 0; -ENOMEM. */
int soc_check_directory(struct society *s, bool repair, struct soc_report *report);

#endif
