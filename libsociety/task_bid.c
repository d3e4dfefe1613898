/* SPDX-License-Identifier: MIT */
/* A claim as bytes: see task_bid.h. */
#include "task_bid.h"

#include <string.h>

#include "json.h"
#include "json_plain.h"
#include "record.h"

#define TYPE "task_claim"
#define DIGITS_MAX 15 /* of an integer that is certainly below 2^53 */

static void add_text(struct soc_strbuf *out, const char *before, const char *text)
{
    soc_strbuf_add_string(out, before);
    soc_json_quote(out, text, strlen(text));
}

static void add_number(struct soc_strbuf *out, const char *before, int64_t value)
{
    soc_strbuf_add_string(out, before);
    soc_strbuf_add_integer(out, value);
}

int soc_task_bid_write(const struct soc_task_bid *bid, struct soc_random *random,
                       struct soc_moment *now, struct soc_strbuf *out, struct soc_error *error)
{
    char id[SOC_UUID_SIZE];
    size_t start = out->length;
    soc_moment_now(now);
    int result = soc_uuid7_of(random, now->ms, id);
    if (result < 0)
        return soc_fail(error, result, "cannot make the id of a claim");
    soc_strbuf_reserve(out, 512);
    add_text(out, "{\"type\":\"" TYPE "\",\"from\":", bid->from);
    add_text(out, ",\"task\":", bid->task);
    add_text(out, ",\"session\":", bid->session);
    if (bid->present)
        soc_strbuf_add_string(out, ",\"presence\":true");
    add_number(out, ",\"token\":", bid->token);
    add_number(out, ",\"leaseMs\":", bid->lease_ms);
    if (bid->takes_over)
        add_number(out, ",\"takeover\":", bid->replaces);
    if (bid->own >= 0)
        add_number(out, ",\"own\":", bid->own);
    result = soc_record_end_at(out, start, id, now);
    return result < 0 ? soc_fail(error, result, "cannot make the record of a claim") : 0;
}

void soc_task_bid_describe(const struct soc_task_bid *bid, struct soc_strbuf *out)
{
    add_text(out, "{\"task\":", bid->task);
    add_number(out, ",\"token\":", bid->token);
    add_number(out, ",\"leaseMs\":", bid->lease_ms);
    if (bid->takes_over)
        add_number(out, ",\"takeover\":", bid->replaces);
    else
        soc_strbuf_add_string(out, ",\"takeover\":null");
    soc_strbuf_add_char(out, '}');
}

/* ---- Reading ---- */

struct text {
    const char *at;
    const char *end;
};

static bool take(struct text *text, const char *word)
{
    size_t length = strlen(word);
    if ((size_t)(text->end - text->at) < length || memcmp(text->at, word, length) != 0)
        return false;
    text->at += length;
    return true;
}

/* The rest of a string without escapes, of ASCII, copied unless `out` is NULL. */
static bool take_string(struct text *text, char out[SOC_ID_MAX + 1])
{
    const char *begin = text->at;
    size_t length = soc_json_ordinary(begin, (size_t)(text->end - begin));
    text->at += length;
    if (!take(text, "\"") || (out && length > SOC_ID_MAX))
        return false;
    if (out) {
        memcpy(out, begin, length);
        out[length] = '\0';
    }
    return true;
}

static bool take_integer(struct text *text, int64_t *ret_value)
{
    const char *begin = text->at;
    int64_t value = 0;
    while (text->at < text->end && *text->at >= '0' && *text->at <= '9' &&
           text->at - begin < DIGITS_MAX)
        value = value * 10 + (*text->at++ - '0');
    ptrdiff_t digits = text->at - begin;
    if (digits == 0 || (digits > 1 && *begin == '0'))
        return false;
    *ret_value = value;
    return true;
}

bool soc_task_bid_read(const char *bytes, size_t length, struct soc_task_glance *ret_glance)
{
    struct text text = {bytes, bytes + length};
    int64_t unused;
    if (!take(&text, "{\"type\":\"" TYPE "\",\"from\":\"") ||
        !take_string(&text, ret_glance->from) || !take(&text, ",\"task\":\"") ||
        !take_string(&text, ret_glance->task) || !take(&text, ",\"session\":\"") ||
        !take_string(&text, NULL))
        return false;
    take(&text, ",\"presence\":true");
    if (!take(&text, ",\"token\":") || !take_integer(&text, &ret_glance->token) ||
        !take(&text, ",\"leaseMs\":") || !take_integer(&text, &unused))
        return false;
    if (take(&text, ",\"own\":") && !take_integer(&text, &unused))
        return false;
    return take(&text, ",\"id\":\"") && take_string(&text, NULL) &&
           take(&text, ",\"timestamp\":\"") && take_string(&text, NULL) &&
           take(&text, ",\"crc\":\"") && take_string(&text, NULL) && take(&text, "}") &&
           text.at == text.end;
}
