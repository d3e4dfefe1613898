/* SPDX-License-Identifier: MIT */
/*
 * What git ignores in a working tree, by git's own word.
 */
#ifndef TOOLS_GUARD_IGNORE_H
#define TOOLS_GUARD_IGNORE_H

#include "guard/trees.h"

/* Whether a file or directory, from the tree's top, is ignored. Where git does not say, it is
 * not. */
int ignore_has(struct tree *tree, const char *path);

/* The rules have changed: they are read anew. */
void ignore_forget(struct tree *tree);

#endif
