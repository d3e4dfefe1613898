/* SPDX-License-Identifier: MIT */
/*
 * Rows of cells: aligned under a heading and cut to its width on a terminal, separated by tabs without one elsewhere.
 */
#ifndef TOOLS_COMMON_TABLE_H
#define TOOLS_COMMON_TABLE_H

#define TABLE_COLUMNS 8

struct table_cell {
    const char *text; /* escaped */
    const char *style;
    char *owned; /* the text again, where it is to be freed */
};

struct table {
    const char *const *headings; /* one for each column, ended by NULL */
    struct table_cell *cells;
    int columns;
    int count; /* of cells */
};

/* At most TABLE_COLUMNS headings. */
void table_begin(struct table *t, const char *const *headings);

/* The next cell, row by row; `style` NULL: plain. The text is escaped and copied; an empty one is shown as "-". */
void table_add(struct table *t, const char *style, const char *text);

/* Prints the table and frees what it holds. */
void table_end(struct table *t);

#endif
