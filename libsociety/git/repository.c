/* SPDX-License-Identifier: MIT */
/* Opening a repository, and its objects in memory: see repository.h. */
#include "repository.h"

#include <errno.h>
#include <fcntl.h>
#include <git2/sys/mempack.h>
#include <git2/sys/odb_backend.h>
#include <git2/sys/repository.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "deltas.h"
#include "git.h"
#include "lock.h"
#include "path.h"
#include "slots.h"
#include "sys.h"

/* Above the backends of files, so that writes go there. */
#define MEMORY_PRIORITY 1000
/* In the common directory; of no content, and never removed, or two could hold it. */
#define LOCK_FILE "society-slots.lock"

int soc_fail_git(struct society_git *git, const char *format, ...)
{
    char text[512];
    va_list arguments;
    const git_error *last = git_error_last();
    va_start(arguments, format);
    vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    return soc_fail(&git->error, SOCIETY_E_GIT, "%s: %s", text,
                    last && last->message ? last->message : "git gives no reason");
}

int soc_git_enter(struct society_git *git)
{
    if (git->pid != getpid())
        return soc_fail(&git->error, -ECHILD,
                        "this handle belongs to the parent process; a child opens its own");
    if (!git->repository)
        return soc_fail(&git->error, SOCIETY_E_GIT, "no repository is open");
    return 0;
}

int soc_git_return(struct society_git *git, const soc_json *json, char **ret_json)
{
    struct soc_strbuf text = SOC_STRBUF_INIT;
    soc_json_dump(json, &text);
    if (text.failed)
        return soc_fail_memory(&git->error);
    *ret_json = soc_strbuf_steal(&text);
    return (int)soc_json_count(json);
}

SOC_PUBLIC int society_git_new(society_git **ret_git)
{
    /* Extensions of a repository's configuration that change nothing of what is read here. */
    const char *extensions[] = {"worktreeconfig", "preciousobjects", "partialclone"};
    struct society_git *git = calloc(1, sizeof *git);
    if (!git)
        return -ENOMEM;
    if (git_libgit2_init() < 0) {
        free(git);
        return SOCIETY_E_GIT;
    }
    git->pid = getpid();
    git->lock_fd = -1;
    if (git_libgit2_opts(GIT_OPT_SET_EXTENSIONS, extensions,
                         sizeof extensions / sizeof extensions[0]) < 0) {
        society_git_close(git);
        return -ENOMEM;
    }
    *ret_git = git;
    return 0;
}

static void close_repository(struct society_git *git)
{
    soc_slots_free(git);
    soc_deltas_forget(git);
    git_repository_free(git->repository);
    git_odb_free(git->objects);
    git->repository = NULL;
    git->objects = NULL;
    git->memory = NULL;
    soc_strbuf_clear(&git->dir);
    soc_strbuf_clear(&git->root);
}

SOC_PUBLIC void society_git_close(society_git *git)
{
    if (!git)
        return;
    close_repository(git);
    if (git->lock_fd >= 0)
        close(git->lock_fd); /* in a child after a fork the parent's stays */
    soc_strbuf_free(&git->dir);
    soc_strbuf_free(&git->root);
    git_libgit2_shutdown();
    free(git);
}

/* ---- Which repository ---- */

/* The common directory for `path`: of the repository that a slot's clone was made from, or of the
 * one that git finds. */
static int find_common(struct society_git *git, const char *path, struct soc_strbuf *out)
{
    git_repository *found = NULL;
    if (git_repository_open_ext(&found, path, 0, NULL) < 0) {
        const git_error *last = git_error_last();
        return soc_fail(&git->error,
                        git_error_last() && last->klass == GIT_ERROR_REPOSITORY &&
                                strstr(last->message, "could not find repository")
                            ? SOCIETY_E_NOT_FOUND
                            : SOCIETY_E_GIT,
                        "%s: %s", path, last ? last->message : "not a git repository");
    }
    SOC_AUTO_STRBUF struct soc_strbuf file = SOC_STRBUF_INIT;
    soc_path_join(&file, git_repository_path(found), SOC_REPOSITORY_FILE);
    if (file.failed || !soc_git_read_line(file.data, out)) {
        soc_strbuf_clear(out);
        soc_strbuf_add_string(out, git_repository_commondir(found));
    }
    git_repository_free(found);
    return out->failed || file.failed ? soc_fail_memory(&git->error) : 0;
}

