/* SPDX-License-Identifier: MIT */
/*
 * The slots of a repository: its linked worktrees that were made for an agent, and the clones that
 * it knows.
 *
 * Which these are stands in files of git directories, a line each, so that the first library and a
 * shell script can read them:
 *
 *   <common>/worktrees/<name>/society-agent   the slot of a linked worktree
 *   <common>/society/clones/<slot>            the working tree of a clone
 *   <git directory of either>/society-base    the branch that its work is meant for
 *   <git directory of a clone>/society-agent, society-repository, society-dir
 */
#ifndef SOC_GIT_SLOTS_H
#define SOC_GIT_SLOTS_H

#include <stdbool.h>

#include "path.h"
#include "repository.h"

#define SOC_BASE_FILE "society-base"
#define SOC_CLONES "society/clones"

struct soc_slot {
    struct soc_slot *next;
    char id[SOC_ID_MAX + 1];
    bool clone;
    struct soc_strbuf path;     /* its working tree, absolute */
    struct soc_strbuf dir;      /* its git directory */
    struct soc_strbuf base;     /* a branch's name; "": none is known */
    struct soc_strbuf trouble;  /* why it can't be used; "": it can */
    git_repository *repository; /* opened at first use, and kept: opening leaks in libgit2 1.5 */
};

/* Reads anew which slots there are, by id. 0; -ENOMEM; an errno. */
int soc_slots_read(struct society_git *git);
void soc_slots_free(struct society_git *git);

/* The slot of this name (after soc_slots_read()); NULL. */
struct soc_slot *soc_slot_find(struct society_git *git, const char *id);

/* Opens the slot's working copy, if it is not open yet. 0; SOCIETY_E_GIT with the trouble. */
int soc_slot_open(struct society_git *git, struct soc_slot *slot);

/* Reads the slots and gives the one of this name, open. 0; SOCIETY_E_NOT_FOUND; SOCIETY_E_GIT. */
int soc_slot_enter(struct society_git *git, const char *id, struct soc_slot **ret);

/* The commit that `name` names in the repository. 0; SOCIETY_E_NOT_FOUND. */
int soc_resolve(struct society_git *git, const char *name, git_oid *ret_commit);

#endif
