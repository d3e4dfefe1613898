/* SPDX-License-Identifier: MIT */
/*
 * Where in two versions of a file their changes against a common ancestor meet.
 */
#ifndef SOC_GIT_HUNKS_H
#define SOC_GIT_HUNKS_H

#include "json.h"
#include "repository.h"

/* An object with `a` and `b`, arrays of [first, last] (merge.h), the places of a and of b that
 * changed the same or touching lines of `ancestor` (NULL: there is none); NULL where none is found
 * or memory ran out. */
soc_json *soc_hunks_meet(const git_blob *ancestor, const git_blob *a, const git_blob *b);

#endif
