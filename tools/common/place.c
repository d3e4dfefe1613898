/* SPDX-License-Identifier: MIT */
/*
 * By text alone: `..` takes back the component before it, whatever links there may be, as a shell's `cd ..` does.
 */
#include "place.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <society/ownership.h>

#include "output.h"

static char *working_directory(void)
{
    char *directory = getcwd(NULL, 0);
    if (!directory)
        tool_fail(STATUS_SYSTEM, "the working directory: %s", strerror(errno));
    return directory;
}

/* A text that grows in memory. */
struct text {
    FILE *out;
    char *data;
    size_t size;
};

static void text_begin(struct text *text)
{
    text->out = open_memstream(&text->data, &text->size);
    if (!text->out)
        tool_fail(STATUS_SYSTEM, "out of memory");
}

static char *text_end(struct text *text)
{
    if (fclose(text->out) != 0)
        tool_fail(STATUS_SYSTEM, "out of memory");
    return text->data;
}

/* The library is asked for some file of the directory: what lies outside of the project it refuses. */
static int is_in_project(const struct tool *t, const char *directory)
{
    struct text file;
    struct text list;
    text_begin(&file);
    fprintf(file.out, "%s/file", strcmp(directory, "/") == 0 ? "" : directory);
    char *path = text_end(&file);
    text_begin(&list);
    fputc('[', list.out);
    output_quoted(list.out, path);
    fputc(']', list.out);
    char *paths = text_end(&list);
    int result = society_own_check(t->society, paths, NULL);
    free(path);
    free(paths);
    return result >= 0;
}

char *place_quote(const char *name)
{
    struct text text;
    text_begin(&text);
    for (const char *at = name; *at; at++) {
        if (strchr("*?[\\", *at))
            fputc('\\', text.out);
        /* No pattern has control characters; this one stands for any. */
        fputc((unsigned char)*at < ' ' || *at == '\x7f' ? '?' : *at, text.out);
    }
    return text_end(&text);
}

/* A path under construction, with room for all that is to come. */
struct path {
    char *text;
    size_t length;
};

static void add(struct path *path, const char *text, size_t length)
{
    memcpy(path->text + path->length, text, length);
    path->length += length;
}

static void walk(struct path *path, const char *name)
{
    const char *end;
    int directory = 1; /* where it ends: by a slash, `.` or `..`, or at the very top */
    for (const char *at = name; *at; at = end + (*end == '/')) {
        end = strchrnul(at, '/');
        size_t length = (size_t)(end - at);
        int up = length == 2 && strncmp(at, "..", 2) == 0;
        directory = *end == '/' || up || (length == 1 && *at == '.');
        if (length == 0 || (length == 1 && *at == '.'))
            continue;
        if (up) {
            while (path->length > 0 && path->text[--path->length] != '/')
                continue;
            continue;
        }
        add(path, "/", 1);
        add(path, at, length);
    }
    if (path->length == 0 || directory) /* all that is in it */
        add(path, "/", 1);
    path->text[path->length] = '\0';
}

static char *resolve(const struct tool *t, const char *directory, const char *name, int pattern)
{
    if (name[0] == '\0' || (name[0] != '/' && !is_in_project(t, directory)))
        return strdup(name);
    char *from = pattern ? place_quote(directory) : strdup(directory);
    size_t length = from && name[0] != '/' ? strlen(from) : 0;
    struct path path = {from ? malloc(length + strlen(name) + 3) : NULL, 0};
    if (path.text && length > 1) /* from "/" nothing is taken over but its slash */
        add(&path, from, length);
    if (path.text)
        walk(&path, name);
    free(from);
    return path.text;
}

char *place_argument(const struct tool *t, const char *name, int pattern)
{
    char *directory = working_directory();
    char *path = resolve(t, directory, name, pattern);
    if (!path)
        tool_fail(STATUS_SYSTEM, "out of memory");
    free(directory);
    return path;
}

char *place_arguments(const struct tool *t, int first, int patterns)
{
    struct text list;
    text_begin(&list);
    for (int i = first; i < t->count; i++) {
        char *path = place_argument(t, t->arguments[i], patterns);
        fputc(i == first ? '[' : ',', list.out);
        output_quoted(list.out, path);
        free(path);
    }
    fputc(']', list.out);
    return text_end(&list);
}
