/* SPDX-License-Identifier: MIT */
/*
 * The holder must not die before the command, or what it holds would be free while the command still works; so it passes
 * signals on and waits. If it is killed with SIGKILL, the command goes on without it.
 */
#include "hold.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "tool.h"

static volatile sig_atomic_t child;

/* A signal typed on the terminal (sent by the kernel) has reached the command as well: it is of the same group. */
static void pass_on(int signal, siginfo_t *info, void *context)
{
    int saved = errno;
    (void)context;
    if (info->si_code != SI_KERNEL && child > 0)
        kill((pid_t)child, signal);
    errno = saved;
}

static void catch_signals(const int *signals, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        struct sigaction old;
        struct sigaction action;
        memset(&action, 0, sizeof action);
        action.sa_sigaction = pass_on;
        action.sa_flags = SA_SIGINFO;
        /* What the caller ignored (nohup) stays ignored, here and in the command. */
        if (sigaction(signals[i], NULL, &old) == 0 && old.sa_handler != SIG_IGN)
            sigaction(signals[i], &action, NULL);
    }
}

static void become(char **command, const sigset_t *mask)
{
    sigprocmask(SIG_SETMASK, mask, NULL);
    execvp(command[0], command);
    int missing = errno == ENOENT;
    tool_warn("%s: %s", command[0], strerror(errno));
    _exit(missing ? 127 : 126);
}

struct ticking {
    int64_t first_ms;
    int64_t (*tick)(void *);
    void *context;
};

static int64_t now_ms(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

/* Sleeps until the command may have ended, and ticks meanwhile. SIGCHLD is blocked, so that none falls between. */
static void sleep_ticking(struct ticking *t, int64_t *next)
{
    sigset_t ended;
    sigemptyset(&ended);
    sigaddset(&ended, SIGCHLD);
    int64_t left = *next - now_ms();
    if (t->tick && left <= 0) {
        int64_t again = t->tick(t->context);
        *next = now_ms() + again;
        if (again < 0) {
            t->tick = NULL;
            kill((pid_t)child, SIGTERM);
        }
        return;
    }
    struct timespec wait = {.tv_sec = left / 1000, .tv_nsec = left % 1000 * 1000000};
    /* Whatever ends this, the caller looks whether the command has ended. */
    sigtimedwait(&ended, NULL, t->tick ? &wait : NULL);
}

static int wait_for_end(pid_t pid, struct ticking *t)
{
    int status = 0;
    pid_t done;
    int64_t next = now_ms() + t->first_ms;
    while ((done = waitpid(pid, &status, t->first_ms > 0 ? WNOHANG : 0)) != pid) {
        if (done < 0 && errno != EINTR)
            tool_fail(STATUS_SYSTEM, "waiting for the command: %s", strerror(errno));
        if (done == 0)
            sleep_ticking(t, &next);
    }
    return WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
}

static int run(char **command, struct ticking *t)
{
    static const int signals[] = {SIGTERM, SIGINT, SIGHUP, SIGQUIT, SIGUSR1, SIGUSR2};
    sigset_t blocked, waiting, old;
    sigemptyset(&blocked);
    for (size_t i = 0; i < sizeof signals / sizeof *signals; i++)
        sigaddset(&blocked, signals[i]);
    sigaddset(&blocked, SIGCHLD);
    /* Who started us may ignore it, and then the kernel would keep no exit status for us. */
    signal(SIGCHLD, SIG_DFL);
    /* Held back until the child is known, so that none is lost; in the child exec resets the handlers. */
    sigprocmask(SIG_BLOCK, &blocked, &old);
    catch_signals(signals, sizeof signals / sizeof *signals);
    pid_t pid = fork();
    if (pid < 0)
        tool_fail(STATUS_SYSTEM, "the command was not started: %s", strerror(errno));
    if (pid == 0)
        become(command, &old);
    child = pid;
    waiting = old;
    sigaddset(&waiting, SIGCHLD);
    sigprocmask(SIG_SETMASK, &waiting, NULL);
    int status = wait_for_end(pid, t);
    child = 0; /* its number may be another's from now on */
    sigprocmask(SIG_SETMASK, &old, NULL);
    return status;
}

int hold_run(char **command)
{
    struct ticking never = {0, NULL, NULL};
    return run(command, &never);
}

int hold_run_ticking(char **command, int64_t first_ms, int64_t (*tick)(void *), void *context)
{
    struct ticking ticking = {first_ms > 0 ? first_ms : 1, tick, context};
    return run(command, &ticking);
}
