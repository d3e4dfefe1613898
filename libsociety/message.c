/* SPDX-License-Identifier: MIT */
/* Sending: see <society/message.h>. Messages need no decision: whoever is first in the log is
 * first. */
#include <society/message.h>
#include <stdlib.h>
#include <string.h>

#include "bell.h"
#include "compose.h"
#include "presence.h"

#define TRANSACTION_MAX (16 << 20)
#define KEPT_MAX (64 << 10) /* memory that a handle keeps for the next message */

/* The handle's buffer, empty. */
static struct soc_strbuf *begin_lines(struct society *s)
{
    soc_strbuf_clear(&s->lines);
    return &s->lines;
}

static void end_lines(struct society *s)
{
    if (s->lines.capacity > KEPT_MAX)
        soc_strbuf_free(&s->lines);
}

static int append(struct society *s)
{
    return soc_log_append(&s->messages, s->lines.data, s->lines.length, s->config.rotate_bytes,
                          NULL, &s->error);
}

SOC_PUBLIC int society_send(society *s, const char *message, char **ret_id)
{
    char *id = NULL;
    struct soc_composing of = {.now = &s->now};
    struct soc_composed composed;
    int result = soc_enter_as(s);
    if (result < 0)
        return result;
    if (!message)
        return soc_fail(&s->error, SOCIETY_E_INVALID, "there is no message");
    soc_moment_now(&s->now);
    result = soc_compose(s, message, strlen(message), &of, begin_lines(s), &composed);
    if (result == 0 && ret_id) {
        id = strdup(composed.id);
        result = id ? 0 : soc_fail_memory(&s->error);
    }
    if (result == 0)
        result = append(s);
    end_lines(s);
    if (result < 0) {
        free(id);
        return result;
    }
    soc_bell_ring(&s->messages, composed.to);
    if (ret_id)
        *ret_id = id;
    return 0;
}

static bool is_blank(const char *text, size_t length)
{
    return strspn(text, " \t\r\n") >= length;
}

/* `ids` NULL: nobody asks for them. */
static int add_id(struct society *s, society_list *ids, const char *id)
{
    struct soc_strbuf text = SOC_STRBUF_INIT;
    if (!ids)
        return 0;
    soc_json_quote(&text, id, strlen(id));
    if (soc_list_add(ids, text.failed ? NULL : soc_strbuf_steal(&text)) < 0)
        return soc_fail_memory(&s->error);
    return 0;
}

/* Adds an addressee to the texts of `whom`, but for the one that was added last. */
static void add_addressee(struct soc_strbuf *whom, struct soc_slice to, size_t *last)
{
    if (whom->data && whom->length - *last == to.length + 1 &&
        memcmp(whom->data + *last, to.data, to.length) == 0)
        return;
    *last = whom->length;
    soc_strbuf_add(whom, to.data, to.length);
    soc_strbuf_add_char(whom, '\n');
}

static void ring_each(struct society *s, const struct soc_strbuf *whom)
{
    for (size_t at = 0; at < whom->length;) {
        const char *to = whom->data + at;
        size_t length = strcspn(to, "\n");
        soc_bell_ring(&s->messages, (struct soc_slice){to, length});
        at += length + 1;
    }
}

/* Composes all of them, or none; their number. `whom`: their addressees, each in a line. */
static int compose_lines(struct society *s, const char *messages, struct soc_strbuf *out,
                         struct soc_strbuf *whom, society_list *ids)
{
    size_t last = 0;
    struct soc_composing of = {.now = &s->now};
    int count = 0;
    soc_moment_now(&s->now);
    for (const char *line = messages; *line != '\0';) {
        size_t length = strcspn(line, "\n");
        struct soc_composed composed;
        of.line++;
        if (!is_blank(line, length)) {
            int result = soc_compose(s, line, length, &of, out, &composed);
            if (result == 0)
                result = add_id(s, ids, composed.id);
            if (result < 0)
                return result;
            add_addressee(whom, composed.to, &last);
            count++;
        }
        line += length + (line[length] == '\n');
    }
    return whom->failed ? soc_fail_memory(&s->error) : count;
}

SOC_PUBLIC int society_send_lines(society *s, const char *messages, society_list **ret_ids)
{
    int result = soc_enter_as(s);
    if (result < 0)
        return result;
    if (!messages || strlen(messages) > TRANSACTION_MAX)
        return soc_fail(&s->error, messages ? SOCIETY_E_TOO_BIG : SOCIETY_E_INVALID,
                        messages ? "the messages are over 16 MiB together"
                                 : "there are no messages");
    SOC_AUTO_LIST society_list *ids = ret_ids ? soc_list_new() : NULL;
    if (ret_ids && !ids)
        return soc_fail_memory(&s->error);
    SOC_AUTO_STRBUF struct soc_strbuf whom = SOC_STRBUF_INIT;
    int count = compose_lines(s, messages, begin_lines(s), &whom, ids);
    result = count > 0 ? append(s) : count;
    end_lines(s);
    if (result < 0)
        return result;
    ring_each(s, &whom);
    if (ret_ids) {
        *ret_ids = ids;
        ids = NULL;
    }
    return count;
}
