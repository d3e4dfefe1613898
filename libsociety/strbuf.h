/* SPDX-License-Identifier: MIT */
/*
 * A growing string. Always NUL-terminated once something was added. Failure is sticky: when memory
 * runs out the buffer is emptied, `failed` is set and every later call does nothing, so a caller
 * adds as it likes and asks once.
 */
#ifndef SOC_STRBUF_H
#define SOC_STRBUF_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "cleanup.h"

struct soc_strbuf {
    char *data; /* NULL while nothing was added */
    size_t length;
    size_t capacity;
    bool failed;
};

#define SOC_STRBUF_INIT \
    {                   \
        0               \
    }

void soc_strbuf_free(struct soc_strbuf *buf);
void soc_strbuf_clear(struct soc_strbuf *buf); /* keeps the memory, forgets a failure */
void soc_strbuf_add(struct soc_strbuf *buf, const void *data, size_t length);
void soc_strbuf_add_string(struct soc_strbuf *buf, const char *text);
void soc_strbuf_add_char(struct soc_strbuf *buf, char c);
void soc_strbuf_add_integer(struct soc_strbuf *buf, int64_t value);
void soc_strbuf_add_format(struct soc_strbuf *buf, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
/* The same, by getting more memory where that is needed. */
char *soc_strbuf_grow(struct soc_strbuf *buf, size_t length);
/* Room for `length` more bytes and a NUL at data + length (the caller then adds to `length`); NULL
 * on failure. */
static inline char *soc_strbuf_reserve(struct soc_strbuf *buf, size_t length)
{
    if (length < buf->capacity - buf->length)
        return buf->data + buf->length;
    return soc_strbuf_grow(buf, length);
}
/* Hands the string to the caller (never NULL unless failed) and leaves the buffer empty. */
char *soc_strbuf_steal(struct soc_strbuf *buf);

#define SOC_AUTO_STRBUF SOC_CLEANUP(soc_strbuf_free)

#endif
