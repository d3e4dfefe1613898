/* SPDX-License-Identifier: MIT */
/* A caller's message made into a record: see compose.h. */
#include "compose.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "find.h"
#include "peek.h"
#include "record.h"

struct draft {
    struct society *s;
    const char *where;
    const soc_json *json;
};

static int refuse(const struct draft *draft, const char *field, const char *what)
{
    return soc_fail(&draft->s->error, SOCIETY_E_INVALID, "%sfield %s %s", draft->where, field,
                    what);
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

static int check_to(const struct draft *draft, const soc_json *to)
{
    static const char what[] =
        "must be an agent id, all, broadcast, role:<role>, supervisor, or an array of these";
    if (!to)
        return refuse(draft, "to", "is missing");
    if (soc_json_kind(to) != SOC_JSON_ARRAY)
        return is_addressee(soc_json_string(to)) ? 0 : refuse(draft, "to", what);
    for (size_t i = 0; i < soc_json_count(to); i++)
        if (!is_addressee(soc_json_string(soc_json_item(to, i))))
            return refuse(draft, "to", what);
    return soc_json_count(to) > 0 ? 0 : refuse(draft, "to", "names nobody");
}

static bool is_reserved_type(const char *type)
{
    size_t length = strlen(type);
    return strncmp(type, "log_", 4) == 0 ||
           (length > 6 && strcmp(type + length - 6, "_state") == 0);
}

static int check_type(const struct draft *draft, const soc_json *type)
{
    const char *word = soc_json_string(type);
    if (!word || !soc_is_word(word, strlen(word)))
        return refuse(draft, "type",
                      "must be a word of letters, digits, '.', '_', '-', at most 64");
    return is_reserved_type(word) ? refuse(draft, "type", "is one of the log's own") : 0;
}

static int check_from(const struct draft *draft, const soc_json *from)
{
    const char *id = soc_json_string(from);
    return id && strcmp(id, draft->s->agent) == 0
               ? 0
               : refuse(draft, "from", "is not the agent that is speaking");
}

static int check_id(const struct draft *draft, const char *field, const soc_json *id)
{
    const char *text = soc_json_string(id);
    return text && soc_is_word(text, strlen(text))
               ? 0
               : refuse(draft, field, "must be an id: letters, digits, '.', '_', '-', at most 64");
}

static int check_priority(const struct draft *draft, const soc_json *priority)
{
    const char *word = soc_json_string(priority);
    bool known = word && (strcmp(word, "interrupt") == 0 || strcmp(word, "queue") == 0 ||
                          strcmp(word, "log") == 0);
    return known ? 0 : refuse(draft, "priority", "must be interrupt, queue or log");
}

static int check_deadline(const struct draft *draft, const soc_json *deadline)
{
    int64_t ms;
    const char *text = soc_json_string(deadline);
    return text && soc_parse_time(text, strlen(text), &ms)
               ? 0
               : refuse(draft, "deadline", "must be a time as in RFC 3339");
}

static int check_attachments(const struct draft *draft, const soc_json *list)
{
    static const char prefix[] = "attachments/";
    if (soc_json_kind(list) != SOC_JSON_ARRAY)
        return refuse(draft, "attachments", "must be an array");
    for (size_t i = 0; i < soc_json_count(list); i++) {
        const soc_json *item = soc_json_item(list, i);
        const char *hash = soc_json_get_string(item, "hash");
        const char *path = soc_json_get_string(item, "path");
        int64_t size;
        bool sound = hash && path && strlen(hash) == 64 && strspn(hash, "0123456789abcdef") == 64 &&
                     strncmp(path, prefix, sizeof prefix - 1) == 0 &&
                     strcmp(path + sizeof prefix - 1, hash) == 0 &&
                     soc_json_get_string(item, "name") &&
                     soc_json_get_integer(item, "size", &size) && size >= 0;
        if (!sound)
            return refuse(draft, "attachments", "must hold objects as society_attach() makes them");
    }
    return 0;
}

static int check_field(const struct draft *draft, const char *key, const soc_json *value)
{
    if (strcmp(key, "type") == 0)
        return check_type(draft, value);
    if (strcmp(key, "from") == 0)
        return check_from(draft, value);
    if (strcmp(key, "id") == 0 || strcmp(key, "replyTo") == 0 || strcmp(key, "thread") == 0)
        return check_id(draft, key, value);
    if (strcmp(key, "priority") == 0)
        return check_priority(draft, value);
    if (strcmp(key, "deadline") == 0)
        return check_deadline(draft, value);
    if (strcmp(key, "attachments") == 0)
        return check_attachments(draft, value);
    if (strcmp(key, "subject") == 0 && !soc_json_string(value))
        return refuse(draft, key, "must be a string");
    if (strcmp(key, "ackRequired") == 0 && soc_json_kind(value) != SOC_JSON_BOOL)
        return refuse(draft, key, "must be true or false");
    if (strcmp(key, "position") == 0 || strcmp(key, "deliveredAt") == 0 ||
        strcmp(key, "acknowledgedAt") == 0 || strcmp(key, "receipts") == 0 ||
        strcmp(key, "unread") == 0)
        return refuse(draft, key, "is the library's to give");
    return 0;
}

static int check(const struct draft *draft)
{
    const char *key;
    const soc_json *value;
    if (soc_json_kind(draft->json) != SOC_JSON_OBJECT)
        return soc_fail(&draft->s->error, SOCIETY_E_INVALID, "%sa message must be a JSON object",
                        draft->where);
    int result = check_to(draft, soc_json_get(draft->json, "to"));
    for (void *i = NULL; result == 0 && (i = soc_json_next(draft->json, i, &key, &value));)
        result = check_field(draft, key, value);
    bool empty = !soc_json_get(draft->json, "content") && !soc_json_get(draft->json, "data") &&
                 !soc_json_get(draft->json, "task") && !soc_json_get(draft->json, "attachments");
    return result == 0 && empty ? refuse(draft, "content", "is missing") : result;
}

/* ---- The record ---- */

/* The thread of a reply: that of the message replied to, or that message, if it began none. */
static int add_thread(const struct draft *draft, struct soc_strbuf *out)
{
    const char *reply = soc_json_get_string(draft->json, "replyTo");
    if (!reply || soc_json_get(draft->json, "thread"))
        return 0;
    SOC_AUTO_FOUND struct soc_found found;
    int result = soc_find_message(draft->s, reply, &found);
    if (result < 0)
        return result;
    const char *thread = result == 1 ? soc_json_get_string(found.json, "thread") : NULL;
    soc_record_string(out, "thread",
                      thread && soc_is_word(thread, strlen(thread)) ? thread : reply);
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

/* Copies the caller's other members, as they were written. */
static int add_members(const struct draft *draft, const char *message, size_t length,
                       struct soc_strbuf *out)
{
    SOC_AUTO_STRBUF struct soc_strbuf text = SOC_STRBUF_INIT;
    SOC_AUTO_STRBUF struct soc_strbuf to = SOC_STRBUF_INIT;
    struct soc_slice key;
    struct soc_slice value;
    size_t cursor = 0;
    soc_json_minify(&text, message, length);
    soc_json_dump(soc_json_get(draft->json, "to"), &to);
    if (text.failed || to.failed)
        return soc_fail_memory(&draft->s->error);
    soc_record_raw(out, "to", to.data, to.length);
    while (soc_peek_member(text.data, text.length, &cursor, &key, &value)) {
        SOC_AUTO_JSON soc_json *name = soc_json_parse(key.data, key.length, NULL);
        const char *plain = soc_json_string(name);
        if (!plain)
            return soc_fail_memory(&draft->s->error);
        if (!is_ours(plain))
            soc_record_raw(out, plain, value.data, value.length);
    }
    return 0;
}

static int write_record(const struct draft *draft, const char *message, size_t length,
                        struct soc_strbuf *out, struct soc_composed *composed)
{
    const char *type = soc_json_get_string(draft->json, "type");
    const char *id = soc_json_get_string(draft->json, "id");
    size_t start = out->length;
    if (id)
        snprintf(composed->id, sizeof composed->id, "%s", id);
    int result = id ? 0 : soc_uuid7(composed->id);
    if (result < 0)
        return soc_fail(&draft->s->error, result, "cannot make an id");
    soc_record_begin(out, type ? type : "message");
    soc_record_string(out, "from", draft->s->agent);
    result = add_members(draft, message, length, out);
    if (result == 0)
        result = add_thread(draft, out);
    if (result < 0)
        return result;
    result = soc_record_end(out, start, composed->id);
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

int soc_compose(struct society *s, const char *message, size_t length, const char *where,
                struct soc_strbuf *out, struct soc_composed *ret_composed)
{
    struct soc_error why = {0};
    SOC_AUTO_JSON soc_json *json = soc_json_parse(message, length, &why);
    if (!json)
        return refuse_text(s, where, &why);
    struct draft draft = {s, where, json};
    struct soc_composed composed;
    size_t before = out->length;
    int result = check(&draft);
    if (result == 0)
        result = write_record(&draft, message, length, out, &composed);
    if (result == 0)
        *ret_composed = composed;
    else if (!out->failed)
        out->length = before;
    return result;
}
