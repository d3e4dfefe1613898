/* SPDX-License-Identifier: MIT */
/*
 * A fast yes. Most of the JSON that passes through the library is small and ordinary, and decoding
 * it into a document only to learn that it is sound costs more than all else that happens to a
 * message. This walks the bytes once and allocates nothing. It says yes only where soc_json_parse()
 * certainly would, with nothing to mend; whatever is unusual is left to that.
 */
#ifndef SOC_JSON_PLAIN_H
#define SOC_JSON_PLAIN_H

#include <stdbool.h>
#include <stddef.h>

#include "peek.h"

/* True: the text is one JSON value that soc_json_parse() takes, and neither a lone surrogate nor a
 * number that no double holds is in it. False: it is not, or it has an escape in a key, more than
 * 32 members in one object, an escaped surrogate, or a number of more than 18 characters. */
bool soc_json_is_plain(const char *text, size_t length);

#define SOC_PLAIN_MEMBERS 32
/* An object's members, as they stand in its text: keys with their quotes. */
struct soc_plain_members {
    size_t count;
    struct soc_slice keys[SOC_PLAIN_MEMBERS];
    struct soc_slice values[SOC_PLAIN_MEMBERS];
};
/* The same answer, but false where the value is no object; and what its members are. */
bool soc_json_plain_members(const char *text, size_t length, struct soc_plain_members *members);

/* The length of the ASCII at the beginning of `text` that can stand in a JSON string as it is: up to
 * the first quote, backslash, control character or byte from 0x80 on. */
size_t soc_json_ordinary(const char *text, size_t length);

#endif
