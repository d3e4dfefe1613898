/* SPDX-License-Identifier: MIT */
/*
 * Wake: from just before a send to when another process that waits for it knows. The library: from society_send() until
 * society_tail_wait() has returned, so that the record was written, read and found to be wanted. The floor: from a bare write until
 * poll() on an inotify descriptor has returned, and nothing was read. Both are woken once from the processor that they sleep on and
 * once from another.
 */
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/inotify.h>
#include <sys/wait.h>
#include <unistd.h>

#include <society/message.h>
#include <society/tail.h>

#include "bench/bench.h"
#include "harness/die.h"

#define SAMPLES 200
#define PAUSE_NS 2000000
#define LOG ".society-agent/messages.jsonl"

static const char message[] =
    "{\"to\":\"bob\",\"content\":\"Auth API ready at /api/auth, tests are green\"}";

/* Both ways: the waiter says that it is about to wait, and afterwards when it woke. */
struct pipes {
    int ready;
    int woke;
};

static void tell(int fd, int64_t value)
{
    if (write(fd, &value, sizeof value) != sizeof value)
        die("write");
}

static int64_t hear(int fd)
{
    int64_t value;
    if (read(fd, &value, sizeof value) != sizeof value)
        die("read");
    return value;
}

static void wait_library(const struct pipes *pipes)
{
    society *s = open_society("bob");
    society_tail *tail;
    const char *record;
    check(s, society_tail_open(s, "messages", SOCIETY_FROM_END, 0, &tail), "society_tail_open");
    for (int i = 0; i < SAMPLES; i++) {
        while (society_tail_next(tail, &record, NULL) == 1)
            continue;
        tell(pipes->ready, 0);
        check(s, society_tail_wait(tail, 10000), "society_tail_wait");
        tell(pipes->woke, now_ns());
    }
    society_close(s);
}

static void wait_floor(const struct pipes *pipes)
{
    char events[4096];
    int fd = inotify_init1(IN_CLOEXEC);
    if (fd < 0 || inotify_add_watch(fd, LOG, IN_MODIFY) < 0)
        die("inotify");
    for (int i = 0; i < SAMPLES; i++) {
        struct pollfd wanted = {fd, POLLIN, 0};
        tell(pipes->ready, 0);
        if (poll(&wanted, 1, 10000) != 1)
            die("poll");
        int64_t woke = now_ns();
        if (read(fd, events, sizeof events) <= 0)
            die("read");
        tell(pipes->woke, woke);
    }
    close(fd);
}

/* A bare write to the log; of a message with the handle of a society. */
static void append(int log, society *s)
{
    static int number;
    char line[256];
    int length =
        snprintf(line, sizeof line,
                 "{\"type\":\"message\",\"from\":\"alice\",\"to\":\"bob\",\"content\":\"Auth "
                 "API ready at /api/auth, tests are green\",\"id\":\"wake-%d-%d\"}\n",
                 (int)getpid(), number++);
    if (s)
        check(s, society_send(s, message, NULL), "society_send");
    else if (write(log, line, (size_t)length) != length)
        die("write");
}

static int64_t append_and_wait(int log, society *s, int ready, int woke)
{
    /* The waiter is between its word and its sleep; give it and its processor time to fall asleep. */
    struct timespec moment = {0, PAUSE_NS};
    hear(ready);
    nanosleep(&moment, NULL);
    int64_t began = now_ns();
    append(log, s);
    return hear(woke) - began;
}

static int64_t measure(void (*waiter)(const struct pipes *), society *s, int processor)
{
    int64_t samples[SAMPLES];
    int ready[2], woke[2], status;
    if (pipe(ready) < 0 || pipe(woke) < 0)
        die("pipe");
    int log = open(LOG, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0600);
    if (log < 0)
        die(LOG);
    pid_t pid = fork();
    if (pid == 0) {
        stay_on(processor);
        waiter(&(struct pipes){ready[1], woke[1]});
        _exit(0);
    }
    for (int i = 0; i < SAMPLES; i++)
        samples[i] = append_and_wait(log, s, ready[0], woke[0]);
    if (waitpid(pid, &status, 0) != pid || status != 0)
        die("the waiter failed");
    close(log);
    for (int i = 0; i < 2; i++) {
        close(ready[i]);
        close(woke[i]);
    }
    return median(samples, SAMPLES);
}

int main(void)
{
    int rounds = setting("ROUNDS", 9);
    int two[2];
    int count = processors(two);
    society *alice = open_society("alice");
    stay_on(two[0]);
    for (int i = 1; i <= rounds; i++) {
        for (int j = 0; j < count; j++) {
            const char *name = j == 0 ? "wake-same-cpu" : "wake-other-cpu";
            report(name, "floor", i, measure(wait_floor, NULL, two[j]));
            report(name, "library", i, measure(wait_library, alice, two[j]));
        }
    }
    society_close(alice);
    return 0;
}
