/* SPDX-License-Identifier: MIT */
/*
 * The schemas are ours, so one that asks for more than this knows is a mistake of ours; the values
 * are anybody's.
 */
#include "mcp/schema.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/tool.h"

static char *wrong(const char *format, ...) __attribute__((format(printf, 1, 2)));

static char *wrong(const char *format, ...)
{
    va_list arguments;
    char *text = NULL;
    va_start(arguments, format);
    if (vasprintf(&text, format, arguments) < 0)
        tool_fail(STATUS_SYSTEM, "out of memory");
    va_end(arguments);
    return text;
}

static int is_of_type(json_value *value, const char *type)
{
    if (strcmp(type, "string") == 0)
        return json_is_text(value);
    if (strcmp(type, "integer") == 0)
        return json_is_whole(value);
    if (strcmp(type, "boolean") == 0)
        return json_is_flag(value);
    if (strcmp(type, "array") == 0)
        return json_is_list(value);
    return strcmp(type, "object") != 0 || json_is_map(value);
}

static char *check_type(json_value *types, json_value *value, const char *name)
{
    if (json_text(types))
        return is_of_type(value, json_text(types))
                   ? NULL
                   : wrong("%s must be of type %s", name, json_text(types));
    for (size_t i = 0; i < json_count(types); i++)
        if (is_of_type(value, json_text(json_element(types, i))))
            return NULL;
    char *shown = json_show(types);
    char *text = types ? wrong("%s must be of one of the types %s", name, shown) : NULL;
    free(shown);
    return text;
}

static char *check_enum(json_value *words, json_value *value, const char *name)
{
    if (!words)
        return NULL;
    for (size_t i = 0; i < json_count(words); i++)
        if (json_same(json_element(words, i), value))
            return NULL;
    char *shown = json_show(words);
    char *text = wrong("%s must be one of %s", name, shown);
    free(shown);
    return text;
}

static char *check_value(json_value *schema, json_value *value, const char *name);

static char *check_items(json_value *schema, json_value *list, const char *name)
{
    json_value *items = json_member(schema, "items");
    if ((int64_t)json_count(list) < json_member_number(schema, "minItems", 0))
        return wrong("%s is empty", name);
    if ((int64_t)json_count(list) > json_member_number(schema, "maxItems", 1000))
        return wrong("%s has %zu elements, which is too many", name, json_count(list));
    for (size_t i = 0; items && i < json_count(list); i++) {
        char *element = wrong("%s[%zu]", name, i);
        char *text = check_value(items, json_element(list, i), element);
        free(element);
        if (text)
            return text;
    }
    return NULL;
}

static char *check_range(json_value *schema, json_value *parent, const char *key, const char *name)
{
    int64_t number = json_member_number(parent, key, 0);
    if (json_has(schema, "minimum") && number < json_member_number(schema, "minimum", 0))
        return wrong("%s must be at least %" PRId64, name,
                     json_member_number(schema, "minimum", 0));
    if (json_has(schema, "maximum") && number > json_member_number(schema, "maximum", 0))
        return wrong("%s must be at most %" PRId64, name, json_member_number(schema, "maximum", 0));
    return NULL;
}

static char *check_members(json_value *schema, json_value *map)
{
    json_value *properties = json_member(schema, "properties");
    json_value *required = json_member(schema, "required");
    for (size_t i = 0; i < json_count(required); i++)
        if (!json_member(map, json_text(json_element(required, i))))
            return wrong("%s is missing", json_text(json_element(required, i)));
    for (const char *key = json_next_key(map, NULL); key; key = json_next_key(map, key)) {
        json_value *property = json_member(properties, key);
        json_value *value = json_member(map, key);
        if (!property)
            return wrong("there is no argument %s", key);
        char *text = check_value(property, value, key);
        if (!text && json_is_whole(value))
            text = check_range(property, map, key, key);
        if (text)
            return text;
    }
    return NULL;
}

static char *check_value(json_value *schema, json_value *value, const char *name)
{
    char *text = check_type(json_member(schema, "type"), value, name);
    if (!text)
        text = check_enum(json_member(schema, "enum"), value, name);
    if (!text && json_is_list(value))
        text = check_items(schema, value, name);
    return text;
}

char *schema_check(json_value *schema, json_value *value)
{
    return json_is_map(value) ? check_members(schema, value) : wrong("arguments must be an object");
}
