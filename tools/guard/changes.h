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
 * does; those of a stash, and what was saved of a slot, are none. */
void changes_new(struct changes *c, const char *commit);

void changes_free(struct changes *c);

/* `marks`: one for each of the changes. Takes away those of changes by which a file becomes as
 * `commit` (any revision) has it. */
void changes_unmark_same(const struct changes *c, char *marks, const char *commit);

/* The same for what a branch that is protected has so already. */
void changes_unmark_accepted(const struct changes *c, char *marks);

/* The names of the protected branches, which may be patterns of fnmatch(3). */
void changes_protected(struct texts *names);

#endif
