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

/* Whether a text could be read as a sentence: ids, patterns and times could not. */
static int is_prose(const char *text)
{
    static const char plain[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
                                "._-:/*?,[]{}+@#=~";
    return text[strspn(text, plain)] != '\0';
}

void foreign_word(FILE *out, const char *line)
{
    if (!is_prose(line)) {
        fputs(line, out);
        return;
    }
    fputc('"', out);
    for (const char *at = line; *at; at++)
        fputc(*at == '"' ? '\'' : *at, out);
    fputc('"', out);
}

void foreign_quote(FILE *out, const char *text)
{
    fputs("| ", out);
    escape_lines(out, text, strlen(text), "| ");
    fputc('\n', out);
}

size_t foreign_page(json_value *shown, const char *name, const char *text, size_t offset,
                    size_t most, const char *how, FILE *out)
{
    size_t next = 0;
    size_t length = strlen(text);
    char *part = foreign_text(text, offset, most, &next);
    json_put_text(shown, name, part);
    if (*part)
        foreign_quote(out, part);
    if (next) {
        json_put_number(shown, "bytes", (int64_t)length);
        json_put_number(shown, "next", (int64_t)next);
        fprintf(out, "[cut at byte %zu of %zu: the rest with %s, offset %zu]\n", next, length, how,
                next);
    }
    length = strlen(part);
    free(part);
    return length;
}

/* What a value takes beside its text: so many that are empty come to an end, too. */
enum { VALUE = 8 };

static void take(size_t *left, size_t bytes)
{
    *left -= bytes < *left ? bytes : *left;
}

static json_value *copy_text(const char *text, size_t most, size_t *left)
{
    size_t next = 0;
    size_t room = most < *left ? most : *left;
    char *shown = foreign_text(text, 0, room, &next);
    take(left, next ? room : strlen(text));
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

static json_value *copy_list(json_value *value, size_t most, size_t *left)
{
    json_value *list = json_new_list();
    size_t i = 0;
    for (; i < json_count(value) && *left > 0; i++)
        json_add(list, foreign_copy(json_element(value, i), most, left));
    if (i < json_count(value)) {
        char rest[64];
        snprintf(rest, sizeof rest, "[cut: %zu more]", json_count(value) - i);
        json_add(list, json_new_text(rest));
    }
    return list;
}

static json_value *copy_map(json_value *value, size_t most, size_t *left)
{
    json_value *map = json_new_map();
    const char *key = json_next_key(value, NULL);
    for (; key && *left > 0; key = json_next_key(value, key)) {
        json_value *member = json_member(value, key);
        char *name = foreign_line(key, 100);
        take(left, strlen(name));
        if (member)
            json_put(map, name, foreign_copy(member, most, left));
        free(name);
    }
    if (key)
        json_put_flag(map, "[cut]", 1);
    return map;
}

json_value *foreign_copy(json_value *value, size_t most, size_t *left)
{
    take(left, VALUE);
    if (json_is_text(value))
        return copy_text(json_text(value), most, left);
    if (json_is_list(value))
        return copy_list(value, most, left);
    if (json_is_map(value))
        return copy_map(value, most, left);
    return value ? json_share(value) : NULL;
}

json_value *foreign_read(const char *json, size_t most, size_t *left)
{
    json_value *value = json_read(json, NULL);
    json_value *copy = value ? foreign_copy(value, most, left) : NULL;
    json_release(value);
    return copy;
}
