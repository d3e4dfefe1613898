/* SPDX-License-Identifier: MIT */
/*
 * The agent's messages on their way to the client.
 *
 * They are taken from the agent's cursor on, only as many as are shown, and the cursor moves (and
 * the receipts are written) when the answer with them has left this process. A client that vanishes
 * before finds them unread: at least once.
 */
#ifndef TOOLS_MCP_MAIL_H
#define TOOLS_MCP_MAIL_H

#include <stdio.h>

#include "mcp/mcp.h"

/* Opens the tail. 0; a result of the library. */
int mail_open(struct mcp *m);

/* Whether there is an unread message. */
int mail_ready(struct mcp *m);

/*
 * Takes up to `most` messages, as much text as one answer has room for, into `list` as objects for
 * the client and into `out` as text. 1: there are more; 0: that is all; a result of the library.
 */
int mail_take(struct mcp *m, int64_t most, json_value *list, FILE *out);

/* A message that was given as the answer to a question is not shown again. */
void mail_answered(struct mcp *m, const char *id);

/* What was shown has left the process. */
void mail_commit(struct mcp *m);

void mail_close(struct mcp *m);

#endif
