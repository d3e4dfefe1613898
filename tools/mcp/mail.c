/* SPDX-License-Identifier: MIT */
/*
 * The tail is opened with receipts, so what another process of the agent has received in the
 * meantime is passed over at the next start, and a repeat is told by its id.
 */
#include "mcp/mail.h"

#include <stdlib.h>
#include <string.h>

#include <society/message.h>

#include "mcp/foreign.h"
#include "mcp/rpc.h"

enum { SHORT = 200 };

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

/* The fields that say what a message is, each a short text of somebody else's. The room they took.
 */
static size_t copy_fields(json_value *to, json_value *message)
{
    static const char *const names[] = {
        "id",     "from",     "to",       "type",        "subject",     "timestamp", "replyTo",
        "thread", "priority", "deadline", "ackRequired", "attachments", NULL};
    size_t left = FOREIGN_BODY;
    for (size_t i = 0; names[i]; i++) {
        json_value *value = json_member(message, names[i]);
        json_put(to, names[i], foreign_copy(value, SHORT, &left));
    }
    json_put_flag(to, "verified",
                  0); /* `from` is what the writer says: the format has no signatures yet */
    return FOREIGN_BODY - left;
}

static void write_head(FILE *out, json_value *shown)
{
    fprintf(out, "\nmessage %s from %s (unverified)", json_member_text(shown, "id", "without id"),
            json_member_text(shown, "from", "nobody"));
    fprintf(out, ", %s", json_member_text(shown, "type", "message"));
    if (json_member_text(shown, "timestamp", NULL))
        fprintf(out, ", %s", json_member_text(shown, "timestamp", ""));
    if (json_member_text(shown, "replyTo", NULL))
        fprintf(out, ", in reply to %s", json_member_text(shown, "replyTo", ""));
    if (json_member_true(shown, "ackRequired"))
        fputs(", wants to be acknowledged", out);
    fputc('\n', out);
    json_value *attachments = json_member(shown, "attachments");
    if (json_count(attachments) > 0) {
        char *list = json_compact(attachments);
        foreign_quote(out, list);
        free(list);
    }
    if (json_member_text(shown, "subject", NULL)) {
        char *subject = NULL;
        if (asprintf(&subject, "subject: %s", json_member_text(shown, "subject", "")) < 0)
            tool_fail(STATUS_SYSTEM, "out of memory");
        foreign_quote(out, subject);
        free(subject);
    }
}

/* A head line is ours: none of its fields may begin another. */
static void flatten(json_value *shown)
{
    static const char *const names[] = {"id", "from", "type", "timestamp", "replyTo", NULL};
    for (size_t i = 0; names[i]; i++) {
        const char *text = json_member_text(shown, names[i], NULL);
        char *line = text ? foreign_line(text, SHORT) : NULL;
        json_put_text(shown, names[i], line);
        free(line);
    }
}

/* The content of a message, or what a foreign writer has instead; with a subject that is too long
 * for the head. */
static char *body_of(json_value *message)
{
    json_value *content = json_member(message, "content");
    json_value *data = json_member(message, "data");
    const char *subject = json_member_text(message, "subject", "");
    char *text = json_show(content ? content : json_member(message, "task"));
    char *more = data ? json_compact(data) : NULL;
    char *body = NULL;
    int is_long = strlen(subject) > SHORT;
    if (asprintf(&body, "%s%s%s%s%s%s%s", is_long ? "subject: " : "", is_long ? subject : "",
                 is_long ? "\n" : "", text, more && *text ? "\n" : "", more ? "data: " : "",
                 more ? more : "") < 0)
        tool_fail(STATUS_SYSTEM, "out of memory");
    free(more);
    free(text);
    return body;
}

json_value *mail_show(json_value *message, size_t offset, size_t most, size_t *left, FILE *out)
{
    json_value *shown = json_new_map();
    size_t used = copy_fields(shown, message);
    flatten(shown);
    write_head(out, shown);
    char *body = body_of(message);
    used += foreign_page(shown, "content", body, offset, most < *left ? most : *left,
                         "inbox, this id", out);
    *left -= used < *left ? used : *left;
    free(body);
    return shown;
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
        json_value *message = json_read(record, NULL);
        if (message && !is_answered(m, json_member_text(message, "id", ""))) {
            json_add(list, mail_show(message, 0, FOREIGN_BODY, &left, out));
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
