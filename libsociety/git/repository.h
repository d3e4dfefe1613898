/* SPDX-License-Identifier: MIT */
/*
 * The handle of libsociety-git: one repository, and an object database of its own over the files
 * of that repository and its clones.
 *
 * New objects that a merge needs (the state of a working tree, merged files) are written to memory
 * and are gone with the handle, or with soc_repository_forget(): nothing is left in the repository
 * of the user.
 */
#ifndef SOC_GIT_REPOSITORY_H
#define SOC_GIT_REPOSITORY_H

#include <git2.h>
#include <society/git.h>
#include <sys/types.h>

#include "error.h"
#include "json.h"
#include "public.h"
#include "strbuf.h"

struct soc_slot;
struct soc_deltas;

struct society_git {
    pid_t pid; /* the process that made it */
    struct soc_error error;
    struct soc_strbuf dir;      /* the common directory */
    struct soc_strbuf root;     /* the main worktree; no data: bare */
    git_repository *repository; /* reads and writes objects through `objects` */
    git_odb *objects;
    git_odb_backend *memory;   /* of `objects` */
    struct soc_slot *slots;    /* as soc_slots_read() found them */
    struct soc_deltas *deltas; /* of commits that were compared */
    int lock_fd;               /* of society_git_lock(); -1: it is not held */
};

/* What every public function begins with: 0; -ECHILD; SOCIETY_E_GIT when nothing is open. */
int soc_git_enter(struct society_git *git);

/* Fails with SOCIETY_E_GIT, the words and what libgit2 says of its last failure. */
int soc_fail_git(struct society_git *git, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* Gives a public function's caller the text of `json`. The number of its items; -ENOMEM. */
int soc_git_return(struct society_git *git, const soc_json *json, char **ret_json);

/* Opens another working copy so that it shares the handle's objects. To be given to
 * git_repository_free(). */
int soc_repository_open(struct society_git *git, const char *path, git_repository **ret);

/* Makes the objects of a clone readable through the handle. */
int soc_repository_join(struct society_git *git, const char *objects_dir);

/* Forgets what was written to memory. */
int soc_repository_forget(struct society_git *git);

#endif
