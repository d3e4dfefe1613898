/* SPDX-License-Identifier: MIT */
/*
 * A message on its way to a language model: who sent it and what it is on a line of ours, its
 * subject and body as quoted data (foreign.h), long ones cut.
 */
#ifndef TOOLS_COMMON_MESSAGE_SHOW_H
#define TOOLS_COMMON_MESSAGE_SHOW_H

#include <stdio.h>

#include "common/json.h"

/*
 * Writes one message as text to `out`, at most `most` bytes of its body, from `offset` on, and
 * returns the same as an object. `left` is the room of the whole answer. `command`: what shows
 * the whole of one that was cut, given its id, and then `offset` is 0; NULL: the tool `inbox` of
 * society-mcp shows the rest.
 */
json_value *message_show(json_value *message, size_t offset, size_t most, size_t *left,
                         const char *command, FILE *out);

#endif
