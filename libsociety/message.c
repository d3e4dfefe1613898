/* SPDX-License-Identifier: MIT */
/* Sending: see <society/message.h>. Messages need no decision: whoever is first in the log is
 * first. */
#include <society/message.h>
#include <stdio.h>
#include <string.h>

#include "bell.h"
#include "compose.h"
#include "presence.h"

#define TRANSACTION_MAX (16 << 20)

static int append(struct society *s, const struct soc_strbuf *lines)
{
    int64_t position;
    return soc_log_append(&s->messages, lines->data, lines->length, s->config.rotate_bytes,
                          &position, &s->error);
}

SOC_PUBLIC int society_send(society *s, const char *message, char **ret_id)
{
    SOC_AUTO_STRBUF struct soc_strbuf line = SOC_STRBUF_INIT;
    SOC_AUTO_STRBUF struct soc_strbuf id = SOC_STRBUF_INIT;
    struct soc_composed composed;
    int result = soc_enter_as(s);
    if (result < 0)
        return result;
    if (!message)
        return soc_fail(&s->error, SOCIETY_E_INVALID, "there is no message");
    result = soc_compose(s, message, strlen(message), "", &line, &composed);
    if (result < 0)
        return result;
    soc_strbuf_add_string(&id, composed.id);
    if (id.failed)
        return soc_fail_memory(&s->error);
    result = append(s, &line);
    if (result < 0)
        return result;
    soc_bell_ring(&s->messages, composed.to);
    if (ret_id)
        *ret_id = soc_strbuf_steal(&id);
    return 0;
}

static bool is_blank(const char *text, size_t length)
{
    return strspn(text, " \t\r\n") >= length;
}

static int add_id(struct society *s, society_list *ids, const char *id)
{
    struct soc_strbuf text = SOC_STRBUF_INIT;
    soc_json_quote(&text, id, strlen(id));
    if (soc_list_add(ids, text.failed ? NULL : soc_strbuf_steal(&text)) < 0)
        return soc_fail_memory(&s->error);
    return 0;
}

/* Adds an addressee to the texts of `whom`, but for the one that was added last. */
static void add_addressee(struct soc_strbuf *whom, struct soc_slice to, size_t *last)
{
    if (whom->length - *last == to.length + 1 &&
        memcmp(whom->data + *last, to.data, to.length) == 0)
        return;
    *last = whom->length;
    soc_strbuf_add(whom, to.data, to.length);
    soc_strbuf_add_char(whom, '\n');
}

/* Composes all of them, or none. `whom`: their addressees, each in a line. */
static int compose_lines(struct society *s, const char *messages, struct soc_strbuf *out,
                         struct soc_strbuf *whom, society_list *ids)
{
    int number = 0;
    int result = 0;
    size_t last = 0;
    for (const char *line = messages; result == 0 && *line != '\0';) {
        size_t length = strcspn(line, "\n");
        char where[32];
        struct soc_composed composed;
        snprintf(where, sizeof where, "line %d: ", ++number);
        if (!is_blank(line, length)) {
            result = soc_compose(s, line, length, where, out, &composed);
            if (result == 0)
                result = add_id(s, ids, composed.id);
            if (result == 0)
                add_addressee(whom, composed.to, &last);
        }
        line += length + (line[length] == '\n');
    }
    return result == 0 && whom->failed ? soc_fail_memory(&s->error) : result;
}

static void ring_each(struct society *s, const struct soc_strbuf *whom)
{
    for (const char *to = whom->data; to < whom->data + whom->length;) {
        size_t length = strcspn(to, "\n");
        soc_bell_ring(&s->messages, (struct soc_slice){to, length});
        to += length + 1;
    }
}

SOC_PUBLIC int society_send_lines(society *s, const char *messages, society_list **ret_ids)
{
    SOC_AUTO_STRBUF struct soc_strbuf lines = SOC_STRBUF_INIT;
    SOC_AUTO_STRBUF struct soc_strbuf whom = SOC_STRBUF_INIT;
    int result = soc_enter_as(s);
    if (result < 0)
        return result;
    if (!messages || strlen(messages) > TRANSACTION_MAX)
        return soc_fail(&s->error, messages ? SOCIETY_E_TOO_BIG : SOCIETY_E_INVALID,
                        messages ? "the messages are over 16 MiB together"
                                 : "there are no messages");
    SOC_AUTO_LIST society_list *ids = soc_list_new();
    if (!ids)
        return soc_fail_memory(&s->error);
    result = compose_lines(s, messages, &lines, &whom, ids);
    if (result == 0 && lines.length > 0)
        result = append(s, &lines);
    if (result < 0)
        return result;
    ring_each(s, &whom);
    int count = (int)society_list_count(ids);
    if (ret_ids) {
        *ret_ids = ids;
        ids = NULL;
    }
    return count;
}
