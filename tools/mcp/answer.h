/* SPDX-License-Identifier: MIT */
/*
 * The answer of a tool: text for the model, and the same as an object.
 */
#ifndef TOOLS_MCP_ANSWER_H
#define TOOLS_MCP_ANSWER_H

#include <stdio.h>

#include "mcp/mcp.h"

struct answer {
    FILE *out; /* the text */
    char *text;
    size_t size;
    json_value *data;
};

void answer_begin(struct answer *a);

/* Says that what follows was written by others. */
void answer_foreign(struct answer *a);

/* Sends it, and frees what it holds. */
void answer_send(struct mcp *m, const struct request *r, struct answer *a);

/* Frees one that is not sent. */
void answer_drop(struct answer *a);

/* A "no" that the model should see and act on. */
void answer_refuse(struct mcp *m, const struct request *r, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* The same in the words of the library for its last failure. */
void answer_failure(struct mcp *m, const struct request *r, int result);

/* Asks the client's person for one thing instead of an answer (2026-07-28); the client calls again
 * with what they said. */
void answer_input_required(struct mcp *m, const struct request *r, const char *name,
                           json_value *elicitation);

#endif
