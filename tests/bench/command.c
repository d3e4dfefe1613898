/* SPDX-License-Identifier: MIT */
/*
 * Commands, as a shell would run them. `command`: from starting society-send to its end, beside once.c. `watch`: from starting
 * society-send until a society-watch that was running has printed the message, beside the end of such a society-send. `hook`: what a
 * coding agent waits for before it edits a file, which is another's, beside /bin/true.
 */
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <society/ownership.h>

#include "bench/bench.h"
#include "harness/die.h"

#define SAMPLES 60

extern char **environ;

/* `input`: a file; NULL: our own standard input. */
static pid_t start_with(char *const *arguments, const char *input, int output)
{
    posix_spawn_file_actions_t files;
    pid_t pid;
    posix_spawn_file_actions_init(&files);
    posix_spawn_file_actions_adddup2(&files, output, STDOUT_FILENO);
    if (input)
        posix_spawn_file_actions_addopen(&files, STDIN_FILENO, input, O_RDONLY, 0);
    if (posix_spawnp(&pid, arguments[0], &files, NULL, arguments, environ) != 0)
        die("%s", arguments[0]);
    posix_spawn_file_actions_destroy(&files);
    return pid;
}

static pid_t start(char *const *arguments, int output)
{
    return start_with(arguments, NULL, output);
}

static void finish(pid_t pid)
{
    int status;
    if (waitpid(pid, &status, 0) != pid || status != 0)
        die("a command failed");
}

static pid_t start_send(char *to, int output)
{
    char name[] = "society-send";
    char agent[] = "-aalice";
    char text[] = "Auth API ready at /api/auth";
    char *arguments[] = {name, agent, to, text, NULL};
    return start(arguments, output);
}

#define EDIT "edit.json"

static void make_edit(void)
{
    static const char edit[] = "{\"hook_event_name\":\"PreToolUse\",\"tool_name\":\"Write\","
                               "\"tool_input\":{\"file_path\":\"src/7/main.c\"}}";
    society *s = open_society("alice");
    int fd = open(EDIT, O_WRONLY | O_CREAT | O_CLOEXEC, 0666);
    if (fd < 0 || write(fd, edit, strlen(edit)) != (ssize_t)strlen(edit))
        die(EDIT);
    close(fd);
    for (int i = 0; i < 100; i++) {
        char paths[64];
        snprintf(paths, sizeof paths, "[\"src/%d/**\"]", i);
        if (society_own_acquire(s, paths, 0, NULL, 0, NULL) < 0)
            die("%s", society_last_message(s));
    }
    society_close(s);
}

static pid_t start_hook(char *to, int output)
{
    char name[] = "society-guard";
    char agent[] = "-abob";
    char verb[] = "hook";
    char claude[] = "claude";
    char *arguments[] = {name, agent, verb, claude, NULL};
    (void)to;
    return start_with(arguments, EDIT, output);
}

static pid_t start_once(char *to, int output)
{
    static char path[4096];
    char *arguments[] = {path, to, NULL};
    const char *build = getenv("SOCIETY_BUILD");
    if (!build || snprintf(path, sizeof path, "%s/tests/bench/once", build) >= (int)sizeof path)
        die("SOCIETY_BUILD");
    return start(arguments, output);
}

static pid_t start_true(char *to, int output)
{
    char name[] = "/bin/true";
    char *arguments[] = {name, to, NULL};
    return start(arguments, output);
}

static int64_t measure_command(pid_t (*command)(char *, int), int output)
{
    int64_t samples[SAMPLES];
    char nobody[] = "nobody";
    for (int i = 0; i < SAMPLES; i++) {
        int64_t began = now_ns();
        finish(command(nobody, output));
        samples[i] = now_ns() - began;
    }
    return median(samples, SAMPLES);
}

static void read_line(int fd)
{
    char text[4096];
    ssize_t got;
    do {
        got = read(fd, text, sizeof text);
        if (got <= 0)
            die("society-watch ended");
    } while (text[got - 1] != '\n');
}

/* Until the sender's end, or until the message was printed. */
static int64_t measure_watch(int watch, int output, int printed)
{
    int64_t samples[SAMPLES];
    char bob[] = "bob";
    for (int i = 0; i < SAMPLES; i++) {
        int64_t began = now_ns();
        pid_t pid = start_send(bob, output);
        if (!printed)
            finish(pid);
        else
            read_line(watch);
        samples[i] = now_ns() - began;
        if (printed)
            finish(pid);
        else
            read_line(watch);
    }
    return median(samples, SAMPLES);
}

static pid_t start_watch(int *ret_output)
{
    char name[] = "society-watch";
    char agent[] = "-abob";
    char json[] = "-j";
    char *arguments[] = {name, agent, json, NULL};
    int ends[2];
    if (pipe2(ends, O_CLOEXEC) < 0)
        die("pipe");
    pid_t pid = start(arguments, ends[1]);
    close(ends[1]);
    *ret_output = ends[0];
    return pid;
}

int main(void)
{
    int rounds = setting("ROUNDS", 9);
    int nothing = open("/dev/null", O_WRONLY | O_CLOEXEC);
    int watch;
    make_edit();
    pid_t watcher = start_watch(&watch);
    measure_watch(watch, nothing, 1); /* it runs, and what is cold is warm */
    for (int i = 1; i <= rounds; i++) {
        report("command", "floor", i, measure_command(start_once, nothing));
        report("command", "library", i, measure_command(start_send, nothing));
        report("hook", "floor", i, measure_command(start_true, nothing));
        report("hook", "library", i, measure_command(start_hook, nothing));
        report("watch", "floor", i, measure_watch(watch, nothing, 0));
        report("watch", "library", i, measure_watch(watch, nothing, 1));
    }
    kill(watcher, SIGKILL);
    waitpid(watcher, NULL, 0);
    return 0;
}
