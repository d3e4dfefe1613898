/* SPDX-License-Identifier: MIT */
/*
 * Records are taken in batches of at most 64: printed, flushed once, committed once. With a command each is a batch of its own.
 *
 * Commits must not hide messages: when the start was chosen (--new, --since) and messages before it are unread, moving the
 * cursor to the end would jump over those; then each message is marked as delivered by itself instead, and the
 * library moves the cursor as far as everything is.
 */
#include "follow.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <society/agent.h>
#include <society/message.h>
#include <society/tail.h>

#include "json.h"
#include "output.h"
#include "record.h"
#include "run.h"

enum { BATCH = 64, FIRST_LOOK_MS = 1000, AGAIN_MS = 1000 };

struct watch {
    struct tool *t;
    const struct follow *f;
    society_tail *tails[2]; /* the log; with the registry also presence */
    int tail_count;
    int one_by_one; /* unread messages stand before the start */
    int64_t left;   /* records still to come; -1: no end */
    int64_t renew_at;
};

static society_tail *open_tail(struct watch *w, const char *log, int64_t start)
{
    society_tail *tail = NULL;
    uint32_t flags = 0;
    if (strcmp(log, "messages") == 0)
        flags = w->f->everyone ? SOCIETY_TAIL_EVERYONE : w->f->commit ? SOCIETY_TAIL_RECEIPTS : 0;
    int result = society_tail_open(w->t->society, log, start, flags, &tail);
    if (result < 0)
        tool_fail_result(w->t, result);
    return tail;
}

static void report_incident(society_tail *tail)
{
    const char *incident = society_tail_incident(tail);
    if (incident)
        tool_warn("%s", incident);
}

/* Whether a message for the agent lies between its cursor and the chosen start. */
static int skips_unread(struct watch *w)
{
    int64_t position = 0;
    const char *record = NULL;
    if (!w->f->commit || (w->f->start != SOCIETY_FROM_END && w->f->start < 0))
        return 0;
    int64_t start = society_tail_position(w->tails[0]);
    society_tail *unread = open_tail(w, "messages", SOCIETY_FROM_CURSOR);
    int result = society_tail_next(unread, &record, &position);
    if (result < 0)
        tool_fail_result(w->t, result);
    society_tail_close(unread);
    return result == 1 && position < start;
}

static void open_tails(struct watch *w)
{
    w->tails[w->tail_count++] = open_tail(w, w->f->log, w->f->start);
    if (strcmp(w->f->log, "registry") == 0)
        w->tails[w->tail_count++] = open_tail(w, "presence", SOCIETY_FROM_END);
    w->one_by_one = skips_unread(w);
}

static void mark(struct watch *w, const char *record)
{
    json_value *message = json_read(record, NULL);
    const char *id = json_member_text(message, "id", NULL);
    /* A foreign message without an id can't have a receipt; it will be there again from the cursor on. */
    int result = id ? society_mark_delivered(w->t->society, id) : 0;
    if (result < 0)
        tool_fail_result(w->t, result);
    json_release(message);
}

/* Takes care of one record; a command that fails ends the process before anything is committed. */
static void handle(struct watch *w, const char *record, int64_t position)
{
    if (w->f->command) {
        int status = run_command(w->f->command, record, position);
        if (status != 0)
            tool_fail(STATUS_NO, "the command returned %d; the message is not committed", status);
    } else if (w->t->json) {
        output_record(record, position);
    } else {
        record_print(record);
    }
    if (w->left > 0)
        w->left--;
}

static void commit(struct watch *w, society_tail *tail)
{
    output_flush();
    if (!w->f->commit || w->one_by_one)
        return;
    int result = society_tail_commit(tail);
    if (result < 0)
        tool_fail_result(w->t, result);
}

