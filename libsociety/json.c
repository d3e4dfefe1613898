/* SPDX-License-Identifier: MIT */
/*
 * JSON documents: the one file that knows jansson. A soc_json is a json_t under another name.
 */
#include "json.h"

#include <errno.h>
#include <jansson.h>
#include <math.h>
#include <string.h>

#include "json_lenient.h"
#include "json_plain.h"
#include "utf8.h"

/* Nobody writes so deep: a value that was made to contain itself ends here. */
#define DUMP_DEPTH 1000

/* jansson counts references in what it takes as const elsewhere, and has iterators over non-const
 * objects only. */
static json_t *inner(const soc_json *json)
{
    return (json_t *)(uintptr_t)json;
}

static soc_json *outer(json_t *json)
{
    return (soc_json *)json;
}

/* Words for the place at `offset`; columns count characters, as jansson's do. */
static void fail_at(const char *text, size_t offset, const char *why, struct soc_error *error)
{
    int line = 1;
    int column = 1;

    for (size_t i = 0; i < offset; i++) {
        if (text[i] == '\n') {
            line++;
            column = 1;
        } else if (((unsigned char)text[i] & 0xc0) != 0x80) {
            column++;
        }
    }
    soc_fail(error, SOCIETY_E_FORMAT, "line %d, column %d: %s", line, column, why);
}

static void fail_decoding(const json_error_t *failure, struct soc_error *error)
{
    const char *why = failure->text;

    switch ((int)json_error_code(failure)) {
    case json_error_premature_end_of_input: why = "the text ends too early"; break;
    case json_error_null_character:
    case json_error_null_byte_in_key: why = "\\u0000 is not allowed"; break;
    default: break;
    }
    soc_fail(error, SOCIETY_E_FORMAT, "line %d, column %d: %s", failure->line, failure->column,
             why);
}

/* ---- Decoding what is plain ---- */

/* Most texts are records that programs wrote: no escapes, small integers, few members. Of those the
 * values are made straight from the bytes. Whatever is not certainly so, or wrong, or short of
 * memory, jansson decodes, with all rules and words. */

#define PLAIN_KEY_MAX 64
#define PLAIN_DIGITS_MAX 15 /* of an integer that is certainly below 2^53 */

struct plain {
    const char *at;
    const char *end;
};

static json_t *plain_value(struct plain *text, int depth);

static void plain_space(struct plain *text)
{
    while (text->at < text->end &&
           (*text->at == ' ' || *text->at == '\t' || *text->at == '\n' || *text->at == '\r'))
        text->at++;
}

/* The character, and the white space behind it. */
static bool plain_take(struct plain *text, char c)
{
    if (text->at == text->end || *text->at != c)
        return false;
    text->at++;
    plain_space(text);
    return true;
}

/* The contents of a string without escapes; false for any other. */
static bool plain_string(struct plain *text, const char **ret_begin, size_t *ret_length)
{
    if (text->at == text->end || *text->at != '"')
        return false;
    const char *begin = ++text->at;
    for (;;) {
        text->at += soc_json_ordinary(text->at, (size_t)(text->end - text->at));
        if (text->at == text->end || (signed char)*text->at >= 0)
            break;
        size_t step = soc_utf8_length(text->at, (size_t)(text->end - text->at));
        if (step == 0)
            return false;
        text->at += step;
    }
    *ret_begin = begin;
    *ret_length = (size_t)(text->at - begin);
    return plain_take(text, '"');
}

static json_t *plain_integer(struct plain *text)
{
    const char *begin = text->at;
    int64_t value = 0;
    while (text->at < text->end && *text->at >= '0' && *text->at <= '9' &&
           text->at - begin < PLAIN_DIGITS_MAX)
        value = value * 10 + (*text->at++ - '0');
    ptrdiff_t digits = text->at - begin;
    bool whole = text->at == text->end || strchr(",]} \t\n\r", *text->at);
    plain_space(text);
    return digits == 0 || (digits > 1 && *begin == '0') || !whole ? NULL : json_integer(value);
}

