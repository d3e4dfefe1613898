/* SPDX-License-Identifier: MIT */
/*
 * How much every agent has not read, counted for all of them in one pass over the messages.
 */
#ifndef SOC_UNREAD_H
#define SOC_UNREAD_H

#include "handle.h"

/* For each agent of the array (objects with `agentId`) the number of messages to it that are
 * neither behind its cursor nor receipted by it: agent -> integer. NULL on failure, with
 * *ret_error. */
soc_json *soc_unread_counts(struct society *s, const soc_json *agents, int *ret_error);

#endif
