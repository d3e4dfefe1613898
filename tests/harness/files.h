/* SPDX-License-Identifier: MIT */
/*
 * Files as a test wants them: by path, all at once. What fails ends the program with words (die.h).
 */
#ifndef HARNESS_FILES_H
#define HARNESS_FILES_H

#include <stdbool.h>
#include <stddef.h>

/* All of a file, with a NUL behind it, to be freed; its length through `ret_length`, unless that is
 * NULL. */
char *read_file(const char *path, size_t *ret_length);
/* Makes or replaces a file's content; appends with one write(2). */
void write_file(const char *path, const void *data, size_t length);
void append_file(const char *path, const void *data, size_t length);
/* The same for a string. */
void write_text(const char *path, const char *text);
void append_text(const char *path, const char *text);

bool file_exists(const char *path); /* whatever it is; a link counts itself */
long long file_size(const char *path);
/* The permission bits. */
unsigned file_mode(const char *path);
/* The newlines in a file. */
size_t count_lines(const char *path);
/* How often `text` occurs in a file, overlaps not counted. */
size_t count_text(const char *path, const char *text);
/* The entries of a directory but "." and "..". */
size_t count_entries(const char *path);
/* The descriptors that this process has open. */
size_t count_descriptors(void);

#endif
