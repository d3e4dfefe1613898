/* SPDX-License-Identifier: MIT */
/*
 * A result that was not written was not given: every tool ends through output_flush(), which asks.
 */
#include "output.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "escape.h"
#include "tool.h"

int output_is_terminal(void)
{
    static int known = -1;
    if (known < 0)
        known = isatty(STDOUT_FILENO);
    return known;
}

int output_has_colour(void)
{
    const char *no_colour = getenv("NO_COLOR");
    const char *term = getenv("TERM");
    return output_is_terminal() && !(no_colour && *no_colour) && term && strcmp(term, "dumb") != 0;
}

void output_style(const char *style)
{
    if (output_has_colour())
        printf("\033[%sm", style ? style : "");
}

void output_text(FILE *out, const char *text)
{
    escape_line(out, text, strlen(text));
}

void output_lines(FILE *out, const char *text, const char *indent)
{
    escape_lines(out, text, strlen(text), indent);
}

static void write_json(FILE *out, const char *json, size_t length)
{
    if (out == stdout && output_is_terminal())
        escape_json(out, json, length);
    else
        fwrite(json, 1, length, out);
}

void output_json(const char *json)
{
    write_json(stdout, json, strlen(json));
    putchar('\n');
}

void output_record_to(FILE *out, const char *json, int64_t position)
{
    const char *brace = strrchr(json, '}');
    size_t length = brace ? (size_t)(brace - json) : strlen(json);
    while (length > 0 && strchr(" \t\r\n", json[length - 1]))
        length--;
    write_json(out, json, length);
    const char *comma = length > 0 && json[length - 1] == '{' ? "" : ",";
    if (!brace)
        fputc('\n', out);
    else if (position < 0)
        fprintf(out, "%s\"position\":null}\n", comma);
    else
        fprintf(out, "%s\"position\":%" PRId64 "}\n", comma, position);
}

void output_record(const char *json, int64_t position)
{
    output_record_to(stdout, json, position);
}

void output_flush(void)
{
    int lost = ferror(stdout);
    errno = 0;
    if (fflush(stdout) != 0 || lost)
        tool_fail(STATUS_SYSTEM, "standard output: %s", errno ? strerror(errno) : "a write failed");
}

void output_quoted(FILE *out, const char *text)
{
    fputc('"', out);
    for (const unsigned char *at = (const unsigned char *)text; *at; at++) {
        if (*at == '"' || *at == '\\')
            fprintf(out, "\\%c", *at);
        else if (*at < 0x20)
            fprintf(out, "\\u%04x", *at);
        else
            fputc(*at, out);
    }
    fputc('"', out);
}
