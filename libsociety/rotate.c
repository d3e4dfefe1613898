/* SPDX-License-Identifier: MIT */
/* Rotation and settling: see rotate.h. */
#include "rotate.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "clock.h"
#include "json.h"
#include "reader.h"
#include "record.h"
#include "sys.h"

#define SEAL_MAX 512
#define TEMPORARY_MAX (SOC_SEGMENT_NAME_MAX + SOC_UUID_SIZE)
#define LATE_MAX (64 * 1024 * 1024)

/* ---- Rotation ---- */

static int make_header(struct soc_strbuf *out, const char *log, int64_t old_base, int64_t end)
{
    char previous[SOC_SEGMENT_NAME_MAX];
    soc_segment_archive_name(previous, log, old_base);
    soc_record_begin(out, "log_segment");
    soc_record_string(out, "log", log);
    soc_record_integer(out, "version", 1);
    soc_record_integer(out, "base", old_base + end);
    soc_record_string(out, "previous", previous);
    soc_record_integer(out, "previousLength", end);
    return soc_record_end(out, 0, NULL);
}

/* Writes the new segment under a temporary name, synced. */
static int write_segment(const struct soc_dir *dir, const char *name,
                         const struct soc_strbuf *header, const char *states, size_t length,
                         struct soc_error *error)
{
    SOC_AUTO_FD int fd = soc_fs_open(dir, name, O_WRONLY | O_CREAT | O_EXCL, error);
    if (fd == -ENOENT)
        return soc_fail(error, SOCIETY_E_GONE, "%s was removed", dir->path);
    if (fd < 0)
        return fd;
    int result = soc_fs_write_all(fd, header->data, header->length, name, error);
    if (result == 0 && length > 0)
        result = soc_fs_write_all(fd, states, length, name, error);
    if (result == 0 && soc_sys->fdatasync(fd) < 0)
        result = soc_fail_errno(error, "%s: cannot sync", name);
    return result;
}

static int temporary_name(char out[TEMPORARY_MAX], const char *log)
{
    char unique[SOC_UUID_SIZE];
    int result = soc_uuid7(unique);
    if (result == 0)
        snprintf(out, TEMPORARY_MAX, ".%s.jsonl.%s.tmp", log, unique);
    return result;
}

/* Gives the old file its second name. One that a crash left there is as good, if it is the same
 * file. */
static int link_archive(const struct soc_dir *dir, const char *log,
                        const struct soc_segment *segment, struct soc_error *error)
{
    char path[SOC_SEGMENT_NAME_MAX];
    char archived[SOC_SEGMENT_NAME_MAX];
    soc_segment_name(path, log);
    soc_segment_archive_name(archived, log, segment->base);
    int result = soc_fs_mkdir(dir, "archive", error);
    if (result < 0)
        return result;
    if (soc_sys->linkat(dir->fd, path, dir->fd, archived, 0) == 0)
        return 0;
    if (errno != EEXIST)
        return soc_fail_errno(error, "%s: cannot link to %s", path, archived);
    struct stat st;
    if (soc_sys->fstatat(dir->fd, archived, &st, AT_SYMLINK_NOFOLLOW) == 0 &&
        st.st_ino == segment->inode && st.st_dev == segment->device)
        return 0;
    return soc_fail(error, -EMLINK, "%s exists and is another file", archived);
}

static int make_seal(struct soc_strbuf *out, const char *log, int64_t carried)
{
    soc_record_begin(out, "log_sealed");
    soc_record_string(out, "log", log);
    soc_record_integer(out, "carried", carried);
    return soc_record_end(out, 0, NULL);
}

/* Appends a seal to an archived file. Failure leaves it unsealed, which the next writer mends. */
static int seal(int fd, const char *log, int64_t carried, struct soc_error *error)
{
    SOC_AUTO_STRBUF struct soc_strbuf line = SOC_STRBUF_INIT;
    int result = make_seal(&line, log, carried);
    if (result < 0)
        return soc_fail(error, result, "%s: cannot make a seal", log);
    ssize_t wrote = soc_sys->write(fd, line.data, line.length);
    if (wrote < 0)
        return soc_fail_errno(error, "archive of %s: cannot seal", log);
    return (size_t)wrote == line.length ? 0
                                        : soc_fail(error, -ENOSPC, "archive of %s: torn seal", log);
}

