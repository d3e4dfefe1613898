/* SPDX-License-Identifier: MIT */
/*
 * Sending a stream of messages, one JSON object a line.
 */
#ifndef TOOLS_COMMON_LINES_H
#define TOOLS_COMMON_LINES_H

#include "tool.h"

/* Reads standard input to its end and sends it in batches; ends the process at the first bad line. */
void lines_send(struct tool *t);

/* The id of a message that was sent. */
void lines_print_id(const struct tool *t, const char *id);

#endif
