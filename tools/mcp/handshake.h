/* SPDX-License-Identifier: MIT */
/*
 * Which revision of the protocol a request is made in, and what each end can do.
 *
 * Two eras. Up to 2025-11-25 a client opens with `initialize`, and the revision agreed on there
 * holds for the connection. From 2026-07-28 on there is no handshake: each request says its
 * revision and its client's capabilities in `_meta`. Both may come on one connection; what a
 * request says of itself counts.
 */
#ifndef TOOLS_MCP_HANDSHAKE_H
#define TOOLS_MCP_HANDSHAKE_H

#include "mcp/mcp.h"

/* Fills in the request's revision, capabilities, progress token and log level. 0; -1: it was
 * refused, and answered. */
int handshake_classify(struct mcp *m, struct request *r);

/* Whether the client asks people when a server wants to know something (elicitation by a form). */
int handshake_can_elicit(const struct request *r);

/* The client's name of itself; NULL: it has not said. */
const char *handshake_client(struct mcp *m, const struct request *r);

#endif
