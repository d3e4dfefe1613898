/* SPDX-License-Identifier: MIT */
/*
 * Frames that can't be taken as they stand: what can be saved of them. A client waits for the
 * answer to each of its requests, so one that is refused is refused by its id wherever that can be
 * read.
 */
#ifndef TOOLS_MCP_SALVAGE_H
#define TOOLS_MCP_SALVAGE_H

#include <stddef.h>

#include "common/json.h"

/* Half of a surrogate pair, which JavaScript writes when it cuts a text inside of a character,
 * becomes U+FFFD, in its place. */
void salvage_text(char *json, size_t length);

/* The search for the id of a request that is no JSON, or too long to be kept: all bytes of the
 * frame are looked at once, as they come. Begins as zeroes. */
struct salvage {
    int begun;   /* the frame begins like an object; -1: it does not */
    int depth;   /* of objects and arrays that are open */
    int quoted;  /* inside of a string; 2: behind a backslash in it */
    int place;   /* among the members of the frame itself */
    int methods; /* members of that name */
    int ids;
    char name[8]; /* of the member, as far as it goes in */
    size_t name_length;
    char id[256];
    size_t id_length;
};

void salvage_scan(struct salvage *s, const char *bytes, size_t length);

/* The id of the request that the frame would have been, to be given to json_release(); NULL: it
 * would have been none, or has no id that could be answered. Ends the search. */
json_value *salvage_id(struct salvage *s);

#endif
