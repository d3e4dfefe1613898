/* SPDX-License-Identifier: MIT */
/* Names in memory: see memtree.h. Directories are short, so they are searched from end to end. */
#include "memtree.h"

#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

int soc_memtree_init(struct soc_memtree *tree)
{
    *tree = (struct soc_memtree){0};
    tree->root = soc_memtree_make(tree, S_IFDIR | 0700);
    return tree->root ? 0 : -ENOMEM;
}

static void free_node(struct soc_memnode *node)
{
    for (size_t i = 0; i < node->count; i++)
        free(node->entries[i].name);
    free(node->entries);
    free(node);
}

void soc_memtree_free(struct soc_memtree *tree, void (*release)(struct soc_memnode *node))
{
    struct soc_memnode *next;
    for (struct soc_memnode *node = tree->nodes; node; node = next) {
        next = node->next;
        release(node);
        free_node(node);
    }
    *tree = (struct soc_memtree){0};
}

struct soc_memnode *soc_memtree_make(struct soc_memtree *tree, mode_t mode)
{
    struct soc_memnode *node = calloc(1, sizeof *node);
    if (!node)
        return NULL;
    node->mode = mode;
    node->fd = -1;
    node->next = tree->nodes;
    tree->nodes = node;
    return node;
}

void soc_memtree_drop(struct soc_memtree *tree, struct soc_memnode *node)
{
    struct soc_memnode **link = &tree->nodes;
    while (*link != node)
        link = &(*link)->next;
    *link = node->next;
    free_node(node);
}

struct soc_memnode *soc_memtree_of(const struct soc_memtree *tree, dev_t device, ino_t inode)
{
    struct soc_memnode *node = tree->nodes;
    while (node && (node->inode != inode || node->device != device || node->fd < 0))
        node = node->next;
    return node;
}

static struct soc_mementry *entry_of(const struct soc_memnode *directory, const char *name,
                                     size_t length)
{
    for (size_t i = 0; i < directory->count; i++) {
        struct soc_mementry *entry = &directory->entries[i];
        if (strncmp(entry->name, name, length) == 0 && entry->name[length] == '\0')
            return entry;
    }
    return NULL;
}

/* One component: 1 it is the last, 0 it led into a directory, which is place->node; errors. */
static int step(const char **path, struct soc_memplace *place)
{
    const char *name = *path;
    size_t length = strcspn(name, "/");
    *path = name + length + strspn(name + length, "/");
    if (length > NAME_MAX)
        return -ENAMETOOLONG;
    if (!S_ISDIR(place->node->mode))
        return -ENOTDIR;
    if (length == 2 && strncmp(name, "..", 2) == 0)
        return -EXDEV;
    if (length == 1 && *name == '.')
        return 0;
    const struct soc_mementry *entry = entry_of(place->node, name, length);
    bool last = name[length] == '\0';
    if (!entry && !last)
        return -ENOENT;
    *place = (struct soc_memplace){place->node, name, entry ? entry->node : NULL};
    return last;
}

int soc_memtree_find(struct soc_memnode *from, const char *path, struct soc_memplace *ret_place)
{
    struct soc_memplace place = {.node = from};
    int result = 0;
    while (result == 0 && *path != '\0')
        result = step(&path, &place);
    if (result < 0)
        return result;
    if (result == 0)
        place.parent = NULL;
    *ret_place = place;
    return 0;
}

int soc_memtree_link(struct soc_memnode *directory, const char *name, struct soc_memnode *node)
{
    if (directory->count == directory->capacity) {
        size_t capacity = directory->capacity * 2 + 8;
        struct soc_mementry *entries =
            reallocarray(directory->entries, capacity, sizeof *directory->entries);
        if (!entries)
            return -ENOMEM;
        directory->entries = entries;
        directory->capacity = capacity;
    }
    char *copy = strdup(name);
    if (!copy)
        return -ENOMEM;
    directory->entries[directory->count++] = (struct soc_mementry){copy, node};
    node->links++;
    return 0;
}

void soc_memtree_unlink(struct soc_memnode *directory, const char *name)
{
    struct soc_mementry *entry = entry_of(directory, name, strlen(name));
    entry->node->links--;
    free(entry->name);
    *entry = directory->entries[--directory->count];
}

void soc_memtree_relink(struct soc_memnode *directory, const char *name, struct soc_memnode *node)
{
    struct soc_mementry *entry = entry_of(directory, name, strlen(name));
    entry->node->links--;
    entry->node = node;
    node->links++;
}

bool soc_memtree_has(const struct soc_memnode *directory, const struct soc_memnode *node)
{
    for (size_t i = 0; i < directory->count; i++)
        if (directory->entries[i].node == node)
            return true;
    return false;
}
