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

static int wait_for_end(pid_t pid)
{
    int status = 0;
    while (waitpid(pid, &status, 0) < 0)
        if (errno != EINTR)
            tool_fail(STATUS_SYSTEM, "waiting for the command: %s", strerror(errno));
    return WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
}

int hold_run(char **command)
{
    static const int signals[] = {SIGTERM, SIGINT, SIGHUP};
    sigset_t blocked, old;
    sigemptyset(&blocked);
    for (size_t i = 0; i < sizeof signals / sizeof *signals; i++)
        sigaddset(&blocked, signals[i]);
    /* Held back until the child is known, so that none is lost; in the child exec resets the handlers. */
    sigprocmask(SIG_BLOCK, &blocked, &old);
    catch_signals(signals, sizeof signals / sizeof *signals);
    pid_t pid = fork();
    if (pid < 0)
        tool_fail(STATUS_SYSTEM, "the command was not started: %s", strerror(errno));
    if (pid == 0)
        become(command, &old);
    child = pid;
    sigprocmask(SIG_SETMASK, &old, NULL);
    return wait_for_end(pid);
}
