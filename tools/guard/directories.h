/* SPDX-License-Identifier: MIT */
/*
 * Directories that are watched, by libinotifytools.
 */
#ifndef TOOLS_GUARD_DIRECTORIES_H
#define TOOLS_GUARD_DIRECTORIES_H

#include <stdint.h>

/* What has happened to a file. */
enum { CHANGE_WRITTEN, CHANGE_CLOSED, CHANGE_ADDED, CHANGE_REMOVED, CHANGE_LOST };

struct change {
    int what; /* CHANGE_LOST: events were lost, and nothing else is known */
    int is_directory;
    uint32_t cookie;  /* of a move; 0: it is none */
    const char *path; /* absolute, borrowed until the next call */
};

/* Begins. The end if the kernel does not allow it. */
void directories_begin(void);

/* Watches a directory, without those in it. 0; -1: it is not there any more, or not ours to
 * read. */
int directories_watch(const char *path);

/* What is watched at `from` and below is called `to` now; NULL: it is watched no more. */
void directories_rename(const char *from, const char *to);

/* Whether a directory is watched. */
int directories_has(const char *path);

/* How many are watched. */
int directories_count(void);

/* The next change: 1; 0: there is none yet, within a second if `wait`. */
int directories_next(int wait, struct change *ret_change);

#endif
