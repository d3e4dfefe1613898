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

/*
 * The same, and calls `tick` meanwhile, for the first time after so many milliseconds, then after as many as it returned.
 * When that is negative, what was held is lost: the command is sent SIGTERM, once, and its end is waited for.
 */
int hold_run_ticking(char **command, int64_t first_ms, int64_t (*tick)(void *), void *context);

#endif
