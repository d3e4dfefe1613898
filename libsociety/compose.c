/* SPDX-License-Identifier: MIT */
/* A caller's message made into a record: see compose.h. The checks are those of draft.c. */
#include "compose.h"

#include <errno.h>
#include <string.h>

#include "find.h"
#include "record.h"

/* The thread of a reply: that of the message replied to, or that message, if it began none. */
static int add_thread(const struct soc_draft *draft, struct soc_strbuf *out)
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

/* What is plain has no lone surrogate, and white space only within brackets. */
static bool is_as_it_stands(const struct soc_draft *draft, struct soc_slice value)
{
    return draft->plain && value.data[0] != '{' && value.data[0] != '[';
}

static void add_member(const struct soc_draft *draft, struct soc_strbuf *out, struct soc_slice key,
                       struct soc_slice value)
{
    if (is_as_it_stands(draft, value)) {
        soc_record_copy(out, key.data, key.length, value.data, value.length);
        return;
    }
    soc_strbuf_add_char(out, ',');
    soc_json_minify(out, key.data, key.length);
    soc_strbuf_add_char(out, ':');
    soc_json_minify(out, value.data, value.length);
}

/* Copies the caller's other members, as they were written. */
static int add_members(const struct soc_draft *draft, struct soc_strbuf *out)
{
    struct soc_slice key;
    struct soc_slice value;
    size_t cursor = 0;
    int result;
    add_member(draft, out, (struct soc_slice){"\"to\"", 4}, draft->to);
    while ((result = soc_draft_next(draft, &cursor, &key, &value)) == 1)
        add_member(draft, out, key, value);
    return result;
}

static int write_record(struct soc_draft *draft, struct soc_strbuf *out)
{
    size_t start = out->length;
    char where[SOC_WHERE_SIZE];
    int result = draft->id[0] ? 0 : soc_uuid7_of(&draft->s->random, draft->of->now->ms, draft->id);
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
    result = soc_record_end_at(out, start, draft->id, draft->of->now);
    if (result == SOCIETY_E_TOO_BIG)
        return soc_fail(&draft->s->error, result,
                        "%sthe message is over 256 KiB; attach what is large",
                        soc_draft_where(draft->of->line, where));
    return result < 0 ? soc_fail(&draft->s->error, result, "%scannot make a record",
                                 soc_draft_where(draft->of->line, where))
                      : 0;
}

/* Text that is no JSON. Where it is one line of several, its own `line 1` would be a second one. */
static int refuse_text(struct society *s, int line, const struct soc_error *why)
{
    static const char first[] = "line 1, ";
    char where[SOC_WHERE_SIZE];
    if (why->code == -ENOMEM)
        return soc_fail_memory(&s->error);
    if (line == 0 || strncmp(why->text, first, sizeof first - 1) != 0)
        return soc_fail(&s->error, SOCIETY_E_INVALID, "%s%s", soc_draft_where(line, where),
                        why->text);
    return soc_fail(&s->error, SOCIETY_E_INVALID, "line %d, %s", line,
                    why->text + sizeof first - 1);
}

/* Whether the text is one JSON object: what is not certain at a glance, the decoder decides. */
static int check_text(struct society *s, const char *text, size_t length, int line)
{
    struct soc_error why = {0};
    char where[SOC_WHERE_SIZE];
    SOC_AUTO_JSON soc_json *json = soc_json_parse(text, length, &why);
    if (!json)
        return refuse_text(s, line, &why);
    if (soc_json_kind(json) != SOC_JSON_OBJECT)
        return soc_fail(&s->error, SOCIETY_E_INVALID, "%sa message must be a JSON object",
                        soc_draft_where(line, where));
    return 0;
}

int soc_compose(struct society *s, const char *message, size_t length,
                const struct soc_composing *of, struct soc_strbuf *out,
                struct soc_composed *ret_composed)
{
    struct soc_plain_members members;
    struct soc_draft draft = {.s = s, .of = of, .text = message, .length = length};
    size_t before = out->length;
    int result = 0;
    if (soc_json_plain_members(message, length, &members))
        draft.plain = &members;
    else
        result = check_text(s, message, length, of->line);
    if (result == 0)
        result = soc_draft_check(&draft);
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
