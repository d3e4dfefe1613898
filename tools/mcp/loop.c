/* SPDX-License-Identifier: MIT */
/*
 * The poll loop. It sleeps on the client, on what calls and subscriptions look at, and on the next
 * deadline, and on nothing else: an idle server has no timer but the renewal of its leases.
 *
 * When the client is gone (the end of its input, or nobody reads what is written) it ends at once,
 * whatever waits: the kernel then frees what the agent holds.
 */
#include <errno.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include "mcp/call.h"
#include "mcp/feed.h"
#include "mcp/mail.h"
#include "mcp/mcp.h"
#include "mcp/member.h"
#include "mcp/rpc.h"
#include "mcp/subscribe.h"

enum { IN, OUT, MAIL, FIRST };
enum { CALL_TAILS = 256, DESCRIPTORS = FIRST + FEED_KINDS + CALL_TAILS };

/* How often to look where a tail could not be opened. */
enum { BLIND_MS = 250 };

/* How long a client that has closed its end may go without reading what it asked for. */
enum { FAREWELL_MS = 500 };

int64_t now_ms(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

void mcp_begin(struct mcp *m, struct tool *tool)
{
    *m = (struct mcp){.tool = tool, .log_level = LOG_WARNING};
}

static void leave(struct mcp *m)
{
    feeds_close(m, 0);
    mail_close(m);
    society_close(m->society);
    m->society = NULL;
    m->joined = 0;
    m->registered = 0;
    m->gone = 0;
}

void mcp_end(struct mcp *m)
{
    calls_end(m);
    subscriptions_end(m);
    leave(m);
    json_release(m->client);
    frames_free(&m->frames);
    out_free(&m->out);
    free(m->agent);
    free(m->presence_problem);
}

void loop_step(struct mcp *m)
{
    unsigned wanted = calls_feeds(m) | subscriptions_feeds(m);
    feeds_close(m, wanted);
    m->blind = feeds_open(m, wanted) < 0;
    feeds_drain(m);
    calls_step(m, calls_want_mail(m) && mail_ready(m));
    if (!out_is_full(&m->out)) { /* else what has changed is told once, when the client has read */
        subscriptions_tell(m);
        feeds_settle(m);
    }
    if (m->gone) {
        calls_refuse(m, "the society's directory was removed");
        leave(m);
    }
}

static int fill(const struct mcp *m, struct pollfd *descriptors)
{
    /* From a client that does not read nothing is taken, but that it has gone is seen. */
    short in = out_is_full(&m->out) ? POLLRDHUP : POLLIN;
    descriptors[IN] = (struct pollfd){.fd = STDIN_FILENO, .events = in};
    descriptors[OUT] =
        (struct pollfd){.fd = STDOUT_FILENO, .events = out_pending(&m->out) ? POLLOUT : 0};
    int mail = m->mail.tail && calls_want_mail(m) ? society_tail_fd(m->mail.tail) : -1;
    descriptors[MAIL] = (struct pollfd){.fd = mail, .events = POLLIN};
    int count = FIRST + feeds_poll(m, descriptors + FIRST);
    return count + calls_poll(m, descriptors + count, CALL_TAILS);
}

/* 1: there may be more; 0: the client has closed its end. */
static int take_input(struct mcp *m)
{
    static char bytes[65536];
    ssize_t got = read(STDIN_FILENO, bytes, sizeof bytes);
    if (got > 0)
        dispatch_bytes(m, bytes, (size_t)got);
    return got > 0 || (got < 0 && (errno == EINTR || errno == EAGAIN));
}

static int timeout(struct mcp *m)
{
    int64_t calls = calls_next_ms(m);
    int64_t renewal = member_renew(m);
    int64_t next = calls < 0 || (renewal >= 0 && renewal < calls) ? renewal : calls;
    if (m->blind && (next < 0 || next > BLIND_MS))
        next = BLIND_MS;
    return next > INT_MAX ? INT_MAX : (int)next;
}

/* The client has closed its end: what was answered is still written, as long as it reads. Whether
 * all of it was. */
static int farewell(struct mcp *m)
{
    while (out_flush(&m->out, STDOUT_FILENO) == 0 && out_pending(&m->out)) {
        struct pollfd out = {.fd = STDOUT_FILENO, .events = POLLOUT};
        if (poll(&out, 1, FAREWELL_MS) <= 0 || (out.revents & (POLLERR | POLLNVAL)))
            return 0;
    }
    if (out_pending(&m->out))
        return 0;
    mail_commit(m);
    return 1;
}

/* Takes what the client has sent, if poll() says that there is something. Whether it goes on. */
static int listen_to_client(struct mcp *m, short events)
{
    if (events == 0)
        return 1;
    if (out_is_full(&m->out)) /* what it sent before it went is read when there is room */
        return farewell(m);
    if (take_input(m))
        return 1;
    calls_finish(m);
    farewell(m);
    return 0;
}

int loop_run(struct mcp *m)
{
    static struct pollfd descriptors[DESCRIPTORS];
    signal(SIGPIPE, SIG_IGN); /* the write says so */
    for (;;) {
        if (out_flush(&m->out, STDOUT_FILENO) < 0)
            return STATUS_DONE;
        if (!out_pending(&m->out))
            mail_commit(m);
        int wait_ms = timeout(m);
        int count = fill(m, descriptors);
        if (poll(descriptors, (nfds_t)count, wait_ms) < 0 && errno != EINTR)
            tool_fail(STATUS_SYSTEM, "poll: %m");
        if (descriptors[OUT].revents & (POLLERR | POLLHUP | POLLNVAL))
            return STATUS_DONE;
        if (!listen_to_client(m, descriptors[IN].revents))
            return STATUS_DONE;
        loop_step(m);
    }
}
