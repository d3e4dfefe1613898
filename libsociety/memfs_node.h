/* SPDX-License-Identifier: MIT */
/*
 * Files in memory, inside: what the calls of memfs.c and memfs_names.c share. The calls go to the one
 * file system that is in force.
 */
#ifndef SOC_MEMFS_NODE_H
#define SOC_MEMFS_NODE_H

#include "memfs.h"

#define SOC_MEM_FD_PATH "/proc/self/fd/"

extern struct soc_memfs *soc_mem;

/* Sets errno and returns -1. */
int soc_mem_fail(int error);
bool soc_mem_is_directory(const struct soc_memnode *node);

/* The node behind a descriptor; NULL: none of the tree's, or one without a name. errno stays. */
struct soc_memnode *soc_mem_node_of(int fd);
/* A new open file description of what a descriptor refers to. */
int soc_mem_reopen(int fd, int flags);
/* Gives a new node its memfd. */
int soc_mem_give_content(struct soc_memnode *node);
void soc_mem_release(struct soc_memnode *node);
void soc_mem_drop_unnamed(struct soc_memnode *node);
void soc_mem_set_modified(struct soc_memnode *node);
/* A name in the directory changed: its time does, and whoever watches it is told. */
void soc_mem_change_names(struct soc_memnode *directory);
/* A file that was open for writing was closed (IN_CLOSE_WRITE): those are told who watch for it. */
void soc_mem_tell_closed(const struct soc_memnode *file);

/* 1 with the place, if the path leads through the tree; 0 it does not; -1 with errno it leads
 * nowhere. */
int soc_mem_find(int dir, const char *path, struct soc_memplace *ret_place);
/* The same, and it is an error if nothing has the name. */
int soc_mem_find_node(int dir, const char *path, struct soc_memplace *ret_place);
/* The same for a file. Directories keep their names. */
int soc_mem_find_file(int dir, const char *path, struct soc_memplace *ret_place);
/* Makes a file or a directory at a place where there is none. */
int soc_mem_make(const struct soc_memplace *place, mode_t mode, struct soc_memnode **ret_node);

/* The calls of memfs_names.c. */
void soc_mem_fill_names(struct soc_sys *table);

#endif
