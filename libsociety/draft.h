/* SPDX-License-Identifier: MIT */
/*
 * A caller's message while it becomes a record: the fields that the library knows are checked, one
 * by one, and the others are what the caller likes. Nearly every message is plain JSON
 * (json_plain.h): then its members are known before, and nothing is decoded.
 */
#ifndef SOC_DRAFT_H
#define SOC_DRAFT_H

#include "handle.h"
#include "json_plain.h"

/* What the messages of one call share. */
struct soc_composing {
    const struct soc_moment *now;
    int line; /* of several, the number of this one; 0: it is none of several */
};

struct soc_draft {
    struct society *s;
    const struct soc_composing *of;
    const char *text; /* the message: one sound JSON object */
    size_t length;
    const struct soc_plain_members *plain; /* its members; NULL: they are not plain */
    /* from here on set by soc_draft_check() */
    uint32_t ours; /* of the plain members: those that the record has a place of its own for */
    struct soc_slice to;
    char type[SOC_ID_MAX + 1]; /* each "" when it was not given */
    char id[SOC_ID_MAX + 1];
    char reply[SOC_ID_MAX + 1];
    bool has_thread;
    bool has_content;
};

/* "line 3: ", or "" for a line of 0. */
#define SOC_WHERE_SIZE 24
const char *soc_draft_where(int line, char out[SOC_WHERE_SIZE]);

/* 0; SOCIETY_E_INVALID, with words that name the field; -ENOMEM. */
int soc_draft_check(struct soc_draft *draft);

/* The members that the record takes over as they stand; begin with *cursor = 0. 1; 0 at the end;
 * -ENOMEM. */
int soc_draft_next(const struct soc_draft *draft, size_t *cursor, struct soc_slice *key,
                   struct soc_slice *value);

#endif
