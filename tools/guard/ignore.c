/* SPDX-License-Identifier: MIT */
/*
 * One `git check-ignore` for each tree is kept and asked path by path. It answers each with four
 * fields, a NUL behind each: where the rule stands, its line, the rule, the path; empty ones where
 * there is no rule. It reads the rules once, so it is ended when they change.
 */
#include "guard/ignore.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "guard/guard.h"

static void become(const struct tree *tree, int end)
{
    int null = open("/dev/null", O_WRONLY | O_CLOEXEC);
    if (dup2(end, 0) < 0 || dup2(end, 1) < 0 || null < 0 || dup2(null, 2) < 0)
        _exit(127);
    execlp("git", "git", "-C", tree->path, "check-ignore", "--stdin", "-z", "-v", "-n",
           (char *)NULL);
    _exit(127);
}

static void start(struct tree *tree)
{
    int ends[2];
    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) < 0)
        tool_fail(STATUS_SYSTEM, "git was not started: %s", strerror(errno));
    tree->ignore = fork();
    if (tree->ignore < 0)
        tool_fail(STATUS_SYSTEM, "git was not started: %s", strerror(errno));
    if (tree->ignore == 0)
        become(tree, ends[1]);
    close(ends[1]);
    tree->ask = ends[0];
}

void ignore_forget(struct tree *tree)
{
    int status;
    if (tree->ignore <= 0)
        return;
    close(tree->ask);
    while (waitpid(tree->ignore, &status, 0) < 0 && errno == EINTR)
        continue;
    tree->ignore = 0;
}

/* Reads an answer: 1 ignored, 0 not; -1: there is none. */
static int hear(const struct tree *tree)
{
    char block[4096];
    int fields = 0;
    int ignored = 0;
    int at_start = 1;
    while (fields < 4) {
        ssize_t got = read(tree->ask, block, sizeof block);
        if (got < 0 && errno == EINTR)
            continue;
        if (got <= 0)
            return -1;
        for (ssize_t i = 0; i < got && fields < 4; i++) {
            if (fields == 2 && at_start)
                ignored = block[i] != '\0' && block[i] != '!';
            at_start = block[i] == '\0';
            fields += block[i] == '\0';
        }
    }
    return ignored;
}

static int ask(const struct tree *tree, const char *path)
{
    size_t length = strlen(path) + 1;
    ssize_t sent = send(tree->ask, path, length, MSG_NOSIGNAL);
    return sent == (ssize_t)length ? hear(tree) : -1;
}

int ignore_has(struct tree *tree, const char *path)
{
    int answer = -1;
    for (int attempt = 0; answer < 0 && attempt < 2; attempt++) {
        if (tree->ignore == 0)
            start(tree);
        answer = ask(tree, path);
        if (answer < 0) /* it ends at what is in no tree, such as a path in a submodule */
            ignore_forget(tree);
    }
    return answer == 1;
}
