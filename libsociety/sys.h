/* SPDX-License-Identifier: MIT */
/*
 * The one internal table: the clock, randomness, and every call on files that can fail. The library
 * reaches the system through it alone, so that tests drive the real code with injected faults and a
 * clock of their own. Each entry is the system call of its name: result -1 and errno on failure.
 */
#ifndef SOC_SYS_H
#define SOC_SYS_H

#include <fcntl.h>
#include <linux/openat2.h>
#include <poll.h>
#include <stdint.h>
#include <sys/stat.h>
#include <sys/statfs.h>
#include <sys/types.h>
#include <time.h>

struct soc_sys {
    int (*openat)(int dir, const char *path, int flags, mode_t mode);
    int (*openat2)(int dir, const char *path, const struct open_how *how);
    int (*close)(int fd);
    ssize_t (*pread)(int fd, void *data, size_t length, off_t offset);
    ssize_t (*pwrite)(int fd, const void *data, size_t length, off_t offset);
    ssize_t (*write)(int fd, const void *data, size_t length);
    off_t (*lseek)(int fd, off_t offset, int whence);
    int (*fstat)(int fd, struct stat *st);
    int (*fstatat)(int dir, const char *path, struct stat *st, int flags);
    int (*statx)(int dir, const char *path, int flags, unsigned mask, struct statx *st);
    int (*fstatfs)(int fd, struct statfs *st);
    int (*fchmod)(int fd, mode_t mode);
    int (*fdatasync)(int fd);
    int (*fsync)(int fd);
    int (*sync_error)(int fd); /* of what was written since the descriptor was asked last */
    int (*futex_wait)(void *word, uint32_t value, int timeout_ms); /* shared between processes */
    int (*futex_wake)(void *word);                                 /* all who wait */
    int (*ftruncate)(int fd, off_t length);
    int (*mkdirat)(int dir, const char *path, mode_t mode);
    int (*renameat2)(int from_dir, const char *from, int to_dir, const char *to, unsigned flags);
    int (*linkat)(int from_dir, const char *from, int to_dir, const char *to, int flags);
    int (*unlinkat)(int dir, const char *path, int flags);
    ssize_t (*getdents64)(int dir, void *entries, size_t length);
    char *(*realpath)(const char *path); /* to be freed; NULL and errno */
    int (*utimensat)(int dir, const char *path, const struct timespec times[2], int flags);
    int (*lock)(int fd, int command, struct flock *lock); /* fcntl */
    int (*clock_gettime)(clockid_t clock, struct timespec *now);
    int (*nanosleep)(const struct timespec *time);
    ssize_t (*getrandom)(void *data, size_t length);
    int (*inotify_init)(void);
    int (*inotify_add)(int fd, const char *path, uint32_t mask);
    int (*timer_init)(void); /* timerfd_create on CLOCK_MONOTONIC */
    int (*timer_set)(int fd, const struct itimerspec *time);
    int (*poll)(struct pollfd *fds, nfds_t count, int timeout_ms);
    ssize_t (*read)(int fd, void *data, size_t length); /* descriptors of events, and attachments */
};

/* The table in force: soc_sys_real but in tests. It changes only while no call is under way; one
 * that passes on what it does not know may come and go while handles exist. */
extern const struct soc_sys *soc_sys;
extern const struct soc_sys soc_sys_real;

#endif
