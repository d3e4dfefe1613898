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

/* A task: on a line, with its title quoted below. */
json_value *view_task(json_value *task, size_t *left, FILE *out);

/* All that is known of a task. Where its texts are too long for one answer, or `offset` is not 0,
 * a page of them. */
json_value *view_whole_task(json_value *task, size_t offset, FILE *out);

/* An agent on a line. */
json_value *view_agent(json_value *agent, size_t *left, FILE *out);

/* A reservation on a line. */
json_value *view_reservation(json_value *reservation, size_t *left, FILE *out);

#endif
