/* SPDX-License-Identifier: MIT */
/*
 * What goes out, a line for each message: buffered, so that a client that does not read holds
 * nothing up.
 */
#ifndef TOOLS_MCP_OUT_H
#define TOOLS_MCP_OUT_H

#include <stddef.h>

/* Above this nothing more is read from the client, or told it unasked, until it has read. */
#define OUT_FULL ((size_t)8 << 20)

struct out {
    char *data;
    size_t size;
    size_t sent;
    size_t used;
};

/* Adds a line: JSON text without a newline. */
void out_line(struct out *o, const char *json);

/* Whether there is something to write; whether it is more than OUT_FULL. */
int out_pending(const struct out *o);
int out_is_full(const struct out *o);

/* Writes what a descriptor takes without blocking. 0; -1: nobody reads any more. */
int out_flush(struct out *o, int fd);

void out_free(struct out *o);

#endif
