/* SPDX-License-Identifier: MIT */
/* Receipts: see receipts.h. A later record about the same message and agent adds to the earlier
 * one. */
#include "receipts.h"

#include <errno.h>
#include <stdint.h>
#include <string.h>

#include "reader.h"
#include "record.h"

/* The object of one receipt within the map, made if it is missing; NULL: no memory. The map is
 * ours, so it may be changed in place. */
static soc_json *entry(soc_json *map, const char *key)
{
    const soc_json *known = soc_json_get(map, key);
    if (known)
        return soc_json_retain((soc_json *)(uintptr_t)known);
    soc_json *made = soc_json_new_object();
    if (!made || soc_json_set(map, key, soc_json_retain(made)) < 0) {
        soc_json_free(made);
        return NULL;
    }
    return made;
}

static int copy_time(soc_json *receipt, const soc_json *json, const char *key)
{
    const char *time = soc_json_get_string(json, key);
    int64_t ms;
    if (!time || !soc_parse_time(time, strlen(time), &ms) || soc_json_get(receipt, key))
        return 0;
    return soc_json_set_string(receipt, key, time);
}

/* Of which receipts, and by what they are told apart. */
struct wanted {
    const soc_json *agents; /* instead of the rest: whose */
    const char *field;      /* whose value is asked for */
    const char *value;
    const char *key; /* whose value is the key in the map */
};

static int take_id(soc_json *map, const soc_json *agents, const soc_json *json)
{
    const char *agent = soc_json_get_string(json, "deliveredTo");
    const char *id = soc_json_get_string(json, "messageId");
    if (!agent || !id || !soc_json_get(agents, agent))
        return 0;
    SOC_AUTO_JSON soc_json *ids = entry(map, agent);
    return ids ? soc_json_set(ids, id, soc_json_new_null()) : -1;
}

static int take(soc_json *map, const struct wanted *wanted, const soc_json *json)
{
    if (wanted->agents)
        return take_id(map, wanted->agents, json);
    const char *value = soc_json_get_string(json, wanted->field);
    const char *key = soc_json_get_string(json, wanted->key);
    if (!key || !value || !wanted->value || strcmp(value, wanted->value) != 0)
        return 0;
    SOC_AUTO_JSON soc_json *receipt = entry(map, key);
    if (!receipt || copy_time(receipt, json, "deliveredAt") < 0 ||
        copy_time(receipt, json, "acknowledgedAt") < 0)
        return -1;
    return 0;
}

static soc_json *load(struct society *s, const struct wanted *wanted, int *ret_error)
{
    struct soc_reader reader;
    struct soc_sieve sieve;
    struct soc_line line;
    SOC_AUTO_JSON soc_json *map = soc_json_new_object();
    int result = map ? 0 : soc_fail_memory(&s->error);
    if (result == 0)
        result = soc_reader_open(&reader, &s->dir, "deliveries", SOC_READ_FROM_START, &s->error);
    if (result < 0) {
        *ret_error = result;
        return NULL;
    }
    size_t length = wanted->value ? strlen(wanted->value) : 0;
    if (wanted->value && soc_is_word(wanted->value, length)) {
        soc_sieve_for_word(&sieve, wanted->value);
        soc_reader_sift(&reader, &sieve);
    }
    while ((result = soc_reader_next(&reader, &line, &s->error)) == 1) {
        /* Most receipts are others': a look at the bytes spares decoding them. */
        if (line.kind == SOC_LINE_MALFORMED ||
            (length > 0 && !soc_line_may_say(&line, wanted->value, length)))
            continue;
        struct soc_error why = {0};
        SOC_AUTO_JSON soc_json *json = soc_json_parse(line.text, line.length, &why);
        if (why.code == -ENOMEM || (json && take(map, wanted, json) < 0)) {
            result = soc_fail_memory(&s->error);
            break;
        }
    }
    soc_reader_close(&reader);
    *ret_error = result;
    return result < 0 ? NULL : soc_json_retain(map);
}

soc_json *soc_receipts_of_agent(struct society *s, const char *agent, int *ret_error)
{
    struct wanted wanted = {NULL, "deliveredTo", agent, "messageId"};
    return load(s, &wanted, ret_error);
}

soc_json *soc_receipts_of_agents(struct society *s, const soc_json *agents, int *ret_error)
{
    struct wanted wanted = {.agents = agents};
    return load(s, &wanted, ret_error);
}

soc_json *soc_receipts_of_message(struct society *s, const char *id, int *ret_error)
{
    struct wanted wanted = {NULL, "messageId", id, "deliveredTo"};
    return load(s, &wanted, ret_error);
}

int soc_receipts_add(struct society *s, const char *message_id, bool acknowledged,
                     struct soc_strbuf *out)
{
    char now[SOC_TIME_SIZE];
    size_t start = out->length;
    soc_format_time(now, soc_now_ms());
    soc_record_begin(out, "delivery");
    soc_record_string(out, "from", s->agent);
    soc_record_string(out, "messageId", message_id);
    soc_record_string(out, "deliveredTo", s->agent);
    soc_record_string(out, "deliveredAt", now);
    if (acknowledged)
        soc_record_string(out, "acknowledgedAt", now);
    int result = soc_record_end(out, start, NULL);
    if (result == 0)
        return 0;
    if (!out->failed)
        out->length = start;
    return soc_fail(&s->error, result, "cannot make a receipt");
}

int soc_receipts_append(struct society *s, const struct soc_strbuf *lines)
{
    return soc_log_append(&s->deliveries, lines->data, lines->length, s->config.rotate_bytes, NULL,
                          &s->error);
}
