/* SPDX-License-Identifier: MIT */
/*
 * Errors, exit status, and the society that a tool works on. The parser of the command line is in options.c.
 */
#include "tool.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "output.h"

static const char *program = "society";

/* A closed descriptor 1 would be given to the next file that is opened, and results would be printed into a log. */
static void occupy_standard_descriptors(void)
{
    for (int fd = 0; fd <= 2; fd++) {
        if (fcntl(fd, F_GETFD) >= 0 || errno != EBADF)
            continue;
        /* Opened the wrong way round, so that using it still fails as on a closed descriptor. */
        if (open("/dev/null", fd == 0 ? O_WRONLY : O_RDONLY) != fd)
            _exit(STATUS_SYSTEM);
    }
}

void tool_start(struct tool *t, int argc, char **argv)
{
    occupy_standard_descriptors();
    program = t->name;
    t->argc = argc;
    t->argv = argv;
    t->at = 1;
    t->arguments = argc > 0 ? argv + 1 : argv;
    t->separator = -1;
}

__attribute__((format(printf, 1, 0))) static void complain(const char *format, va_list arguments)
{
    char *text = NULL;
    if (vasprintf(&text, format, arguments) < 0)
        text = NULL;
    fprintf(stderr, "%s: ", program);
    output_text(stderr, text ? text : "out of memory");
    fputc('\n', stderr);
    free(text);
}

void tool_warn(const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    complain(format, arguments);
    va_end(arguments);
}

void tool_fail(int status, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    complain(format, arguments);
    va_end(arguments);
    exit(status);
}

void tool_usage(const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    complain(format, arguments);
    va_end(arguments);
    fprintf(stderr, "Try '%s --help'.\n", program);
    exit(STATUS_USAGE);
}

int tool_status(int result)
{
    if (result >= 0)
        return STATUS_DONE;
    switch (result) {
    case SOCIETY_E_HELD:
    case SOCIETY_E_NOT_FOUND:
    case SOCIETY_E_FENCED:
    case SOCIETY_E_DEADLOCK:
    case SOCIETY_E_TIMEOUT:
    case SOCIETY_E_VOID: return STATUS_NO;
    case SOCIETY_E_INVALID:
    case SOCIETY_E_NO_AGENT:
    case SOCIETY_E_TOO_BIG: return STATUS_USAGE;
    default: return STATUS_SYSTEM;
    }
}

const char *tool_reason(const struct tool *t, int result)
{
    const char *message = t->society ? society_last_message(t->society) : "";
    return message && *message ? message : society_strerror(result);
}

void tool_fail_result(const struct tool *t, int result)
{
    tool_fail(tool_status(result), "%s", tool_reason(t, result));
}

void tool_open(struct tool *t)
{
    int result = society_new(&t->society);
    if (result == 0 && t->agent) {
        result = society_identify(t->society, t->agent);
        if (result < 0)
            tool_fail_result(t, result);
    }
    if (result == 0)
        result = society_open(t->society, t->dir);
    /* Here INVALID is about a file (project.json), not about the command line. */
    if (result < 0)
        tool_fail(STATUS_SYSTEM, "%s", tool_reason(t, result));
}

void tool_open_as_agent(struct tool *t)
{
    tool_open(t);
    if (t->agent)
        return;
    int result = society_identify(t->society, NULL);
    if (result == SOCIETY_E_NO_AGENT)
        tool_fail(STATUS_USAGE, "who is speaking? Give --agent ID or set SOCIETY_AGENT");
    if (result < 0)
        tool_fail_result(t, result);
}

/* The kernel takes back what a process leaves behind, at once; to free 100,000 tasks one by one is a
 * third of a call. What stands here is not lost for those who look for leaks (git's UNLEAK). */
static society *volatile left_open;

int tool_finish(struct tool *t, int status)
{
    left_open = t->society;
    output_flush();
    return status;
}
