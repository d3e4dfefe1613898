/* SPDX-License-Identifier: MIT */
/*
 * Reading JSON, making it, and the only door of the tools to jansson.
 */
#ifndef TOOLS_COMMON_JSON_H
#define TOOLS_COMMON_JSON_H

#include <stddef.h>
#include <stdint.h>

/* jansson's own type, opaque outside json.c. */
typedef struct json_t json_value;

/* A value of any type, to be given to json_release(); NULL if the text is no JSON (why: in `ret_why`, if wanted, borrowed). */
json_value *json_read(const char *text, const char **ret_why);

/* The same for `length` bytes, whatever they are; also where the text goes wrong. */
json_value *json_read_bytes(const char *text, size_t length, const char **ret_why, int *ret_line,
                            int *ret_column);

void json_release(json_value *value);

/* The same value once more, to be given to json_release() as well. */
json_value *json_share(json_value *value);

/* A member of an object; NULL where there is none, it is null, or `value` is no object. */
json_value *json_member(json_value *value, const char *name);

/* Whether an object has a member, be it null. */
int json_has(json_value *value, const char *name);

/* Whether it is an array; an object; a string; a whole number; true or false. */
int json_is_list(json_value *value);
int json_is_map(json_value *value);
int json_is_text(json_value *value);
int json_is_whole(json_value *value);
int json_is_flag(json_value *value);

/* The number of elements of an array, and one of them. Anything else has none. */
size_t json_count(json_value *value);
json_value *json_element(json_value *value, size_t index);

/* The key after `key` in an object, in its order; the first for NULL; NULL behind the last. */
const char *json_next_key(json_value *object, const char *key);

/* The text of a string, borrowed; NULL for anything else. */
const char *json_text(json_value *value);

/* The value once more; a number with nothing behind its point, as some programs write whole ones, as
 * a whole one. To be given to json_release(). */
json_value *json_as_whole(json_value *value);

/* A member's text, or `otherwise`. */
const char *json_member_text(json_value *value, const char *name, const char *otherwise);

/* A member's whole number, or `otherwise`. */
int64_t json_member_number(json_value *value, const char *name, int64_t otherwise);

/* A whole number, or `otherwise`. */
int64_t json_number(json_value *value, int64_t otherwise);

/* Whether a member is true. */
int json_member_true(json_value *value, const char *name);

/*
 * New values. What is put or added belongs to the object or list from then on, and is freed with
 * it; NULL is left out. A text that is no UTF-8 is left out as well.
 */
json_value *json_new_map(void);
json_value *json_new_list(void);
json_value *json_new_text(const char *text);
json_value *json_new_number(int64_t number);
json_value *json_new_flag(int flag);
json_value *json_new_null(void);
void json_put(json_value *object, const char *name, json_value *value);
void json_put_text(json_value *object, const char *name, const char *text);
void json_put_number(json_value *object, const char *name, int64_t number);
void json_put_flag(json_value *object, const char *name, int flag);
void json_add(json_value *list, json_value *value);

/* Takes a member out of an object. */
void json_drop(json_value *object, const char *name);

/* Whether two values are the same. */
int json_same(json_value *a, json_value *b);

/* Any value as JSON on one line, to be given to free(). */
char *json_compact(json_value *value);

/* Any value for people: a string's text, an array's elements joined by commas, else compact JSON. To be given to free(). */
char *json_show(json_value *value);

#endif
