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
 * what is merged is merged in memory. Only society_git_save() writes, and only objects and a ref,
 * and society_git_lock() makes a file to be locked. A file that a filter of git's cleans
 * (gitattributes(5), such as git-lfs) is given to the filter's command, which git's configuration names.
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

/* Something that follows the working copies of a repository. */
typedef struct society_git_watch society_git_watch;

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

/**
 * Keeps others who ask for the same from making and removing slots of the repository, until the
 * handle is closed or its process ends. Another handle of the same process is another.
 *
 * @param timeout_ms  how long to wait for whoever does so now; 0: not at all
 * @return 0, also if it is held already; SOCIETY_E_TIMEOUT; SOCIETY_E_GIT nothing is open; an errno
 *
 * Blocks for as long. Since 0.1.0.
 */
int society_git_lock(society_git *git, int32_t timeout_ms);

/* society_git_slots: also the disk that each uses, which takes a walk through its files. */
#define SOCIETY_GIT_BYTES 1u
/* society_git_changes: also ignored files, and changed ones that git was told to take for unchanged. */
#define SOCIETY_GIT_IGNORED 1u

/**
 * The slots, by name.
 *
 * @param flags     0 or SOCIETY_GIT_BYTES
 * @param ret_json  receives a JSON array of objects, to be given to society_free(): `slot`, `path` (of
 *                  the working tree), `branch` (null: detached), `head` (a commit), `ahead` and
 *                  `behind` (commits against the base), `changed` (files with uncommitted changes,
 *                  untracked ones included), `bytes` (disk used beyond the shared objects), `gitDir`,
 *                  `base`, `clone` (whether it is one), `locked` (the reason of git's lock, null:
 *                  not locked), `trouble` (why the working copy can't be read, in words; null: it
 *                  can). What is not known is null.
 * @return their number; SOCIETY_E_INVALID flags; -ENOMEM; an error of reading
 *
 * Reads every changed file. Since 0.1.0.
 */
int society_git_slots(society_git *git, uint32_t flags, char **ret_json);

/**
 * What a slot's working copy holds that is in no commit.
 *
 * @param slot      the slot's name
 * @param flags     0 or SOCIETY_GIT_IGNORED
 * @param ret_json  receives a JSON array of objects `path` and `state`, to be given to
 *                  society_free(). state: `unmerged`, `staged`, `modified` (also deleted),
 *                  `untracked`, `ignored`, `nested` (a repository of its own that is no submodule)
 * @return their number; SOCIETY_E_NOT_FOUND; SOCIETY_E_INVALID flags; SOCIETY_E_GIT; -ENOMEM
 *
 * Since 0.1.0.
 */
int society_git_changes(society_git *git, const char *slot, uint32_t flags, char **ret_json);

/**
 * The files that a slot's working copy has touched against its base, committed or not.
 *
 * @param slot      the slot's name
 * @param ret_json  receives a JSON array of paths, to be given to society_free()
 * @return their number; SOCIETY_E_NOT_FOUND no such slot, base or commit; SOCIETY_E_GIT; -ENOMEM
 *
 * Since 0.1.0.
 */
int society_git_touched(society_git *git, const char *slot, char **ret_json);

/**
 * Which working copies would conflict if they were merged now: every pair, and each with its base.
 * What is uncommitted and untracked counts as it stands in the files; ignored files do not.
 *
 * @param names     a JSON array of slots, and of whatever git takes for a commit; NULL: all slots
 *                  that can be read and have a commit
 * @param ret_json  receives a JSON array with an object for each pair that conflicts, to be given to
 *                  society_free(): `a` and `b` (names), `base` (whether b is the base of a), and
 *                  `paths`, an array of objects: `path`, `kind`, and `lines`, which is null or has
 *                  `a` and `b`, arrays of [first, last] line of either side's file (last = first - 1
 *                  where that side has removed lines there). `kind` is one of `content`, `binary`,
 *                  `mode`, `submodule`, `add` (both have added the file), `delete` (one has changed
 *                  and one has deleted it), `rename`, `location` (one has added the file to a
 *                  directory that the other has renamed).
 * @return the number of pairs that conflict; SOCIETY_E_INVALID names; SOCIETY_E_NOT_FOUND a name is
 *         neither; SOCIETY_E_GIT a working copy can't be read; -ENOMEM
 *
 * Reads every changed file. Writes nothing. Since 0.1.0.
 */
int society_git_conflicts(society_git *git, const char *names, char **ret_json);

/**
 * An order of merging with the fewest merges that conflict: exactly for up to 16 names, above that
 * by a rule that is good and not always the best.
 *
 * @param names     as for society_git_conflicts()
 * @param base      what they are merged into; NULL: the base of the first that has one, else HEAD
 * @param ret_json  receives a JSON array with an object for each name, in this order, to be given to
 *                  society_free(): `name`, and `paths`, what conflicts (as there) when it is merged
 *                  on top of the base and those before it that merged cleanly
 * @return their number; errors as society_git_conflicts()
 *
 * Writes nothing. Since 0.1.0.
 */
int society_git_order(society_git *git, const char *names, const char *base, char **ret_json);

/**
 * Saves what a slot's working copy holds and no commit does: what is staged, changed, untracked and
 * unmerged, and a detached HEAD. Files, index and HEAD stay as they are.
 *
 * What is written is a commit in the form of a stash, in the slot's repository, under
 * `refs/society/<kind>/<slot>/<time>`; `git stash apply --index <ref>` gives it back.
 *
 * @param slot     the slot's name
 * @param kind     a word, such as "saved"
 * @param message  the commit's, behind "On slot <slot>: "; NULL: the kind
 * @param flags    0 or SOCIETY_GIT_IGNORED: ignored files too
 * @param ret_ref  receives the ref's name, to be given to society_free(); untouched if 0 is returned
 * @return 1 saved, 0 there was nothing to save; SOCIETY_E_NOT_FOUND no such slot; SOCIETY_E_INVALID
 *         kind or flags; SOCIETY_E_GIT git refused, or there is a repository in the working tree
 *         that is no submodule; -ENOMEM; an errno
 *
 * Blocks for the disk. Since 0.1.0.
 */
int society_git_save(society_git *git, const char *slot, const char *kind, const char *message,
                     uint32_t flags, char **ret_ref);

/**
 * Begins to follow the working copies of all slots, and the refs.
 *
 * @param ret_watch  receives the watch, to be given to society_git_watch_close() before the handle is
 *                   closed
 * @return 0; -ENOMEM; -EMFILE and other errnos
 *
 * Where the kernel gives no watches any more, it looks every second. Since 0.1.0.
 */
int society_git_watch_open(society_git *git, society_git_watch **ret_watch);

/** Ends what society_git_watch_open() began. NULL is allowed. Since 0.1.0. */
void society_git_watch_close(society_git_watch *watch);

/**
 * A descriptor that is readable when something may have changed: poll it, never read or close it.
 * Since 0.1.0.
 */
int32_t society_git_watch_fd(const society_git_watch *watch);

/**
 * Takes in what has happened, so that the descriptor is no longer readable. To be called before
 * looking at the working copies, so that nothing falls between. Never blocks.
 *
 * @return 1 something may have changed, 0 nothing has; an errno
 *
 * Since 0.1.0.
 */
int society_git_watch_take(society_git_watch *watch);

#ifdef __cplusplus
}
#endif

#endif
