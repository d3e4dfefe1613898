/* SPDX-License-Identifier: MIT */
/*
 * Feeds: that something changed, and not what. A tail for each log that somebody looks at just now,
 * from its end on; what it gives is counted and dropped.
 */
#ifndef TOOLS_MCP_FEED_H
#define TOOLS_MCP_FEED_H

#include <poll.h>

#include "mcp/mcp.h"

#define FEED_BIT(kind) (1u << (kind))

/* Opens those of the set that are not open. 0; -1: one could not be. */
int feeds_open(struct mcp *m, unsigned set);

/* Closes those that are not in the set. */
void feeds_close(struct mcp *m, unsigned keep);

/* Takes in what has come. */
void feeds_drain(struct mcp *m);

/* Whether one of the set has changed since feeds_settle(). */
int feeds_changed(const struct mcp *m, unsigned set);
void feeds_settle(struct mcp *m);

/* The descriptors; their number. */
int feeds_poll(const struct mcp *m, struct pollfd *descriptors);

#endif
