/* SPDX-License-Identifier: MIT */
/*
 * Snapshots of the library for a client: fewer fields, and texts neutralised. Also the way of
 * several answers.
 */
#ifndef TOOLS_MCP_VIEW_H
#define TOOLS_MCP_VIEW_H

#include <stdio.h>

#include "common/json.h"
#include "mcp/mcp.h"

/* The named members of an object, by whichever of them it has; `names` ends with NULL. */
json_value *view_fields(json_value *object, const char *const *names, size_t most, size_t *left);

/* A task: on a line, with its title quoted below; all that is known of it if `full`. */
json_value *view_task(json_value *task, int full, size_t *left, FILE *out);

/* An agent on a line. */
json_value *view_agent(json_value *agent, size_t *left, FILE *out);

/* A reservation on a line. */
json_value *view_reservation(json_value *reservation, size_t *left, FILE *out);

#endif
