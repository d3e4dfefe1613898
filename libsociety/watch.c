/* SPDX-License-Identifier: MIT */
/* inotify, shared: see watch.h. */
#include "watch.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/inotify.h>
#include <unistd.h>

#include "sys.h"

#define NAMES_MASK \
    (IN_CREATE | IN_MOVED_TO | IN_MOVED_FROM | IN_DELETE | IN_DELETE_SELF | IN_ONLYDIR)

static const uint32_t mask_of[] = {
    [SOC_WATCH_NAMES] = NAMES_MASK,
    [SOC_WATCH_PRESENCE] = NAMES_MASK | IN_CLOSE_WRITE,
    [SOC_WATCH_WRITES] = IN_MODIFY,
    [SOC_WATCH_CLOSES] = IN_CLOSE_WRITE,
    /* one that is moved away is nobody's bell any more; one that is removed ends its watch */
    [SOC_WATCH_OPENS] = IN_OPEN | IN_MOVE_SELF,
};

struct soc_watch {
    pid_t owner; /* the process that made it */
    int inotify; /* -1: none to be had */
    struct soc_subscription *first;
};

struct soc_watch *soc_watch_new(void)
{
    struct soc_watch *watch = calloc(1, sizeof *watch);
    if (watch) {
        watch->owner = getpid();
        watch->inotify = soc_sys->inotify_init();
    }
    return watch;
}

void soc_watch_free(struct soc_watch *watch)
{
    if (!watch)
        return;
    if (watch->inotify >= 0)
        soc_sys->close(watch->inotify);
    free(watch);
}

/* ---- Descriptors of a subscription ---- */

static int set_timer(const struct soc_subscription *subscription, int32_t first_ms)
{
    int32_t period = subscription->period_ms;
    struct itimerspec spec = {
        .it_interval = {.tv_sec = period / 1000, .tv_nsec = period % 1000 * 1000000L},
        .it_value = {.tv_sec = first_ms / 1000, .tv_nsec = first_ms % 1000 * 1000000L},
    };
    return soc_sys->timer_set(subscription->timer_fd, &spec);
}

static int add_to_poll(const struct soc_subscription *subscription, int fd)
{
    struct epoll_event event = {.events = EPOLLIN, .data.fd = fd};
    return fd < 0 ? 0 : epoll_ctl(subscription->poll_fd, EPOLL_CTL_ADD, fd, &event);
}

static void close_descriptors(struct soc_subscription *subscription)
{
    int *const fds[] = {&subscription->poll_fd, &subscription->event_fd, &subscription->timer_fd};
    for (size_t i = 0; i < sizeof fds / sizeof fds[0]; i++) {
        if (*fds[i] >= 0)
            soc_sys->close(*fds[i]);
        *fds[i] = -1;
    }
}

int soc_watch_subscribe(struct soc_watch *watch, bool polled, struct soc_subscription *subscription,
                        struct soc_error *error)
{
    *subscription = (struct soc_subscription){
        .watch = watch, .file = -1, .directory = -1, .bell = -1, .marked = true};
    subscription->period_ms = polled || watch->inotify < 0 ? SOC_WATCH_POLL_MS : SOC_WATCH_NET_MS;
    subscription->poll_fd = epoll_create1(EPOLL_CLOEXEC);
    subscription->event_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    subscription->timer_fd = soc_sys->timer_init();
    if (subscription->poll_fd < 0 || subscription->event_fd < 0 || subscription->timer_fd < 0 ||
        add_to_poll(subscription, watch->inotify) < 0 ||
        add_to_poll(subscription, subscription->event_fd) < 0 ||
        add_to_poll(subscription, subscription->timer_fd) < 0 ||
        set_timer(subscription, subscription->period_ms) < 0) {
        int result = soc_fail_errno(error, "cannot make descriptors to wait with");
        close_descriptors(subscription);
        subscription->watch = NULL;
        return result;
    }
    subscription->next = watch->first;
    watch->first = subscription;
    return 0;
}

/* ---- Watches ---- */

/* Removes a watch that no subscription uses any more: the kernel gives one descriptor for each
 * file, so they may share it. A child made by fork() has the same instance and leaves it alone. */
static void drop_watch(const struct soc_watch *watch, int descriptor)
{
    for (const struct soc_subscription *s = watch->first; s; s = s->next)
        if (s->file == descriptor || s->directory == descriptor || s->bell == descriptor)
            return;
    if (descriptor >= 0 && watch->owner == getpid())
        inotify_rm_watch(watch->inotify, descriptor);
}

static void set_period(struct soc_subscription *subscription, int32_t period_ms)
{
    if (subscription->period_ms == period_ms)
        return;
    subscription->period_ms = period_ms;
    set_timer(subscription, period_ms);
}

/* By the descriptor's own name, so that the file watched is the file opened. What others of this
 * instance want of the file is not taken away. */
static int add_watch(struct soc_subscription *subscription, int fd, enum soc_watch_kind kind)
{
    char path[64];
    if (fd < 0 || subscription->watch->inotify < 0)
        return -1;
    snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
    int descriptor =
        soc_sys->inotify_add(subscription->watch->inotify, path, mask_of[kind] | IN_MASK_ADD);
    if (descriptor < 0)
        set_period(subscription, SOC_WATCH_POLL_MS);
    return descriptor;
}

/* The new watch is there before the old one goes. */
static void replace_watch(struct soc_subscription *subscription, int *watch, int fd,
                          enum soc_watch_kind kind)
{
    int before = *watch;
    *watch = add_watch(subscription, fd, kind);
    drop_watch(subscription->watch, before);
}

