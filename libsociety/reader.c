/* SPDX-License-Identifier: MIT */
/*
 * Reading a log: see reader.h. The buffer holds at most two lines' worth; of a longer line only its
 * end is kept, for a record that may be salvaged from it, so that a line of any length costs
 * bounded memory.
 */
#include "reader.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "crc32c.h"
#include "sift.h"
#include "sys.h"

#define READ_SIZE (64 * 1024)
#define END_SIZE \
    1024 /* looked at first for the newline that ends a log, which nearly always is the last byte */
#define OVERLAP 64
#define CHECK_SPAN 256
#define LOCATE_ATTEMPTS 8

/* ---- Which segment ---- */

static void forget_buffer(struct soc_reader *reader)
{
    reader->start = 0;
    reader->end = 0;
    reader->scanned = 0;
    reader->truncated_line = false;
    reader->mid_line = false;
}

static void use_segment(struct soc_reader *reader, const struct soc_segment *segment, bool archived,
                        int64_t limit, int64_t position)
{
    soc_segment_close(&reader->segment);
    reader->segment = *segment;
    reader->archived = archived;
    reader->limit = limit;
    reader->position = position;
    reader->switches++;
    forget_buffer(reader);
}

/* All segments of the log: the archived ones by their bases, ascending, and the present one, open.
 */
struct map {
    struct soc_segment present; /* fd -1: there is none */
    int64_t *bases;
    size_t count;
};

static void map_free(struct map *map)
{
    soc_segment_close(&map->present);
    free(map->bases);
}

static int map_load(struct soc_reader *reader, struct map *map, struct soc_error *error)
{
    *map = (struct map){.present = SOC_SEGMENT_INIT};
    int result = soc_segment_open(reader->dir, reader->log, -1, O_RDONLY, &map->present, error);
    if (result == -ENOENT)
        return 0; /* what is archived has no end while nothing follows it */
    if (result == 0)
        result = soc_segment_archived(reader->dir, reader->log, &map->bases, &map->count, error);
    /* A crash in the middle of a rotation leaves the present segment a second name in the archive.
     */
    while (result == 0 && map->count > 0 && map->bases[map->count - 1] >= map->present.base)
        map->count--;
    return result;
}

static void map_drop(struct map *map, size_t index)
{
    map->count--;
    memmove(map->bases + index, map->bases + index + 1,
            (map->count - index) * sizeof map->bases[0]);
}

/* Opens an archived segment: 0; 1 the file is none, which the incident tells; errors. */
static int open_archived(struct soc_reader *reader, int64_t base, struct soc_segment *ret_segment,
                         struct soc_error *error)
{
    struct soc_error why = {0};
    int result = soc_segment_open(reader->dir, reader->log, base, O_RDONLY, ret_segment, &why);
    if (!soc_segment_is_none(result)) {
        if (result < 0 && error)
            *error = why;
        return result;
    }
    size_t told = strlen(reader->incident);
    reader->passed_over |= told == 0;
    snprintf(reader->incident + told, sizeof reader->incident - told, "%s%s; it is passed over",
             told > 0 ? "; " : "", why.text);
    return 1;
}

/* Where the first archived segment from `index` on begins that is one, else the present one: the
 * end of the segment before it. */
static int map_limit(struct soc_reader *reader, struct map *map, size_t index, int64_t *ret_limit,
                     struct soc_error *error)
{
    int result = 1;
    while (result == 1 && index < map->count) {
        struct soc_segment next = SOC_SEGMENT_INIT;
        result = open_archived(reader, map->bases[index], &next, error);
        if (result == 1)
            map_drop(map, index);
        soc_segment_close(&next);
    }
    *ret_limit = index < map->count ? map->bases[index] : map->present.base;
    return result < 0 && result != -ENOENT ? result : 0;
}

/* Which segment to go to: the one that holds `position`, or the oldest. */
static size_t map_holding(const struct map *map, int64_t position)
{
    size_t index = 0;
    while (index < map->count &&
           (index + 1 < map->count ? map->bases[index + 1] : map->present.base) <= position)
        index++;
    return index;
}

/* Which segment to go to: the first that begins at `base` or behind it. */
static size_t map_following(const struct map *map, int64_t base)
{
    size_t index = 0;
    while (index < map->count && map->bases[index] < base)
        index++;
    return index;
}

