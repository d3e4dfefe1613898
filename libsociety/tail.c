/* SPDX-License-Identifier: MIT */
/*
 * Tails: see <society/tail.h>. A tail reads to the end first and only then takes in what its watch
 * has to say; if that was anything, it reads again. So nothing falls between, and what an event
 * said does not matter. The watch is set on a file before that file's end is believed.
 *
 * The descriptor is kept readable by writing to its eventfd while records may be left in the
 * buffer, so that a level-triggered loop may take one record at a time.
 */
#include "tail.h"

#include <errno.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "address.h"
#include "cursor.h"
#include "feed.h"
#include "json_plain.h"
#include "presence.h"
#include "reader.h"
#include "receipts.h"
#include "tail_watch.h"

struct society_tail {
    struct society *s;
    struct society_tail *next;
    struct soc_tail_watch watch;
    struct soc_reader reader;
    struct soc_sieve sieve;      /* of messages for one agent */
    char sifted[SOC_ID_MAX + 1]; /* this one; "": every line is read */
    bool reassigned;             /* it was another's before: nobody has been given everything */
    struct soc_feed feed;
    struct soc_line line; /* read last */
    bool undecided;       /* whether to give it is not known yet: deciding failed */
    bool is_presence;
    bool is_messages;
    bool everyone;
    bool receipts;
    bool signalled; /* the eventfd was written because records may be left */
    bool pending;   /* `record` was read and not given */
    bool at_end;    /* nothing was left when it was looked last */
    bool fd_given;  /* the caller may poll, so that the descriptor has to tell the truth */
    struct soc_strbuf record;
    int64_t record_position;
    int64_t record_end;
    uint64_t record_in;            /* as position_in */
    int64_t position;              /* behind what was given */
    uint64_t position_in;          /* the reader's switches then: in which file that is */
    char last[SOC_ID_MAX + 1];     /* id of the record given last */
    struct soc_strbuf unreceipted; /* receipts to append with the next commit */
    soc_json
        *delivered; /* ids that this agent has receipts for and is not given; NULL: not asked */
    int64_t backlog_end; /* a record before it asks for `delivered`; 0: none does */
    bool from_cursor;    /* the beginning; elsewhere old messages are given again */
    soc_json *receipted; /* … and these have receipts; NULL: not read yet */
    struct soc_strbuf incident;
    bool incident_told;
    atomic_bool woken;
};

/* ---- Opening ---- */

static int check_arguments(struct society *s, const char *log, int64_t position, uint32_t flags)
{
    if (!log || (strcmp(log, "presence") != 0 && !soc_is_log(log)))
        return soc_fail(&s->error, SOCIETY_E_INVALID, "there is no log \"%.40s\"", log ? log : "");
    if ((flags & SOCIETY_TAIL_EVERYONE) != 0 && (flags & SOCIETY_TAIL_RECEIPTS) != 0)
        return soc_fail(&s->error, SOCIETY_E_INVALID,
                        "receipts are for the agent's own messages, not for everyone's");
    if ((flags & ~(SOCIETY_TAIL_EVERYONE | SOCIETY_TAIL_RECEIPTS)) != 0)
        return soc_fail(&s->error, SOCIETY_E_INVALID, "unknown flags %#x", (unsigned)flags);
    if (position < SOCIETY_FROM_START)
        return soc_fail(&s->error, SOCIETY_E_INVALID, "position %lld is none", (long long)position);
    return 0;
}

/* Behind the cursor may stand messages that were received out of order, each by itself. An agent
 * that has caught up is spared reading its receipts: only what stands there now asks for them. */
static int find_backlog(struct society_tail *tail)
{
    const struct soc_reader *reader = &tail->reader;
    tail->from_cursor = true;
    if (reader->archived)
        tail->backlog_end = INT64_MAX;
    if (reader->archived || reader->segment.fd < 0)
        return 0;
    int64_t size = soc_segment_size(&reader->segment, "messages", &tail->s->error);
    if (size < 0)
        return (int)size;
    tail->backlog_end = reader->segment.base + size;
    return 0;
}

static int open_reader(struct society_tail *tail, const char *log, int64_t position)
{
    struct society *s = tail->s;
    if (position == SOCIETY_FROM_CURSOR && tail->is_messages && s->agent[0] != '\0') {
        int opened = soc_cursor_begin(&s->dir, s->agent, &tail->reader, &s->error);
        return opened < 0 || tail->everyone ? opened : find_backlog(tail);
    }
    if (position == SOCIETY_FROM_CURSOR || position == SOCIETY_FROM_END)
        position = SOC_READ_FROM_END;
    else if (position == SOCIETY_FROM_START)
        position = SOC_READ_FROM_START;
    int result = soc_reader_open(&tail->reader, &s->dir, log, position, &s->error);
    if (result == 0 && position > 0 && tail->reader.position < position) {
        soc_reader_close(&tail->reader);
        return soc_fail(&s->error, SOCIETY_E_INVALID, "position %lld is behind the end of %s.jsonl",
                        (long long)position, log);
    }
    return result;
}

