/* SPDX-License-Identifier: MIT */
/*
 * Append: society_send() beside its floor, as many bytes through the same system calls in the plainest C: lock, find the end, look
 * at the last byte, write, unlock. One process, then several at once; for several the time is that of all their appends together.
 */
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <society/message.h>

#include "bench/bench.h"
#include "harness/die.h"

#define APPENDS 50000
#define RECORD_BYTES 200

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

static void append_floor(int count)
{
    char record[RECORD_BYTES];
    char last;
    memset(record, 'x', sizeof record);
    record[sizeof record - 1] = '\n';
    int fd = open("floor.jsonl", O_RDWR | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
    for (int i = 0; i < count; i++) {
        struct flock lock = {.l_type = F_WRLCK, .l_whence = SEEK_SET};
        if (fcntl(fd, F_OFD_SETLKW, &lock) < 0)
            die("lock");
        off_t end = lseek(fd, 0, SEEK_END);
        if (end > 0 && (pread(fd, &last, 1, end - 1) != 1 || last != '\n'))
            die("pread");
        if (write(fd, record, sizeof record) != (ssize_t)sizeof record)
            die("write");
        lock.l_type = F_UNLCK;
        fcntl(fd, F_OFD_SETLK, &lock);
    }
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
        report("append-by-1", "floor", i, measure(append_floor, 1));
        report("append-by-1", "library", i, measure(append_library, 1));
        report(name, "floor", i, measure(append_floor, processes));
        report(name, "library", i, measure(append_library, processes));
    }
    return 0;
}
