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

/* What has come of a line that is too long is looked through and forgotten. */
static int pass_over(struct frames *f, size_t length, int is_whole)
{
    salvage_scan(&f->passed, f->data + f->start, length);
    f->start += length + (is_whole ? 1 : 0);
    f->scanned = f->start;
    f->skipping = !is_whole;
    return is_whole ? FRAME_TOO_LONG : FRAME_NONE;
}

int frames_next(struct frames *f, char **ret_line, size_t *ret_length)
{
    if (f->start == f->used)
        return FRAME_NONE;
    char *line = f->data + f->start;
    char *end = memchr(f->data + f->scanned, '\n', f->used - f->scanned);
    size_t length = end ? (size_t)(end - line) : f->used - f->start;
    if (f->skipping || length > FRAME_MAX)
        return pass_over(f, length, end != NULL);
    f->scanned = f->used;
    if (!end)
        return FRAME_NONE;
    f->start += length + 1;
    f->scanned = f->start;
    *end = '\0';
    *ret_line = line;
    *ret_length = length;
    return FRAME_LINE;
}

void frames_free(struct frames *f)
{
    free(f->data);
    *f = (struct frames){0};
}
