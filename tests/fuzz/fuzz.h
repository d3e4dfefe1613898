/* SPDX-License-Identifier: MIT */
/*
 * What the fuzz targets share. Each target is a program that libFuzzer drives (llvm.org/docs/LibFuzzer.html): it is called with
 * bytes, and must neither crash nor break what it states with must().
 */
#ifndef FUZZ_H
#define FUZZ_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* A claim about the code under test. */
#define must(condition)                                                                   \
    do {                                                                                  \
        if (!(condition)) {                                                               \
            fprintf(stderr, "%s:%d: this must be: %s\n", __FILE__, __LINE__, #condition); \
            abort();                                                                      \
        }                                                                                 \
    } while (0)

/* Bytes that are taken from the front; zeros when there are no more. */
struct feed {
    const uint8_t *data;
    size_t left;
};

static inline uint8_t feed_byte(struct feed *feed)
{
    if (feed->left == 0)
        return 0;
    feed->left--;
    return *feed->data++;
}

/* 0 to end - 1. */
static inline unsigned feed_below(struct feed *feed, unsigned end)
{
    return feed_byte(feed) % end;
}

/* Takes up to the next `end` byte, or all; a copy with a NUL behind it, to be freed. */
static inline char *feed_text(struct feed *feed, uint8_t end)
{
    const uint8_t *stop = feed->left ? memchr(feed->data, end, feed->left) : NULL;
    size_t length = stop ? (size_t)(stop - feed->data) : feed->left;
    char *text = malloc(length + 1);

    must(text);
    if (length > 0)
        memcpy(text, feed->data, length);
    text[length] = '\0';
    feed->data += length + (stop != NULL);
    feed->left -= length + (stop != NULL);
    return text;
}

#endif