static int open_watch(struct society_tail *tail)
{
    int result = soc_tail_watch_begin(tail->s, &tail->watch);
    if (result == 0 && tail->is_presence)
        result = soc_feed_open(tail->s, &tail->watch.subscription, &tail->feed);
    return result;
}

static void release(struct society_tail *tail)
{
    soc_watch_unsubscribe(&tail->watch.subscription);
    soc_reader_close(&tail->reader);
    soc_feed_close(&tail->feed);
    soc_strbuf_free(&tail->record);
    soc_strbuf_free(&tail->unreceipted);
    soc_strbuf_free(&tail->incident);
    soc_json_free(tail->delivered);
    soc_json_free(tail->receipted);
    free(tail);
}

/* What the one before had received says nothing of the one whose tail it is now. */
static void reassign(struct society_tail *tail)
{
    if (tail->from_cursor || tail->delivered)
        tail->backlog_end = INT64_MAX;
    soc_json_free(tail->delivered);
    soc_json_free(tail->receipted);
    tail->delivered = NULL;
    tail->receipted = NULL;
    tail->reassigned = true;
}

/* The reader need not look at messages that are not for the agent; whose tail it is may change. */
static void sift(struct society_tail *tail)
{
    if (!tail->is_messages || tail->everyone || strcmp(tail->sifted, tail->s->agent) == 0)
        return;
    if (tail->sifted[0] != '\0')
        reassign(tail);
    soc_sieve_for_agent(&tail->sieve, tail->s->agent);
    soc_reader_sift(&tail->reader, &tail->sieve);
    memcpy(tail->sifted, tail->s->agent, sizeof tail->sifted);
}

static void set_position(struct society_tail *tail, int64_t position, uint64_t in)
{
    tail->position = position;
    tail->position_in = in;
}

static int open_sources(struct society_tail *tail, const char *log, int64_t position)
{
    int result = tail->is_presence ? 0 : open_reader(tail, log, position);
    if (result == 0)
        result = open_watch(tail);
    if (result < 0 || tail->is_presence)
        return result;
    set_position(tail, tail->reader.position, tail->reader.switches);
    sift(tail);
    soc_tail_watch_set(&tail->watch, &tail->reader);
    return 0;
}

SOC_PUBLIC int society_tail_open(society *s, const char *log, int64_t position, uint32_t flags,
                                 society_tail **ret_tail)
{
    bool everyone = (flags & SOCIETY_TAIL_EVERYONE) != 0;
    bool messages = log && strcmp(log, "messages") == 0;
    int result = messages && !everyone ? soc_enter_as(s) : soc_enter(s);
    if (result == 0)
        result = check_arguments(s, log, position, flags);
    if (result < 0)
        return result;
    struct society_tail *tail = calloc(1, sizeof *tail);
    if (!tail)
        return soc_fail_memory(&s->error);
    tail->s = s;
    tail->reader.segment.fd = -1;
    tail->is_presence = log && strcmp(log, "presence") == 0;
    tail->is_messages = messages;
    tail->everyone = everyone;
    tail->watch.personal = messages && !everyone;
    tail->receipts = messages && (flags & SOCIETY_TAIL_RECEIPTS) != 0 && s->agent[0] != '\0';
    result = open_sources(tail, log, position);
    if (result < 0) {
        release(tail);
        return result;
    }
    tail->next = s->tails;
    s->tails = tail;
    *ret_tail = tail;
    return 0;
}

SOC_PUBLIC void society_tail_close(society_tail *tail)
{
    if (!tail)
        return;
    struct society_tail **link = &tail->s->tails;
    while (*link != tail)
        link = &(*link)->next;
    *link = tail->next;
    release(tail);
}

void soc_tail_close_all(struct society *s)
{
    struct society_tail *next;
    for (struct society_tail *tail = s->tails; tail; tail = next) {
        next = tail->next;
        release(tail);
    }
    s->tails = NULL;
}

/* ---- Reading ---- */

static int load_delivered(struct society_tail *tail)
{
    int result = 0;
    soc_json *delivered = soc_receipts_of_agent(tail->s, tail->s->agent, &result);
    if (!delivered)
        return result;
    soc_json_free(tail->delivered);
    tail->delivered = delivered;
    tail->backlog_end = 0;
    return 0;
}

/* The log is not the one that was read: tell, and learn which messages this agent had received from
 * the old one. */
