/* SPDX-License-Identifier: MIT */
/*
 * Tasks. Takeover: from SIGKILL of a holder to when a waiting society-task claim has printed the
 * claim; the floor is what death.c has: inotify told of the close of a file that the dead process
 * held. Opening: a new handle claims a task and gives it back, with LIVE tasks to choose from, after
 * more and more changes; the floor is the same after the first of them.
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
#include <society/task.h>

#include "bench/bench.h"
#include "harness/die.h"

#define LIVE 1000
#define DEATHS 20
#define OPENINGS 16 /* spread over one round of compaction, for a log grows and shrinks */
#define SPREAD 800  /* tasks that are done between two of them */
#define HELD_FILE "held-by-the-floor"

/* Nothing waits for the disk, and no claim makes a file. */
static void write_config(void)
{
    FILE *file = fopen(".society-agent/project.json", "w");
    if (!file ||
        fputs("{\"lockFiles\":false,\"durability\":{\"tasks\":\"process\"}}\n", file) < 0 ||
        fclose(file) != 0)
        die("project.json");
}

/* ---- Takeover ---- */

/* Holds a claim, or a file, says so, and waits for its death. */
static _Noreturn void hold(int ready, int claims)
{
    if (claims) {
        society *s = open_society("holder");
        check(s, society_join(s), "society_join");
        check(s, society_task_claim(s, "held", 0, NULL), "society_task_claim");
    } else if (open(HELD_FILE, O_WRONLY | O_CREAT | O_CLOEXEC, 0600) < 0) {
        die(HELD_FILE);
    }
    if (write(ready, "", 1) != 1)
        die("write");
    for (;;)
        pause();
}

static pid_t start_holder(int claims)
{
    int ready[2];
    char byte;
    if (pipe(ready) < 0)
        die("pipe");
    pid_t pid = fork();
    if (pid < 0)
        die("fork");
    if (pid == 0)
        hold(ready[1], claims);
    close(ready[1]);
    if (read(ready[0], &byte, 1) != 1)
        die("the holder died");
    close(ready[0]);
    return pid;
}

/* Starts society-task claim --wait, and gives what it prints. */
static pid_t start_waiter(int *ret_output)
{
    int output[2];
    if (pipe(output) < 0)
        die("pipe");
    pid_t pid = fork();
    if (pid < 0)
        die("fork");
    if (pid == 0) {
        const char *build = getenv("SOCIETY_BUILD");
        char path[4096];
        snprintf(path, sizeof path, "%s/bin/society-task", build ? build : ".");
        dup2(output[1], STDOUT_FILENO);
        close(output[0]);
        close(output[1]);
        execl(path, path, "-a", "waiter", "claim", "held", "--wait", "60s", (char *)NULL);
        die("%s", path);
    }
    close(output[1]);
    *ret_output = output[0];
    return pid;
}

/* Until the process sleeps in poll(2): it has looked, and waits. */
static void await_sleep(pid_t pid)
{
    char path[64];
    char name[64];
    snprintf(path, sizeof path, "/proc/%d/wchan", (int)pid);
    for (int64_t end = now_ns() + INT64_C(10000000000); now_ns() < end;) {
        int fd = open(path, O_RDONLY | O_CLOEXEC);
        ssize_t length = fd < 0 ? 0 : read(fd, name, sizeof name - 1);
        if (fd >= 0)
            close(fd);
        name[length > 0 ? length : 0] = '\0';
        if (strstr(name, "poll"))
            return;
    }
    die("the waiter does not sleep");
}

static int64_t measure_takeover(void)
{
    int64_t samples[DEATHS];
    char line[256];
    society *s = open_society("lead");
    for (int i = 0; i < DEATHS; i++) {
        int output;
        pid_t holder = start_holder(1);
        pid_t waiter = start_waiter(&output);
        await_sleep(waiter);
        int64_t began = now_ns();
        kill(holder, SIGKILL);
        if (read(output, line, sizeof line) <= 0)
            die("nothing was claimed");
        samples[i] = now_ns() - began;
        close(output);
        waitpid(holder, NULL, 0);
        waitpid(waiter, NULL, 0);
        check(s, society_identify(s, "waiter"), "society_identify");
        check(s, society_task_change(s, "held", "release", NULL, SOCIETY_NO_TOKEN), "release");
    }
    society_close(s);
    return median(samples, DEATHS);
}

