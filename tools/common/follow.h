/* SPDX-License-Identifier: MIT */
/*
 * Following one log, and with the registry also who comes and goes.
 */
#ifndef TOOLS_COMMON_FOLLOW_H
#define TOOLS_COMMON_FOLLOW_H

#include <stdint.h>

#include "tool.h"

struct follow {
    const char *log;
    int64_t start;       /* a position or SOCIETY_FROM_… */
    int64_t count;       /* of records to print; -1: no end */
    int32_t timeout_ms;  /* -1: none */
    const char *command; /* run for each record instead of printing it; NULL: none */
    int everyone;
    int commit;
    int join; /* the agent's presence is held here: renew what it holds */
};

/* Until the count is reached, the time is over, or the reader of standard output has gone. Returns the exit status. */
int follow_run(struct tool *t, const struct follow *f);

#endif
