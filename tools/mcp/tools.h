/* SPDX-License-Identifier: MIT */
/*
 * The tools, each a function that answers the request or makes it wait. Arguments have been checked
 * against the schema.
 */
#ifndef TOOLS_MCP_TOOLS_H
#define TOOLS_MCP_TOOLS_H

#include "mcp/mcp.h"

/* Runs the tool that a `tools/call` names. */
void tools_run(struct mcp *m, struct request *r);

/* `seconds` of the arguments as milliseconds, or a default. */
int64_t tools_wait_ms(json_value *arguments, int64_t seconds);

/* do_status.c, do_join.c */
void do_status(struct mcp *m, const struct request *r, json_value *arguments);
void do_join(struct mcp *m, const struct request *r, json_value *arguments);

/* do_messages.c, do_ask.c */
void do_send(struct mcp *m, const struct request *r, json_value *arguments);
void do_inbox(struct mcp *m, const struct request *r, json_value *arguments);
void do_ask(struct mcp *m, const struct request *r, json_value *arguments);

/* do_wait.c */
void do_wait(struct mcp *m, const struct request *r, json_value *arguments);

/* do_tasks.c, do_claim.c */
void do_task_add(struct mcp *m, const struct request *r, json_value *arguments);
void do_task_list(struct mcp *m, const struct request *r, json_value *arguments);
void do_task_claim(struct mcp *m, const struct request *r, json_value *arguments);
void do_task_update(struct mcp *m, const struct request *r, json_value *arguments);

/* do_files.c */
void do_files_own(struct mcp *m, const struct request *r, json_value *arguments);
void do_files_check(struct mcp *m, const struct request *r, json_value *arguments);

#endif
