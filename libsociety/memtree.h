/* SPDX-License-Identifier: MIT */
/*
 * A tree of names in memory: directories, whose entries lead to nodes. A file may have several
 * names, a directory has one and keeps it. No system call is made here; what a node's content is
 * and how it is opened is the business of memfs.h.
 */
#ifndef SOC_MEMTREE_H
#define SOC_MEMTREE_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>
#include <time.h>

struct soc_mementry;

struct soc_memnode {
    struct soc_memnode *next; /* in the list of all */
    mode_t mode;              /* with the type */
    unsigned links;
    struct timespec modified;
    struct soc_mementry *entries; /* of a directory */
    size_t count, capacity;
    int fd; /* -1; for the tree's user, as all below */
    dev_t device;
    ino_t inode;
    bool tells_closes;
};

struct soc_mementry {
    char *name;
    struct soc_memnode *node;
};

struct soc_memtree {
    struct soc_memnode *nodes; /* all that have a name, and the root */
    struct soc_memnode *root;
};

/* Where a path leads. */
struct soc_memplace {
    struct soc_memnode *parent; /* NULL: the path is "." */
    const char *name;           /* the last component, borrowed from the path */
    struct soc_memnode *node;   /* NULL: there is nothing of this name */
};

/* 0; -ENOMEM. */
int soc_memtree_init(struct soc_memtree *tree);
/* `release` is given every node before it is freed. */
void soc_memtree_free(struct soc_memtree *tree, void (*release)(struct soc_memnode *node));

/* A node without a name, to be linked; NULL: no memory. */
struct soc_memnode *soc_memtree_make(struct soc_memtree *tree, mode_t mode);
/* Frees a node that has no name. */
void soc_memtree_drop(struct soc_memtree *tree, struct soc_memnode *node);
/* The node of an inode; NULL. */
struct soc_memnode *soc_memtree_of(const struct soc_memtree *tree, dev_t device, ino_t inode);

/* Follows a relative path. 0; -ENOENT and -ENOTDIR for what stands in the way; -EXDEV for "..";
 * -ENAMETOOLONG. */
int soc_memtree_find(struct soc_memnode *from, const char *path, struct soc_memplace *ret_place);
/* Gives a node a name that is not taken. 0; -ENOMEM. */
int soc_memtree_link(struct soc_memnode *directory, const char *name, struct soc_memnode *node);
/* Takes a name away, or lets it lead to another node. The node that had it may have no name left
 * then. */
void soc_memtree_unlink(struct soc_memnode *directory, const char *name);
void soc_memtree_relink(struct soc_memnode *directory, const char *name, struct soc_memnode *node);
/* Whether the directory has an entry for this node. */
bool soc_memtree_has(const struct soc_memnode *directory, const struct soc_memnode *node);

#endif
