/* SPDX-License-Identifier: MIT */
/*
 * society-guard git-hook NAME DIRECTORY ARGUMENT...: what the scripts of `install` call.
 *
 * First the hook of that name runs that there was before, in DIRECTORY, with the same arguments and
 * the same standard input; a commit is judged as that hook leaves it.
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "common/config_file.h"
#include "common/git.h"
#include "guard/commit.h"

/* Standard input to its end, as a text, also in a file in memory for the hook that is run first. */
static char *read_input(int *ret_fd)
{
    char block[4096];
    char *text = NULL;
    size_t size = 0;
    FILE *memory = open_memstream(&text, &size);
    int fd = memfd_create("input", MFD_CLOEXEC);
    if (!memory || fd < 0)
        tool_fail(STATUS_SYSTEM, "standard input can't be kept: %s", strerror(errno));
    for (ssize_t got; (got = read(STDIN_FILENO, block, sizeof block)) != 0;) {
        if (got < 0 && errno != EINTR)
            tool_fail(STATUS_SYSTEM, "standard input: %s", strerror(errno));
        if (got > 0 && write(fd, block, (size_t)got) != got)
            tool_fail(STATUS_SYSTEM, "standard input can't be kept: %s", strerror(errno));
        if (got > 0)
            fwrite(block, 1, (size_t)got, memory);
    }
    if (fclose(memory) != 0 || lseek(fd, 0, SEEK_SET) < 0)
        tool_fail(STATUS_SYSTEM, "standard input can't be kept: %s", strerror(errno));
    *ret_fd = fd;
    return text;
}

static int is_program(const char *path)
{
    struct stat st;
    return stat(path, &st) == 0 && S_ISREG(st.st_mode) && access(path, X_OK) == 0;
}

static void become(const char *path, const struct tool *t, int input)
{
    char **argv = calloc((size_t)t->count, sizeof *argv); /* less three, and a NULL */
    if (!argv || (input >= 0 && dup2(input, STDIN_FILENO) < 0))
        _exit(126);
    argv[0] = strdup(path);
    for (int i = 3; i < t->count; i++)
        argv[i - 2] = t->arguments[i];
    execv(path, argv);
    tool_warn("%s: %s", path, strerror(errno));
    _exit(126);
}

/* The status of the hook that there was before; 0: there was none. */
static int run_before(const struct tool *t, int input)
{
    char *path = guard_text("%s/%s", t->arguments[2], t->arguments[1]);
    int status = 0;
    if (!is_program(path)) {
        free(path);
        return 0;
    }
    signal(SIGCHLD, SIG_DFL);
    pid_t pid = fork();
    if (pid == 0)
        become(path, t, input);
    while (pid > 0 && waitpid(pid, &status, 0) < 0)
        if (errno != EINTR)
            tool_fail(STATUS_SYSTEM, "waiting for %s: %s", path, strerror(errno));
    if (pid < 0)
        tool_fail(STATUS_SYSTEM, "%s was not started: %s", path, strerror(errno));
    free(path);
    return WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
}

/* The command of `git [OPTION...] COMMAND`, from its words with a NUL behind each; "": there is
 * none. */
static const char *command_of(const char *words, const char *end)
{
    static const char *const valued[] = {"-c",          "-C",          "--git-dir",   "--work-tree",
                                         "--namespace", "--exec-path", "--config-env"};
    const char *program = strrchr(words, '/') ? strrchr(words, '/') + 1 : words;
    if (strncmp(program, "git-", 4) == 0)
        return program + 4;
    const char *at = words + strlen(words) + 1;
    while (at < end && *at == '-') {
        int takes_value = 0;
        for (size_t i = 0; i < sizeof valued / sizeof *valued; i++)
            takes_value |= strcmp(at, valued[i]) == 0;
        at += strlen(at) + 1;
        if (takes_value && at < end)
            at += strlen(at) + 1;
    }
    return at < end ? at : "";
}

