/* SPDX-License-Identifier: MIT */
/*
 * A memory stream does the growing; running out of memory ends the process.
 */
#include "compose.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "output.h"
#include "tool.h"

void compose_begin(struct compose *c)
{
    c->text = NULL;
    c->size = 0;
    c->fields = 0;
    c->out = open_memstream(&c->text, &c->size);
    if (!c->out)
        tool_fail(STATUS_SYSTEM, "out of memory");
    fputc('{', c->out);
}

static void begin_field(struct compose *c, const char *name)
{
    fputs(c->fields++ > 0 ? "," : "", c->out);
    output_quoted(c->out, name);
    fputc(':', c->out);
}

void compose_text(struct compose *c, const char *name, const char *text)
{
    if (!text)
        return;
    begin_field(c, name);
    output_quoted(c->out, text);
}

void compose_number(struct compose *c, const char *name, int64_t number)
{
    begin_field(c, name);
    fprintf(c->out, "%" PRId64, number);
}

void compose_list(struct compose *c, const char *name, char *const *items, int count)
{
    if (count == 0)
        return;
    begin_field(c, name);
    for (int i = 0; i < count; i++) {
        fputc(i > 0 ? ',' : '[', c->out);
        output_quoted(c->out, items[i]);
    }
    fputc(']', c->out);
}

void compose_json(struct compose *c, const char *name, const char *json)
{
    if (!json)
        return;
    begin_field(c, name);
    for (; *json; json++)
        fputc(*json == '\n' || *json == '\r' ? ' ' : *json, c->out);
}

char *compose_end(struct compose *c)
{
    fputc('}', c->out);
    if (fclose(c->out) != 0)
        tool_fail(STATUS_SYSTEM, "out of memory");
    return c->text;
}

void texts_add(struct texts *list, const char *text)
{
    char **items = realloc(list->items, ((size_t)list->count + 1) * sizeof *items);
    if (!items)
        tool_fail(STATUS_SYSTEM, "out of memory");
    list->items = items;
    items[list->count] = text ? strdup(text) : NULL;
    if (text && !items[list->count])
        tool_fail(STATUS_SYSTEM, "out of memory");
    list->count++;
}

void texts_free(struct texts *list)
{
    for (int i = 0; i < list->count; i++)
        free(list->items[i]);
    free(list->items);
    list->items = NULL;
    list->count = 0;
}
