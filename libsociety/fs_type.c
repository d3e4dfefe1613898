/* SPDX-License-Identifier: MIT */
/*
 * A list of what is known to be safe, by the number that statfs(2) gives, which costs one call.
 * Only NFS, whose versions share a number, and what is refused are looked up in the list of mounts.
 */
#include "fs_type.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <linux/magic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cleanup.h"
#include "sys.h"

/* Not in <linux/magic.h>: fs/xfs/xfs_sb.h of the kernel, sys/zfs_vfsops_os.h of OpenZFS. */
#define XFS_MAGIC 0x58465342
#define ZFS_MAGIC 0x2fc12fc1

#define MOUNTINFO_MAX (16 * 1024 * 1024)

enum soc_fs_trust soc_fs_judge(int64_t magic, const char *name)
{
    /* Some systems have f_type as a signed 32-bit number. */
    switch (magic & 0xffffffff) {
    case EXT4_SUPER_MAGIC: /* ext2 and ext3 too */
    case XFS_MAGIC:
    case BTRFS_SUPER_MAGIC:
    case F2FS_SUPER_MAGIC:
    case TMPFS_MAGIC:
    case ZFS_MAGIC: return SOC_FS_SAFE;
    case OVERLAYFS_SUPER_MAGIC: return SOC_FS_POLLED;
    case NFS_SUPER_MAGIC:
        if (!name)
            return SOC_FS_BY_NAME;
        return strcmp(name, "nfs4") == 0 ? SOC_FS_POLLED : SOC_FS_UNSAFE;
    default: return SOC_FS_UNSAFE;
    }
}

static bool is_octal(const char *text)
{
    for (int i = 0; i < 3; i++) {
        if (text[i] < '0' || text[i] > '7')
            return false;
    }
    return true;
}

/* The field at `text`, up to a blank, with "\040" and the like undone. */
static void add_field(struct soc_strbuf *out, const char *text)
{
    while (*text && *text != ' ' && *text != '\n') {
        if (*text == '\\' && is_octal(text + 1)) {
            soc_strbuf_add_char(
                out, (char)((text[1] - '0') << 6 | (text[2] - '0') << 3 | (text[3] - '0')));
            text += 4;
        } else {
            soc_strbuf_add_char(out, *text++);
        }
    }
}

bool soc_fs_type_of(const char *mountinfo, uint64_t id, struct soc_strbuf *out)
{
    const char *line = mountinfo;

    while (*line) {
        const char *end = strchrnul(line, '\n');
        const char *dash = memmem(line, (size_t)(end - line), " - ", 3);

        /* proc(5): the id stands first; the type follows the lone dash that ends the optional
         * fields. */
        if (dash && strtoull(line, NULL, 10) == id) {
            add_field(out, dash + 3);
            return true;
        }
        line = *end ? end + 1 : end;
    }
    return false;
}

static bool read_mountinfo(struct soc_strbuf *out)
{
    SOC_AUTO_FD int fd = soc_sys->openat(AT_FDCWD, "/proc/self/mountinfo", O_RDONLY | O_CLOEXEC, 0);
    ssize_t got = fd < 0 ? -1 : 1;

    while (got > 0 && out->length < MOUNTINFO_MAX) {
        char *end = soc_strbuf_reserve(out, 4096);

        if (!end)
            return false;
        got = soc_sys->read(fd, end, 4096);
        if (got > 0)
            out->length += (size_t)got;
        else if (got < 0 && errno == EINTR)
            got = 1;
    }
    soc_strbuf_add(out, "", 0);
    return got == 0 && !out->failed;
}

/* The mount's type; "" when it can't be found out, which is never trusted. */
static void add_type(int fd, struct soc_strbuf *out)
{
    SOC_AUTO_STRBUF struct soc_strbuf mountinfo = SOC_STRBUF_INIT;
    struct statx st;

    soc_strbuf_add(out, "", 0);
    if (soc_sys->statx(fd, "", AT_EMPTY_PATH, STATX_MNT_ID, &st) == 0 &&
        (st.stx_mask & STATX_MNT_ID) && read_mountinfo(&mountinfo))
        soc_fs_type_of(mountinfo.data, st.stx_mnt_id, out);
}

int soc_fs_check(int fd, const char *path, bool *ret_polled, struct soc_error *error)
{
    SOC_AUTO_STRBUF struct soc_strbuf type = SOC_STRBUF_INIT;
    enum soc_fs_trust trust;
    struct statfs st;

    if (soc_sys->fstatfs(fd, &st) < 0)
        return soc_fail_errno(error, "can't ask for the file system of %s", path);
    trust = soc_fs_judge((int64_t)st.f_type, NULL);
    if (trust == SOC_FS_UNSAFE || trust == SOC_FS_BY_NAME) {
        add_type(fd, &type);
        if (type.length == 0)
            soc_strbuf_add_format(&type, "a file system of unknown type (0x%" PRIx64 ")",
                                  (uint64_t)st.f_type & 0xffffffff);
        if (type.failed)
            return soc_fail_memory(error);
        trust = soc_fs_judge((int64_t)st.f_type, type.data);
    }
    if (trust == SOC_FS_UNSAFE)
        return soc_fail(error, SOCIETY_E_UNSAFE_FILESYSTEM,
                        "%s is on %s: locks there may not hold between all processes that share it",
                        path, type.data);
    *ret_polled = trust == SOC_FS_POLLED;
    return 0;
}
