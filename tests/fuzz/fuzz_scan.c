/* SPDX-License-Identifier: MIT */
/*
 * One line of a log: the look at its bytes agrees with the decoder, and a good record that is glued to the bytes survives them.
 */
#include "fuzz/fuzz.h"
#include "json.h"
#include "record.h"
#include "scan.h"

static void check_slice(struct soc_slice slice, const soc_json *json, const char *key)
{
    struct soc_slice plain = soc_slice_plain(slice);
    const char *text = soc_json_get_string(json, key);

    if (plain.data && text)
        must(strlen(text) == plain.length && memcmp(text, plain.data, plain.length) == 0);
}

/* What a foreign writer's line says is what its decoding says, unless a key is written with escapes. */
static void check_foreign(const struct soc_line *line)
{
    SOC_AUTO_JSON soc_json *json = soc_json_parse(line->text, line->length, NULL);

    must(soc_json_kind(json) == SOC_JSON_OBJECT);
    if (memmem(line->text, line->length, "\\", 1))
        return;
    check_slice(line->peek.type, json, "type");
    check_slice(line->peek.id, json, "id");
    check_slice(line->peek.from, json, "from");
    check_slice(line->peek.to, json, "to");
}

static void check_line(const char *bytes, size_t length, const struct soc_line *line)
{
    must(!line->undecided);
    if (line->kind == SOC_LINE_BLANK)
        return;
    must(line->text >= bytes && line->text + line->length <= bytes + length);
    if (line->kind == SOC_LINE_MALFORMED) {
        must(line->text == bytes && line->length == length);
        return;
    }
    must(line->position == line->text - bytes);
    must(line->length >= 2 && line->text[0] == '{' && line->text[line->length - 1] == '}');
    if (line->foreign)
        check_foreign(line);
}

/* A record of ours behind `junk`. */
static void check_glued(const char *junk, size_t length)
{
    SOC_AUTO_STRBUF struct soc_strbuf text = SOC_STRBUF_INIT;
    struct soc_line line;

    soc_strbuf_add(&text, junk, length);
    size_t start = text.length;
    soc_record_begin(&text, "message");
    soc_record_string(&text, "from", "w1");
    must(soc_record_end(&text, start, "0190163d-8694-739b-aea5-966c26f8ad91") == 0);
    soc_scan_line(text.data, text.length - 1, &line);
    check_line(text.data, text.length - 1, &line);
    must(line.kind == SOC_LINE_RECORD);
    /* What stood before can only be part of it if it matches the checksum as well. */
    must(line.text == text.data + start);
    must(line.salvaged || line.peek.type.data);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct soc_line line;
    char *bytes = malloc(size + 1); /* the tools see what is read beyond it */

    must(bytes);
    memcpy(bytes, data, size);
    const void *newline = memchr(bytes, '\n', size);
    size_t length = newline ? (size_t)((const char *)newline - bytes) : size;
    soc_scan_line(bytes, length, &line);
    check_line(bytes, length, &line);
    check_glued(bytes, length);
    free(bytes);
    return 0;
}
