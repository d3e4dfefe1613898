/* SPDX-License-Identifier: MIT */
/*
 * Append: society_send() beside its floor, as many bytes through the same system calls in the plainest C: lock, find the end, look
 * at the last byte, write, unlock. One process, then several at once; for several the time is that of all their appends together. And
BATCH messages in one transaction beside as many single ones.
 */
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <society/message.h>

#include "bench/bench.h"
#include "bench/floor.h"
#include "harness/die.h"

#define APPENDS 50000
#define BATCH 64

/* In the log RECORD_BYTES long. */
static const char message[] =
    "{\"to\":\"bob\",\"content\":\"Auth API ready at /api/auth; tests passed.\"}";

static void append_library(int count)
{
    society *s = open_society("alice");
    for (int i = 0; i < count; i++)
        check(s, society_send(s, message, NULL), "society_send");
    society_close(s);
}

/* The same message, BATCH of them in one call. */
static void append_batches(int count)
{
    char lines[BATCH * (sizeof message) + 1];
    char *end = lines;
    for (int i = 0; i < BATCH; i++)
        end += snprintf(end, sizeof message + 1, "%s\n", message);
    society *s = open_society("alice");
    for (int i = 0; i < count; i += BATCH)
        check(s, society_send_lines(s, lines, NULL), "society_send_lines");
    society_close(s);
}

static void append_floor(int count)
{
    int fd = floor_open();
    for (int i = 0; i < count; i++)
        floor_append(fd, 0);
    close(fd);
}

/* Nanoseconds for each append. */
static int64_t measure(void (*append)(int), int processes)
{
    int failed = 0;
    int64_t began = now_ns();
    for (int i = 1; i < processes; i++) {
        pid_t pid = fork();
        if (pid < 0)
            die("fork");
        if (pid == 0) {
            append(APPENDS / processes);
            _exit(0);
        }
    }
    append(APPENDS / processes);
    for (int status; wait(&status) > 0;)
        failed |= status;
    if (failed)
        die("a process failed");
    return (now_ns() - began) / (APPENDS / processes * processes);
}

int main(void)
{
    int rounds = setting("ROUNDS", 9);
    int processes = setting("PROCESSES", 4);
    char name[32];
    struct stat st;
    snprintf(name, sizeof name, "append-by-%d", processes);
    append_library(1);
    if (stat(".society-agent/messages.jsonl", &st) < 0 || st.st_size != RECORD_BYTES)
        fprintf(stderr, "the record is %lld bytes long\n", (long long)st.st_size);
    for (int i = 1; i <= rounds; i++) {
        int64_t single = measure(append_library, 1);
        report("append-by-1", "floor", i, measure(append_floor, 1));
        report("append-by-1", "library", i, single);
        report("batch-of-64", "floor", i, single);
        report("batch-of-64", "library", i, measure(append_batches, 1));
        report(name, "floor", i, measure(append_floor, processes));
        report(name, "library", i, measure(append_library, processes));
    }
    return 0;
}
