/* SPDX-License-Identifier: MIT */
/*
 * Running a command of the user's for one record.
 */
#ifndef TOOLS_COMMON_RUN_H
#define TOOLS_COMMON_RUN_H

#include <stdint.h>

/*
 * Runs `sh -c command` with the record (and its position, null if negative) as a line on its standard input, and
 * SOCIETY_MESSAGE_ID, SOCIETY_MESSAGE_FROM and SOCIETY_MESSAGE_TYPE in its environment. Returns its exit status, or 128 and the
 * signal's number.
 */
int run_command(const char *command, const char *record, int64_t position);

#endif
