/* SPDX-License-Identifier: MIT */
/*
 * Files of configuration are small: each change copies the text.
 */
#include "common/splice.h"

#include <stdlib.h>
#include <string.h>

#include "common/tool.h"

char *splice_text(char *text, size_t at, size_t length, const char *with)
{
    size_t more = strlen(with);
    size_t rest = strlen(text + at + length);
    char *result = malloc(at + more + rest + 1);
    if (!result)
        tool_fail(STATUS_SYSTEM, "out of memory");
    memcpy(result, text, at);
    memcpy(result + at, with, more);
    memcpy(result + at + more, text + at + length, rest + 1);
    free(text);
    return result;
}

void splice_locate(const char *text, size_t at, struct splice_error *error)
{
    error->line = 1;
    error->column = 1;
    for (size_t i = 0; i < at; i++) {
        error->column++;
        if (text[i] != '\n')
            continue;
        error->line++;
        error->column = 1;
    }
}
