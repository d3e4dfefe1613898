/* SPDX-License-Identifier: MIT */
/*
 * Each wrapper asks begin() what to do with this use of its call, and end() what to report. The
 * wrappers differ in nothing but their types, so a macro writes them.
 */
#include "harness/internal/faults.h"

#include <errno.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "sys.h"

enum action { FAIL, FAIL_FROM, FAIL_AFTER, CUT, HOOK };

struct order {
    enum fault_call call; /* FAULT_CALLS: any of those that can fail */
    enum action action;
    unsigned at;
    int error;
    size_t bytes;
    void (*hook)(void *);
    void *data;
};

#define ORDERS_MAX 64

static struct order orders[ORDERS_MAX];
static int order_count;
static atomic_uint counts[FAULT_CALLS + 1]; /* the last: of all that can fail */
static _Atomic enum fault_call hit = FAULT_CALLS;
static atomic_llong moved_us;
static atomic_llong wall_moved_us;
static atomic_bool stopped;
static atomic_bool unsynced;

/* What is to happen in one use of a call. */
struct use {
    int before, after; /* errors; 0: none */
    size_t most;       /* bytes */
};

/* The clock never fails, a close always closes, and what cuts a pause or a wait short is no error. */
static bool can_fail(enum fault_call call)
{
    return call != FAULT_CLOCK_GETTIME && call != FAULT_NANOSLEEP && call != FAULT_CLOSE &&
           call != FAULT_POLL && call != FAULT_FUTEX_WAIT && call != FAULT_FUTEX_WAKE;
}

/* Nothing read is the end of a file: no fault of a call. */
static bool is_read(enum fault_call call)
{
    return call == FAULT_PREAD || call == FAULT_READ || call == FAULT_GETRANDOM;
}

static struct use begin(enum fault_call call)
{
    unsigned count = atomic_fetch_add(&counts[call], 1) + 1;
    unsigned any = can_fail(call) ? atomic_fetch_add(&counts[FAULT_CALLS], 1) + 1 : 0;
    struct use use = {.most = SIZE_MAX};

    for (int i = 0; i < order_count; i++) {
        const struct order *order = &orders[i];
        unsigned number = order->call == FAULT_CALLS ? any : count;

        if ((order->call != call && order->call != FAULT_CALLS) || number < order->at ||
            (number > order->at && order->action != FAIL_FROM))
            continue;
        atomic_store(&hit, call);
        if (order->action == HOOK)
            order->hook(order->data);
        else if (order->action == CUT)
            use.most = order->bytes == 0 && order->call == FAULT_CALLS && is_read(call)
                           ? SIZE_MAX
                           : order->bytes;
        else if (order->action == FAIL_AFTER)
            use.after = order->error;
        else
            use.before = order->error;
    }
    return use;
}

static bool refused(const struct use *use)
{
    if (use->before != 0)
        errno = use->before;
    return use->before != 0;
}

static ssize_t end(const struct use *use, ssize_t result)
{
    if (use->after == 0)
        return result;
    errno = use->after;
    return -1;
}

/* What was opened, and then reported as failed, is nobody's. */
static int end_fd(const struct use *use, int fd)
{
    if (use->after != 0 && fd >= 0)
        close(fd);
    return (int)end(use, fd);
}

#define WRAP_FD(field, call, parameters, arguments)                             \
    static int fault_##field parameters                                         \
    {                                                                           \
        const struct use use = begin(call);                                     \
        return refused(&use) ? -1 : end_fd(&use, soc_sys_real.field arguments); \
    }

#define WRAP(type, field, call, parameters, arguments)                             \
    static type fault_##field parameters                                           \
    {                                                                              \
        const struct use use = begin(call);                                        \
        return refused(&use) ? -1 : (type)end(&use, soc_sys_real.field arguments); \
    }

static size_t cut(const struct use *use, size_t length)
{
    return length < use->most ? length : use->most;
}

WRAP_FD(openat, FAULT_OPENAT, (int dir, const char *path, int flags, mode_t mode),
        (dir, path, flags, mode))
WRAP_FD(openat2, FAULT_OPENAT2, (int dir, const char *path, const struct open_how *how),
        (dir, path, how))
WRAP(int, close, FAULT_CLOSE, (int fd), (fd))
WRAP(ssize_t, pread, FAULT_PREAD, (int fd, void *data, size_t length, off_t offset),
     (fd, data, cut(&use, length), offset))
WRAP(ssize_t, write, FAULT_WRITE, (int fd, const void *data, size_t length),
     (fd, data, cut(&use, length)))
WRAP(ssize_t, pwrite, FAULT_PWRITE, (int fd, const void *data, size_t length, off_t offset),
     (fd, data, cut(&use, length), offset))
WRAP(off_t, lseek, FAULT_LSEEK, (int fd, off_t offset, int whence), (fd, offset, whence))
WRAP(int, fstat, FAULT_FSTAT, (int fd, struct stat *st), (fd, st))
WRAP(int, fstatat, FAULT_FSTATAT, (int dir, const char *path, struct stat *st, int flags),
     (dir, path, st, flags))
