/* SPDX-License-Identifier: MIT */
/* A caller's message made into a record: see compose.h. */
#include "compose.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "find.h"
#include "json_plain.h"
#include "peek.h"
#include "record.h"

struct draft {
    struct society *s;
    const char *where;
    const char *text; /* the message: one sound JSON object */
    size_t length;
    struct soc_slice to;
    char type[SOC_ID_MAX + 1]; /* each "" when it was not given */
    char id[SOC_ID_MAX + 1];
    char reply[SOC_ID_MAX + 1];
    bool has_thread;
    bool has_content;
};

static int refuse(const struct draft *draft, const char *field, const char *what)
{
    return soc_fail(&draft->s->error, SOCIETY_E_INVALID, "%sfield %s %s", draft->where, field,
                    what);
}

#define SHORT_MAX 128 /* no string that a check looks at is as long */

/* The contents of a short string; "" for every other value. 0 or -ENOMEM. */
static int read_short(const struct draft *draft, struct soc_slice slice, char out[SHORT_MAX])
{
    SOC_AUTO_JSON soc_json *json = NULL;
    struct soc_slice plain = soc_slice_plain(slice);
    out[0] = '\0';
    if (slice.data[0] == '"' && !plain.data) { /* it has escapes */
        json = soc_json_parse(slice.data, slice.length, NULL);
        if (!json)
            return soc_fail_memory(&draft->s->error);
        plain.data = soc_json_string(json);
        plain.length = strlen(plain.data);
    }
    if (plain.data && plain.length < SHORT_MAX) {
        memcpy(out, plain.data, plain.length);
        out[plain.length] = '\0';
    }
    return 0;
}

/* ---- Checks, one for each field ---- */

static bool is_addressee(const char *to)
{
    if (!to)
        return false;
    if (strncmp(to, "role:", 5) == 0)
        return soc_is_word(to + 5, strlen(to + 5));
    return strcmp(to, "all") == 0 || strcmp(to, "broadcast") == 0 ||
           soc_is_agent_id(to, strlen(to));
}

/* `to` as it stands, and as text if it is one. */
static int check_to(struct draft *draft, struct soc_slice to, const char *text)
{
    static const char what[] =
        "must be an agent id, all, broadcast, role:<role>, supervisor, or an array of these";
    draft->to = to;
    if (to.data[0] != '[')
        return is_addressee(text) ? 0 : refuse(draft, "to", what);
    SOC_AUTO_JSON soc_json *list = soc_json_parse(to.data, to.length, NULL);
    if (!list)
        return soc_fail_memory(&draft->s->error);
    for (size_t i = 0; i < soc_json_count(list); i++)
        if (!is_addressee(soc_json_string(soc_json_item(list, i))))
            return refuse(draft, "to", what);
    return soc_json_count(list) > 0 ? 0 : refuse(draft, "to", "names nobody");
}

/* A word is short enough (soc_is_word()). */
static void keep_word(char out[SOC_ID_MAX + 1], const char *word)
{
    memcpy(out, word, strlen(word) + 1);
}

static bool is_reserved_type(const char *type)
{
    size_t length = strlen(type);
    return strncmp(type, "log_", 4) == 0 ||
           (length > 6 && strcmp(type + length - 6, "_state") == 0);
}

static int check_type(struct draft *draft, const char *type)
{
    if (!soc_is_word(type, strlen(type)))
        return refuse(draft, "type",
                      "must be a word of letters, digits, '.', '_', '-', at most 64");
    if (is_reserved_type(type))
        return refuse(draft, "type", "is one of the log's own");
    keep_word(draft->type, type);
    return 0;
}

static int check_id(struct draft *draft, const char *field, const char *id, char *ret_id)
{
    if (!soc_is_word(id, strlen(id)))
        return refuse(draft, field, "must be an id: letters, digits, '.', '_', '-', at most 64");
    if (ret_id)
        keep_word(ret_id, id);
    return 0;
}

static int check_priority(const struct draft *draft, const char *word)
{
    bool known =
        strcmp(word, "interrupt") == 0 || strcmp(word, "queue") == 0 || strcmp(word, "log") == 0;
    return known ? 0 : refuse(draft, "priority", "must be interrupt, queue or log");
}

