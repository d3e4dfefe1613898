/* SPDX-License-Identifier: MIT */
/* Files in memory: the calls on names, and their watchers. See memfs.h. */
#include <dirent.h>
#include <errno.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/inotify.h>

#include "memfs_node.h"

static int mem_mkdirat(int dir, const char *path, mode_t mode)
{
    struct soc_memplace place;
    struct soc_memnode *node;
    int found = soc_mem_find(dir, path, &place);
    if (found == 0)
        return soc_mem->beneath.mkdirat(dir, path, mode);
    if (found < 0)
        return -1;
    return place.node ? soc_mem_fail(EEXIST)
                      : soc_mem_make(&place, S_IFDIR | (mode & 07777), &node);
}

/* Lets `to` lead to the node, too. */
static int name_node(const struct soc_memplace *to, struct soc_memnode *node)
{
    struct soc_memnode *replaced = to->node;
    if (!replaced && soc_memtree_link(to->parent, to->name, node) < 0)
        return soc_mem_fail(ENOMEM);
    if (replaced) {
        soc_memtree_relink(to->parent, to->name, node);
        soc_mem_drop_unnamed(replaced);
    }
    soc_mem_change_names(to->parent);
    return 0;
}

/* Both ends of a rename or link: 1, 0 and -1 as soc_mem_find(). */
static int find_both(int from_dir, const char *from, int to_dir, const char *to,
                     struct soc_memplace places[2])
{
    int first = soc_mem_find_file(from_dir, from, &places[0]);
    int second = first < 0 ? first : soc_mem_find(to_dir, to, &places[1]);
    if (first < 0 || second < 0)
        return -1;
    if (first != second)
        return soc_mem_fail(EXDEV);
    return first == 1 && places[1].node && soc_mem_is_directory(places[1].node)
               ? soc_mem_fail(EISDIR)
               : first;
}

static int mem_renameat2(int from_dir, const char *from, int to_dir, const char *to, unsigned flags)
{
    struct soc_memplace places[2];
    int found = find_both(from_dir, from, to_dir, to, places);
    if (found == 0)
        return soc_mem->beneath.renameat2(from_dir, from, to_dir, to, flags);
    if (found < 0)
        return -1;
    if ((flags & ~(unsigned)RENAME_NOREPLACE) != 0)
        return soc_mem_fail(EINVAL);
    if ((flags & RENAME_NOREPLACE) && places[1].node)
        return soc_mem_fail(EEXIST);
    if (places[0].node == places[1].node)
        return 0;
    if (name_node(&places[1], places[0].node) < 0)
        return -1;
    soc_memtree_unlink(places[0].parent, places[0].name);
    soc_mem_change_names(places[0].parent);
    return 0;
}

static int mem_linkat(int from_dir, const char *from, int to_dir, const char *to, int flags)
{
    struct soc_memplace places[2];
    int found = find_both(from_dir, from, to_dir, to, places);
    if (found == 0)
        return soc_mem->beneath.linkat(from_dir, from, to_dir, to, flags);
    if (found < 0)
        return -1;
    return places[1].node ? soc_mem_fail(EEXIST) : name_node(&places[1], places[0].node);
}

static int mem_unlinkat(int dir, const char *path, int flags)
{
    struct soc_memplace place;
    int found = soc_mem_find_file(dir, path, &place);
    if (found == 0)
        return soc_mem->beneath.unlinkat(dir, path, flags);
    if (found < 0)
        return -1;
    if (flags & AT_REMOVEDIR)
        return soc_mem_fail(ENOTDIR);
    soc_memtree_unlink(place.parent, place.name);
    soc_mem_drop_unnamed(place.node);
    soc_mem_change_names(place.parent);
    return 0;
}

/* The descriptor's offset is the number of entries that were given. */
static ssize_t mem_getdents64(int dir, void *entries, size_t length)
{
    const struct soc_memnode *node = soc_mem_node_of(dir);
    char *out = entries;
    size_t used = 0;
    if (!node)
        return soc_mem->beneath.getdents64(dir, entries, length);
    if (!soc_mem_is_directory(node))
        return soc_mem_fail(ENOTDIR);
    size_t at = (size_t)soc_mem->beneath.lseek(dir, 0, SEEK_CUR);
    for (; at < node->count; at++) {
        const char *name = node->entries[at].name;
        size_t size = (offsetof(struct dirent64, d_name) + strlen(name) + 8) & ~(size_t)7;
        if (used + size > length)
            break;
        struct dirent64 *entry = (struct dirent64 *)(void *)(out + used);
        entry->d_ino = node->entries[at].node->inode;
        entry->d_off = (off_t)at + 1;
        entry->d_reclen = (unsigned short)size;
        entry->d_type = DT_UNKNOWN;
        memcpy(entry->d_name, name, strlen(name) + 1);
        used += size;
    }
    if (used == 0 && at < node->count)
        return soc_mem_fail(EINVAL);
    soc_mem->beneath.lseek(dir, (off_t)at, SEEK_SET);
    return (ssize_t)used;
}

static char *mem_realpath(const char *path)
{
    struct soc_memplace place;
    int found = soc_mem_find_node(AT_FDCWD, path, &place);
    if (found == 0)
        return soc_mem->beneath.realpath(path);
    return found < 0 ? NULL : strdup(path);
}

/* A watch on a directory is one on what is written when its names change. */
static int mem_inotify_add(int fd, const char *path, uint32_t mask)
{
    const char *number = strncmp(path, SOC_MEM_FD_PATH, sizeof SOC_MEM_FD_PATH - 1) == 0
                             ? path + sizeof SOC_MEM_FD_PATH - 1
                             : "-1"; /* no descriptor */
    struct soc_memnode *node = soc_mem_node_of((int)strtol(number, NULL, 10));
    if (node && soc_mem_is_directory(node)) {
        node->tells_closes |= (mask & IN_CLOSE_WRITE) != 0;
        mask = IN_MODIFY | IN_MASK_ADD;
    }
    return soc_mem->beneath.inotify_add(fd, path, mask);
}

void soc_mem_fill_names(struct soc_sys *table)
{
    table->mkdirat = mem_mkdirat;
    table->renameat2 = mem_renameat2;
    table->linkat = mem_linkat;
    table->unlinkat = mem_unlinkat;
    table->getdents64 = mem_getdents64;
    table->realpath = mem_realpath;
    table->inotify_add = mem_inotify_add;
}
