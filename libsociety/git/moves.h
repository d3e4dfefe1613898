/* SPDX-License-Identifier: MIT */
/*
 * Two conflicts that git's default strategy (ort) sees and libgit2 does not.
 *
 * When one side has moved a whole directory elsewhere and the other has added a file to it, git asks
 * where the file belongs ("file location"). And when one side has renamed a file that is a link, or
 * no longer one, on the other, git does not follow the rename.
 */
#ifndef SOC_GIT_MOVES_H
#define SOC_GIT_MOVES_H

#include "json.h"
#include "repository.h"

/* Appends to `paths` an object (merge.h) for every file that `other` has added to a directory that
 * `side` has renamed, of kind `location`, and for every one that `side` has renamed and `other` made
 * something else, of kind `rename`; both against `base`. 0; SOCIETY_E_GIT; -ENOMEM. */
int soc_moves_conflicts(struct society_git *git, git_tree *base, git_tree *side, git_tree *other,
                        soc_json *paths);

#endif
