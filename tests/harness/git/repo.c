/* SPDX-License-Identifier: MIT */
/* The shell does the work: see repo.h. */
#include "harness/git/repo.h"

#include <limits.h>
#include <society/git.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "harness/die.h"
#include "harness/tmp.h"

#define RING 16
#define SAID_RING 8

static char *tmp; /* the repository is `repo` in it, so that worktrees can stand beside */
static char said[SAID_RING][16384];
static int next_said;

/* Whoever runs the tests has a name, hooks and defaults of his own. */
static void forget_configuration(void)
{
    setenv("GIT_CONFIG_GLOBAL", "/dev/null", 1);
    setenv("GIT_CONFIG_NOSYSTEM", "1", 1);
    setenv("HOME", tmp, 1);
    setenv("GIT_AUTHOR_NAME", "A", 1);
    setenv("GIT_AUTHOR_EMAIL", "a@example.org", 1);
    setenv("GIT_COMMITTER_NAME", "C", 1);
    setenv("GIT_COMMITTER_EMAIL", "c@example.org", 1);
    setenv("GIT_CEILING_DIRECTORIES", tmp, 1);
    unsetenv("GIT_DIR");
    unsetenv("GIT_WORK_TREE");
}

int repo_setup(void **state)
{
    society_git *git;
    tmp = tmp_make();
    forget_configuration();
    if (mkdir(repo_path(""), 0700) < 0)
        die("cannot make %s", repo_path(""));
    repo_run("git init -q -b main && seq 20 >numbers && git add . && git commit -qm first");
    if (society_git_new(&git) < 0)
        die("cannot make a handle");
    *state = git;
    return 0;
}

int repo_teardown(void **state)
{
    society_git_close(*state);
    tmp_remove(tmp);
    return 0;
}

const char *repo_path(const char *name)
{
    static char paths[RING][PATH_MAX];
    static int next;
    char *out = paths[next++ % RING];
    if (strncmp(name, "../", 3) == 0)
        snprintf(out, PATH_MAX, "%s/%s", tmp, name + 3);
    else
        snprintf(out, PATH_MAX, "%s/repo%s%s", tmp, *name ? "/" : "", name);
    return out;
}

/* Runs a command and keeps what it prints. */
__attribute__((format(printf, 1, 0))) static const char *run(const char *format, va_list arguments)
{
    char command[8192];
    char *out = said[next_said++ % SAID_RING];
    int at = snprintf(command, sizeof command, "cd '%s/repo' && { ", tmp);
    at += vsnprintf(command + at, sizeof command - (size_t)at, format, arguments);
    if (at + 3 >= (int)sizeof command)
        die("the command is too long");
    memcpy(command + at, "\n}", 3);
    FILE *pipe = popen(command, "r");
    if (!pipe)
        die("popen");
    size_t got = fread(out, 1, sizeof said[0] - 1, pipe);
    out[got] = '\0';
    if (got > 0 && out[got - 1] == '\n')
        out[got - 1] = '\0';
    if (pclose(pipe) != 0)
        die("failed: %s", command);
    return out;
}

void repo_run(const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    run(format, arguments);
    va_end(arguments);
}

const char *repo_says(const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    const char *text = run(format, arguments);
    va_end(arguments);
    return text;
}
