/* SPDX-License-Identifier: MIT */
/*
 * The tail is opened with receipts, so what another process of the agent has received in the
 * meantime is passed over at the next start, and a repeat is told by its id.
 */
#include "mcp/mail.h"

#include <stdlib.h>
#include <string.h>

#include <society/message.h>

#include "common/foreign.h"
#include "common/message_show.h"
#include "mcp/rpc.h"

int mail_open(struct mcp *m)
{
    if (m->mail.tail)
        return 0;
    return society_tail_open(m->society, "messages", SOCIETY_FROM_CURSOR, SOCIETY_TAIL_RECEIPTS,
                             &m->mail.tail);
}

int mail_ready(struct mcp *m)
{
    return m->mail.tail && society_tail_wait(m->mail.tail, 0) != 0;
}

static int is_answered(const struct mcp *m, const char *id)
{
    for (size_t i = 0; i < sizeof m->mail.answers / sizeof *m->mail.answers; i++)
        if (m->mail.answers[i][0] && strcmp(m->mail.answers[i], id) == 0)
            return 1;
    return 0;
}

void mail_answered(struct mcp *m, const char *id)
{
    char *slot = m->mail.answers[m->mail.answer_at];
    if (strlen(id) >= sizeof *m->mail.answers)
        return; /* it will be shown again, which is allowed */
    memcpy(slot, id, strlen(id) + 1);
    m->mail.answer_at =
        (m->mail.answer_at + 1) % (int)(sizeof m->mail.answers / sizeof *m->mail.answers);
}

/* One that can't be read after all, such as one with a number beyond all bounds, is shown as it
 * stands: it is taken by this, and would be lost. */
static json_value *read_message(const char *record)
{
    json_value *message = json_read(record, NULL);
    if (!json_is_map(message)) {
        json_release(message);
        message = json_new_map();
        json_put_text(message, "content", record);
    }
    return message;
}

int mail_take(struct mcp *m, int64_t most, json_value *list, FILE *out)
{
    size_t left = FOREIGN_ALL;
    int result = mail_open(m);
    int64_t count = 0;
    /* The last of an answer is cut rather than left: an answer has at least one. */
    while (result == 0 && count < most && left > FOREIGN_BODY) {
        const char *record;
        result = society_tail_next(m->mail.tail, &record, NULL);
        if (result != 1)
            return result;
        m->mail.shown = 1;
        json_value *message = read_message(record);
        if (!is_answered(m, json_member_text(message, "id", ""))) {
            json_add(list, message_show(message, 0, FOREIGN_BODY, &left, NULL, out));
            count++;
        }
        json_release(message);
        result = 0;
    }
    if (result < 0)
        return result;
    return mail_ready(m);
}

void mail_commit(struct mcp *m)
{
    if (!m->mail.shown || !m->mail.tail)
        return;
    m->mail.shown = 0;
    const char *incident = society_tail_incident(m->mail.tail);
    if (incident)
        rpc_log(m, NULL, LOG_WARNING, "messages: %s", incident);
    if (society_tail_commit(m->mail.tail) < 0) /* they will come again */
        rpc_log(m, NULL, LOG_WARNING, "the cursor was not moved: %s",
                society_last_message(m->society));
}

void mail_close(struct mcp *m)
{
    society_tail_close(m->mail.tail);
    m->mail.tail = NULL;
    m->mail.shown = 0;
}
