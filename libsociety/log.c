/* SPDX-License-Identifier: MIT */
/* Appending to a log: see log.h. */
#include "log.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "bell.h"
#include "lock.h"
#include "rotate.h"
#include "strbuf.h"
#include "sys.h"

void soc_log_init(struct soc_log *log, const struct soc_dir *dir, const char *name, bool durable)
{
    *log = (struct soc_log){.dir = dir, .segment = SOC_SEGMENT_INIT};
    snprintf(log->name, sizeof log->name, "%s", name);
    log->durable = durable;
    soc_group_sync_init(&log->group);
    log->timeout_ms = SOC_LOCK_TIMEOUT_MS;
}

static void close_segment(struct soc_log *log)
{
    soc_segment_close(&log->segment);
    soc_group_sync_leave(&log->group);
}

void soc_log_close(struct soc_log *log)
{
    close_segment(log);
    soc_group_sync_close(&log->group);
}

/* Opens the present segment, making it if there is none. */
static int open_present(struct soc_log *log, struct soc_error *error)
{
    const int flags = O_RDWR | O_APPEND;
    log->settled = false;
    log->end = -1;
    /* Whoever made or rotated it may have died before the name was durable: then a power cut would
     * take all that is written to it. */
    log->named = false;
    int result = soc_segment_open(log->dir, log->name, -1, flags, &log->segment, error);
    if (result != -ENOENT)
        return result;
    int made = soc_resume(log->dir, log->name, error);
    if (made == 0)
        made = soc_segment_open(log->dir, log->name, -1, flags | O_CREAT | O_EXCL, &log->segment,
                                error);
    if (made == 0)
        return 0;
    /* made again behind the archive, or another was faster: its file it is */
    result = made < 0 && made != -EEXIST
                 ? made
                 : soc_segment_open(log->dir, log->name, -1, flags, &log->segment, error);
    if (result == -ENOENT)
        return soc_fail(error, SOCIETY_E_GONE, "%s was removed", log->dir->path);
    return result;
}

/* Learns the end of the locked segment, whose size was found to be `size`. Where it is as long as
 * our last record left it, that record's newline is its last byte. */
static int learn_end(struct soc_log *log, int64_t size, struct soc_error *error)
{
    int64_t before = log->end;
    log->end = size;
    if (size == before && !log->torn)
        return 0;
    char last = '\n';
    if (size > 0 && soc_sys->pread(log->segment.fd, &last, 1, size - 1) < 0)
        return soc_fail_errno(error, "%s.jsonl: cannot read", log->name);
    log->torn = last != '\n';
    return 0;
}

static int measure(struct soc_log *log, struct soc_error *error)
{
    int64_t size = soc_segment_size(&log->segment, log->name, error);
    return size < 0 ? (int)size : learn_end(log, size, error);
}

/* Takes the lock of the open segment: 1 held and still the present one, 0 it was moved away
 * meanwhile. */
static int lock_present(struct soc_log *log, int64_t *deadline, struct soc_error *error)
{
    int64_t size = 0;
    int result = soc_lock_until(log->segment.fd, deadline, log->timeout_ms, log->name, error);
    if (result < 0)
        return result;
    result = soc_segment_measure(log->dir, log->name, &log->segment, &size, error);
    if (result == 1) {
        int measured = learn_end(log, size, error);
        result = measured < 0 ? measured : 1;
    }
    if (result != 1)
        soc_unlock(log->segment.fd);
    return result;
}

/* Carries over what foreign writers still appended to the segment before. Late lines are somebody
 * else's, and the next writer tries again: they don't make this append fail. */
static int settle(struct soc_log *log, struct soc_error *error)
{
    log->settled = true;
    if (log->segment.base == 0 || soc_settle(log->dir, log->name, &log->segment, NULL) <= 0)
        return 0;
    log->carried = true;
    log->unsynced = true;
    int result = measure(log, error);
    if (result < 0)
        close_segment(log);
    return result;
}

int soc_log_begin(struct soc_log *log, struct soc_error *error)
{
    int64_t deadline = 0;
    int result = 0;
    while (result == 0) {
        if (log->segment.fd < 0)
            result = open_present(log, error);
        if (result == 0)
            result = lock_present(log, &deadline, error);
        if (result != 1)
            close_segment(log);
    }
    /* All of the time: also what was waited for the lock of a file that was moved away since. */
    if (result == SOCIETY_E_TIMEOUT)
        return soc_fail(error, result, "%s is locked by another (waited %d ms)", log->name,
                        (int)log->timeout_ms);
    if (result < 0)
        return result;
    return log->settled ? 0 : settle(log, error);
}

