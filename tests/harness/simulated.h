/* SPDX-License-Identifier: MIT */
/*
 * A society in memory for tests, with the three members of tasks.h.
 */
#ifndef HARNESS_SIMULATED_H
#define HARNESS_SIMULATED_H

#include <society/testing.h>

#include "harness/tasks.h"

extern society_test *test;

/* Setup and teardown of a test: a society in memory with lead, w1 and w2. */
int simulated_setup(void **state);
int simulated_teardown(void **state);

/* A handle for an agent that begins or returns. */
society *simulated_agent(const char *id);
/* What stands in a file, NULL where there is none; good until the next call. */
const char *simulated_text(const char *name);

#endif