WRAP(int, statx, FAULT_STATX,
     (int dir, const char *path, int flags, unsigned mask, struct statx *st),
     (dir, path, flags, mask, st))
WRAP(int, fstatfs, FAULT_FSTATFS, (int fd, struct statfs *st), (fd, st))
WRAP(int, fchmod, FAULT_FCHMOD, (int fd, mode_t mode), (fd, mode))

/* Calls that change nothing that the test could see. */
#define WRAP_SYNC(field, call)                                                      \
    static int fault_##field(int fd)                                                \
    {                                                                               \
        const struct use use = begin(call);                                         \
        if (refused(&use))                                                          \
            return -1;                                                              \
        return (int)end(&use, atomic_load(&unsynced) ? 0 : soc_sys_real.field(fd)); \
    }

WRAP_SYNC(fdatasync, FAULT_FDATASYNC)
WRAP_SYNC(fsync, FAULT_FSYNC)
WRAP_SYNC(sync_error, FAULT_SYNC_ERROR)
WRAP(int, futex_wait, FAULT_FUTEX_WAIT, (void *word, uint32_t value, int timeout_ms),
     (word, value, timeout_ms))
WRAP(int, futex_wake, FAULT_FUTEX_WAKE, (void *word), (word))
WRAP(int, ftruncate, FAULT_FTRUNCATE, (int fd, off_t length), (fd, length))
WRAP(int, mkdirat, FAULT_MKDIRAT, (int dir, const char *path, mode_t mode), (dir, path, mode))
WRAP(int, renameat2, FAULT_RENAMEAT,
     (int from_dir, const char *from, int to_dir, const char *to, unsigned flags),
     (from_dir, from, to_dir, to, flags))
WRAP(int, linkat, FAULT_LINKAT,
     (int from_dir, const char *from, int to_dir, const char *to, int flags),
     (from_dir, from, to_dir, to, flags))
WRAP(int, unlinkat, FAULT_UNLINKAT, (int dir, const char *path, int flags), (dir, path, flags))
WRAP(ssize_t, getdents64, FAULT_GETDENTS, (int dir, void *entries, size_t length),
     (dir, entries, length))
WRAP(int, utimensat, FAULT_UTIMENSAT,
     (int dir, const char *path, const struct timespec times[2], int flags),
     (dir, path, times, flags))
WRAP(int, lock, FAULT_LOCK, (int fd, int command, struct flock *lock), (fd, command, lock))
WRAP(ssize_t, getrandom, FAULT_GETRANDOM, (void *data, size_t length), (data, cut(&use, length)))
WRAP_FD(inotify_init, FAULT_INOTIFY_INIT, (void), ())
WRAP(int, inotify_add, FAULT_INOTIFY_ADD, (int fd, const char *path, uint32_t mask),
     (fd, path, mask))
WRAP_FD(timer_init, FAULT_TIMER_INIT, (void), ())
WRAP(int, timer_set, FAULT_TIMER_SET, (int fd, const struct itimerspec *time), (fd, time))
WRAP(int, poll, FAULT_POLL, (struct pollfd * fds, nfds_t number, int timeout_ms),
     (fds, number, timeout_ms))
WRAP(ssize_t, read, FAULT_READ, (int fd, void *data, size_t length), (fd, data, cut(&use, length)))

static char *fault_realpath(const char *path)
{
    const struct use use = begin(FAULT_REALPATH);
    char *real;

    if (refused(&use))
        return NULL;
    real = soc_sys_real.realpath(path);
    if (end(&use, 0) == 0)
        return real;
    free(real);
    return NULL;
}

static int fault_clock_gettime(clockid_t clock, struct timespec *now)
{
    const struct use use = begin(FAULT_CLOCK_GETTIME);
    long long us;

    if (refused(&use))
        return -1;
    if (atomic_load(&stopped))
        *now = (struct timespec){clock == CLOCK_REALTIME ? FAULTS_STOPPED_MS / 1000 : 1000, 0};
    else
        soc_sys_real.clock_gettime(clock, now);
    us = (long long)now->tv_sec * 1000000 + now->tv_nsec / 1000 + atomic_load(&moved_us);
    us += clock == CLOCK_REALTIME ? atomic_load(&wall_moved_us) : 0;
    now->tv_sec = us / 1000000;
    now->tv_nsec = us % 1000000 * 1000;
    return (int)end(&use, 0);
}

static int fault_nanosleep(const struct timespec *time)
{
    const struct use use = begin(FAULT_NANOSLEEP);

    if (refused(&use))
        return -1;
    if (!atomic_load(&stopped))
        return (int)end(&use, soc_sys_real.nanosleep(time));
    atomic_fetch_add(&moved_us, (long long)time->tv_sec * 1000000 + (time->tv_nsec + 999) / 1000);
    return (int)end(&use, 0);
}