int soc_rotate(const struct soc_dir *dir, const char *log, const struct soc_segment *segment,
               int64_t end, const char *states, size_t length, struct soc_error *error)
{
    SOC_AUTO_STRBUF struct soc_strbuf header = SOC_STRBUF_INIT;
    char fresh[TEMPORARY_MAX];
    int result = make_header(&header, log, segment->base, end);
    if (result == 0)
        result = temporary_name(fresh, log);
    if (result < 0)
        return soc_fail(error, result, "%s.jsonl: cannot make a header", log);
    char path[SOC_SEGMENT_NAME_MAX];
    soc_segment_name(path, log);
    result = write_segment(dir, fresh, &header, states, length, error);
    if (result == 0)
        result = link_archive(dir, log, segment, error);
    if (result == 0)
        result = soc_fs_sync_dir(dir, "archive", error);
    if (result == 0 && soc_sys->renameat2(dir->fd, fresh, dir->fd, path, 0) < 0)
        result = soc_fail_errno(error, "%s: cannot replace", path);
    if (result < 0) {
        soc_sys->unlinkat(dir->fd, fresh, 0);
        return result;
    }
    /* From here on the rotation stands; what follows makes it durable and is mended by others if it
     * fails. */
    soc_fs_sync_dir(dir, "", NULL);
    seal(segment->fd, log, end, NULL);
    return 0;
}

/* Gives the new segment its name, unless another was faster, and takes its temporary one away. */
static int publish(const struct soc_dir *dir, const char *fresh, const char *path,
                   struct soc_error *error)
{
    int result = 1;
    if (soc_sys->renameat2(dir->fd, fresh, dir->fd, path, RENAME_NOREPLACE) == 0)
        return result;
    if (errno != EEXIST)
        result = soc_fail_errno(error, "%s: cannot make it again", path);
    soc_sys->unlinkat(dir->fd, fresh, 0);
    return result;
}

/* Begins a segment behind the archived one with this base. */
static int resume_behind(const struct soc_dir *dir, const char *log, int64_t base,
                         struct soc_error *error)
{
    struct soc_segment last = SOC_SEGMENT_INIT;
    SOC_AUTO_STRBUF struct soc_strbuf header = SOC_STRBUF_INIT;
    char fresh[TEMPORARY_MAX];
    char path[SOC_SEGMENT_NAME_MAX];
    int result = soc_segment_open(dir, log, base, O_RDONLY, &last, error);
    if (result < 0)
        return result;
    int64_t size = soc_segment_size(&last, log, error);
    soc_segment_close(&last);
    result = size < 0 ? (int)size : make_header(&header, log, base, size);
    if (result == 0)
        result = temporary_name(fresh, log);
    if (result < 0)
        return soc_fail(error, result, "%s.jsonl: cannot make a header", log);
    soc_segment_name(path, log);
    result = write_segment(dir, fresh, &header, NULL, 0, error);
    if (result == 0)
        return publish(dir, fresh, path, error);
    soc_sys->unlinkat(dir->fd, fresh, 0);
    return result;
}

int soc_resume(const struct soc_dir *dir, const char *log, struct soc_error *error)
{
    SOC_AUTO_FREE int64_t *bases = NULL;
    size_t count = 0;
    int result = soc_segment_archived(dir, log, &bases, &count, error);
    /* What is no directory holds no archive: its own finder says so, and this append has its place.
     */
    if (result < 0 || count == 0)
        return result == SOCIETY_E_UNSAFE_FILE ? 0 : result;
    return resume_behind(dir, log, bases[count - 1], error);
}

/* ---- Settling ---- */

