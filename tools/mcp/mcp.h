/* SPDX-License-Identifier: MIT */
/*
 * The server's state, and a request on its way through it.
 *
 * One connection, one thread, one poll loop (loop.c). A frame becomes a request (dispatch.c), which
 * is answered at once or becomes a call that waits (call.h): a state that is stepped whenever
 * something it looks at has changed. Nothing here blocks but the disk and the locks of the logs.
 */
#ifndef TOOLS_MCP_MCP_H
#define TOOLS_MCP_MCP_H

#include <stdint.h>

#include <society/society.h>
#include <society/tail.h>

#include "common/json.h"
#include "common/tool.h"
#include "mcp/frame.h"
#include "mcp/out.h"

/* Revisions of the protocol, oldest first, by what distinguishes them here. */
enum revision {
    REVISION_NONE, /* the client has not said yet */
    REVISION_2024_11,
    REVISION_2025_03, /* batches, annotations */
    REVISION_2025_06, /* structured results, elicitation */
    REVISION_2025_11,
    REVISION_2026_07, /* no handshake: everything is in each request */
};

/* Levels of a log message, mildest first; LOG_OFF: the client wants none. */
enum log_level {
    LOG_DEBUG,
    LOG_INFO,
    LOG_NOTICE,
    LOG_WARNING,
    LOG_ERROR,
    LOG_CRITICAL,
    LOG_ALERT,
    LOG_EMERGENCY,
    LOG_OFF
};

/* Everything is borrowed from `frame`, which the request owns. */
struct request {
    json_value *frame;
    json_value *id;
    const char *method;
    json_value *params;       /* NULL: none */
    json_value *progress;     /* the token; NULL: no progress wanted */
    json_value *capabilities; /* the client's */
    enum revision revision;
    enum log_level log_level; /* of this request (2026-07-28) */
};

/* What can change, and what is told of it: see feed.h. */
enum feed_kind {
    FEED_MESSAGES,
    FEED_TASKS,
    FEED_OWNERSHIP,
    FEED_REGISTRY,
    FEED_PRESENCE,
    FEED_KINDS
};

struct feed {
    society_tail *tail;
    int changed;
};

/* Messages for this agent on their way to the client: see mail.h. */
struct mail {
    society_tail *tail;
    int shown; /* some were given to the client and are not committed */
    char answers[16][64];
    int answer_at;
};

struct call;
struct subscription;

struct mcp {
    struct tool *tool;     /* what the command line said */
    const char *workspace; /* where the project is, until it was entered; NULL: here */
    const char *role;
    char *const *capability;
    int capability_count;

    struct frames frames;
    struct out out;

    enum revision revision; /* of the handshake; REVISION_NONE: there was none */
    json_value *client;     /* the parameters of `initialize` */
    enum log_level log_level;

    society *society;
    char *agent; /* the name that was told on the way; NULL: none was */
    int gone;    /* the directory was removed: the handle is closed at the end of this step */
    int registered;
    int joined;
    char *presence_problem; /* why it could not join; NULL: it could */
    int64_t renew_at_ms;

    struct mail mail;
    struct feed feeds[FEED_KINDS];
    int blind;          /* one that is wanted could not be opened: who waits looks by the clock */
    struct call *calls; /* those that wait, oldest first */
    int call_count;
    int64_t asked; /* requests of ours to the client so far */
    struct subscription *subscriptions;
};

void mcp_begin(struct mcp *m, struct tool *tool);
void mcp_end(struct mcp *m);

/* Serves standard input until the client is gone. The exit status. */
int loop_run(struct mcp *m);

/* Milliseconds of the monotonic clock. */
int64_t now_ms(void);

/* What came from the client: every whole line of it is dealt with (dispatch.c). */
void dispatch_bytes(struct mcp *m, const char *bytes, size_t length);

/* Lets everything go on that may: what changed, whose time is over (loop.c). */
void loop_step(struct mcp *m);

#endif
