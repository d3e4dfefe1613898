/* SPDX-License-Identifier: MIT */
/*
 * From what a caller names to paths of the project: relative to its root, which is the directory
 * that holds the society's. The same file in another worktree of the
 * repository, or in a clone that was made for an agent, is the same path.
 */
#ifndef SOC_OWN_PATH_H
#define SOC_OWN_PATH_H

#include "handle.h"

struct soc_own_root {
    struct soc_strbuf path;   /* the project's root, as realpath(3) has it */
    struct soc_strbuf common; /* its repository's common directory; empty: there is none */
    struct soc_strbuf inside; /* the root within its worktree: "" or "sub/dir" */
    bool ignore_case;         /* the file system finds the society's directory by another case */
};

/* Finds the root. 0; errnos. */
int soc_own_root(struct society *s, struct soc_own_root *ret_root);
void soc_own_root_free(struct soc_own_root *root);

/* A pattern in its normal form, or a path (its special characters are none) without `.` and doubled
 * slashes, added to `out`. Absolute ones must lie in the root or in a worktree of its repository,
 * relative ones start from the root. 0; SOCIETY_E_INVALID, naming it; -ENOMEM. */
int soc_own_pattern(const struct soc_own_root *root, const char *pattern, struct soc_strbuf *out,
                    struct soc_error *error);
int soc_own_path(const struct soc_own_root *root, const char *path, struct soc_strbuf *out,
                 struct soc_error *error);

/* The same for a JSON array of strings, as text: a new array. NULL on failure, with *ret_error. */
soc_json *soc_own_patterns(struct society *s, const struct soc_own_root *root, const char *json,
                           int *ret_error);
soc_json *soc_own_paths(struct society *s, const struct soc_own_root *root, const char *json,
                        int *ret_error);

#endif
