/* SPDX-License-Identifier: MIT */
/*
 * Receipts: records in deliveries.jsonl that say which agent received a message, and when it acted
 * on it. No message is ever rewritten.
 */
#ifndef SOC_RECEIPTS_H
#define SOC_RECEIPTS_H

#include <stdbool.h>

#include "handle.h"

/* Reads the receipts kept: an agent's as message id -> {"deliveredAt","acknowledgedAt"}. NULL on
 * failure, with *ret_error. */
soc_json *soc_receipts_of_agent(struct society *s, const char *agent, int *ret_error);
/* The same of all agents that are keys of `agents`, without the times: agent -> {id: null}. */
soc_json *soc_receipts_of_agents(struct society *s, const soc_json *agents, int *ret_error);
/* The same of one message: agent -> {…}. */
soc_json *soc_receipts_of_message(struct society *s, const char *id, int *ret_error);

/* Adds one receipt of the handle's agent, a whole line. 0; errors of soc_record_end(). */
int soc_receipts_add(struct society *s, const char *message_id, bool acknowledged,
                     struct soc_strbuf *out);
/* Appends the lines to deliveries.jsonl. 0; errors of soc_log_append(). */
int soc_receipts_append(struct society *s, const struct soc_strbuf *lines);

#endif
