/* SPDX-License-Identifier: MIT */
/*
 * Thin: what a tool needs of a document and no more. NULL stands for "absent" everywhere, so that calls can be nested.
 */
#include "json.h"

#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tool.h"

json_value *json_read(const char *text, const char **ret_why)
{
    static json_error_t error;
    const size_t flags = JSON_DECODE_ANY | JSON_REJECT_DUPLICATES;
    json_value *value = json_loads(text, flags, &error);
    /* A whole number may be too large for 64 bits; for people it is then shown approximately. */
    if (!value && json_error_code(&error) == json_error_numeric_overflow)
        value = json_loads(text, flags | JSON_DECODE_INT_AS_REAL, &error);
    if (ret_why)
        *ret_why = error.text;
    return value;
}

json_value *json_read_bytes(const char *text, size_t length, const char **ret_why, int *ret_line,
                            int *ret_column)
{
    static json_error_t error;
    json_value *value = json_loadb(text, length, JSON_DECODE_ANY | JSON_REJECT_DUPLICATES, &error);
    *ret_why = error.text;
    *ret_line = error.line;
    *ret_column = error.column;
    return value;
}

json_value *json_share(json_value *value)
{
    return json_incref(value);
}

void json_release(json_value *value)
{
    json_decref(value);
}

json_value *json_member(json_value *value, const char *name)
{
    json_value *member = json_object_get(value, name);
    return json_is_null(member) ? NULL : member;
}

int json_has(json_value *value, const char *name)
{
    return json_object_get(value, name) != NULL;
}

int json_is_list(json_value *value)
{
    return json_is_array(value);
}

int json_is_map(json_value *value)
{
    return json_is_object(value);
}

int json_is_text(json_value *value)
{
    return json_is_string(value);
}

int json_is_whole(json_value *value)
{
    return json_is_integer(value);
}

json_value *json_as_whole(json_value *value)
{
    const double most = 9007199254740992.0; /* above it there are gaps between whole numbers */
    double number = json_real_value(value); /* 0 of what is none */
    if (json_is_real(value) && number >= -most && number <= most &&
        number == (double)(int64_t)number)
        return json_integer((json_int_t)number);
    return json_incref(value);
}

int json_is_flag(json_value *value)
{
    return json_is_boolean(value);
}

size_t json_count(json_value *value)
{
    return json_array_size(value);
}

json_value *json_element(json_value *value, size_t index)
{
    return json_array_get(value, index);
}

const char *json_next_key(json_value *object, const char *key)
{
    void *at = key ? json_object_iter_next(object, json_object_key_to_iter(key))
                   : json_object_iter(object);
    return at ? json_object_iter_key(at) : NULL;
}

const char *json_text(json_value *value)
{
    return json_string_value(value);
}

const char *json_member_text(json_value *value, const char *name, const char *otherwise)
{
    const char *text = json_string_value(json_object_get(value, name));
    return text ? text : otherwise;
}

int64_t json_member_number(json_value *value, const char *name, int64_t otherwise)
{
    json_value *member = json_object_get(value, name);
    return json_is_integer(member) ? json_integer_value(member) : otherwise;
}

int64_t json_number(json_value *value, int64_t otherwise)
{
    return json_is_integer(value) ? json_integer_value(value) : otherwise;
}

int json_member_true(json_value *value, const char *name)
{
    return json_is_true(json_object_get(value, name));
}

static json_value *made(json_value *value)
{
    if (!value)
        tool_fail(STATUS_SYSTEM, "out of memory");
    return value;
}

json_value *json_new_map(void)
{
    return made(json_object());
}

json_value *json_new_list(void)
{
    return made(json_array());
}

json_value *json_new_text(const char *text)
{
    return text ? json_string(text) : NULL;
}

json_value *json_new_number(int64_t number)
{
    return made(json_integer(number));
}

json_value *json_new_flag(int flag)
{
    return flag ? json_true() : json_false();
}

json_value *json_new_null(void)
{
    return json_null();
}

void json_put(json_value *object, const char *name, json_value *value)
{
    if (value && json_object_set_new(object, name, value) != 0)
        tool_fail(STATUS_SYSTEM, "out of memory");
}

void json_put_text(json_value *object, const char *name, const char *text)
{
    json_put(object, name, json_new_text(text));
}

void json_put_number(json_value *object, const char *name, int64_t number)
{
    json_put(object, name, json_new_number(number));
}

void json_put_flag(json_value *object, const char *name, int flag)
{
    json_put(object, name, json_new_flag(flag));
}

void json_add(json_value *list, json_value *value)
{
    if (value && json_array_append_new(list, value) != 0)
        tool_fail(STATUS_SYSTEM, "out of memory");
}

void json_drop(json_value *object, const char *name)
{
    json_object_del(object, name);
}

int json_same(json_value *a, json_value *b)
{
    return json_equal(a, b);
}

char *json_compact(json_value *value)
{
    char *text = json_dumps(value, JSON_COMPACT | JSON_ENCODE_ANY);
    if (!text)
        tool_fail(STATUS_SYSTEM, "out of memory");
    return text;
}

static void show(FILE *out, json_value *value)
{
    if (json_is_string(value)) {
        fwrite(json_string_value(value), 1, json_string_length(value), out);
        return;
    }
    char *text = json_dumps(value, JSON_COMPACT | JSON_ENCODE_ANY | JSON_REAL_PRECISION(15));
    fputs(text ? text : "", out);
    free(text);
}

char *json_show(json_value *value)
{
    char *text = NULL;
    size_t size = 0;
    FILE *out = open_memstream(&text, &size);
    if (!out)
        tool_fail(STATUS_SYSTEM, "out of memory");
    if (json_is_array(value)) {
        for (size_t i = 0; i < json_array_size(value); i++) {
            fputs(i > 0 ? ", " : "", out);
            show(out, json_array_get(value, i));
        }
    } else if (value) {
        show(out, value);
    }
    if (fclose(out) != 0)
        tool_fail(STATUS_SYSTEM, "out of memory");
    return text;
}
