/* SPDX-License-Identifier: MIT */
/*
 * Cells are kept until the widths are known. Widths count characters, which is right for all but wide scripts.
 */
#include "table.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "output.h"
#include "tool.h"

void table_begin(struct table *t, const char *const *headings)
{
    memset(t, 0, sizeof *t);
    t->headings = headings;
    while (headings[t->columns] && t->columns < TABLE_COLUMNS)
        t->columns++;
}

/* Whether there is nothing to escape, as mostly: a stream for each cell would cost more than the
 * rest of the table. */
static int is_plain(const char *text)
{
    while (*text >= ' ' && *text <= '~')
        text++;
    return *text == '\0';
}

static char *escaped(const char *text)
{
    char *copy = text && *text && is_plain(text) ? strdup(text) : NULL;
    size_t size = 0;
    if (copy)
        return copy;
    FILE *out = open_memstream(&copy, &size);
    if (!out)
        tool_fail(STATUS_SYSTEM, "out of memory");
    output_text(out, text && *text ? text : "-");
    if (fclose(out) != 0)
        tool_fail(STATUS_SYSTEM, "out of memory");
    return copy;
}

void table_add(struct table *t, const char *style, const char *text)
{
    struct table_cell *cells = realloc(t->cells, ((size_t)t->count + 1) * sizeof *cells);
    if (!cells)
        tool_fail(STATUS_SYSTEM, "out of memory");
    t->cells = cells;
    char *copy = escaped(text);
    t->cells[t->count++] = (struct table_cell){copy, style, copy};
}

static int width_of(const char *text)
{
    int width = 0;
    for (; *text; text++)
        width += ((unsigned char)*text & 0xc0) != 0x80;
    return width;
}

static void measure(const struct table *t, int *widths)
{
    for (int column = 0; column < t->columns; column++)
        widths[column] = width_of(t->headings[column]);
    for (int i = 0; i < t->count; i++) {
        int width = width_of(t->cells[i].text);
        if (width > widths[i % t->columns])
            widths[i % t->columns] = width;
    }
}

/* The columns of the terminal that are left behind `used`; no limit where that is not known. */
static int room_behind(int used)
{
    struct winsize size;
    if (!output_is_terminal() || ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) != 0 ||
        size.ws_col <= used)
        return INT_MAX;
    return size.ws_col - used;
}

/* The bytes of the first `width` characters. */
static int bytes_of(const char *text, int width)
{
    int length = 0;
    while (text[length] && (width > 0 || ((unsigned char)text[length] & 0xc0) == 0x80))
        width -= ((unsigned char)text[++length] & 0xc0) != 0x80;
    return length;
}

static void print_text(const char *text, const char *style, int room)
{
    if (style)
        output_style(style);
    if (width_of(text) > room)
        printf("%.*s…", bytes_of(text, room - 1), text);
    else
        fputs(text, stdout);
    if (style)
        output_style(NULL);
}

/* One row; on a terminal the last cell is cut to what is left of the line. */
static void print_row(const struct table *t, const struct table_cell *cells, const int *widths)
{
    int used = 0;
    for (int column = 0; column < t->columns; column++) {
        int last = column == t->columns - 1;
        print_text(cells[column].text, cells[column].style, last ? room_behind(used) : INT_MAX);
        if (last)
            putchar('\n');
        else if (!output_is_terminal())
            putchar('\t');
        else
            printf("%*s", widths[column] - width_of(cells[column].text) + 2, "");
        used += widths[column] + 2;
    }
}

static void print_headings(const struct table *t, const int *widths)
{
    struct table_cell cells[TABLE_COLUMNS];
    for (int column = 0; column < t->columns; column++)
        cells[column] = (struct table_cell){t->headings[column], STYLE_DIM, NULL};
    print_row(t, cells, widths);
}

void table_end(struct table *t)
{
    int widths[TABLE_COLUMNS] = {0};
    measure(t, widths);
    if (output_is_terminal() && t->count > 0)
        print_headings(t, widths);
    for (int i = 0; i + t->columns <= t->count; i += t->columns)
        print_row(t, t->cells + i, widths);
    for (int i = 0; i < t->count; i++)
        free(t->cells[i].owned);
    free(t->cells);
    t->cells = NULL;
    t->count = 0;
}
