/* SPDX-License-Identifier: MIT */
/*
 * society-send: one message from the command line, or many from standard input (common/lines.c). An id is printed when
 * its message is in the log, never before.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <society/message.h>

#include "common/compose.h"
#include "common/duration.h"
#include "common/json.h"
#include "common/lines.h"
#include "common/output.h"
#include "common/record.h"
#include "common/tool.h"

static const char help[] =
    "Usage: society-send [OPTION]... TO... [--] TEXT|-\n"
    "       society-send --stdin\n"
    "Sends TEXT (-: standard input) and prints the message's id. TO is an agent's id, all,\n"
    "role:ROLE or supervisor. --stdin reads one JSON message a line and prints their ids.\n"
    "\n"
    "  -t, --type TYPE     message (default), question, answer, task_assign, ...\n"
    "  -s, --subject S     -r, --reply-to ID   --thread ID     --id ID (to send again)\n"
    "  -p, --priority P    interrupt, queue or log (default: by type)\n"
    "  -k, --ack           ask to be acknowledged\n"
    "      --deadline T    RFC 3339, or a duration from now: 90s, 15m, 2h\n"
    "  -d, --data JSON     any JSON besides the text\n"
    "  -f, --attach FILE   store a file and name it in the message; repeated\n"
    "\n";

enum { THREAD = 256, ID, DEADLINE, STDIN };

static const struct tool_option options[] = {
    {'t', "type", 1}, {'s', "subject", 1},  {'r', "reply-to", 1}, {THREAD, "thread", 1},
    {ID, "id", 1},    {'p', "priority", 1}, {'k', "ack", 0},      {DEADLINE, "deadline", 1},
    {'d', "data", 1}, {'f', "attach", 1},   {STDIN, "stdin", 0},  {0, NULL, 0},
};

struct request {
    const char *type, *subject, *reply_to, *thread, *id, *priority, *deadline, *data;
    struct texts files;
    int ack;
    int from_stdin;
    int options; /* how many were given */
};

static void read_options(struct tool *t, struct request *r)
{
    const char *value;
    for (int code; (code = tool_next_option(t, &value)) != 0; r->options++) {
        switch (code) {
        case 't': r->type = value; break;
        case 's': r->subject = value; break;
        case 'r': r->reply_to = value; break;
        case 'p': r->priority = value; break;
        case 'd': r->data = value; break;
        case 'f': texts_add(&r->files, value); break;
        case 'k': r->ack = 1; break;
        case THREAD: r->thread = value; break;
        case ID: r->id = value; break;
        case DEADLINE: r->deadline = value; break;
        default: r->from_stdin = 1; break;
        }
    }
}

static void check_data(const char *data)
{
    const char *why = NULL;
    json_value *value = data ? json_read(data, &why) : NULL;
    if (data && !value)
        tool_usage("--data is no JSON: %s", why);
    json_release(value);
}

/* A duration becomes the time it ends; what is none is left to the library to judge. */
static void write_deadline(struct compose *c, const char *deadline)
{
    char text[sizeof "2026-01-01T00:00:00Z"];
    int32_t milliseconds = deadline ? duration_parse(deadline) : -1;
    if (milliseconds >= 0) {
        time_t then = time(NULL) + milliseconds / 1000;
        struct tm utc;
        if (gmtime_r(&then, &utc) && strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%SZ", &utc) > 0)
            deadline = text;
    }
    compose_text(c, "deadline", deadline);
}

static char *store_attachments(struct tool *t, const struct texts *files)
{
    char *text = NULL;
    size_t size = 0;
    if (files->count == 0)
        return NULL;
    FILE *out = open_memstream(&text, &size);
    if (!out)
        tool_fail(STATUS_SYSTEM, "out of memory");
    for (int i = 0; i < files->count; i++) {
        char *attachment = NULL;
        int result = society_attach(t->society, files->items[i], &attachment);
        if (result < 0)
            tool_fail_result(t, result);
        fprintf(out, "%c%s", i > 0 ? ',' : '[', attachment);
        society_free(attachment);
    }
    fputc(']', out);
    if (fclose(out) != 0)
        tool_fail(STATUS_SYSTEM, "out of memory");
    return text;
}

/* Without --thread an answer belongs to the thread of what it answers, if that can be found. */
static void write_thread(struct tool *t, struct compose *c, const struct request *r)
{
    char *answered = NULL;
    if (!r->thread && r->reply_to && society_message_get(t->society, r->reply_to, &answered) == 0) {
        json_value *record = json_read(answered, NULL);
        compose_text(c, "thread", record_thread(record));
        json_release(record);
        society_free(answered);
        return;
    }
    compose_text(c, "thread", r->thread);
}

static char *compose_message(struct tool *t, const struct request *r, const char *text)
{
    struct compose c;
    int receivers = t->count - 1;
    char *attachments = store_attachments(t, &r->files);
    compose_begin(&c);
    compose_text(&c, "id", r->id);
    compose_text(&c, "type", r->type);
    if (receivers == 1) {
        compose_text(&c, "to", t->arguments[0]);
    } else {
        struct texts to = {0};
        for (int i = 0; i < receivers; i++)
            texts_add(&to, t->arguments[i]);
        compose_list(&c, "to", to.items, to.count);
        texts_free(&to);
    }
    compose_text(&c, "subject", r->subject);
    compose_text(&c, "content", text);
    compose_text(&c, "replyTo", r->reply_to);
    write_thread(t, &c, r);
    compose_text(&c, "priority", r->priority);
    compose_json(&c, "ackRequired", r->ack ? "true" : NULL);
    write_deadline(&c, r->deadline);
    compose_json(&c, "data", r->data);
    compose_json(&c, "attachments", attachments);
    free(attachments);
    return compose_end(&c);
}

static void send_one(struct tool *t, const struct request *r)
{
    char *id = NULL;
    tool_expect_arguments(t, 2, -1, "the receiver and the text");
    if (t->separator > 0 && t->separator != t->count - 1)
        tool_usage("one text is expected behind --");
    check_data(r->data);
    tool_open_as_agent(t);
    char *text = record_read_text(t->arguments[t->count - 1]);
    char *message = compose_message(t, r, text);
    free(text);
    int result = society_send(t->society, message, &id);
    free(message);
    if (result < 0)
        tool_fail_result(t, result);
    lines_print_id(t, id);
    society_free(id);
}

int main(int argc, char **argv)
{
    struct tool t = {.name = "society-send", .help = help, .options = options};
    struct request request = {0};
    tool_start(&t, argc, argv);
    read_options(&t, &request);
    if (request.from_stdin) {
        if (request.options > 1)
            tool_usage("--stdin takes each message as it stands, without other options");
        tool_expect_arguments(&t, 0, 0, "");
        tool_open_as_agent(&t);
        lines_send(&t);
    } else {
        send_one(&t, &request);
    }
    texts_free(&request.files);
    return tool_finish(&t, STATUS_DONE);
}
