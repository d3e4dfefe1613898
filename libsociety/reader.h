/* SPDX-License-Identifier: MIT */
/*
 * Reading a log forward, from any position, through its archived segments into the present one and
 * on as it grows. Takes no lock and never waits.
 *
 * Only whole lines are consumed; a partial one at the end means "later". Blank lines, NUL runs,
 * headers, seals and repeats of an id within 4,096 records are passed over, and so are the
 * `…_state` records of a compacted segment that the reader comes to from the one before it (it has
 * seen what they sum up). Malformed lines are given, so that they can be counted.
 *
 * Every read begins with the last bytes of the one before, which must be what they were: a log that
 * was truncated, rewritten or replaced is noticed, the reader begins again at its start, repeats
 * are dropped by id, and `incident` says so. So it does of a file in the archive that is no segment
 * whatever its name says: it is passed over.
 *
 * A reader that sifts (sieve.h) gives the lines in which a needle stands, and perhaps others. What it
 * passes over is not even split into lines: a long history is read at the speed of a search. What is
 * a repeat is still told by the 4,096 records before, as if all had been read: see sift.h.
 */
#ifndef SOC_READER_H
#define SOC_READER_H

#include <stdbool.h>
#include <stdint.h>

#include "scan.h"
#include "seen.h"
#include "segment.h"
#include "sieve.h"

#define SOC_READ_FROM_START (-1) /* the oldest record kept */
#define SOC_READ_FROM_END (-2)   /* behind the last whole line */
#define SOC_READ_FROM_PRESENT \
    (-3) /* the start of the present segment, `…_state` records included */

struct soc_reader {
    const struct soc_dir *dir;
    char log[SOC_LOG_NAME_MAX];
    struct soc_segment segment; /* fd -1: the log does not exist yet */
    bool archived;              /* the segment is not the present one */
    int64_t limit;              /* where an archived segment ends */
    int64_t stop;               /* a line that begins there is the end for now */
    int64_t position;           /* behind the last line consumed */
    char *data;                 /* what was read: [0, start) consumed, [start, end) not yet */
    size_t start;
    size_t end;
    size_t capacity;
    size_t scanned;        /* [start, scanned) holds no newline */
    bool truncated_line;   /* the line at `start` was over-long: its beginning is gone */
    int64_t line_position; /* of the over-long line's beginning */
    bool mid_line;         /* opened inside a line: drop its rest */
    bool pass_states;
    bool forgets; /* a fold: goes to the present segment at once, and there every record counts,
                     states and repeats of the old file too */
    struct soc_seen *seen;
    const struct soc_sieve *sieve; /* NULL: every line is given */
    size_t exact;                  /* of so many records every one is read, whatever stands in it */
    bool sketchy;                  /* records were passed over that `seen` would have else */
    bool doubts;                   /* … and among them may be such as are asked for now */
    int64_t began;                 /* nothing before it was read */
    char known[SOC_ID_MAX + 1];    /* an id known from before that, or "" */
    char incident[512];            /* "" when nothing happened */
    bool passed_over;              /* it tells only of archived files that are no segments */
    bool restarted;                /* the log is not the one that it was opened in */
    uint64_t switches;             /* grows whenever another file is read, or one anew */
};

/* Begins at a position or at SOC_READ_FROM_…. A position that history no longer holds becomes the
 * oldest that it does, and one behind the end is an incident. 0; SOCIETY_E_UNSAFE_FILE,
 * SOCIETY_E_CORRUPT, SOCIETY_E_FORMAT; errnos. A log that does not exist is empty. */
int soc_reader_open(struct soc_reader *reader, const struct soc_dir *dir, const char *log,
                    int64_t position, struct soc_error *error);
void soc_reader_close(struct soc_reader *reader);

/* The next line: 1 and *ret_line (a record or a malformed line, borrowed until the next call), 0 at
 * the end for now; errnos. */
int soc_reader_next(struct soc_reader *reader, struct soc_line *ret_line, struct soc_error *error);

/* Gives the reader what its owner has just written to the reader's own segment, so that it need not
 * be read. false: `position` is not where the reader would read on, or there is no room; then it
 * reads like everybody. */
bool soc_reader_feed(struct soc_reader *reader, int64_t position, const char *bytes, size_t length);

/* From now on only lines in which one of the needles stands have to be given. The sieve is borrowed;
 * NULL: every line. */
void soc_reader_sift(struct soc_reader *reader, const struct soc_sieve *sieve);

/* The id of a record that was read before this reader began: it is no news. */
void soc_reader_know(struct soc_reader *reader, const char *id);

/* Whether bytes of an unfinished line stand at the end. */
bool soc_reader_has_partial(const struct soc_reader *reader);

/* CRC-32C of the up to 256 bytes before `position` in the reader's segment, as 8 hexadecimal
 * digits: the cursor's `check`. */
int soc_reader_check(const struct soc_reader *reader, int64_t position, char out[9],
                     struct soc_error *error);

/* Begins again at the start of the segment, or of the present one if it is not archived, with the words as
 * `incident`. */
int soc_reader_restart(struct soc_reader *reader, const char *incident, struct soc_error *error);

#endif
