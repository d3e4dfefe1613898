/* SPDX-License-Identifier: MIT */
/*
 * mkdtemp() and its reverse. A directory that a test made unreadable is given its rights back
 * before it is entered.
 */
#include "harness/tmp.h"

#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "harness/die.h"

char *tmp_make(void)
{
    const char *base = getenv("TMPDIR");
    char *pattern = tmp_path(base && *base ? base : "/tmp", "society-test.XXXXXX");
    char *path;

    if (!mkdtemp(pattern))
        die("mkdtemp %s", pattern);
    path = realpath(pattern, NULL);
    if (!path)
        die("realpath %s", pattern);
    free(pattern);
    return path;
}

static int open_up(const char *path, const struct stat *st, int type, struct FTW *where)
{
    (void)where;
    if ((type == FTW_D || type == FTW_DNR) && (st->st_mode & 0700) != 0700)
        chmod(path, 0700);
    return 0;
}

static int remove_one(const char *path, const struct stat *st, int type, struct FTW *where)
{
    (void)st;
    (void)type;
    (void)where;
    if (remove(path) < 0)
        fprintf(stderr, "can't remove %s\n", path);
    return 0;
}

void tmp_remove(char *path)
{
    if (!path)
        return;
    /* Twice: a directory that could not be read is found empty by the first walk. */
    nftw(path, open_up, 16, FTW_PHYS);
    nftw(path, open_up, 16, FTW_PHYS);
    nftw(path, remove_one, 16, FTW_PHYS | FTW_DEPTH);
    free(path);
}

char *tmp_path(const char *directory, const char *name)
{
    char *path;

    if (asprintf(&path, "%s/%s", directory, name) < 0)
        die("asprintf");
    return path;
}
