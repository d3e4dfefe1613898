/* SPDX-License-Identifier: MIT */
/*
 * JSON as text: strings quoted, white space dropped, without a document in between.
 */
#include <string.h>

#include "json.h"
#include "json_lenient.h"
#include "json_plain.h"
#include "utf8.h"

#define REPLACEMENT "\xef\xbf\xbd" /* U+FFFD */

bool soc_json_is_utf8(const char *text, size_t length)
{
    for (size_t at = 0, step; at < length; at += step) {
        step = 1;
        if ((signed char)text[at] > 0) /* ASCII, which most of it is */
            continue;
        step = soc_utf8_length(text + at, length - at);
        if (step == 0 || text[at] == '\0')
            return false;
    }
    return true;
}

/* A character that JSON wants escaped: a quote, a backslash, a control character. */
static void add_escaped(struct soc_strbuf *out, char c)
{
    static const char letters[] = "\"\\\b\f\n\r\t";
    const char *letter = memchr(letters, c, sizeof(letters) - 1);

    if (letter)
        soc_strbuf_add(out, (const char[]){'\\', "\"\\bfnrt"[letter - letters]}, 2);
    else
        soc_strbuf_add_format(out, "\\u%04x", (unsigned)c);
}

/* The length of what can stand in a string as it is: a run of ASCII, or one character. */
static size_t plain_length(const char *text, size_t length)
{
    size_t ordinary = soc_json_ordinary(text, length);

    return ordinary > 0 || (signed char)text[0] >= 0 ? ordinary : soc_utf8_length(text, length);
}

void soc_json_quote(struct soc_strbuf *out, const char *text, size_t length)
{
    size_t added = 0; /* so far */
    size_t at = 0;

    soc_strbuf_add_char(out, '"');
    while (at < length) {
        size_t plain = plain_length(text + at, length - at);

        if (plain > 0) {
            at += plain;
            continue;
        }
        soc_strbuf_add(out, text + added, at - added);
        if ((signed char)text[at] > 0)
            add_escaped(out, text[at]);
        else
            soc_strbuf_add_string(out, REPLACEMENT);
        added = ++at;
    }
    soc_strbuf_add(out, text + added, length - added);
    soc_strbuf_add_char(out, '"');
}

/* Copies the string whose opening quote is at `at`; returns the offset behind its closing one. */
static size_t minify_string(struct soc_strbuf *out, const char *text, size_t length, size_t at)
{
    size_t begin = at++;

    while (at < length && text[at] != '"') {
        bool lone = false;
        size_t step = text[at] == '\\' ? soc_json_escape(text + at, length - at, &lone) : (size_t)1;

        if (lone) {
            soc_strbuf_add(out, text + begin, at - begin);
            soc_strbuf_add_string(out, "\\ufffd");
            begin = at + step;
        }
        at += step;
    }
    at = at < length ? at + 1 : length;
    soc_strbuf_add(out, text + begin, at - begin);
    return at;
}

static bool is_space(char c)
{
    return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

void soc_json_minify(struct soc_strbuf *out, const char *text, size_t length)
{
    for (size_t at = 0, begin; at < length;) {
        if (text[at] == '"') {
            at = minify_string(out, text, length, at);
            continue;
        }
        for (begin = at; at < length && text[at] != '"' && !is_space(text[at]); at++)
            continue;
        soc_strbuf_add(out, text + begin, at - begin);
        while (at < length && is_space(text[at]))
            at++;
    }
}
