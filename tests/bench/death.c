/* SPDX-License-Identifier: MIT */
/*
 * Death: from SIGKILL of a process that joined to when another one knows that the agent is gone. The library: a tail of "presence"
 * gave the event. The floor: inotify told that a file which the dead process held open for writing was closed.
 */
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/inotify.h>
#include <sys/wait.h>
#include <unistd.h>

#include <society/agent.h>
#include <society/tail.h>

#include "bench/bench.h"
#include "harness/die.h"

#define SAMPLES 40
#define HELD_FILE "held-by-the-floor"

/* The holder says that it holds, and waits for its death. */
static _Noreturn void hold(int ready, int joins)
{
    if (joins) {
        society *s = open_society("holder");
        check(s, society_join(s), "society_join");
    } else if (open(HELD_FILE, O_WRONLY | O_CREAT | O_CLOEXEC, 0600) < 0) {
        die(HELD_FILE);
    }
    if (write(ready, "", 1) != 1)
        die("write");
    for (;;)
        pause();
}

static pid_t start_holder(int joins, int processor)
{
    int ready[2];
    char byte;
    if (pipe(ready) < 0)
        die("pipe");
    pid_t pid = fork();
    if (pid < 0)
        die("fork");
    if (pid == 0) {
        stay_on(processor);
        hold(ready[1], joins);
    }
    close(ready[1]);
    if (read(ready[0], &byte, 1) != 1)
        die("the holder died");
    close(ready[0]);
    return pid;
}

/* Takes events until the tail has told that the holder came (1) or went (0). */
static void await(const society *s, society_tail *tail, const char *online)
{
    const char *record = NULL;
    do {
        check(s, society_tail_wait(tail, 10000), "society_tail_wait");
        if (society_tail_next(tail, &record, NULL) != 1)
            die("the tail told nothing");
    } while (!strstr(record, "\"agentId\":\"holder\"") || !strstr(record, online));
}

static int64_t measure_library(int processor)
{
    int64_t samples[SAMPLES];
    society *s = open_society("watcher");
    society_tail *tail;
    check(s, society_tail_open(s, "presence", SOCIETY_FROM_END, 0, &tail), "society_tail_open");
    for (int i = 0; i < SAMPLES; i++) {
        pid_t pid = start_holder(1, processor);
        await(s, tail, "\"online\":true");
        int64_t began = now_ns();
        kill(pid, SIGKILL);
        await(s, tail, "\"online\":false");
        samples[i] = now_ns() - began;
        waitpid(pid, NULL, 0);
    }
    society_close(s);
    return median(samples, SAMPLES);
}

static int64_t measure_floor(int processor)
{
    int64_t samples[SAMPLES];
    char events[4096];
    int fd = inotify_init1(IN_CLOEXEC);
    if (fd < 0 || inotify_add_watch(fd, ".", IN_CLOSE_WRITE) < 0)
        die("inotify");
    for (int i = 0; i < SAMPLES; i++) {
        struct pollfd wanted = {fd, POLLIN, 0};
        pid_t pid = start_holder(0, processor);
        int64_t began = now_ns();
        kill(pid, SIGKILL);
        if (poll(&wanted, 1, 10000) != 1 || read(fd, events, sizeof events) <= 0)
            die("no event");
        samples[i] = now_ns() - began;
        waitpid(pid, NULL, 0);
    }
    close(fd);
    return median(samples, SAMPLES);
}

int main(void)
{
    int rounds = setting("ROUNDS", 9);
    int two[2];
    int count = processors(two);
    society_close(open_society("watcher"));
    stay_on(two[0]);
    for (int i = 1; i <= rounds; i++) {
        for (int j = 0; j < count; j++) {
            const char *name = j == 0 ? "death-same-cpu" : "death-other-cpu";
            report(name, "floor", i, measure_floor(two[j]));
            report(name, "library", i, measure_library(two[j]));
        }
    }
    return 0;
}