static int note_incident(struct society_tail *tail)
{
    int result = 0;
    if (tail->is_messages && !tail->everyone) {
        result = load_delivered(tail);
        if (result < 0)
            return result;
    }
    soc_strbuf_clear(&tail->incident);
    soc_strbuf_add_string(&tail->incident, tail->reader.incident);
    tail->incident_told = false;
    tail->reader.incident[0] = '\0';
    return 0;
}

/* Whether it decodes, and is not what this agent has received already: 1, 0; errors. */
static int is_news(struct society_tail *tail, const struct soc_line *line)
{
    if (!tail->delivered && soc_json_is_plain(line->text, line->length))
        return 1;
    struct soc_error why = {0};
    SOC_AUTO_JSON soc_json *json = soc_json_parse(line->text, line->length, &why);
    if (!json)
        return why.code == -ENOMEM ? soc_fail_memory(&tail->s->error) : 0;
    const char *id = soc_json_get_string(json, "id");
    return !(id && tail->delivered && soc_json_get(tail->delivered, id));
}

/* Whether the tail gives this record: 1, 0; errors. */
static int is_wanted(struct society_tail *tail, const struct soc_line *line)
{
    if (line->kind == SOC_LINE_MALFORMED)
        return 0;
    if (tail->is_messages && !tail->everyone) {
        int addressed = soc_is_addressed(tail->s, line, tail->s->agent);
        if (addressed != 1)
            return addressed;
        int result = line->position < tail->backlog_end ? load_delivered(tail) : 0;
        if (result < 0)
            return result;
    }
    return is_news(tail, line);
}

static int keep(struct society_tail *tail, const struct soc_line *line)
{
    static const char *const ours[] = {"position", NULL}; /* which a listing puts beside it */
    soc_strbuf_clear(&tail->record);
    soc_json_minify(&tail->record, line->text, line->length);
    soc_json_drop(&tail->record, ours);
    tail->record_position = line->position;
    tail->record_end = line->end;
    tail->record_in = tail->reader.switches;
    struct soc_slice id = soc_slice_plain(line->peek.id);
    int length = id.data && id.length < sizeof tail->last ? (int)id.length : 0;
    snprintf(tail->last, sizeof tail->last, "%.*s", length, length ? id.data : "");
    tail->pending = !tail->record.failed;
    return tail->pending ? 1 : soc_fail_memory(&tail->s->error);
}

/* At the end of the log: 1 to look again, 0 nothing more for now; errors. */
static int settle_at_end(struct society_tail *tail)
{
    int result = soc_tail_watch_settle(&tail->watch, &tail->reader);
    if (result == 0)
        set_position(tail, tail->reader.position, tail->reader.switches);
    else
        tail->signalled = false;
    return result;
}

/* Whether the line read last is to be given: 1 when it is kept, 0 when it is passed over; errors,
 * after which it is decided on again. */
static int decide(struct society_tail *tail)
{
    int result = is_wanted(tail, &tail->line);
    if (result == 1)
        result = keep(tail, &tail->line);
    if (result == 1)
        soc_tail_watch_given(&tail->watch, &tail->line);
    tail->undecided = result < 0;
    return result;
}

static int advance_log(struct society_tail *tail)
{
    sift(tail);
    for (;;) {
        if (!tail->undecided) {
            int read = soc_reader_next(&tail->reader, &tail->line, &tail->s->error);
            if (read < 0)
                return read;
            tail->undecided = read == 1;
        }
        int result = tail->reader.incident[0] != '\0' ? note_incident(tail) : 0;
        if (result < 0)
            return result;
        bool at_end = !tail->undecided;
        result = at_end ? settle_at_end(tail) : decide(tail);
        if (result < 0 || (result == 1) != at_end)
            return result;
    }
}

static int advance_presence(struct society_tail *tail)
{
    soc_strbuf_clear(&tail->record);
    int result = soc_feed_next(tail->s, &tail->watch.subscription, &tail->feed, &tail->record);
    tail->signalled = false;
    if (result == 1 && tail->record.failed) {
        tail->feed.given--; /* to be given again */
        return soc_fail_memory(&tail->s->error);
    }
    tail->pending = result == 1;
    tail->record_position = -1;
    return result;
}

/* Has `record` filled: 1; 0 none for now; errors. */
static int advance(struct society_tail *tail)
{
    if (tail->pending)
        return 1;
    int result = tail->is_presence ? advance_presence(tail) : advance_log(tail);
    tail->at_end = result == 0;
    if (result == 1 && tail->fd_given && !tail->signalled)
        tail->signalled = soc_watch_signal(&tail->watch.subscription) == 0;
    return result;
}

/* Notes the receipt of the record at hand. A tail that began elsewhere than at the cursor may give
 * what was received long ago, which needs no second one. */
