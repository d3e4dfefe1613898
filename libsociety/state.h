/* SPDX-License-Identifier: MIT */
/*
 * The one seam: a state is a pure fold over a log, and a change to it is a decision on the state
 * that yields records.
 *
 *     transaction(log, decide):   repeat { catch up; records = decide(state);
 * append_if_unchanged(records) }
 *
 * The file store runs `decide` once, under the log's lock; a store with conditional append may run
 * it again. So folds and decisions know no lock, no file, no clock and no loop, and are tested as
 * plain functions.
 *
 * A segment begins with all of the state that compaction kept. So a state is begun anew with each
 * segment: what it holds is what the present file says, whoever read the old one and whoever did
 * not, and what compaction drops is dropped by all.
 */
#ifndef SOC_STATE_H
#define SOC_STATE_H

#include <stdbool.h>
#include <stdint.h>

#include "error.h"
#include "json.h"
#include "log.h"
#include "reader.h"
#include "strbuf.h"

struct soc_record {
    const soc_json *json;
    const char *type; /* "" when it has none */
    int64_t position;
    int64_t end;
};

#define SOC_FOLD_DECODE 2

struct soc_fold {
    const char *log;
    void *(*make)(void); /* an empty state; NULL: no memory */
    void (*free)(void *state);
    /* Takes in one record: 1 it took effect, 0 it is void or unknown, -ENOMEM. */
    int (*apply)(void *state, const struct soc_record *record);
    /* Adds one `…_state` record, a whole line, for each live entity. 0 or an error of
     * soc_record_end(). */
    int (*dump)(const void *state, struct soc_strbuf *out);
    /* Takes in a line by its bytes, perhaps to work it out later: as apply(), which gives the same
     * answer; SOC_FOLD_DECODE it is none of those that it knows. NULL: it knows none. */
    int (*take)(void *state, const struct soc_line *line);
    /* Works out what take() has put off. 0; -ENOMEM. */
    int (*settle)(void *state);
    /* So many bytes dump() writes at least, known without writing them. NULL: it is not known. */
    int64_t (*dumps_at_least)(const void *state);
};

struct soc_state {
    const struct soc_fold *fold;
    struct soc_reader reader;
    struct soc_log log;
    void *data;
    uint64_t switches; /* of the reader, when the state was begun */
    int64_t least;     /* a smaller file is not compacted */
    int64_t measured;  /* the file's size at the last look at it; -1: there was none */
    int64_t last_line; /* where in the file the last line read begins; -1: none was */
    bool locked;       /* we hold the log's lock, so that log.end is where it ends */
    bool stale;        /* a record could not be taken in: the next look begins anew */
    int64_t malformed; /* lines passed over since the state was opened */
};

/* A decision: adds whole records (soc_record_…) to `out`, or none, or refuses with a code and
 * words. `end` is the position of the log's end: the token of a claim that is decided here. Pure:
 * it may run again, on another state. */
typedef int (*soc_decide)(const void *state, int64_t end, void *argument, struct soc_strbuf *out,
                          struct soc_error *error);

/* Opens the state of fold->log. Nothing is read yet. */
int soc_state_open(struct soc_state *state, const struct soc_fold *fold, const struct soc_dir *dir,
                   bool durable, struct soc_error *error);
void soc_state_close(struct soc_state *state);

/* Reads what was appended since the last time. Takes no lock. 0; errnos. */
int soc_state_refresh(struct soc_state *state, struct soc_error *error);

/* Runs a decision. 0 appended (or nothing to append); what `decide` refused with; SOCIETY_E_VOID a
 * foreign writer's record, slipped in between, voided one of ours; errors of soc_log_begin(),
 * soc_log_write(), soc_log_end(). */
int soc_transact(struct soc_state *state, soc_decide decide, void *argument,
                 struct soc_error *error);

/* The same for a decision that can do without what fold->take() has put off. */
int soc_transact_unsettled(struct soc_state *state, soc_decide decide, void *argument,
                           struct soc_error *error);

/* Compacts the log if it is over 1 MiB and over four times its live state, or in any case with
 * `force`: 1 done, 0 not needed; errnos. */
int soc_state_compact(struct soc_state *state, bool force, struct soc_error *error);

#endif
