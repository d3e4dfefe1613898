/* SPDX-License-Identifier: MIT */
/*
 * Moving a log's history out of it, while readers and writers go on.
 *
 * Rotation, under the log's lock: write the new segment beside the old one (header, and the state
 * records of a compaction; synced), link the old file into archive/, rename the new one over the
 * path, and append a seal to the old. Until the rename nothing has changed; from it on everyone who
 * takes the old file's lock sees that the path names another file. The seal says up to which offset
 * late lines were carried over; a seal that stands at just that offset as the last line means: none
 * are left.
 *
 * Settling, under the new segment's lock, by the rotating process and by every writer that opens a
 * segment whose predecessor's last line is not such a seal (a crash, or a foreign writer that still
 * had the old file open): append the late lines to the new segment, with their own ids or ones made
 * from their positions, and seal the old file again. Lines that are there already are left out.
 */
#ifndef SOC_ROTATE_H
#define SOC_ROTATE_H

#include <stdbool.h>
#include <stdint.h>

#include "segment.h"

/* Rotates the present segment, whose lock is held. `end` is its size and must be behind a newline.
 * `states`: whole lines for the new segment (NULL, 0: none). The caller then unlocks and reopens.
 * 0; -EMLINK another file has the archive's name; errnos, after which the log is as it was. */
int soc_rotate(const struct soc_dir *dir, const char *log, const struct soc_segment *segment,
               int64_t end, const char *states, size_t length, struct soc_error *error);

/* Makes the present segment of a log that lost it, behind the archived ones, so that no position is
 * given twice. 1 made, or there is one again; 0 nothing is archived: an empty file will do; errnos.
 */
int soc_resume(const struct soc_dir *dir, const char *log, struct soc_error *error);

/* Carries late lines of the archived segment before `segment` over into it. The lock of `segment`,
 * open for appending, is held. The number of lines carried over; errnos. A missing archive has
 * none. */
int soc_settle(const struct soc_dir *dir, const char *log, const struct soc_segment *segment,
               struct soc_error *error);

/* Whether the archived segment `base` ends in a seal with nothing left to carry over: 1, 0; errnos.
 */
int soc_is_settled(const struct soc_dir *dir, const char *log, int64_t base,
                   struct soc_error *error);

#endif
