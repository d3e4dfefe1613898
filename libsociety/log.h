/* SPDX-License-Identifier: MIT */
/*
 * Appending to a log. Calling sequence:
 *
 *     soc_log_begin()     opens the present segment where that is needed and takes its lock
 *     …                   decide; the log does not change meanwhile (but by foreign writers that
 * take no lock) soc_log_write()     once or not at all soc_log_end()       unlocks and, at
 * durability `power`, syncs
 *
 * or soc_log_append() for all of it. What was written is acknowledged when soc_log_end() has
 * returned 0, not before.
 *
 * Invariants: one log lock at a time, never across a fork. Nothing is ever truncated or
 * overwritten. A failed write leaves at most a torn tail, which the next writer closes with a
 * newline.
 */
#ifndef SOC_LOG_H
#define SOC_LOG_H

#include <stdbool.h>
#include <stdint.h>

#include "group_sync.h"
#include "segment.h"

#define SOC_LOCK_TIMEOUT_MS 5000

struct soc_log {
    const struct soc_dir *dir;
    char name[SOC_LOG_NAME_MAX];
    struct soc_segment segment; /* fd -1: not open */
    bool durable;               /* durability `power` */
    struct soc_group_sync group;
    int32_t timeout_ms;
    int64_t end;   /* of the segment's file, while the lock is held */
    bool torn;     /* the last byte is not a newline, while the lock is held */
    bool unsynced; /* something was written since the last sync that went well */
    bool named;    /* the directory was synced since the segment was opened */
    bool settled;  /* late lines of the segment before were carried over */
    bool carried;  /* … there were some, and their addressees are to be woken */
};

void soc_log_init(struct soc_log *log, const struct soc_dir *dir, const char *name, bool durable);
void soc_log_close(struct soc_log *log);

/* 0; SOCIETY_E_TIMEOUT the lock was held for timeout_ms; SOCIETY_E_UNSAFE_FILE; SOCIETY_E_CORRUPT,
 * SOCIETY_E_FORMAT; -EROFS, -EACCES, -ENOSPC and other errnos; SOCIETY_E_GONE the directory was
 * removed. After an error nothing is held. */
int soc_log_begin(struct soc_log *log, struct soc_error *error);

/* Writes whole lines in one write(2). *ret_position: of the first; NULL: nobody asks. Errors: -ENOSPC, -EIO, …: not
 * written, though readers may see the leading whole lines of several. The lock stays held. */
int soc_log_write(struct soc_log *log, const char *lines, size_t length, int64_t *ret_position,
                  struct soc_error *error);

/* Unlocks. An error is that of the sync: the records stand in the log but may not survive a power
 * cut; the descriptor is closed, since a second fdatasync(2) on it could say 0 with the data gone
 * (fsync errors, LWN 752063). */
int soc_log_end(struct soc_log *log, struct soc_error *error);

/* Moves the present segment away and begins a new one with `states` in it, between soc_log_begin()
 * and soc_log_end(), and holds the new one's lock afterwards. After an error other than one of
 * taking the new lock, the old one is still held and the log is as it was; `log->segment.fd` tells:
 * -1 when nothing is held. */
int soc_log_rotate(struct soc_log *log, const char *states, size_t length, struct soc_error *error);

/* The whole sequence. `ret_position` may be NULL. A segment that has reached `rotate_bytes` (0: never) is rotated first. */
int soc_log_append(struct soc_log *log, const char *lines, size_t length, int64_t rotate_bytes,
                   int64_t *ret_position, struct soc_error *error);

#endif
