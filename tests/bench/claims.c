/* SPDX-License-Identifier: MIT */
/*
 * Claims, one after the other, by agents that have joined and have the state, by one and by several at once. The floor is a
 * counter in a file: lock, read, write, unlock. `claim-durable` survives a power cut, and its floor is synced under the lock;
 * `claim-files` shows each claim as a lock file, and its floor makes a file for each.
 * `claims-of-8` is a claim among eight that one call makes, beside one that is made alone.
 *
 * Each measurement has a society of its own, so that all begin with as many tasks.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <society/agent.h>
#include <society/task.h>

#include "bench/bench.h"
#include "harness/die.h"

#define BATCH 8
#define TASK "{\"title\":\"What is to be done one day\"}\n"

struct kind {
    const char *name;
    const char *config; /* project.json */
    bool durable;
    bool files;
    int tasks; /* as many claims */
};

static const struct kind kinds[] = {
    {"claim", "{\"lockFiles\":false,\"durability\":{\"tasks\":\"process\"}}\n", false, false, 4000},
    {"claim-durable", "{\"lockFiles\":false,\"durability\":{\"tasks\":\"power\"}}\n", true, false,
     800},
    {"claim-files", "{\"lockFiles\":true,\"durability\":{\"tasks\":\"process\"}}\n", false, true,
     800},
};

/* ---- Work ---- */

/* Says that it is ready, and waits until everybody is. */
static void line_up(const int gate[4])
{
    char byte;
    close(gate[3]);
    if (write(gate[1], "", 1) != 1 || read(gate[2], &byte, 1) != 0)
        die("the gate");
}

/* An agent that has joined, has the state, and waits for the others. */
static society *get_ready(const int gate[4])
{
    char agent[32];
    char *task;
    snprintf(agent, sizeof agent, "c%d", (int)getpid());
    society *s = open_society(agent);
    check(s, society_join(s), "society_join");
    check(s, society_task_get(s, "t1", &task), "society_task_get");
    society_free(task);
    line_up(gate);
    return s;
}

static void claim_many(const struct kind *kind, int count, const int gate[4])
{
    society *s = get_ready(gate);
    (void)kind;
    for (int i = 0; i < count; i++)
        check(s, society_task_claim(s, NULL, 0, NULL), "society_task_claim");
}

static void claim_batches(const struct kind *kind, int count, const int gate[4])
{
    society *s = get_ready(gate);
    (void)kind;
    for (int i = 0; i < count; i += BATCH)
        check(s, society_task_claim_several(s, BATCH, 0, 0, NULL), "society_task_claim_several");
}

static void lock(int fd, short type)
{
    struct flock whole = {.l_type = type, .l_whence = SEEK_SET};
    if (fcntl(fd, F_OFD_SETLKW, &whole) < 0)
        die("lock");
}

static void make_file(int64_t number)
{
    char name[64];
    snprintf(name, sizeof name, "task-claim-%" PRId64 ".lock", number);
    int fd = open(name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    if (fd < 0 || write(fd, name, strlen(name)) < 0)
        die("%s", name);
    close(fd);
}

static void count_many(const struct kind *kind, int count, const int gate[4])
{
    int64_t taken = 0;
    int fd = open("counter", O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    if (fd < 0)
        die("counter");
    line_up(gate);
    for (int i = 0; i < count; i++) {
        lock(fd, F_WRLCK);
        if (pread(fd, &taken, sizeof taken, 0) < 0)
            die("pread");
        taken++;
        if (kind->files)
            make_file(taken);
        if (pwrite(fd, &taken, sizeof taken, 0) != sizeof taken ||
            (kind->durable && fdatasync(fd) < 0))
            die("pwrite");
        lock(fd, F_UNLCK);
    }
    close(fd);
}

/* ---- Measuring ---- */

static void enter(const char *name)
{
    if ((mkdir(name, 0700) < 0 && errno != EEXIST) || chdir(name) < 0)
        die("%s", name);
}

/* A society with so many tasks that are ready. */
static void make_society(const struct kind *kind, int tasks)
{
    char *lines = calloc((size_t)tasks, sizeof TASK);
    society *s = open_society("lead");
    FILE *file = fopen(".society-agent/project.json", "we");
    if (!lines || !file || fputs(kind->config, file) < 0 || fclose(file) != 0)
        die("project.json");
    for (int i = 0; i < tasks; i++)
        memcpy(lines + (size_t)i * (sizeof TASK - 1), TASK, sizeof TASK);
    check(s, society_task_create_lines(s, lines, NULL), "society_task_create_lines");
    society_close(s);
    free(lines);
}

/* Nanoseconds for each, from when all are ready until the last has ended. */
static int64_t measure(const struct kind *kind,
                       void (*work)(const struct kind *, int, const int[4]), int processes)
{
    int gate[4];
    int failed = 0;
    char byte;
    if (pipe(gate) < 0 || pipe(gate + 2) < 0)
        die("pipe");
    for (int i = 0; i < processes; i++) {
        pid_t pid = fork();
        if (pid < 0)
            die("fork");
        if (pid == 0) {
            work(kind, kind->tasks / processes, gate);
            _exit(0);
        }
    }
    close(gate[1]);
    for (int i = 0; i < processes; i++)
        if (read(gate[0], &byte, 1) != 1)
            die("a process failed");
    int64_t began = now_ns();
    close(gate[3]);
    for (int status; wait(&status) > 0;)
        failed |= status;
    if (failed)
        die("a process failed");
    int64_t took = now_ns() - began;
    close(gate[0]);
    close(gate[2]);
    return took / kind->tasks;
}

/* With as many new tasks, by one. */
static int64_t measure_again(const struct kind *kind,
                             void (*work)(const struct kind *, int, const int[4]))
{
    make_society(kind, kind->tasks);
    return measure(kind, work, 1);
}

static void measure_round(const struct kind *kind, int round, int processes)
{
    char name[64];
    char directory[80];
    const char *only = getenv("ROW");
    snprintf(name, sizeof name, "%s-by-%d", kind->name, processes);
    snprintf(directory, sizeof directory, "%s-%d", name, round);
    if (only && strcmp(only, name) != 0)
        return;
    enter(directory);
    make_society(kind, kind->tasks);
    report(name, "floor", round, measure(kind, count_many, processes));
    report(name, "library", round, measure(kind, claim_many, processes));
    if (kind == kinds && processes == 1) {
        report("claims-of-8", "floor", round, measure_again(kind, claim_many));
        report("claims-of-8", "library", round, measure_again(kind, claim_batches));
    }
    enter("..");
}

int main(void)
{
    int rounds = setting("ROUNDS", 9);
    for (int i = 1; i <= rounds; i++)
        for (size_t k = 0; k < sizeof kinds / sizeof kinds[0]; k++)
            for (int processes = 1; processes <= 8; processes += 7)
                measure_round(&kinds[k], i, processes);
    return 0;
}