void soc_watch_directory(struct soc_subscription *subscription, int fd, enum soc_watch_kind kind)
{
    replace_watch(subscription, &subscription->directory, fd, kind);
}

void soc_watch_file(struct soc_subscription *subscription, int fd, enum soc_watch_kind kind)
{
    replace_watch(subscription, &subscription->file, fd, kind);
}

void soc_watch_bell(struct soc_subscription *subscription, int fd)
{
    if (subscription->period_ms != SOC_WATCH_POLL_MS)
        set_period(subscription, fd < 0 ? SOC_WATCH_NET_MS : SOC_WATCH_BELL_MS);
    replace_watch(subscription, &subscription->bell, fd, SOC_WATCH_OPENS);
}

void soc_watch_unsubscribe(struct soc_subscription *subscription)
{
    if (!subscription->watch)
        return;
    struct soc_subscription **link = &subscription->watch->first;
    while (*link != subscription)
        link = &(*link)->next;
    *link = subscription->next;
    drop_watch(subscription->watch, subscription->file);
    drop_watch(subscription->watch, subscription->directory);
    drop_watch(subscription->watch, subscription->bell);
    close_descriptors(subscription);
    subscription->watch = NULL;
}

/* ---- Events ---- */

static void mark(struct soc_subscription *subscription, const struct soc_subscription *reader)
{
    if (!subscription->marked && subscription != reader)
        soc_watch_signal(subscription);
    subscription->marked = true;
}

static bool concerns(const struct soc_subscription *s, const struct inotify_event *event)
{
    return event->wd == s->file || event->wd == s->directory || event->wd == s->bell;
}

/* What was watched is gone. */
static void forget_watch(struct soc_subscription *s, int descriptor)
{
    int *const watches[] = {&s->file, &s->directory, &s->bell};
    for (size_t i = 0; i < sizeof watches / sizeof watches[0]; i++)
        if (*watches[i] == descriptor)
            *watches[i] = -1;
}

static void handle_event(struct soc_watch *watch, const struct inotify_event *event,
                         const struct soc_subscription *reader)
{
    bool overflow = (event->mask & IN_Q_OVERFLOW) != 0;
    for (struct soc_subscription *s = watch->first; s; s = s->next) {
        if (!overflow && !concerns(s, event))
            continue;
        s->lost |= overflow || (event->mask & (IN_IGNORED | IN_UNMOUNT | IN_MOVE_SELF)) != 0;
        s->changed |= overflow || event->wd == s->directory;
        if ((event->mask & (IN_IGNORED | IN_MOVE_SELF)) != 0)
            forget_watch(s, event->wd);
        mark(s, reader);
    }
    if ((event->mask & IN_MOVE_SELF) != 0) /* the kernel keeps that one */
        drop_watch(watch, event->wd);
}

/* Less than this left of the buffer: there may have been no room for the next event. */
#define LARGEST_EVENT (sizeof(struct inotify_event) + NAME_MAX + 1)

static void read_events(struct soc_watch *watch, const struct soc_subscription *reader)
{
    char buffer[4096] __attribute__((aligned(__alignof__(struct inotify_event))));
    ssize_t got;
    do {
        got = soc_sys->read(watch->inotify, buffer, sizeof buffer);
        for (const char *at = buffer; at < buffer + got;) {
            const struct inotify_event *event = (const struct inotify_event *)(const void *)at;
            handle_event(watch, event, reader);
            at += sizeof *event + event->len;
        }
    } while (got > 0 && sizeof buffer - (size_t)got < LARGEST_EVENT);
}

static bool read_count(int fd)
{
    uint64_t count;
    return soc_sys->read(fd, &count, sizeof count) == sizeof count;
}

bool soc_watch_take(struct soc_subscription *subscription)
{
    struct epoll_event ready[3];
    bool rung = false;
    bool signalled = false;
    int count = epoll_wait(subscription->poll_fd, ready, 3, 0);
    for (int i = 0; i < count; i++) {
        if (ready[i].data.fd == subscription->timer_fd)
            rung = read_count(subscription->timer_fd);
        else if (ready[i].data.fd == subscription->event_fd)
            signalled = read_count(subscription->event_fd);
        else
            read_events(subscription->watch, subscription);
    }
    bool marked = subscription->marked; /* by an event, whoever of the handle has read it */
    subscription->marked = false;
    subscription->by_clock = rung && !marked;
    return marked || rung || signalled;
}

int soc_watch_signal(const struct soc_subscription *subscription)
{
    static const uint64_t one = 1;
    int saved = errno; /* a signal handler leaves it as it was */
    ssize_t wrote = write(subscription->event_fd, &one, sizeof one);
    /* EAGAIN: the counter is full, so the descriptor is readable, which is what was wanted. */
    int result = wrote == sizeof one || errno == EAGAIN ? 0 : -errno;
    errno = saved;
    return result;
}

void soc_watch_soon(struct soc_subscription *subscription, int32_t ms)
{
    set_timer(subscription, ms > 0 ? ms : 1);
}

int soc_watch_wait(const struct soc_subscription *subscription, int32_t timeout_ms)
{
    struct pollfd poll_fd = {.fd = subscription->poll_fd, .events = POLLIN};
    int ready = soc_sys->poll(&poll_fd, 1, timeout_ms);
    return ready < 0 ? -errno : ready;
}
