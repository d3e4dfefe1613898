/* SPDX-License-Identifier: MIT */
/*
 * JSON as text: strings quoted, white space dropped, without a document in between.
 */
#include <string.h>

#include "json.h"
#include "json_lenient.h"
#include "utf8.h"

#define REPLACEMENT "\xef\xbf\xbd" /* U+FFFD */

bool soc_json_is_utf8(const char *text, size_t length)
{
    for (size_t at = 0, step; at < length; at += step) {
        step = soc_utf8_length(text + at, length - at);
        if (step == 0 || text[at] == '\0')
            return false;
    }
    return true;
}

/* One character that JSON wants escaped; false when it does not. */
static bool quote_escaped(struct soc_strbuf *out, char c)
{
    static const char letters[] = "\"\\\b\f\n\r\t";
    const char *letter = memchr(letters, c, sizeof(letters) - 1);

    if (letter) {
        soc_strbuf_add_char(out, '\\');
        soc_strbuf_add_char(out, "\"\\bfnrt"[letter - letters]);
        return true;
    }
    if ((unsigned char)c >= 0x20)
        return false;
    soc_strbuf_add_format(out, "\\u%04x", (unsigned)c);
    return true;
}

void soc_json_quote(struct soc_strbuf *out, const char *text, size_t length)
{
    size_t plain = 0; /* where what is not yet added begins */

    soc_strbuf_add_char(out, '"');
    for (size_t at = 0; at < length;) {
        size_t character = soc_utf8_length(text + at, length - at);
        bool valid = character > 0 && text[at] != '\0';

        if (valid && (unsigned char)text[at] >= 0x20 && text[at] != '"' && text[at] != '\\') {
            at += character;
            continue;
        }
        soc_strbuf_add(out, text + plain, at - plain);
        if (!valid || !quote_escaped(out, text[at]))
            soc_strbuf_add_string(out, REPLACEMENT);
        plain = ++at;
    }
    soc_strbuf_add(out, text + plain, length - plain);
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
