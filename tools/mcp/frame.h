/* SPDX-License-Identifier: MIT */
/*
 * Frames: what comes in, cut into lines. A line over the limit is passed over, and reported at its
 * end, when its id is known.
 */
#ifndef TOOLS_MCP_FRAME_H
#define TOOLS_MCP_FRAME_H

#include <stddef.h>

#include "mcp/salvage.h"

/* The longest line that is taken, without its newline. */
#define FRAME_MAX ((size_t)4 << 20)

struct frames {
    char *data;
    size_t size;
    size_t start;          /* of the line that is not complete yet */
    size_t used;           /* end of what has come */
    size_t scanned;        /* up to here there is no newline */
    int skipping;          /* the line was too long, its end has not come */
    struct salvage passed; /* what was seen of it */
};

enum { FRAME_NONE, FRAME_LINE, FRAME_TOO_LONG };

/* Adds bytes as they were read. */
void frames_add(struct frames *f, const char *bytes, size_t length);

/* The next line, borrowed until the next call; without its newline, and NUL behind it. With
 * FRAME_TOO_LONG it is in `passed` only. */
int frames_next(struct frames *f, char **ret_line, size_t *ret_length);

void frames_free(struct frames *f);

#endif
