/* SPDX-License-Identifier: MIT */
/*
 * A log's lock is held for about a microsecond, so who finds it held first steps back for whoever
 * wants the processor, some dozens of times, and sleeps only then: a sleep costs more than several
 * appends, and those who sleep longest would be those who have waited longest. (64 processes that
 * append without a pause: half as many again in a second as with sleeps alone, and the slowest
 * hundredth waits a ninth as long.) Then it tries and sleeps a little longer each time. The sleeps
 * of those who wait for one lock must not fall into step, so each is cut by a share that differs
 * from thread to thread and from turn to turn.
 */
#include "lock.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <unistd.h>

#include "clock.h"
#include "sys.h"

#define YIELDS 50
#define FIRST_PAUSE_US 20
#define LONGEST_PAUSE_US 2000

static int command(int fd, int what, struct flock *lock)
{
    int result;

    lock->l_whence = SEEK_SET;
    do {
        result = soc_sys->lock(fd, what, lock);
    } while (result < 0 && errno == EINTR);
    return result;
}

static int try_lock(int fd)
{
    struct flock lock = {.l_type = F_WRLCK};

    return command(fd, F_OFD_SETLK, &lock);
}

/* Half of `pause_us` to all of it; `seed` is a linear congruential generator (Knuth; Numerical
 * Recipes, 7.1). */
static int64_t jittered(int64_t pause_us, uint32_t *seed)
{
    *seed = *seed * 1664525u + 1013904223u;
    return pause_us - pause_us * (*seed >> 24) / 512;
}

static int64_t smaller(int64_t a, int64_t b)
{
    return a < b ? a : b;
}

int soc_lock_until(int fd, int64_t *deadline, int32_t timeout_ms, const char *name,
                   struct soc_error *error)
{
    int64_t pause_us = FIRST_PAUSE_US;
    uint32_t seed = (uint32_t)(uintptr_t)&seed;
    int yields = timeout_ms > 0 ? YIELDS : 0;

    while (try_lock(fd) < 0) {
        int64_t now;

        if (errno != EAGAIN && errno != EACCES)
            return soc_fail_errno(error, "can't lock %s", name);
        if (yields > 0) {
            yields--;
            sched_yield();
            continue;
        }
        now = soc_monotonic_ms();
        if (*deadline == 0)
            *deadline = now + timeout_ms;
        if (now >= *deadline)
            return soc_fail(error, SOCIETY_E_TIMEOUT, "%s is locked by another (waited %d ms)",
                            name, (int)timeout_ms);
        seed ^= (uint32_t)now;
        soc_sleep_us(smaller(jittered(pause_us, &seed), (*deadline - now) * 1000));
        pause_us = smaller(pause_us * 2, LONGEST_PAUSE_US);
    }
    return 0;
}

int soc_lock(int fd, int32_t timeout_ms, const char *name, struct soc_error *error)
{
    int64_t deadline = 0;

    return soc_lock_until(fd, &deadline, timeout_ms, name, error);
}

void soc_unlock(int fd)
{
    struct flock lock = {.l_type = F_UNLCK};

    /* A failure leaves nothing to do: the kernel drops the lock with the last descriptor. */
    command(fd, F_OFD_SETLK, &lock);
}

int soc_lock_held(int fd, const char *name, struct soc_error *error)
{
    struct flock lock = {.l_type = F_WRLCK};

    if (command(fd, F_OFD_GETLK, &lock) < 0)
        return soc_fail_errno(error, "can't ask for the lock of %s", name);
    return lock.l_type != F_UNLCK;
}

int soc_lock_byte(int fd, int64_t at, const char *name, struct soc_error *error)
{
    struct flock lock = {.l_type = F_WRLCK, .l_start = at, .l_len = 1};

    if (command(fd, F_OFD_SETLK, &lock) == 0)
        return 0;
    if (errno != EAGAIN && errno != EACCES)
        return soc_fail_errno(error, "can't lock %s", name);
    return soc_fail(error, SOCIETY_E_TIMEOUT, "byte %lld of %s is locked by another", (long long)at,
                    name);
}

int soc_share_byte(int fd, int64_t at)
{
    struct flock lock = {.l_type = F_RDLCK, .l_start = at, .l_len = 1};

    if (command(fd, F_OFD_SETLK, &lock) == 0)
        return 0;
    return errno == EAGAIN || errno == EACCES ? SOCIETY_E_TIMEOUT : -errno;
}

void soc_unlock_byte(int fd, int64_t at)
{
    struct flock lock = {.l_type = F_UNLCK, .l_start = at, .l_len = 1};

    command(fd, F_OFD_SETLK, &lock);
}

int soc_lock_byte_held(int fd, int64_t at, const char *name, struct soc_error *error)
{
    struct flock lock = {.l_type = F_WRLCK, .l_start = at, .l_len = 1};

    if (command(fd, F_OFD_GETLK, &lock) < 0)
        return soc_fail_errno(error, "can't ask for the lock of %s", name);
    return lock.l_type != F_UNLCK;
}
