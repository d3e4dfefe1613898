/* SPDX-License-Identifier: MIT */
/*
 * JSON-RPC 2.0: what is written. Values that are passed in are taken over.
 */
#ifndef TOOLS_MCP_RPC_H
#define TOOLS_MCP_RPC_H

#include "mcp/mcp.h"

enum {
    RPC_PARSE = -32700,
    RPC_INVALID_REQUEST = -32600,
    RPC_NO_METHOD = -32601,
    RPC_INVALID_PARAMS = -32602,
    RPC_INTERNAL = -32603,
    RPC_NO_RESOURCE = -32002, /* before 2026-07-28, which has RPC_INVALID_PARAMS for it */
    RPC_UNSUPPORTED_VERSION = -32022,
};

/* The answer to a request: an object. In revision 2026-07-28 `resultType` and the server's name are
 * added. */
void rpc_result(struct mcp *m, const struct request *r, json_value *result);

/* The same for a result that a client may keep for some time (2026-07-28); 0: not at all. */
void rpc_cacheable(struct mcp *m, const struct request *r, json_value *result, int64_t ttl_ms);

/* The answer that it failed. `id` NULL: it could not be read. */
void rpc_error(struct mcp *m, json_value *id, int code, const char *format, ...)
    __attribute__((format(printf, 4, 5)));
void rpc_error_data(struct mcp *m, json_value *id, int code, json_value *data, const char *message);

/* A notification, and a request of ours. */
void rpc_notify(struct mcp *m, const char *method, json_value *params);
void rpc_ask(struct mcp *m, int64_t number, const char *method, json_value *params);

/* A request of its own, independent of the original. */
void request_copy(struct request *to, const struct request *from);
void request_release(struct request *r);

/* A message for the client's log, at this level or not at all. `r` NULL: it is about no request. */
void rpc_log(struct mcp *m, const struct request *r, enum log_level level, const char *format, ...)
    __attribute__((format(printf, 4, 5)));

/* The level of a name; -1: there is none. */
int rpc_log_level(const char *name);

#endif
