/* SPDX-License-Identifier: MIT */
/* The clock of tests: see simclock.h. A timer is an eventfd, which is written when it rings. */
#include "simclock.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <unistd.h>

#define BOOTED_MS (SOC_SIMCLOCK_START_MS - 1000000) /* when the monotonic clocks stood at 0 */
#define NEVER INT64_MAX

static struct soc_simclock *present;

static void ring(struct soc_simtimer *timer, int64_t now_ms)
{
    static const uint64_t one = 1;
    /* Only a full counter refuses, and that is readable already. */
    present->beneath.write(timer->fd, &one, sizeof one);
    timer->due_ms = timer->period_ms == 0
                        ? NEVER
                        : now_ms + timer->period_ms - (now_ms - timer->due_ms) % timer->period_ms;
}

static void move_to(int64_t now_ms)
{
    present->now_ms = now_ms;
    for (size_t i = 0; i < present->count; i++)
        if (present->timers[i].due_ms <= now_ms)
            ring(&present->timers[i], now_ms);
}

static int sim_clock_gettime(clockid_t clock, struct timespec *now)
{
    int64_t ms = present->now_ms - (clock == CLOCK_REALTIME ? 0 : BOOTED_MS);
    *now = (struct timespec){.tv_sec = ms / 1000, .tv_nsec = ms % 1000 * 1000000};
    return 0;
}

static int64_t ms_of(const struct timespec *time)
{
    return (int64_t)time->tv_sec * 1000 + (time->tv_nsec + 999999) / 1000000;
}

static int sim_nanosleep(const struct timespec *time)
{
    move_to(present->now_ms + ms_of(time));
    return 0;
}

/* ---- Timers ---- */

static struct soc_simtimer *timer_of(int fd)
{
    for (size_t i = 0; i < present->count; i++)
        if (present->timers[i].fd == fd)
            return &present->timers[i];
    return NULL;
}

static int add_timer(int fd)
{
    if (present->count == present->capacity) {
        size_t capacity = present->capacity * 2 + 8;
        struct soc_simtimer *timers =
            reallocarray(present->timers, capacity, sizeof *present->timers);
        if (!timers)
            return -1;
        present->timers = timers;
        present->capacity = capacity;
    }
    present->timers[present->count++] = (struct soc_simtimer){fd, NEVER, 0};
    return fd;
}

static int sim_timer_init(void)
{
    int fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    if (fd >= 0 && add_timer(fd) < 0) {
        present->beneath.close(fd);
        errno = ENOMEM;
        return -1;
    }
    return fd;
}

static int sim_timer_set(int fd, const struct itimerspec *time)
{
    struct soc_simtimer *timer = timer_of(fd);
    uint64_t rung;
    if (!timer)
        return present->beneath.timer_set(fd, time);
    int saved = errno;
    present->beneath.read(fd, &rung, sizeof rung); /* EAGAIN: it had not */
    errno = saved;
    int64_t first = ms_of(&time->it_value);
    timer->due_ms = first == 0 ? NEVER : present->now_ms + first;
    timer->period_ms = ms_of(&time->it_interval);
    return 0;
}

static int sim_close(int fd)
{
    struct soc_simtimer *timer = timer_of(fd);
    if (timer)
        *timer = present->timers[--present->count];
    return present->beneath.close(fd);
}

/* ---- Waiting ---- */

static int64_t next_due(int64_t end_ms)
{
    for (size_t i = 0; i < present->count; i++)
        if (present->timers[i].due_ms < end_ms)
            end_ms = present->timers[i].due_ms;
    return end_ms;
}

static int sim_poll(struct pollfd *fds, nfds_t count, int timeout_ms)
{
    int64_t end = timeout_ms < 0 ? NEVER : present->now_ms + timeout_ms;
    for (;;) {
        int ready = present->beneath.poll(fds, count, 0);
        if (ready != 0 || present->now_ms >= end)
            return ready;
        int64_t due = next_due(end);
        if (due > present->patience_ends_ms) {
            errno = EDEADLK;
            return -1;
        }
        move_to(due);
    }
}

/* ---- In force ---- */

void soc_simclock_begin(struct soc_simclock *clock, struct soc_sys *table)
{
    *clock = (struct soc_simclock){.now_ms = SOC_SIMCLOCK_START_MS, .beneath = *table};
    soc_simclock_allow(clock);
    present = clock;
    table->clock_gettime = sim_clock_gettime;
    table->nanosleep = sim_nanosleep;
    table->timer_init = sim_timer_init;
    table->timer_set = sim_timer_set;
    table->close = sim_close;
    table->poll = sim_poll;
}

void soc_simclock_end(struct soc_simclock *clock)
{
    free(clock->timers);
    clock->timers = NULL;
    clock->count = 0;
    present = NULL;
}

void soc_simclock_move(struct soc_simclock *clock, int64_t ms)
{
    move_to(clock->now_ms + ms);
}

void soc_simclock_allow(struct soc_simclock *clock)
{
    clock->patience_ends_ms = clock->now_ms + SOC_SIMCLOCK_PATIENCE_MS;
}