static json_t *plain_word(struct plain *text, const char *word, json_t *value)
{
    size_t length = strlen(word);
    if ((size_t)(text->end - text->at) < length || memcmp(text->at, word, length) != 0)
        return NULL;
    text->at += length;
    plain_space(text);
    return value;
}

/* Key, colon and value of a member that is new in its object. */
static bool plain_member(struct plain *text, int depth, json_t *object)
{
    char key[PLAIN_KEY_MAX];
    const char *begin;
    size_t length;
    size_t before = json_object_size(object);
    if (!plain_string(text, &begin, &length) || length >= sizeof key || !plain_take(text, ':'))
        return false;
    memcpy(key, begin, length);
    key[length] = '\0';
    json_t *value = plain_value(text, depth);
    return value && json_object_set_new_nocheck(object, key, value) == 0 &&
           json_object_size(object) > before;
}

static json_t *plain_object(struct plain *text, int depth)
{
    json_t *object = json_object();
    bool sound = object && plain_take(text, '{');
    if (sound && plain_take(text, '}'))
        return object;
    do {
        sound = sound && plain_member(text, depth, object);
    } while (sound && plain_take(text, ','));
    if (sound && plain_take(text, '}'))
        return object;
    json_decref(object);
    return NULL;
}

static json_t *plain_array(struct plain *text, int depth)
{
    json_t *array = json_array();
    bool sound = array && plain_take(text, '[');
    if (sound && plain_take(text, ']'))
        return array;
    do {
        json_t *item = sound ? plain_value(text, depth) : NULL;
        sound = item && json_array_append_new(array, item) == 0;
    } while (sound && plain_take(text, ','));
    if (sound && plain_take(text, ']'))
        return array;
    json_decref(array);
    return NULL;
}

/* A value inside `depth` brackets, and the white space behind it; NULL: it is not plain. */
static json_t *plain_value(struct plain *text, int depth)
{
    const char *begin;
    size_t length;
    if (text->at == text->end)
        return NULL;
    switch (*text->at) {
    case '"':
        return plain_string(text, &begin, &length) ? json_stringn_nocheck(begin, length) : NULL;
    case '{': return depth < SOC_JSON_DEPTH ? plain_object(text, depth + 1) : NULL;
    case '[': return depth < SOC_JSON_DEPTH ? plain_array(text, depth + 1) : NULL;
    case 't': return plain_word(text, "true", json_true());
    case 'f': return plain_word(text, "false", json_false());
    case 'n': return plain_word(text, "null", json_null());
    default: return plain_integer(text);
    }
}

static json_t *parse_plain(const char *bytes, size_t length)
{
    struct plain text = {bytes, bytes + length};
    plain_space(&text);
    json_t *json = plain_value(&text, 0);
    if (json && text.at == text.end)
        return json;
    json_decref(json);
    return NULL;
}

/* ---- Decoding all else ---- */

/* What jansson says of the text, which has no NUL. */
static soc_json *parse_any(const char *text, size_t length, struct soc_error *error)
{
    const size_t flags = JSON_REJECT_DUPLICATES | JSON_DECODE_ANY;
    struct soc_json_walk walk;
    json_error_t failure;
    json_t *json;

    if (!soc_json_walk(text, length, &walk)) {
        soc_fail_memory(error);
        return NULL;
    }
    SOC_AUTO_FREE char *mended = walk.mended;
    if (walk.too_deep != SIZE_MAX) {
        fail_at(text, walk.too_deep, "nested deeper than 64", error);
        return NULL;
    }
    errno = 0;
    json = json_loadb(mended ? mended : text, length, flags, &failure);
    if (errno == ENOMEM) {
        /* jansson's lexer passes over a failed malloc() and drops characters. */
        json_decref(json);
        soc_fail_memory(error);
        return NULL;
    }
    if (!json)
        fail_decoding(&failure, error);
    return outer(json);
}

soc_json *soc_json_parse(const char *text, size_t length, struct soc_error *error)
{
    json_t *plain = parse_plain(text, length);
    if (plain)
        return outer(plain);
    /* jansson takes one behind a value for the text's end. */
    const char *nul = length > 0 ? memchr(text, '\0', length) : NULL;
    if (nul) {
        fail_at(text, (size_t)(nul - text), "a NUL byte is not allowed", error);
        return NULL;
    }
    return parse_any(text, length, error);
}

