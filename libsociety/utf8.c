/* SPDX-License-Identifier: MIT */
/*
 * Well-formed UTF-8 as in table 3-7 of the Unicode standard: the first byte says how long the
 * character is and which range the second must be in; the others are continuation bytes.
 */
#include "utf8.h"

static int between(unsigned char byte, unsigned char low, unsigned char high)
{
    return byte >= low && byte <= high;
}

static int second_fits(unsigned char first, unsigned char second)
{
    switch (first) {
    case 0xe0: return between(second, 0xa0, 0xbf);
    case 0xed: return between(second, 0x80, 0x9f);
    case 0xf0: return between(second, 0x90, 0xbf);
    case 0xf4: return between(second, 0x80, 0x8f);
    default: return between(second, 0x80, 0xbf);
    }
}

size_t soc_utf8_length(const char *text, size_t length)
{
    const unsigned char *bytes = (const unsigned char *)text;
    size_t wanted = 1;

    if (length == 0)
        return 0;
    if (bytes[0] < 0x80)
        return 1;
    if (between(bytes[0], 0xc2, 0xdf))
        wanted = 2;
    else if (between(bytes[0], 0xe0, 0xef))
        wanted = 3;
    else if (between(bytes[0], 0xf0, 0xf4))
        wanted = 4;
    if (wanted == 1 || wanted > length || !second_fits(bytes[0], bytes[1]))
        return 0;
    for (size_t i = 2; i < wanted; i++) {
        if (!between(bytes[i], 0x80, 0xbf))
            return 0;
    }
    return wanted;
}
