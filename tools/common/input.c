/* SPDX-License-Identifier: MIT */
/*
 * As getdelim(3), but for the bound, and for its end: that one gives -1 for the end of the file, for a failed read and for memory
 * that ran out alike.
 */
#include "input.h"

#include <errno.h>
#include <stdlib.h>

enum { FIRST_ROOM = 4096 };

/* Room for one byte more, and the NUL behind it. */
static int make_room(struct input_text *input)
{
    if (input->length + 2 <= input->room)
        return 0;
    size_t room = input->room > 0 ? 2 * input->room : FIRST_ROOM;
    char *text = realloc(input->text, room);
    if (!text)
        return -1;
    input->text = text;
    input->room = room;
    return 0;
}

int input_read(FILE *stream, char end, size_t most, struct input_text *input)
{
    int byte;
    input->length = 0;
    errno = 0;
    while ((byte = getc_unlocked(stream)) != EOF && byte != (unsigned char)end) {
        if (input->length == most)
            errno = EFBIG;
        if (errno == EFBIG || make_room(input) < 0)
            return -1;
        input->text[input->length++] = (char)byte;
    }
    if (ferror(stream) || make_room(input) < 0)
        return -1;
    input->text[input->length] = '\0';
    return byte != EOF || input->length > 0;
}
