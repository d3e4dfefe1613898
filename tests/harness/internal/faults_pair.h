/* SPDX-License-Identifier: MIT */
/*
 * Two members (pair.h) with the table of faults in force.
 */
#ifndef HARNESS_FAULTS_PAIR_H
#define HARNESS_FAULTS_PAIR_H

#include "harness/internal/faults.h"
#include "harness/pair.h"

int faults_pair_setup(void **state);
int faults_pair_teardown(void **state);

#endif
