/* SPDX-License-Identifier: MIT */
/*
 * Writing a JSON object field by field, as text. What is NULL is left out.
 */
#ifndef TOOLS_COMMON_COMPOSE_H
#define TOOLS_COMMON_COMPOSE_H

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

struct compose {
    FILE *out;
    char *text;
    size_t size;
    int fields;
};

void compose_begin(struct compose *c);
void compose_text(struct compose *c, const char *name, const char *text);

void compose_number(struct compose *c, const char *name, int64_t number);

/* A list of strings; left out when empty. */
void compose_list(struct compose *c, const char *name, char *const *items, int count);

/* `json` must be one whole JSON value. Its line breaks, which can only stand between tokens, become spaces. */
void compose_json(struct compose *c, const char *name, const char *json);

/* The object, to be given to free(). */
char *compose_end(struct compose *c);

/* A growing list of texts, such as the values of a repeated option. NULL is a text too. */
struct texts {
    char **items;
    int count;
};

/* Adds a copy. */
void texts_add(struct texts *list, const char *text);
void texts_free(struct texts *list);

#endif
