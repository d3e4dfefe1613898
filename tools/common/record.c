/* SPDX-License-Identifier: MIT */
/*
 * Only what every record has is named here; the rest is shown as key=value, so that a type invented tomorrow is readable.
 */
#include "record.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "input.h"
#include "output.h"
#include "tool.h"

/* Of a text from standard input: more than a record may have, which the library says. */
enum { TEXT_MAX_BYTES = 1 << 20 };

const char *record_author(json_value *record)
{
    return json_member_text(record, "from", json_member_text(record, "agentId", "-"));
}

const char *record_thread(json_value *record)
{
    return json_member_text(record, "thread", json_member_text(record, "id", NULL));
}

/* Shown by themselves, or of no use to people. */
static int is_framing(const char *key)
{
    static const char *const keys[] = {"type",           "id",        "from",        "to",
                                       "timestamp",      "crc",       "subject",     "priority",
                                       "content",        "delivered", "position",    "session",
                                       "receipts",       "agentId",   "deliveredAt", "ackRequired",
                                       "acknowledgedAt", "unread",    NULL};
    for (size_t i = 0; keys[i]; i++)
        if (strcmp(key, keys[i]) == 0)
            return 1;
    return 0;
}

static void write_fields(FILE *out, json_value *record)
{
    const char *space = "";
    for (const char *key = json_next_key(record, NULL); key; key = json_next_key(record, key)) {
        json_value *value = json_member(record, key);
        if (!value || is_framing(key))
            continue;
        char *text = json_show(value);
        fprintf(out, "%s%s=%s", space, key, text);
        free(text);
        space = " ";
    }
}

char *record_summary(json_value *record)
{
    char *text = NULL;
    size_t size = 0;
    FILE *out = open_memstream(&text, &size);
    if (!out)
        tool_fail(STATUS_SYSTEM, "out of memory");
    const char *subject = json_member_text(record, "subject", NULL);
    if (subject)
        fprintf(out, "%s: ", subject);
    json_value *content = json_member(record, "content");
    if (content) {
        char *shown = json_show(content);
        fputs(shown, out);
        free(shown);
    } else {
        write_fields(out, record);
    }
    if (fclose(out) != 0)
        tool_fail(STATUS_SYSTEM, "out of memory");
    return text;
}

static void print_member(json_value *record, const char *before, const char *name,
                         const char *after)
{
    json_value *member = json_member(record, name);
    if (!member)
        return;
    char *text = json_show(member);
    fputs(before, stdout);
    output_text(stdout, text);
    fputs(after, stdout);
    free(text);
}

static void print_styled(const char *style, const char *text)
{
    output_style(style);
    output_text(stdout, text);
    output_style(NULL);
}

void record_print(const char *json)
{
    json_value *record = json_read(json, NULL);
    if (!record) {
        /* A number that does not fit: the record is good, it is only not taken apart. */
        output_text(stdout, json);
        putchar('\n');
        return;
    }
    print_styled(STYLE_DIM, json_member_text(record, "timestamp", "-"));
    putchar(' ');
    print_styled(STYLE_BOLD, record_author(record));
    print_member(record, " → ", "to", "");
    fputs(" [", stdout);
    output_text(stdout,
                json_member_text(record, "type",
                                 json_member(record, "agentId") ? "agent_register" : "message"));
    print_member(record, "/", "priority", "");
    fputs("] ", stdout);
    char *summary = record_summary(record);
    output_lines(stdout, summary, "    ");
    free(summary);
    if (json_member_true(record, "ackRequired"))
        print_member(record, " (asks to be acknowledged: ", "id", ")");
    putchar('\n');
    json_release(record);
}

char *record_read_text(const char *argument)
{
    char *text = NULL;
    if (strcmp(argument, "-") != 0) {
        text = strdup(argument);
        if (!text)
            tool_fail(STATUS_SYSTEM, "out of memory");
        return text;
    }
    struct input_text input = {0};
    /* Up to a NUL byte, which no text has, so in effect to the end. */
    int result = input_read(stdin, '\0', TEXT_MAX_BYTES, &input);
    if (result < 0 && errno == EFBIG)
        tool_fail(STATUS_USAGE, "standard input: the text is longer than a record may be");
    if (result < 0)
        tool_fail(STATUS_SYSTEM, "standard input: %s", strerror(errno));
    if (!feof(stdin))
        tool_fail(STATUS_USAGE, "standard input: the text contains a NUL byte");
    if (input.length > 0 && input.text[input.length - 1] == '\n')
        input.text[input.length - 1] = '\0';
    return input.text;
}
