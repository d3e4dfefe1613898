/* SPDX-License-Identifier: MIT */
/*
 * Results with words. Every function that can fail takes a struct soc_error (NULL: the words are
 * not wanted), returns the code, and fills the words in at the place that knows them best: the
 * lowest.
 */
#ifndef SOC_ERROR_H
#define SOC_ERROR_H

#include <society/error.h>

struct soc_error {
    int code;
    char text[1024]; /* one line, no control characters */
};

/* Sets the words and returns `code`. Control characters in the formatted text become '?'; what does
 * not fit is cut. */
int soc_fail(struct soc_error *error, int code, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* soc_fail() with -errno, and ": <what errno means>" behind the text. */
int soc_fail_errno(struct soc_error *error, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* Out of memory: -ENOMEM. */
int soc_fail_memory(struct soc_error *error);

#endif
