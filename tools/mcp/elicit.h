/* SPDX-License-Identifier: MIT */
/*
 * Asking the person at the client: by a request of ours (2025-06-18 to 2025-11-25), or by an answer
 * that asks, upon which the client calls again with what was said (2026-07-28).
 */
#ifndef TOOLS_MCP_ELICIT_H
#define TOOLS_MCP_ELICIT_H

#include "mcp/call.h"
#include "mcp/mcp.h"

/* A form with one field, for `elicitation/create`. `choices` NULL: any text. */
json_value *elicit_form(const struct request *r, const char *message, const char *field,
                        const char *title, json_value *choices);

/* What the person said to the form called like its field, when the client calls again: "accept",
 * "decline", "cancel". NULL: nothing. */
const char *elicit_action(const struct request *r, const char *field);

/* And what they filled in; NULL: nothing. */
const char *elicit_text(const struct request *r, const char *field);

/* The same two for the reply to a request of ours. */
const char *elicit_reply_action(json_value *reply);
const char *elicit_reply_text(json_value *reply, const char *field);

/* Asks for the agent's name; the request goes on when it was said. */
void elicit_name(struct mcp *m, const struct request *r);

#endif
