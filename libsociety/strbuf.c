/* SPDX-License-Identifier: MIT */
/*
 * A growing string: doubled when full, so that adding costs the same per byte however long it gets.
 */
#include "strbuf.h"

#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#define SMALLEST 64

void soc_strbuf_free(struct soc_strbuf *buf)
{
    free(buf->data);
    *buf = (struct soc_strbuf)SOC_STRBUF_INIT;
}

void soc_strbuf_clear(struct soc_strbuf *buf)
{
    buf->length = 0;
    buf->failed = false;
    if (buf->data)
        buf->data[0] = '\0';
}

static char *give_up(struct soc_strbuf *buf)
{
    soc_strbuf_free(buf);
    buf->failed = true;
    return NULL;
}

char *soc_strbuf_grow(struct soc_strbuf *buf, size_t length)
{
    size_t capacity = buf->capacity ? buf->capacity : SMALLEST;
    char *data;

    if (buf->failed)
        return NULL;
    if (length >= PTRDIFF_MAX - buf->length)
        return give_up(buf);
    while (capacity <= buf->length + length)
        capacity *= 2;
    if (capacity != buf->capacity) {
        data = realloc(buf->data, capacity);
        if (!data)
            return give_up(buf);
        buf->data = data;
        buf->capacity = capacity;
        buf->data[buf->length] = '\0';
    }
    return buf->data + buf->length;
}

void soc_strbuf_add(struct soc_strbuf *buf, const void *data, size_t length)
{
    char *end = soc_strbuf_reserve(buf, length);

    if (!end)
        return;
    if (length > 0)
        memcpy(end, data, length);
    end[length] = '\0';
    buf->length += length;
}

void soc_strbuf_add_string(struct soc_strbuf *buf, const char *text)
{
    soc_strbuf_add(buf, text, strlen(text));
}

void soc_strbuf_add_char(struct soc_strbuf *buf, char c)
{
    soc_strbuf_add(buf, &c, 1);
}

/* By hand: records are full of numbers, and printf() takes longer than all else in them. */
void soc_strbuf_add_integer(struct soc_strbuf *buf, int64_t value)
{
    char text[24];
    char *at = text + sizeof text;
    uint64_t rest = value < 0 ? -(uint64_t)value : (uint64_t)value;
    do {
        *--at = (char)('0' + rest % 10);
    } while (rest /= 10);
    if (value < 0)
        *--at = '-';
    soc_strbuf_add(buf, at, (size_t)(text + sizeof text - at));
}

void soc_strbuf_add_format(struct soc_strbuf *buf, const char *format, ...)
{
    va_list arguments;
    int length;
    char *end;

    va_start(arguments, format);
    length = vsnprintf(NULL, 0, format, arguments);
    va_end(arguments);
    if (length < 0) {
        give_up(buf);
        return;
    }
    end = soc_strbuf_reserve(buf, (size_t)length);
    if (!end)
        return;
    va_start(arguments, format);
    vsnprintf(end, (size_t)length + 1, format, arguments);
    va_end(arguments);
    buf->length += (size_t)length;
}

char *soc_strbuf_steal(struct soc_strbuf *buf)
{
    char *data;

    soc_strbuf_add(buf, "", 0);
    data = buf->data;
    if (data)
        *buf = (struct soc_strbuf)SOC_STRBUF_INIT;
    return data;
}
