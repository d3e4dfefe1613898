/* SPDX-License-Identifier: MIT */
/*
 * What the peers share: the record that they send, and a doorbell for those that can't wake anybody.
 */
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/inotify.h>
#include <unistd.h>

#include "bench/peers/peer.h"
#include "harness/die.h"

#define FILLING                                                                              \
    "Auth API ready at /api/auth; tests passed, coverage is above ninety per cent, and the " \
    "branch is waiting for its review."

bool listened;

bool durable(void)
{
    const char *word = getenv("DURABILITY");
    return word && strcmp(word, "power") == 0;
}

void format_record(char ret_record[RECORD_BYTES + 1], const char *to, int64_t stamp)
{
    static const char tail[] = "\"}\n";
    int length = snprintf(
        ret_record, RECORD_BYTES,
        "{\"type\":\"message\",\"from\":\"alice\",\"to\":\"%s\",\"sent\":%lld,\"content\":\"", to,
        (long long)stamp);
    int room = RECORD_BYTES - length - (int)(sizeof tail - 1);
    snprintf(ret_record + length, (size_t)(RECORD_BYTES + 1 - length), "%-*.*s%s", room, room,
             FILLING, tail);
}

int64_t stamp_of(const char *record)
{
    static const char key[] = "\"sent\":";
    const char *found = strstr(record, key);
    if (!found)
        die("a message without its stamp: %.100s", record);
    return strtoll(found + sizeof key - 1, NULL, 10);
}

const char *addressee_in_history(int64_t i)
{
    return i % READER_SHARE == READER_SHARE - 1 ? READER : NOBODY;
}

int bell_open(void)
{
    int bell = open("bell", O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
    if (bell < 0)
        die("bell");
    return bell;
}

void bell_ring(int bell)
{
    if (pwrite(bell, "", 1, 0) != 1)
        die("bell");
}

int bell_watch(const char *path, uint32_t events)
{
    int watch = inotify_init1(IN_CLOEXEC);
    if (watch < 0 || inotify_add_watch(watch, path, events) < 0)
        die("inotify of %s", path);
    return watch;
}

void bell_wait(int watch)
{
    char events[4096];
    if (read(watch, events, sizeof events) <= 0)
        die("inotify");
}