/* Handles and commits what one tail has now, up to a batch. Returns the number of records. */
static int take_batch(struct watch *w, int which)
{
    society_tail *tail = w->tails[which];
    int most = w->f->command || w->one_by_one ? 1 : BATCH;
    int taken = 0;
    while (taken < most && w->left != 0) {
        const char *record = NULL;
        int64_t position = -1;
        int result = society_tail_next(tail, &record, &position);
        report_incident(tail);
        if (result < 0)
            tool_fail_result(w->t, result);
        if (result == 0)
            break;
        handle(w, record, which == 0 && strcmp(w->f->log, "presence") != 0 ? position : -1);
        taken++;
        if (w->one_by_one) {
            output_flush();
            mark(w, record);
        }
    }
    if (taken > 0)
        commit(w, tail);
    return taken;
}

static int64_t now_ms(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

/* Dies as a writer to a closed pipe does, by SIGPIPE unless it is ignored. */
static void end_with_reader(void)
{
    raise(SIGPIPE);
    tool_fail(STATUS_SYSTEM, "standard output: %s", strerror(EPIPE));
}

/* Who has joined renews what the agent holds, and shortens the sleep to the next time. What fails is tried again then. */
static int64_t keep(struct watch *w, int64_t wait)
{
    int64_t now = now_ms();
    if (!w->f->join)
        return wait;
    if (now >= w->renew_at) {
        int32_t next = AGAIN_MS;
        int result = society_renew(w->t->society, &next);
        if (result < 0)
            tool_warn("not renewed: %s", tool_reason(w->t, result));
        w->renew_at = now + next;
    }
    int64_t left = w->renew_at > now ? w->renew_at - now : 0;
    return wait < 0 || left < wait ? left : wait;
}

/* Sleeps until a tail has something, the reader has gone, or the time is over (0). */
static int wait_for_more(struct watch *w, int64_t deadline)
{
    struct pollfd fds[3];
    int count = 0;
    for (; count < w->tail_count; count++)
        fds[count] = (struct pollfd){society_tail_fd(w->tails[count]), POLLIN, 0};
    /* No events asked for: only that the other end was closed is of interest. */
    if (!w->f->command)
        fds[count++] = (struct pollfd){STDOUT_FILENO, 0, 0};
    int64_t wait = deadline < 0 ? -1 : deadline - now_ms();
    if (deadline >= 0 && wait <= 0)
        return 0;
    wait = keep(w, wait);
    int ready = poll(fds, (nfds_t)count, (int)wait);
    if (ready < 0 && errno != EINTR)
        tool_fail(STATUS_SYSTEM, "poll: %s", strerror(errno));
    if (ready > 0 && !w->f->command && fds[count - 1].revents & (POLLERR | POLLHUP))
        end_with_reader();
    return 1;
}

static int follow(struct watch *w)
{
    int64_t deadline = w->f->timeout_ms < 0 ? -1 : now_ms() + w->f->timeout_ms;
    while (w->left != 0) {
        int taken = 0;
        for (int i = 0; i < w->tail_count; i++)
            taken += take_batch(w, i);
        if (taken > 0 && deadline >= 0 && w->left < 0)
            deadline = now_ms() + w->f->timeout_ms;
        if (taken == 0 && !wait_for_more(w, deadline)) {
            tool_warn("the time is over");
            return STATUS_NO;
        }
    }
    return STATUS_DONE;
}

/* The command speaks as the agent that watches, in the same society. */
static void export_place(struct tool *t)
{
    const char *agent = society_agent(t->society);
    if ((agent && *agent && setenv("SOCIETY_AGENT", agent, 1) != 0) ||
        setenv("SOCIETY_DIR", society_dir(t->society), 1) != 0)
        tool_fail(STATUS_SYSTEM, "out of memory");
}

int follow_run(struct tool *t, const struct follow *f)
{
    struct watch w = {.t = t, .f = f, .left = f->count, .renew_at = now_ms() + FIRST_LOOK_MS};
    if (f->command)
        export_place(t);
    open_tails(&w);
    int status = follow(&w);
    for (int i = 0; i < w.tail_count; i++)
        society_tail_close(w.tails[i]);
    return status;
}