/* Up to which offset a line says that late lines were carried over; -1: it is no seal. */
static int64_t seal_carried(const char *line, size_t length)
{
    struct soc_line scanned;
    int64_t carried;
    soc_scan_line(line, length, &scanned);
    if (scanned.kind != SOC_LINE_RECORD || scanned.foreign ||
        !soc_slice_is(scanned.peek.type, "log_sealed"))
        return -1;
    SOC_AUTO_JSON soc_json *json = soc_json_parse(scanned.text, scanned.length, NULL);
    return json && soc_json_get_integer(json, "carried", &carried) ? carried : -1;
}

/* The line that ends at `end`, behind its newline, in a text that begins at `text`. */
static const char *line_before(const char *text, const char *end)
{
    const char *before = end - text > 1 ? memrchr(text, '\n', (size_t)(end - text) - 1) : NULL;
    return before ? before + 1 : text;
}

/* Looks at the seals at the end of an archived file: two, where a writer settled it before the one
 * who rotated it had sealed it. `ret_carried`: the offset up to which late lines were carried over,
 * `from` if no seal says. 1 when nothing is left to carry over. */
static int last_seal(int fd, const char *log, int64_t from, int64_t *ret_carried, int64_t *ret_size,
                     struct soc_error *error)
{
    *ret_carried = from;
    off_t size = soc_sys->lseek(fd, 0, SEEK_END);
    if (size < 0)
        return soc_fail_errno(error, "archive of %s: cannot seek", log);
    *ret_size = size;
    char tail[SEAL_MAX];
    size_t span = size < SEAL_MAX ? (size_t)size : SEAL_MAX;
    ssize_t got = soc_fs_pread(fd, tail, span, size - (off_t)span);
    if (got < 0)
        return soc_fail_errno(error, "archive of %s: cannot read", log);
    if (got == 0 || tail[got - 1] != '\n')
        return 0;
    const char *end = tail + got;
    int64_t end_offset = size;
    do {
        const char *line = line_before(tail, end);
        int64_t carried = seal_carried(line, (size_t)(end - 1 - line));
        if (carried < from || carried > end_offset - (end - line))
            return 0;
        *ret_carried = carried > *ret_carried ? carried : *ret_carried;
        end_offset -= end - line;
        end = line;
    } while (end > tail && end_offset > *ret_carried);
    return end_offset == *ret_carried;
}

/* The late bytes of an archived file, walked record by record. */
struct late {
    const char *log;
    const char *bytes;
    size_t length;
    size_t offset;
    int64_t base;         /* of the segment */
    int64_t position;     /* of bytes[0] */
    struct soc_strbuf id; /* of the present line, as it stands, or one made from its position */
};

/* Drops from the front what a seal among the late bytes says was carried over: later lines of
 * foreign writers may stand behind it. `offset` is that of the bytes in the file. */
static void drop_carried(struct late *late, int64_t offset)
{
    const char *line = late->bytes;
    const char *end = late->bytes + late->length;
    const char *newline;
    int64_t done = 0;
    for (; (newline = memchr(line, '\n', (size_t)(end - line))); line = newline + 1) {
        int64_t carried = seal_carried(line, (size_t)(newline - line)) - offset;
        if (carried > done && carried <= line - late->bytes)
            done = carried;
    }
    late->bytes += done;
    late->length -= (size_t)done;
    late->position += done;
}

/* The next record, without seals and damaged lines, which stay where they are; false at the last
 * newline. */
static bool next_late(struct late *late, struct soc_line *line)
{
    const char *newline;
    while ((newline = memchr(late->bytes + late->offset, '\n', late->length - late->offset))) {
        const char *start = late->bytes + late->offset;
        soc_scan_line(start, (size_t)(newline - start), line);
        line->position += late->position + (int64_t)late->offset;
        late->offset = (size_t)(newline + 1 - late->bytes);
        if (!line->undecided &&
            (line->kind != SOC_LINE_RECORD || soc_slice_is(line->peek.type, "log_sealed")))
            continue;
        char made[SOC_LATE_ID_SIZE];
        soc_segment_late_id(made, late->log, late->base, line->position);
        soc_strbuf_clear(&late->id);
        late->id.failed = line->undecided; /* asked for by everyone who takes the line */
        if (line->peek.id.data)
            soc_strbuf_add(&late->id, line->peek.id.data, line->peek.id.length);
        else
            soc_json_quote(&late->id, made, strlen(made));
        return true;
    }
    return false;
}