/* After a short write: ends what it left with a newline, if nothing followed it. A failure is the
 * next writer's torn tail. */
static void close_torn(struct soc_log *log)
{
    if (soc_segment_size(&log->segment, log->name, NULL) > log->end && measure(log, NULL) == 0 &&
        log->torn && soc_sys->write(log->segment.fd, "\n", 1) == 1) {
        log->torn = false;
        log->end++;
    }
}

static int write_once(struct soc_log *log, const char *bytes, size_t length,
                      struct soc_error *error)
{
    ssize_t wrote;
    do {
        wrote = soc_sys->write(log->segment.fd, bytes, length);
    } while (wrote < 0 && errno == EINTR);
    if (wrote == (ssize_t)length)
        return 0;
    int result = wrote < 0 ? soc_fail_errno(error, "%s.jsonl: cannot append", log->name)
                           : soc_fail(error, -ENOSPC,
                                      "%s.jsonl: cannot append: the disk took %zd of %zu bytes",
                                      log->name, wrote, length);
    close_torn(log);
    return result;
}

int soc_log_write(struct soc_log *log, const char *lines, size_t length, int64_t *ret_position,
                  struct soc_error *error)
{
    SOC_AUTO_STRBUF struct soc_strbuf mended = SOC_STRBUF_INIT;
    const char *bytes = lines;
    size_t total = length;
    if (log->torn) {
        soc_strbuf_add_char(&mended, '\n');
        soc_strbuf_add(&mended, lines, length);
        if (mended.failed)
            return soc_fail_memory(error);
        bytes = mended.data;
        total++;
    }
    log->unsynced = true;
    if (log->durable)
        soc_group_sync_begin(&log->group);
    int result = write_once(log, bytes, total, error);
    if (result < 0)
        return result;
    log->end += (int64_t)total;
    log->torn = false;
    if (!ret_position && !log->durable)
        return 0; /* if a foreign writer was in between, the next measure() finds another size */
    /* With O_APPEND the offset is now behind what was written, wherever a foreign writer put its
     * own. */
    off_t end = soc_sys->lseek(log->segment.fd, 0, SEEK_CUR);
    if (end < 0)
        return soc_fail_errno(error, "%s.jsonl: cannot seek", log->name);
    log->end = end;
    if (ret_position)
        *ret_position = log->segment.base + end - (int64_t)length;
    return 0;
}

static int sync_records(struct soc_log *log, struct soc_error *error)
{
    if (soc_group_sync(&log->group, log->dir, log->name, &log->segment, log->end) < 0) {
        int result = soc_fail_errno(error, "%s.jsonl: cannot sync", log->name);
        close_segment(log);
        return result;
    }
    if (!log->named) {
        int result = soc_fs_sync_dir(log->dir, "", error);
        if (result < 0)
            return result;
        log->named = true;
    }
    log->unsynced = false;
    return 0;
}

int soc_log_end(struct soc_log *log, struct soc_error *error)
{
    soc_unlock(log->segment.fd);
    int result = log->durable && log->unsynced ? sync_records(log, error) : 0;
    if (log->carried)
        soc_bell_ring_all(log); /* nobody knows whom they are for */
    log->carried = false;
    return result;
}

int soc_log_rotate(struct soc_log *log, const char *states, size_t length, struct soc_error *error)
{
    int64_t ignored;
    if (log->end == 0)
        return 0; /* nothing to move away, and no position to begin the next segment at */
    if (log->torn) {
        int result = soc_log_write(log, "", 0, &ignored, error);
        if (result < 0)
            return result;
    }
    int result = soc_rotate(log->dir, log->name, &log->segment, log->end, states, length, error);
    if (result < 0)
        return result;
    soc_unlock(log->segment.fd);
    close_segment(log);
    return soc_log_begin(log, error);
}

int soc_log_append(struct soc_log *log, const char *lines, size_t length, int64_t rotate_bytes,
                   int64_t *ret_position, struct soc_error *error)
{
    int result = soc_log_begin(log, error);
    if (result < 0)
        return result;
    /* A rotation that fails (a full disk) is tried again by the next append; this record still has
     * its place. */
    if (rotate_bytes > 0 && log->end >= rotate_bytes)
        soc_log_rotate(log, NULL, 0, error);
    if (log->segment.fd < 0)
        return error ? error->code : SOCIETY_E_TIMEOUT;
    int64_t position = -1;
    result = soc_log_write(log, lines, length, ret_position ? &position : NULL, error);
    int ended = soc_log_end(log, error);
    if (result == 0)
        result = ended;
    if (result == 0 && ret_position)
        *ret_position = position;
    return result;
}
