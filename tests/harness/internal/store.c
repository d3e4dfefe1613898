/* SPDX-License-Identifier: MIT */
/*
 * Directories and lines for the store's tests. The strings that are handed out live in rings, so
 * that a test may name several in one expression.
 */
#include "harness/internal/store.h"

#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "harness/die.h"
#include "harness/files.h"
#include "harness/internal/faults.h"
#include "harness/tmp.h"
#include "record.h"

#define RING 8

struct soc_dir store_dir;
struct soc_error store_error;

static char *tmp;
static char paths[RING][512];
static struct soc_strbuf lines[RING];
static struct soc_strbuf readings;
static int next_path;
static int next_line;

int store_setup(void **state)
{
    (void)state;
    tmp = tmp_make();
    store_error = (struct soc_error){0};
    if (chmod(tmp, 0700) < 0 || soc_dir_open(&store_dir, tmp, &store_error) < 0)
        die("%s", store_error.text);
    faults_install();
    return 0;
}

int store_teardown(void **state)
{
    (void)state;
    faults_remove();
    soc_dir_close(&store_dir);
    tmp_remove(tmp);
    return store_free_lines(state);
}

int store_free_lines(void **state)
{
    (void)state;
    for (int i = 0; i < RING; i++)
        soc_strbuf_free(&lines[i]);
    soc_strbuf_free(&readings);
    return 0;
}

const char *store_path(const char *name)
{
    char *path = paths[next_path++ % RING];

    snprintf(path, sizeof(paths[0]), "%s/%s", tmp, name);
    return path;
}

static struct soc_strbuf *fresh_line(void)
{
    struct soc_strbuf *line = &lines[next_line++ % RING];

    soc_strbuf_clear(line);
    return line;
}

const char *store_ours(const char *type, const char *id)
{
    struct soc_strbuf *line = fresh_line();

    soc_record_begin(line, type);
    soc_record_string(line, "from", "w1");
    soc_record_string(line, "to", "w2");
    soc_record_string(line, "content", "hello");
    if (soc_record_end(line, 0, id) < 0)
        die("a record");
    return line->data;
}

const char *store_foreign(const char *content)
{
    struct soc_strbuf *line = fresh_line();

    soc_strbuf_add_format(
        line, "{\"type\":\"message\",\"from\":\"w1\",\"to\":\"w2\",\"content\":\"%s\"}\n", content);
    return line->data;
}

const char *store_header(const char *log, long long base)
{
    struct soc_strbuf *line = fresh_line();

    soc_record_begin(line, "log_segment");
    soc_record_string(line, "log", log);
    soc_record_integer(line, "version", 1);
    soc_record_integer(line, "base", base);
    if (soc_record_end(line, 0, NULL) < 0)
        die("a header");
    return line->data;
}

void store_put(const char *name, const char *text)
{
    const char *slash = strchr(name, '/');
    char part[64];

    if (slash) {
        snprintf(part, sizeof(part), "%.*s", (int)(slash - name), name);
        mkdir(store_path(part), 0700); /* it may be there */
    }
    append_text(store_path(name), text);
}

char *store_filler(size_t length)
{
    char *text = malloc(length + 1);

    if (!text)
        die("malloc");
    memset(text, 'x', length);
    text[length] = '\0';
    return text;
}

static void add_reading(const struct soc_line *line)
{
    struct soc_slice id = soc_slice_plain(line->peek.id);

    if (readings.length > 0)
        soc_strbuf_add_char(&readings, ' ');
    if (line->kind == SOC_LINE_MALFORMED) {
        soc_strbuf_add_char(&readings, 'm');
        return;
    }
    soc_strbuf_add_char(&readings, line->salvaged ? 's' : 'r');
    if (id.data)
        soc_strbuf_add_format(&readings, ":%.*s", (int)id.length, id.data);
}

const char *store_read(struct soc_reader *reader)
{
    struct soc_line line;
    int result;

    soc_strbuf_clear(&readings);
    soc_strbuf_add_string(&readings, "");
    while ((result = soc_reader_next(reader, &line, &store_error)) == 1)
        add_reading(&line);
    if (result < 0)
        soc_strbuf_add_format(&readings, " error %d", result);
    return readings.data;
}

const char *store_read_log(const char *log, int64_t position)
{
    struct soc_reader reader;
    const char *text;

    if (soc_reader_open(&reader, &store_dir, log, position, &store_error) < 0)
        return store_error.text;
    text = store_read(&reader);
    soc_reader_close(&reader);
    return text;
}
