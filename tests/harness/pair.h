/* SPDX-License-Identifier: MIT */
/*
 * Two members of one society, which is what most tests of a protocol need.
 */
#ifndef HARNESS_PAIR_H
#define HARNESS_PAIR_H

#include "harness/member.h"

extern society *w1;
extern society *w2;

/* Setup and teardown of a test: a society with these two. */
int pair_setup(void **state);
int pair_teardown(void **state);

/* The halves, for a setup that does something in between: the handles alone. */
void pair_open(void);
void pair_close(void);

#endif
