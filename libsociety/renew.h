/* SPDX-License-Identifier: MIT */
/*
 * Renewal of what the agent holds, by whoever lives with it.
 */
#ifndef SOC_RENEW_H
#define SOC_RENEW_H

#include "handle.h"

/* Called on the way to sleep: renews what is due, if the handle has joined, and shortens *left_ms
 * (-1: for ever) to when it is to be called again. What fails is tried again soon: nothing depends on
 * it while the session lives but programs that know only lock files. */
void soc_renew_keep(struct society *s, int64_t *left_ms);

#endif
