/* SPDX-License-Identifier: MIT */
/*
 * Frames: what comes in, cut into lines. A line over the limit is passed over to its end and
 * reported once.
 */
#ifndef TOOLS_MCP_FRAME_H
#define TOOLS_MCP_FRAME_H

#include <stddef.h>

/* The longest line that is taken, without its newline. */
#define FRAME_MAX ((size_t)4 << 20)

struct frames {
    char *data;
    size_t size;
    size_t start;   /* of the line that is not complete yet */
    size_t used;    /* end of what has come */
    size_t scanned; /* up to here there is no newline */
    int skipping;   /* the line was too long, its end has not come */
};

enum { FRAME_NONE, FRAME_LINE, FRAME_TOO_LONG };

/* Adds bytes as they were read. */
void frames_add(struct frames *f, const char *bytes, size_t length);

/* The next line, borrowed until the next call; without its newline, and NUL behind it. */
int frames_next(struct frames *f, char **ret_line, size_t *ret_length);

void frames_free(struct frames *f);

#endif
