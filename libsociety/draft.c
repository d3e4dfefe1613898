/* SPDX-License-Identifier: MIT */
/* The fields of a caller's message: see draft.h. */
#include "draft.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "peek.h"

#define SHORT_MAX 128 /* no string that a check looks at is as long */

_Static_assert(SOC_PLAIN_MEMBERS <= 32, "each member is a bit of soc_draft.ours");

const char *soc_draft_where(int line, char out[SOC_WHERE_SIZE])
{
    out[0] = '\0';
    if (line > 0)
        snprintf(out, SOC_WHERE_SIZE, "line %d: ", line);
    return out;
}

static int refuse(const struct soc_draft *draft, const char *field, const char *what)
{
    char where[SOC_WHERE_SIZE];
    return soc_fail(&draft->s->error, SOCIETY_E_INVALID, "%sfield %s %s",
                    soc_draft_where(draft->of->line, where), field, what);
}

/* The contents of a short string; "" for every other value. 0 or -ENOMEM. */
static int read_short(const struct soc_draft *draft, struct soc_slice slice, char out[SHORT_MAX])
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

/* The value as it stands, and as text if it is a short string. */
typedef int check_field(struct soc_draft *draft, const char *field, struct soc_slice value,
                        const char *text);

static bool is_addressee(const char *to)
{
    if (!to)
        return false;
    if (strncmp(to, "role:", 5) == 0)
        return soc_is_word(to + 5, strlen(to + 5));
    return strcmp(to, "all") == 0 || strcmp(to, "broadcast") == 0 ||
           soc_is_agent_id(to, strlen(to));
}

