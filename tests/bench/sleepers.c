/* SPDX-License-Identifier: MIT */
/*
 * Sleepers: agents that wait for messages, each in a process of its own, and one message at a time, each to the next of them. What
 * the sender pays for it, and how long the one addressed takes to have it, with SLEEPERS of them beside the same with one.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <society/message.h>
#include <society/tail.h>

#include "bench/bench.h"
#include "bench/peers/crew.h"
#include "harness/die.h"

#define SLEEPERS CREW_MAX
#define SAMPLES 60
#define PAUSE_NS 2000000

static void sleep_for_messages(struct crew *crew, int number)
{
    char agent[32];
    const char *record;
    society_tail *tail;
    snprintf(agent, sizeof agent, "agent-%d", number);
    society *s = open_society(agent);
    check(s, society_tail_open(s, "messages", SOCIETY_FROM_END, 0, &tail), "society_tail_open");
    crew_await_start(crew);
    for (;;) {
        check(s, society_tail_wait(tail, -1), "society_tail_wait");
        while (society_tail_next(tail, &record, NULL) == 1)
            crew_tell(crew, now_ns());
    }
}

/* The medians of the time of a send and of the time until the message was there. */
static void measure(int sleepers, int64_t *ret_send, int64_t *ret_latency)
{
    int64_t sends[SAMPLES], latencies[SAMPLES];
    char message[128];
    struct timespec moment = {0, PAUSE_NS};
    struct crew *crew = crew_start(sleepers, sleep_for_messages);
    society *s = open_society("alice");
    crew_go(crew, 0);
    for (int i = -sleepers; i < SAMPLES; i++) { /* those below 0 warm what is cold */
        snprintf(message, sizeof message, "{\"to\":\"agent-%d\",\"content\":\"Auth ready\"}",
                 (i + sleepers) % sleepers);
        nanosleep(&moment, NULL); /* so that they sleep */
        int64_t began = now_ns();
        check(s, society_send(s, message, NULL), "society_send");
        int64_t sent = now_ns();
        int64_t heard = crew_hear(crew);
        if (i >= 0) {
            sends[i] = sent - began;
            latencies[i] = heard - began;
        }
    }
    crew_kill(crew);
    crew_free(crew);
    society_close(s);
    *ret_send = median(sends, SAMPLES);
    *ret_latency = median(latencies, SAMPLES);
}

int main(void)
{
    int rounds = setting("ROUNDS", 9);
    int64_t send, latency;
    society_close(open_society("alice"));
    for (int i = 1; i <= rounds; i++) {
        measure(1, &send, &latency);
        report("sleepers-send", "floor", i, send);
        report("sleepers-latency", "floor", i, latency);
        measure(SLEEPERS, &send, &latency);
        report("sleepers-send", "library", i, send);
        report("sleepers-latency", "library", i, latency);
    }
    return 0;
}
