/* SPDX-License-Identifier: MIT */
/*
 * One line of a log: see scan.h. Salvaging walks the damaged line once, from its end, whatever
 * stands in it: for a suffix S of M = P S, the registers obey crc(S) = crc(M) exactly when crc
 * register after P, inverted by the bytes of S and by as many zeros, agree; both are stepped back a
 * byte at a time (crc32c.h), so that 256 KiB of `{"{"{"…` cost no more than a copy.
 */
#include "scan.h"

#include <errno.h>
#include <string.h>

#include "crc32c.h"
#include "json.h"
#include "json_plain.h"

/* `,"crc":"` 8 digits `"}` */
#define CRC_HEAD ",\"crc\":\""
#define CRC_HEAD_LENGTH (sizeof CRC_HEAD - 1)
#define CRC_LENGTH (CRC_HEAD_LENGTH + 8 + 2)

static int hex_digit(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    if (c >= 'a' && c <= 'f')
        return c - 'a' + 10;
    return -1;
}

/* The checksum that a line claims for itself; false when it claims none. */
static bool claimed_crc(const char *text, size_t length, uint32_t *ret_crc)
{
    if (length < CRC_LENGTH + 1)
        return false;
    const char *tail = text + length - CRC_LENGTH;
    if (memcmp(tail, CRC_HEAD, CRC_HEAD_LENGTH) != 0 ||
        memcmp(tail + CRC_LENGTH - 2, "\"}", 2) != 0)
        return false;
    uint32_t crc = 0;
    for (size_t i = 0; i < 8; i++) {
        int digit = hex_digit(tail[CRC_HEAD_LENGTH + i]);
        if (digit < 0)
            return false;
        crc = crc << 4 | (uint32_t)digit;
    }
    *ret_crc = crc;
    return true;
}

/* Whether it decodes as an object; without memory for that the line is left undecided. */
static bool decodes_as_object(const char *text, size_t length, struct soc_line *line)
{
    if (text[0] == '{' && soc_json_is_plain(text, length))
        return true;
    struct soc_error why = {0};
    SOC_AUTO_JSON soc_json *json = soc_json_parse(text, length, &why);
    line->undecided = !json && why.code == -ENOMEM;
    return json && soc_json_kind(json) == SOC_JSON_OBJECT;
}

static bool is_padding(char c)
{
    return c == ' ' || c == '\t' || c == '\r' || c == '\0';
}

static void set_record(struct soc_line *line, const char *text, size_t length, int64_t offset)
{
    line->kind = SOC_LINE_RECORD;
    line->text = text;
    line->length = length;
    line->position = offset;
}

bool soc_scan_salvage(const char *bytes, size_t length, struct soc_line *ret_line)
{
    uint32_t claimed;
    if (!claimed_crc(bytes, length, &claimed))
        return false;
    size_t body = length - CRC_LENGTH;
    uint32_t before = soc_crc32c_update(SOC_CRC32C_START, bytes, body);
    /* What `before` would have to differ by from the start value for the suffix to match its claim.
     */
    uint32_t wanted = before ^ ~claimed;
    size_t best = 0;
    for (size_t i = body; i-- > 1;) {
        before = soc_crc32c_unstep(before, (unsigned char)bytes[i]);
        wanted = soc_crc32c_unstep(wanted, 0);
        if ((before ^ SOC_CRC32C_START) == wanted && bytes[i] == '{' && bytes[i + 1] == '"')
            best = i;
    }
    struct soc_peek peek;
    if (best == 0 || !soc_peek(bytes + best, length - best, &peek) ||
        !decodes_as_object(bytes + best, length - best, ret_line))
        return false;
    set_record(ret_line, bytes + best, length - best, (int64_t)best);
    ret_line->foreign = false;
    ret_line->salvaged = true;
    ret_line->peek = peek;
    return true;
}

void soc_scan_line(const char *bytes, size_t length, struct soc_line *ret_line)
{
    *ret_line = (struct soc_line){.kind = SOC_LINE_BLANK};
    size_t start = 0;
    size_t end = length;
    while (start < end && is_padding(bytes[start]))
        start++;
    while (end > start && is_padding(bytes[end - 1]))
        end--;
    if (start == end)
        return;
    const char *text = bytes + start;
    size_t size = end - start;
    uint32_t claimed;
    bool ours = claimed_crc(text, size, &claimed);
    bool sound = length < SOC_LINE_MAX && soc_peek(text, size, &ret_line->peek) &&
                 (ours ? soc_crc32c(text, size - CRC_LENGTH) == claimed
                       : decodes_as_object(text, size, ret_line));
    if (sound) {
        ret_line->foreign = !ours;
        set_record(ret_line, text, size, (int64_t)start);
        return;
    }
    if (ret_line->undecided || soc_scan_salvage(bytes, end, ret_line))
        return;
    bool undecided = ret_line->undecided;
    *ret_line = (struct soc_line){.kind = SOC_LINE_MALFORMED, .text = bytes, .length = length};
    ret_line->undecided = undecided;
}

bool soc_line_may_say(const struct soc_line *line, const char *text, size_t length)
{
    return memmem(line->text, line->length, text, length) || memchr(line->text, '\\', line->length);
}
