/* SPDX-License-Identifier: MIT */
/*
 * What stands before the decoder: a walk over the text that knows strings from the rest. It finds
 * nesting that is too deep, and the two things that the format forgives and the decoder does not
 * (json.h): lone surrogate escapes and numbers too large. Those are mended in a copy, byte for
 * byte, so that positions in it are positions in the text.
 */
#ifndef SOC_JSON_LENIENT_H
#define SOC_JSON_LENIENT_H

#include <stdbool.h>
#include <stddef.h>

struct soc_json_walk {
    char *mended;    /* the mended copy, to be freed; NULL when nothing had to be mended */
    size_t too_deep; /* the offset of the bracket that is nested too deep; SIZE_MAX when none is */
};

/* False when out of memory. */
bool soc_json_walk(const char *text, size_t length, struct soc_json_walk *ret_walk);

/* The length of the `\u` escape or pair of escapes at `text`, which begins with a backslash, and
 * whether it is half a pair; 2 for other escapes, and 1 for a backslash at the end. */
size_t soc_json_escape(const char *text, size_t length, bool *ret_lone);

#endif
