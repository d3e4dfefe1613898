/* SPDX-License-Identifier: MIT */
/*
 * main() of every peer that is written in C: the command line of peer.h, and the measuring.
 */
#include <fcntl.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "bench/bench.h"
#include "bench/peers/crew.h"
#include "bench/peers/peer.h"
#include "harness/die.h"

#define OPENS 20
#define SPACING_US 5000
#define CLAIM_COMMANDS_MAX 1000

extern char **environ;

static void result(const char *row, int64_t nanoseconds)
{
    printf("%s %" PRId64 "\n", row, nanoseconds);
    fflush(stdout);
}

static void *open_member(int number)
{
    char agent[32];
    snprintf(agent, sizeof agent, "agent-%d", number);
    return peer.open(agent);
}

static void append_work(struct crew *crew, int number)
{
    void *store = open_member(number);
    int64_t began, done = 0;
    peer.send(store, NOBODY, 0); /* what is cold is warm */
    crew_await_start(crew);
    int64_t ended = now_ns();
    do {
        began = ended;
        peer.send(store, NOBODY, 0);
        ended = now_ns();
        crew_count(crew, ended - began);
        done++;
    } while (ended < crew->board->deadline);
    crew->board->members[number] = (struct crew_member){done, ended};
    peer.close(store);
}

static void claim_work(struct crew *crew, int number)
{
    void *store = open_member(number);
    int64_t done = 0;
    crew_await_start(crew);
    /* As many calls as tasks: what a call costs when nothing is left is another question. */
    while (now_ns() < crew->board->deadline &&
           __atomic_sub_fetch(&crew->board->left, 1, __ATOMIC_RELAXED) >= 0 && peer.claim(store))
        done++;
    crew->board->members[number] = (struct crew_member){done, now_ns()};
    peer.close(store);
}

/* From the beginning to the end of the last, for each operation of all. */
static int64_t each(const struct crew *crew)
{
    int64_t done = 0, ended = 0;
    for (int i = 0; i < crew->count; i++) {
        done += crew->board->members[i].done;
        if (crew->board->members[i].ended > ended)
            ended = crew->board->members[i].ended;
    }
    if (done == 0)
        die("nothing was done");
    return (ended - crew->board->began) / done;
}

static void measure_append(int processes, int ms)
{
    char row[32];
    struct crew *crew = crew_start(processes, append_work);
    crew_go(crew, ms);
    crew_finish(crew);
    snprintf(row, sizeof row, "append-%d", processes);
    result(row, each(crew));
    snprintf(row, sizeof row, "append-%d-p99", processes);
    result(row, crew_percentile(crew, 99));
    crew_free(crew);
}

static void measure_claim(int processes, int tasks, int ms)
{
    char row[32];
    void *store = peer.open("alice");
    peer.post_tasks(store, tasks);
    peer.close(store);
    struct crew *crew = crew_start(processes, claim_work);
    crew->board->left = tasks;
    crew_go(crew, ms);
    crew_finish(crew);
    snprintf(row, sizeof row, "claim-%d", processes);
    result(row, each(crew));
    crew_free(crew);
}

static void listen_work(struct crew *crew, int number)
{
    void *store = open_member(number);
    peer.listen(store);
    crew_await_start(crew);
    for (;;) {
        int64_t sent = peer.receive(store);
        crew_tell(crew, now_ns() - sent);
    }
}

static void measure_latency(int listeners, int count)
{
    char row[40];
    char to[32];
    struct timespec spacing = {0, setting("SPACING_US", SPACING_US) * 1000L};
    int64_t *samples = calloc((size_t)count * 2, sizeof *samples);
    int64_t *sends = samples + count;
    if (!samples)
        die("calloc");
    listened = true;
    struct crew *crew = crew_start(listeners, listen_work);
    void *store = peer.open("alice");
    crew_go(crew, 0);
    for (int i = -listeners; i < count; i++) { /* those below 0 warm what is cold */
        snprintf(to, sizeof to, "agent-%d", (i + listeners) % listeners);
        nanosleep(&spacing, NULL);
        int64_t began = now_ns();
        peer.send(store, to, began);
        int64_t sent = now_ns();
        int64_t taken = crew_hear(crew);
        if (i >= 0) {
            samples[i] = taken;
            sends[i] = sent - began;
        }
    }
    crew_kill(crew);
    crew_free(crew);
    peer.close(store);
    snprintf(row, sizeof row, "latency-%d", listeners);
    result(row, median(samples, count));
    snprintf(row, sizeof row, "latency-%d-p99", listeners);
    result(row, samples[count - 1 - count / 100]);
    snprintf(row, sizeof row, "latency-%d-send", listeners);
    result(row, median(sends, count));
    free(samples);
}

static void fill(int64_t records)
{
    void *store = peer.open("alice");
    peer.fill(store, records);
    peer.close(store);
}

