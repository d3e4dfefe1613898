/* SPDX-License-Identifier: MIT */
/*
 * Recursive descent over the grammar of RFC 8259, at most 64 levels deep. Text runs are crossed
 * eight bytes at a time. Keys are compared with those before them in the same object: where they
 * are few that is faster than any table.
 */
#include "json_plain.h"

#include <endian.h>
#include <stdint.h>
#include <string.h>
#ifdef __SSE2__
#include <emmintrin.h>
#endif

#include "json.h"
#include "utf8.h"

#define NUMBER_MAX 18 /* no integer of so many characters overflows, no real number either */

#define EVERY_BYTE(value) (UINT64_C(0x0101010101010101) * (value))

struct text {
    const char *at;
    const char *end;
};

static bool read_value(struct text *text, int depth);

static void skip_space(struct text *text)
{
    while (text->at < text->end &&
           (*text->at == ' ' || *text->at == '\n' || *text->at == '\t' || *text->at == '\r'))
        text->at++;
}

static bool take(struct text *text, char c)
{
    if (text->at == text->end || *text->at != c)
        return false;
    text->at++;
    return true;
}

/* ---- Strings ---- */

/* As in peek.c, with the bytes from 0x80 on. */
static uint64_t zero_bytes(uint64_t word)
{
    return (word - EVERY_BYTE(0x01)) & ~word & EVERY_BYTE(0x80);
}

static bool is_ordinary(char c)
{
    return (signed char)c >= 0x20 && c != '"' && c != '\\';
}

/* How many of eight bytes are, from the first on. */
static size_t ordinary_of_8(const char *text)
{
    uint64_t word, marks;
    memcpy(&word, text, sizeof word);
    word = le64toh(word);
    marks = zero_bytes(word ^ EVERY_BYTE('"')) | zero_bytes(word ^ EVERY_BYTE('\\')) |
            zero_bytes(word & EVERY_BYTE(0xe0)) | (word & EVERY_BYTE(0x80));
    return marks ? (size_t)__builtin_ctzll(marks) / 8 : 8;
}

#ifdef __SSE2__ /* as every x86-64 has it */
/* How many of sixteen bytes are. Signed, the bytes from 0x80 on are below the space, too. */
static size_t ordinary_of_16(const char *text)
{
    __m128i bytes = _mm_loadu_si128((const __m128i *)(const void *)text);
    __m128i marks = _mm_or_si128(_mm_cmpeq_epi8(bytes, _mm_set1_epi8('"')),
                                 _mm_cmpeq_epi8(bytes, _mm_set1_epi8('\\')));
    marks = _mm_or_si128(marks, _mm_cmplt_epi8(bytes, _mm_set1_epi8(' ')));
    unsigned found = (unsigned)_mm_movemask_epi8(marks);
    return found ? (size_t)__builtin_ctz(found) : 16;
}
#endif

size_t soc_json_ordinary(const char *text, size_t length)
{
    size_t at = 0;
    if (length < 8) {
        while (at < length && is_ordinary(text[at]))
            at++;
        return at;
    }
#ifdef __SSE2__
    for (; length - at >= 16; at += 16) {
        size_t ordinary = ordinary_of_16(text + at);
        if (ordinary < 16)
            return at + ordinary;
    }
#endif
    for (; length - at >= 8; at += 8) {
        size_t ordinary = ordinary_of_8(text + at);
        if (ordinary < 8)
            return at + ordinary;
    }
    /* What is left is the end of the last eight bytes. */
    return length - 8 + ordinary_of_8(text + length - 8);
}

