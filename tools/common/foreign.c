/* SPDX-License-Identifier: MIT */
/*
 * The escapes are those of a terminal (common/escape.h): what could deceive a person could deceive
 * a model.
 */
#include "common/foreign.h"

#include <stdlib.h>
#include <string.h>

#include "common/escape.h"
#include "common/tool.h"

/* The end of the last whole character within `most` bytes. */
static size_t whole(const char *text, size_t length, size_t most)
{
    if (length <= most)
        return length;
    size_t end = most;
    while (end > 0 && ((unsigned char)text[end] & 0xc0) == 0x80)
        end--;
    return end;
}

static FILE *open_text(char **ret_text, size_t *ret_size)
{
    FILE *out = open_memstream(ret_text, ret_size);
    if (!out)
        tool_fail(STATUS_SYSTEM, "out of memory");
    return out;
}

static void close_text(FILE *out)
{
    if (fclose(out) != 0)
        tool_fail(STATUS_SYSTEM, "out of memory");
}

char *foreign_line(const char *text, size_t most)
{
    char *line = NULL;
    size_t size = 0;
    size_t length = strlen(text);
    size_t end = whole(text, length, most);
    FILE *out = open_text(&line, &size);
    escape_line(out, text, end);
    if (end < length)
        fprintf(out, " [cut: %zu bytes]", length);
    close_text(out);
    return line;
}

char *foreign_text(const char *text, size_t offset, size_t most, size_t *ret_next)
{
    char *shown = NULL;
    size_t size = 0;
    size_t length = strlen(text);
    size_t start = whole(text, length, offset);
    size_t end = start + whole(text + start, length - start, most);
    FILE *out = open_text(&shown, &size);
    escape_lines(out, text + start, end - start, "");
    close_text(out);
    *ret_next = end < length ? end : 0;
    return shown;
}

void foreign_quote(FILE *out, const char *text)
{
    fputs("| ", out);
    escape_lines(out, text, strlen(text), "| ");
    fputc('\n', out);
}

static json_value *copy_text(const char *text, size_t most, size_t *left)
{
    size_t next = 0;
    char *shown = foreign_text(text, 0, most < *left ? most : *left, &next);
    *left -= next ? (most < *left ? most : *left) : strlen(text);
    json_value *copy;
    if (next || (*text && !*shown)) {
        char *cut = NULL;
        if (asprintf(&cut, "%s [cut: %zu bytes]", shown, strlen(text)) < 0)
            tool_fail(STATUS_SYSTEM, "out of memory");
        copy = json_new_text(cut);
        free(cut);
    } else {
        copy = json_new_text(shown);
    }
    free(shown);
    return copy;
}

json_value *foreign_copy(json_value *value, size_t most, size_t *left)
{
    if (json_is_text(value))
        return copy_text(json_text(value), most, left);
    if (json_is_list(value)) {
        json_value *list = json_new_list();
        for (size_t i = 0; i < json_count(value); i++)
            json_add(list, foreign_copy(json_element(value, i), most, left));
        return list;
    }
    if (json_is_map(value)) {
        json_value *map = json_new_map();
        for (const char *key = json_next_key(value, NULL); key; key = json_next_key(value, key)) {
            json_value *member = json_member(value, key);
            char *name = foreign_line(key, 100);
            if (member)
                json_put(map, name, foreign_copy(member, most, left));
            free(name);
        }
        return map;
    }
    return value ? json_share(value) : NULL;
}

json_value *foreign_read(const char *json, size_t most, size_t *left)
{
    json_value *value = json_read(json, NULL);
    json_value *copy = value ? foreign_copy(value, most, left) : NULL;
    json_release(value);
    return copy;
}
