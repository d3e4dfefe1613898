/* SPDX-License-Identifier: MIT */
/*
 * The protocol's methods, each a function that answers the request or makes it wait.
 */
#ifndef TOOLS_MCP_METHODS_H
#define TOOLS_MCP_METHODS_H

#include "mcp/mcp.h"

/* handshake.c */
void method_initialize(struct mcp *m, struct request *r);
void method_discover(struct mcp *m, struct request *r);
void method_ping(struct mcp *m, struct request *r);
void method_set_level(struct mcp *m, struct request *r);

/* tools.c */
void method_tools_list(struct mcp *m, struct request *r);
void method_tools_call(struct mcp *m, struct request *r);

/* resources.c */
void method_resources_list(struct mcp *m, struct request *r);
void method_templates_list(struct mcp *m, struct request *r);
void method_resources_read(struct mcp *m, struct request *r);

/* subscribe.c */
void method_subscribe(struct mcp *m, struct request *r);
void method_unsubscribe(struct mcp *m, struct request *r);
void method_listen(struct mcp *m, struct request *r);

/* prompts.c */
void method_prompts_list(struct mcp *m, struct request *r);
void method_prompts_get(struct mcp *m, struct request *r);

#endif
