/* SPDX-License-Identifier: MIT */
/*
 * One walk over the text by the grammar of JSON, which notes the objects on the way and the place
 * of the member. Then one or two insertions: a comma behind the last member, and the new member on
 * a line of its own before the closing brace.
 */
#include <setjmp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/splice.h"
#include "common/tool.h"

enum { DEPTH_MAX = 200, PATH_MAX_KEYS = 8 };

/* An object on the way. */
struct place {
    size_t close;    /* its closing brace */
    size_t last_end; /* behind its last member */
    int members;
    int comma; /* one stands behind the last member */
};

struct walk {
    const char *text;
    size_t at;
    int comments;
    const char *const *path;
    struct place places[PATH_MAX_KEYS];
    size_t first;            /* the first name in the file */
    int found;               /* how many keys of the path there are objects or a member for */
    size_t value, value_end; /* of the last of them */
    struct splice_error *error;
    jmp_buf refused;
};

static void refuse(struct walk *w, const char *what)
{
    snprintf(w->error->what, sizeof w->error->what, "%s", what);
    splice_locate(w->text, w->at, w->error);
    longjmp(w->refused, 1);
}

static void skip_comment(struct walk *w)
{
    if (!w->comments)
        refuse(w, "comments are not allowed in this file");
    if (w->text[w->at + 1] == '/') {
        w->at += strcspn(w->text + w->at, "\n");
        return;
    }
    const char *end = strstr(w->text + w->at + 2, "*/");
    if (!end)
        refuse(w, "the comment does not end");
    w->at = (size_t)(end - w->text) + 2;
}

static void skip_blank(struct walk *w)
{
    for (;;) {
        w->at += strspn(w->text + w->at, " \t\r\n");
        if (w->text[w->at] != '/' || (w->text[w->at + 1] != '/' && w->text[w->at + 1] != '*'))
            return;
        skip_comment(w);
    }
}

static void read_string(struct walk *w)
{
    w->at++;
    while (w->text[w->at] != '"') {
        unsigned char c = (unsigned char)w->text[w->at];
        if (c < 0x20)
            refuse(w, "the string does not end on its line");
        if (c == '\\') {
            w->at++;
            if (!w->text[w->at] || !strchr("\"\\/bfnrtu", w->text[w->at]))
                refuse(w, "this is no escape of JSON");
            if (w->text[w->at] == 'u' && strspn(w->text + w->at + 1, "0123456789abcdefABCDEF") < 4)
                refuse(w, "\\u needs four hexadecimal digits");
        }
        w->at++;
    }
    w->at++;
}

static void read_digits(struct walk *w)
{
    size_t count = strspn(w->text + w->at, "0123456789");
    if (count == 0)
        refuse(w, "a digit is missing");
    w->at += count;
}

static void read_number(struct walk *w)
{
    w->at += w->text[w->at] == '-';
    if (w->text[w->at] == '0')
        w->at++;
    else
        read_digits(w);
    if (w->text[w->at] == '.') {
        w->at++;
        read_digits(w);
    }
    if (w->text[w->at] == 'e' || w->text[w->at] == 'E') {
        w->at++;
        w->at += w->text[w->at] == '+' || w->text[w->at] == '-';
        read_digits(w);
    }
}

static void read_word(struct walk *w)
{
    static const char *const words[] = {"true", "false", "null", NULL};
    for (int i = 0; words[i]; i++) {
        size_t length = strlen(words[i]);
        if (strncmp(w->text + w->at, words[i], length) == 0) {
            w->at += length;
            return;
        }
    }
    refuse(w, w->text[w->at] ? "a value is expected here" : "the file ends in the middle");
}

static void read_value(struct walk *w, int depth, int level);

/* Whether a list or object goes on behind an element. */
static int goes_on(struct walk *w, char close, int *ret_comma)
{
    skip_blank(w);
    *ret_comma = w->text[w->at] == ',';
    if (*ret_comma) {
        w->at++;
        skip_blank(w);
        if (w->text[w->at] == close && !w->comments)
            refuse(w, "there is a comma behind the last element");
        return w->text[w->at] != close;
    }
    if (w->text[w->at] != close)
        refuse(w, close == '}' ? "',' or '}' is expected here" : "',' or ']' is expected here");
    return 0;
}

static void read_list(struct walk *w, int depth)
{
    int comma;
    w->at++;
    skip_blank(w);
    if (w->text[w->at] != ']')
        do
            read_value(w, depth + 1, -1);
        while (goes_on(w, ']', &comma));
    w->at++;
}

/*
 * Reads a member's name. Whether it is the next of the path; names with escapes are none of ours.
 */
