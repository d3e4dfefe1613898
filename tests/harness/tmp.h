/* SPDX-License-Identifier: MIT */
/*
 * Temporary directories, each a test's own.
 */
#ifndef HARNESS_TMP_H
#define HARNESS_TMP_H

/* A new directory under ${TMPDIR:-/tmp}; its absolute path, with no link in it, is for
 * tmp_remove(). */
char *tmp_make(void);
/* Removes the directory with everything in it, following no symbolic link, and frees the path. NULL
 * is allowed. */
void tmp_remove(char *path);
/* "<directory>/<name>", to be freed. */
char *tmp_path(const char *directory, const char *name);

#endif