/* Goes to the segment of the map that `choose` names. */
static int map_use(struct soc_reader *reader, struct map *map,
                   size_t (*choose)(const struct map *, int64_t), int64_t position,
                   struct soc_error *error)
{
    struct soc_segment segment = SOC_SEGMENT_INIT;
    int64_t limit = INT64_MAX;
    int result = 1;
    size_t index = 0;
    while (result == 1 && (index = choose(map, position)) < map->count) {
        result = open_archived(reader, map->bases[index], &segment, error);
        if (result == 1)
            map_drop(map, index);
    }
    bool archived = index < map->count;
    if (result >= 0 && archived)
        result = map_limit(reader, map, index + 1, &limit, error);
    if (result < 0) {
        soc_segment_close(&segment);
        return result;
    }
    if (!archived) {
        segment = map->present;
        map->present = (struct soc_segment)SOC_SEGMENT_INIT;
    }
    use_segment(reader, &segment, archived, limit,
                position > segment.base ? position : segment.base);
    return 0;
}

/* Goes to the segment that `choose` names. An archived one may be deleted between the look and the
 * opening: then it looks again. */
static int locate(struct soc_reader *reader, size_t (*choose)(const struct map *, int64_t),
                  int64_t position, struct soc_error *error)
{
    int result = -ENOENT;
    for (int attempt = 0; attempt < LOCATE_ATTEMPTS && result == -ENOENT; attempt++) {
        SOC_CLEANUP(map_free) struct map map;
        result = map_load(reader, &map, error);
        if (result == 0)
            result = map_use(reader, &map, choose, position, error);
    }
    return result;
}

/* Goes to the present segment, at `position` if it holds that: 1; 0 it does not. */
static int use_present(struct soc_reader *reader, int64_t position, struct soc_error *error)
{
    struct soc_segment present = SOC_SEGMENT_INIT;
    int result = soc_segment_open(reader->dir, reader->log, -1, O_RDONLY, &present, error);
    if (result < 0 && result != -ENOENT)
        return result;
    if (position != SOC_READ_FROM_PRESENT && position < present.base) {
        soc_segment_close(&present);
        return 0;
    }
    use_segment(reader, &present, false, INT64_MAX,
                position > present.base && present.fd >= 0 ? position : present.base);
    return 1;
}

/* Begins where soc_reader_open() was told to. Most readers begin in the present segment: then the
 * archive is not looked at. */
static int begin(struct soc_reader *reader, int64_t position, struct soc_error *error)
{
    int result = use_present(reader, position, error);
    if (result == 0)
        result = locate(reader, map_holding, position, error);
    return result < 0 ? result : 0;
}

/* Opens at a position inside a segment: takes in the bytes before it, for the overlap and to see
 * whether it is a line's start. */
static int prime(struct soc_reader *reader, struct soc_error *error)
{
    int64_t offset = reader->position - reader->segment.base;
    if (reader->segment.fd < 0 || offset == 0)
        return 0;
    size_t span = offset < OVERLAP ? (size_t)offset : OVERLAP;
    ssize_t got = soc_fs_pread(reader->segment.fd, reader->data, span, offset - (int64_t)span);
    if (got < 0)
        return soc_fail_errno(error, "%s.jsonl: cannot read", reader->log);
    if ((size_t)got < span && reader->archived) {
        reader->position = reader->limit; /* on in the next segment, which says what is missing */
        return 0;
    }
    if ((size_t)got < span)
        return soc_reader_restart(reader, "is shorter than where it was read last", error);
    reader->start = reader->end = reader->scanned = span;
    reader->mid_line = reader->data[span - 1] != '\n';
    return 0;
}

/* Goes behind the last newline of the present segment. */
static int seek_end(struct soc_reader *reader, struct soc_error *error)
{
    if (reader->segment.fd < 0)
        return 0;
    int64_t end = soc_segment_size(&reader->segment, reader->log, error);
    if (end < 0)
        return (int)end;
    for (size_t most = END_SIZE; end > 0; most = most * 2 < READ_SIZE ? most * 2 : READ_SIZE) {
        size_t span = end < (int64_t)most ? (size_t)end : most;
        ssize_t got = soc_fs_pread(reader->segment.fd, reader->data, span, end - (int64_t)span);
        if (got < 0)
            return soc_fail_errno(error, "%s.jsonl: cannot read", reader->log);
        const char *newline = memrchr(reader->data, '\n', (size_t)got);
        int64_t before = end - (int64_t)span;
        if (newline) {
            end = before + (newline + 1 - reader->data);
            break;
        }
        end = before;
    }
    reader->position = reader->segment.base + end;
    return 0;
}

