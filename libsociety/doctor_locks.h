/* SPDX-License-Identifier: MIT */
/*
 * The doctor's look at what holders left behind.
 */
#ifndef SOC_DOCTOR_LOCKS_H
#define SOC_DOCTOR_LOCKS_H

#include "doctor.h"

/* Names the lock files of claims and reservations that no record explains and whose lease is over;
 * with `repair` removes them, and says in the log which reservations ended with their claim. 0;
 * -ENOMEM. */
int soc_check_holdings(struct society *s, bool repair, struct soc_report *report);

#endif
