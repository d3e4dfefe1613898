/* SPDX-License-Identifier: MIT */
/*
 * One buffer, which grows to the longest line that came and is given back behind a large one. Every
 * byte is looked at once.
 */
#include "frame.h"

#include <stdlib.h>
#include <string.h>

#include "common/tool.h"

/* What a quiet connection keeps. */
#define KEPT ((size_t)128 << 10)

static void make_room(struct frames *f, size_t length)
{
    if (f->start > 0) {
        memmove(f->data, f->data + f->start, f->used - f->start);
        f->used -= f->start;
        f->scanned -= f->start;
        f->start = 0;
    }
    size_t wanted = f->used + length;
    if (wanted <= f->size && (f->size <= KEPT || wanted > KEPT))
        return;
    size_t size = KEPT;
    while (size < wanted)
        size *= 2;
    if (size == f->size)
        return;
    char *data = realloc(f->data, size);
    if (!data)
        tool_fail(STATUS_SYSTEM, "out of memory");
    f->data = data;
    f->size = size;
}

void frames_add(struct frames *f, const char *bytes, size_t length)
{
    if (length == 0)
        return;
    make_room(f, length);
    memcpy(f->data + f->used, bytes, length);
    f->used += length;
}

/* All of the line so far is forgotten. */
static void skip(struct frames *f)
{
    f->start = f->used;
    f->scanned = f->used;
    f->skipping = 1;
}

int frames_next(struct frames *f, char **ret_line, size_t *ret_length)
{
    while (f->scanned < f->used) {
        char *end = memchr(f->data + f->scanned, '\n', f->used - f->scanned);
        if (!end)
            break;
        char *line = f->data + f->start;
        size_t length = (size_t)(end - line);
        int skipped = f->skipping;
        f->start += length + 1;
        f->scanned = f->start;
        f->skipping = 0;
        if (skipped)
            continue;
        if (length > FRAME_MAX)
            return FRAME_TOO_LONG;
        *end = '\0';
        *ret_line = line;
        *ret_length = length;
        return FRAME_LINE;
    }
    f->scanned = f->used;
    int was_skipping = f->skipping;
    if (was_skipping || f->used - f->start > FRAME_MAX)
        skip(f);
    return f->skipping && !was_skipping ? FRAME_TOO_LONG : FRAME_NONE;
}

void frames_free(struct frames *f)
{
    free(f->data);
    *f = (struct frames){0};
}
