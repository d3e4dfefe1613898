/* SPDX-License-Identifier: MIT */
/*
 * Taking part: the society is opened when it is first looked at, and the agent registers and joins
 * at the first call that needs one. Starting and listing do nothing, for clients probe with a
 * second process.
 */
#ifndef TOOLS_MCP_MEMBER_H
#define TOOLS_MCP_MEMBER_H

#include "mcp/mcp.h"

/* Opens the society for reading. NULL; what went wrong, borrowed until the next call. */
const char *member_open(struct mcp *m);

/* Says who is speaking, from now on. NULL; what went wrong. */
const char *member_name(struct mcp *m, const char *agent);

/* For a tool that only reads: 0; -1: it can't, and was answered. */
int member_reads(struct mcp *m, const struct request *r);

/* For a tool that needs to know who asks. 0; -1: it was answered, or waits for somebody to say the
 * agent's name. */
int member_knows(struct mcp *m, const struct request *r);

/* For a tool that acts as the agent, which registers and joins by it. As member_knows(). */
int member_acts(struct mcp *m, const struct request *r);

/* Registers and joins, if that has not been done. NULL; what went wrong. */
const char *member_join(struct mcp *m, const struct request *r);

/* What the library said about its last failure. If it is that the directory was removed, the
 * society is left after this step, and the next call begins anew. */
const char *member_reason(struct mcp *m, int result);

/* Renews the leases of claims now and then. Milliseconds until the next time; -1: never. */
int64_t member_renew(struct mcp *m);

#endif
