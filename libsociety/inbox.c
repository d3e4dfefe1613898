/* SPDX-License-Identifier: MIT */
/* Messages that came, and what was done with them: see <society/message.h>. */
#include <errno.h>
#include <inttypes.h>
#include <society/message.h>
#include <stdio.h>
#include <string.h>

#include "address.h"
#include "cursor.h"
#include "find.h"
#include "handle.h"
#include "presence.h"
#include "receipts.h"

/* ---- Listing ---- */

struct listing {
    struct society *s;
    const char *agent;
    const char *thread; /* NULL: any */
    bool unread;
    int64_t cursor;     /* what stands before it is read */
    soc_json *receipts; /* the agent's; read when the first message asks for them */
    society_list *list;
    int64_t count;
};

/* The agent's receipt for a message; NULL: none, or *ret_error. An agent whose cursor is at the end
 * has none to look up, and the history of receipts is not read. */
static const soc_json *receipt_of(struct listing *listing, const char *id, int *ret_error)
{
    if (!listing->receipts)
        listing->receipts = soc_receipts_of_agent(listing->s, listing->agent, ret_error);
    return id && listing->receipts ? soc_json_get(listing->receipts, id) : NULL;
}

static bool is_text(const soc_json *json, const char *key, const char *text)
{
    const char *own = soc_json_get_string(json, key);
    return own && strcmp(own, text) == 0;
}

static void add_time(struct soc_strbuf *out, const soc_json *receipt, const char *key)
{
    const char *time = soc_json_get_string(receipt, key);
    soc_strbuf_add_format(out, ",\"%s\":", key);
    if (time)
        soc_json_quote(out, time, strlen(time));
    else
        soc_strbuf_add_string(out, "null");
}

/* The record as it stands, with the listing's fields before its last brace. */
static int add_item(struct listing *listing, const struct soc_line *line, const soc_json *receipt,
                    bool addressed)
{
    static const char *const ours[] = {"position", "deliveredAt", "acknowledgedAt", "unread", NULL};
    bool unread = addressed && !receipt && line->position >= listing->cursor;
    struct soc_strbuf text = SOC_STRBUF_INIT;
    soc_json_minify(&text, line->text, line->length);
    soc_json_drop(&text, ours);
    if (!text.failed)
        text.length--;
    soc_strbuf_add_format(&text, "%s\"position\":%" PRId64, text.length > 1 ? "," : "",
                          line->position);
    add_time(&text, receipt, "deliveredAt");
    add_time(&text, receipt, "acknowledgedAt");
    soc_strbuf_add_format(&text, ",\"unread\":%s}", unread ? "true" : "false");
    if (soc_list_add(listing->list, text.failed ? NULL : soc_strbuf_steal(&text)) < 0)
        return soc_fail_memory(&listing->s->error);
    return 0;
}

/* Whether the line belongs in the list, by its text alone: 1 with the outputs, 0; errors. */
static int select_line(struct listing *listing, const struct soc_line *line, soc_json **ret_json,
                       bool *ret_addressed)
{
    if (line->kind == SOC_LINE_MALFORMED)
        return 0;
    int addressed = soc_is_addressed(listing->s, line, listing->agent);
    if (addressed < 0 || (addressed == 0 && !listing->thread))
        return addressed;
    struct soc_error why = {0};
    SOC_AUTO_JSON soc_json *json = soc_json_parse(line->text, line->length, &why);
    if (why.code == -ENOMEM)
        return soc_fail_memory(&listing->s->error);
    if (!json || (addressed == 0 && !is_text(json, "from", listing->agent)))
        return 0;
    if (listing->thread && !is_text(json, "thread", listing->thread) &&
        !is_text(json, "id", listing->thread))
        return 0;
    *ret_json = soc_json_retain(json);
    *ret_addressed = addressed == 1;
    return 1;
}

