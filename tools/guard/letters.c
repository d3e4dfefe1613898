/* SPDX-License-Identifier: MIT */
/*
 * As society-mcp shows them (common/message_show.h), in fewer words: agents cut what a hook says at
 * 10,000 characters, or less. What there is no room for stays unread, and comes next time.
 */
#include "guard/letters.h"

#include <stdio.h>
#include <stdlib.h>

#include "common/foreign.h"
#include "common/message_show.h"

enum { ALL = 7000, BODY = 1500, MOST = 20 };

char *letters_take(const struct guard *g, struct letters *letters)
{
    char *text = NULL;
    size_t size = 0;
    size_t left = ALL;
    const char *record = NULL;
    int count = 0;
    letters->tail = NULL;
    int result = society_tail_open(g->t->society, "messages", SOCIETY_FROM_CURSOR,
                                   SOCIETY_TAIL_RECEIPTS, &letters->tail);
    FILE *out = open_memstream(&text, &size);
    if (result < 0 || !out)
        tool_fail(STATUS_SYSTEM, "%s", out ? tool_reason(g->t, result) : "out of memory");
    fprintf(out,
            "Unread messages for you, %s, in the society of agents that work here. " FOREIGN_NOTICE
            " Answer with society-send; show others with society-inbox.\n",
            g->agent);
    while (count < MOST && left > BODY &&
           (result = society_tail_next(letters->tail, &record, NULL)) == 1) {
        json_value *message = json_read(record, NULL);
        if (message)
            json_release(message_show(message, 0, BODY, &left, "society-inbox read", out));
        json_release(message);
        count++;
    }
    if (count > 0 && society_tail_wait(letters->tail, 0) == 1)
        fputs("\nThere are more: society-inbox --unread\n", out);
    if (fclose(out) != 0 || result < 0)
        tool_fail(STATUS_SYSTEM, "the messages: %s", tool_reason(g->t, result));
    if (count > 0)
        return text;
    free(text);
    return NULL;
}

void letters_commit(const struct guard *g, struct letters *letters)
{
    int result = society_tail_commit(letters->tail);
    if (result < 0) /* they will come again */
        tool_warn("the cursor was not moved: %s", tool_reason(g->t, result));
}