static void drop_slashes(struct soc_strbuf *path)
{
    while (path->length > 1 && path->data[path->length - 1] == '/')
        path->data[--path->length] = '\0';
}

/* An object that is written to memory and is on disk already would have its time there set anew: not
 * even that is to change by looking. */
static void leave_times(git_odb *objects)
{
    git_odb_backend *backend;
    for (size_t i = 0; git_odb_get_backend(&backend, objects, i) == 0; i++)
        backend->freshen = NULL;
}

static int add_memory(struct society_git *git)
{
    if (git_repository_odb(&git->objects, git->repository) < 0)
        return soc_fail_git(git, "%s", git->dir.data);
    if (git_mempack_new(&git->memory) < 0)
        return soc_fail_git(git, "objects in memory");
    if (git_odb_add_backend(git->objects, git->memory, MEMORY_PRIORITY) < 0) {
        git->memory->free(git->memory);
        return soc_fail_git(git, "objects in memory");
    }
    leave_times(git->objects);
    return 0;
}

static int open_repository(struct society_git *git, const char *path)
{
    SOC_AUTO_STRBUF struct soc_strbuf common = SOC_STRBUF_INIT;
    int result = find_common(git, path, &common);
    if (result < 0)
        return result;
    if (git_repository_open(&git->repository, common.data) < 0)
        return soc_fail_git(git, "%s", common.data);
    SOC_AUTO_FREE char *dir = realpath(common.data, NULL);
    if (!dir)
        return soc_fail_errno(&git->error, "%s", common.data);
    soc_strbuf_add_string(&git->dir, dir);
    const char *root = git_repository_workdir(git->repository);
    if (root) {
        soc_strbuf_add_string(&git->root, root);
        drop_slashes(&git->root);
    }
    if (git->dir.failed || git->root.failed)
        return soc_fail_memory(&git->error);
    return add_memory(git);
}

SOC_PUBLIC int society_git_open(society_git *git, const char *path)
{
    if (git->pid != getpid())
        return soc_git_enter(git);
    if (git->repository)
        return soc_fail(&git->error, -EBUSY, "the handle is open already on %s", git->dir.data);
    SOC_AUTO_FREE char *from = realpath(path ? path : ".", NULL);
    if (!from)
        return soc_fail_errno(&git->error, "%s", path ? path : "the working directory");
    int result = open_repository(git, from);
    if (result < 0)
        close_repository(git);
    return result;
}

SOC_PUBLIC const char *society_git_dir(const society_git *git)
{
    return git->repository ? git->dir.data : NULL;
}

SOC_PUBLIC const char *society_git_root(const society_git *git)
{
    return git->repository && git->root.length > 0 ? git->root.data : NULL;
}

SOC_PUBLIC const char *society_git_last_message(const society_git *git)
{
    return git->error.text;
}

SOC_PUBLIC int society_git_lock(society_git *git, int32_t timeout_ms)
{
    int result = soc_git_enter(git);
    if (result < 0 || git->lock_fd >= 0)
        return result;
    SOC_AUTO_STRBUF struct soc_strbuf file = SOC_STRBUF_INIT;
    soc_path_join(&file, git->dir.data, LOCK_FILE);
    if (file.failed)
        return soc_fail_memory(&git->error);
    int fd = soc_sys->openat(AT_FDCWD, file.data, O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0666);
    if (fd < 0)
        return soc_fail_errno(&git->error, "%s", file.data);
    result = soc_lock(fd, timeout_ms, file.data, &git->error);
    if (result < 0)
        close(fd);
    else
        git->lock_fd = fd;
    return result;
}

/* ---- Objects ---- */

int soc_repository_open(struct society_git *git, const char *path, git_repository **ret)
{
    git_repository *repository = NULL;
    if (git_repository_open(&repository, path) < 0)
        return soc_fail_git(git, "%s", path);
    if (git_repository_set_odb(repository, git->objects) < 0) {
        git_repository_free(repository);
        return soc_fail_git(git, "%s", path);
    }
    *ret = repository;
    return 0;
}

int soc_repository_join(struct society_git *git, const char *objects_dir)
{
    if (git_odb_add_disk_alternate(git->objects, objects_dir) < 0)
        return soc_fail_git(git, "%s", objects_dir);
    leave_times(git->objects);
    return 0;
}

int soc_repository_forget(struct society_git *git)
{
    soc_deltas_forget(git);
    if (git_mempack_reset(git->memory) < 0)
        return soc_fail_git(git, "objects in memory");
    return 0;
}
