/* SPDX-License-Identifier: MIT */
/* Files in memory: see memfs.h. Each call first asks whether what it is about lies in the tree. */
#include "memfs.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "memfs_node.h"

/* An open file. A number that was closed behind the table's back and taken again is told by the
 * inode. */
struct soc_memfile {
    int fd;
    uint32_t owner;
    dev_t device;
    ino_t inode;
};

/* ---- Opening and closing ---- */

static struct soc_memfile *file_of(int fd)
{
    for (size_t i = 0; i < soc_mem->count; i++)
        if (soc_mem->files[i].fd == fd)
            return &soc_mem->files[i];
    return NULL;
}

static struct soc_memfile *reserve_file(void)
{
    if (soc_mem->count == soc_mem->capacity) {
        size_t capacity = soc_mem->capacity * 2 + 16;
        struct soc_memfile *files = reallocarray(soc_mem->files, capacity, sizeof *files);
        if (!files)
            return NULL;
        soc_mem->files = files;
        soc_mem->capacity = capacity;
    }
    return &soc_mem->files[soc_mem->count];
}

/* Opens a node on behalf of an owner. */
static int open_node(const struct soc_memnode *node, int flags, uint32_t owner)
{
    if (!reserve_file())
        return soc_mem_fail(ENOMEM);
    int fd = soc_mem_reopen(node->fd, flags & (O_ACCMODE | O_APPEND | O_TRUNC | O_NONBLOCK));
    if (fd < 0)
        return -1;
    struct soc_memfile *file = file_of(fd);
    if (!file)
        file = &soc_mem->files[soc_mem->count++];
    *file = (struct soc_memfile){fd, owner, node->device, node->inode};
    return fd;
}

static uint32_t owner_of(int dir)
{
    const struct soc_memfile *file = dir == AT_FDCWD ? NULL : file_of(dir);
    return file ? file->owner : soc_mem->owner;
}

static int open_place(const struct soc_memplace *place, int flags, mode_t mode, uint32_t owner)
{
    struct soc_memnode *node = place->node;
    if (!node && !(flags & O_CREAT))
        return soc_mem_fail(ENOENT);
    if (node && (flags & O_CREAT) && (flags & O_EXCL))
        return soc_mem_fail(EEXIST);
    if (node && (flags & O_DIRECTORY) && !soc_mem_is_directory(node))
        return soc_mem_fail(ENOTDIR);
    if (node && soc_mem_is_directory(node) && (flags & O_ACCMODE) != O_RDONLY)
        return soc_mem_fail(EISDIR);
    if (!node && soc_mem_make(place, S_IFREG | (mode & 07777), &node) < 0)
        return -1;
    return open_node(node, flags, owner);
}

static int mem_openat(int dir, const char *path, int flags, mode_t mode)
{
    struct soc_memplace place;
    int found = soc_mem_find(dir, path, &place);
    if (found == 0)
        return soc_mem->beneath.openat(dir, path, flags, mode);
    return found < 0 ? -1 : open_place(&place, flags, mode, owner_of(dir));
}

static int mem_openat2(int dir, const char *path, const struct open_how *how)
{
    struct soc_memplace place;
    int found = soc_mem_find(dir, path, &place);
    if (found == 0)
        return soc_mem->beneath.openat2(dir, path, how);
    return found < 0 ? -1 : open_place(&place, (int)how->flags, (mode_t)how->mode, owner_of(dir));
}

static bool is_written(int fd)
{
    int flags = fcntl(fd, F_GETFL);
    return flags >= 0 && (flags & O_ACCMODE) != O_RDONLY;
}

static void forget(int fd)
{
    struct soc_memfile *file = file_of(fd);
    if (file)
        *file = soc_mem->files[--soc_mem->count];
}

static int mem_close(int fd)
{
    const struct soc_memnode *node = soc_mem_node_of(fd);
    bool written = node && !soc_mem_is_directory(node) && is_written(fd);
    forget(fd);
    int result = soc_mem->beneath.close(fd);
    if (written)
        soc_mem_tell_closed(node);
    return result;
}

/* ---- Content ---- */

static ssize_t mem_write(int fd, const void *data, size_t length)
{
    struct soc_memnode *node = soc_mem_node_of(fd);
    ssize_t wrote = soc_mem->beneath.write(fd, data, length);
    if (node && wrote > 0)
        soc_mem_set_modified(node);
    return wrote;
}

static int mem_ftruncate(int fd, off_t length)
{
    struct soc_memnode *node = soc_mem_node_of(fd);
    int result = soc_mem->beneath.ftruncate(fd, length);
    if (node && result == 0)
        soc_mem_set_modified(node);
    return result;
}

