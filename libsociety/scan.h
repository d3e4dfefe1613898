/* SPDX-License-Identifier: MIT */
/*
 * What one line of a log is: nothing, a record, or damage. A pure function of its bytes.
 *
 * A line that ends in `,"crc":"xxxxxxxx"}` is ours and must match its checksum; any other is a
 * foreign writer's and must decode as an object. Of a damaged line the longest suffix that begins
 * with `{"` and matches the checksum at its end is salvaged: a good record that a writer without a
 * lock glued to a torn one.
 */
#ifndef SOC_SCAN_H
#define SOC_SCAN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "peek.h"

#define SOC_LINE_MAX (256 * 1024) /* a record with its newline */

enum soc_line_kind { SOC_LINE_BLANK, SOC_LINE_RECORD, SOC_LINE_MALFORMED };

struct soc_line {
    enum soc_line_kind kind;
    bool foreign;     /* a record without a checksum */
    bool undecided;   /* there was no memory to decode it: it may be a record, scan it again */
    bool salvaged;    /* a record out of a malformed line: counts as both */
    const char *text; /* the record without white space around it, or the whole malformed line */
    size_t length;
    struct soc_peek peek; /* of a record */
    int64_t position;     /* of the first byte of `text`; scan gives the offset in the line */
    int64_t end;          /* behind the line's newline; set by the reader */
};

/* Classifies one line, given without its newline. The result borrows from it. */
void soc_scan_line(const char *bytes, size_t length, struct soc_line *ret_line);

/* Tries to salvage a record from the end of damaged bytes; false leaves *ret_line alone. */
bool soc_scan_salvage(const char *bytes, size_t length, struct soc_line *ret_line);

/* Whether a string that decodes to `text` may stand in the line: as it is, or with an escape. */
bool soc_line_may_say(const struct soc_line *line, const char *text, size_t length);

#endif
