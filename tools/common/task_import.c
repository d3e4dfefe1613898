/* SPDX-License-Identifier: MIT */
/*
 * A file is read whole, converted whole and handed to the library in one piece, which makes all of its tasks or none. What is
 * skipped becomes an empty line, so that the library counts the lines as the file does.
 */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <society/task.h>

#include "compose.h"
#include "input.h"
#include "json.h"
#include "lines.h"
#include "task.h"
#include "task_beads.h"

struct line {
    char *text;
    json_value *value; /* NULL: a blank line */
};

struct import {
    const char *file;
    struct line *lines;
    size_t count, room;
};

/* Of a line in bytes; a record may have 256 KiB, a tracker's issue somewhat more. */
enum { LARGE = 1000, LINE_MAX_BYTES = 16 << 20 };

/* Long work is watched by people only; when it is done, nothing of it stays. */
static void show_progress(const char *what, size_t lines)
{
    static int watched = -1;
    if (watched < 0)
        watched = isatty(STDERR_FILENO);
    if (watched && lines >= LARGE)
        fprintf(stderr, "\r\033[K%s: %zu lines", what, lines);
    else if (watched)
        fputs("\r\033[K", stderr);
}

static void show_step(const char *what, size_t lines)
{
    if (lines % LARGE == 0)
        show_progress(what, lines);
}

static void add_line(struct import *in, const char *text, size_t length)
{
    const char *why = NULL;
    size_t number = in->count + 1;
    if (strlen(text) != length)
        tool_fail(STATUS_SYSTEM, "%s: line %zu contains a NUL byte", in->file, number);
    if (in->count == in->room) {
        in->room = in->room ? 2 * in->room : 256;
        in->lines = realloc(in->lines, in->room * sizeof *in->lines);
        if (!in->lines)
            tool_fail(STATUS_SYSTEM, "out of memory");
    }
    struct line *line = &in->lines[in->count++];
    line->text = strdup(text);
    if (!line->text)
        tool_fail(STATUS_SYSTEM, "out of memory");
    line->value = NULL;
    if (text[strspn(text, " \t\r")] == '\0')
        return;
    line->value = json_read(text, &why);
    if (!line->value)
        tool_fail(STATUS_SYSTEM, "%s: line %zu: %s", in->file, number, why);
    show_step("reading", number);
}

static void read_lines(struct import *in, FILE *stream)
{
    struct input_text line = {0};
    int result;
    while ((result = input_read(stream, '\n', LINE_MAX_BYTES, &line)) > 0)
        add_line(in, line.text, line.length);
    if (result < 0 && errno == EFBIG)
        tool_fail(STATUS_SYSTEM, "%s: line %zu is longer than %d bytes", in->file, in->count + 1,
                  LINE_MAX_BYTES);
    if (result < 0)
        tool_fail(STATUS_SYSTEM, "%s: %s", in->file, strerror(errno));
    free(line.text);
}

static void read_file(struct import *in, const char *path)
{
    if (strcmp(path, "-") == 0) {
        in->file = "standard input";
        read_lines(in, stdin);
        return;
    }
    in->file = path;
    FILE *stream = fopen(path, "re");
    if (!stream)
        tool_fail(STATUS_SYSTEM, "%s: %s", path, strerror(errno));
    read_lines(in, stream);
    fclose(stream);
}

/* What a new task may not have: what is absent, and what belongs to a claim. A list has only the number of the notes. */
static int is_dropped(json_value *task, const char *key, json_value *value)
{
    static const char *const keys[] = {"holder", "token", "leaseMs"};
    int dropped = !value || (strcmp(key, "notes") == 0 && json_member_number(task, key, -1) >= 0);
    for (size_t i = 0; i < sizeof keys / sizeof *keys; i++)
        dropped |= strcmp(key, keys[i]) == 0;
    return dropped;
}

/* A task as we write them. */
static void write_task(const struct line *line, FILE *out)
{
    struct compose c;
    if (!json_next_key(line->value, NULL)) {
        fputs(line->text, out); /* no object: the library says so */
        return;
    }
    compose_begin(&c);
    for (const char *key = json_next_key(line->value, NULL); key;
         key = json_next_key(line->value, key)) {
        json_value *value = json_member(line->value, key);
        const char *text = json_text(value);
        if (is_dropped(line->value, key, value))
            continue;
        char *json = json_compact(value);
        if (strcmp(key, "state") == 0 && text && strcmp(text, "claimed") == 0)
            compose_text(&c, key, "open");
        else
            compose_json(&c, key, json);
        free(json);
    }
    char *task = compose_end(&c);
    fputs(task, out);
    free(task);
}

/* All lines as tasks of ours; `ret_skipped`: how many were deleted issues. To be given to free(). */
static char *convert(const struct import *in, const char *agent, int *ret_skipped)
{
    struct beads beads = {.file = in->file, .agent = agent};
    char *tasks = NULL;
    size_t size = 0;
    FILE *out = open_memstream(&tasks, &size);
    if (!out)
        tool_fail(STATUS_SYSTEM, "out of memory");
    for (size_t i = 0; i < in->count; i++)
        if (in->lines[i].value)
            beads_gather(&beads, in->lines[i].value, (int)i + 1);
    beads_settle(&beads);
    for (size_t i = 0; i < in->count; i++) {
        json_value *value = in->lines[i].value;
        int issue = value && beads_is_issue(value);
        int deleted = issue && beads_is_deleted(value);
        if (issue && !deleted)
            beads_write(&beads, value, (int)i + 1, out);
        else if (value && !issue)
            write_task(&in->lines[i], out);
        fputc('\n', out);
        *ret_skipped += deleted;
        show_step("converting", i + 1);
    }
    beads_free(&beads);
    if (fclose(out) != 0)
        tool_fail(STATUS_SYSTEM, "out of memory");
    return tasks;
}

static void free_lines(struct import *in)
{
    for (size_t i = 0; i < in->count; i++) {
        json_release(in->lines[i].value);
        free(in->lines[i].text);
    }
    free(in->lines);
}

static void print_ids(const struct tool *t, const society_list *ids)
{
    for (int64_t i = 0; i < society_list_count(ids); i++) {
        json_value *id = json_read(society_list_item(ids, i), NULL);
        lines_print_id(t, json_text(id));
        json_release(id);
    }
}

int task_import(struct tool *t, const struct task_request *r)
{
    struct import in = {0};
    society_list *ids = NULL;
    int skipped = 0;
    (void)r;
    tool_expect_arguments(t, 2, 2, "the file, or - for standard input");
    tool_open_as_agent(t);
    read_file(&in, t->arguments[1]);
    char *tasks = convert(&in, society_agent(t->society), &skipped);
    show_progress("writing", in.count);
    int result = society_task_create_lines(t->society, tasks, &ids);
    free(tasks);
    show_progress("", 0);
    /* What is wrong with a file is no fault of the command line. */
    if (result < 0)
        tool_fail(tool_status(result) == STATUS_USAGE ? STATUS_SYSTEM : tool_status(result),
                  "%s: %s", in.file, tool_reason(t, result));
    print_ids(t, ids);
    if (skipped > 0)
        tool_warn("%d tasks imported, %d deleted issues skipped", result, skipped);
    society_list_free(ids);
    free_lines(&in);
    return STATUS_DONE;
}
