/* SPDX-License-Identifier: MIT */
/* fork, exec and a pipe: see child.h. */
#include "child.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tool.h"

#define WORDS_MAX 64

static int following;

void child_follow(int signal)
{
    following = signal;
}

/* In the child: standard output is `out`. */
static void become(const char *const *words, int out, int quiet, pid_t parent)
{
    char *argv[WORDS_MAX + 1];
    int count = 0;
    while (words[count] && count < WORDS_MAX) {
        argv[count] = strdup(words[count]);
        count++;
    }
    argv[count] = NULL;
    if (!argv[0])
        _exit(127);
    int null = open("/dev/null", O_RDWR | O_CLOEXEC);
    if (following != 0 && (prctl(PR_SET_PDEATHSIG, following) < 0 || getppid() != parent))
        _exit(127); /* killed before it could be told */
    if (null < 0 || dup2(null, 0) < 0 || dup2(out, 1) < 0 || (quiet && dup2(null, 2) < 0))
        _exit(127);
    execvp(argv[0], argv);
    tool_warn("%s: %s", words[0], strerror(errno));
    _exit(127);
}

static pid_t start(const char *const *words, int out, int quiet)
{
    fflush(NULL);
    pid_t parent = getpid();
    pid_t pid = fork();
    if (pid < 0)
        tool_fail(STATUS_SYSTEM, "%s was not started: %s", words[0], strerror(errno));
    if (pid == 0)
        become(words, out, quiet, parent);
    return pid;
}

static int wait_for_end(pid_t pid)
{
    int status = 0;
    while (waitpid(pid, &status, 0) < 0)
        if (errno != EINTR)
            tool_fail(STATUS_SYSTEM, "waiting for a program: %s", strerror(errno));
    return WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
}

int child_run(const char *const *words)
{
    return wait_for_end(start(words, 2, CHILD_LOUD));
}

char *child_read(const char *const *words, int quiet, size_t *ret_size, int *ret_status)
{
    int ends[2];
    char *text = NULL;
    size_t size = 0;
    char block[4096];
    FILE *memory = open_memstream(&text, &size);
    if (!memory || pipe2(ends, O_CLOEXEC) < 0)
        tool_fail(STATUS_SYSTEM, "%s was not started: %s", words[0], strerror(errno));
    pid_t pid = start(words, ends[1], quiet);
    close(ends[1]);
    for (ssize_t got; (got = read(ends[0], block, sizeof block)) != 0;) {
        if (got > 0)
            fwrite(block, 1, (size_t)got, memory);
        else if (errno != EINTR)
            tool_fail(STATUS_SYSTEM, "reading from %s: %s", words[0], strerror(errno));
    }
    close(ends[0]);
    if (fclose(memory) != 0)
        tool_fail(STATUS_SYSTEM, "out of memory");
    int status = wait_for_end(pid);
    if (ret_status)
        *ret_status = status;
    if (status != 0) {
        free(text);
        return NULL;
    }
    if (ret_size)
        *ret_size = size;
    return text;
}
