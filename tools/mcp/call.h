/* SPDX-License-Identifier: MIT */
/*
 * Calls that wait: requests whose answer comes later.
 *
 * Each is a state with a step function, which looks whether what it waits for is there and answers
 * then. It is stepped when it begins, when one of its feeds or its own tail has something, when its
 * time is over, and when the client answers a request of ours. Between two steps it costs nothing
 * but a descriptor in poll().
 */
#ifndef TOOLS_MCP_CALL_H
#define TOOLS_MCP_CALL_H

#include <poll.h>

#include <society/wait.h>

#include "mcp/feed.h"
#include "mcp/mcp.h"

enum step { STEP_CHANGE, STEP_TIMEOUT, STEP_REPLY };

struct call {
    struct call *next;
    struct request request;
    /* 1: it has answered, and is over; 0: it waits on. */
    int (*step)(struct mcp *m, struct call *call, enum step why);
    void (*end)(struct mcp *m, struct call *call); /* frees `state`; NULL: there is none */
    /* Answers when the society is gone, or the server is about to go; NULL: it is refused. */
    void (*finish)(struct mcp *m, const struct call *call);
    void *state;

    unsigned feeds;          /* FEED_BIT of what it looks at */
    int wants_mail;          /* it waits for messages */
    society_tail *tail;      /* its own, closed at its end; NULL: none */
    society_wait *wait;      /* its place in a queue, given up at its end; NULL: none */
    int64_t look_again_ms;   /* it is stepped at least so often; 0: on changes alone */
    int64_t asked;           /* the number of our request to the client, which several calls
                                may share; 0: none is open */
    json_value *reply;       /* its result, while STEP_REPLY; NULL: it failed */
    const char *waiting_for; /* for people */

    int64_t began_ms;
    int64_t deadline_ms; /* -1: none */
    int64_t progress_ms; /* when to report next */
    int64_t look_ms;
};

/* A new call for this request; the caller fills in the rest, then calls call_start(). NULL: too
 * many wait, and it was answered. */
struct call *call_new(struct mcp *m, const struct request *r,
                      int (*step)(struct mcp *, struct call *, enum step), int64_t timeout_ms);

/* Takes its first look. */
void call_start(struct mcp *m, struct call *call);

/* Ends one that was answered before it began. */
void call_drop(struct mcp *m, struct call *call);

/* The call with this id; NULL: none. */
struct call *call_find(struct mcp *m, json_value *id);

/* The client gave it up: no answer. */
void call_cancel(struct mcp *m, json_value *id);

/* The client answered a request of ours; `result` NULL: with an error. Whoever waits for it is
 * stepped. */
void call_reply(struct mcp *m, json_value *id, json_value *result);

/* Asks the client something for this call; the answer is a step. */
void call_ask(struct mcp *m, struct call *call, const char *method, json_value *params);

/* Lets the call wait for what another one with the same step has asked already. 0: none has. */
int call_ask_along(struct mcp *m, struct call *call);

/* Steps whatever has a reason to be stepped now, and reports progress. */
void calls_step(struct mcp *m, int mail_ready);

/* Milliseconds until a call must be looked at; -1: none by time. */
int64_t calls_next_ms(const struct mcp *m);

/* The feeds that calls look at, and whether one waits for messages. */
unsigned calls_feeds(const struct mcp *m);
int calls_want_mail(const struct mcp *m);

/* Adds the tails and waits of calls; the number of descriptors. */
int calls_poll(const struct mcp *m, struct pollfd *descriptors, int room);

/* Refuses all of them, for this reason; those that can, finish. */
void calls_refuse(struct mcp *m, const char *reason);

/* Lets those finish that can. */
void calls_finish(struct mcp *m);

/* Ends all of them without an answer. */
void calls_end(struct mcp *m);

#endif