/* The ids of all late lines, as the keys of an object; true: to be carried over. */
static int late_ids(struct late *late, soc_json *ids)
{
    struct soc_line line;
    int result = 0;
    for (late->offset = 0; result == 0 && next_late(late, &line);)
        result =
            late->id.failed ? -ENOMEM : soc_json_set(ids, late->id.data, soc_json_new_bool(true));
    return result;
}

/* Takes those that the new segment holds already out of `ids`: a crash can stand between the lines
 * and their seal. */
static int drop_present(const struct soc_dir *dir, const char *log, soc_json *ids,
                        struct soc_error *error)
{
    struct soc_reader reader;
    int result = soc_reader_open(&reader, dir, log, SOC_READ_FROM_PRESENT, error);
    if (result < 0)
        return result;
    SOC_AUTO_STRBUF struct soc_strbuf key = SOC_STRBUF_INIT;
    struct soc_line line;
    while ((result = soc_reader_next(&reader, &line, error)) == 1) {
        struct soc_slice id = line.peek.id;
        if (line.kind == SOC_LINE_MALFORMED || !id.data)
            continue;
        soc_strbuf_clear(&key);
        soc_strbuf_add(&key, id.data, id.length);
        if (!key.failed)
            soc_json_remove(ids, key.data);
    }
    soc_reader_close(&reader);
    return result;
}

/* One late line, with an id. */
static void add_late(const struct late *late, const struct soc_line *line, struct soc_strbuf *out)
{
    const char *members = line->text;
    size_t length = line->length;
    if (!line->peek.id.data) {
        /* The object ends in a brace, so the look at its first member ends. */
        size_t brace = 1;
        while (memchr(" \t\r", line->text[brace], 3))
            brace++;
        soc_strbuf_add_string(out, "{\"id\":");
        soc_strbuf_add(out, late->id.data, late->id.length);
        if (line->text[brace] != '}')
            soc_strbuf_add_char(out, ',');
        members += brace;
        length -= brace;
    }
    soc_strbuf_add(out, members, length);
    soc_strbuf_add_char(out, '\n');
}

/* The lines that are to be carried over, each with an id; their number. */
static int late_lines(struct late *late, soc_json *ids, struct soc_strbuf *out)
{
    struct soc_line line;
    int count = 0;
    for (late->offset = 0; next_late(late, &line) && !late->id.failed;) {
        if (!soc_json_get(ids, late->id.data))
            continue;
        soc_json_remove(ids, late->id.data);
        add_late(late, &line, out);
        count++;
    }
    return out->failed || late->id.failed ? -ENOMEM : count;
}

/* Collects what is to be carried over from the late bytes; their last newline goes to *ret_end, an
 * offset in them. */
static int collect(const struct soc_dir *dir, const char *log, struct late *late, size_t *ret_end,
                   struct soc_strbuf *out, struct soc_error *error)
{
    SOC_AUTO_JSON soc_json *ids = soc_json_new_object();
    if (!ids || late_ids(late, ids) < 0)
        return soc_fail_memory(error);
    *ret_end = late->offset;
    if (soc_json_count(ids) == 0)
        return 0;
    int result = drop_present(dir, log, ids, error);
    if (result < 0)
        return result;
    int count = late_lines(late, ids, out);
    return count < 0 ? soc_fail_memory(error) : count;
}

/* Opens the archived segment just before `base`, past files that are none. -ENOENT: there is none;
 * errors. */
static int open_previous(const struct soc_dir *dir, const char *log, int64_t base,
                         struct soc_segment *ret_segment, struct soc_error *error)
{
    SOC_AUTO_FREE int64_t *bases = NULL;
    size_t count = 0;
    int result = soc_segment_archived(dir, log, &bases, &count, error);
    if (result < 0)
        return result;
    result = -ENOENT;
    while (count-- > 0 && (result == -ENOENT || soc_segment_is_none(result)))
        if (bases[count] < base)
            result =
                soc_segment_open(dir, log, bases[count], O_RDWR | O_APPEND, ret_segment, error);
    return soc_segment_is_none(result) ? -ENOENT : result;
}

