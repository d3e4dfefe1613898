/* SPDX-License-Identifier: MIT */
/*
 * A batch is whatever whole lines have arrived, at most 512 and 1 MiB: a slow producer's line is sent at once, and a fast
 * producer's lines share a lock and a write. Their ids are printed, and flushed, before the next batch is read.
 */
#include "lines.h"

#include <ctype.h>
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <society/message.h>

#include "compose.h"
#include "json.h"
#include "output.h"

enum { BATCH_LINES = 512, BATCH_BYTES = 1 << 20 };

struct input {
    char buffer[BATCH_BYTES + 1]; /* and a NUL in place of the newline behind the last byte */
    size_t filled;
    int64_t lines; /* sent so far */
    int ended;
};

void lines_print_id(const struct tool *t, const char *id)
{
    if (t->json) {
        struct compose c;
        compose_begin(&c);
        compose_text(&c, "id", id);
        char *text = compose_end(&c);
        output_json(text);
        free(text);
    } else {
        output_text(stdout, id);
        putchar('\n');
    }
}

/*
 * The library counts the lines of the batch, people those of the input: "line 3" becomes "line 515".
 */
static _Noreturn void fail_batch(const struct tool *t, int result, int64_t lines_before)
{
    const char *reason = tool_reason(t, result);
    const char *found = strstr(reason, "line ");
    if (found && isdigit((unsigned char)found[5])) {
        char *rest = NULL;
        int64_t line = strtoll(found + 5, &rest, 10) + lines_before;
        tool_fail(tool_status(result), "%.*sline %" PRId64 "%s", (int)(found - reason), reason,
                  line, rest);
    }
    if (result == SOCIETY_E_INVALID || result == SOCIETY_E_TOO_BIG)
        tool_fail(tool_status(result), "in the lines from %" PRId64 " on: %s", lines_before + 1,
                  reason);
    tool_fail(tool_status(result), "%s", reason);
}

static void print_ids(const struct tool *t, const society_list *ids)
{
    for (int64_t i = 0; i < society_list_count(ids); i++) {
        json_value *id = json_read(society_list_item(ids, i), NULL);
        const char *text = json_text(id);
        lines_print_id(t, text ? text : society_list_item(ids, i));
        json_release(id);
    }
    output_flush();
}

/* Sends the first `length` bytes, which are whole lines, and moves the rest to the front. */
static void send_batch(struct tool *t, struct input *in, size_t length, int64_t lines)
{
    society_list *ids = NULL;
    size_t behind = length < in->filled && in->buffer[length] == '\n' ? length + 1 : length;
    char *zero = memchr(in->buffer, '\0', length);
    if (zero) {
        for (const char *at = in->buffer; (at = memchr(at, '\n', (size_t)(zero - at))) != NULL;
             at++)
            in->lines++;
        tool_fail(STATUS_USAGE, "line %" PRId64 " contains a NUL byte", in->lines + 1);
    }
    in->buffer[length] = '\0';
    int result = society_send_lines(t->society, in->buffer, &ids);
    if (result < 0)
        fail_batch(t, result, in->lines);
    print_ids(t, ids);
    society_list_free(ids);
    in->lines += lines;
    in->filled -= behind;
    memmove(in->buffer, in->buffer + behind, in->filled);
}

/* The length of the next batch without its last newline, and its number of lines; 0 lines: not one is whole. */
static size_t next_batch(const struct input *in, int64_t *ret_lines)
{
    size_t length = 0;
    int64_t lines = 0;
    const char *end = in->buffer + in->filled;
    const char *at = in->buffer;
    while (lines < BATCH_LINES && at < end) {
        const char *newline = memchr(at, '\n', (size_t)(end - at));
        if (!newline && !in->ended)
            break;
        length = (size_t)((newline ? newline : end) - in->buffer);
        at = newline ? newline + 1 : end;
        lines++;
    }
    *ret_lines = lines;
    return length;
}

static void read_more(struct input *in)
{
    if (in->filled == BATCH_BYTES)
        tool_fail(STATUS_USAGE, "line %" PRId64 " is longer than a record may be", in->lines + 1);
    ssize_t got = read(STDIN_FILENO, in->buffer + in->filled, BATCH_BYTES - in->filled);
    if (got < 0 && errno != EINTR)
        tool_fail(STATUS_SYSTEM, "standard input: %s", strerror(errno));
    if (got == 0)
        in->ended = 1;
    if (got > 0)
        in->filled += (size_t)got;
}

void lines_send(struct tool *t)
{
    struct input *in = calloc(1, sizeof *in);
    if (!in)
        tool_fail(STATUS_SYSTEM, "out of memory");
    while (!in->ended || in->filled > 0) {
        int64_t lines = 0;
        size_t length = next_batch(in, &lines);
        if (lines > 0)
            send_batch(t, in, length, lines);
        else
            read_more(in);
    }
    free(in);
}
