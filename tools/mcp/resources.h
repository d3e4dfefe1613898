/* SPDX-License-Identifier: MIT */
/*
 * The society as resources.
 */
#ifndef TOOLS_MCP_RESOURCES_H
#define TOOLS_MCP_RESOURCES_H

#include "mcp/mcp.h"

/* The feeds by which a resource changes; 0: there is no such resource. */
unsigned resource_feeds(struct mcp *m, const char *uri);

#endif
