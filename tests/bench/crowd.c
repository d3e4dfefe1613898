/* SPDX-License-Identifier: MIT */
/*
 * Many processes that append for the same time: how long each append takes of the time of all, and the 99th percentile of what one
 * of them waited. The floor is floor.h's. Then the same with durability `power`, where the floor of a single process is write and
 * fdatasync, and that of several the same under the lock.
 */
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include <society/message.h>

#include "bench/bench.h"
#include "bench/floor.h"
#include "bench/peers/crew.h"
#include "harness/die.h"

#define APPEND_MS 100

/* In the log RECORD_BYTES long. */
static const char message[] =
    "{\"to\":\"bob\",\"content\":\"Auth API ready at /api/auth; tests passed.\"}";

static int synced, alone; /* what the floor does */

/* Does `append` until the time is over. */
static void repeat(struct crew *crew, int number, void (*append)(void *), void *to)
{
    int64_t began, done = 0;
    crew_await_start(crew);
    int64_t ended = now_ns();
    do {
        began = ended;
        append(to);
        ended = now_ns();
        crew_count(crew, ended - began);
        done++;
    } while (ended < crew->board->deadline);
    crew->board->members[number] = (struct crew_member){done, ended};
}

static void append_library(void *to)
{
    society *s = to;
    check(s, society_send(s, message, NULL), "society_send");
}

static void work_library(struct crew *crew, int number)
{
    char agent[32];
    snprintf(agent, sizeof agent, "agent-%d", number);
    society *s = open_society(agent);
    append_library(s);
    repeat(crew, number, append_library, s);
    society_close(s);
}

static void append_floor(void *to)
{
    int fd = *(const int *)to;
    if (alone)
        floor_write(fd, synced);
    else
        floor_append(fd, synced);
}

static void work_floor(struct crew *crew, int number)
{
    int fd = floor_open();
    append_floor(&fd);
    repeat(crew, number, append_floor, &fd);
    close(fd);
}

/* Nanoseconds for each append. */
static int64_t measure(void (*work)(struct crew *, int), int processes, int64_t *ret_p99)
{
    int64_t done = 0, ended = 0;
    struct crew *crew = crew_start(processes, work);
    crew_go(crew, APPEND_MS);
    crew_finish(crew);
    for (int i = 0; i < processes; i++) {
        done += crew->board->members[i].done;
        if (crew->board->members[i].ended > ended)
            ended = crew->board->members[i].ended;
    }
    int64_t each = (ended - crew->board->began) / done;
    *ret_p99 = crew_percentile(crew, 99);
    crew_free(crew);
    return each;
}

static void measure_crowd(int processes, int round)
{
    char name[32], slowest[32];
    int64_t floor_p99, p99, one_p99;
    snprintf(name, sizeof name, "append-by-%d", processes);
    snprintf(slowest, sizeof slowest, "append-by-%d-p99", processes);
    report(name, "floor", round, measure(work_floor, processes, &floor_p99));
    int64_t each = measure(work_library, processes, &p99);
    report(name, "library", round, each);
    report(slowest, "floor", round, floor_p99);
    report(slowest, "library", round, p99);
    snprintf(name, sizeof name, "crowd-of-%d", processes);
    report(name, "floor", round, measure(work_library, 1, &one_p99));
    report(name, "library", round, each);
}

static void measure_durable(int processes, int round)
{
    char name[32];
    int64_t p99;
    alone = processes == 1;
    snprintf(name, sizeof name, "durable-by-%d", processes);
    report(name, "floor", round, measure(work_floor, processes, &p99));
    report(name, "library", round, measure(work_library, processes, &p99));
}

static void enter_durable_society(void)
{
    if (mkdir("power", 0700) < 0 || chdir("power") < 0)
        die("power");
    society_close(open_society("alice"));
    FILE *file = fopen(".society-agent/project.json", "we");
    if (!file || fputs("{\"durability\":{\"messages\":\"power\"}}\n", file) < 0 ||
        fclose(file) != 0)
        die("project.json");
    synced = 1;
}

int main(void)
{
    int rounds = setting("ROUNDS", 9);
    society_close(open_society("alice"));
    for (int i = 1; i <= rounds; i++)
        for (int processes = 16; processes <= CREW_MAX; processes *= 4)
            measure_crowd(processes, i);
    enter_durable_society();
    for (int i = 1; i <= rounds; i++)
        for (int processes = 1; processes <= CREW_MAX; processes *= 8)
            measure_durable(processes, i);
    return 0;
}