/* One write to the end of the new segment: all or, for the next who settles, what came through. */
static int append_once(const struct soc_segment *segment, const char *log,
                       const struct soc_strbuf *lines, struct soc_error *error)
{
    off_t end = soc_sys->lseek(segment->fd, 0, SEEK_END);
    char last = '\n';
    if (end < 0 || (end > 0 && soc_sys->pread(segment->fd, &last, 1, end - 1) != 1))
        return soc_fail_errno(error, "%s.jsonl: cannot read", log);
    SOC_AUTO_STRBUF struct soc_strbuf text = SOC_STRBUF_INIT;
    if (last != '\n')
        soc_strbuf_add_char(&text, '\n');
    soc_strbuf_add(&text, lines->data, lines->length);
    if (text.failed)
        return soc_fail_memory(error);
    ssize_t wrote = soc_sys->write(segment->fd, text.data, text.length);
    if (wrote < 0)
        return soc_fail_errno(error, "%s.jsonl: cannot append late lines", log);
    if ((size_t)wrote < text.length)
        return soc_fail(error, -ENOSPC, "%s.jsonl: late lines were cut short", log);
    return 0;
}

/* Carries over what stands in the archived file from `carried` on. */
static int settle_from(const struct soc_dir *dir, const char *log,
                       const struct soc_segment *segment, const struct soc_segment *old,
                       int64_t carried, int64_t size, struct soc_error *error)
{
    size_t length = (size_t)(size - carried);
    SOC_AUTO_STRBUF struct soc_strbuf bytes = SOC_STRBUF_INIT;
    if (length > LATE_MAX)
        return soc_fail(error, SOCIETY_E_TOO_BIG, "archive of %s: over 64 MiB of late lines", log);
    if (!soc_strbuf_reserve(&bytes, length + 1))
        return soc_fail_memory(error);
    ssize_t got = soc_fs_pread(old->fd, bytes.data, length, carried);
    if (got < 0)
        return soc_fail_errno(error, "archive of %s: cannot read", log);
    struct late late = {.log = log, .bytes = bytes.data, .length = (size_t)got};
    late.base = old->base;
    late.position = old->base + carried;
    drop_carried(&late, carried);
    SOC_AUTO_STRBUF struct soc_strbuf lines = SOC_STRBUF_INIT;
    size_t end = 0;
    int count = collect(dir, log, &late, &end, &lines, error);
    soc_strbuf_free(&late.id);
    int result = count > 0 ? append_once(segment, log, &lines, error) : count;
    /* A torn line at the end may still be finished by its writer: then no seal yet. */
    if (result == 0 && end == late.length)
        result = seal(old->fd, log, size, error);
    return result < 0 ? result : count;
}

int soc_settle(const struct soc_dir *dir, const char *log, const struct soc_segment *segment,
               struct soc_error *error)
{
    struct soc_segment old = SOC_SEGMENT_INIT;
    int result = open_previous(dir, log, segment->base, &old, error);
    if (result < 0)
        return result == -ENOENT ? 0 : result;
    int64_t carried = 0;
    int64_t size = 0;
    result = last_seal(old.fd, log, segment->base - old.base, &carried, &size, error);
    if (result == 1 || (result == 0 && size < carried))
        result = 0;
    else if (result == 0)
        result = settle_from(dir, log, segment, &old, carried, size, error);
    soc_segment_close(&old);
    return result;
}

int soc_is_settled(const struct soc_dir *dir, const char *log, int64_t base,
                   struct soc_error *error)
{
    struct soc_segment old = SOC_SEGMENT_INIT;
    int result = soc_segment_open(dir, log, base, O_RDONLY, &old, error);
    if (result < 0)
        return result;
    int64_t carried;
    int64_t size;
    result = last_seal(old.fd, log, 0, &carried, &size, error);
    soc_segment_close(&old);
    return result;
}
