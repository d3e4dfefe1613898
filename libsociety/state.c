/* SPDX-License-Identifier: MIT */
/* Fold and transaction over the file store: see state.h. */
#include "state.h"

#include <errno.h>

#define COMPACT_BYTES (1 << 20)
#define COMPACT_FACTOR 4

int soc_state_open(struct soc_state *state, const struct soc_fold *fold, const struct soc_dir *dir,
                   bool durable, struct soc_error *error)
{
    *state =
        (struct soc_state){.fold = fold, .least = COMPACT_BYTES, .measured = -1, .last_line = -1};
    soc_log_init(&state->log, dir, fold->log, durable);
    int result = soc_reader_open(&state->reader, dir, fold->log, SOC_READ_FROM_PRESENT, error);
    if (result < 0)
        return result;
    state->reader.forgets = true;
    state->switches = state->reader.switches;
    state->data = fold->make();
    if (state->data)
        return 0;
    soc_state_close(state);
    return soc_fail_memory(error);
}

void soc_state_close(struct soc_state *state)
{
    if (!state->fold)
        return;
    soc_reader_close(&state->reader);
    soc_log_close(&state->log);
    if (state->data)
        state->fold->free(state->data);
    state->fold = NULL;
}

static int make_empty(struct soc_state *state, struct soc_error *error)
{
    void *empty = state->fold->make();
    state->stale = !empty; /* the line that was read by now would be lost */
    if (!empty)
        return soc_fail_memory(error);
    state->fold->free(state->data);
    state->data = empty;
    state->reader.incident[0] = '\0';
    state->switches = state->reader.switches;
    state->measured = -1;
    state->last_line = -1;
    return 0;
}

/* Another file is another log, or begins with a state of its own: ours begins anew. */
static int start_over(struct soc_state *state, struct soc_error *error)
{
    if (state->last_line >= 0)
        return make_empty(state, error);
    state->switches = state->reader.switches; /* nothing was read */
    return 0;
}

/* After a record that there was no memory for, which may be half applied: the log has all of it. */
static int begin_anew(struct soc_state *state, struct soc_error *error)
{
    int result = soc_reader_restart(&state->reader, "is read anew", error);
    if (result == 0)
        result = make_empty(state, error);
    state->stale = result < 0;
    return result;
}

/* As the fold's take(). */
static int take_line(struct soc_state *state, const struct soc_line *line, struct soc_error *error)
{
    /* What is not by its checksum ours is decoded, whatever it looks like. */
    if (!state->fold->take || line->foreign || line->salvaged)
        return SOC_FOLD_DECODE;
    int result = state->fold->take(state->data, line);
    return result < 0 ? soc_fail_memory(error) : result;
}

static int settle(struct soc_state *state, struct soc_error *error)
{
    if (!state->fold->settle || state->fold->settle(state->data) == 0)
        return 0;
    state->stale = true;
    return soc_fail_memory(error);
}

static int apply_line(struct soc_state *state, const struct soc_line *line, struct soc_error *error)
{
    SOC_AUTO_JSON soc_json *json = NULL;
    if (line->kind == SOC_LINE_MALFORMED || line->salvaged)
        state->malformed++;
    if (line->kind == SOC_LINE_MALFORMED)
        return 0;
    int taken = take_line(state, line, error);
    if (taken != SOC_FOLD_DECODE)
        return taken;
    struct soc_error why = {0};
    json = soc_json_parse(line->text, line->length, &why);
    if (!json) {
        state->malformed++;
        return why.code == -ENOMEM ? soc_fail_memory(error) : 0;
    }
    const char *type = soc_json_get_string(json, "type");
    struct soc_record record = {json, type ? type : "", line->position, line->end};
    int result = state->fold->apply(state->data, &record);
    return result < 0 ? soc_fail_memory(error) : result;
}

/* Positions from `begin` to `end`: where the records of a transaction stand. */
struct span {
    int64_t begin;
    int64_t end;
};

/* Whether the reader reads the file that was written to. (Another line may have slipped in before:
 * then it isn't where it would read on.) */
static bool is_same_file(const struct soc_state *state)
{
    const struct soc_segment *read = &state->reader.segment;
    const struct soc_segment *written = &state->log.segment;
    return read->fd >= 0 && written->fd >= 0 && read->inode == written->inode &&
           read->device == written->device;
}

