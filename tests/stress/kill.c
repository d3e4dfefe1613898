/* SPDX-License-Identifier: MIT */
/*
 * SIGKILL at random moments. Keeps senders, watchers and compactors of the working directory's society running and kills one of
 * them, a random time after the last, KILLS times. What they printed is collected, whole lines only, for test_kill.sh:
 *
 *     ids-<sender>      the ids that it printed
 *     out-<watcher>     the records that it printed; before each run of it a line {"cursor":N}: the position that its
 *                       agent's cursor had when the run began, from which on alone it may print
 *
 * The same seed gives the same choices and pauses; what the processes are doing at those moments is the machine's affair.
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/signalfd.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "harness/die.h"

#define LONGEST_PAUSE_US 6000
#define WORDS 8

extern char **environ;

struct actor {
    const char *output; /* file for standard output; for a watcher its agent is known */
    const char *input;  /* NULL: none */
    const char *watcher;
    unsigned rest; /* at most every so many kills */
    const char *command[WORDS];
    pid_t pid; /* 0: not running */
    unsigned started;
    unsigned long kills;
    unsigned long ends; /* by itself */
};

static struct actor actors[] = {
    {"ids-s1", NULL, NULL, 0, {"society-send", "-as1", "w1", "one"}, 0, 0, 0, 0},
    {"ids-s2", NULL, NULL, 0, {"society-send", "-as2", "w2", "one"}, 0, 0, 0, 0},
    {"ids-s3", NULL, NULL, 0, {"society-send", "-as3", "all", "one"}, 0, 0, 0, 0},
    {"ids-b1", "small", NULL, 0, {"society-send", "-ab1", "--stdin"}, 0, 0, 0, 0},
    {"ids-b2", "large", NULL, 16, {"society-send", "-ab2", "--stdin"}, 0, 0, 0, 0},
    {"out-w1", NULL, "w1", 0, {"society-watch", "-aw1", "-j"}, 0, 0, 0, 0},
    {"out-w2", NULL, "w2", 0, {"society-watch", "-aw2", "-j"}, 0, 0, 0, 0},
    {"compacted", NULL, NULL, 8, {"society-compact", "--force", "messages"}, 0, 0, 0, 0},
    {"compacted", NULL, NULL, 32, {"society-compact", "--force"}, 0, 0, 0, 0},
};

#define ACTORS (sizeof actors / sizeof actors[0])

/* xorshift64* (S. Vigna, public domain) */
static uint64_t random_state;

static uint64_t next_random(void)
{
    random_state ^= random_state >> 12;
    random_state ^= random_state << 25;
    random_state ^= random_state >> 27;
    return random_state * UINT64_C(0x2545F4914F6CDD1D);
}

/* The position in the agent's cursor; 0 when it has none yet. */
static long long cursor_of(const char *agent)
{
    char path[128];
    char text[4096];
    snprintf(path, sizeof path, ".society-agent/cursors/%s.json", agent);
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0 && errno == ENOENT)
        return 0;
    ssize_t got = fd < 0 ? -1 : read(fd, text, sizeof text - 1);
    if (got <= 0)
        die("%s", path);
    close(fd);
    text[got] = '\0';
    const char *field = strstr(text, "\"position\":");
    if (!field || text[got - 1] != '\n')
        die("%s is damaged: %s", path, text);
    return strtoll(field + strlen("\"position\":"), NULL, 10);
}

/* A line that a killed process left unfinished is ended with a mark, so that it is nothing that was printed. */
static int open_output(const struct actor *actor)
{
    char last = '\n';
    int fd = open(actor->output, O_RDWR | O_CREAT | O_APPEND | O_CLOEXEC, 0666);
    if (fd < 0)
        die("%s", actor->output);
    off_t end = lseek(fd, 0, SEEK_END);
    if (end > 0 && pread(fd, &last, 1, end - 1) != 1)
        die("%s", actor->output);
    if (last != '\n')
        dprintf(fd, " torn\n");
    if (actor->watcher)
        dprintf(fd, "{\"cursor\":%lld}\n", cursor_of(actor->watcher));
    return fd;
}

