/* SPDX-License-Identifier: MIT */
/*
 * The verbs of `society`: every program called society-VERB beside it or on the path.
 */
#ifndef TOOLS_COMMON_VERBS_H
#define TOOLS_COMMON_VERBS_H

/* The path of a verb's program, to be given to free(); NULL: there is none. */
char *verbs_find(const char *verb);

/* The verb that `verb` was probably meant to be; NULL: none is near. */
const char *verbs_nearest(const char *verb);

/* A line for each verb on standard output. */
void verbs_print(void);

#endif
