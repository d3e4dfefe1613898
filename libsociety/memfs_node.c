/* SPDX-License-Identifier: MIT */
/* Nodes of files in memory, and the paths to them: see memfs_node.h. */
#include "memfs_node.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>

#define ROOT_LENGTH (sizeof SOC_MEMFS_ROOT - 1)
#define PATH_SIZE (sizeof SOC_MEM_FD_PATH + 11)

struct soc_memfs *soc_mem;

int soc_mem_fail(int error)
{
    errno = error;
    return -1;
}

bool soc_mem_is_directory(const struct soc_memnode *node)
{
    return S_ISDIR(node->mode);
}

/* ---- Nodes ---- */

void soc_mem_set_modified(struct soc_memnode *node)
{
    soc_mem->table->clock_gettime(CLOCK_REALTIME, &node->modified);
}

struct soc_memnode *soc_mem_node_of(int fd)
{
    int saved = errno;
    struct stat st;
    struct soc_memnode *node = NULL;
    if (fd >= 0 && soc_mem->beneath.fstat(fd, &st) == 0)
        node = soc_memtree_of(&soc_mem->tree, st.st_dev, st.st_ino);
    errno = saved;
    return node;
}

int soc_mem_reopen(int fd, int flags)
{
    char path[PATH_SIZE];
    snprintf(path, sizeof path, SOC_MEM_FD_PATH "%d", fd);
    return soc_mem->beneath.openat(AT_FDCWD, path, flags | O_CLOEXEC, 0);
}

/* The kernel tells no watcher of what goes through the descriptor that memfd_create(2) gives, but
 * through those opened anew it does. */
int soc_mem_give_content(struct soc_memnode *node)
{
    struct stat st;
    int made = memfd_create("society", MFD_CLOEXEC);
    if (made < 0)
        return -1;
    node->fd = soc_mem_reopen(made, O_RDWR);
    soc_mem->beneath.close(made);
    if (node->fd < 0 || soc_mem->beneath.fstat(node->fd, &st) < 0)
        return -1;
    node->device = st.st_dev;
    node->inode = st.st_ino;
    soc_mem_set_modified(node);
    return 0;
}

void soc_mem_release(struct soc_memnode *node)
{
    if (node->fd >= 0)
        soc_mem->beneath.close(node->fd);
}

static void drop(struct soc_memnode *node)
{
    soc_mem_release(node);
    soc_memtree_drop(&soc_mem->tree, node);
}

void soc_mem_drop_unnamed(struct soc_memnode *node)
{
    if (node->links == 0)
        drop(node);
}

/* Tells whoever watches the directory. If that fails, their timers do. */
static void tell(const struct soc_memnode *directory)
{
    soc_mem->beneath.write(directory->fd, "", 1);
}

void soc_mem_change_names(struct soc_memnode *directory)
{
    soc_mem_set_modified(directory);
    tell(directory);
}

void soc_mem_tell_closed(const struct soc_memnode *file)
{
    for (const struct soc_memnode *node = soc_mem->tree.nodes; node; node = node->next)
        if (node->tells_closes && soc_memtree_has(node, file))
            tell(node);
}

/* ---- Paths ---- */

int soc_mem_find(int dir, const char *path, struct soc_memplace *ret_place)
{
    struct soc_memnode *from;
    if (path[0] == '/') {
        bool below = strncmp(path, SOC_MEMFS_ROOT, ROOT_LENGTH) == 0 &&
                     (path[ROOT_LENGTH] == '/' || path[ROOT_LENGTH] == '\0');
        from = below ? soc_mem->tree.root : NULL;
        path += below ? ROOT_LENGTH + strspn(path + ROOT_LENGTH, "/") : 0;
    } else {
        from = soc_mem_node_of(dir);
    }
    if (!from)
        return 0;
    int result = soc_memtree_find(from, path, ret_place);
    return result < 0 ? soc_mem_fail(-result) : 1;
}

int soc_mem_find_node(int dir, const char *path, struct soc_memplace *ret_place)
{
    int found = soc_mem_find(dir, path, ret_place);
    return found == 1 && !ret_place->node ? soc_mem_fail(ENOENT) : found;
}

int soc_mem_find_file(int dir, const char *path, struct soc_memplace *ret_place)
{
    int found = soc_mem_find_node(dir, path, ret_place);
    return found == 1 && soc_mem_is_directory(ret_place->node) ? soc_mem_fail(EISDIR) : found;
}

int soc_mem_make(const struct soc_memplace *place, mode_t mode, struct soc_memnode **ret_node)
{
    struct soc_memnode *node = soc_memtree_make(&soc_mem->tree, mode);
    if (!node)
        return soc_mem_fail(ENOMEM);
    int result = soc_mem_give_content(node);
    if (result == 0 && soc_memtree_link(place->parent, place->name, node) < 0)
        result = soc_mem_fail(ENOMEM);
    if (result < 0) {
        drop(node);
        return -1;
    }
    soc_mem_change_names(place->parent);
    *ret_node = node;
    return 0;
}
