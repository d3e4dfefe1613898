/* SPDX-License-Identifier: MIT */
/*
 * Issues of beads, any lines of JSON: each is refused with words, or becomes a task, an object on one line.
 */
#include <setjmp.h>
#include <stdarg.h>

#include "common/task_beads.h"
#include "common/tool.h"
#include "fuzz/fuzz.h"
#include "json.h"

enum { LINES = 16 };

static jmp_buf refused;
static json_value *values[LINES];
static int count;

/* In place of the tools' own, which ends the process. */
void tool_fail(int status, const char *format, ...)
{
    char text[4096];
    va_list arguments;

    va_start(arguments, format);
    int length = vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    must(length > 0 && status == STATUS_SYSTEM && strstr(text, "file: line "));
    longjmp(refused, 1);
}

static void write_one(const struct beads *b, int number)
{
    char *text = NULL;
    size_t size = 0;
    FILE *out = open_memstream(&text, &size);

    must(out);
    beads_write(b, values[number], number + 1, out);
    must(fclose(out) == 0);
    SOC_AUTO_JSON soc_json *task = soc_json_parse(text, size, NULL);
    must(soc_json_kind(task) == SOC_JSON_OBJECT && !memchr(text, '\n', size));
    must(soc_json_get_string(task, "id"));
    free(text);
}

static void import(struct beads *b)
{
    for (int i = 0; i < count; i++)
        beads_gather(b, values[i], i + 1);
    beads_settle(b);
    for (int i = 0; i < count; i++)
        if (beads_is_issue(values[i]) && !beads_is_deleted(values[i]))
            write_one(b, i);
}

static void read_lines(struct feed *feed)
{
    const char *why;

    for (count = 0; feed->left > 0 && count < LINES;) {
        char *line = feed_text(feed, '\n');
        values[count] = json_read(line, &why);
        count += values[count] != NULL;
        free(line);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct beads b; /* of static life, for the jump */
    struct feed feed = {data, size};

    b = (struct beads){.file = "file", .agent = "w1"};
    read_lines(&feed);
    if (setjmp(refused) == 0)
        import(&b);
    beads_free(&b);
    while (count > 0)
        json_release(values[--count]);
    return 0;
}