/* ---- Attributes ---- */

static void describe(const struct soc_memnode *node, struct stat *st)
{
    st->st_mode = node->mode;
    st->st_nlink = soc_mem_is_directory(node) ? 2 : node->links;
    st->st_size = soc_mem_is_directory(node) ? 0 : st->st_size;
    st->st_mtim = node->modified;
    st->st_ctim = node->modified;
}

static int mem_fstat(int fd, struct stat *st)
{
    const struct soc_memnode *node = soc_mem_node_of(fd);
    int result = soc_mem->beneath.fstat(fd, st);
    if (node && result == 0)
        describe(node, st);
    return result;
}

static int mem_fstatat(int dir, const char *path, struct stat *st, int flags)
{
    struct soc_memplace place;
    int found = soc_mem_find_node(dir, path, &place);
    if (found == 0)
        return soc_mem->beneath.fstatat(dir, path, st, flags);
    return found < 0 ? -1 : mem_fstat(place.node->fd, st);
}

static int mem_statx(int dir, const char *path, int flags, unsigned mask, struct statx *st)
{
    struct soc_memplace place;
    int found = soc_mem_find_node(dir, path, &place);
    if (found == 0)
        return soc_mem->beneath.statx(dir, path, flags, mask, st);
    if (found < 0 || soc_mem->beneath.statx(place.node->fd, "", AT_EMPTY_PATH, mask, st) < 0)
        return -1;
    st->stx_mode = (uint16_t)place.node->mode;
    st->stx_nlink = soc_mem_is_directory(place.node) ? 2 : place.node->links;
    return 0;
}

static int mem_fchmod(int fd, mode_t mode)
{
    struct soc_memnode *node = soc_mem_node_of(fd);
    if (!node)
        return soc_mem->beneath.fchmod(fd, mode);
    node->mode = (node->mode & S_IFMT) | (mode & 07777);
    return 0;
}

static int mem_utimensat(int dir, const char *path, const struct timespec times[2], int flags)
{
    struct soc_memplace place;
    int found = soc_mem_find_node(dir, path, &place);
    if (found == 0)
        return soc_mem->beneath.utimensat(dir, path, times, flags);
    if (found < 0)
        return -1;
    if (times)
        place.node->modified = times[1];
    else
        soc_mem_set_modified(place.node);
    return 0;
}

/* ---- In force ---- */

int soc_memfs_begin(struct soc_memfs *fs, struct soc_sys *table)
{
    *fs = (struct soc_memfs){.table = table, .beneath = *table};
    soc_mem = fs;
    if (soc_memtree_init(&fs->tree) < 0 || soc_mem_give_content(fs->tree.root) < 0) {
        int result = fs->tree.root ? -errno : -ENOMEM;
        soc_memfs_end(fs);
        return result;
    }
    table->openat = mem_openat;
    table->openat2 = mem_openat2;
    table->close = mem_close;
    table->write = mem_write;
    table->ftruncate = mem_ftruncate;
    table->fstat = mem_fstat;
    table->fstatat = mem_fstatat;
    table->statx = mem_statx;
    table->fchmod = mem_fchmod;
    table->utimensat = mem_utimensat;
    soc_mem_fill_names(table);
    return 0;
}

void soc_memfs_end(struct soc_memfs *fs)
{
    soc_memtree_free(&fs->tree, soc_mem_release);
    free(fs->files);
    *fs = (struct soc_memfs){0};
    soc_mem = NULL;
}

/* Puts a descriptor that can do nothing in the place of an open one. */
static void bury(const struct soc_memfile *file)
{
    const struct soc_memnode *node = soc_mem_node_of(file->fd);
    bool written = node && !soc_mem_is_directory(node) && is_written(file->fd);
    int dead = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    if (dead < 0 || dup3(dead, file->fd, O_CLOEXEC) < 0)
        soc_mem->beneath.close(file->fd); /* no number is left to keep this one taken with */
    if (dead >= 0)
        soc_mem->beneath.close(dead);
    if (written)
        soc_mem_tell_closed(node);
}

void soc_memfs_kill(struct soc_memfs *fs, uint32_t owner)
{
    struct stat st;
    for (size_t i = 0; i < fs->count;) {
        struct soc_memfile file = fs->files[i];
        if (file.owner != owner) {
            i++;
            continue;
        }
        fs->files[i] = fs->files[--fs->count];
        if (fs->beneath.fstat(file.fd, &st) == 0 && st.st_dev == file.device &&
            st.st_ino == file.inode)
            bury(&file);
    }
}
