/* SPDX-License-Identifier: MIT */
/*
 * What a commit changes, as git tells it.
 */
#ifndef TOOLS_GUARD_CHANGES_H
#define TOOLS_GUARD_CHANGES_H

#include "common/compose.h"

/* Files, and what each becomes: `<mode> <object>` as git has them, all zeros where it goes away. */
struct changes {
    struct texts paths, states;
};

/* What is staged in the index that git is using ($GIT_INDEX_FILE), against HEAD. */
void changes_staged(struct changes *c);

/* What the commits change, each against its first parent, that `commit` leads to and no ref
 * does; those of a stash are none. */
void changes_new(struct changes *c, const char *commit);

void changes_free(struct changes *c);

/* Whether a file is so in `commit` (any revision). */
int changes_same(const char *commit, const char *path, const char *state);

/* Whether a branch that is protected has a file so already. */
int changes_accepted(const char *path, const char *state);

/* The names of the protected branches, which may be patterns of fnmatch(3). */
void changes_protected(struct texts *names);

#endif
