/* SPDX-License-Identifier: MIT */
/*
 * Segments: the files that a log is made of. The present one is `<log>.jsonl`; those before it were
 * moved to `archive/<log>-<base>.jsonl`. A segment that follows another begins with a header that
 * says at which position; a record at offset o of a segment has position base + o. An archived
 * segment ends where the next one's base is; what stands behind that is late: written by somebody
 * who took no lock and still had the old file open.
 */
#ifndef SOC_SEGMENT_H
#define SOC_SEGMENT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "error.h"
#include "fs.h"

#define SOC_LOG_NAME_MAX 16
#define SOC_SEGMENT_NAME_MAX 64

struct soc_segment {
    int fd;
    uint64_t device;
    uint64_t inode;
    int64_t base;
    int64_t header_length; /* 0: no header */
};

#define SOC_SEGMENT_INIT \
    {                    \
        .fd = -1         \
    }

/* Whether `log` is one of "registry messages deliveries tasks ownership". */
bool soc_is_log(const char *log);

/* "messages.jsonl", "archive/messages-0.jsonl" */
void soc_segment_name(char out[SOC_SEGMENT_NAME_MAX], const char *log);
void soc_segment_archive_name(char out[SOC_SEGMENT_NAME_MAX], const char *log, int64_t base);

/* Opens the present segment (`flags` O_RDONLY, or O_RDWR | O_APPEND) or, with `base` 0 or more,
 * that archived segment. 0; -ENOENT without words; SOCIETY_E_UNSAFE_FILE; SOCIETY_E_CORRUPT a
 * damaged header; SOCIETY_E_FORMAT a later version; errnos. */
int soc_segment_open(const struct soc_dir *dir, const char *log, int64_t base, int flags,
                     struct soc_segment *ret_segment, struct soc_error *error);
void soc_segment_close(struct soc_segment *segment);
/* Whether that says that the file is no segment, whatever its name: in the archive it is passed
 * over. Other errors say nothing of the file. */
static inline bool soc_segment_is_none(int result)
{
    return result == SOCIETY_E_CORRUPT || result == SOCIETY_E_UNSAFE_FILE ||
           result == SOCIETY_E_FORMAT;
}

/* The id that a late line without one gets when it is carried over: `late-<log>-<base>-<position>`,
 * made from the segment it stood in and its position there, so that it is the same whoever does it,
 * and a reader that has given the line already knows it. (The position alone would not do: behind a
 * segment's end it is also one of the next segment's.) */
#define SOC_LATE_ID_SIZE 80
void soc_segment_late_id(char out[SOC_LATE_ID_SIZE], const char *log, int64_t base,
                         int64_t position);

/* Whether the log's path still names this file: 1, 0 (another or none); errnos. Asks for the inode
 * alone: asking for the times would make the kernel update the inode at the next write. */
int soc_segment_is_present(const struct soc_dir *dir, const char *log,
                           const struct soc_segment *segment, struct soc_error *error);
/* The same, and how long it is: one call for both. *ret_size is set where the answer is 1. */
int soc_segment_measure(const struct soc_dir *dir, const char *log,
                        const struct soc_segment *segment, int64_t *ret_size,
                        struct soc_error *error);

/* The bases of the archived segments, ascending; *ret_bases is freed by the caller. */
int soc_segment_archived(const struct soc_dir *dir, const char *log, int64_t **ret_bases,
                         size_t *ret_count, struct soc_error *error);

/* The size of the segment's file, by lseek. */
int64_t soc_segment_size(const struct soc_segment *segment, const char *log,
                         struct soc_error *error);

#endif
