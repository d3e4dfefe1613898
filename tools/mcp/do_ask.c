/* SPDX-License-Identifier: MIT */
/*
 * ask: a question, and the wait for its answer.
 *
 * The operator is asked at the client where that can ask people, else by a message to `operator`,
 * which a person answers with society-inbox. Everybody else is asked by message. An answer is a
 * message from whom was asked, in reply to the question.
 */
#include <stdlib.h>
#include <string.h>

#include <society/message.h>

#include "common/foreign.h"
#include "mcp/answer.h"
#include "mcp/call.h"
#include "mcp/elicit.h"
#include "mcp/handshake.h"
#include "mcp/mail.h"
#include "mcp/member.h"
#include "mcp/rpc.h"
#include "mcp/tools.h"

#define OPERATOR "operator"

enum { SECONDS = 50, SHOWN = 8000 };

struct question {
    json_value *arguments;
    char *to;
    char *id; /* of the message; NULL: the client asks */
};

static void end(struct mcp *m, struct call *call)
{
    struct question *q = call->state;
    (void)m;
    json_release(q->arguments);
    free(q->to);
    society_free(q->id);
    free(q);
}

/* `id` NULL: it was given at the client. */
static void say_answer(struct mcp *m, const struct request *r, const char *text, const char *from,
                       const char *id)
{
    struct answer a;
    answer_begin(&a);
    char *line = id ? foreign_line(id, 100) : NULL;
    json_put_flag(a.data, "answered", 1);
    json_put_text(a.data, "id", line);
    /* The operator at the client is vouched for by the client; who writes into the society is
     * vouched for by nobody. */
    fputs("The answer of ", a.out);
    if (id)
        foreign_word(a.out, from);
    fputs(id ? " (unverified):\n" : "the operator, given at the client:\n", a.out);
    /* What was said at the client stands nowhere to read the rest of. */
    foreign_page(a.data, "answer", text, 0, id ? SHOWN : strlen(text), "inbox, this id", a.out);
    if (line) {
        fputs("Its id: ", a.out);
        foreign_word(a.out, line);
        fputc('\n', a.out);
    }
    free(line);
    answer_send(m, r, &a);
}

static void say_none(struct mcp *m, const struct request *r, const char *id, const char *why)
{
    struct answer a;
    answer_begin(&a);
    json_put_flag(a.data, "answered", 0);
    json_put_text(a.data, "id", id);
    fprintf(a.out, "%s\n", why);
    answer_send(m, r, &a);
}

/* Whether somebody may answer: whom was asked; anybody where that was no single agent. */
static int may_answer(const struct question *q, const char *from)
{
    static const char *const groups[] = {"all", "broadcast", "supervisor", NULL};
    int is_group = strchr(q->to, ':') != NULL;
    for (size_t i = 0; groups[i]; i++)
        is_group |= strcmp(q->to, groups[i]) == 0;
    return is_group || strcmp(from, q->to) == 0;
}

/* Whether a record is the answer; then it has been given. */
static int take_answer(struct mcp *m, struct call *call, const char *record)
{
    const struct question *q = call->state;
    json_value *message = json_read(record, NULL);
    const char *id = json_member_text(message, "id", NULL);
    const char *from = json_member_text(message, "from", "");
    int is_it =
        id && strcmp(json_member_text(message, "replyTo", ""), q->id) == 0 && may_answer(q, from);
    if (is_it) {
        char *text = json_show(json_member(message, "content"));
        char *author = foreign_line(from, 64);
        say_answer(m, &call->request, text, author, id);
        free(author);
        mail_answered(m, id);
        if (society_mark_delivered(m->society, id) < 0) /* it will be shown again */
            rpc_log(m, NULL, LOG_WARNING, "%s", society_last_message(m->society));
        free(text);
    }
    json_release(message);
    return is_it;
}

