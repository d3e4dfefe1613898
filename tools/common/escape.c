/* SPDX-License-Identifier: MIT */
/*
 * Walks over UTF-8 by characters. A byte that is part of none is escaped by itself.
 */
#include "escape.h"

#include <stdint.h>

/* The length of the well-formed character at `text`, 0 if there is none. Overlong forms and surrogates are none. */
static size_t decode(const unsigned char *text, size_t length, uint32_t *ret_point)
{
    static const uint32_t smallest[] = {0, 0, 0x80, 0x800, 0x10000};
    unsigned char first = text[0];
    size_t size = first < 0x80 ? 1 : first >= 0xf0 ? 4 : first >= 0xe0 ? 3 : first >= 0xc2 ? 2 : 0;
    if (size == 0 || size > length || first > 0xf4)
        return 0;
    uint32_t point = size == 1 ? first : first & (0x7fu >> size);
    for (size_t i = 1; i < size; i++) {
        if ((text[i] & 0xc0) != 0x80)
            return 0;
        point = point << 6 | (text[i] & 0x3fu);
    }
    if (point < smallest[size] || point > 0x10ffff || (point >= 0xd800 && point <= 0xdfff))
        return 0;
    *ret_point = point;
    return size;
}

/* Controls, directions, separators, and what nobody sees: what has no width, fillers, tags, and the
 * variation selectors, but for the two that emoji have: a text can be hidden in these. */
static int is_unsafe(uint32_t point)
{
    static const struct {
        uint32_t first, last;
    } ranges[] = {
        {0x00, 0x1f},       {0x7f, 0x9f},       {0xad, 0xad},       {0x034f, 0x034f},
        {0x061c, 0x061c},   {0x115f, 0x1160},   {0x17b4, 0x17b5},   {0x180b, 0x180f},
        {0x200b, 0x200f},   {0x2028, 0x202e},   {0x2060, 0x206f},   {0x3164, 0x3164},
        {0xfe00, 0xfe0d},   {0xfeff, 0xfeff},   {0xffa0, 0xffa0},   {0xfff0, 0xfffb},
        {0x1bca0, 0x1bca3}, {0x1d173, 0x1d17a}, {0xe0000, 0xe0fff},
    };
    for (size_t i = 0; i < sizeof ranges / sizeof *ranges; i++)
        if (point >= ranges[i].first && point <= ranges[i].last)
            return 1;
    return 0;
}

static void write_visible(FILE *out, uint32_t point)
{
    if (point < 0x80)
        fprintf(out, "\\x%02x", (unsigned)point);
    else if (point < 0x10000)
        fprintf(out, "\\u%04x", (unsigned)point);
    else
        fprintf(out, "\\U%08x", (unsigned)point);
}

static void escape(FILE *out, const char *text, size_t length, const char *indent)
{
    const unsigned char *bytes = (const unsigned char *)text;
    for (size_t i = 0; i < length;) {
        uint32_t point = 0;
        size_t size = decode(bytes + i, length - i, &point);
        if (size == 0)
            fprintf(out, "\\x%02x", bytes[i]);
        else if (indent && point == '\n')
            fprintf(out, "\n%s", indent);
        else if (indent && point == '\t')
            fputc('\t', out);
        else if (is_unsafe(point))
            write_visible(out, point);
        else
            fwrite(bytes + i, 1, size, out);
        i += size ? size : 1;
    }
}

void escape_line(FILE *out, const char *text, size_t length)
{
    escape(out, text, length, NULL);
}

void escape_lines(FILE *out, const char *text, size_t length, const char *indent)
{
    escape(out, text, length, indent);
}

static void write_json_escape(FILE *out, uint32_t point)
{
    if (point < 0x20)
        fputc(' ', out); /* JSON has control characters between its tokens only */
    else if (point < 0x10000)
        fprintf(out, "\\u%04x", (unsigned)point);
    else
        fprintf(out, "\\u%04x\\u%04x", (unsigned)(0xd7c0 + (point >> 10)),
                (unsigned)(0xdc00 | (point & 0x3ff)));
}

void escape_json(FILE *out, const char *json, size_t length)
{
    const unsigned char *bytes = (const unsigned char *)json;
    for (size_t i = 0; i < length;) {
        uint32_t point = 0;
        size_t size = decode(bytes + i, length - i, &point);
        if (size == 0)
            write_json_escape(out, 0xfffd);
        else if (is_unsafe(point))
            write_json_escape(out, point);
        else
            fwrite(bytes + i, 1, size, out);
        i += size ? size : 1;
    }
}
