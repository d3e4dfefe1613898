/* SPDX-License-Identifier: MIT */
/*
 * The search knows just enough of JSON to tell the frame's own members from those inside of them.
 * An answer of the client's has an id as well, but no method: it must not be answered.
 */
#include "mcp/salvage.h"

#include <stdlib.h>
#include <string.h>

/* ---- Halves of pairs ---- */

/* The code unit that an escape at `at` stands for; -1: there is none. */
static long unit_at(const char *json, size_t length, size_t at)
{
    char digits[5] = "";
    char *end;
    if (at + 6 > length || json[at] != '\\' || json[at + 1] != 'u')
        return -1;
    memcpy(digits, json + at + 2, 4);
    long unit = strtol(digits, &end, 16);
    return end == digits + 4 && strchr("+- ", digits[0]) == NULL ? unit : -1;
}

static int is_high(long unit)
{
    return unit >= 0xd800 && unit < 0xdc00;
}

static int is_low(long unit)
{
    return unit >= 0xdc00 && unit < 0xe000;
}

void salvage_text(char *json, size_t length)
{
    char *escape = json;
    while ((escape = memchr(escape, '\\', length - (size_t)(escape - json))) != NULL) {
        size_t at = (size_t)(escape - json);
        long unit = unit_at(json, length, at);
        size_t size = unit < 0 ? 2 : 6;
        if (is_high(unit) && is_low(unit_at(json, length, at + 6)))
            size = 12;
        else if (is_high(unit) || is_low(unit))
            memcpy(escape + 2, "fffd", 4);
        if (at + size >= length)
            return;
        escape += size;
    }
}

/* ---- The id ---- */

enum { BEFORE_NAME, IN_NAME, BEHIND_NAME, IN_ID, IN_VALUE };

static void keep(struct salvage *s, char c)
{
    if (s->depth != 1)
        return;
    if (s->place == IN_NAME && s->name_length++ < sizeof s->name - 1)
        s->name[s->name_length - 1] = c;
    if (s->place == IN_ID && s->id_length++ < sizeof s->id - 1)
        s->id[s->id_length - 1] = c;
}

static int is_name(const struct salvage *s, const char *name)
{
    return s->name_length == strlen(name) && memcmp(s->name, name, s->name_length) == 0;
}

static void end_name(struct salvage *s)
{
    s->place = BEHIND_NAME;
    s->methods += is_name(s, "method");
    s->ids += is_name(s, "id");
}

static void scan_quoted(struct salvage *s, char c)
{
    int is_end = s->quoted == 1 && c == '"';
    if (!is_end || s->place == IN_ID)
        keep(s, c);
    s->quoted = is_end ? 0 : s->quoted == 1 && c == '\\' ? 2 : 1;
    if (is_end && s->depth == 1 && s->place == IN_NAME)
        end_name(s);
}

static void begin_quoted(struct salvage *s, char c)
{
    s->quoted = 1;
    if (s->depth == 1 && s->place == BEFORE_NAME) {
        s->place = IN_NAME;
        s->name_length = 0;
    } else {
        keep(s, c);
    }
}

static void scan_structure(struct salvage *s, char c)
{
    if (c == '{' || c == '[') {
        keep(s, c); /* an id that is no single value will not be read */
        s->depth++;
    } else if (c == '}' || c == ']') {
        s->depth--;
    } else if (s->depth == 1 && c == ':' && s->place == BEHIND_NAME) {
        s->place = is_name(s, "id") ? IN_ID : IN_VALUE;
    } else if (s->depth == 1 && c == ',') {
        s->place = BEFORE_NAME;
    } else {
        keep(s, c);
    }
}

void salvage_scan(struct salvage *s, const char *bytes, size_t length)
{
    for (size_t i = 0; i < length && s->begun >= 0; i++) {
        char c = bytes[i];
        if (!s->begun && strchr(" \t\r", c) && c)
            continue;
        if (!s->begun)
            s->begun = c == '{' ? 1 : -1;
        if (s->quoted)
            scan_quoted(s, c);
        else if (c == '"')
            begin_quoted(s, c);
        else
            scan_structure(s, c);
    }
}

json_value *salvage_id(struct salvage *s)
{
    json_value *id = NULL;
    if (s->methods == 1 && s->ids == 1 && s->id_length < sizeof s->id)
        id = json_read(s->id, NULL);
    if (id && !json_is_text(id) && !json_is_whole(id)) {
        json_release(id);
        id = NULL;
    }
    *s = (struct salvage){0};
    return id;
}
