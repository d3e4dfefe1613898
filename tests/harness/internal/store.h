/* SPDX-License-Identifier: MIT */
/*
 * A society's directory without a handle, for tests of the store: setup and teardown of a test, the
 * paths in it, and lines to put there.
 */
#ifndef HARNESS_STORE_H
#define HARNESS_STORE_H

#include "fs.h"
#include "reader.h"

extern struct soc_dir store_dir;
extern struct soc_error store_error;

/* Make and remove the directory, with the table of faults in force. */
int store_setup(void **state);
int store_teardown(void **state);

/* The path of a file in the directory; good for the next eight calls. */
const char *store_path(const char *name);
/* A whole record of ours, with its newline, and one of a foreign writer; good for the next eight
 * calls. */
const char *store_ours(const char *type, const char *id);
const char *store_foreign(const char *content);
int store_free_lines(void **state); /* for a program that uses nothing else of this */
/* A header of a segment, as it stands in a file. */
const char *store_header(const char *log, long long base);
/* Appends text to a file of the directory, and makes its subdirectory if it is missing. */
void store_put(const char *name, const char *text);
/* `length` bytes of 'x', to be freed. */
char *store_filler(size_t length);

/* What a reader gives until its end: "r" for each record, "m" for each malformed line, "s" for a
 * salvaged record, followed by the record's id, if it has one. "r:a r:b m s:c" */
const char *store_read(struct soc_reader *reader);
/* The same for a reader that is opened at `position`. */
const char *store_read_log(const char *log, int64_t position);

#endif
