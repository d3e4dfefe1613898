/* SPDX-License-Identifier: MIT */
/*
 * Files in memory, behind the table: the library's own code runs over files that no disk ever sees.
 *
 * The content of a file is a memfd (memfd_create(2)), and opening it gives a new open file
 * description, through /proc/self/fd. So locks, offsets, appending, reading, close(2) and inotify
 * on content are the kernel's own. What is emulated is names: a tree (memtree.h) above whose
 * directories stands a path that can't exist, SOC_MEMFS_ROOT. A directory's descriptor is one of an
 * empty memfd, recognised by its inode, which is written to when a name in the directory changes:
 * that is how it is watched. Times of modification follow the table's clock. Whatever does not
 * belong to the tree goes to the table beneath.
 *
 * Every file that has a name, and every directory, takes one descriptor of the process.
 *
 * A descriptor belongs to whoever the directory belonged to by which it was opened; so a process
 * can be made to die in which several live (soc_memfs_kill()).
 */
#ifndef SOC_MEMFS_H
#define SOC_MEMFS_H

#include "memtree.h"
#include "sys.h"

/* Nothing on disk can have a name beneath a device. */
#define SOC_MEMFS_ROOT "/dev/null/society"

struct soc_memfile;

struct soc_memfs {
    struct soc_memtree tree;
    struct soc_memfile *files; /* that are open, by their descriptors */
    size_t count, capacity;
    uint32_t owner;              /* of what is opened by its whole path; 0: nobody */
    const struct soc_sys *table; /* whose clock counts */
    struct soc_sys beneath;
};

/* Makes the root, and puts itself into the table, for one table at a time. 0; -ENOMEM, -EMFILE and
 * other errnos. */
int soc_memfs_begin(struct soc_memfs *fs, struct soc_sys *table);
/* Forgets all files. What is still open keeps its content until it is closed. */
void soc_memfs_end(struct soc_memfs *fs);

/* What the death of a process does: the owner's descriptors are closed, locks drop, watchers of the
 * directories are told. The numbers stay taken, each by a descriptor that can do nothing, for
 * somebody may still think to have to close them. */
void soc_memfs_kill(struct soc_memfs *fs, uint32_t owner);

#endif
