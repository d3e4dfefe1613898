/* SPDX-License-Identifier: MIT */
/*
 * Text from records is never trusted with a terminal. What could move the cursor, change the colours, reverse the
 * reading direction or hide itself is written as a visible escape: \x1b for a byte, \u202e for a character.
 */
#ifndef TOOLS_COMMON_ESCAPE_H
#define TOOLS_COMMON_ESCAPE_H

#include <stddef.h>
#include <stdio.h>

/* One line: newlines and tabs are escaped as well. */
void escape_line(FILE *out, const char *text, size_t length);

/* Several lines: tabs stay, and each newline is followed by `indent`, so that no text can pass for a line of ours. */
void escape_lines(FILE *out, const char *text, size_t length, const char *indent);

/* JSON text for a terminal: the same characters as \uXXXX, so that it still decodes to the same values. */
void escape_json(FILE *out, const char *json, size_t length);

#endif
