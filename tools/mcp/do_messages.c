/* SPDX-License-Identifier: MIT */
/*
 * send and inbox.
 */
#include <stdlib.h>
#include <string.h>

#include <society/agent.h>
#include <society/message.h>

#include "common/foreign.h"
#include "common/message_show.h"
#include "mcp/answer.h"
#include "mcp/mail.h"
#include "mcp/member.h"
#include "mcp/tools.h"

enum { MESSAGES = 20, ONE = 16000 };

void do_send(struct mcp *m, const struct request *r, json_value *arguments)
{
    char *id = NULL;
    struct answer a;
    if (member_acts(m, r) < 0)
        return;
    char *message = json_compact(arguments);
    int result = society_send(m->society, message, &id);
    free(message);
    if (result < 0) {
        answer_failure(m, r, result);
        return;
    }
    const char *to = json_text(json_member(arguments, "to"));
    answer_begin(&a);
    json_put_text(a.data, "id", id);
    fprintf(a.out, "Sent, id %s.", id);
    if (to && society_online(m->society, to) == 0)
        fprintf(a.out, " %s is offline and gets it when it comes.", to);
    fputc('\n', a.out);
    answer_send(m, r, &a);
    society_free(id);
}

static void one_message(struct mcp *m, const struct request *r, const char *id, int64_t offset)
{
    char *text = NULL;
    struct answer a;
    int result = society_message_get(m->society, id, &text);
    if (result < 0) {
        answer_failure(m, r, result);
        return;
    }
    json_value *message = json_read(text, NULL);
    json_value *list = json_new_list();
    size_t left = FOREIGN_ALL;
    answer_begin(&a);
    answer_foreign(&a);
    json_add(list, message_show(message, (size_t)offset, ONE, &left, NULL, a.out));
    json_put(a.data, "messages", list);
    answer_send(m, r, &a);
    json_release(message);
    society_free(text);
}

/* The newest of a thread, oldest first. */
static void whole_thread(struct mcp *m, const struct request *r, const char *thread, int64_t most)
{
    society_list *messages = NULL;
    struct answer a;
    int result = society_inbox(m->society, 0, thread, &messages);
    if (result < 0) {
        answer_failure(m, r, result);
        return;
    }
    int64_t count = society_list_count(messages);
    /* Each has its share of the answer, so that the last ones are there, too. */
    size_t share =
        FOREIGN_ALL / (size_t)most < FOREIGN_BODY ? FOREIGN_ALL / (size_t)most : FOREIGN_BODY;
    size_t left = SIZE_MAX;
    json_value *list = json_new_list();
    answer_begin(&a);
    fprintf(a.out, "%lld messages in this thread.\n", (long long)count);
    answer_foreign(&a);
    for (int64_t i = count > most ? count - most : 0; i < count; i++) {
        json_value *message = json_read(society_list_item(messages, i), NULL);
        json_add(list, message_show(message, 0, share, &left, NULL, a.out));
        json_release(message);
    }
    json_put(a.data, "messages", list);
    json_put_flag(a.data, "more", count > most);
    answer_send(m, r, &a);
    society_list_free(messages);
}

static void unread_messages(struct mcp *m, const struct request *r, int64_t most)
{
    struct answer a;
    json_value *list = json_new_list();
    answer_begin(&a);
    answer_foreign(&a);
    int result = mail_take(m, most, list, a.out);
    if (result < 0) {
        json_release(list);
        answer_drop(&a);
        answer_failure(m, r, result);
        return;
    }
    if (json_count(list) == 0)
        fputs("No unread messages.\n", a.out);
    if (result > 0)
        fputs("\nThere are more: call inbox again.\n", a.out);
    json_put(a.data, "messages", list);
    json_put_flag(a.data, "more", result > 0);
    answer_send(m, r, &a);
}

/* Acknowledges each; the first that can't be ends it. */
static int acknowledge(struct mcp *m, json_value *ids)
{
    int result = 0;
    for (size_t i = 0; result >= 0 && i < json_count(ids); i++)
        result = society_acknowledge(m->society, json_text(json_element(ids, i)));
    return result;
}

void do_inbox(struct mcp *m, const struct request *r, json_value *arguments)
{
    const char *id = json_member_text(arguments, "id", NULL);
    const char *thread = json_member_text(arguments, "thread", NULL);
    int64_t most = json_member_number(arguments, "limit", MESSAGES);
    if (member_acts(m, r) < 0)
        return;
    int result = acknowledge(m, json_member(arguments, "ack"));
    if (result < 0)
        answer_failure(m, r, result);
    else if (id)
        one_message(m, r, id, json_member_number(arguments, "offset", 0));
    else if (thread)
        whole_thread(m, r, thread, most);
    else
        unread_messages(m, r, most);
}
