/* SPDX-License-Identifier: MIT */
/*
 * society-inbox: what was sent to the agent, and what it does about it. Reading a message marks it as delivered after it
 * was printed; answering goes to the sender, in the same thread.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <society/message.h>

#include "common/attachments.h"
#include "common/compose.h"
#include "common/json.h"
#include "common/lines.h"
#include "common/output.h"
#include "common/record.h"
#include "common/table.h"
#include "common/tool.h"

static const char help[] =
    "Usage: society-inbox [list] [--unread] [--thread ID]\n"
    "       society-inbox read ID [--save DIR]\n"
    "       society-inbox ack ID...\n"
    "       society-inbox reply ID [--type TYPE] TEXT|-\n"
    "Lists the agent's messages; prints one and marks it as delivered; acknowledges;\n"
    "answers to the sender (-: standard input) and prints the answer's id.\n"
    "\n"
    "  -u, --unread        only what is neither read nor passed by the agent's cursor\n"
    "      --thread ID     only this thread, with what the agent itself sent\n"
    "      --save DIR      copy the message's attachments there; overwrites nothing\n"
    "  -t, --type TYPE     of the answer (default: answer to a question, else message)\n"
    "\n";

enum { THREAD = 256, SAVE };

static const struct tool_option options[] = {
    {'u', "unread", 0}, {THREAD, "thread", 1}, {SAVE, "save", 1}, {'t', "type", 1}, {0, NULL, 0},
};

struct request {
    const char *thread, *save, *type;
    int unread;
};

static void read_options(struct tool *t, struct request *r)
{
    const char *value;
    for (int code; (code = tool_next_option(t, &value)) != 0;) {
        if (code == 'u')
            r->unread = 1;
        else if (code == THREAD)
            r->thread = value;
        else if (code == SAVE)
            r->save = value;
        else
            r->type = value;
    }
}

static void add_row(struct table *table, json_value *message)
{
    const char *state = json_member(message, "acknowledgedAt") ? "acknowledged"
                        : json_member_true(message, "unread")  ? "new"
                                                               : "read";
    char *summary = record_summary(message);
    table_add(table, STYLE_DIM, json_member_text(message, "timestamp", NULL));
    table_add(table, NULL, json_member_text(message, "id", NULL));
    table_add(table, strcmp(state, "new") == 0 ? STYLE_BOLD : NULL, state);
    table_add(table, NULL, record_author(message));
    table_add(table, NULL, json_member_text(message, "type", "message"));
    table_add(table, NULL, summary);
    free(summary);
}

static int do_list(struct tool *t, const struct request *r)
{
    static const char *const headings[] = {"TIME", "ID", "STATE", "FROM", "TYPE", "MESSAGE", NULL};
    struct table table;
    society_list *messages = NULL;
    tool_expect_arguments(t, 0, 1, "");
    tool_open_as_agent(t);
    int result =
        society_inbox(t->society, r->unread ? SOCIETY_INBOX_UNREAD : 0, r->thread, &messages);
    if (result < 0)
        tool_fail_result(t, result);
    table_begin(&table, headings);
    for (int64_t i = 0; i < society_list_count(messages); i++) {
        const char *text = society_list_item(messages, i);
        json_value *message = t->json ? NULL : json_read(text, NULL);
        if (t->json)
            output_json(text);
        else
            add_row(&table, message);
        json_release(message);
    }
    table_end(&table);
    society_list_free(messages);
    return STATUS_DONE;
}

static void print_field(json_value *message, const char *label, const char *name)
{
    json_value *value = json_member(message, name);
    if (!value)
        return;
    char *text = json_show(value);
    output_style(STYLE_DIM);
    fputs(label, stdout);
    output_style(NULL);
    fputs(": ", stdout);
    output_text(stdout, text);
    putchar('\n');
    free(text);
}

static void print_message(json_value *message)
{
    static const char *const fields[][2] = {
        {"From", "from"},         {"To", "to"},
        {"Time", "timestamp"},    {"Type", "type"},
        {"Priority", "priority"}, {"Id", "id"},
        {"Reply to", "replyTo"},  {"Thread", "thread"},
        {"Deadline", "deadline"}, {"Subject", "subject"},
        {"Data", "data"},         {"Task", "task"},
    };
    for (size_t i = 0; i < sizeof fields / sizeof *fields; i++)
        print_field(message, fields[i][0], fields[i][1]);
    json_value *attachments = json_member(message, "attachments");
    for (size_t i = 0; i < json_count(attachments); i++)
        print_field(json_element(attachments, i), "Attachment", "name");
    if (json_member_true(message, "ackRequired"))
        puts("The sender asks for an acknowledgement.");
    char *content = json_show(json_member(message, "content"));
    /* Indented, so that no text can pass for one of the fields above. */
    fputs("\n    ", stdout);
    output_lines(stdout, content, "    ");
    putchar('\n');
    free(content);
}

