/* SPDX-License-Identifier: MIT */
/*
 * The real calls behind the table. Nothing is decided here.
 */
#include "sys.h"

#include <dirent.h>
#include <limits.h>
#include <linux/futex.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/random.h>
#include <sys/syscall.h>
#include <sys/timerfd.h>
#include <unistd.h>

static int real_openat(int dir, const char *path, int flags, mode_t mode)
{
    return openat(dir, path, flags, mode);
}

/* glibc has no wrapper. */
static int real_openat2(int dir, const char *path, const struct open_how *how)
{
    return (int)syscall(SYS_openat2, dir, path, how, sizeof(*how));
}

static char *real_realpath(const char *path)
{
    return realpath(path, NULL);
}

static int real_lock(int fd, int command, struct flock *lock)
{
    return fcntl(fd, command, lock);
}

static int real_nanosleep(const struct timespec *time)
{
    return nanosleep(time, NULL);
}

static ssize_t real_getrandom(void *data, size_t length)
{
    return getrandom(data, length, 0);
}

/* By number, so that what inotify's header declares stays in the one file that knows inotify. The
 * kernel defines IN_NONBLOCK and IN_CLOEXEC as these two. */
static int real_inotify_init(void)
{
    return (int)syscall(SYS_inotify_init1, O_NONBLOCK | O_CLOEXEC);
}

static int real_inotify_add(int fd, const char *path, uint32_t mask)
{
    return (int)syscall(SYS_inotify_add_watch, fd, path, mask);
}

/* Waiting for the first byte to be written, which it is: what is left of the call is its answer. */
static int real_sync_error(int fd)
{
    return sync_file_range(fd, 0, 1, SYNC_FILE_RANGE_WAIT_BEFORE);
}

static int real_futex_wait(void *word, uint32_t value, int timeout_ms)
{
    struct timespec time = {timeout_ms / 1000, timeout_ms % 1000 * 1000000L};
    return (int)syscall(SYS_futex, word, FUTEX_WAIT, value, &time, NULL, 0);
}

static int real_futex_wake(void *word)
{
    return (int)syscall(SYS_futex, word, FUTEX_WAKE, INT_MAX, NULL, NULL, 0);
}

static int real_timer_init(void)
{
    return timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK | TFD_CLOEXEC);
}

static int real_timer_set(int fd, const struct itimerspec *time)
{
    return timerfd_settime(fd, 0, time, NULL);
}

const struct soc_sys soc_sys_real = {
    .openat = real_openat,
    .openat2 = real_openat2,
    .close = close,
    .pread = pread,
    .pwrite = pwrite,
    .write = write,
    .lseek = lseek,
    .fstat = fstat,
    .fstatat = fstatat,
    .statx = statx,
    .fstatfs = fstatfs,
    .fchmod = fchmod,
    .fdatasync = fdatasync,
    .fsync = fsync,
    .sync_error = real_sync_error,
    .futex_wait = real_futex_wait,
    .futex_wake = real_futex_wake,
    .ftruncate = ftruncate,
    .mkdirat = mkdirat,
    .renameat2 = renameat2,
    .linkat = linkat,
    .unlinkat = unlinkat,
    .getdents64 = getdents64,
    .realpath = real_realpath,
    .utimensat = utimensat,
    .lock = real_lock,
    .clock_gettime = clock_gettime,
    .nanosleep = real_nanosleep,
    .getrandom = real_getrandom,
    .inotify_init = real_inotify_init,
    .inotify_add = real_inotify_add,
    .timer_init = real_timer_init,
    .timer_set = real_timer_set,
    .poll = poll,
    .read = read,
};

const struct soc_sys *soc_sys = &soc_sys_real;
