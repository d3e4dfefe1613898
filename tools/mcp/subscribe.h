/* SPDX-License-Identifier: MIT */
/*
 * Subscriptions: that a resource has changed, told to the client.
 */
#ifndef TOOLS_MCP_SUBSCRIBE_H
#define TOOLS_MCP_SUBSCRIBE_H

#include "mcp/mcp.h"

/* The feeds that subscriptions look at. */
unsigned subscriptions_feeds(const struct mcp *m);

/* Tells of whatever has changed. */
void subscriptions_tell(struct mcp *m);

void subscriptions_end(struct mcp *m);

#endif
