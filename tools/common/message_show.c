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

/* A field on a line of ours, if it is there. */
static void write_word(FILE *out, json_value *shown, const char *name, const char *label)
{
    const char *word = json_member_text(shown, name, NULL);
    if (!word)
        return;
    fputs(label, out);
    foreign_word(out, word);
}

static void write_head(FILE *out, json_value *shown)
{
    if (json_member_text(shown, "id", NULL))
        write_word(out, shown, "id", "\nmessage ");
    else
        fputs("\nmessage without id", out);
    if (json_member_text(shown, "from", NULL))
        write_word(out, shown, "from", " from ");
    else
        fputs(" from nobody", out);
    fputs(" (unverified)", out);
    if (json_member_text(shown, "type", NULL))
        write_word(out, shown, "type", ", ");
    else
        fputs(", message", out);
    write_word(out, shown, "timestamp", ", ");
    write_word(out, shown, "replyTo", ", in reply to ");
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

/* What stands behind a command may be given to a shell as it is. */
static const char *id_for_command(json_value *shown)
{
    static const char plain[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-";
    const char *id = json_member_text(shown, "id", "");
    return *id && *id != '-' && !id[strspn(id, plain)] ? id : "ID";
}

/* The beginning of a body; a command shows all of it. */
static size_t show_for_command(json_value *shown, const char *body, size_t most,
                               const char *command, FILE *out)
{
    size_t next = 0;
    char *part = foreign_text(body, 0, most, &next);
    size_t used = strlen(part);
    json_put_text(shown, "content", part);
    if (*part)
        foreign_quote(out, part);
    if (next)
        fprintf(out, "[cut at byte %zu of %zu: the rest with `%s %s`]\n", next, strlen(body),
                command, id_for_command(shown));
    free(part);
    return used;
}

json_value *message_show(json_value *message, size_t offset, size_t most, size_t *left,
                         const char *command, FILE *out)
{
    json_value *shown = json_new_map();
    size_t used = copy_fields(shown, message);
    size_t room = most < *left ? most : *left;
    flatten(shown);
    write_head(out, shown);
    char *body = body_of(message);
    used += command ? show_for_command(shown, body, room, command, out)
                    : foreign_page(shown, "content", body, offset, room, "inbox, this id", out);
    *left -= used < *left ? used : *left;
    free(body);
    return shown;
}
