/* SPDX-License-Identifier: MIT */
/*
 * A log's file of any bytes, in the archive or not: it is read to its end, and read in two parts, as it grows, it gives the
 * same. A reader that sifts gives all that a needle stands in, and nothing that is not there.
 */
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "crc32c.h"
#include "fuzz/fuzz.h"
#include "harness/files.h"
#include "harness/tmp.h"
#include "reader.h"

static char *directory;
static struct soc_dir dir;

static void clean_up(void)
{
    soc_dir_close(&dir);
    tmp_remove(directory);
}

static void begin(void)
{
    directory = tmp_make();
    must(soc_dir_open(&dir, directory, NULL) == 0);
    atexit(clean_up);
}

static void put(const char *name, const uint8_t *data, size_t size, int flags)
{
    int fd = openat(dir.fd, name, O_WRONLY | O_CREAT | flags, 0600);

    must(fd >= 0 && write(fd, data, size) == (ssize_t)size);
    close(fd);
}

/* Goes on to the end: a digest of all lines. */
static uint32_t read_on(struct soc_reader *reader, uint32_t digest)
{
    struct soc_line line;
    int64_t last = -1;
    int result;

    while ((result = soc_reader_next(reader, &line, NULL)) == 1) {
        must(line.position >= 0 && line.end > line.position);
        must(line.position > last || reader->incident[0] != '\0');
        last = line.position;
        digest = soc_crc32c_update(digest, line.text, line.length);
        digest = soc_crc32c_update(digest, &line.position, sizeof line.position);
    }
    must(result == 0);
    return digest;
}

static bool is_headed(const uint8_t *data, size_t size)
{
    static const char head[] = "{\"type\":\"log_segment\"";

    return size >= sizeof head - 1 && memcmp(data, head, sizeof head - 1) == 0;
}

/* At once, and when it grows behind the reader's back. Only a rotation makes a header, at once. */
static void check_growing(const uint8_t *data, size_t size, size_t first)
{
    struct soc_reader whole;
    struct soc_reader parts;
    int result;

    unlinkat(dir.fd, "messages.jsonl", 0);
    put("messages.jsonl", data, first, 0);
    result = soc_reader_open(&parts, &dir, "messages", SOC_READ_FROM_START, NULL);
    uint32_t grown = result == 0 ? read_on(&parts, SOC_CRC32C_START) : 0;
    put("messages.jsonl", data + first, size - first, O_APPEND);
    if (result == 0)
        grown = read_on(&parts, grown);
    must(soc_reader_open(&whole, &dir, "messages", SOC_READ_FROM_START, NULL) == result ||
         is_headed(data, size));
    if (result == 0) {
        uint32_t at_once = read_on(&whole, SOC_CRC32C_START);
        must(at_once == grown || is_headed(data, size) || parts.incident[0] != '\0');
        soc_reader_close(&parts);
    }
    soc_reader_close(&whole);
}

/* From anywhere, also from inside a record. */
static void check_position(int64_t position)
{
    struct soc_reader reader;
    char check[9];

    if (soc_reader_open(&reader, &dir, "messages", position, NULL) < 0)
        return;
    read_on(&reader, SOC_CRC32C_START);
    must(soc_reader_check(&reader, reader.position, check, NULL) == 0 && strlen(check) == 8);
    soc_reader_close(&reader);
}

static bool has_needle(const struct soc_sieve *sieve, const struct soc_line *line)
{
    for (size_t i = 0; i < sieve->count; i++)
        if (memmem(line->text, line->length, sieve->needles[i].text, sieve->needles[i].length))
            return true;
    return false;
}

/* A reader that sifts beside one that reads every line. */
static void check_sifting(int64_t position)
{
    struct soc_reader sifting, whole;
    struct soc_sieve sieve;
    struct soc_line given = {0}, each;

    if (soc_reader_open(&whole, &dir, "messages", position, NULL) < 0)
        return;
    must(soc_reader_open(&sifting, &dir, "messages", position, NULL) == 0);
    soc_sieve_for_agent(&sieve, "b");
    soc_reader_sift(&sifting, &sieve);
    bool pending = soc_reader_next(&sifting, &given, NULL) == 1;
    while (soc_reader_next(&whole, &each, NULL) == 1) {
        if (!pending || given.position != each.position) {
            must(!has_needle(&sieve, &each));
            continue;
        }
        /* What is for nobody here, behind damage that looks so, may be a repeat to the one alone. */
        must(given.kind == each.kind || !has_needle(&sieve, &given));
        must(given.end == each.end && given.length == each.length);
        must(given.salvaged == each.salvaged && memcmp(given.text, each.text, each.length) == 0);
        pending = soc_reader_next(&sifting, &given, NULL) == 1;
    }
    must(!pending && sifting.position == whole.position);
    must(strcmp(sifting.incident, whole.incident) == 0);
    soc_reader_close(&sifting);
    soc_reader_close(&whole);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static bool begun;
    struct feed feed = {data, size};

    if (!begun)
        begin();
    begun = true;
    unsigned archived = feed_byte(&feed);
    size_t first = feed.left ? (size_t)feed_byte(&feed) * feed.left / 256 : 0;
    unlinkat(dir.fd, "archive/messages-0.jsonl", 0);
    check_growing(feed.data, feed.left, first);
    check_position(archived);
    check_sifting(SOC_READ_FROM_START);
    if (archived % 4 == 0) {
        mkdirat(dir.fd, "archive", 0700);
        put("archive/messages-0.jsonl", feed.data, feed.left, 0);
        check_position(SOC_READ_FROM_START);
        check_sifting(SOC_READ_FROM_START);
        check_sifting(archived);
    }
    return 0;
}
