/* SPDX-License-Identifier: MIT */
/*
 * Waiting for others to act: for a log to grow and for something to change in locks/, where the
 * death of a holder shows, whichever comes first.
 *
 *     soc_await_begin(s, &await);
 *     do look at the files
 *     while (not yet what is wanted, and soc_await_settle(s, &await, reader, limit_ms) == 1);
 *     poll await.subscription.poll_fd, and begin again with the look
 *     soc_await_end(&await);
 *
 * The first soc_await_settle() sets the watches and asks for one look more behind them, so that
 * nothing falls between.
 *
 * When a process dies, the kernel tells the watchers that its lock file was closed before it drops
 * the lock (fput, then locks_remove_file). So after a change the descriptor becomes readable again
 * for about 60 ms more, with growing pauses.
 */
#ifndef SOC_AWAIT_H
#define SOC_AWAIT_H

#include "handle.h"

struct soc_await {
    struct soc_subscription subscription;
    int32_t again_ms; /* the next pause; 0: none wanted */
    bool watching;
    uint64_t switches; /* of the log's reader, when its file's watch was set */
};

/* 0; -EMFILE and other errnos. After a failure nothing is to be ended. */
int soc_await_begin(struct society *s, struct soc_await *await);
void soc_await_end(struct soc_await *await);

/* After a look that found nothing: 1 something has changed since, look again; 0 nothing has: the
 * descriptor becomes readable when it does, after `limit_ms` (-1: no limit) at the latest; errors,
 * SOCIETY_E_GONE among them. `reader`: of the log that is waited for; NULL: none. Never blocks. */
int soc_await_settle(struct society *s, struct soc_await *await, const struct soc_reader *reader,
                     int64_t limit_ms);

/* The same for who has nothing else to do: sleeps until there may be something new, `limit_ms` at
 * most. 0, also when nothing is new; -EINTR a signal handler ran; SOCIETY_E_GONE; other errnos. */
int soc_await_change(struct society *s, struct soc_await *await, const struct soc_reader *reader,
                     int64_t limit_ms);

#endif
