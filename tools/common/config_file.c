/* SPDX-License-Identifier: MIT */
/* Reading and replacing somebody's configuration file: see config_file.h. */
#include "common/config_file.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/tool.h"

enum { FILE_MAX = 1 << 20 };

char *config_program(const char *name)
{
    char own[PATH_MAX];
    char found[PATH_MAX];
    ssize_t length = readlink("/proc/self/exe", own, sizeof own - 1);
    own[length > 0 ? length : 0] = '\0';
    const char *path = getenv("PATH");
    while (path && *path && length > 0) {
        const char *end = strchrnul(path, ':');
        char *candidate = NULL;
        if (asprintf(&candidate, "%.*s/%s", (int)(end - path), path, name) < 0)
            tool_fail(STATUS_SYSTEM, "out of memory");
        int is_it = realpath(candidate, found) && strcmp(found, own) == 0;
        free(candidate);
        if (is_it)
            break;
        path = *end ? end + 1 : end;
    }
    return strdup(length > 0 && !(path && *path) ? own : name);
}

char *config_project(void)
{
    static const char *const marks[] = {".society-agent", ".git", NULL};
    char *start = getcwd(NULL, 0);
    if (!start)
        tool_fail(STATUS_SYSTEM, "the working directory: %s", strerror(errno));
    char *at = strdup(start);
    while (at && *at) {
        for (int i = 0; marks[i]; i++) {
            char *mark = NULL;
            if (asprintf(&mark, "%s/%s", at, marks[i]) < 0)
                tool_fail(STATUS_SYSTEM, "out of memory");
            int is_there = access(mark, F_OK) == 0;
            free(mark);
            if (is_there) {
                free(start);
                return at;
            }
        }
        *strrchr(at, '/') = '\0';
    }
    free(at);
    return start;
}

mode_t config_mode(void)
{
    mode_t mask = umask(0);
    umask(mask);
    return 0666 & ~mask;
}

char *config_read(const char *path, mode_t *ret_mode)
{
    struct stat st;
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0 && errno == ENOENT)
        return strdup("");
    if (fd < 0 || fstat(fd, &st) < 0)
        tool_fail(STATUS_SYSTEM, "%s: %s", path, strerror(errno));
    if (!S_ISREG(st.st_mode) || st.st_size > FILE_MAX)
        tool_fail(STATUS_SYSTEM, "%s: not a regular file of at most %d bytes", path, FILE_MAX);
    char *text = calloc(1, (size_t)st.st_size + 1);
    ssize_t got = text ? read(fd, text, (size_t)st.st_size) : -1;
    if (got != st.st_size)
        tool_fail(STATUS_SYSTEM, "%s: it could not be read whole", path);
    if (strlen(text) != (size_t)got)
        tool_fail(STATUS_SYSTEM, "%s: it holds a NUL", path);
    close(fd);
    *ret_mode = st.st_mode & 07777;
    return text;
}

/* How many lines there are, and how many of them end with a carriage return. */
static size_t count_lines(const char *text, size_t *ret_returns)
{
    size_t lines = 0;
    *ret_returns = 0;
    for (const char *at = text; (at = strchr(at, '\n')) != NULL; at++) {
        lines++;
        *ret_returns += at > text && at[-1] == '\r';
    }
    return lines;
}

char *config_end_lines(char *text, const char *before)
{
    size_t returns;
    if (count_lines(before, &returns) != returns || returns == 0)
        return text;
    char *result = malloc(2 * strlen(text) + 1);
    if (!result)
        tool_fail(STATUS_SYSTEM, "out of memory");
    size_t used = 0;
    for (const char *at = text; *at; at++) {
        if (*at == '\n' && (used == 0 || result[used - 1] != '\r'))
            result[used++] = '\r';
        result[used++] = *at;
    }
    result[used] = '\0';
    free(text);
    return result;
}

static void make_parents(const char *path)
{
    char *parent = strdup(path);
    for (char *slash = parent ? strchr(parent + 1, '/') : NULL; slash;
         slash = strchr(slash + 1, '/')) {
        *slash = '\0';
        if (mkdir(parent, 0777) < 0 && errno != EEXIST)
            tool_fail(STATUS_SYSTEM, "%s: %s", parent, strerror(errno));
        *slash = '/';
    }
    free(parent);
}

/* Beside it and in its place, so that nobody ever reads half of it. */
void config_write(const char *path, const char *text, mode_t mode)
{
    char *temporary = NULL;
    if (asprintf(&temporary, "%s.XXXXXX", path) < 0)
        tool_fail(STATUS_SYSTEM, "out of memory");
    make_parents(path);
    int fd = mkstemp(temporary);
    if (fd < 0)
        tool_fail(STATUS_SYSTEM, "%s: %s", temporary, strerror(errno));
    size_t length = strlen(text);
    if (write(fd, text, length) != (ssize_t)length || fchmod(fd, mode) < 0 || fsync(fd) < 0 ||
        close(fd) < 0 || rename(temporary, path) < 0) {
        int saved = errno;
        unlink(temporary);
        tool_fail(STATUS_SYSTEM, "%s: %s", path, strerror(saved));
    }
    free(temporary);
}