/* The message's object, or the end; `ret_text` is to be given to society_free(). */
static json_value *get_message(struct tool *t, const char *id, char **ret_text)
{
    int result = society_message_get(t->society, id, ret_text);
    if (result < 0)
        tool_fail_result(t, result);
    const char *why = NULL;
    json_value *message = json_read(*ret_text, &why);
    if (!message)
        tool_fail(STATUS_SYSTEM, "message %s can't be shown: %s", id, why);
    return message;
}

static int do_read(struct tool *t, const struct request *r)
{
    char *text = NULL;
    tool_expect_arguments(t, 2, 2, "the message's id");
    tool_open_as_agent(t);
    json_value *message = get_message(t, t->arguments[1], &text);
    if (t->json)
        output_json(text);
    else
        print_message(message);
    output_flush();
    if (r->save)
        attachments_save(t, message, r->save);
    int result = society_mark_delivered(t->society, t->arguments[1]);
    /* One may read what was sent to others, one's own messages for instance; there is no receipt for that. */
    if (result < 0 && result != SOCIETY_E_NOT_FOUND)
        tool_fail_result(t, result);
    json_release(message);
    society_free(text);
    return STATUS_DONE;
}

static int do_ack(struct tool *t, const struct request *r)
{
    (void)r;
    tool_expect_arguments(t, 2, -1, "the message's id");
    tool_open_as_agent(t);
    for (int i = 1; i < t->count; i++) {
        int result = society_acknowledge(t->society, t->arguments[i]);
        if (result < 0)
            tool_fail_result(t, result);
        if (t->json)
            lines_print_id(t, t->arguments[i]);
    }
    return STATUS_DONE;
}

static char *compose_reply(json_value *message, const char *type, const char *text)
{
    struct compose c;
    int is_question = strcmp(json_member_text(message, "type", "message"), "question") == 0;
    const char *sender = json_member_text(message, "from", NULL);
    if (!sender)
        tool_fail(STATUS_NO, "the message does not say who sent it");
    compose_begin(&c);
    compose_text(&c, "type", type ? type : is_question ? "answer" : "message");
    compose_text(&c, "to", sender);
    compose_text(&c, "subject", json_member_text(message, "subject", NULL));
    compose_text(&c, "content", text);
    compose_text(&c, "replyTo", json_member_text(message, "id", NULL));
    compose_text(&c, "thread", record_thread(message));
    return compose_end(&c);
}

static int do_reply(struct tool *t, const struct request *r)
{
    char *id = NULL;
    char *original = NULL;
    tool_expect_arguments(t, 3, 3, "the message's id and the text");
    tool_open_as_agent(t);
    json_value *message = get_message(t, t->arguments[1], &original);
    char *text = record_read_text(t->arguments[2]);
    char *reply = compose_reply(message, r->type, text);
    int result = society_send(t->society, reply, &id);
    if (result < 0)
        tool_fail_result(t, result);
    lines_print_id(t, id);
    society_free(id);
    free(reply);
    free(text);
    json_release(message);
    society_free(original);
    return STATUS_DONE;
}

static const struct {
    const char *verb;
    int (*run)(struct tool *, const struct request *);
} verbs[] = {{"list", do_list}, {"read", do_read}, {"ack", do_ack}, {"reply", do_reply}};

int main(int argc, char **argv)
{
    struct tool t = {.name = "society-inbox", .help = help, .options = options};
    struct request request = {0};
    tool_start(&t, argc, argv);
    read_options(&t, &request);
    if (t.count == 0)
        return tool_finish(&t, do_list(&t, &request));
    for (size_t i = 0; i < sizeof verbs / sizeof *verbs; i++)
        if (strcmp(t.arguments[0], verbs[i].verb) == 0)
            return tool_finish(&t, verbs[i].run(&t, &request));
    tool_usage("'%s' is none of list, read, ack, reply", t.arguments[0]);
}
