/* SPDX-License-Identifier: MIT */
/*
 * What an agent has not read.
 */
#ifndef SOC_INBOX_H
#define SOC_INBOX_H

#include "handle.h"

/* The number of messages to `agent` that are neither behind its cursor nor receipted by it. Errors
 * of reading. */
int64_t soc_inbox_unread(struct society *s, const char *agent);

#endif
