/* SPDX-License-Identifier: MIT */
/*
 * Setting one value in somebody's configuration file, with everything else in it left as it is,
 * comments and layout too. The file is read by its grammar from end to end first; one that does not
 * follow it is refused.
 */
#ifndef TOOLS_COMMON_SPLICE_H
#define TOOLS_COMMON_SPLICE_H

#include <stddef.h>

/* What is wrong with a file, and where: from 1 on. */
struct splice_error {
    char what[160];
    int line;
    int column;
};

/*
 * The text with the member that `path` (ended by NULL) leads to set to `value`, JSON on one line;
 * objects on the way are made. A text with nothing in it is an empty object. `comments`: comments and commas
 * behind the last member are allowed. To be given to free(); NULL: it was refused.
 */
char *jsonc_set(const char *text, const char *const *path, const char *value, int comments,
                struct splice_error *error);

/*
 * The text with an element added to the list at `path`, which is made if it is not there. An element
 * that has `mark` in its text is replaced instead. As jsonc_set() otherwise.
 */
char *jsonc_append(const char *text, const char *const *path, const char *value, const char *mark,
                   int comments, struct splice_error *error);

/* As jsonc_set() for a key of a TOML table, named as its header has it. `value` is TOML on one line. */
char *toml_set(const char *text, const char *table, const char *key, const char *value,
               struct splice_error *error);

/* What both need: the text with `length` bytes at `at` replaced, in place of the old one, which is
 * freed. */
char *splice_text(char *text, size_t at, size_t length, const char *with);

/* Fills in where in the text something is. */
void splice_locate(const char *text, size_t at, struct splice_error *error);

#endif
