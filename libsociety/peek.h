/* SPDX-License-Identifier: MIT */
/*
 * A look at a line's top-level members without decoding it: the hot paths (is this for me? have I
 * seen this id?) need a few fields of each line and the whole of few. Walks the bytes once and
 * allocates nothing. It checks the structure of the top level and the nesting, not the values: what
 * is used further is decoded by soc_json_parse().
 */
#ifndef SOC_PEEK_H
#define SOC_PEEK_H

#include <stdbool.h>
#include <stddef.h>

/* A part of the line, raw. A string's slice includes its quotes. data NULL: absent. */
struct soc_slice {
    const char *data;
    size_t length;
};

struct soc_peek {
    struct soc_slice type;
    struct soc_slice id;
    struct soc_slice from;
    struct soc_slice to;
};

/* Walks the members of the object that `text` is: begin with *cursor = 0; true with the next
 * member's key (with its quotes) and value; false at the end or at a defect: at the end *cursor ==
 * length, at a defect it is SIZE_MAX. */
bool soc_peek_member(const char *text, size_t length, size_t *cursor, struct soc_slice *key,
                     struct soc_slice *value);

/* The four fields of one line; false when the line is no object by its structure. When a key is
 * written with escapes or stands twice, the slices say what a byte-wise look says; decoding
 * decides. */
bool soc_peek(const char *text, size_t length, struct soc_peek *ret_peek);

/* Whether a slice is the JSON string `text`, written without escapes. */
bool soc_slice_is(struct soc_slice slice, const char *text);
/* The contents of a string slice without its quotes, when it has no escapes; data NULL otherwise.
 */
struct soc_slice soc_slice_plain(struct soc_slice slice);

#endif
