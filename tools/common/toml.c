/* SPDX-License-Identifier: MIT */
/*
 * TOML 1.0 as far as it takes to know where every statement begins and ends. What is inside of
 * numbers and dates is not judged. The table that is set must stand under a header of its own: one
 * written as an inline table or with dotted keys is refused.
 */
#include <setjmp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/splice.h"
#include "common/tool.h"

enum { DEPTH_MAX = 100, NAME_MAX_BYTES = 256 };

struct walk {
    const char *text;
    size_t at;
    const char *table;
    const char *key;
    char current[NAME_MAX_BYTES]; /* the table that statements are in */
    int inside;                   /* it is the one that is set */
    int found;
    size_t header_end; /* behind its header's line */
    size_t value, value_end;
    struct splice_error *error;
    jmp_buf refused;
};

static void refuse(struct walk *w, const char *what)
{
    snprintf(w->error->what, sizeof w->error->what, "%s", what);
    splice_locate(w->text, w->at, w->error);
    longjmp(w->refused, 1);
}

static void skip_spaces(struct walk *w)
{
    w->at += strspn(w->text + w->at, " \t");
}

/* Blanks, line ends and comments. */
static void skip_lines(struct walk *w)
{
    for (;;) {
        w->at += strspn(w->text + w->at, " \t\r\n");
        if (w->text[w->at] != '#')
            return;
        w->at += strcspn(w->text + w->at, "\n");
    }
}

static void end_of_line(struct walk *w)
{
    skip_spaces(w);
    if (w->text[w->at] == '#')
        w->at += strcspn(w->text + w->at, "\n");
    w->at += w->text[w->at] == '\r';
    if (w->text[w->at] && w->text[w->at] != '\n')
        refuse(w, "the end of the line is expected here");
    w->at += w->text[w->at] == '\n';
}

static void read_long_string(struct walk *w, char quote)
{
    const char marks[] = {quote, quote, quote, '\0'};
    w->at += 3;
    while (strncmp(w->text + w->at, marks, 3) != 0) {
        if (quote == '"' && w->text[w->at] == '\\' && w->text[w->at + 1])
            w->at++;
        if (!w->text[w->at])
            refuse(w, "the string does not end");
        w->at++;
    }
    w->at += 3;
    for (int i = 0; i < 2 && w->text[w->at] == quote;
         i++) /* up to two quotes may stand before the end */
        w->at++;
}

static void read_string(struct walk *w)
{
    char quote = w->text[w->at];
    if (w->text[w->at + 1] == quote && w->text[w->at + 2] == quote) {
        read_long_string(w, quote);
        return;
    }
    w->at++;
    while (w->text[w->at] != quote) {
        if (!w->text[w->at] || w->text[w->at] == '\n')
            refuse(w, "the string does not end on its line");
        if (quote == '"' && w->text[w->at] == '\\' && w->text[w->at + 1])
            w->at++;
        w->at++;
    }
    w->at++;
}

static int is_bare(char c)
{
    return c &&
           strchr("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_", c) != NULL;
}

/* One part of a key, added to `name`. */
static void read_part(struct walk *w, char *name)
{
    size_t start = w->at;
    int quoted = w->text[w->at] == '"' || w->text[w->at] == '\'';
    if (quoted)
        read_string(w);
    while (!quoted && is_bare(w->text[w->at]))
        w->at++;
    if (w->at == start)
        refuse(w, w->text[w->at] ? "a key is expected here" : "the file ends in the middle");
    size_t length = strlen(name);
    size_t more = w->at - start - (quoted ? 2 : 0);
    if (length + more + 2 > NAME_MAX_BYTES)
        refuse(w, "the key is too long");
    memcpy(name + length, w->text + start + (quoted ? 1 : 0), more);
    name[length + more] = '\0';
}

/* A key, dotted or not, as a.b.c. */
static void read_key(struct walk *w, char name[NAME_MAX_BYTES])
{
    name[0] = '\0';
    for (;;) {
        skip_spaces(w);
        read_part(w, name);
        skip_spaces(w);
        if (w->text[w->at] != '.')
            return;
        w->at++;
        if (strlen(name) + 2 > NAME_MAX_BYTES)
            refuse(w, "the key is too long");
        strncat(name, ".", NAME_MAX_BYTES - strlen(name) - 1);
    }
}

static void read_value(struct walk *w, int depth);

static void read_array(struct walk *w, int depth)
{
    w->at++;
    for (;;) {
        skip_lines(w);
        if (w->text[w->at] == ']')
            break;
        read_value(w, depth + 1);
        skip_lines(w);
        if (w->text[w->at] == ',')
            w->at++;
        else if (w->text[w->at] != ']')
            refuse(w, "',' or ']' is expected here");
    }
    w->at++;
}