static int64_t measure_close(void)
{
    int64_t samples[DEATHS];
    char events[4096];
    int fd = inotify_init1(IN_CLOEXEC);
    if (fd < 0 || inotify_add_watch(fd, ".", IN_CLOSE_WRITE) < 0)
        die("inotify");
    for (int i = 0; i < DEATHS; i++) {
        struct pollfd wanted = {fd, POLLIN, 0};
        pid_t pid = start_holder(0);
        int64_t began = now_ns();
        kill(pid, SIGKILL);
        if (poll(&wanted, 1, 10000) != 1 || read(fd, events, sizeof events) <= 0)
            die("no event");
        samples[i] = now_ns() - began;
        waitpid(pid, NULL, 0);
    }
    close(fd);
    return median(samples, DEATHS);
}

/* ---- Opening ---- */

/* Makes, claims and completes one task: three changes. */
static void finish_one(society *s)
{
    char *claim;
    char id[80];
    check(s, society_task_create(s, "{\"title\":\"A step of the plan\",\"priority\":0}", NULL),
          "society_task_create");
    check(s, society_task_claim(s, NULL, 0, &claim), "society_task_claim");
    if (sscanf(claim, "{\"task\":\"%79[^\"]", id) != 1)
        die("%s", claim);
    society_free(claim);
    check(s, society_task_change(s, id, "complete", NULL, SOCIETY_NO_TOKEN), "complete");
}

static int64_t open_and_claim(void)
{
    char *claim;
    char id[80];
    int64_t began = now_ns();
    society *s = open_society("w1");
    check(s, society_task_claim(s, NULL, 0, &claim), "society_task_claim");
    int64_t took = now_ns() - began;
    if (sscanf(claim, "{\"task\":\"%79[^\"]", id) != 1)
        die("%s", claim);
    society_free(claim);
    check(s, society_task_change(s, id, "release", NULL, SOCIETY_NO_TOKEN), "release");
    society_close(s);
    return took;
}

/* Goes on to so many changes, and gives the mean of some openings, with `between` tasks that are done between two of them. */
static int64_t measure_opening(society *s, int64_t *done, int64_t changes, int between)
{
    int64_t sum = 0;
    for (; *done + 3 * OPENINGS * between < changes; *done += 3)
        finish_one(s);
    for (int i = 0; i < OPENINGS; i++) {
        for (int n = 0; n < between; n++, *done += 3)
            finish_one(s);
        sum += open_and_claim();
    }
    return sum / OPENINGS;
}

static void make_live(society *s)
{
    for (int i = 0; i < LIVE; i++)
        check(s, society_task_create(s, "{\"title\":\"What is to be done one day\"}", NULL),
              "society_task_create");
}

/* Making the tasks is the first 1,000 changes. */
static void measure_openings(void)
{
    int64_t most = setting("CHANGES", 100000);
    int64_t done = LIVE;
    society *s = open_society("lead");
    make_live(s);
    int64_t first = measure_opening(s, &done, LIVE, 0);
    for (int64_t changes = 40000; changes <= most;
         changes = changes == 40000 ? 100000 : changes * 10) {
        char name[48];
        snprintf(name, sizeof name, "open-after-%" PRId64, changes);
        report(name, "floor", 1, first);
        report(name, "library", 1, measure_opening(s, &done, changes, SPREAD));
    }
    society_close(s);
}

int main(void)
{
    int rounds = setting("ROUNDS", 9);
    society *s = open_society("lead");
    check(s, society_task_create(s, "{\"title\":\"Held\",\"id\":\"held\",\"priority\":4}", NULL),
          "society_task_create");
    society_close(s);
    for (int i = 1; i <= (rounds < 3 ? rounds : 3); i++) {
        report("takeover", "floor", i, measure_close());
        report("takeover", "library", i, measure_takeover());
    }
    write_config();
    measure_openings();
    return 0;
}
