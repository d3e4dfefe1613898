/* SPDX-License-Identifier: MIT */
/*
 * One fdatasync(2) for all who wait for it. Who has written a record and finds nobody syncing leads:
 * it notes how long the log is, syncs it, and leaves in the file `.<log>.sync` that so much of it is
 * safe. Who finds a leader at work waits for what it leaves, or to lead the next round.
 *
 * What is acknowledged on another's word was written before that one's fdatasync began, and that
 * returned 0, because
 *   - the leader looks at the log's length first, and then waits until nobody holds the log's lock,
 *     or counts its own record alone: a file is as long as a record makes it before write(2) has
 *     told the file system to keep it so long (ext4), and a sync in between would leave that out;
 *   - it says so only after its fdatasync, under the leader's lock, with a checksum;
 *   - only rounds count that ended after this record's write began: one of before may be of more
 *     than stands there now, after somebody has emptied the log; and only those that name the same
 *     device and inode: an inode does not become another file's while it is open;
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
    bool alone;     /* there is no such file to be had */
    bool impatient; /* the last leader was waited for in vain */
    uint64_t round; /* the last that had ended when the write began */
};

void soc_group_sync_init(struct soc_group_sync *group);
/* The segment was closed: for the next one a file may be had again. */
void soc_group_sync_leave(struct soc_group_sync *group);
void soc_group_sync_close(struct soc_group_sync *group);

/* To be called under the log's lock, before something is written that is to be synced. */
void soc_group_sync_begin(struct soc_group_sync *group);
/* Behind it, the log's lock given back: returns when what was written to the segment before its offset `end` survives a power cut. 0; -1
 * and errno as of fdatasync(2), and as final. */
int soc_group_sync(struct soc_group_sync *group, const struct soc_dir *dir, const char *log,
                   const struct soc_segment *segment, int64_t end);

#endif