static const struct soc_sys table = {
    .openat = fault_openat,
    .openat2 = fault_openat2,
    .close = fault_close,
    .pread = fault_pread,
    .write = fault_write,
    .pwrite = fault_pwrite,
    .lseek = fault_lseek,
    .fstat = fault_fstat,
    .fstatat = fault_fstatat,
    .statx = fault_statx,
    .fstatfs = fault_fstatfs,
    .fchmod = fault_fchmod,
    .fdatasync = fault_fdatasync,
    .fsync = fault_fsync,
    .sync_error = fault_sync_error,
    .futex_wait = fault_futex_wait,
    .futex_wake = fault_futex_wake,
    .ftruncate = fault_ftruncate,
    .mkdirat = fault_mkdirat,
    .renameat2 = fault_renameat2,
    .linkat = fault_linkat,
    .unlinkat = fault_unlinkat,
    .getdents64 = fault_getdents64,
    .realpath = fault_realpath,
    .utimensat = fault_utimensat,
    .lock = fault_lock,
    .clock_gettime = fault_clock_gettime,
    .nanosleep = fault_nanosleep,
    .getrandom = fault_getrandom,
    .inotify_init = fault_inotify_init,
    .inotify_add = fault_inotify_add,
    .timer_init = fault_timer_init,
    .timer_set = fault_timer_set,
    .poll = fault_poll,
    .read = fault_read,
};

void faults_reset(void)
{
    order_count = 0;
    for (int i = 0; i <= FAULT_CALLS; i++)
        atomic_store(&counts[i], 0);
    atomic_store(&hit, FAULT_CALLS);
    atomic_store(&moved_us, 0);
    atomic_store(&wall_moved_us, 0);
    atomic_store(&stopped, false);
    atomic_store(&unsynced, false);
}

void faults_install(void)
{
    faults_reset();
    soc_sys = &table;
}

void faults_remove(void)
{
    faults_reset();
    soc_sys = &soc_sys_real;
}

static void add(struct order order, unsigned nth)
{
    if (order_count == ORDERS_MAX || nth == 0) {
        fprintf(stderr, "faults: too many orders, or a use number of 0\n");
        abort();
    }
    order.at = atomic_load(&counts[order.call]) + nth;
    orders[order_count++] = order;
}

void faults_at(enum fault_call call, unsigned nth, int error)
{
    add((struct order){.call = call, .action = FAIL, .error = error}, nth);
}

void faults_from(enum fault_call call, unsigned nth, int error)
{
    add((struct order){.call = call, .action = FAIL_FROM, .error = error}, nth);
}

void faults_after(enum fault_call call, unsigned nth, int error)
{
    add((struct order){.call = call, .action = FAIL_AFTER, .error = error}, nth);
}

void faults_short(enum fault_call call, unsigned nth, size_t bytes)
{
    add((struct order){.call = call, .action = CUT, .bytes = bytes}, nth);
}

void faults_hook(enum fault_call call, unsigned nth, void (*hook)(void *), void *data)
{
    add((struct order){.call = call, .action = HOOK, .hook = hook, .data = data}, nth);
}

enum fault_call faults_hit(void)
{
    return atomic_load(&hit);
}

const char *faults_name(enum fault_call call)
{
    static const char *const names[FAULT_CALLS + 1] = {"openat",
                                                       "openat2",
                                                       "close",
                                                       "pread",
                                                       "write",
                                                       "pwrite",
                                                       "lseek",
                                                       "fstat",
                                                       "fstatat",
                                                       "statx",
                                                       "fstatfs",
                                                       "fchmod",
                                                       "fdatasync",
                                                       "fsync",
                                                       "sync_error",
                                                       "futex_wait",
                                                       "futex_wake",
                                                       "ftruncate",
                                                       "mkdirat",
                                                       "renameat2",
                                                       "linkat",
                                                       "unlinkat",
                                                       "getdents",
                                                       "realpath",
                                                       "utimensat",
                                                       "fcntl",
                                                       "clock_gettime",
                                                       "nanosleep",
                                                       "getrandom",
                                                       "inotify_init",
                                                       "inotify_add_watch",
                                                       "timer_init",
                                                       "timer_set",
                                                       "poll",
                                                       "read",
                                                       "no call"};

    return names[call];
}

void faults_skip_sync(bool skip)
{
    atomic_store(&unsynced, skip);
}

unsigned faults_count(enum fault_call call)
{
    return atomic_load(&counts[call]);
}

void faults_clock_move(int64_t ms)
{
    atomic_fetch_add(&moved_us, ms * 1000);
}

void faults_wall_clock_move(int64_t ms)
{
    atomic_fetch_add(&wall_moved_us, ms * 1000);
}

void faults_forget(void)
{
    order_count = 0;
}

void faults_clock_stop(void)
{
    atomic_store(&stopped, true);
}
