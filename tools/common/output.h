/* SPDX-License-Identifier: MIT */
/*
 * Standard output: text that is escaped, records as they stand, and a check that all of it arrived.
 */
#ifndef TOOLS_COMMON_OUTPUT_H
#define TOOLS_COMMON_OUTPUT_H

#include <stdint.h>
#include <stdio.h>

/* Colours for output_style(). */
#define STYLE_BOLD "1"
#define STYLE_DIM "2"
#define STYLE_GOOD "32"
#define STYLE_BAD "31"

/* Whether standard output is a terminal. */
int output_is_terminal(void);

/* Whether it takes colours: a terminal that is not dumb, and no NO_COLOR. */
int output_has_colour(void);

/* Begins a style, or ends it with NULL; nothing where there are no colours. */
void output_style(const char *style);

/* One line of escaped text, without a newline. */
void output_text(FILE *out, const char *text);

/* Text of several lines; those after the first are indented. */
void output_lines(FILE *out, const char *text, const char *indent);

/* A line of JSON, escaped if it goes to a terminal. */
void output_json(const char *json);

/*
 * A record with its position (null if negative), put into its text before the last brace. It is not decoded and
 * encoded again: numbers that no decoder here can hold stay what they are.
 */
void output_record(const char *json, int64_t position);

/* The same to another stream, as it stands. */
void output_record_to(FILE *out, const char *json, int64_t position);

/* Flushes standard output, and ends the process with status 3 if anything written so far was lost. */
void output_flush(void);

/* Puts a JSON string, quoted, into a stream. */
void output_quoted(FILE *out, const char *text);

#endif
