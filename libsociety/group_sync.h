/* SPDX-License-Identifier: MIT */
/*
 * One fdatasync(2) for all who wait for it. Who has written a record and finds nobody syncing leads:
 * it notes how long the log is, syncs it, and leaves in the file `.<log>.sync` that so much of it is
 * safe. Who finds a leader at work waits for what it leaves, or to lead the next round.
 *
 * What is acknowledged on another's word was written before that one's fdatasync began, and that
 * returned 0, because
 *   - the leader looks at the log's length first, and a record that ends within it was whole then;
 *   - it says so only after its fdatasync, under the leader's lock, with a checksum;
 *   - only rounds count that ended after this process had opened its segment, and that name the
 *     same device and inode: an inode does not become another file's while it is open;
 *   - what the disk refused meanwhile is reported to every descriptor, and this one is asked.
 * Whatever else happens to that file or to a leader costs time: then each syncs for itself.
 */
#ifndef SOC_GROUP_SYNC_H
#define SOC_GROUP_SYNC_H

#include <stdbool.h>
#include <stdint.h>

#include "segment.h"

struct soc_group_sync {
    int fd;         /* of `.<log>.sync`; -1: not open */
    void *page;     /* its first, never touched here: by its address the kernel knows who waits */
    bool joined;    /* to the group of the open segment */
    bool alone;     /* there is no such file to be had */
    uint64_t round; /* the last that had ended when we joined */
};

void soc_group_sync_init(struct soc_group_sync *group);
/* The segment was closed, and the next one is another. */
void soc_group_sync_leave(struct soc_group_sync *group);
void soc_group_sync_close(struct soc_group_sync *group);

/* Returns when what was written to the segment before its offset `end` survives a power cut. 0; -1
 * and errno as of fdatasync(2), and as final. */
int soc_group_sync(struct soc_group_sync *group, const struct soc_dir *dir, const char *log,
                   const struct soc_segment *segment, int64_t end);

#endif
