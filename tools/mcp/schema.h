/* SPDX-License-Identifier: MIT */
/*
 * Arguments, checked against the schema that the client was given: so that there is one description
 * of them.
 */
#ifndef TOOLS_MCP_SCHEMA_H
#define TOOLS_MCP_SCHEMA_H

#include "common/json.h"

/*
 * NULL: they fit. What is wrong, to be given to free(). Known of JSON Schema: type, enum, items,
 * maxItems, minItems, minimum, maximum, properties, required, additionalProperties: false.
 */
char *schema_check(json_value *schema, json_value *value);

#endif
