/* SPDX-License-Identifier: MIT */
/*
 * Writes to others' files, told: on standard output each, to the agents once.
 */
#ifndef TOOLS_GUARD_REPORT_H
#define TOOLS_GUARD_REPORT_H

#include "guard/directories.h"
#include "guard/guard.h"
#include "guard/trees.h"

/* What was seen and is to be judged. */
struct sighting {
    int tree;
    int what;
};

struct batch {
    struct texts files; /* absolute */
    struct sighting *seen;
    int room;
    json_value *written; /* files of others' that were written and not closed yet */
    json_value *told;    /* what the agents were told already */
};

void batch_begin(struct batch *b);
void batch_end(struct batch *b);

/* Adds one, unless it is the same as the last. */
void batch_add(struct batch *b, int tree, int what, const char *path);

/* Judges what was added, and reports it. */
void batch_report(struct batch *b, const struct guard *g, struct trees *t);

#endif