/* Whether the git that runs the hook brings commits from another repository, where they were
 * made. */
static int is_transfer(void)
{
    char words[4096];
    char *name = guard_text("/proc/%d/cmdline", (int)getppid());
    int fd = open(name, O_RDONLY | O_CLOEXEC);
    ssize_t got = fd >= 0 ? read(fd, words, sizeof words - 1) : 0;
    words[got > 0 ? got : 0] = '\0';
    if (fd >= 0)
        close(fd);
    free(name);
    const char *command = command_of(words, words + (got > 0 ? got : 0));
    return strcmp(command, "receive-pack") == 0 || strcmp(command, "fetch") == 0;
}

/* The working tree that belongs to a git directory, to be given to free(); NULL: there is none, or
 * git is told in its configuration. */
static char *tree_of(const char *git_dir)
{
    mode_t mode;
    char *file = guard_text("%s/gitdir", git_dir);
    char *link = config_read(file, &mode);
    char *configured = git_ask(".", "config", "--get", "core.worktree");
    link[strcspn(link, "\n")] = '\0';
    char *tree = guard_text("%s", *link ? link : git_dir);
    size_t length = strlen(tree);
    int ends = !configured && length > 5 && strcmp(tree + length - 5, "/.git") == 0;
    free(configured);
    free(link);
    free(file);
    if (ends) {
        tree[length - 5] = '\0';
        return tree;
    }
    free(tree);
    return NULL;
}

/* Whoever lends git another working tree (git --work-tree, GIT_WORK_TREE, git filter-branch) commits
 * to the same branch: it is judged as in the working tree that the branch is checked out in. */
static void go_home(void)
{
    if (!getenv("GIT_WORK_TREE"))
        return;
    char *git_dir = git_ask(".", "rev-parse", "--absolute-git-dir");
    char *index = git_ask(".", "rev-parse", "--path-format=absolute", "--git-path", "index");
    char *tree = git_dir ? tree_of(git_dir) : NULL;
    if (tree && index && chdir(tree) == 0) {
        if (setenv("GIT_DIR", git_dir, 1) < 0 ||
            (getenv("GIT_INDEX_FILE") && setenv("GIT_INDEX_FILE", index, 1) < 0))
            tool_fail(STATUS_SYSTEM, "the environment: %s", strerror(errno));
        unsetenv("GIT_WORK_TREE");
    }
    free(tree);
    free(index);
    free(git_dir);
}

/* git tells it before it changes refs ("prepared"), and after it. */
static int transaction(struct guard *g, const char *state, const char *lines)
{
    int prepared = strcmp(state, "prepared") == 0;
    if (prepared && commit_concerns(lines) && !is_transfer() && guard_open(g))
        return commit_refs(g, lines);
    if (strcmp(state, "committed") == 0 && strstr(lines, " refs/stash\n") && guard_open(g))
        tool_warn("warning: git's stash has changed, and all worktrees share it: what another put "
                  "there may be on top. `society-worktree stash` keeps one for each slot");
    return STATUS_DONE;
}

int guard_git_hook(struct guard *g)
{
    const struct tool *t = g->t;
    char *lines = NULL;
    int input = -1;
    tool_expect_arguments(t, 3, -1, "the hook's name and the directory of those before");
    const char *name = t->arguments[1];
    int is_transaction = strcmp(name, "reference-transaction") == 0;
    int is_push = strcmp(name, "pre-push") == 0;
    if (is_transaction || is_push)
        lines = read_input(&input);
    int status = run_before(t, input);
    go_home();
    if (status == 0 && is_transaction)
        status = transaction(g, t->count > 3 ? t->arguments[3] : "", lines);
    else if (status == 0 && is_push)
        status = guard_open(g) ? commit_push(g, lines) : STATUS_DONE;
    else if (status == 0)
        status = guard_open(g) ? commit_staged(g) : STATUS_DONE;
    free(lines);
    return status;
}