static void read_inline_table(struct walk *w, int depth)
{
    char name[NAME_MAX_BYTES];
    w->at++;
    skip_spaces(w);
    while (w->text[w->at] != '}') {
        read_key(w, name);
        if (w->text[w->at] != '=')
            refuse(w, "'=' is expected here");
        w->at++;
        skip_spaces(w);
        read_value(w, depth + 1);
        skip_spaces(w);
        if (w->text[w->at] == ',')
            w->at++;
        else if (w->text[w->at] != '}')
            refuse(w, "',' or '}' is expected here");
        skip_spaces(w);
    }
    w->at++;
}

static void read_value(struct walk *w, int depth)
{
    char c = w->text[w->at];
    if (depth > DEPTH_MAX)
        refuse(w, "this is nested too deeply");
    if (c == '"' || c == '\'') {
        read_string(w);
    } else if (c == '[') {
        read_array(w, depth);
    } else if (c == '{') {
        read_inline_table(w, depth);
    } else {
        size_t length = strcspn(w->text + w->at, " \t\r\n#,]}");
        if (length == 0)
            refuse(w, "a value is expected here");
        if (!strchr("0123456789+-", c) && strncmp(w->text + w->at, "true", length) != 0 &&
            strncmp(w->text + w->at, "false", length) != 0 &&
            strncmp(w->text + w->at, "inf", length) != 0 &&
            strncmp(w->text + w->at, "nan", length) != 0)
            refuse(w, "this is no value");
        w->at += length;
        /* A date may be parted from its time by a space. */
        if (length == 10 && w->text[w->at] == ' ' && strchr("0123456789", w->text[w->at + 1]) &&
            w->text[w->at + 1])
            w->at += 1 + strcspn(w->text + w->at + 1, " \t\r\n#,]}");
    }
}

/* Whether `name` is `other` or stands inside it. */
static int is_within(const char *name, const char *other)
{
    size_t length = strlen(other);
    return strncmp(name, other, length) == 0 && (name[length] == '\0' || name[length] == '.');
}

static void read_header(struct walk *w)
{
    size_t start = w->at;
    int is_list = w->text[w->at + 1] == '[';
    w->at += is_list ? 2 : 1;
    read_key(w, w->current);
    if (strncmp(w->text + w->at, is_list ? "]]" : "]", is_list ? 2 : 1) != 0)
        refuse(w, "']' is expected here");
    w->at += is_list ? 2 : 1;
    end_of_line(w);
    size_t end = w->at;
    w->inside = strcmp(w->current, w->table) == 0;
    if (!w->inside)
        return;
    w->at = start;
    if (is_list)
        refuse(w, "this is a list of tables, not a table");
    if (w->found)
        refuse(w, "this table stands here twice");
    w->at = end;
    w->found = 1;
    w->header_end = end;
}

static void read_statement(struct walk *w)
{
    char name[NAME_MAX_BYTES];
    char full[2 * NAME_MAX_BYTES];
    size_t start = w->at;
    read_key(w, name);
    snprintf(full, sizeof full, "%s%s%s", w->current, *w->current ? "." : "", name);
    /* What stands under the header of a table inside of it is none of ours. */
    if (!is_within(w->current, w->table) &&
        (is_within(full, w->table) || is_within(w->table, full))) {
        w->at = start;
        refuse(w, "this sets the table without a header of its own, and can't be edited");
    }
    if (w->text[w->at] != '=')
        refuse(w, "'=' is expected here");
    w->at++;
    skip_spaces(w);
    size_t value = w->at;
    read_value(w, 0);
    if (w->inside && strcmp(name, w->key) == 0) {
        w->value = value;
        w->value_end = w->at;
    }
    end_of_line(w);
}

static void read_document(struct walk *w)
{
    if (strncmp(w->text, "\xef\xbb\xbf", 3) == 0)
        w->at = 3;
    for (;;) {
        skip_lines(w);
        if (!w->text[w->at])
            return;
        if (w->text[w->at] == '[')
            read_header(w);
        else
            read_statement(w);
    }
}

/* `key = value` below the header, which is made at the end where there is none. */
static char *insert(char *text, const struct walk *w, const char *value)
{
    char *lines = NULL;
    size_t at = w->found ? w->header_end : strlen(text);
    /* The last line may lack its end; a new table stands behind an empty line. */
    const char *gap = at == 0 ? "" : text[at - 1] != '\n' ? "\n" : "";
    int length = w->found ? asprintf(&lines, "%s%s = %s\n", gap, w->key, value)
                          : asprintf(&lines, "%s%s[%s]\n%s = %s\n", gap, at > 0 ? "\n" : "",
                                     w->table, w->key, value);
    if (length < 0)
        tool_fail(STATUS_SYSTEM, "out of memory");
    text = splice_text(text, at, 0, lines);
    free(lines);
    return text;
}

char *toml_set(const char *text, const char *table, const char *key, const char *value,
               struct splice_error *error)
{
    char *result = strdup(text);
    if (!result)
        tool_fail(STATUS_SYSTEM, "out of memory");
    struct walk w = {.text = result, .table = table, .key = key, .error = error};
    if (setjmp(w.refused)) {
        free(result);
        return NULL;
    }
    read_document(&w);
    if (w.value_end > 0)
        return splice_text(result, w.value, w.value_end - w.value, value);
    return insert(result, &w, value);
}