static int hex_digit(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    c |= 0x20;
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* Behind a backslash. U+0000 is refused, and surrogates are the decoder's. */
static bool read_escape(struct text *text)
{
    if (text->at == text->end)
        return false;
    char c = *text->at++;
    if (c != 'u')
        return c != '\0' && strchr("\"\\/bfnrt", c) != NULL;
    if (text->end - text->at < 4)
        return false;
    int unit = 0;
    for (int i = 0; i < 4; i++) {
        int digit = hex_digit(*text->at++);
        if (digit < 0)
            return false;
        unit = unit * 16 + digit;
    }
    return unit != 0 && (unit < 0xd800 || unit > 0xdfff);
}

/* From the opening quote to behind the closing one. */
static bool read_string(struct text *text)
{
    text->at++;
    for (;;) {
        text->at += soc_json_ordinary(text->at, (size_t)(text->end - text->at));
        if (text->at == text->end)
            return false;
        if (take(text, '"'))
            return true;
        if (take(text, '\\')) {
            if (!read_escape(text))
                return false;
            continue;
        }
        size_t step = (unsigned char)*text->at < 0x20
                          ? 0
                          : soc_utf8_length(text->at, (size_t)(text->end - text->at));
        if (step == 0)
            return false;
        text->at += step;
    }
}

/* ---- Numbers and words ---- */

static bool skip_digits(struct text *text)
{
    const char *begin = text->at;
    while (text->at < text->end && *text->at >= '0' && *text->at <= '9')
        text->at++;
    return text->at > begin;
}

static bool read_number(struct text *text)
{
    const char *begin = text->at;
    take(text, '-');
    if (!take(text, '0') && !skip_digits(text))
        return false;
    if (take(text, '.') && !skip_digits(text))
        return false;
    if (text->at < text->end && (*text->at | 0x20) == 'e') {
        text->at++;
        if (!take(text, '-'))
            take(text, '+');
        const char *exponent = text->at;
        if (!skip_digits(text) || text->at - exponent > 2)
            return false;
    }
    return text->at - begin <= NUMBER_MAX;
}

static bool read_word(struct text *text, const char *word)
{
    size_t length = strlen(word);
    if ((size_t)(text->end - text->at) < length || memcmp(text->at, word, length) != 0)
        return false;
    text->at += length;
    return true;
}

/* ---- Structure ---- */

static bool is_among(const struct soc_slice *keys, size_t count, struct soc_slice key)
{
    for (size_t i = 0; i < count; i++)
        if (keys[i].length == key.length && memcmp(keys[i].data, key.data, key.length) == 0)
            return true;
    return false;
}

/* A key that is new in its object, and its colon. */
static bool read_key(struct text *text, struct soc_slice *keys, size_t *count)
{
    const char *begin = text->at;
    if (*count == SOC_PLAIN_MEMBERS || text->at == text->end || *text->at != '"' ||
        !read_string(text))
        return false;
    struct soc_slice key = {begin, (size_t)(text->at - begin)};
    if (memchr(key.data, '\\', key.length) || is_among(keys, *count, key))
        return false;
    keys[(*count)++] = key;
    skip_space(text);
    return take(text, ':');
}

static bool read_object(struct text *text, int depth)
{
    struct soc_slice keys[SOC_PLAIN_MEMBERS];
    size_t count = 0;
    text->at++;
    skip_space(text);
    if (take(text, '}'))
        return true;
    do {
        skip_space(text);
        if (!read_key(text, keys, &count) || !read_value(text, depth))
            return false;
    } while (take(text, ','));
    return take(text, '}');
}

static bool read_array(struct text *text, int depth)
{
    text->at++;
    skip_space(text);
    if (take(text, ']'))
        return true;
    do {
        if (!read_value(text, depth))
            return false;
    } while (take(text, ','));
    return take(text, ']');
}

/* A value inside `depth` brackets, with no white space around it. */
static bool read_bare_value(struct text *text, int depth)
{
    if (text->at == text->end)
        return false;
    switch (*text->at) {
    case '"': return read_string(text);
    case '{': return depth < SOC_JSON_DEPTH && read_object(text, depth + 1);
    case '[': return depth < SOC_JSON_DEPTH && read_array(text, depth + 1);
    case 't': return read_word(text, "true");
    case 'f': return read_word(text, "false");
    case 'n': return read_word(text, "null");
    default: return read_number(text);
    }
}

/* The same and the white space around it. */
static bool read_value(struct text *text, int depth)
{
    skip_space(text);
    bool sound = read_bare_value(text, depth);
    skip_space(text);
    return sound;
}

bool soc_json_is_plain(const char *text, size_t length)
{
    struct text whole = {text, text + length};
    return read_value(&whole, 0) && whole.at == whole.end;
}

/* A member of the outermost object, and the white space around it. */
static bool read_member(struct text *text, struct soc_plain_members *members)
{
    skip_space(text);
    if (!read_key(text, members->keys, &members->count))
        return false;
    skip_space(text);
    const char *begin = text->at;
    if (!read_bare_value(text, 1))
        return false;
    members->values[members->count - 1] = (struct soc_slice){begin, (size_t)(text->at - begin)};
    skip_space(text);
    return true;
}

bool soc_json_plain_members(const char *text, size_t length, struct soc_plain_members *members)
{
    struct text whole = {text, text + length};
    members->count = 0;
    skip_space(&whole);
    if (!take(&whole, '{'))
        return false;
    skip_space(&whole);
    if (!take(&whole, '}')) {
        do {
            if (!read_member(&whole, members))
                return false;
        } while (take(&whole, ','));
        if (!take(&whole, '}'))
            return false;
    }
    skip_space(&whole);
    return whole.at == whole.end;
}
