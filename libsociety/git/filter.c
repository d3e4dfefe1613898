/* SPDX-License-Identifier: MIT */
/* Running a filter of git's configuration: see filter.h. */
#include "filter.h"

#include <errno.h>
#include <fcntl.h>
#include <git2/sys/filter.h>
#include <spawn.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "path.h"
#include "sys.h"

struct filter {
    struct soc_strbuf command;
    bool required;
};

/* ---- Which ---- */

static bool read_config(git_config *config, const char *name, const char *key, git_buf *ret)
{
    SOC_AUTO_STRBUF struct soc_strbuf full = SOC_STRBUF_INIT;
    soc_strbuf_add_format(&full, "filter.%s.%s", name, key);
    return !full.failed && git_config_get_string_buf(ret, config, full.data) == 0;
}

/* A word for a shell. */
static void add_word(struct soc_strbuf *out, const char *word)
{
    soc_strbuf_add_string(out, "'");
    for (; *word; word++)
        if (*word == '\'' || *word == '!')
            soc_strbuf_add_format(out, "'\\%c'", *word);
        else
            soc_strbuf_add(out, word, 1);
    soc_strbuf_add_string(out, "'");
}

/* In the command %f is the file's name. */
static void expand(struct soc_strbuf *out, const char *command, const char *path)
{
    for (; *command; command++)
        if (command[0] == '%' && command[1] == 'f') {
            add_word(out, path);
            command++;
        } else if (command[0] == '%' && command[1] == '%') {
            soc_strbuf_add(out, command++, 1);
        } else {
            soc_strbuf_add(out, command, 1);
        }
}

/* 1 there is a command, 0 there is none; -ENOMEM. */
static int find_filter(git_repository *repository, const char *path, struct filter *ret)
{
    const char *name = NULL;
    git_config *config = NULL;
    git_buf command = {0}, required = {0};
    int truth = 0;
    if (git_attr_get(&name, repository, 0, path, "filter") < 0 ||
        git_attr_value(name) != GIT_ATTR_VALUE_STRING ||
        git_repository_config_snapshot(&config, repository) < 0)
        return 0;
    bool found = read_config(config, name, "clean", &command) && command.size > 0;
    if (found)
        expand(&ret->command, command.ptr, path);
    ret->required = read_config(config, name, "required", &required) &&
                    git_config_parse_bool(&truth, required.ptr) == 0 && truth;
    git_buf_dispose(&command);
    git_buf_dispose(&required);
    git_config_free(config);
    return ret->command.failed ? -ENOMEM : found;
}

/* ---- Running it ---- */

/* 0, with the process; a positive errno. */
static int start(const struct filter *filter, const char *directory, int in, int out, pid_t *ret)
{
    char *const words[] = {(char *)(uintptr_t) "sh", (char *)(uintptr_t) "-c", filter->command.data,
                           NULL};
    posix_spawn_file_actions_t actions;
    int failed = posix_spawn_file_actions_init(&actions);
    if (failed)
        return failed;
    failed = posix_spawn_file_actions_adddup2(&actions, in, STDIN_FILENO);
    if (!failed)
        failed = posix_spawn_file_actions_adddup2(&actions, out, STDOUT_FILENO);
    if (!failed)
        failed =
            posix_spawn_file_actions_addopen(&actions, STDERR_FILENO, "/dev/null", O_WRONLY, 0);
    if (!failed)
        failed = posix_spawn_file_actions_addchdir_np(&actions, directory);
    if (!failed)
        failed = posix_spawn(ret, "/bin/sh", &actions, NULL, words, environ);
    posix_spawn_file_actions_destroy(&actions);
    return failed;
}

/* The exit status; -1: a signal ended it. Where the host has SIGCHLD ignored nobody knows. */
static int wait_for(pid_t pid)
{
    int status = 0;
    while (waitpid(pid, &status, 0) < 0)
        if (errno != EINTR)
            return 0;
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

static int read_all(int fd, struct soc_strbuf *out)
{
    char block[65536];
    ssize_t got;
    while ((got = soc_sys->read(fd, block, sizeof block)) != 0) {
        if (got < 0 && errno != EINTR)
            return -errno;
        if (got > 0)
            soc_strbuf_add(out, block, (size_t)got);
    }
    return out->failed ? -ENOMEM : 0;
}

/* The exit status of the command, with what it printed; an errno. */
static int run(const struct filter *filter, const char *directory, int in, struct soc_strbuf *out)
{
    int ends[2];
    pid_t pid = 0;
    if (pipe2(ends, O_CLOEXEC) < 0)
        return -errno;
    int failed = start(filter, directory, in, ends[1], &pid);
    close(ends[1]);
    int result = failed ? -failed : read_all(ends[0], out);
    close(ends[0]);
    int status = failed ? 0 : wait_for(pid);
    return result < 0 ? result : status == 0 ? 0 : 1;
}

static int run_on(struct society_git *git, git_repository *repository, const char *path,
                  const struct filter *filter, struct soc_strbuf *out)
{
    SOC_AUTO_STRBUF struct soc_strbuf full = SOC_STRBUF_INIT;
    const char *top = git_repository_workdir(repository);
    soc_path_join(&full, top, path);
    if (full.failed)
        return soc_fail_memory(&git->error);
    int in =
        soc_sys->openat(AT_FDCWD, full.data, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC, 0);
    if (in < 0)
        return soc_fail_errno(&git->error, "cannot read %s", full.data);
    int result = run(filter, top, in, out);
    close(in);
    if (result >= 0)
        return result;
    errno = -result;
    return soc_fail_errno(&git->error, "the filter of %s", full.data);
}

/* What git does behind such a filter: line ends, and $Id$. */
static int apply_others(struct society_git *git, git_repository *repository, const char *path,
                        struct soc_strbuf *contents)
{
    git_filter_list *filters = NULL;
    git_buf out = {0};
    int result = 0;
    if (git_filter_list_load(&filters, repository, NULL, path, GIT_FILTER_TO_ODB,
                             GIT_FILTER_ALLOW_UNSAFE) < 0)
        return soc_fail_git(git, "the filters of %s", path);
    if (filters && git_filter_list_apply_to_buffer(
                       &out, filters, contents->data ? contents->data : "", contents->length) < 0)
        result = soc_fail_git(git, "the filters of %s", path);
    if (filters && result == 0) {
        soc_strbuf_clear(contents);
        soc_strbuf_add(contents, out.ptr, out.size);
        result = contents->failed ? soc_fail_memory(&git->error) : 0;
    }
    git_buf_dispose(&out);
    git_filter_list_free(filters);
    return result;
}

int soc_filter_clean(struct society_git *git, git_repository *repository, const char *path,
                     struct soc_strbuf *ret)
{
    struct filter filter = {SOC_STRBUF_INIT, false};
    int result = find_filter(repository, path, &filter);
    if (result <= 0) {
        soc_strbuf_free(&filter.command);
        return result < 0 ? soc_fail_memory(&git->error) : 0;
    }
    result = run_on(git, repository, path, &filter, ret);
    soc_strbuf_free(&filter.command);
    if (result > 0 && filter.required)
        return soc_fail(&git->error, SOCIETY_E_GIT,
                        "the filter of %s, which is required, has failed", path);
    if (result != 0)
        return result < 0 ? result : 0;
    result = apply_others(git, repository, path, ret);
    return result < 0 ? result : 1;
}