int soc_reader_open(struct soc_reader *reader, const struct soc_dir *dir, const char *log,
                    int64_t position, struct soc_error *error)
{
    *reader = (struct soc_reader){.dir = dir, .segment = SOC_SEGMENT_INIT, .stop = INT64_MAX};
    snprintf(reader->log, sizeof reader->log, "%s", log);
    reader->capacity = OVERLAP + READ_SIZE;
    reader->data = malloc(reader->capacity);
    reader->seen = soc_seen_new();
    if (!reader->data || !reader->seen) {
        soc_reader_close(reader);
        return soc_fail_memory(error);
    }
    bool at_end = position == SOC_READ_FROM_END;
    int result = begin(reader, at_end ? SOC_READ_FROM_PRESENT : position, error);
    if (result == 0 && at_end)
        result = seek_end(reader, error);
    if (result == 0)
        result = prime(reader, error);
    reader->began = reader->position;
    if (result < 0)
        soc_reader_close(reader);
    return result;
}

void soc_reader_close(struct soc_reader *reader)
{
    soc_segment_close(&reader->segment);
    free(reader->data);
    soc_seen_free(reader->seen);
    reader->data = NULL;
    reader->seen = NULL;
}

int soc_reader_restart(struct soc_reader *reader, const char *incident, struct soc_error *error)
{
    snprintf(reader->incident, sizeof reader->incident,
             "%s.jsonl %s (at position %" PRId64 "); reading begins again at its start",
             reader->log, incident, reader->position);
    reader->passed_over = false;
    reader->restarted = true;
    reader->pass_states = false;
    if (reader->forgets)
        soc_seen_forget(reader->seen);
    /* What follows an archived segment was not read yet. */
    int result = reader->archived ? locate(reader, map_holding, reader->segment.base, error)
                                  : use_present(reader, SOC_READ_FROM_PRESENT, error);
    reader->began = reader->position;
    soc_sift_anew(reader);
    return result < 0 ? result : 0;
}

/* ---- From one segment to the next ---- */

/* The present segment was moved away: learn where it ends. What was buffered from behind that is
 * the beginning of a late line: it goes with the buffer, and comes again, carried over into a later
 * segment (rotate.c). */
static int become_archived(struct soc_reader *reader, struct soc_error *error)
{
    SOC_CLEANUP(map_free) struct map map;
    int64_t limit;
    int result = map_load(reader, &map, error);
    if (result < 0 || map.present.fd < 0) /* removed: what we hold may still be read */
        return result;
    if (map.present.base <= reader->segment.base) {
        result = soc_reader_restart(reader, "was replaced", error);
        return result < 0 ? result : 1;
    }
    while (map.count > 0 && map.bases[0] <= reader->segment.base)
        map_drop(&map, 0);
    result = map_limit(reader, &map, 0, &limit, error);
    reader->archived = result == 0;
    reader->limit = limit;
    soc_sift_moved(reader);
    return result < 0 ? result : 1;
}

/* A fold does not follow: the present segment begins with all that is to be known. While there is
 * none, what we hold may still be read. */
static int begin_present(struct soc_reader *reader, struct soc_error *error)
{
    struct soc_segment present = SOC_SEGMENT_INIT;
    int result = soc_segment_open(reader->dir, reader->log, -1, O_RDONLY, &present, error);
    if (result < 0)
        return result == -ENOENT ? 0 : result;
    soc_seen_forget(reader->seen);
    use_segment(reader, &present, false, INT64_MAX, present.base);
    return 1;
}

/* At the end of an archived segment: on to the one whose base is its end. */
static int next_segment(struct soc_reader *reader, struct soc_error *error)
{
    int64_t wanted = reader->limit;
    int64_t reached = reader->position;
    int result = locate(reader, map_following, wanted, error);
    if (result < 0)
        return result;
    int64_t next = reader->segment.base;
    if (next < wanted) {
        result = soc_reader_restart(reader, "was replaced", error);
        return result < 0 ? result : 1;
    }
    if (next > wanted || reached < wanted) {
        size_t told = reader->passed_over ? strlen(reader->incident) : 0;
        snprintf(reader->incident + told, sizeof reader->incident - told,
                 "%s%s.jsonl: history between positions %" PRId64 " and %" PRId64 " is missing",
                 told > 0 ? "; " : "", reader->log, reached, next);
        reader->passed_over = false;
    }
    /* behind a gap the states are news */
    reader->pass_states = next == wanted && reached >= wanted;
    return 1;
}

