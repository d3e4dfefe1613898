/* SPDX-License-Identifier: MIT */
/* Records as text: see record.h. */
#include "record.h"

#include <errno.h>
#include <string.h>

#include "clock.h"
#include "crc32c.h"
#include "error.h"
#include "json.h"
#include "scan.h"

void soc_record_begin(struct soc_strbuf *out, const char *type)
{
    soc_strbuf_add_string(out, "{\"type\":");
    soc_json_quote(out, type, strlen(type));
}

void soc_record_raw(struct soc_strbuf *out, const char *key, const char *json, size_t length)
{
    soc_strbuf_add_char(out, ',');
    soc_json_quote(out, key, strlen(key));
    soc_strbuf_add_char(out, ':');
    soc_strbuf_add(out, json, length);
}

void soc_record_string(struct soc_strbuf *out, const char *key, const char *text)
{
    soc_record_raw(out, key, "", 0);
    soc_json_quote(out, text, strlen(text));
}

void soc_record_integer(struct soc_strbuf *out, const char *key, int64_t value)
{
    soc_record_raw(out, key, "", 0);
    soc_strbuf_add_integer(out, value);
}

/* By hand: this is written for every record, and printf() takes longer than all else here. */
static void add_crc(struct soc_strbuf *out, uint32_t crc)
{
    char text[] = ",\"crc\":\"00000000\"}\n";
    char *digit = text + sizeof ",\"crc\":\"00000000" - 2;
    for (; crc > 0; crc >>= 4)
        *digit-- = "0123456789abcdef"[crc & 0xf];
    soc_strbuf_add(out, text, sizeof text - 1);
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
    char now[SOC_TIME_SIZE];
    soc_format_time(now, soc_now_ms());
    soc_record_string(out, "id", id);
    soc_record_string(out, "timestamp", now);
    if (out->failed)
        return -ENOMEM;
    add_crc(out, soc_crc32c(out->data + start, out->length - start));
    if (out->failed)
        return -ENOMEM;
    return out->length - start > SOC_LINE_MAX ? SOCIETY_E_TOO_BIG : 0;
}
