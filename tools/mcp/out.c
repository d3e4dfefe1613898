/* SPDX-License-Identifier: MIT */
/*
 * The descriptor's mode is left alone: it may be shared with other processes. A pipe that poll()
 * calls writable takes PIPE_BUF bytes without blocking, so no more is written at once; a socket is
 * asked not to block.
 */
#include "out.h"

#include <errno.h>
#include <limits.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "common/tool.h"

/* What a quiet connection keeps. */
#define KEPT ((size_t)256 << 10)

static void resize(struct out *o, size_t size)
{
    char *data = realloc(o->data, size);
    if (!data)
        tool_fail(STATUS_SYSTEM, "out of memory");
    o->data = data;
    o->size = size;
}

void out_line(struct out *o, const char *json)
{
    size_t length = strlen(json);
    if (o->sent > 0 && o->used + length + 1 > o->size) {
        memmove(o->data, o->data + o->sent, o->used - o->sent);
        o->used -= o->sent;
        o->sent = 0;
    }
    size_t size = o->size > 0 ? o->size : KEPT;
    while (size < o->used + length + 1)
        size *= 2;
    if (size != o->size)
        resize(o, size);
    memcpy(o->data + o->used, json, length);
    o->data[o->used + length] = '\n';
    o->used += length + 1;
}

int out_pending(const struct out *o)
{
    return o->sent < o->used;
}

int out_is_full(const struct out *o)
{
    return o->used - o->sent > OUT_FULL;
}

static ssize_t write_some(const struct out *o, int fd)
{
    size_t left = o->used - o->sent;
    ssize_t written = send(fd, o->data + o->sent, left, MSG_DONTWAIT | MSG_NOSIGNAL);
    if (written >= 0 || errno != ENOTSOCK)
        return written;
    struct pollfd ready = {.fd = fd, .events = POLLOUT};
    if (poll(&ready, 1, 0) == 0) {
        errno = EAGAIN;
        return -1;
    }
    return write(fd, o->data + o->sent, left < PIPE_BUF ? left : PIPE_BUF);
}

int out_flush(struct out *o, int fd)
{
    while (out_pending(o)) {
        ssize_t written = write_some(o, fd);
        if (written < 0 && (errno == EAGAIN || errno == EINTR))
            return 0;
        if (written < 0)
            return -1;
        o->sent += (size_t)written;
    }
    o->sent = 0;
    o->used = 0;
    if (o->size > KEPT)
        resize(o, KEPT);
    return 0;
}

void out_free(struct out *o)
{
    free(o->data);
    *o = (struct out){0};
}
