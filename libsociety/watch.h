/* SPDX-License-Identifier: MIT */
/*
 * Waiting for files to change: one inotify instance for a handle, shared by its tails, in the
 * caller's own poll loop.
 *
 * A subscription watches a directory's names and a file's content. Reading the shared instance
 * marks every subscription that an event concerns, and makes the descriptors of the others
 * readable, so that it does not matter who reads. When events were lost (queue overflow) or a watch
 * vanished, everyone concerned is marked and told to watch anew. What an event said is never
 * believed: the reader looks at the file.
 *
 * Each subscription has one pollable descriptor (an epoll instance over the shared inotify, an
 * eventfd of its own and a timer). The timer is the safety net: every 5 s, every second for who
 * waits for a bell (bell.h), or every 250 ms where inotify can't see every writer or is not to be
 * had (the kernel allows a user 128 instances).
 */
#ifndef SOC_WATCH_H
#define SOC_WATCH_H

#include <stdbool.h>
#include <stdint.h>

#include "error.h"

#define SOC_WATCH_NET_MS 5000
#define SOC_WATCH_BELL_MS 1000
#define SOC_WATCH_POLL_MS 250

struct soc_watch;

struct soc_subscription {
    struct soc_watch *watch;
    struct soc_subscription *next;
    int poll_fd;  /* for callers: readable when something may have happened */
    int event_fd; /* written by wakes and by other subscriptions */
    int timer_fd;
    int file; /* watch descriptors; -1 none */
    int directory;
    int bell;
    bool marked;   /* something may have happened */
    bool changed;  /* names in the directory did */
    bool lost;     /* watches have to be set anew */
    bool by_clock; /* soc_watch_take() found that the timer had gone off, and no event */
    int32_t period_ms;
};

/* What a watch reports. */
enum soc_watch_kind {
    SOC_WATCH_NAMES,    /* of a directory: names that come and go */
    SOC_WATCH_PRESENCE, /* the same, and files closed after writing: what the death of a lock's
                           holder looks like */
    SOC_WATCH_WRITES,   /* of a file: every write */
    SOC_WATCH_CLOSES,   /* that somebody who could write to it closes it */
    SOC_WATCH_OPENS     /* that somebody opens it: a bell that is rung */
};

/* NULL when out of memory. Without an inotify instance the watch works by its timers alone. */
struct soc_watch *soc_watch_new(void);
void soc_watch_free(struct soc_watch *watch);

/* `polled`: look every 250 ms, for inotify may not see everything. 0; -EMFILE and other errnos. */
int soc_watch_subscribe(struct soc_watch *watch, bool polled, struct soc_subscription *subscription,
                        struct soc_error *error);
void soc_watch_unsubscribe(struct soc_subscription *subscription);

/* Watches the directory, file or bell behind an open descriptor, in place of what was watched
 * before; fd -1: nothing. When the kernel refuses (no watches left, no /proc), the subscription
 * polls. */
void soc_watch_directory(struct soc_subscription *subscription, int fd, enum soc_watch_kind kind);
void soc_watch_file(struct soc_subscription *subscription, int fd, enum soc_watch_kind kind);
void soc_watch_bell(struct soc_subscription *subscription, int fd);

/* Takes in what has happened: reads the shared instance, the timer and the eventfd, and clears and
 * returns the mark. To be called before looking at the files, so that nothing falls between. */
bool soc_watch_take(struct soc_subscription *subscription);

/* Makes the descriptor readable. Async-signal-safe; any thread. 0 or -errno. */
int soc_watch_signal(const struct soc_subscription *subscription);

/* Asks for a look in `ms` milliseconds at the latest, once. */
void soc_watch_soon(struct soc_subscription *subscription, int32_t ms);

/* Blocks until the descriptor is readable: 1, 0 after timeout_ms (-1: never), -EINTR, other errnos.
 */
int soc_watch_wait(const struct soc_subscription *subscription, int32_t timeout_ms);

#endif
