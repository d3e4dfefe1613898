/* SPDX-License-Identifier: MIT */
/*
 * Running another program to its end. Its standard input is empty.
 */
#ifndef TOOLS_COMMON_CHILD_H
#define TOOLS_COMMON_CHILD_H

#include <stddef.h>

/* What standard error of the program is: ours, or nothing. */
enum { CHILD_LOUD, CHILD_QUIET };

/* What programs that are run from now on get when this process is killed; 0: nothing, and they run on. */
void child_follow(int signal);

/* Runs a program (its words, ended by NULL); what it prints goes to standard error. Its exit status, 128 and the signal's number
 * if one killed it, 127 if it can't be run. */
int child_run(const char *const *words);

/* The same, and what it prints, with a NUL behind it, to be given to free(); its length in `ret_size` if wanted. NULL: its status,
 * which is in `ret_status` if wanted, is not 0. */
char *child_read(const char *const *words, int quiet, size_t *ret_size, int *ret_status);

#endif
