/* SPDX-License-Identifier: MIT */
/*
 * Configuration files of other programs, in a project. What can't be done ends the process.
 */
#ifndef TOOLS_COMMON_CONFIG_FILE_H
#define TOOLS_COMMON_CONFIG_FILE_H

#include <sys/types.h>

/* How this program, which is called `name`, is to be called: by its name where the shell finds it
 * so, else by its path. To be given to free(). */
char *config_program(const char *name);

/* The nearest directory at or above the working directory that a project begins at; else the
 * working directory. To be given to free(). */
char *config_project(void);

/* The mode of a new file. */
mode_t config_mode(void);

/* A file's text, to be given to free(); "" if there is none. Its mode, if there is one. */
char *config_read(const char *path, mode_t *ret_mode);

/* The text with its lines ended as those of the file that it replaces, in place of it: where all of
 * them end with a carriage return, new ones do. */
char *config_end_lines(char *text, const char *before);

/* Puts a file in its place, whole, with the directories that it is in. */
void config_write(const char *path, const char *text, mode_t mode);

#endif