static int list_line(struct listing *listing, const struct soc_line *line)
{
    SOC_AUTO_JSON soc_json *json = NULL;
    bool addressed = false;
    int result = select_line(listing, line, &json, &addressed);
    if (result != 1)
        return result;
    result = 0;
    const soc_json *receipt = receipt_of(listing, soc_json_get_string(json, "id"), &result);
    if (result < 0 || (listing->unread && receipt))
        return result;
    listing->count++;
    return add_item(listing, line, receipt, addressed);
}

static int list_all(struct listing *listing)
{
    struct society *s = listing->s;
    struct soc_reader reader = {.position = 0};
    struct soc_sieve sieve;
    struct soc_line line;
    int result = soc_cursor_begin(&s->dir, listing->agent, &reader, &s->error);
    if (result < 0)
        return result;
    listing->cursor = reader.position;
    if (!listing->unread) {
        soc_reader_close(&reader);
        result = soc_reader_open(&reader, &s->dir, "messages", SOC_READ_FROM_START, &s->error);
    }
    if (result < 0)
        return result;
    soc_sieve_for_agent(&sieve, listing->agent); /* as addressee, and as writer in a thread */
    soc_reader_sift(&reader, &sieve);
    while (result >= 0 && (result = soc_reader_next(&reader, &line, &s->error)) == 1)
        result = list_line(listing, &line);
    soc_reader_close(&reader);
    soc_json_free(listing->receipts);
    return result;
}

SOC_PUBLIC int society_inbox(society *s, uint32_t flags, const char *thread,
                             society_list **ret_list)
{
    int result = soc_enter_as(s);
    if (result < 0)
        return result;
    if ((flags & ~SOCIETY_INBOX_UNREAD) != 0)
        return soc_fail(&s->error, SOCIETY_E_INVALID, "unknown flags %#x", (unsigned)flags);
    SOC_AUTO_LIST society_list *list = soc_list_new();
    if (!list)
        return soc_fail_memory(&s->error);
    struct listing listing = {.s = s, .agent = s->agent, .thread = thread, .list = list};
    listing.unread = (flags & SOCIETY_INBOX_UNREAD) != 0;
    result = list_all(&listing);
    if (result < 0)
        return result;
    *ret_list = list;
    list = NULL;
    return (int)listing.count;
}

/* ---- One message ---- */

static int add_receipts(soc_json *array, const soc_json *of)
{
    const char *agent;
    const soc_json *receipt;
    int result = array ? 0 : -1;
    for (void *i = NULL; result == 0 && (i = soc_json_next(of, i, &agent, &receipt));) {
        soc_json *item = soc_json_new_object();
        result = item ? 0 : -1;
        if (result == 0)
            result = soc_json_set_string(item, "agent", agent);
        if (result == 0)
            result = soc_json_set_string(item, "deliveredAt",
                                         soc_json_get_string(receipt, "deliveredAt"));
        if (result == 0)
            result = soc_json_set_string(item, "acknowledgedAt",
                                         soc_json_get_string(receipt, "acknowledgedAt"));
        if (result == 0)
            result = soc_json_append(array, item);
        else
            soc_json_free(item);
    }
    return result;
}

SOC_PUBLIC int society_message_get(society *s, const char *id, char **ret_message)
{
    static const char *const ours[] = {"position", "receipts", NULL};
    SOC_AUTO_FOUND struct soc_found found = {0};
    int result = soc_enter(s);
    if (result == 0)
        result = id ? soc_find_message(s, id, &found) : 0;
    if (result < 0)
        return result;
    if (result == 0)
        return soc_fail(&s->error, SOCIETY_E_NOT_FOUND, "there is no message %.80s", id ? id : "");
    SOC_AUTO_JSON soc_json *receipts = soc_receipts_of_message(s, id, &result);
    if (!receipts)
        return result;
    SOC_AUTO_JSON soc_json *array = soc_json_new_array();
    if (add_receipts(array, receipts) < 0)
        return soc_fail_memory(&s->error);
    SOC_AUTO_STRBUF struct soc_strbuf text = found.text;
    found.text = (struct soc_strbuf)SOC_STRBUF_INIT;
    soc_json_drop(&text, ours);
    if (!text.failed)
        text.length--;
    soc_strbuf_add_format(&text, ",\"position\":%" PRId64 ",\"receipts\":", found.position);
    soc_json_dump(array, &text);
    soc_strbuf_add_char(&text, '}');
    if (text.failed)
        return soc_fail_memory(&s->error);
    *ret_message = soc_strbuf_steal(&text);
    return 0;
}