static int step_message(struct mcp *m, struct call *call, enum step why)
{
    const struct question *q = call->state;
    const char *record;
    int result;
    while ((result = society_tail_next(call->tail, &record, NULL)) == 1)
        if (take_answer(m, call, record))
            return 1;
    if (result < 0) {
        answer_failure(m, &call->request, result);
        return 1;
    }
    if (why != STEP_TIMEOUT)
        return 0;
    say_none(m, &call->request, q->id, "No answer yet; a late one comes to your inbox.");
    return 1;
}

static char *compose(const struct question *q)
{
    json_value *message = json_new_map();
    json_value *choices = json_member(q->arguments, "choices");
    json_put_text(message, "to", q->to);
    json_put_text(message, "type", "question");
    json_put_text(message, "content", json_member_text(q->arguments, "question", ""));
    if (json_count(choices) > 0) {
        json_value *data = json_new_map();
        json_put(data, "choices", json_share(choices));
        json_put(message, "data", data);
    }
    char *text = json_compact(message);
    json_release(message);
    return text;
}

/* Sends the question, with its tail opened before, so that the quickest answer is seen. */
static int send_question(struct mcp *m, struct call *call)
{
    struct question *q = call->state;
    int result = society_tail_open(m->society, "messages", SOCIETY_FROM_END, 0, &call->tail);
    char *message = compose(q);
    if (result == 0)
        result = society_send(m->society, message, &q->id);
    free(message);
    if (result < 0)
        answer_failure(m, &call->request, result);
    call->step = step_message;
    call->waiting_for = "waiting for the answer";
    return result;
}

static void say_refused(struct mcp *m, const struct request *r, const char *action)
{
    say_none(m, r, NULL,
             action && strcmp(action, "decline") == 0
                 ? "The operator declines to answer."
                 : "The operator closed the question without an answer.");
}

/* The client asks its person. A client that can't after all is passed over. */
static int step_elicited(struct mcp *m, struct call *call, enum step why)
{
    if (why == STEP_TIMEOUT) {
        say_none(m, &call->request, NULL, "No answer in time.");
        return 1;
    }
    if (why == STEP_CHANGE)
        return 0;
    const char *answer = elicit_reply_text(call->reply, "answer");
    if (!call->reply)
        return send_question(m, call) < 0;
    if (answer)
        say_answer(m, &call->request, answer, NULL, NULL);
    else
        say_refused(m, &call->request, elicit_reply_action(call->reply));
    return 1;
}

static json_value *form_of(const struct request *r, json_value *arguments)
{
    return elicit_form(r, json_member_text(arguments, "question", ""), "answer", "Answer",
                       json_member(arguments, "choices"));
}

/* 2026-07-28: the answer came with the request, or is asked for by the answer to it. */
static void ask_by_result(struct mcp *m, const struct request *r, json_value *arguments)
{
    const char *action = elicit_action(r, "answer");
    const char *answer = elicit_text(r, "answer");
    if (answer)
        say_answer(m, r, answer, NULL, NULL);
    else if (action && strcmp(action, "accept") != 0)
        say_refused(m, r, action);
    else
        answer_input_required(m, r, "answer", form_of(r, arguments));
}

void do_ask(struct mcp *m, const struct request *r, json_value *arguments)
{
    const char *to = json_member_text(arguments, "to", OPERATOR);
    int at_client = strcmp(to, OPERATOR) == 0 && handshake_can_elicit(r);
    if (member_acts(m, r) < 0)
        return;
    if (at_client && r->revision >= REVISION_2026_07) {
        ask_by_result(m, r, arguments);
        return;
    }
    struct call *call = call_new(m, r, step_elicited, tools_wait_ms(arguments, SECONDS));
    if (!call)
        return;
    struct question *q = calloc(1, sizeof *q);
    if (!q)
        tool_fail(STATUS_SYSTEM, "out of memory");
    q->arguments = json_share(arguments);
    q->to = strdup(to);
    call->state = q;
    call->end = end;
    call->waiting_for = "waiting for the operator";
    if (at_client)
        call_ask(m, call, "elicitation/create", form_of(r, arguments));
    else if (send_question(m, call) < 0) {
        call_drop(m, call);
        return;
    }
    call_start(m, call);
}
