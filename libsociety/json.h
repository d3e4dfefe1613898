/* SPDX-License-Identifier: MIT */
/*
 * JSON documents, by jansson, which only json.c includes. Strict as the format asks: UTF-8, no NUL,
 * no duplicate keys, at most 64 levels. Two leniencies, so that no message is lost for them: a lone
 * surrogate escape reads as U+FFFD, and a number that no 64-bit integer or double holds reads as a
 * number that is refused wherever a field of ours is meant.
 */
#ifndef SOC_JSON_H
#define SOC_JSON_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "cleanup.h"
#include "error.h"
#include "strbuf.h"

typedef struct soc_json soc_json; /* a jansson value, reference-counted */

#define SOC_JSON_DEPTH 64
#define SOC_JSON_INTEGER_MAX 9007199254740992 /* 2^53 */

enum soc_json_kind {
    SOC_JSON_NULL,
    SOC_JSON_BOOL,
    SOC_JSON_INTEGER,
    SOC_JSON_REAL,
    SOC_JSON_STRING,
    SOC_JSON_ARRAY,
    SOC_JSON_OBJECT
};

/* Decodes `length` bytes. NULL on failure: error->code is SOCIETY_E_FORMAT and the words are "line
 * L, column C: why" (or -ENOMEM). */
soc_json *soc_json_parse(const char *text, size_t length, struct soc_error *error);
void soc_json_free(soc_json *json); /* drops a reference; NULL allowed */
void soc_json_free_slot(soc_json **slot);
#define SOC_AUTO_JSON SOC_CLEANUP(soc_json_free_slot)

soc_json *soc_json_retain(soc_json *json);     /* another reference */
soc_json *soc_json_copy(const soc_json *json); /* deep; NULL: no memory */
/* The same value for another place: a copy of what could be changed there, an array or object, and
 * another reference to what can't. NULL: no memory. */
soc_json *soc_json_share(const soc_json *json);
enum soc_json_kind soc_json_kind(const soc_json *json); /* what is absent is null */

/* Members of an object; borrowed; NULL when absent or `object` is none. */
const soc_json *soc_json_get(const soc_json *object, const char *key);
/* A string member, borrowed; NULL when absent or no string. */
const char *soc_json_get_string(const soc_json *object, const char *key);
/* An integer member within ±2^53; false when absent or no such. A real with no fraction within the
 * range counts. */
bool soc_json_get_integer(const soc_json *object, const char *key, int64_t *ret_value);
bool soc_json_get_bool(const soc_json *object, const char *key, bool fallback);
const char *soc_json_string(const soc_json *json); /* of a string value; NULL otherwise */
bool soc_json_integer(const soc_json *json, int64_t *ret_value);

size_t soc_json_count(const soc_json *array_or_object);
const soc_json *soc_json_item(const soc_json *array, size_t index);
/* Iterates an object: `iterator` NULL at first; returns the next iterator or NULL at the end. Keys
 * and values are borrowed. */
void *soc_json_next(const soc_json *object, void *iterator, const char **ret_key,
                    const soc_json **ret_value);

/* Makers; NULL when out of memory. */
soc_json *soc_json_new_object(void);
soc_json *soc_json_new_array(void);
soc_json *soc_json_new_string(const char *text, size_t length);
soc_json *soc_json_new_integer(int64_t value);
soc_json *soc_json_new_bool(bool value);
soc_json *soc_json_new_null(void);
/* Set a member or append an item, taking over the reference to `value` also on failure; a NULL
 * `value` is a failure. 0 or -ENOMEM. */
int soc_json_set(soc_json *object, const char *key, soc_json *value);
int soc_json_append(soc_json *array, soc_json *value);
int soc_json_set_string(soc_json *object, const char *key, const char *text); /* NULL text: null */
int soc_json_remove(soc_json *object, const char *key); /* 0, also when there was none */

/* Compact text, keys in the order they were set; added to `out`. */
void soc_json_dump(const soc_json *json, struct soc_strbuf *out);
/* Adds `text` as a JSON string with its quotes. Invalid UTF-8 becomes U+FFFD. */
void soc_json_quote(struct soc_strbuf *out, const char *text, size_t length);
/* Whether `length` bytes are valid UTF-8 without NUL. */
bool soc_json_is_utf8(const char *text, size_t length);
/* Copies JSON text (valid as soc_json_parse has found it) without the white space between its
 * tokens, so that it is one line, and with lone surrogate escapes as \ufffd; numbers and other
 * escapes stay as they were written. */
void soc_json_minify(struct soc_strbuf *out, const char *text, size_t length);
/* Takes the members of these names (NULL-terminated) out of an object's text, minified and valid. */
void soc_json_drop(struct soc_strbuf *text, const char *const *keys);

#endif
