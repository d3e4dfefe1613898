/* SPDX-License-Identifier: MIT */
/*
 * Sifting: see sift.h. The ids of the records before a line are read by a reader of their own, which
 * begins some way back, and four times as far back while that is not 4,096 records. It does not go
 * back beyond what the reader itself has passed: what it was not told is news.
 */
#include "sift.h"

#include <stdio.h>
#include <string.h>

#define SEALS_MAX 1024
#define OVERLAP 64
#define SPAN (1 << 20) /* holds 4,096 records of 256 bytes */

void soc_reader_sift(struct soc_reader *reader, const struct soc_sieve *sieve)
{
    reader->sieve = sieve;
    reader->doubts = reader->sketchy;
}

void soc_reader_know(struct soc_reader *reader, const char *id)
{
    snprintf(reader->known, sizeof reader->known, "%s", id);
    soc_seen_add(reader->seen, id, strlen(id));
}

/* ---- Passing over ---- */

/* A line that has lost its beginning, or whose meaning hangs on those before it, is looked at. */
static bool sifts(const struct soc_reader *reader)
{
    return reader->sieve && reader->exact == 0 && !reader->pass_states && !reader->truncated_line &&
           !reader->mid_line;
}

void soc_sift(struct soc_reader *reader)
{
    const char *from = reader->data + reader->start;
    size_t unknown = reader->end - reader->scanned;
    if (!sifts(reader) || !memchr(reader->data + reader->scanned, '\n', unknown))
        return;
    size_t clear = soc_sieve_find(reader->sieve, from, reader->end - reader->start);
    const char *newline = memrchr(from, '\n', clear);
    size_t passed = newline ? (size_t)(newline + 1 - from) : 0;
    reader->sketchy |= passed > 0;
    reader->start += passed;
    reader->scanned = reader->start;
    reader->position += (int64_t)passed;
}

/* ---- Repeats ---- */

/* Whether only the records before it tell if this one is a repeat. */
static bool is_doubtful(const struct soc_reader *reader, const struct soc_line *line)
{
    struct soc_slice id = soc_slice_plain(line->peek.id);
    if (!reader->sieve || line->kind != SOC_LINE_RECORD || !id.data)
        return false;
    return reader->doubts || line->foreign || !soc_seen_is_unique(id.data, id.length) ||
           soc_seen_has(reader->seen, id.data, id.length);
}

/* Takes the ids up to `end`: 1 they are 4,096; 0 they are fewer; errors. */
static int read_to(struct soc_reader *past, int64_t end, struct soc_error *error)
{
    struct soc_line line;
    int result;
    past->stop = end;
    while ((result = soc_reader_next(past, &line, error)) == 1)
        continue;
    return result < 0 ? result : soc_seen_count(past->seen) >= SOC_SEEN_WINDOW;
}

/* Whether it read up to `end` what the reader has read: not where the log was replaced or removed, nor
 * where late lines are being read in a file that was moved away. The reader will notice that by itself,
 * and as it does: by the last bytes. */
static bool agrees(const struct soc_reader *past, const struct soc_reader *reader, int64_t end)
{
    size_t known = reader->truncated_line ? 0 : reader->start < OVERLAP ? reader->start : OVERLAP;
    return !past->restarted && past->segment.base == reader->segment.base &&
           past->position == end && past->start >= known &&
           memcmp(past->data + past->start - known, reader->data + reader->start - known, known) ==
               0;
}

/* Reads what stands between `from` and the line: 1 that was enough; 0 it holds too few records;
 * errors. */
static int recall_from(struct soc_reader *reader, int64_t from, struct soc_error *error)
{
    struct soc_reader past;
    int result = soc_reader_open(&past, reader->dir, reader->log, from, error);
    if (result < 0)
        return result;
    if (from == reader->began && reader->known[0] != '\0')
        soc_reader_know(&past, reader->known);
    bool all = from == reader->began || past.position > from; /* older history is gone */
    int64_t end = reader->truncated_line ? reader->line_position : reader->position;
    result = read_to(&past, end, error);
    if (result == 0 && all)
        result = 1;
    if (result == 1 && agrees(&past, reader, end)) {
        struct soc_seen *sketch = reader->seen;
        reader->seen = past.seen;
        past.seen = sketch;
    }
    soc_reader_close(&past);
    return result;
}

int soc_sift_recall(struct soc_reader *reader, const struct soc_line *line, struct soc_error *error)
{
    if (!is_doubtful(reader, line))
        return 0;
    if (!reader->sketchy) { /* it is known; where one such line was, there will be others */
        if (reader->exact > 0 &&
            soc_sieve_find(reader->sieve, line->text, line->length) < line->length)
            reader->exact = SOC_SEEN_WINDOW;
        return 0;
    }
    int result = 0;
    for (int64_t span = SPAN; result == 0; span *= 4) {
        int64_t from = reader->position - span;
        result = recall_from(reader, from > reader->began ? from : reader->began, error);
    }
    if (result < 0)
        return result;
    soc_sift_anew(reader);
    return 0;
}

void soc_sift_anew(struct soc_reader *reader)
{
    reader->exact = reader->sieve ? SOC_SEEN_WINDOW : 0;
    reader->sketchy = false;
    reader->doubts = false;
}

/* Whether no records stand in a few bytes of the file but its own seals. */
static bool is_seal(const struct soc_reader *reader, int64_t from, int64_t to)
{
    char bytes[SEALS_MAX];
    size_t size = (size_t)(to - from);
    if (to - from > SEALS_MAX ||
        soc_fs_pread(reader->segment.fd, bytes, size, from - reader->segment.base) != (ssize_t)size)
        return false;
    for (const char *line = bytes, *newline; size > 0; line = newline + 1) {
        struct soc_line scanned;
        newline = memchr(line, '\n', size);
        if (!newline)
            return false;
        soc_scan_line(line, (size_t)(newline - line), &scanned);
        if (scanned.kind == SOC_LINE_RECORD && !soc_slice_is(scanned.peek.type, "log_sealed"))
            return false;
        size -= (size_t)(newline + 1 - line);
    }
    return true;
}

void soc_sift_moved(struct soc_reader *reader)
{
    if (reader->sieve && reader->position > reader->limit &&
        !is_seal(reader, reader->limit, reader->position))
        soc_sift_anew(reader);
}
