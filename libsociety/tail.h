/* SPDX-License-Identifier: MIT */
/*
 * Tails inside: what closing a handle needs to know. Everything else is <society/tail.h>.
 */
#ifndef SOC_TAIL_H
#define SOC_TAIL_H

#include <society/tail.h>

#include "handle.h"

/* Closes every tail of the handle. */
void soc_tail_close_all(struct society *s);

#endif
