/* SPDX-License-Identifier: MIT */
/*
 * Reading JSON for printing it, and the only door of the tools to jansson.
 */
#ifndef TOOLS_COMMON_JSON_H
#define TOOLS_COMMON_JSON_H

#include <stddef.h>
#include <stdint.h>

/* jansson's own type, opaque outside json.c. */
typedef struct json_t json_value;

/* A value of any type, to be given to json_release(); NULL if the text is no JSON (why: in `ret_why`, if wanted, borrowed). */
json_value *json_read(const char *text, const char **ret_why);

void json_release(json_value *value);

/* A member of an object; NULL where there is none, it is null, or `value` is no object. */
json_value *json_member(json_value *value, const char *name);

/* Whether it is an array. */
int json_is_list(json_value *value);

/* The number of elements of an array, and one of them. Anything else has none. */
size_t json_count(json_value *value);
json_value *json_element(json_value *value, size_t index);

/* The key after `key` in an object, in its order; the first for NULL; NULL behind the last. */
const char *json_next_key(json_value *object, const char *key);

/* The text of a string, borrowed; NULL for anything else. */
const char *json_text(json_value *value);

/* A member's text, or `otherwise`. */
const char *json_member_text(json_value *value, const char *name, const char *otherwise);

/* A member's whole number, or `otherwise`. */
int64_t json_member_number(json_value *value, const char *name, int64_t otherwise);

/* A whole number, or `otherwise`. */
int64_t json_number(json_value *value, int64_t otherwise);

/* Whether a member is true. */
int json_member_true(json_value *value, const char *name);

/* Any value as JSON on one line, to be given to free(). */
char *json_compact(json_value *value);

/* Any value for people: a string's text, an array's elements joined by commas, else compact JSON. To be given to free(). */
char *json_show(json_value *value);

#endif
