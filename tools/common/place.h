/* SPDX-License-Identifier: MIT */
/*
 * Names of files as they are typed: relative to the working directory. The library wants them absolute, or relative to the
 * project's root.
 */
#ifndef TOOLS_COMMON_PLACE_H
#define TOOLS_COMMON_PLACE_H

#include "compose.h"
#include "tool.h"

/*
 * The arguments from `first` on as a JSON array for <society/ownership.h>, to be given to free(). Within the project and its
 * worktrees they start from the working directory, elsewhere from the project's root. `patterns`: *, ?, [ and \ are special
 * in them.
 */
char *place_arguments(const struct tool *t, int first, int patterns);

/* A name as a pattern that means nothing else, to be given to free(). */
char *place_quote(const char *name);

/* The same as place_arguments() for one name: it itself, no array. */
char *place_argument(const struct tool *t, const char *name, int pattern);

#endif
