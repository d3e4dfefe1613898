/* SPDX-License-Identifier: MIT */
/*
 * Agents in processes of their own that hold paths and wait for them.
 */
#ifndef HARNESS_OWNERS_H
#define HARNESS_OWNERS_H

#include <sys/types.h>

#include "harness/member.h"

#define OWNER_DEADLINE_MS 10000

/* Runs `work` in a process of its own, whose exit status is the result. */
pid_t owner_start(int (*work)(int), int argument);
/* Its exit status, 128 and more for a signal. */
int owner_end(pid_t pid);
void owner_kill(pid_t pid);

int owner_acquire(society *s, const char *patterns, int32_t timeout_ms);
/* "w1:["a"] w2:["b"]?": holders and paths in order, with a question mark behind what waits. */
const char *owner_live(society *s);
/* Waits until the list says so. */
void owner_await(society *s, const char *wanted);

/* A process that holds "a" as w1, under presence where the argument says so, until it is killed. */
int owner_hold_a(int present);
/* A process that waits for "a" as an agent, and ends with 0 when it has it. */
int owner_wait_for_a(int number);

#endif