static int read_name(struct walk *w, int level)
{
    size_t start = w->at;
    if (w->text[w->at] != '"')
        refuse(w, "a name in quotes is expected here");
    read_string(w);
    const char *key = level >= 0 ? w->path[level] : NULL;
    int is_it = key && w->at - start == strlen(key) + 2 &&
                strncmp(w->text + start + 1, key, strlen(key)) == 0;
    skip_blank(w);
    if (w->text[w->at] != ':')
        refuse(w, "':' is expected here");
    w->at++;
    skip_blank(w);
    return is_it;
}

static void read_member(struct walk *w, int depth, int level)
{
    size_t name = w->at;
    if (depth == 0 && w->first == 0)
        w->first = name;
    int is_it = read_name(w, level);
    size_t value = w->at;
    if (is_it && w->found > level) {
        w->at = name;
        refuse(w, "this name stands here twice");
    }
    int is_inner = is_it && w->path[level + 1];
    if (is_inner && w->text[w->at] != '{')
        refuse(w, "an object is expected here");
    if (is_it)
        w->found = level + 1;
    read_value(w, depth + 1, is_inner ? level + 1 : -1);
    if (is_it && !is_inner) {
        w->value = value;
        w->value_end = w->at;
    }
}

/* `level`: how many keys of the path led here; -1: it is not on the way. */
static void read_object(struct walk *w, int depth, int level)
{
    struct place place = {0};
    w->at++;
    skip_blank(w);
    if (w->text[w->at] != '}') {
        do {
            read_member(w, depth, level);
            place.last_end = w->at;
            place.members++;
        } while (goes_on(w, '}', &place.comma));
    }
    place.close = w->at;
    if (level >= 0)
        w->places[level] = place;
    w->at++;
}

static void read_value(struct walk *w, int depth, int level)
{
    if (depth > DEPTH_MAX)
        refuse(w, "this is nested too deeply");
    char c = w->text[w->at];
    if (c == '{')
        read_object(w, depth, level);
    else if (c == '[')
        read_list(w, depth);
    else if (c == '"')
        read_string(w);
    else if (c == '-' || (c >= '0' && c <= '9'))
        read_number(w);
    else
        read_word(w);
}

static void read_document(struct walk *w)
{
    if (strncmp(w->text, "\xef\xbb\xbf", 3) == 0)
        w->at = 3;
    skip_blank(w);
    if (w->text[w->at] != '{')
        refuse(w, "the file is no JSON object");
    read_value(w, 0, 0);
    skip_blank(w);
    if (w->text[w->at])
        refuse(w, "there is something behind the end");
}

/* ---- Writing ---- */

/* What a level is indented by in this file: what stands before the first name, if that has a line
 * of its own. */
static const char *indent_of(const struct walk *w, char *room, size_t size)
{
    size_t length = 0;
    while (length < w->first && strchr(" \t", w->text[w->first - length - 1]))
        length++;
    if (length == 0 || length >= size || length == w->first ||
        w->text[w->first - length - 1] != '\n')
        return "  ";
    memcpy(room, w->text + w->first - length, length);
    room[length] = '\0';
    return room;
}

static void write_indent(FILE *out, const char *indent, int times)
{
    for (int i = 0; i < times; i++)
        fputs(indent, out);
}

/* The member at `level` of the path, with those inside it. */
static char *compose(const char *const *path, int level, const char *value, const char *indent)
{
    char *text = NULL;
    size_t size = 0;
    FILE *out = open_memstream(&text, &size);
    if (!out)
        tool_fail(STATUS_SYSTEM, "out of memory");
    int last = level;
    for (; path[last + 1]; last++) {
        write_indent(out, indent, last + 1);
        fprintf(out, "\"%s\": {\n", path[last]);
    }
    write_indent(out, indent, last + 1);
    fprintf(out, "\"%s\": %s\n", path[last], value);
    for (; last > level; last--) {
        write_indent(out, indent, last);
        fputs("}\n", out);
    }
    if (fclose(out) != 0)
        tool_fail(STATUS_SYSTEM, "out of memory");
    return text;
}

static char *insert(char *text, const struct place *place, const char *member, const char *indent,
                    int level)
{
    size_t line = place->close;
    while (line > 0 && strchr(" \t", text[line - 1]))
        line--;
    if (line > 0 && text[line - 1] == '\n') {
        text = splice_text(text, line, 0, member);
    } else { /* the brace stands on the line of what is before it */
        for (int i = 0; i < level; i++)
            text = splice_text(text, place->close, 0, indent);
        text = splice_text(text, place->close, 0, member);
        text = splice_text(text, place->close, 0, "\n");
    }
    if (place->members > 0 && !place->comma)
        text = splice_text(text, place->last_end, 0, ",");
    return text;
}

