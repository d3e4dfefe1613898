/* SPDX-License-Identifier: MIT */
/*
 * Files that git cleans before it stores them (gitattributes(5), `filter`; git-lfs is one): what stands in
 * the working tree is not what stands in a commit, and can't be compared or merged with it as it is.
 * libgit2 knows no filters but its own, and takes such files for changed.
 *
 * The command is the user's, from git's configuration, and run as git runs it: by a shell, at the top of
 * the working tree, with the file as its standard input. What it says on standard error goes nowhere.
 */
#ifndef SOC_GIT_FILTER_H
#define SOC_GIT_FILTER_H

#include "repository.h"

/*
 * What git would store of a file in the working tree of `repository`, if a filter concerns it. 1, with
 * the contents in `ret`, which may have any bytes; 0 no filter does, or one that may fail has failed:
 * the file is stored as it stands; SOCIETY_E_GIT a filter that is required has failed; -ENOMEM; an errno.
 */
int soc_filter_clean(struct society_git *git, git_repository *repository, const char *path,
                     struct soc_strbuf *ret);

#endif