/* Whether all is read up to the end that is known: under the lock no look at the file is needed. */
static bool is_at_end(const struct soc_state *state)
{
    const struct soc_reader *reader = &state->reader;
    const struct soc_log *log = &state->log;
    return state->locked && !reader->archived && is_same_file(state) &&
           !soc_reader_has_partial(reader) && reader->position - reader->segment.base == log->end;
}

/* Catches up; counts the records of `mine` that took no effect. */
static int catch_up(struct soc_state *state, struct span mine, int *ret_void,
                    struct soc_error *error)
{
    struct soc_line line;
    int result = state->stale ? begin_anew(state, error) : 0;
    if (result < 0)
        return result;
    while (!is_at_end(state) && (result = soc_reader_next(&state->reader, &line, error)) == 1) {
        /* The reader may have gone to another file just before this line. */
        if (state->reader.switches != state->switches && start_over(state, error) < 0)
            return -ENOMEM;
        result = apply_line(state, &line, error);
        state->stale = result < 0;
        if (result < 0)
            return result;
        state->last_line = line.position - state->reader.segment.base;
        if (result == 0 && line.position >= mine.begin && line.position < mine.end)
            ++*ret_void;
    }
    if (result >= 0 && state->reader.switches != state->switches)
        result = start_over(state, error);
    return result < 0 ? result : 0;
}

static int read_on(struct soc_state *state, struct soc_error *error)
{
    int ignored = 0;
    return catch_up(state, (struct span){0, 0}, &ignored, error);
}

int soc_state_refresh(struct soc_state *state, struct soc_error *error)
{
    int result = read_on(state, error);
    return result < 0 ? result : settle(state, error);
}

/* Which eighth of which doubling a file of this size has reached. */
static int step_of(int64_t size)
{
    int step = 0;
    for (; size >= 16; size /= 2)
        step += 8;
    return step + (int)size;
}

/* Whether to look at the state's size, which costs writing it down: when the file has grown by
 * another eighth. A process that has just come looks only if the last line was what did it, so that
 * of many that make one change each, one does. */
static bool is_grown(struct soc_state *state)
{
    int64_t before = state->measured >= 0 ? state->measured : state->last_line;
    if (state->log.end < state->least)
        return false;
    if (before < state->least || step_of(before) < step_of(state->log.end))
        return true;
    state->measured = state->log.end;
    return false;
}

/* Lets the log end just where the state does: what is written down must be neither behind the end,
 * for then it would be carried over as a late line, too, nor missing before it. Writers without a
 * lock may have added lines since the end was measured, and left one without its newline, which
 * only the newline makes a record. */
static int meet_end(struct soc_state *state, struct soc_error *error)
{
    struct soc_log *log = &state->log;
    int64_t ignored;
    int result = log->torn ? soc_log_write(log, "", 0, &ignored, error) : 0;
    state->locked = false; /* to where it ends by now */
    if (result == 0)
        result = soc_state_refresh(state, error);
    state->locked = true;
    int64_t read = state->reader.position - log->segment.base;
    if (result == 0 && read > log->end)
        log->end = read;
    return result;
}

/* Whether writing the state down would only show that it is too large for a compaction. */
static bool is_certainly_small(const struct soc_state *state)
{
    int64_t least = state->fold->dumps_at_least ? state->fold->dumps_at_least(state->data) : 0;
    return state->log.end < COMPACT_FACTOR * least;
}

/* Under the lock, with the state caught up. */
static int compact_locked(struct soc_state *state, bool force, struct soc_error *error)
{
    SOC_AUTO_STRBUF struct soc_strbuf states = SOC_STRBUF_INIT;
    if (!force && (state->log.end < state->least || is_certainly_small(state))) {
        state->measured = state->log.end;
        return 0;
    }
    int result = meet_end(state, error);
    if (result < 0)
        return result;
    result = state->fold->dump(state->data, &states);
    if (result < 0 || states.failed)
        return soc_fail(error, result < 0 ? result : -ENOMEM,
                        "%s.jsonl: cannot write its state down", state->log.name);
    if (!force && state->log.end < COMPACT_FACTOR * (int64_t)states.length) {
        state->measured = state->log.end;
        return 0;
    }
    result = soc_log_rotate(&state->log, states.data, states.length, error);
    if (result == 0)
        result = soc_state_refresh(state, error);
    return result < 0 ? result : 1;
}

