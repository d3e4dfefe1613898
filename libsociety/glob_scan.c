/* SPDX-License-Identifier: MIT */
/*
 * The pieces of a pattern. Nothing here fails: a text that is no pattern has pieces as well.
 */
#include "glob_scan.h"

#include <string.h>

#include "utf8.h"

uint32_t soc_glob_take(const char **text)
{
    static const unsigned char bits_of_first[] = {0, 0x7f, 0x1f, 0x0f, 0x07};
    const unsigned char *bytes = (const unsigned char *)*text;
    size_t length = soc_utf8_length(*text, strnlen(*text, 4));
    uint32_t c = bytes[0] & bits_of_first[length];

    *text += length ? length : 1;
    if (length == 0)
        return SOC_GLOB_STRAY + bytes[0];
    for (size_t i = 1; i < length; i++)
        c = c << 6 | (bytes[i] & 0x3f);
    return c;
}

uint32_t soc_glob_take_escaped(const char **text)
{
    if ((*text)[0] == '\\' && (*text)[1])
        *text += 1;
    return soc_glob_take(text);
}

const char *soc_glob_set_members(const char *set, bool *ret_negated)
{
    *ret_negated = set[1] == '!' || set[1] == '^';
    return set + 1 + *ret_negated;
}

const char *soc_glob_set_end(const char *set)
{
    bool negated;
    const char *members = soc_glob_set_members(set, &negated);

    for (const char *at = members; *at; at++) {
        if (*at == ']' && at != members)
            return at + 1;
        if (*at == '\\' && at[1])
            at++;
    }
    return NULL;
}

struct soc_glob_range soc_glob_take_range(const char **member, const char *end)
{
    struct soc_glob_range range;

    range.first = range.last = soc_glob_take_escaped(member);
    if (**member == '-' && *member + 2 < end) {
        *member += 1;
        range.last = soc_glob_take_escaped(member);
    }
    return range;
}
