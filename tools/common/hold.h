/* SPDX-License-Identifier: MIT */
/*
 * Running a command as a child, for as long as something is held.
 */
#ifndef TOOLS_COMMON_HOLD_H
#define TOOLS_COMMON_HOLD_H

#include <stdint.h>

/*
 * Runs a command (its words, ended by NULL) and waits for its end. SIGTERM, SIGINT and SIGHUP are passed on to it.
 *
 * Returns its exit status, 128 and the signal's number if one killed it, 127 if there is no such command, 126 if it can't
 * be run.
 */
int hold_run(char **command);

/* What is done meanwhile. When one of the functions says that what was held is lost (a negative number), neither is called
 * again: the command is sent SIGTERM, and its end is waited for. */
struct hold_duty {
    int64_t first_ms;               /* when `tick` is called for the first time */
    int64_t (*tick)(void *context); /* the milliseconds until the next time */
    int fd;                         /* with `look` */
    int (*look)(
        void *context); /* called while `fd` is readable; NULL: there is nothing to look at */
    void *context;      /* not NULL */
};

int hold_run_on_duty(char **command, const struct hold_duty *duty);

#endif