/* Sets the member where the walk has found that it is, or is to be. `text` is freed. */
static char *put_member(const struct walk *w, char *text, const char *value)
{
    char room[16];
    if (w->value_end > 0)
        return splice_text(text, w->value, w->value_end - w->value, value);
    const char *indent = indent_of(w, room, sizeof room);
    char *member = compose(w->path, w->found, value, indent);
    text = insert(text, &w->places[w->found], member, indent, w->found);
    free(member);
    return text;
}

/* Whether there are blanks and nothing else; or comments, where these are allowed. */
static int is_empty(const char *text, int comments)
{
    for (;;) {
        const char *end;
        text += strspn(text, " \t\r\n");
        if (!*text)
            return 1;
        if (!comments || text[0] != '/' || (text[1] != '/' && text[1] != '*'))
            return 0;
        end = text[1] == '/' ? strchrnul(text, '\n') : strstr(text + 2, "*/");
        if (!end)
            return 0;
        text = end + (text[1] == '*' ? 2 : 0);
    }
}

/* A copy to work on. Behind a comment an object begins on a line of its own. */
static char *copy(const char *text, int comments)
{
    char *result = NULL;
    size_t length = strlen(text);
    int has_comment = text[strspn(text, " \t\r\n")] != '\0';
    if (!is_empty(text, comments))
        result = strdup(text);
    else if (asprintf(&result, "%s%s{\n}\n", has_comment ? text : "",
                      has_comment && text[length - 1] != '\n' ? "\n" : "") < 0)
        result = NULL;
    if (!result)
        tool_fail(STATUS_SYSTEM, "out of memory");
    return result;
}

char *jsonc_set(const char *text, const char *const *path, const char *value, int comments,
                struct splice_error *error)
{
    char *result = copy(text, comments);
    struct walk w = {.text = result, .comments = comments, .path = path, .error = error};
    if (setjmp(w.refused)) {
        free(result);
        return NULL;
    }
    read_document(&w);
    return put_member(&w, result, value);
}

/* ---- Lists ---- */

/* The elements of a list, of which one may be ours already. */
struct elements {
    size_t own, own_end;   /* ours; own_end 0: it is not there */
    size_t last, last_end; /* the last; last_end 0: there is none */
};

/* Reads the list that stands at `at`, which was read before. */
static struct elements read_elements(struct walk *w, size_t at, const char *mark)
{
    struct elements e = {0};
    int comma;
    w->at = at;
    if (w->text[at] != '[')
        refuse(w, "a list is expected here");
    w->at++;
    skip_blank(w);
    if (w->text[w->at] == ']')
        return e;
    do {
        size_t start = w->at;
        read_value(w, 0, -1);
        const char *found = strstr(w->text + start, mark);
        if (found && found < w->text + w->at && e.own_end == 0) {
            e.own = start;
            e.own_end = w->at;
        }
        e.last = start;
        e.last_end = w->at;
    } while (goes_on(w, ']', &comma));
    return e;
}

/* What stands between the beginning of a line and `at`, if that is nothing but blanks. */
static size_t blanks_before(const char *text, size_t at)
{
    size_t length = 0;
    while (length < at && strchr(" \t", text[at - length - 1]))
        length++;
    return length < at && text[at - length - 1] == '\n' ? length : 0;
}

/* Behind the last element: on a line of its own if that has one. */
static char *append(char *text, size_t list, const struct elements *e, const char *value)
{
    char *more = NULL;
    if (e->last_end == 0)
        return splice_text(text, list + 1, 0, value);
    size_t blanks = blanks_before(text, e->last);
    if (asprintf(&more, ",%s%.*s%s", blanks > 0 ? "\n" : " ", (int)blanks, text + e->last - blanks,
                 value) < 0)
        tool_fail(STATUS_SYSTEM, "out of memory");
    text = splice_text(text, e->last_end, 0, more);
    free(more);
    return text;
}

char *jsonc_append(const char *text, const char *const *path, const char *value, const char *mark,
                   int comments, struct splice_error *error)
{
    char *list = NULL;
    char *result = copy(text, comments);
    struct walk w = {.text = result, .comments = comments, .path = path, .error = error};
    if (setjmp(w.refused)) {
        free(result);
        return NULL;
    }
    read_document(&w);
    if (w.value_end > 0) {
        struct elements e = read_elements(&w, w.value, mark);
        if (e.own_end > 0)
            return splice_text(result, e.own, e.own_end - e.own, value);
        return append(result, w.value, &e, value);
    }
    if (asprintf(&list, "[%s]", value) < 0)
        tool_fail(STATUS_SYSTEM, "out of memory");
    result = put_member(&w, result, list);
    free(list);
    return result;
}
