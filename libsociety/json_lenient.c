/* SPDX-License-Identifier: MIT */
/*
 * Mending keeps lengths. A lone surrogate `\udXXX` becomes `\ufffd`. An integer that no int64_t
 * holds has at least 19 digits: its last two become `e2`, a real number of the same size to 17
 * digits, all that a double has. A number beyond every double is at least as long as `1e300`, which
 * it becomes, with blanks behind it.
 */
#include "json_lenient.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "json.h"

static int hex_digit(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    c |= 0x20;
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* The code unit that the escape at `text` says; -1 when it is no complete `\uXXXX`. */
static int unit_at(const char *text, size_t length)
{
    int unit = 0;

    if (length < 6 || text[0] != '\\' || text[1] != 'u')
        return -1;
    for (int i = 2; i < 6; i++) {
        int digit = hex_digit(text[i]);

        if (digit < 0)
            return -1;
        unit = unit * 16 + digit;
    }
    return unit;
}

size_t soc_json_escape(const char *text, size_t length, bool *ret_lone)
{
    int unit = unit_at(text, length);

    *ret_lone = unit >= 0xd800 && unit <= 0xdfff;
    if (unit < 0)
        return length < 2 ? length : 2;
    if (unit >= 0xd800 && unit <= 0xdbff) {
        int second = unit_at(text + 6, length - 6);

        if (second >= 0xdc00 && second <= 0xdfff) {
            *ret_lone = false;
            return 12;
        }
    }
    return 6;
}

/* A number's parts, as offsets from its first character. */
struct number {
    size_t whole, whole_end; /* digits before the point */
    size_t end;              /* behind its last digit before the exponent */
    long exponent;           /* as written, clamped far beyond what counts */
    size_t length;
    bool real;  /* has a fraction or an exponent */
    bool valid; /* no digits are missing; where some are, the decoder will say so */
};

static size_t skip_digits(const char *text, size_t length, size_t at)
{
    while (at < length && text[at] >= '0' && text[at] <= '9')
        at++;
    return at;
}

static size_t read_exponent(const char *text, size_t length, size_t at, struct number *number)
{
    bool negative = at < length && text[at] == '-';
    size_t begin = at + (at < length && (text[at] == '+' || text[at] == '-'));
    size_t end = skip_digits(text, length, begin);

    for (at = begin; at < end && number->exponent < 100000000; at++)
        number->exponent = number->exponent * 10 + (text[at] - '0');
    if (negative)
        number->exponent = -number->exponent;
    number->valid = number->valid && end > begin;
    return end;
}

/* Takes apart the number at `text`, which begins with '-' or a digit. */
static struct number number_at(const char *text, size_t length)
{
    struct number number = {.whole = text[0] == '-'};
    size_t at = skip_digits(text, length, number.whole);

    number.whole_end = at;
    number.valid = at == number.whole + 1 || (at > number.whole && text[number.whole] != '0');
    if (at < length && text[at] == '.') {
        at = skip_digits(text, length, at + 1);
        number.valid = number.valid && at > number.whole_end + 1;
    }
    number.end = at;
    if (at < length && (text[at] | 0x20) == 'e')
        at = read_exponent(text, length, at + 1, &number);
    number.length = at;
    number.real = at > number.whole_end;
    return number;
}

/* Whether no double holds it: by the place of its first digit that is not 0, and at the edge by the
 * first 17 digits of DBL_MAX. */
static bool is_beyond_double(const char *text, const struct number *number)
{
    static const char largest[] = "17976931348623157";
    size_t at = number->whole;
    long place = (long)(number->whole_end - number->whole) - 1 + number->exponent;

    while (at < number->end && (text[at] == '0' || text[at] == '.'))
        place -= text[at++] == '0';
    if (at == number->end || place != 308)
        return at < number->end && place > 308;
    for (const char *digit = largest; *digit && at < number->end; at++) {
        if (text[at] == '.')
            continue;
        if (text[at] != *digit)
            return text[at] > *digit;
        digit++;
    }
    return false;
}

/* Whether an integer of 19 digits or more fits into an int64_t. */
static bool is_int64(const char *digits, size_t count, bool negative)
{
    return count == 19 &&
           memcmp(digits, negative ? "9223372036854775808" : "9223372036854775807", 19) <= 0;
}

struct walk {
    const char *text;
    size_t length;
    char *mended;
};

/* The same place in the mended copy, which is made when the first is asked for. */
static char *mend(struct walk *walk, size_t at)
{
    if (!walk->mended) {
        walk->mended = malloc(walk->length);
        if (!walk->mended)
            return NULL;
        memcpy(walk->mended, walk->text, walk->length);
    }
    return walk->mended + at;
}

static bool walk_number(struct walk *walk, size_t *at)
{
    const char *text = walk->text + *at;
    struct number number = number_at(text, walk->length - *at);
    size_t digits = number.whole_end - number.whole;
    bool negative = number.whole == 1;
    char *copy;

    if (number.valid && is_beyond_double(text, &number)) {
        copy = mend(walk, *at);
        if (!copy)
            return false;
        memset(copy + number.whole, ' ', number.length - number.whole);
        memcpy(copy + number.whole, "1e300", 5);
    } else if (number.valid && !number.real && digits >= 19 &&
               !is_int64(text + number.whole, digits, negative)) {
        copy = mend(walk, *at + number.length - 2);
        if (!copy)
            return false;
        memcpy(copy, "e2", 2);
    }
    *at += number.length;
    return true;
}

/* From behind the opening quote to behind the closing one, or to the end. */
static bool walk_string(struct walk *walk, size_t *at)
{
    while (*at < walk->length && walk->text[*at] != '"') {
        bool lone;
        size_t step = 1;

        if (walk->text[*at] == '\\') {
            step = soc_json_escape(walk->text + *at, walk->length - *at, &lone);
            if (lone) {
                char *copy = mend(walk, *at);

                if (!copy)
                    return false;
                memcpy(copy, "\\ufffd", 6);
            }
        }
        *at += step;
    }
    ++*at;
    return true;
}

static bool walk_token(struct walk *walk, size_t *at, int *depth)
{
    char c = walk->text[*at];

    if (c == '-' || (c >= '0' && c <= '9'))
        return walk_number(walk, at);
    ++*at;
    if (c == '"')
        return walk_string(walk, at);
    *depth += (c == '{' || c == '[') - (c == '}' || c == ']');
    return true;
}

bool soc_json_walk(const char *text, size_t length, struct soc_json_walk *ret_walk)
{
    struct walk walk = {.text = text, .length = length};
    size_t at = 0;
    int depth = 0;

    ret_walk->too_deep = SIZE_MAX;
    while (at < length && depth <= SOC_JSON_DEPTH) {
        if (!walk_token(&walk, &at, &depth)) {
            free(walk.mended);
            return false;
        }
    }
    if (depth > SOC_JSON_DEPTH)
        ret_walk->too_deep = at - 1;
    ret_walk->mended = walk.mended;
    return true;
}
