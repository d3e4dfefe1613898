/* SPDX-License-Identifier: MIT */
/*
 * What the verbs of society-worktree share: the repository, its slots, and the society if there is one.
 */
#ifndef TOOLS_WORKTREE_WORKTREE_H
#define TOOLS_WORKTREE_WORKTREE_H

#include <society/git.h>
#include <society/ownership.h>

#include "common/json.h"
#include "common/tool.h"

struct worktree {
    struct tool *t; /* t->society is NULL where there is none */
    society_git *git;
    const char *dir;      /* the repository's common directory */
    const char *root;     /* the main worktree, or the bare repository */
    society_mutex *mutex; /* of worktree_lock() */
    json_value *slots;    /* as society_git_slots() gave them last; NULL before */

    /* what the options said; NULL, 0: nothing */
    const char *topic, *base, *path, *message;
    int64_t count;
    int clone, force, drop_ignored, watch, null, absolute;
};

/* Opens the society, if there is one, and the repository. */
void worktree_open(struct worktree *w);
void worktree_close(struct worktree *w);

/* Ends with what the library said about its last failure. */
void worktree_fail(const struct worktree *w, int result) __attribute__((noreturn));

/* Reads the slots anew, with their disk use if `bytes`. */
json_value *worktree_slots(struct worktree *w, int bytes);

/* Has them read anew when they are needed next. */
void worktree_forget_slots(struct worktree *w);

/* The slot of this name, borrowed; NULL: there is none. */
json_value *worktree_find(struct worktree *w, const char *slot);

/* The same, or the end. */
json_value *worktree_need(struct worktree *w, const char *slot);

/* The same with a working copy that can be read, or the end. */
json_value *worktree_need_whole(struct worktree *w, const char *slot);

/* The slot that argument `at` names, or, without it, that of the working directory; or the end. */
const char *worktree_slot_argument(struct worktree *w, int at);

/* Whether the slot's agent is online; -1: there is no society to ask. */
int worktree_online(const struct worktree *w, const char *slot);

/* The society, or the end: some verbs can't do without. */
void worktree_need_society(const struct worktree *w);

/* Keeps others from making and removing slots of this society and this repository for as long as this process lives. */
void worktree_lock(struct worktree *w);

/* Gives a worktree that stands where it should, and has no .git any more, that again. Whether it was one. */
int worktree_relink(const struct worktree *w, json_value *slot);

/* A formatted text, to be given to free(); the end if memory runs out. */
char *worktree_text(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* The verbs; each returns the exit status. */
int worktree_add(struct worktree *w);
int worktree_list(struct worktree *w);
int worktree_show_path(struct worktree *w);
int worktree_exec(struct worktree *w);
int worktree_changed(struct worktree *w);
int worktree_remove(struct worktree *w);
int worktree_repair(struct worktree *w);
int worktree_gc(struct worktree *w);
int worktree_stash(struct worktree *w);
int worktree_conflicts(struct worktree *w);
int worktree_order(struct worktree *w);

#endif
