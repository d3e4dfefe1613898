/* SPDX-License-Identifier: MIT */
/*
 * Reading what somebody else writes, up to a length.
 */
#ifndef TOOLS_COMMON_INPUT_H
#define TOOLS_COMMON_INPUT_H

#include <stdio.h>

struct input_text {
    char *text; /* ends with a NUL; to be freed */
    size_t length, room;
};

/* Reads up to the byte `end`, which is left out, or to the end of the file. 1: done; 0: there was nothing more; -1: errno, which is
 * EFBIG behind `most` bytes. */
int input_read(FILE *stream, char end, size_t most, struct input_text *input);

#endif
