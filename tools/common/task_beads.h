/* SPDX-License-Identifier: MIT */
/*
 * Issues of beads, an issue tracker that lives in a repository, as tasks of ours.
 *
 * Its names (of issues, of people) may hold characters that ours do not, such as a slash. Each of those becomes a hyphen; where
 * two names would become one, nothing is imported. So all names of a file are gathered first, and issues converted then.
 */
#ifndef TOOLS_COMMON_TASK_BEADS_H
#define TOOLS_COMMON_TASK_BEADS_H

#include <stdio.h>

#include "json.h"

struct beads_name {
    const char *name; /* borrowed from its issue */
    char ours[65];
    int line;
    int deleted;
};

struct beads_names {
    const char *field; /* where they stood */
    struct beads_name *items;
    size_t count, room;
};

struct beads {
    const char *file;  /* for messages */
    const char *agent; /* who imports */
    struct beads_names issues;
    struct beads_names people;
};

/* Whether a line is an issue; and one that was deleted. */
int beads_is_issue(json_value *line);
int beads_is_deleted(json_value *issue);

/* Gathers the names of one line, which may also be a task of ours. */
void beads_gather(struct beads *b, json_value *line, int number);

/* When all are gathered: ends the process if two names would become one. */
void beads_settle(struct beads *b);

/* Writes an issue as a task, on one line without its newline. */
void beads_write(const struct beads *b, json_value *issue, int number, FILE *out);

void beads_free(struct beads *b);

#endif
