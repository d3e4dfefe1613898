/* SPDX-License-Identifier: MIT */
/*
 * A step ends its own call and no other; what it begins stands at the end of the list.
 */
#include "mcp/call.h"

#include <stdlib.h>

#include "mcp/answer.h"
#include "mcp/rpc.h"

/* A client that lets more calls wait than this has lost count. */
enum { CALLS_MAX = 256 };

/* How often progress is reported. It keeps a client's own time-out from ending a wait, and costs a
 * wake each. */
enum { PROGRESS_MS = 10000 };

struct call *call_new(struct mcp *m, const struct request *r,
                      int (*step)(struct mcp *, struct call *, enum step), int64_t timeout_ms)
{
    if (m->call_count >= CALLS_MAX) {
        rpc_error(m, r->id, RPC_INTERNAL, "%d calls are waiting already", m->call_count);
        return NULL;
    }
    struct call *call = calloc(1, sizeof *call);
    if (!call)
        tool_fail(STATUS_SYSTEM, "out of memory");
    request_copy(&call->request, r);
    call->step = step;
    call->began_ms = now_ms();
    call->deadline_ms = timeout_ms < 0 ? -1 : call->began_ms + timeout_ms;
    call->progress_ms = call->began_ms;
    struct call **last = &m->calls;
    while (*last)
        last = &(*last)->next;
    *last = call;
    m->call_count++;
    return call;
}

static void end_call(struct mcp *m, struct call *call)
{
    struct call **at = &m->calls;
    while (*at != call)
        at = &(*at)->next;
    *at = call->next;
    m->call_count--;
    if (call->end)
        call->end(m, call);
    society_tail_close(call->tail);
    society_wait_close(call->wait);
    request_release(&call->request);
    free(call);
}

void call_drop(struct mcp *m, struct call *call)
{
    end_call(m, call);
}

/* A call that waits for the answer to this request of ours; NULL: none does. */
static struct call *find_asked(struct mcp *m, int64_t asked)
{
    for (struct call *call = m->calls; call; call = call->next)
        if (call->asked == asked)
            return call;
    return NULL;
}

/* Takes back a request of ours that nobody waits for any more. */
static void withdraw(struct mcp *m, struct call *call)
{
    int64_t asked = call->asked;
    call->asked = 0;
    if (asked == 0 || find_asked(m, asked))
        return;
    json_value *params = json_new_map();
    json_put_number(params, "requestId", asked);
    rpc_notify(m, "notifications/cancelled", params);
}

/* Whether it is over. */
static int step(struct mcp *m, struct call *call, enum step why)
{
    if (!call->step(m, call, why))
        return 0;
    withdraw(m, call);
    end_call(m, call);
    return 1;
}

static void report(struct mcp *m, struct call *call, int64_t now)
{
    if (!call->request.progress || now < call->progress_ms || call->deadline_ms < 0)
        return;
    call->progress_ms = now + PROGRESS_MS;
    if (out_is_full(&m->out)) /* the client reads nothing: it need not hear that nothing happens */
        return;
    json_value *params = json_new_map();
    json_put(params, "progressToken", json_share(call->request.progress));
    json_put_number(params, "progress", now - call->began_ms);
    json_put_number(params, "total", call->deadline_ms - call->began_ms);
    if (call->request.revision >= REVISION_2025_03)
        json_put_text(params, "message", call->waiting_for);
    rpc_notify(m, "notifications/progress", params);
}

void call_start(struct mcp *m, struct call *call)
{
    /* Watched first and looked at then, so that nothing falls between. */
    if (feeds_open(m, call->feeds) < 0)
        m->blind = 1;
    if (step(m, call, STEP_CHANGE))
        return;
    if (call->deadline_ms >= 0 && call->deadline_ms <= call->began_ms &&
        step(m, call, STEP_TIMEOUT))
        return;
    call->look_ms = call->began_ms + call->look_again_ms;
    report(m, call, call->began_ms);
}

struct call *call_find(struct mcp *m, json_value *id)
{
    for (struct call *call = m->calls; call; call = call->next)
        if (json_same(call->request.id, id))
            return call;
    return NULL;
}

void call_cancel(struct mcp *m, json_value *id)
{
    struct call *call = id ? call_find(m, id) : NULL;
    if (!call)
        return;
    withdraw(m, call);
    end_call(m, call);
}

