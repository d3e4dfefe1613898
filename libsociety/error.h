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

/* soc_fail() with -errno (-EIO should errno be 0), and ": <what errno means>" behind the text. */
int soc_fail_errno(struct soc_error *error, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* Out of memory: -ENOMEM. */
int soc_fail_memory(struct soc_error *error);

#ifdef __clang_analyzer__
/* The analyser sees one file at a time: without this it follows paths on which a failure returned
 * success. */
static inline int soc_failed(int code)
{
    if (code >= 0)
        __builtin_unreachable();
    return code;
}
#define soc_fail(...) soc_failed((soc_fail)(__VA_ARGS__))
#define soc_fail_errno(...) soc_failed((soc_fail_errno)(__VA_ARGS__))
#define soc_fail_memory(error) soc_failed((soc_fail_memory)(error))
#endif

#endif
