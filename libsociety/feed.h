/* SPDX-License-Identifier: MIT */
/*
 * The feed behind a tail of "presence": who came and who went, found by comparing locks/ with what
 * was known, whenever something closed a lock file, and when the time of an agent that makes short
 * calls runs out.
 *
 * When a process dies, the kernel tells the watchers that its lock file was closed before it drops
 * the lock (fput, then locks_remove_file). So after each event the feed looks again, for about 60
 * ms, with growing pauses.
 */
#ifndef SOC_FEED_H
#define SOC_FEED_H

#include "handle.h"

struct soc_feed {
    soc_json *known; /* agent id -> whether online */
    soc_json *queue; /* events not yet given, an array */
    size_t given;
    int32_t again_ms; /* the next pause; 0: none wanted */
};

int soc_feed_open(struct society *s, struct soc_subscription *subscription, struct soc_feed *feed);
void soc_feed_close(struct soc_feed *feed);

/* Adds the next event's text to `out`: 1; 0 none for now; errnos. */
int soc_feed_next(struct society *s, struct soc_subscription *subscription, struct soc_feed *feed,
                  struct soc_strbuf *out);

#endif
