/* SPDX-License-Identifier: MIT */
/*
 * Our strict reader of JSON beside jansson itself: what both accept they understand alike, and what only one of them accepts is
 * one of the few differences that json.h names. What was read survives every way of writing it.
 */
#include <jansson.h>

#include "fuzz/fuzz.h"
#include "json.h"
#include "json_lenient.h"
#include "peek.h"

static const size_t flags = JSON_REJECT_DUPLICATES | JSON_DECODE_ANY;

static json_t *jansson(const char *text, size_t length)
{
    return json_loadb(text, length, flags, NULL);
}

/* The same values, also as jansson reads both. */
static void check_same(const char *one, size_t length, const struct soc_strbuf *other)
{
    json_t *first = jansson(one, length);
    json_t *second = jansson(other->data, other->length);

    must(first && second && json_equal(first, second));
    json_decref(first);
    json_decref(second);
}

static void dump(const soc_json *json, struct soc_strbuf *out)
{
    soc_strbuf_clear(out);
    soc_json_dump(json, out);
    must(!out->failed && out->data);
    must(!memchr(out->data, '\n', out->length));
}

/* The decoding of `text` writes down as `expected`. */
static void check_reads_as(const char *text, size_t length, const char *expected)
{
    SOC_AUTO_STRBUF struct soc_strbuf out = SOC_STRBUF_INIT;
    SOC_AUTO_JSON soc_json *json = soc_json_parse(text, length, NULL);

    must(json);
    dump(json, &out);
    must(strcmp(out.data, expected) == 0);
}

static void check_members(const soc_json *json, struct soc_strbuf *text)
{
    static const char *const keys[] = {"a", "type", "position", NULL};
    struct soc_slice key, value;
    struct soc_peek peek;
    size_t cursor = 0;
    size_t count = 0;

    while (soc_peek_member(text->data, text->length, &cursor, &key, &value))
        count++;
    must(cursor == text->length && count == soc_json_count(json));
    must(soc_peek(text->data, text->length, &peek));
    soc_json_drop(text, keys);
    SOC_AUTO_JSON soc_json *dropped = soc_json_parse(text->data, text->length, NULL);
    must(dropped);
    size_t gone = 0;
    for (const char *const *each = keys; *each; each++) {
        must(!soc_json_get(dropped, *each));
        gone += soc_json_get(json, *each) != NULL;
    }
    must(soc_json_count(dropped) + gone == soc_json_count(json));
}

static void check_accepted(const char *text, size_t length, soc_json *json)
{
    SOC_AUTO_STRBUF struct soc_strbuf written = SOC_STRBUF_INIT;
    SOC_AUTO_STRBUF struct soc_strbuf small = SOC_STRBUF_INIT;
    SOC_AUTO_JSON soc_json *copy = soc_json_copy(json);
    struct soc_json_walk walk;

    dump(json, &written);
    must(copy);
    dump(copy, &small);
    must(strcmp(small.data, written.data) == 0);
    check_reads_as(written.data, written.length, written.data);
    soc_strbuf_clear(&small);
    soc_json_minify(&small, text, length);
    must(!memchr(small.data, '\n', small.length) && !memchr(small.data, '\r', small.length));
    must(soc_json_is_utf8(small.data, small.length));
    check_reads_as(small.data, small.length, written.data);
    if (soc_json_kind(json) == SOC_JSON_OBJECT)
        check_members(json, &small);
    must(soc_json_walk(text, length, &walk) && walk.too_deep == SIZE_MAX);
    check_same(walk.mended ? walk.mended : text, length, &written);
    free(walk.mended);
}

/* What only jansson accepts is nested too deep, or goes on behind a NUL, where jansson stops. */
static void check_refused(const char *text, size_t length)
{
    struct soc_json_walk walk;
    json_t *theirs = jansson(text, length);

    must(soc_json_walk(text, length, &walk));
    must(!theirs || walk.too_deep != SIZE_MAX || memchr(text, 0, length));
    json_decref(theirs);
    free(walk.mended);
}

/* Any bytes can be said as a string. */
static void check_quoting(const char *text, size_t length)
{
    SOC_AUTO_STRBUF struct soc_strbuf out = SOC_STRBUF_INIT;

    if (memchr(text, '\0', length))
        return;
    soc_json_quote(&out, text, length);
    SOC_AUTO_JSON soc_json *json = soc_json_parse(out.data, out.length, NULL);
    must(soc_json_string(json));
    if (soc_json_is_utf8(text, length))
        must(strlen(soc_json_string(json)) == length &&
             memcmp(soc_json_string(json), text, length) == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct soc_error error = {0};
    char *text = malloc(size + 1);

    must(text);
    memcpy(text, data, size);
    text = realloc(text, size ? size : 1); /* the tools see what is read beyond it */
    must(text);
    SOC_AUTO_JSON soc_json *json = soc_json_parse(text, size, &error);
    if (json)
        check_accepted(text, size, json);
    else
        check_refused(text, size);
    must(json || (error.code == SOCIETY_E_FORMAT && strncmp(error.text, "line ", 5) == 0));
    check_quoting(text, size);
    free(text);
    return 0;
}