static int check_deadline(const struct draft *draft, const char *text)
{
    int64_t ms;
    return soc_parse_time(text, strlen(text), &ms)
               ? 0
               : refuse(draft, "deadline", "must be a time as in RFC 3339");
}

static bool is_attachment(const soc_json *item)
{
    static const char prefix[] = "attachments/";
    const char *hash = soc_json_get_string(item, "hash");
    const char *path = soc_json_get_string(item, "path");
    int64_t size;
    return hash && path && strlen(hash) == 64 && strspn(hash, "0123456789abcdef") == 64 &&
           strncmp(path, prefix, sizeof prefix - 1) == 0 &&
           strcmp(path + sizeof prefix - 1, hash) == 0 && soc_json_get_string(item, "name") &&
           soc_json_get_integer(item, "size", &size) && size >= 0;
}

static int check_attachments(const struct draft *draft, struct soc_slice value)
{
    SOC_AUTO_JSON soc_json *list = soc_json_parse(value.data, value.length, NULL);
    if (!list)
        return soc_fail_memory(&draft->s->error);
    if (soc_json_kind(list) != SOC_JSON_ARRAY)
        return refuse(draft, "attachments", "must be an array");
    for (size_t i = 0; i < soc_json_count(list); i++)
        if (!is_attachment(soc_json_item(list, i)))
            return refuse(draft, "attachments", "must hold objects as society_attach() makes them");
    return 0;
}

/* Fields that the record keeps as they are given. */
static int check_other(const struct draft *draft, const char *key, struct soc_slice value)
{
    static const char *const given[] = {"position", "deliveredAt", "acknowledgedAt", "receipts",
                                        "unread"};
    if (strcmp(key, "subject") == 0 && value.data[0] != '"')
        return refuse(draft, key, "must be a string");
    if (strcmp(key, "ackRequired") == 0 && value.data[0] != 't' && value.data[0] != 'f')
        return refuse(draft, key, "must be true or false");
    if (strcmp(key, "attachments") == 0)
        return check_attachments(draft, value);
    for (size_t i = 0; i < sizeof given / sizeof given[0]; i++)
        if (strcmp(key, given[i]) == 0)
            return refuse(draft, key, "is the library's to give");
    return 0;
}

static int check_field(struct draft *draft, const char *key, struct soc_slice value)
{
    char text[SHORT_MAX];
    int result = read_short(draft, value, text);
    if (result < 0)
        return result;
    draft->has_content |= strcmp(key, "content") == 0 || strcmp(key, "data") == 0 ||
                          strcmp(key, "task") == 0 || strcmp(key, "attachments") == 0;
    draft->has_thread |= strcmp(key, "thread") == 0;
    if (strcmp(key, "to") == 0)
        return check_to(draft, value, text);
    if (strcmp(key, "type") == 0)
        return check_type(draft, text);
    if (strcmp(key, "from") == 0 && strcmp(text, draft->s->agent) != 0)
        return refuse(draft, key, "is not the agent that is speaking");
    if (strcmp(key, "id") == 0)
        return check_id(draft, key, text, draft->id);
    if (strcmp(key, "replyTo") == 0)
        return check_id(draft, key, text, draft->reply);
    if (strcmp(key, "thread") == 0)
        return check_id(draft, key, text, NULL);
    if (strcmp(key, "priority") == 0)
        return check_priority(draft, text);
    if (strcmp(key, "deadline") == 0)
        return check_deadline(draft, text);
    return check_other(draft, key, value);
}

static int check(struct draft *draft)
{
    struct soc_slice key;
    struct soc_slice value;
    size_t cursor = 0;
    while (soc_peek_member(draft->text, draft->length, &cursor, &key, &value)) {
        char name[SHORT_MAX];
        int result = read_short(draft, key, name);
        if (result == 0)
            result = check_field(draft, name, value);
        if (result < 0)
            return result;
    }
    if (!draft->to.data)
        return refuse(draft, "to", "is missing");
    return draft->has_content ? 0 : refuse(draft, "content", "is missing");
}

/* ---- The record ---- */

/* The thread of a reply: that of the message replied to, or that message, if it began none. */
static int add_thread(const struct draft *draft, struct soc_strbuf *out)
{
    if (!draft->reply[0] || draft->has_thread)
        return 0;
    SOC_AUTO_FOUND struct soc_found found;
    int result = soc_find_message(draft->s, draft->reply, &found);
    if (result < 0)
        return result;
    const char *thread = result == 1 ? soc_json_get_string(found.json, "thread") : NULL;
    soc_record_string(out, "thread",
                      thread && soc_is_word(thread, strlen(thread)) ? thread : draft->reply);
    return 0;
}

