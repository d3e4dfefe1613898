/* SPDX-License-Identifier: MIT */
/* Records as text: see record.h. */
#include "record.h"

#include <errno.h>
#include <string.h>

#include "clock.h"
#include "crc32c.h"
#include "error.h"
#include "json.h"
#include "json_plain.h"
#include "scan.h"

/* Some forty parts make a record, so they are put where there is room already, each as one copy. */
static char *put(char *at, const char *text, size_t length)
{
    memcpy(at, text, length);
    return at + length;
}

#define PUT(at, text) put(at, text, sizeof(text) - 1)

static void set_end(struct soc_strbuf *out, char *end)
{
    *end = '\0';
    out->length = (size_t)(end - out->data);
}

/* A string that is nothing but ordinary characters. */
static char *put_plain(char *at, const char *text, size_t length)
{
    *at++ = '"';
    at = put(at, text, length);
    *at++ = '"';
    return at;
}

/* Puts `,"key":` before what is to come. */
static char *put_key(char *at, const char *key, size_t length)
{
    *at++ = ',';
    at = put_plain(at, key, length);
    *at++ = ':';
    return at;
}

void soc_record_begin(struct soc_strbuf *out, const char *type)
{
    size_t length = strlen(type);
    soc_strbuf_add_string(out, "{\"type\":");
    soc_json_quote(out, type, length);
}

void soc_record_raw(struct soc_strbuf *out, const char *key, const char *json, size_t length)
{
    size_t key_length = strlen(key);
    char *at = soc_strbuf_reserve(out, key_length + length + 4);
    if (at)
        set_end(out, put(put_key(at, key, key_length), json, length));
}

void soc_record_copy(struct soc_strbuf *out, const char *key, size_t key_length, const char *value,
                     size_t length)
{
    char *at = soc_strbuf_reserve(out, key_length + length + 2);
    if (!at)
        return;
    *at++ = ',';
    at = put(at, key, key_length);
    *at++ = ':';
    set_end(out, put(at, value, length));
}

void soc_record_string(struct soc_strbuf *out, const char *key, const char *text)
{
    size_t key_length = strlen(key);
    size_t length = strlen(text);
    if (soc_json_ordinary(text, length) < length) {
        soc_record_raw(out, key, "", 0);
        soc_json_quote(out, text, length);
        return;
    }
    char *at = soc_strbuf_reserve(out, key_length + length + 6);
    if (at)
        set_end(out, put_plain(put_key(at, key, key_length), text, length));
}

void soc_record_integer(struct soc_strbuf *out, const char *key, int64_t value)
{
    soc_record_raw(out, key, "", 0);
    soc_strbuf_add_integer(out, value);
}

/* By hand: this is written for every record, and printf() takes longer than all else here. */
static void put_hex(char out[8], uint32_t value)
{
    for (int i = 7; i >= 0; i--, value >>= 4)
        out[i] = "0123456789abcdef"[value & 0xf];
}

#define END_SIZE \
    sizeof ",\"id\":\"\",\"timestamp\":\"2026-02-10T10:00:00.000Z\",\"crc\":\"00000000\"}\n"

int soc_record_end_at(struct soc_strbuf *out, size_t start, const char *id,
                      const struct soc_moment *now)
{
    soc_record_string(out, "id", id);
    char *at = soc_strbuf_reserve(out, END_SIZE);
    if (!at)
        return -ENOMEM;
    at = PUT(at, ",\"timestamp\":\"");
    at = put(at, now->text, SOC_TIME_SIZE - 1);
    *at++ = '"';
    const char *begin = out->data + start;
    uint32_t crc = soc_crc32c(begin, (size_t)(at - begin));
    at = PUT(at, ",\"crc\":\"");
    put_hex(at, crc);
    set_end(out, PUT(at + 8, "\"}\n"));
    return out->length - start > SOC_LINE_MAX ? SOCIETY_E_TOO_BIG : 0;
}

int soc_record_end(struct soc_strbuf *out, size_t start, const char *id)
{
    char fresh[SOC_UUID_SIZE];
    if (!id) {
        int result = soc_uuid7(fresh);
        if (result < 0)
            return result;
        id = fresh;
    }
    struct soc_moment now = {0};
    soc_moment_now(&now);
    return soc_record_end_at(out, start, id, &now);
}
