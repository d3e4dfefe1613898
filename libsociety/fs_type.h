/* SPDX-License-Identifier: MIT */
/*
 * On which file systems fcntl locks hold between all processes that share a directory (format.md,
 * 11).
 */
#ifndef SOC_FS_TYPE_H
#define SOC_FS_TYPE_H

#include <stdbool.h>
#include <stdint.h>

#include "error.h"
#include "strbuf.h"

enum soc_fs_trust {
    SOC_FS_UNSAFE,
    SOC_FS_SAFE,
    SOC_FS_POLLED, /* locks hold, but inotify may not see every writer */
    SOC_FS_BY_NAME /* the magic number does not tell: ask again with the mount's type */
};

/* What `magic` (struct statfs, f_type) allows, or, given `name`, the mount's type: "ext4", "nfs4",
 * "fuse.sshfs". */
enum soc_fs_trust soc_fs_judge(int64_t magic, const char *name);

/* The type of mount `id` in the text of /proc/self/mountinfo, with its octal escapes undone, added
 * to `out`; false when it is not there. */
bool soc_fs_type_of(const char *mountinfo, uint64_t id, struct soc_strbuf *out);

/* Judges the file system of `fd`, opened as `path`. 0 and whether it must be polled;
 * SOCIETY_E_UNSAFE_FILESYSTEM; errnos. */
int soc_fs_check(int fd, const char *path, bool *ret_polled, struct soc_error *error);

#endif
