/* SPDX-License-Identifier: MIT */
/*
 * Half of a working copy made whole: see unfinished.h.
 *
 * git writes the index of a new worktree when all files are there, so that one without an index is half made: nobody was told of
 * it, and whatever is tracked may be written again. What is not tracked is left alone.
 */
#include "unfinished.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "common/git.h"
#include "files.h"

/* A checkout that goes on without the add that began it may take its time. */
#define PATIENCE 12000
#define PAUSE_NS 50000000

char *unfinished_lock_reason(const char *slot)
{
    return worktree_text("society: slot %s; society-worktree remove %s", slot, slot);
}

/* ---- Worktrees ---- */

static int is_of(const char *git_dir, const char *slot)
{
    char *reason = unfinished_lock_reason(slot);
    char *locked = files_read(git_dir, "locked");
    char *own = files_read(git_dir, "society-agent");
    int is = locked && !own && strcmp(locked, reason) == 0;
    free(reason);
    free(locked);
    free(own);
    return is;
}

char *unfinished_worktree(const struct worktree *w, const char *slot)
{
    char *directory = worktree_text("%s/worktrees", w->dir);
    DIR *stream = opendir(directory);
    char *found = NULL;
    for (struct dirent *entry; stream && !found && (entry = readdir(stream)) != NULL;) {
        if (entry->d_name[0] == '.')
            continue;
        char *git_dir = worktree_text("%s/%s", directory, entry->d_name);
        if (is_of(git_dir, slot))
            found = git_dir;
        else
            free(git_dir);
    }
    if (stream)
        closedir(stream);
    free(directory);
    return found;
}

/* Whether a process has the file open: then nobody else gets a write lease on it. */
static int is_in_use(const char *path)
{
    int fd = open(path, O_RDWR | O_CLOEXEC | O_NOFOLLOW);
    if (fd < 0)
        return 0;
    /* Whoever opens it meanwhile has the kernel tell us so, which would end us. */
    signal(SIGIO, SIG_IGN);
    int used = fcntl(fd, F_SETLEASE, F_WRLCK) < 0 && errno == EAGAIN;
    close(fd);
    signal(SIGIO, SIG_DFL);
    return used;
}

int unfinished_checkout(const char *git_dir)
{
    char *index = worktree_text("%s/index", git_dir);
    char *lock = worktree_text("%s.lock", index);
    struct timespec pause = {0, PAUSE_NS};
    int patience = PATIENCE;
    while (access(index, F_OK) != 0 && is_in_use(lock) && patience-- > 0)
        nanosleep(&pause, NULL);
    int unfinished = access(index, F_OK) != 0;
    if (patience < 0)
        tool_fail(STATUS_SYSTEM, "%s is in use: git is at work in it", lock);
    if (unfinished)
        unlink(lock);
    free(lock);
    free(index);
    return unfinished;
}

/* The path of the working tree, as its git directory has it; NULL: it does not say. */
static char *path_of(const char *git_dir)
{
    char *path = files_read(git_dir, "gitdir");
    size_t length = path ? strlen(path) : 0;
    if (length > 5 && strcmp(path + length - 5, "/.git") == 0) {
        path[length - 5] = '\0';
        return path;
    }
    free(path);
    return NULL;
}

/* Whether git finds its way from the working tree to its git directory, and to a commit. */
static int is_linked(const char *git_dir, const char *path)
{
    char *there = path ? git_ask(path, "rev-parse", "--absolute-git-dir") : NULL;
    char *head = there ? git_ask(path, "rev-parse", "--verify", "--quiet", "HEAD^{commit}") : NULL;
    int linked = head && strcmp(there, git_dir) == 0;
    free(there);
    free(head);
    return linked;
}

char *unfinished_complete(const char *git_dir)
{
    char *path = path_of(git_dir);
    int unfinished = unfinished_checkout(git_dir);
    if (is_linked(git_dir, path)) {
        if (unfinished &&
            git_run(path, "reset", "--quiet", "--hard", "--no-recurse-submodules") != 0)
            tool_fail(STATUS_SYSTEM, "%s was left half made, and git could not make it whole",
                      path);
        return path;
    }
    /* git had not come to its files yet. */
    char *link = worktree_text("%s/.git", path ? path : "");
    if (path && unfinished) {
        unlink(link);
        rmdir(path);
    }
    if (unfinished && files_remove_tree(git_dir) < 0)
        tool_fail(STATUS_SYSTEM, "%s, which an add that was killed has left, is in the way",
                  git_dir);
    free(link);
    free(path);
    return NULL;
}

/* ---- Clones ---- */

int unfinished_clone(const struct worktree *w, const char *slot, const char *path)
{
    char *git_dir = worktree_text("%s/.git", path);
    char *adding = files_read(git_dir, UNFINISHED_CLONE);
    char *repository = files_read(git_dir, "society-repository");
    int is = adding && repository && strcmp(adding, slot) == 0 && strcmp(repository, w->dir) == 0;
    free(repository);
    free(adding);
    free(git_dir);
    return is;
}