void soc_json_free(soc_json *json)
{
    json_decref(inner(json));
}

void soc_json_free_slot(soc_json **slot)
{
    soc_json_free(*slot);
}

soc_json *soc_json_retain(soc_json *json)
{
    return outer(json_incref(inner(json)));
}

soc_json *soc_json_copy(const soc_json *json)
{
    return outer(json_deep_copy(inner(json)));
}

soc_json *soc_json_share(const soc_json *json)
{
    bool may_change = json_is_object(inner(json)) || json_is_array(inner(json));

    return may_change ? soc_json_copy(json) : outer(json_incref(inner(json)));
}

enum soc_json_kind soc_json_kind(const soc_json *json)
{
    if (!json)
        return SOC_JSON_NULL;
    switch (json_typeof(inner(json))) {
    case JSON_OBJECT: return SOC_JSON_OBJECT;
    case JSON_ARRAY: return SOC_JSON_ARRAY;
    case JSON_STRING: return SOC_JSON_STRING;
    case JSON_INTEGER: return SOC_JSON_INTEGER;
    case JSON_REAL: return SOC_JSON_REAL;
    case JSON_TRUE:
    case JSON_FALSE: return SOC_JSON_BOOL;
    default: return SOC_JSON_NULL;
    }
}

const soc_json *soc_json_get(const soc_json *object, const char *key)
{
    return outer(json_object_get(inner(object), key));
}

const char *soc_json_string(const soc_json *json)
{
    return json_string_value(inner(json));
}

const char *soc_json_get_string(const soc_json *object, const char *key)
{
    return soc_json_string(soc_json_get(object, key));
}

bool soc_json_integer(const soc_json *json, int64_t *ret_value)
{
    double number = json_number_value(inner(json));
    int64_t value;

    if (!json_is_number(inner(json)) || !(fabs(number) <= (double)SOC_JSON_INTEGER_MAX))
        return false;
    value = json_is_integer(inner(json)) ? json_integer_value(inner(json)) : (int64_t)number;
    /* As a double 2^53 + 1 is 2^53; and a real must have no fraction. */
    if (value > SOC_JSON_INTEGER_MAX || value < -SOC_JSON_INTEGER_MAX || (double)value != number)
        return false;
    *ret_value = value;
    return true;
}

bool soc_json_get_integer(const soc_json *object, const char *key, int64_t *ret_value)
{
    return soc_json_integer(soc_json_get(object, key), ret_value);
}

bool soc_json_get_bool(const soc_json *object, const char *key, bool fallback)
{
    const json_t *value = inner(soc_json_get(object, key));

    return json_is_boolean(value) ? json_is_true(value) : fallback;
}

size_t soc_json_count(const soc_json *array_or_object)
{
    const json_t *json = inner(array_or_object);

    return json_is_array(json) ? json_array_size(json) : json_object_size(json);
}

const soc_json *soc_json_item(const soc_json *array, size_t index)
{
    return outer(json_array_get(inner(array), index));
}

void *soc_json_next(const soc_json *object, void *iterator, const char **ret_key,
                    const soc_json **ret_value)
{
    iterator =
        iterator ? json_object_iter_next(inner(object), iterator) : json_object_iter(inner(object));
    if (iterator) {
        *ret_key = json_object_iter_key(iterator);
        *ret_value = outer(json_object_iter_value(iterator));
    }
    return iterator;
}

soc_json *soc_json_new_object(void)
{
    return outer(json_object());
}

soc_json *soc_json_new_array(void)
{
    return outer(json_array());
}

/* Text that is no UTF-8 (a file's name, a variable of the environment) goes through the quoting
 * that mends it. */
soc_json *soc_json_new_string(const char *text, size_t length)
{
    SOC_AUTO_STRBUF struct soc_strbuf quoted = SOC_STRBUF_INIT;

    if (soc_json_is_utf8(text, length))
        return outer(json_stringn_nocheck(text, length));
    soc_json_quote(&quoted, text, length);
    return quoted.failed ? NULL : soc_json_parse(quoted.data, quoted.length, NULL);
}