/* At the end of what can be read: 1 when another file goes on, 0 when there is nothing more for
 * now. */
static int follow(struct soc_reader *reader, struct soc_error *error)
{
    if (reader->archived)
        return next_segment(reader, error);
    if (reader->segment.fd < 0 && reader->forgets)
        return begin_present(reader, error);
    if (reader->segment.fd < 0) {
        struct soc_segment made;
        int result = soc_segment_open(reader->dir, reader->log, -1, O_RDONLY, &made, error);
        if (result < 0)
            return result == -ENOENT ? 0 : result;
        if (made.base <= reader->position) {
            use_segment(reader, &made, false, INT64_MAX, made.base);
            return 1;
        }
        soc_segment_close(&made); /* made and rotated since the last look */
        result = locate(reader, map_holding, reader->position, error);
        return result < 0 ? result : 1;
    }
    int present = soc_segment_is_present(reader->dir, reader->log, &reader->segment, error);
    if (present != 0)
        return present < 0 ? present : 0;
    return reader->forgets ? begin_present(reader, error) : become_archived(reader, error);
}

/* ---- Bytes ---- */

/* Makes room behind what is buffered; of an over-long line keeps only the end. */
static int make_room(struct soc_reader *reader, struct soc_error *error)
{
    if (reader->end - reader->start >= (size_t)2 * SOC_LINE_MAX) {
        if (!reader->truncated_line) {
            reader->truncated_line = true;
            reader->line_position = reader->position;
        }
        size_t surplus = reader->end - reader->start - SOC_LINE_MAX;
        reader->start += surplus;
        reader->position += (int64_t)surplus;
    }
    size_t keep = reader->start < OVERLAP ? reader->start : OVERLAP;
    size_t shift = reader->start - keep;
    memmove(reader->data, reader->data + shift, reader->end - shift);
    reader->start -= shift;
    reader->end -= shift;
    reader->scanned = reader->end;
    if (reader->capacity - reader->end >= READ_SIZE)
        return 0;
    char *grown = realloc(reader->data, reader->capacity * 2);
    if (!grown)
        return soc_fail_memory(error);
    reader->data = grown;
    reader->capacity *= 2;
    return 0;
}

/* Reads on: 1 something came, 0 nothing; a file that is not what it was makes the reader start
 * again. */
static int fill(struct soc_reader *reader, struct soc_error *error)
{
    if (reader->segment.fd < 0)
        return 0;
    int result = make_room(reader, error);
    if (result < 0)
        return result;
    size_t overlap = reader->end < OVERLAP ? reader->end : OVERLAP;
    int64_t offset =
        reader->position + (int64_t)(reader->end - reader->start) - reader->segment.base;
    int64_t room = (int64_t)(reader->capacity - reader->end);
    if (reader->archived && reader->limit - reader->segment.base - offset < room)
        room = reader->limit - reader->segment.base - offset;
    if (room <= 0)
        return 0;
    char before[OVERLAP];
    char *from = reader->data + reader->end - overlap;
    memcpy(before, from, overlap);
    ssize_t got =
        soc_sys->pread(reader->segment.fd, from, overlap + (size_t)room, offset - (int64_t)overlap);
    if (got > 0 && (size_t)got < overlap) /* too short to be judged by */
        got = soc_fs_pread(reader->segment.fd, from, overlap + (size_t)room,
                           offset - (int64_t)overlap);
    if (got < 0) {
        int failed = soc_fail_errno(error, "%s.jsonl: cannot read at position %" PRId64,
                                    reader->log, reader->segment.base + offset);
        memcpy(from, before, overlap);
        return failed;
    }
    if ((size_t)got < overlap || memcmp(before, from, overlap) != 0) {
        result = soc_reader_restart(reader, "was truncated or rewritten", error);
        return result < 0 ? result : 1;
    }
    reader->end += (size_t)got - overlap;
    return (size_t)got > overlap;
}

bool soc_reader_feed(struct soc_reader *reader, int64_t position, const char *bytes, size_t length)
{
    int64_t buffered = reader->position + (int64_t)(reader->end - reader->start);
    if (reader->segment.fd < 0 || reader->archived || position != buffered ||
        length > READ_SIZE - OVERLAP || make_room(reader, NULL) < 0)
        return false;
    memcpy(reader->data + reader->end, bytes, length);
    reader->end += length;
    return true;
}