static int check_to(struct soc_draft *draft, const char *field, struct soc_slice to,
                    const char *text)
{
    static const char what[] =
        "must be an agent id, all, broadcast, role:<role>, supervisor, or an array of these";
    draft->to = to;
    if (to.data[0] != '[')
        return is_addressee(text) ? 0 : refuse(draft, field, what);
    SOC_AUTO_JSON soc_json *list = soc_json_parse(to.data, to.length, NULL);
    if (!list)
        return soc_fail_memory(&draft->s->error);
    for (size_t i = 0; i < soc_json_count(list); i++)
        if (!is_addressee(soc_json_string(soc_json_item(list, i))))
            return refuse(draft, field, what);
    return soc_json_count(list) > 0 ? 0 : refuse(draft, field, "names nobody");
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

static int check_type(struct soc_draft *draft, const char *field, struct soc_slice value,
                      const char *type)
{
    (void)value;
    if (!soc_is_word(type, strlen(type)))
        return refuse(draft, field, "must be a word of letters, digits, '.', '_', '-', at most 64");
    if (is_reserved_type(type))
        return refuse(draft, field, "is one of the log's own");
    keep_word(draft->type, type);
    return 0;
}

static int check_from(struct soc_draft *draft, const char *field, struct soc_slice value,
                      const char *text)
{
    (void)value;
    return strcmp(text, draft->s->agent) == 0
               ? 0
               : refuse(draft, field, "is not the agent that is speaking");
}

/* An id of any message; `keep` NULL or where it is kept. */
static int check_any_id(struct soc_draft *draft, const char *field, const char *id, char *keep)
{
    if (!soc_is_word(id, strlen(id)))
        return refuse(draft, field, "must be an id: letters, digits, '.', '_', '-', at most 64");
    if (keep)
        keep_word(keep, id);
    return 0;
}

static int check_id(struct soc_draft *draft, const char *field, struct soc_slice value,
                    const char *text)
{
    (void)value;
    return check_any_id(draft, field, text, draft->id);
}

static int check_reply(struct soc_draft *draft, const char *field, struct soc_slice value,
                       const char *text)
{
    (void)value;
    return check_any_id(draft, field, text, draft->reply);
}

static int check_thread(struct soc_draft *draft, const char *field, struct soc_slice value,
                        const char *text)
{
    (void)value;
    draft->has_thread = true;
    return check_any_id(draft, field, text, NULL);
}

static int check_priority(struct soc_draft *draft, const char *field, struct soc_slice value,
                          const char *text)
{
    bool known =
        strcmp(text, "interrupt") == 0 || strcmp(text, "queue") == 0 || strcmp(text, "log") == 0;
    (void)value;
    return known ? 0 : refuse(draft, field, "must be interrupt, queue or log");
}

static int check_deadline(struct soc_draft *draft, const char *field, struct soc_slice value,
                          const char *text)
{
    int64_t ms;
    (void)value;
    return soc_parse_time(text, strlen(text), &ms)
               ? 0
               : refuse(draft, field, "must be a time as in RFC 3339");
}

static int check_subject(struct soc_draft *draft, const char *field, struct soc_slice value,
                         const char *text)
{
    (void)text;
    return value.data[0] == '"' ? 0 : refuse(draft, field, "must be a string");
}

static int check_ack(struct soc_draft *draft, const char *field, struct soc_slice value,
                     const char *text)
{
    (void)text;
    return value.data[0] == 't' || value.data[0] == 'f'
               ? 0
               : refuse(draft, field, "must be true or false");
}

static int refuse_given(struct soc_draft *draft, const char *field, struct soc_slice value,
                        const char *text)
{
    (void)value;
    (void)text;
    return refuse(draft, field, "is the library's to give");
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

static int check_attachments(struct soc_draft *draft, const char *field, struct soc_slice value,
                             const char *text)
{
    (void)text;
    SOC_AUTO_JSON soc_json *list = soc_json_parse(value.data, value.length, NULL);
    if (!list)
        return soc_fail_memory(&draft->s->error);
    if (soc_json_kind(list) != SOC_JSON_ARRAY)
        return refuse(draft, field, "must be an array");
    for (size_t i = 0; i < soc_json_count(list); i++)
        if (!is_attachment(soc_json_item(list, i)))
            return refuse(draft, field, "must hold objects as society_attach() makes them");
    return 0;
}

/* ---- The fields ---- */

enum {
    OURS = 1,    /* the record has its own, in its own place */
    CONTENT = 2, /* one of these must be there */
};

struct field {
    const char *name;
    unsigned char length;
    unsigned char flags;
    check_field *check; /* NULL: whatever it is */
};

#define FIELD(name, flags, check)            \
    {                                        \
        name, sizeof(name) - 1, flags, check \
    }
static const struct field fields[] = {
    FIELD("to", OURS, check_to),
    FIELD("content", CONTENT, NULL),
    FIELD("type", OURS, check_type),
    FIELD("from", OURS, check_from),
    FIELD("id", OURS, check_id),
    FIELD("subject", 0, check_subject),
    FIELD("data", CONTENT, NULL),
    FIELD("task", CONTENT, NULL),
    FIELD("replyTo", 0, check_reply),
    FIELD("thread", 0, check_thread),
    FIELD("priority", 0, check_priority),
    FIELD("deadline", 0, check_deadline),
    FIELD("ackRequired", 0, check_ack),
    FIELD("attachments", CONTENT, check_attachments),
    FIELD("timestamp", OURS, NULL),
    FIELD("crc", OURS, NULL),
    FIELD("position", 0, refuse_given),
    FIELD("deliveredAt", 0, refuse_given),
    FIELD("acknowledgedAt", 0, refuse_given),
    FIELD("receipts", 0, refuse_given),
    FIELD("unread", 0, refuse_given),
};

/* The field of this name; NULL: none that we define. */
static const struct field *find_field(const char *name, size_t length)
{
    for (size_t i = 0; i < sizeof fields / sizeof fields[0]; i++)
        if (fields[i].length == length && memcmp(fields[i].name, name, length) == 0)
            return &fields[i];
    return NULL;
}

static int check_member(struct soc_draft *draft, const struct field *field, struct soc_slice value)
{
    char text[SHORT_MAX];
    draft->has_content |= (field->flags & CONTENT) != 0;
    if (!field->check)
        return 0;
    int result = read_short(draft, value, text);
    return result < 0 ? result : field->check(draft, field->name, value, text);
}

static int check_plain(struct soc_draft *draft)
{
    const struct soc_plain_members *plain = draft->plain;
    for (size_t i = 0; i < plain->count; i++) {
        const struct field *field = find_field(plain->keys[i].data + 1, plain->keys[i].length - 2);
        int result = field ? check_member(draft, field, plain->values[i]) : 0;
        if (result < 0)
            return result;
        if (field && (field->flags & OURS) != 0)
            draft->ours |= UINT32_C(1) << i;
    }
    return 0;
}

/* ---- Messages that are not plain ---- */

/* The next member and its field, if it is one that we define. 1; 0 at the end; -ENOMEM. */
static int peek_field(const struct soc_draft *draft, size_t *cursor, struct soc_slice *key,
                      struct soc_slice *value, const struct field **ret_field)
{
    char name[SHORT_MAX];
    if (!soc_peek_member(draft->text, draft->length, cursor, key, value))
        return 0;
    int result = read_short(draft, *key, name);
    if (result < 0)
        return result;
    *ret_field = find_field(name, strlen(name));
    return 1;
}

static int check_peeked(struct soc_draft *draft)
{
    struct soc_slice key;
    struct soc_slice value;
    const struct field *field;
    size_t cursor = 0;
    int result;
    while ((result = peek_field(draft, &cursor, &key, &value, &field)) == 1) {
        int checked = field ? check_member(draft, field, value) : 0;
        if (checked < 0)
            return checked;
    }
    return result;
}

int soc_draft_check(struct soc_draft *draft)
{
    int result = draft->plain ? check_plain(draft) : check_peeked(draft);
    if (result < 0)
        return result;
    if (!draft->to.data)
        return refuse(draft, "to", "is missing");
    return draft->has_content ? 0 : refuse(draft, "content", "is missing");
}

/* ---- What the record takes over ---- */

static int next_plain(const struct soc_draft *draft, size_t *cursor, struct soc_slice *key,
                      struct soc_slice *value)
{
    const struct soc_plain_members *plain = draft->plain;
    while (*cursor < plain->count) {
        size_t i = (*cursor)++;
        if ((draft->ours >> i & 1) != 0)
            continue;
        *key = plain->keys[i];
        *value = plain->values[i];
        return 1;
    }
    return 0;
}

int soc_draft_next(const struct soc_draft *draft, size_t *cursor, struct soc_slice *key,
                   struct soc_slice *value)
{
    const struct field *field;
    int result;
    if (draft->plain)
        return next_plain(draft, cursor, key, value);
    do {
        result = peek_field(draft, cursor, key, value, &field);
    } while (result == 1 && field && (field->flags & OURS) != 0);
    return result;
}