void call_ask(struct mcp *m, struct call *call, const char *method, json_value *params)
{
    call->asked = ++m->asked;
    rpc_ask(m, call->asked, method, params);
}

int call_ask_along(struct mcp *m, struct call *call)
{
    for (struct call *other = m->calls; other; other = other->next)
        if (other->step == call->step && other->asked != 0)
            call->asked = other->asked;
    return call->asked != 0;
}

void call_reply(struct mcp *m, json_value *id, json_value *result)
{
    int64_t asked = json_number(id, 0);
    struct call *call;
    while (asked > 0 && (call = find_asked(m, asked)) != NULL) {
        call->asked = 0;
        call->reply = result;
        if (!step(m, call, STEP_REPLY))
            call->reply = NULL;
    }
}

static int is_readable(int fd)
{
    struct pollfd p = {.fd = fd, .events = POLLIN};
    return poll(&p, 1, 0) != 0;
}

/* Whether there is a reason to step it, and which. */
static int is_due(struct mcp *m, const struct call *call, int mail_ready, int64_t now,
                  enum step *ret_why)
{
    *ret_why = STEP_CHANGE;
    if ((call->wants_mail && mail_ready) || feeds_changed(m, call->feeds) ||
        (m->blind && call->feeds))
        return 1;
    if (call->tail && society_tail_wait(call->tail, 0) != 0)
        return 1; /* also when it fails: the step will say why */
    if (call->wait && is_readable(society_wait_fd(call->wait)))
        return 1;
    if (call->look_again_ms > 0 && now >= call->look_ms)
        return 1;
    *ret_why = STEP_TIMEOUT;
    return call->deadline_ms >= 0 && now >= call->deadline_ms;
}

void calls_step(struct mcp *m, int mail_ready)
{
    int64_t now = now_ms();
    struct call *next;
    for (struct call *call = m->calls; call; call = next) {
        enum step why;
        next = call->next;
        if (is_due(m, call, mail_ready, now, &why)) {
            if (step(m, call, why))
                continue;
            call->look_ms = now + call->look_again_ms;
            if (why == STEP_CHANGE && call->deadline_ms >= 0 && now >= call->deadline_ms &&
                step(m, call, STEP_TIMEOUT))
                continue;
        }
        report(m, call, now);
    }
}

static int64_t sooner(int64_t a, int64_t b)
{
    return a < 0 || b < a ? b : a;
}

int64_t calls_next_ms(const struct mcp *m)
{
    int64_t next = -1;
    for (const struct call *call = m->calls; call; call = call->next) {
        if (call->deadline_ms >= 0)
            next = sooner(next, call->deadline_ms);
        if (call->request.progress && call->deadline_ms >= 0)
            next = sooner(next, call->progress_ms);
        if (call->look_again_ms > 0)
            next = sooner(next, call->look_ms);
    }
    if (next < 0)
        return -1;
    int64_t left = next - now_ms();
    return left > 0 ? left : 0;
}

unsigned calls_feeds(const struct mcp *m)
{
    unsigned feeds = 0;
    for (const struct call *call = m->calls; call; call = call->next)
        feeds |= call->feeds;
    return feeds;
}

int calls_want_mail(const struct mcp *m)
{
    for (const struct call *call = m->calls; call; call = call->next)
        if (call->wants_mail)
            return 1;
    return 0;
}

int calls_poll(const struct mcp *m, struct pollfd *descriptors, int room)
{
    int count = 0;
    for (const struct call *call = m->calls; call && count < room; call = call->next) {
        if (!call->tail && !call->wait)
            continue;
        int fd = call->tail ? society_tail_fd(call->tail) : society_wait_fd(call->wait);
        descriptors[count++] = (struct pollfd){.fd = fd, .events = POLLIN};
    }
    return count;
}

static void finish(struct mcp *m, struct call *call)
{
    call->finish(m, call);
    end_call(m, call);
}

void calls_finish(struct mcp *m)
{
    struct call *next;
    for (struct call *call = m->calls; call; call = next) {
        next = call->next;
        if (call->finish)
            finish(m, call);
    }
}

void calls_refuse(struct mcp *m, const char *reason)
{
    calls_finish(m);
    while (m->calls) {
        answer_refuse(m, &m->calls->request, "%s", reason);
        withdraw(m, m->calls);
        end_call(m, m->calls);
    }
}

void calls_end(struct mcp *m)
{
    while (m->calls)
        end_call(m, m->calls);
}