static int add_receipt(struct society_tail *tail)
{
    int result = 0;
    if (!tail->from_cursor && !tail->receipted) {
        tail->receipted = soc_receipts_of_agent(tail->s, tail->s->agent, &result);
        if (!tail->receipted)
            return result;
    }
    if (tail->receipted && soc_json_get(tail->receipted, tail->last))
        return 0;
    return soc_receipts_add(tail->s, tail->last, false, &tail->unreceipted);
}

SOC_PUBLIC int society_tail_next(society_tail *tail, const char **ret_record, int64_t *ret_position)
{
    int result = soc_enter(tail->s);
    if (result == 0)
        result = advance(tail);
    if (result == 0)
        tail->s->keep(tail->s, &(int64_t){-1});
    if (result <= 0)
        return result;
    if (tail->receipts && tail->last[0] != '\0') {
        result = add_receipt(tail);
        if (result < 0)
            return result;
    }
    tail->pending = false;
    set_position(tail, tail->record_end, tail->record_in);
    *ret_record = tail->record.data;
    if (ret_position)
        *ret_position = tail->record_position;
    return 1;
}

SOC_PUBLIC int32_t society_tail_fd(society_tail *tail)
{
    if (!tail->fd_given && !tail->at_end)
        tail->signalled = soc_watch_signal(&tail->watch.subscription) == 0;
    tail->fd_given = true;
    return tail->watch.subscription.poll_fd;
}

SOC_PUBLIC int society_tail_wait(society_tail *tail, int32_t timeout_ms)
{
    int result = soc_enter(tail->s);
    if (result < 0)
        return result;
    int64_t deadline = soc_monotonic_ms() + timeout_ms;
    for (;;) {
        if (atomic_exchange(&tail->woken, false))
            return soc_fail(&tail->s->error, SOCIETY_E_WOKEN,
                            "the wait was ended by society_tail_wake");
        result = advance(tail);
        if (result != 0)
            return result;
        int64_t left = timeout_ms < 0 ? -1 : deadline - soc_monotonic_ms();
        if (timeout_ms >= 0 && left <= 0)
            return 0;
        tail->s->keep(tail->s, &left);
        result = soc_watch_wait(&tail->watch.subscription, (int32_t)left);
        if (result < 0)
            return soc_fail(&tail->s->error, result, "the wait was interrupted: %s",
                            society_strerror(result));
    }
}

SOC_PUBLIC int society_tail_wake(society_tail *tail)
{
    if (tail->s->pid != getpid())
        return -ECHILD;
    atomic_store(&tail->woken, true);
    return soc_watch_signal(&tail->watch.subscription);
}

/* Between the last record given and the start of the file that is read now nothing was for this agent. Behind
 * that start it is a position in the file only if it was read there: not if it is that of a late line,
 * or of a log that was replaced. */
SOC_PUBLIC int64_t society_tail_position(const society_tail *tail)
{
    const struct soc_reader *reader = &tail->reader;
    bool here = tail->is_presence || tail->position_in == reader->switches;
    return here ? tail->position : reader->segment.base;
}

SOC_PUBLIC const char *society_tail_incident(society_tail *tail)
{
    if (tail->incident_told || !tail->incident.data || tail->incident.length == 0)
        return NULL;
    tail->incident_told = true;
    return tail->incident.data;
}

/* ---- Committing ---- */

static int make_cursor(const struct society_tail *tail, struct soc_cursor *cursor)
{
    cursor->position = society_tail_position(tail);
    snprintf(cursor->last, sizeof cursor->last, "%s", tail->pending ? "" : tail->last);
    return soc_reader_check(&tail->reader, cursor->position, cursor->check, &tail->s->error);
}

SOC_PUBLIC int society_tail_commit(society_tail *tail)
{
    struct society *s = tail->s;
    struct soc_cursor cursor;
    int result = soc_enter_as(s);
    if (result == 0 && !tail->is_messages)
        result = soc_fail(&s->error, SOCIETY_E_INVALID, "only a tail of messages has a cursor");
    if (result == 0)
        sift(tail);
    if (result == 0 && tail->reassigned)
        result = soc_fail(&s->error, SOCIETY_E_INVALID,
                          "the tail was another agent's when it began; %s opens its own", s->agent);
    if (result == 0 && tail->unreceipted.failed)
        result = soc_fail_memory(&s->error);
    if (result == 0 && tail->unreceipted.length > 0)
        result = soc_receipts_append(s, &tail->unreceipted);
    if (result < 0)
        return result;
    soc_strbuf_clear(&tail->unreceipted);
    result = make_cursor(tail, &cursor);
    if (result == 0 && !soc_cursor_is_behind(&cursor, &s->dir, s->agent, &tail->reader))
        result = soc_cursor_store(&s->dir, s->agent, &cursor, &s->error);
    return result;
}
