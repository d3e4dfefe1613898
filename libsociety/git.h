/* SPDX-License-Identifier: MIT */
/*
 * Where in a git repository a directory is, by reading `.git` and `commondir`
 * (gitrepository-layout(5)): the core asks git nothing, since loading libgit2 would cost every
 * process more than most calls take.
 */
#ifndef SOC_GIT_H
#define SOC_GIT_H

#include <stdbool.h>

#include "error.h"
#include "strbuf.h"

struct soc_git {
    struct soc_strbuf root; /* the working tree's top directory */
    struct soc_strbuf
        dir; /* its git directory: `.git`, or `.git/worktrees/<name>` of a linked worktree */
    struct soc_strbuf common; /* the repository's: `.git` of the main worktree */
    bool linked;              /* a linked worktree */
};

#define SOC_GIT_INIT \
    {                \
        0            \
    }

/* Looks from `path`, an absolute directory, upwards. 1 found, 0 not in a working tree; -ENOMEM.
 * What is damaged counts as not found. */
int soc_git_find(const char *path, struct soc_git *ret_git);
void soc_git_free(struct soc_git *git);

/* The main worktree's top directory, for a repository whose common directory is called `.git`.
 * false: bare, or elsewhere. */
bool soc_git_main_root(const struct soc_git *git, struct soc_strbuf *out);

/* In the git directory of a clone that was made for an agent: one line, the common directory of the
 * repository that it is of. */
#define SOC_REPOSITORY_FILE "society-repository"

/* The common directory of the repository that a linked worktree or such a clone is of. false: it is
 * neither. */
bool soc_git_origin(const struct soc_git *git, struct soc_strbuf *out);

/* The first line of a small file, without its newline; false when it can't be read or is empty. */
bool soc_git_read_line(const char *path, struct soc_strbuf *out);

#endif
