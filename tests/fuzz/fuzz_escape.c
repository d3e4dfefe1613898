/* SPDX-License-Identifier: MIT */
/*
 * Text for a terminal, made of any bytes: nothing that could move it or hide stays, and JSON still says the same.
 */
#include "common/escape.h"

#include <jansson.h>

#include "fuzz/fuzz.h"
#include "utf8.h"

/* Characters that a terminal would obey, byte by byte, as the reader of a terminal's manual lists them. */
static bool is_harmful(const char *text, size_t length, bool lines)
{
    unsigned char first = (unsigned char)text[0];

    if (length == 1)
        return (first < 0x20 && !(lines && (first == '\n' || first == '\t'))) || first == 0x7f;
    if (length == 2)
        return first == 0xc2 && (unsigned char)text[1] < 0xa0;
    return (length == 3 && memcmp(text, "\xe2\x80\x8b", 3) >= 0 &&
            memcmp(text, "\xe2\x80\x8f", 3) <= 0) ||
           (length == 3 && memcmp(text, "\xe2\x80\xa8", 3) >= 0 &&
            memcmp(text, "\xe2\x80\xae", 3) <= 0) ||
           (length == 3 && memcmp(text, "\xe2\x81\xa0", 3) >= 0 &&
            memcmp(text, "\xe2\x81\xaf", 3) <= 0) ||
           (length == 3 && memcmp(text, "\xef\xbb\xbf", 3) == 0);
}

static void check_harmless(const char *text, size_t length, bool lines)
{
    for (size_t i = 0; i < length;) {
        size_t size = soc_utf8_length(text + i, length - i);
        must(size > 0);
        must(!is_harmful(text + i, size, lines));
        i += size;
    }
}

static char *written(void (*write)(FILE *, const char *, size_t), const char *text, size_t length,
                     size_t *ret_size)
{
    char *out = NULL;
    FILE *stream = open_memstream(&out, ret_size);

    must(stream);
    write(stream, text, length);
    must(fclose(stream) == 0 && out);
    return out;
}

static void write_lines(FILE *out, const char *text, size_t length)
{
    escape_lines(out, text, length, "  ");
}

static void check_json(const char *text, size_t length)
{
    size_t size;
    json_t *before = json_loadb(text, length, JSON_DECODE_ANY, NULL);
    char *out = written(escape_json, text, length, &size);

    check_harmless(out, size, false);
    if (before) {
        json_t *after = json_loadb(out, size, JSON_DECODE_ANY, NULL);
        must(after && json_equal(before, after));
        json_decref(after);
    }
    json_decref(before);
    free(out);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const char *text = (const char *)data;
    size_t length;
    char *out = written(escape_line, text, size, &length);

    check_harmless(out, length, false);
    free(out);
    out = written(write_lines, text, size, &length);
    check_harmless(out, length, true);
    free(out);
    check_json(text, size);
    return 0;
}