static void measure_open(int64_t records, int rounds)
{
    char row[32];
    int64_t samples[OPENS];
    fill(records);
    snprintf(row, sizeof row, "open-%" PRId64, records);
    for (int i = -1; i < rounds; i++) { /* round -1 warms what is cold */
        for (int j = 0; j < OPENS; j++) {
            int64_t began = now_ns();
            void *store = peer.open(READER);
            peer.listen(store);
            samples[j] = now_ns() - began;
            peer.close(store);
        }
        if (i >= 0)
            result(row, median(samples, OPENS));
    }
}

static void measure_history(int mib, int rounds)
{
    int64_t records = ((int64_t)mib << 20) / RECORD_BYTES;
    fill(records);
    for (int i = -1; i < rounds; i++) {
        void *store = peer.open(READER);
        int64_t began = now_ns();
        int64_t found = peer.read_history(store);
        int64_t taken = now_ns() - began;
        if (found != records / READER_SHARE)
            die("%" PRId64 " messages of %" PRId64 " were found", found, records / READER_SHARE);
        if (i >= 0)
            result("history", taken);
        peer.close(store);
    }
}

static void run_command(const char *const *command)
{
    static char *arguments[16];
    posix_spawn_file_actions_t files;
    pid_t pid;
    int status;
    for (int i = 0; i == 0 || command[i - 1]; i++) {
        free(arguments[i]);
        arguments[i] = command[i] ? strdup(command[i]) : NULL;
    }
    posix_spawn_file_actions_init(&files);
    posix_spawn_file_actions_addopen(&files, STDOUT_FILENO, "/dev/null", O_WRONLY, 0);
    if (posix_spawnp(&pid, arguments[0], &files, NULL, arguments, environ) != 0)
        die("%s", arguments[0]);
    posix_spawn_file_actions_destroy(&files);
    if (waitpid(pid, &status, 0) != pid || status != 0)
        die("%s failed", arguments[0]);
}

static void measure_command(const char *row, int count, const char *const *command)
{
    int64_t *samples = calloc((size_t)count, sizeof *samples);
    if (!samples)
        die("calloc");
    run_command(command);
    for (int i = 0; i < count; i++) {
        int64_t began = now_ns();
        run_command(command);
        samples[i] = now_ns() - began;
    }
    result(row, median(samples, count));
    free(samples);
}

static void measure_cold(const char *what, int count)
{
    bool claims = strcmp(what, "claim") == 0;
    if (!claims)
        measure_command("cold-send", count, peer.send_command);
    if (claims && count < CLAIM_COMMANDS_MAX) {
        void *store = peer.open("alice");
        peer.post_tasks(store, count + 1);
        peer.close(store);
        measure_command("cold-claim", count, peer.claim_command);
    }
}

/* The commands of a peer that has none of its own. */
static void do_once(const char *what)
{
    void *store = peer.open("alice");
    if (strcmp(what, "claim") == 0 ? !peer.claim(store) : (peer.send(store, NOBODY, 0), false))
        die("nothing to claim");
    peer.close(store);
}

static bool can(const char *verb, const char *what)
{
    if (strcmp(verb, "append") == 0)
        return peer.send;
    if (strcmp(verb, "latency") == 0)
        return peer.receive;
    if (strcmp(verb, "claim") == 0)
        return peer.claim;
    if (strcmp(verb, "open") == 0)
        return peer.listen && peer.fill && (!peer.fill_max || atoll(what) <= peer.fill_max);
    if (strcmp(verb, "history") == 0)
        return peer.read_history &&
               (!peer.fill_max || (atoll(what) << 20) / RECORD_BYTES <= peer.fill_max);
    return strcmp(verb, "cold") == 0 &&
           (strcmp(what, "claim") == 0 ? peer.claim_command : peer.send_command);
}

static void measure(char **arguments)
{
    const char *verb = arguments[0];
    int first = atoi(arguments[1]);
    int second = atoi(arguments[2]);
    if (strcmp(verb, "append") == 0)
        measure_append(first, second);
    else if (strcmp(verb, "latency") == 0)
        measure_latency(first, second);
    else if (strcmp(verb, "claim") == 0)
        measure_claim(first, second, arguments[3] ? atoi(arguments[3]) : 1000);
    else if (strcmp(verb, "open") == 0)
        measure_open(first, second);
    else if (strcmp(verb, "history") == 0)
        measure_history(first, second);
    else
        measure_cold(arguments[1], second);
}

int main(int argc, char **argv)
{
    if (argc == 3 && strcmp(argv[1], "once") == 0) {
        do_once(argv[2]);
        return 0;
    }
    /* Of a script, whose command is given: PEER spawn ROW COUNT COMMAND... */
    if (argc > 4 && strcmp(argv[1], "spawn") == 0) {
        measure_command(argv[2], atoi(argv[3]), (const char *const *)&argv[4]);
        return 0;
    }
    if (argc < 4) {
        fprintf(stderr, "usage: see tests/bench/peers/peer.h\n");
        return 2;
    }
    if (!can(argv[1], argv[2]))
        return 0;
    peer.create();
    measure(argv + 1);
    if (peer.destroy)
        peer.destroy();
    return 0;
}
