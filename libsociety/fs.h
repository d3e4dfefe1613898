/* SPDX-License-Identifier: MIT */
/*
 * Files of the society. Everything is opened relative to the directory's own descriptor, beneath
 * it, with no symbolic link followed, regular files only, never blocking (openat2(2); where the
 * kernel or a sandbox lacks it, one component at a time with O_NOFOLLOW). Nothing that stands in
 * the directory is trusted to be what its name says.
 */
#ifndef SOC_FS_H
#define SOC_FS_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "error.h"
#include "strbuf.h"

struct soc_dir {
    int fd;
    mode_t dir_mode;  /* 0700, or 02770 in a society that a group shares */
    mode_t file_mode; /* 0600 or 0660 */
    bool polled;      /* inotify may not see every writer of this file system */
    char *path;       /* absolute, for messages */
};

#define SOC_DIR_INIT \
    {                \
        .fd = -1     \
    }

/* Opens `path` as a society's directory (links in the way to it are followed) and learns its modes
 * and file system. Errors: -ENOENT, -ENOTDIR, -EACCES, …; SOCIETY_E_UNSAFE_FILESYSTEM where locks
 * may not hold (the type by fstatfs(2), and by /proc/self/mountinfo where that needs its name or
 * version). */
int soc_dir_open(struct soc_dir *dir, const char *path, struct soc_error *error);
void soc_dir_close(struct soc_dir *dir);
/* Whether the directory still has a name: false once it was removed. */
bool soc_dir_exists(const struct soc_dir *dir);

/* Opens the regular file `name` ("messages.jsonl", "locks/agent-a.lock": at most one slash).
 * `flags`: O_RDONLY, O_RDWR, O_WRONLY, O_APPEND, O_CREAT, O_EXCL; a file that is made gets
 * dir->file_mode whatever the umask. Returns the descriptor; -ENOENT without words (callers expect
 * it); SOCIETY_E_UNSAFE_FILE for links, FIFOs, devices, directories; other errnos. */
int soc_fs_open(const struct soc_dir *dir, const char *name, int flags, struct soc_error *error);
/* The same, and a file with another hard link is refused unless every link but one is the file
 * `archived` of the directory (NULL: none). */
int soc_fs_open_single(const struct soc_dir *dir, const char *name, int flags, const char *archived,
                       struct soc_error *error);
/* Makes the subdirectory `name` with dir->dir_mode if it is missing. 0; SOCIETY_E_UNSAFE_FILE when
 * something else has the name; errnos. */
int soc_fs_mkdir(const struct soc_dir *dir, const char *name, struct soc_error *error);
/* Opens the subdirectory `name` for reading its entries or as a base. A descriptor; -ENOENT without
 * words; SOCIETY_E_UNSAFE_FILE; errnos. */
int soc_fs_open_dir(const struct soc_dir *dir, const char *name, struct soc_error *error);
/* The names in subdirectory `name` ("" for the directory itself), sorted by byte, without "." and
 * ".."; a NULL-terminated array for soc_fs_free_names(). A missing directory has none. */
int soc_fs_list(const struct soc_dir *dir, const char *name, char ***ret_names,
                struct soc_error *error);
void soc_fs_free_names(char **names);
/* All of the file `name`, at most `max` bytes (SOCIETY_E_TOO_BIG beyond). -ENOENT without words. */
int soc_fs_read(const struct soc_dir *dir, const char *name, size_t max, struct soc_strbuf *out,
                struct soc_error *error);
/* Replaces the file `name` atomically: unique temporary file (`.<base>.<random>.tmp` in the same
 * subdirectory), rename. `durable`: synced before, and the directory after. Leaves no temporary
 * file behind on failure. */
int soc_fs_replace(const struct soc_dir *dir, const char *name, const void *data, size_t length,
                   bool durable, struct soc_error *error);
/* Writes all, going on after short writes and EINTR (for files that are not yet visible; never for
 * logs). */
int soc_fs_write_all(int fd, const void *data, size_t length, const char *name,
                     struct soc_error *error);
/* pread(2) until all of `length` bytes are there or the file ends: less than that means its end. */
ssize_t soc_fs_pread(int fd, void *data, size_t length, int64_t offset);
/* The same for the beginning of a text whose lines are whole: also done where a line ends. */
ssize_t soc_fs_pread_text(int fd, char *text, size_t size);
/* Makes names in the directory or subdirectory durable (fsync). */
int soc_fs_sync_dir(const struct soc_dir *dir, const char *name, struct soc_error *error);
/* Removes a file; a missing one is success. */
int soc_fs_remove(const struct soc_dir *dir, const char *name, struct soc_error *error);

#endif