/* ---- Receipts ---- */

/* The position of the first message after the cursor that the agent has no receipt for, as a
 * cursor. */
static int find_unread(struct society *s, struct soc_reader *reader, const soc_json *receipts,
                       struct soc_cursor *cursor)
{
    struct soc_line line;
    int result;
    uint64_t in = reader->switches;
    cursor->position = reader->position;
    while ((result = soc_reader_next(reader, &line, &s->error)) == 1) {
        int addressed = line.kind == SOC_LINE_RECORD ? soc_is_addressed(s, &line, s->agent) : 0;
        if (addressed < 0)
            return addressed;
        struct soc_slice id = soc_slice_plain(line.peek.id);
        char key[SOC_ID_MAX + 1] = "";
        if (addressed == 1 && id.data && id.length < sizeof key)
            memcpy(key, id.data, id.length);
        if (addressed == 1 && (key[0] == '\0' || !soc_json_get(receipts, key)))
            break;
        cursor->position = line.end;
        in = reader->switches;
        int length = id.data && id.length <= SOC_ID_MAX ? (int)id.length : 0;
        snprintf(cursor->last, sizeof cursor->last, "%.*s", length, length ? id.data : "");
    }
    if (result < 0)
        return result;
    if (in != reader->switches) /* behind a late line it would be a position of the next segment */
        cursor->position = reader->segment.base;
    return soc_reader_check(reader, cursor->position, cursor->check, &s->error);
}

/* Moves the cursor over what is receipted, so that an agent that never watches does not read its
 * past again and again. */
static int advance_cursor(struct society *s, const soc_json *receipts)
{
    struct soc_reader reader = {.position = 0};
    struct soc_cursor cursor = {0};
    int result = soc_cursor_begin(&s->dir, s->agent, &reader, &s->error);
    if (result < 0)
        return result;
    int64_t before = reader.position;
    result = find_unread(s, &reader, receipts, &cursor);
    soc_reader_close(&reader);
    if (result < 0 || cursor.position <= before)
        return result;
    return soc_cursor_store(&s->dir, s->agent, &cursor, &s->error);
}

static int mark(struct society *s, const char *id, bool acknowledged)
{
    SOC_AUTO_FOUND struct soc_found found = {0};
    SOC_AUTO_STRBUF struct soc_strbuf line = SOC_STRBUF_INIT;
    int result = soc_enter_as(s);
    if (result == 0)
        result = id ? soc_find_message(s, id, &found) : 0;
    if (result < 0)
        return result;
    if (result == 0 || !found.addressed)
        return soc_fail(&s->error, SOCIETY_E_NOT_FOUND, "there is no message %.80s for %s",
                        id ? id : "", s->agent);
    SOC_AUTO_JSON soc_json *receipts = soc_receipts_of_agent(s, s->agent, &result);
    if (!receipts)
        return result;
    const soc_json *receipt = soc_json_get(receipts, id);
    if (receipt && (!acknowledged || soc_json_get(receipt, "acknowledgedAt")))
        return 0;
    result = soc_receipts_add(s, id, acknowledged, &line);
    if (result == 0)
        result = soc_receipts_append(s, &line);
    if (result < 0)
        return result;
    /* The receipt stands. That the cursor moves on is an economy, which the next receipt tries
     * again. */
    if (soc_json_set(receipts, id, soc_json_new_object()) == 0)
        advance_cursor(s, receipts);
    return 1;
}

SOC_PUBLIC int society_mark_delivered(society *s, const char *id)
{
    return mark(s, id, false);
}

SOC_PUBLIC int society_acknowledge(society *s, const char *id)
{
    return mark(s, id, true);
}
