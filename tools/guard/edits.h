/* SPDX-License-Identifier: MIT */
/*
 * Which files an edit of a coding agent would write.
 */
#ifndef TOOLS_GUARD_EDITS_H
#define TOOLS_GUARD_EDITS_H

#include "common/compose.h"
#include "common/json.h"

/* Adds the files that the arguments of a tool name, as they stand there. */
void edits_paths(json_value *arguments, struct texts *paths);

#endif
