/* SPDX-License-Identifier: MIT */
/*
 * The agent's unread messages on their way into a model's context.
 */
#ifndef TOOLS_GUARD_LETTERS_H
#define TOOLS_GUARD_LETTERS_H

#include <society/tail.h>

#include "guard/guard.h"

struct letters {
    society_tail *tail;
};

/* The messages from the agent's cursor on, as many as there is room for, as a text to be given to
 * free(); NULL: there is none. A failure ends the process. */
char *letters_take(const struct guard *g, struct letters *letters);

/* They have left the process: the cursor moves, and receipts are written. */
void letters_commit(const struct guard *g, struct letters *letters);

#endif