/* ---- Lines ---- */

/* The next whole line of the buffer, scanned: 1; 0 there is none; errors, and it is still there. */
static int take_line(struct soc_reader *reader, struct soc_line *line, struct soc_error *error)
{
    soc_sift(reader);
    const char *newline =
        memchr(reader->data + reader->scanned, '\n', reader->end - reader->scanned);
    if (!newline) {
        reader->scanned = reader->end;
        return 0;
    }
    const char *bytes = reader->data + reader->start;
    size_t length = (size_t)(newline - bytes);
    int64_t position = reader->position;
    if (reader->truncated_line) {
        *line = (struct soc_line){
            .kind = SOC_LINE_MALFORMED, .text = bytes, .length = length, .position = 0};
        if (!soc_scan_salvage(bytes, length, line))
            position = reader->line_position;
    } else {
        soc_scan_line(bytes, length, line);
    }
    if (line->undecided && !reader->mid_line)
        return soc_fail_memory(error);
    int result = soc_sift_recall(reader, line, error);
    if (result < 0)
        return result;
    reader->start += length + 1;
    reader->scanned = reader->start;
    reader->position += (int64_t)length + 1;
    if (reader->mid_line)
        line->kind = SOC_LINE_BLANK;
    reader->truncated_line = false;
    reader->mid_line = false;
    line->position += position;
    line->end = reader->position;
    return 1;
}

static bool has_suffix(struct soc_slice type, const char *suffix)
{
    size_t length = strlen(suffix);
    return type.data && type.length >= length &&
           memcmp(type.data + type.length - length, suffix, length) == 0;
}

/* Headers and seals are the log's own; what else is not to be given is a state that was seen and a
 * repeat. */
static bool is_passed_over(struct soc_reader *reader, const struct soc_line *line)
{
    struct soc_slice type = line->peek.type;
    if (soc_slice_is(type, "log_segment") || soc_slice_is(type, "log_sealed"))
        return true;
    if (reader->pass_states && !line->foreign && has_suffix(type, "_state\""))
        return true;
    reader->pass_states = false;
    struct soc_slice id = soc_slice_plain(line->peek.id);
    if (!id.data && !line->foreign)
        return false;
    reader->exact -= reader->exact > 0;
    if (id.data)
        return soc_seen_add(reader->seen, id.data, id.length);
    char late[SOC_LATE_ID_SIZE];
    soc_segment_late_id(late, reader->log, reader->segment.base, line->position);
    soc_seen_add(reader->seen, late, strlen(late));
    return false;
}

int soc_reader_next(struct soc_reader *reader, struct soc_line *ret_line, struct soc_error *error)
{
    for (;;) {
        int result = 0;
        while (reader->position < reader->stop &&
               (result = take_line(reader, ret_line, error)) == 1) {
            if (ret_line->kind == SOC_LINE_BLANK)
                continue;
            if (ret_line->kind == SOC_LINE_MALFORMED || !is_passed_over(reader, ret_line))
                return 1;
            if (!ret_line->salvaged)
                continue;
            ret_line->kind = SOC_LINE_MALFORMED; /* its record is a repeat; the damage counts */
            return 1;
        }
        if (reader->position >= reader->stop)
            return 0;
        if (result == 0)
            result = fill(reader, error);
        if (result == 0)
            result = follow(reader, error);
        if (result <= 0)
            return result;
    }
}

bool soc_reader_has_partial(const struct soc_reader *reader)
{
    return reader->end > reader->start;
}

int soc_reader_check(const struct soc_reader *reader, int64_t position, char out[9],
                     struct soc_error *error)
{
    char bytes[CHECK_SPAN];
    int64_t offset = reader->segment.fd < 0 ? 0 : position - reader->segment.base;
    size_t span = offset < 0 ? 0 : offset < CHECK_SPAN ? (size_t)offset : CHECK_SPAN;
    ssize_t got = 0;
    if (span > 0)
        got = soc_fs_pread(reader->segment.fd, bytes, span, offset - (int64_t)span);
    if (got < 0)
        return soc_fail_errno(error, "%s.jsonl: cannot read", reader->log);
    snprintf(out, 9, "%08" PRIx32, soc_crc32c(bytes, (size_t)got));
    return 0;
}
