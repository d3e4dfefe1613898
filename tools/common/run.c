/* SPDX-License-Identifier: MIT */
/*
 * The record is handed over in a memory file, not a pipe: a command that reads none of it, or only after it has written a
 * lot, can then neither block us nor kill us with SIGPIPE.
 */
#include "run.h"

#include <errno.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "json.h"
#include "output.h"
#include "tool.h"

static FILE *hand_over(const char *record, int64_t position)
{
    int fd = memfd_create("record", MFD_CLOEXEC);
    FILE *file = fd < 0 ? NULL : fdopen(fd, "w+");
    if (!file)
        tool_fail(STATUS_SYSTEM, "the record can't be handed to the command: %s", strerror(errno));
    output_record_to(file, record, position);
    if (fflush(file) != 0 || lseek(fd, 0, SEEK_SET) < 0)
        tool_fail(STATUS_SYSTEM, "the record can't be handed to the command: %s", strerror(errno));
    return file;
}

static void export(json_value *record, const char *variable, const char *field)
{
    if (setenv(variable, json_member_text(record, field, ""), 1) != 0)
        tool_fail(STATUS_SYSTEM, "out of memory");
}

static _Noreturn void become(const char *command, int input)
{
    if (dup2(input, STDIN_FILENO) >= 0)
        execl("/bin/sh", "sh", "-c", command, (char *)NULL);
    tool_warn("/bin/sh: %s", strerror(errno));
    _exit(127);
}

int run_command(const char *command, const char *record, int64_t position)
{
    FILE *input = hand_over(record, position);
    json_value *fields = json_read(record, NULL);
    export(fields, "SOCIETY_MESSAGE_ID", "id");
    export(fields, "SOCIETY_MESSAGE_FROM", "from");
    export(fields, "SOCIETY_MESSAGE_TYPE", "type");
    json_release(fields);
    /* Who started us may ignore it, and then the kernel would keep no exit status for us. */
    signal(SIGCHLD, SIG_DFL);
    pid_t pid = fork();
    if (pid == 0)
        become(command, fileno(input));
    int status = 0;
    while (pid > 0 && waitpid(pid, &status, 0) < 0 && errno == EINTR)
        continue;
    if (pid < 0)
        tool_fail(STATUS_SYSTEM, "the command was not started: %s", strerror(errno));
    fclose(input); /* nothing is buffered any more */
    return WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
}
