/* SPDX-License-Identifier: MIT */
/*
 * Where an agent's unread messages begin.
 */
#ifndef SOC_INBOX_H
#define SOC_INBOX_H

#include "handle.h"
#include "reader.h"

/* Opens a reader of messages at the agent's cursor, or at the start when it has none or a damaged
 * one. 0; errors of reading. */
int soc_inbox_open_reader(struct society *s, const char *agent, struct soc_reader *reader);

#endif