soc_json *soc_json_new_integer(int64_t value)
{
    return outer(json_integer(value));
}

soc_json *soc_json_new_bool(bool value)
{
    return outer(json_boolean(value));
}

soc_json *soc_json_new_null(void)
{
    return outer(json_null());
}

int soc_json_set(soc_json *object, const char *key, soc_json *value)
{
    return json_object_set_new(inner(object), key, inner(value)) < 0 ? -ENOMEM : 0;
}

int soc_json_append(soc_json *array, soc_json *value)
{
    return json_array_append_new(inner(array), inner(value)) < 0 ? -ENOMEM : 0;
}

int soc_json_set_string(soc_json *object, const char *key, const char *text)
{
    return soc_json_set(object, key,
                        text ? soc_json_new_string(text, strlen(text)) : soc_json_new_null());
}

int soc_json_remove(soc_json *object, const char *key)
{
    /* jansson's failure says that there was none: as wanted. */
    json_object_del(inner(object), key);
    return 0;
}

static void give_up(struct soc_strbuf *out)
{
    soc_strbuf_free(out);
    out->failed = true;
}

/* The shortest way to write a real number that reads as the same: jansson has the digits and the
 * decimal point of every locale right, but writes 17 digits, 0.1 as 0.10000000000000001. */
static void dump_real(const json_t *json, struct soc_strbuf *out)
{
    char text[64];
    size_t length = 0;

    for (size_t digits = 15; digits <= 17; digits++) {
        json_t *back;
        bool same;

        length =
            json_dumpb(json, text, sizeof(text), JSON_ENCODE_ANY | JSON_REAL_PRECISION(digits));
        back = json_loadb(text, length, JSON_DECODE_ANY, NULL);
        same = back && json_real_value(back) >= json_real_value(json) &&
               json_real_value(back) <= json_real_value(json);
        json_decref(back);
        if (same)
            break;
    }
    if (length == 0) /* jansson had no memory */
        give_up(out);
    soc_strbuf_add(out, text, length);
}

static void dump_value(const soc_json *json, int depth, struct soc_strbuf *out);

static void dump_object(const soc_json *object, int depth, struct soc_strbuf *out)
{
    const char *key;
    const soc_json *value;
    char before = '{';

    for (void *at = soc_json_next(object, NULL, &key, &value); at;
         at = soc_json_next(object, at, &key, &value)) {
        soc_strbuf_add_char(out, before);
        soc_json_quote(out, key, strlen(key));
        soc_strbuf_add_char(out, ':');
        dump_value(value, depth + 1, out);
        before = ',';
    }
    soc_strbuf_add_string(out, before == '{' ? "{}" : "}");
}

static void dump_array(const soc_json *array, int depth, struct soc_strbuf *out)
{
    soc_strbuf_add_char(out, '[');
    for (size_t i = 0; i < soc_json_count(array); i++) {
        if (i > 0)
            soc_strbuf_add_char(out, ',');
        dump_value(soc_json_item(array, i), depth + 1, out);
    }
    soc_strbuf_add_char(out, ']');
}

static void dump_value(const soc_json *json, int depth, struct soc_strbuf *out)
{
    const json_t *value = inner(json);

    if (depth > DUMP_DEPTH)
        give_up(out);
    if (out->failed)
        return;
    switch (soc_json_kind(json)) {
    case SOC_JSON_OBJECT: dump_object(json, depth, out); break;
    case SOC_JSON_ARRAY: dump_array(json, depth, out); break;
    case SOC_JSON_STRING:
        soc_json_quote(out, json_string_value(value), json_string_length(value));
        break;
    case SOC_JSON_INTEGER: soc_strbuf_add_integer(out, json_integer_value(value)); break;
    case SOC_JSON_REAL: dump_real(value, out); break;
    case SOC_JSON_BOOL: soc_strbuf_add_string(out, json_is_true(value) ? "true" : "false"); break;
    case SOC_JSON_NULL: soc_strbuf_add_string(out, "null"); break;
    }
}

void soc_json_dump(const soc_json *json, struct soc_strbuf *out)
{
    dump_value(json, 0, out);
}