static bool is_ours(const char *key)
{
    static const char *const ours[] = {"type", "id", "from", "to", "timestamp", "crc"};
    for (size_t i = 0; i < sizeof ours / sizeof ours[0]; i++)
        if (strcmp(key, ours[i]) == 0)
            return true;
    return false;
}

static void add_member(struct soc_strbuf *out, struct soc_slice key, struct soc_slice value)
{
    soc_strbuf_add_char(out, ',');
    soc_json_minify(out, key.data, key.length);
    soc_strbuf_add_char(out, ':');
    soc_json_minify(out, value.data, value.length);
}

/* Copies the caller's other members, as they were written. */
static int add_members(const struct draft *draft, struct soc_strbuf *out)
{
    struct soc_slice key;
    struct soc_slice value;
    size_t cursor = 0;
    add_member(out, (struct soc_slice){"\"to\"", 4}, draft->to);
    while (soc_peek_member(draft->text, draft->length, &cursor, &key, &value)) {
        char name[SHORT_MAX];
        int result = read_short(draft, key, name);
        if (result < 0)
            return result;
        if (!is_ours(name))
            add_member(out, key, value);
    }
    return 0;
}

static int write_record(struct draft *draft, struct soc_strbuf *out)
{
    size_t start = out->length;
    int result = draft->id[0] ? 0 : soc_uuid7_of(&draft->s->random, draft->id);
    if (result < 0)
        return soc_fail(&draft->s->error, result, "cannot make an id");
    soc_strbuf_reserve(out, draft->length + 256);
    soc_record_begin(out, draft->type[0] ? draft->type : "message");
    soc_record_string(out, "from", draft->s->agent);
    result = add_members(draft, out);
    if (result == 0)
        result = add_thread(draft, out);
    if (result < 0)
        return result;
    result = soc_record_end(out, start, draft->id);
    if (result == SOCIETY_E_TOO_BIG)
        return soc_fail(&draft->s->error, result,
                        "%sthe message is over 256 KiB; attach what is large", draft->where);
    return result < 0 ? soc_fail(&draft->s->error, result, "%scannot make a record", draft->where)
                      : 0;
}

/* Text that is no JSON. Where it is one line of several, its own `line 1` would be a second one. */
static int refuse_text(struct society *s, const char *where, const struct soc_error *why)
{
    static const char first[] = "line 1, ";
    if (why->code == -ENOMEM)
        return soc_fail_memory(&s->error);
    size_t length = strlen(where);
    if (length < 2 || strncmp(why->text, first, sizeof first - 1) != 0)
        return soc_fail(&s->error, SOCIETY_E_INVALID, "%s%s", where, why->text);
    return soc_fail(&s->error, SOCIETY_E_INVALID, "%.*s, %s", (int)(length - 2), where,
                    why->text + sizeof first - 1);
}

/* Whether the text is one JSON object: what is not certain at a glance, the decoder decides. */
static int check_text(struct society *s, const char *text, size_t length, const char *where)
{
    struct soc_error why = {0};
    SOC_AUTO_JSON soc_json *json = NULL;
    if (!soc_json_is_plain(text, length)) {
        json = soc_json_parse(text, length, &why);
        if (!json)
            return refuse_text(s, where, &why);
    }
    if (text[strspn(text, " \t\r\n")] != '{')
        return soc_fail(&s->error, SOCIETY_E_INVALID, "%sa message must be a JSON object", where);
    return 0;
}

int soc_compose(struct society *s, const char *message, size_t length, const char *where,
                struct soc_strbuf *out, struct soc_composed *ret_composed)
{
    struct draft draft = {.s = s, .where = where, .text = message, .length = length};
    size_t before = out->length;
    int result = check_text(s, message, length, where);
    if (result == 0)
        result = check(&draft);
    if (result == 0)
        result = write_record(&draft, out);
    if (result == 0) {
        memcpy(ret_composed->id, draft.id, sizeof draft.id);
        ret_composed->to = draft.to;
    } else if (!out->failed) {
        out->length = before;
    }
    return result;
}
