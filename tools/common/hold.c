/* SPDX-License-Identifier: MIT */
/*
 * The holder must not die before the command, or what it holds would be free while the command still works; so it passes
 * signals on and waits. If it is killed with SIGKILL, the command goes on without it.
 */
#include "hold.h"

#include <errno.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/signalfd.h>
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

struct on_duty {
    struct hold_duty duty; /* `context` stays when the others are done with */
    int ended_fd;          /* readable when the command may have ended */
    int64_t next_ms;
};

static int64_t now_ms(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

static void give_up(struct on_duty *d)
{
    d->duty.tick = NULL;
    d->duty.look = NULL;
    kill((pid_t)child, SIGTERM);
}

static void tick(struct on_duty *d)
{
    int64_t again = d->duty.tick(d->duty.context);
    d->next_ms = now_ms() + again;
    if (again < 0)
        give_up(d);
}

/* Sleeps until the command may have ended, and does its duty meanwhile. Whatever ends this, the caller looks whether the
 * command has ended. */
static void sleep_on_duty(struct on_duty *d)
{
    struct signalfd_siginfo taken;
    int64_t left = d->next_ms - now_ms();
    if (d->duty.tick && left <= 0) {
        tick(d);
        return;
    }
    struct pollfd fds[] = {{d->ended_fd, POLLIN, 0}, {d->duty.look ? d->duty.fd : -1, POLLIN, 0}};
    if (poll(fds, 2,
             !d->duty.tick    ? -1
             : left > INT_MAX ? INT_MAX
                              : (int)left) < 0 &&
        errno != EINTR)
        tool_fail(STATUS_SYSTEM, "poll: %s", strerror(errno));
    if (fds[0].revents != 0 && read(d->ended_fd, &taken, sizeof taken) < 0 && errno != EAGAIN)
        tool_fail(STATUS_SYSTEM, "waiting for the command: %s", strerror(errno));
    if (d->duty.look && fds[1].revents != 0 && d->duty.look(d->duty.context) < 0)
        give_up(d);
}

static int wait_for_end(pid_t pid, struct on_duty *d)
{
    int status = 0;
    pid_t done;
    d->next_ms = now_ms() + d->duty.first_ms;
    while ((done = waitpid(pid, &status, d->duty.context ? WNOHANG : 0)) != pid) {
        if (done < 0 && errno != EINTR)
            tool_fail(STATUS_SYSTEM, "waiting for the command: %s", strerror(errno));
        if (done == 0)
            sleep_on_duty(d);
    }
    return WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
}

static int run(char **command, struct on_duty *d)
{
    static const int signals[] = {SIGTERM, SIGINT, SIGHUP, SIGQUIT, SIGUSR1, SIGUSR2};
    sigset_t blocked, waiting, old, ended;
    sigemptyset(&blocked);
    for (size_t i = 0; i < sizeof signals / sizeof *signals; i++)
        sigaddset(&blocked, signals[i]);
    sigaddset(&blocked, SIGCHLD);
    sigemptyset(&ended);
    sigaddset(&ended, SIGCHLD);
    /* Who started us may ignore it, and then the kernel would keep no exit status for us. */
    signal(SIGCHLD, SIG_DFL);
    /* Held back until the child is known, so that none is lost; in the child exec resets the handlers. */
    sigprocmask(SIG_BLOCK, &blocked, &old);
    catch_signals(signals, sizeof signals / sizeof *signals);
    d->ended_fd = signalfd(-1, &ended, SFD_CLOEXEC | SFD_NONBLOCK);
    if (d->ended_fd < 0)
        tool_fail(STATUS_SYSTEM, "the command was not started: %s", strerror(errno));
    pid_t pid = fork();
    if (pid < 0)
        tool_fail(STATUS_SYSTEM, "the command was not started: %s", strerror(errno));
    if (pid == 0)
        become(command, &old);
    child = pid;
    waiting = old;
    sigaddset(&waiting, SIGCHLD);
    sigprocmask(SIG_SETMASK, &waiting, NULL);
    int status = wait_for_end(pid, d);
    child = 0; /* its number may be another's from now on */
    close(d->ended_fd);
    sigprocmask(SIG_SETMASK, &old, NULL);
    return status;
}

int hold_run(char **command)
{
    struct on_duty none = {.ended_fd = -1};
    return run(command, &none);
}

int hold_run_on_duty(char **command, const struct hold_duty *duty)
{
    struct on_duty d = {.duty = *duty, .ended_fd = -1};
    return run(command, &d);
}