static int write_records(struct soc_state *state, const struct soc_strbuf *records,
                         struct soc_error *error)
{
    int64_t position;
    int refused = 0;
    int result = soc_log_write(&state->log, records->data, records->length, &position, error);
    if (result == 0) {
        struct span mine = {position, position + (int64_t)records->length};
        if (is_same_file(state))
            soc_reader_feed(&state->reader, position, records->data, records->length);
        result = catch_up(state, mine, &refused, error);
    }
    if (result == 0 && refused > 0)
        result = soc_fail(error, SOCIETY_E_VOID, "%s.jsonl: a writer without a lock was faster",
                          state->log.name);
    return result;
}

/* Has it decided. A refusal without words is of a record that could not be made. Former words stay
 * where this goes well: it may be part of what cleans up after a failure. */
static int ask(const struct soc_state *state, soc_decide decide, void *argument, int64_t end,
               struct soc_strbuf *records, struct soc_error *error)
{
    char former = error ? error->text[0] : '\0';
    if (error)
        error->text[0] = '\0';
    int result = decide(state->data, end, argument, records, error);
    if (!error || (result < 0 && error->text[0] != '\0'))
        return result;
    if (result >= 0) {
        error->text[0] = former;
        return result;
    }
    return soc_fail(error, result, "%s",
                    result == SOCIETY_E_TOO_BIG ? "the record is over 256 KiB"
                    : result == -ENOMEM         ? "out of memory"
                                                : "cannot make the record");
}

/* Takes the log's lock. */
static int begin(struct soc_state *state, struct soc_error *error)
{
    int result = soc_log_begin(&state->log, error);
    state->locked = result == 0;
    return result;
}

static int end(struct soc_state *state, struct soc_error *error)
{
    state->locked = false;
    return soc_log_end(&state->log, error);
}

/* A decision, and what it yields, under the lock and with the state caught up. */
static int carry_out(struct soc_state *state, soc_decide decide, void *argument,
                     struct soc_error *error)
{
    SOC_AUTO_STRBUF struct soc_strbuf records = SOC_STRBUF_INIT;
    int64_t at = state->log.segment.base + state->log.end + state->log.torn;
    int result = ask(state, decide, argument, at, &records, error);
    if (result == 0 && records.failed)
        result = soc_fail_memory(error);
    if (result == 0 && records.length > 0)
        result = write_records(state, &records, error);
    return result;
}

static int transact(struct soc_state *state, soc_decide decide, void *argument, bool settled,
                    struct soc_error *error)
{
    int result = begin(state, error);
    if (result < 0)
        return result;
    result = read_on(state, error);
    /* A compaction that fails (a full disk) is tried again by the next transaction; this one still
     * has its place. */
    if (result == 0 && is_grown(state))
        compact_locked(state, false, error);
    if (state->log.segment.fd < 0) {
        state->locked = false;
        return error ? error->code : SOCIETY_E_TIMEOUT;
    }
    if (result == 0 && state->stale) /* the compaction had no memory */
        result = read_on(state, error);
    if (result == 0 && settled)
        result = settle(state, error);
    if (result == 0)
        result = carry_out(state, decide, argument, error);
    int ended = end(state, error);
    /* Of several records some may count though others are void: unless they are on no disk. */
    return result < 0 && (result != SOCIETY_E_VOID || ended == 0) ? result : ended;
}

int soc_transact(struct soc_state *state, soc_decide decide, void *argument,
                 struct soc_error *error)
{
    return transact(state, decide, argument, true, error);
}

int soc_transact_unsettled(struct soc_state *state, soc_decide decide, void *argument,
                           struct soc_error *error)
{
    return transact(state, decide, argument, false, error);
}

int soc_state_compact(struct soc_state *state, bool force, struct soc_error *error)
{
    int result = begin(state, error);
    if (result < 0)
        return result;
    result = soc_state_refresh(state, error);
    if (result == 0)
        result = compact_locked(state, force, error);
    if (state->log.segment.fd < 0) {
        state->locked = false;
        return result;
    }
    int ended = end(state, error);
    return result < 0 ? result : ended < 0 ? ended : result;
}