static void start(struct actor *actor, unsigned now)
{
    posix_spawn_file_actions_t files;
    posix_spawnattr_t attributes;
    sigset_t none;
    char *arguments[WORDS];
    for (size_t i = 0; i < WORDS; i++)
        arguments[i] = actor->command[i] ? strdup(actor->command[i]) : NULL;
    int output = open_output(actor);
    sigemptyset(&none);
    posix_spawnattr_init(&attributes);
    posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGMASK);
    posix_spawnattr_setsigmask(&attributes, &none);
    posix_spawn_file_actions_init(&files);
    posix_spawn_file_actions_adddup2(&files, output, STDOUT_FILENO);
    posix_spawn_file_actions_addopen(&files, STDIN_FILENO,
                                     actor->input ? actor->input : "/dev/null", O_RDONLY, 0);
    if (posix_spawnp(&actor->pid, arguments[0], &files, &attributes, arguments, environ) != 0)
        die("%s", arguments[0]);
    posix_spawn_file_actions_destroy(&files);
    posix_spawnattr_destroy(&attributes);
    close(output);
    for (size_t i = 0; i < WORDS; i++)
        free(arguments[i]);
    actor->started = now;
}

static void start_missing(unsigned now)
{
    for (size_t i = 0; i < ACTORS; i++)
        if (actors[i].pid == 0 &&
            (actors[i].rest == 0 || now >= actors[i].started + actors[i].rest))
            start(&actors[i], now);
}

/* Notes the end of a process. One that was not killed must have ended well, and a watcher not at all. */
static void note_end(pid_t pid, int status)
{
    for (size_t i = 0; i < ACTORS; i++) {
        struct actor *actor = &actors[i];
        if (actor->pid != pid)
            continue;
        actor->pid = 0;
        bool killed = WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL;
        actor->kills += killed;
        actor->ends += !killed;
        if (!killed && (status != 0 || actor->watcher))
            printf("%s ended with wait status %#x\n", actor->command[0], (unsigned)status);
    }
}

static void reap(void)
{
    int status;
    for (pid_t pid; (pid = waitpid(-1, &status, WNOHANG)) > 0;)
        note_end(pid, status);
}

/* Goes on starting whatever ends until the random pause is over. */
static void run_for(int signals, int64_t microseconds, unsigned now)
{
    struct timespec began, at;
    struct signalfd_siginfo info;
    clock_gettime(CLOCK_MONOTONIC, &began);
    for (int64_t left = microseconds; left > 0;) {
        struct timespec wait = {0, left * 1000};
        struct pollfd fd = {signals, POLLIN, 0};
        if (ppoll(&fd, 1, &wait, NULL) > 0 && read(signals, &info, sizeof info) > 0) {
            reap();
            start_missing(now);
        }
        clock_gettime(CLOCK_MONOTONIC, &at);
        left = microseconds -
               ((at.tv_sec - began.tv_sec) * 1000000 + (at.tv_nsec - began.tv_nsec) / 1000);
    }
}

/* Whom to kill: half of the time one that runs seldom, if there is such. */
static struct actor *choose(void)
{
    uint64_t random = next_random();
    struct actor *chosen = &actors[random / 2 % ACTORS];
    for (size_t i = 0; i < ACTORS && random % 2 == 1; i++)
        if (actors[i].rest > 0 && actors[i].pid != 0)
            return &actors[i];
    return chosen;
}

/* Whether it was running. */
static bool kill_actor(struct actor *actor)
{
    int status;
    pid_t pid = actor->pid;
    if (pid == 0)
        return false;
    kill(pid, SIGKILL);
    if (waitpid(pid, &status, 0) == pid)
        note_end(pid, status);
    return true;
}

static void finish(void)
{
    for (size_t i = 0; i < ACTORS; i++)
        kill_actor(&actors[i]);
    for (size_t i = 0; i < ACTORS; i++) {
        close(open_output(&actors[i]));
        fprintf(stderr, "%-10s killed %lu times, ended %lu times\n", actors[i].output,
                actors[i].kills, actors[i].ends);
    }
}

int main(int argc, char **argv)
{
    sigset_t children;
    if (argc != 3) {
        fprintf(stderr, "usage: kill KILLS SEED\n");
        return 2;
    }
    unsigned kills = (unsigned)strtoul(argv[1], NULL, 10);
    random_state = strtoull(argv[2], NULL, 10) * 2 + 1;
    sigemptyset(&children);
    sigaddset(&children, SIGCHLD);
    sigprocmask(SIG_BLOCK, &children, NULL);
    int signals = signalfd(-1, &children, SFD_CLOEXEC | SFD_NONBLOCK);
    if (signals < 0)
        die("signalfd");
    for (unsigned done = 0; done < kills;) {
        start_missing(done);
        run_for(signals, (int64_t)(next_random() % LONGEST_PAUSE_US), done);
        done += kill_actor(choose());
        reap();
    }
    finish();
    return 0;
}
