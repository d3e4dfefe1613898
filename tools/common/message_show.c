/* SPDX-License-Identifier: MIT */
/*
 * A head line of our own, then what others wrote, quoted line by line: see message_show.h.
 */
#include "common/message_show.h"

#include <stdlib.h>
#include <string.h>

#include "common/foreign.h"
#include "common/tool.h"

enum { SHORT = 200 };

/* The fields that say what a message is, each a short text of somebody else's. */
static void copy_fields(json_value *to, json_value *message)
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

/* The content of a message, or what a foreign writer has instead. */
static char *body_of(json_value *message)
{
    json_value *content = json_member(message, "content");
    json_value *data = json_member(message, "data");
    char *text = json_show(content ? content : json_member(message, "task"));
    if (!data)
        return text;
    char *more = json_compact(data);
    char *both = NULL;
    if (asprintf(&both, "%s%sdata: %s", text, *text ? "\n" : "", more) < 0)
        tool_fail(STATUS_SYSTEM, "out of memory");
    free(more);
    free(text);
    return both;
}

/* Says where a body was cut, and how the rest is had. */
static void write_cut(FILE *out, json_value *shown, const char *body, size_t next,
                      const char *command)
{
    if (command)
        fprintf(out, "[cut at byte %zu of %zu: the rest with `%s %s`]\n", next, strlen(body),
                command, json_member_text(shown, "id", "ID"));
    else
        fprintf(out, "[cut at byte %zu of %zu: the rest with inbox, this id, offset %zu]\n", next,
                strlen(body), next);
}

json_value *message_show(json_value *message, size_t offset, size_t most, size_t *left,
                         const char *command, FILE *out)
{
    json_value *shown = json_new_map();
    copy_fields(shown, message);
    flatten(shown);
    write_head(out, shown);
    char *body = body_of(message);
    size_t next = 0;
    size_t room = most < *left ? most : *left;
    char *part = foreign_text(body, offset, room, &next);
    *left -= strlen(part) < *left ? strlen(part) : *left;
    json_put_text(shown, "content", part);
    if (*part)
        foreign_quote(out, part);
    if (next) {
        json_put_number(shown, "bytes", (int64_t)strlen(body));
        json_put_number(shown, "next", (int64_t)next);
        write_cut(out, shown, body, next, command);
    }
    free(part);
    free(body);
    return shown;
}
