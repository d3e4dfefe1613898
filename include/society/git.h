/* SPDX-License-Identifier: MIT */
/*
 * git: the working copies of a repository that agents work in, and the conflicts between them.
 *
 * This is a library of its own, libsociety-git (`pkg-config society-git`), beside libsociety,
 * because it is the only part that loads libgit2. It needs no society and opens none.
 *
 * A slot is a working copy that was made for one agent, whose id is the slot's name: a linked
 * worktree of the repository, or a clone of it that the repository knows. Its base is the branch
 * that its work is meant for.
 *
 * Handles follow the rules of <society/society.h>: one thread at a time, nothing shared between two
 * handles, -ECHILD after fork(). Nothing here writes to a working tree, an index, a branch or HEAD;
 * what is merged is merged in memory. Only society_git_save() writes, and only objects and a ref.
 */
#ifndef SOCIETY_GIT_H
#define SOCIETY_GIT_H

#include <stdint.h>

#include <society/error.h>
#include <society/version.h>

#ifdef __cplusplus
extern "C" {
#endif

/* A process's view of one repository and its slots. */
typedef struct society_git society_git;

/**
 * Makes an empty handle. Nothing is opened yet.
 *
 * @param ret_git  receives the handle, to be given to society_git_close()
 * @return 0; -ENOMEM; SOCIETY_E_GIT libgit2 can't be used
 *
 * Does not block. Since 0.1.0.
 */
int society_git_new(society_git **ret_git);

/** Releases a handle and everything it holds. NULL is allowed. Since 0.1.0. */
void society_git_close(society_git *git);

/**
 * Opens the repository that a directory belongs to. From a linked worktree or a clone that is a
 * slot it is the one that the slot was made from.
 *
 * @param path  a directory in a working tree, or a bare repository; NULL: the working directory
 * @return 0; -EBUSY the handle is open already; SOCIETY_E_NOT_FOUND no repository at or above
 *         `path`; SOCIETY_E_GIT libgit2 can't read it (the message says why); -ENOMEM; an errno
 *
 * Does not wait. Since 0.1.0.
 */
int society_git_open(society_git *git, const char *path);

/**
 * The absolute path of the repository's common directory (`.git` of the main worktree, or the bare
 * repository), borrowed from the handle; NULL while none is open. Since 0.1.0.
 */
const char *society_git_dir(const society_git *git);

/**
 * The absolute path of the main worktree, borrowed from the handle; NULL for a bare repository, and
 * while none is open. Since 0.1.0.
 */
const char *society_git_root(const society_git *git);

/**
 * What went wrong in the last call on this handle that failed, in words: one line of UTF-8 with no
 * control characters, borrowed until the next call on the handle. "" when none has failed. Since
 * 0.1.0.
 */
const char *society_git_last_message(const society_git *git);

#ifdef __cplusplus
}
#endif

#endif
