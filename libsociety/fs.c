/* SPDX-License-Identifier: MIT */
/*
 * Opening, beneath the society's directory. First the kernel is asked to refuse what must not be
 * followed; what did open is looked at once more, since a FIFO or a device opens like a file; and
 * what was refused is looked at only for the words.
 */
#include "fs.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/openat2.h>
#include <string.h>

#include "cleanup.h"
#include "sys.h"

#define ALWAYS (O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC | O_NOCTTY)
/* A file that comes and goes between two looks, over and over, is given up after so many. */
#define MAKE_ATTEMPTS 16

static const char *kind_of(mode_t mode)
{
    switch (mode & S_IFMT) {
    case S_IFLNK: return "a symbolic link";
    case S_IFIFO: return "a FIFO";
    case S_IFSOCK: return "a socket";
    case S_IFCHR:
    case S_IFBLK: return "a device";
    case S_IFDIR: return "a directory";
    default: return "a file";
    }
}

/* "locks" of "locks/agent-a.lock" goes to `part`; false when the name has no slash or a directory
 * too long to exist. */
static bool directory_part(const char *name, char part[NAME_MAX + 1])
{
    const char *slash = strchr(name, '/');

    if (!slash || slash - name > NAME_MAX)
        return false;
    memcpy(part, name, (size_t)(slash - name));
    part[slash - name] = '\0';
    return true;
}

/* Says what has the name that was refused: the subdirectory, if it is none, or else the thing
 * itself. */
static int fail_unsafe(const struct soc_dir *dir, const char *name, struct soc_error *error)
{
    char part[NAME_MAX + 1];
    struct stat st;

    if (directory_part(name, part) &&
        soc_sys->fstatat(dir->fd, part, &st, AT_SYMLINK_NOFOLLOW) == 0 && !S_ISDIR(st.st_mode))
        name = part;
    else if (soc_sys->fstatat(dir->fd, name, &st, AT_SYMLINK_NOFOLLOW) < 0)
        return soc_fail(error, SOCIETY_E_UNSAFE_FILE, "%s was refused, and is gone", name);
    return soc_fail(error, SOCIETY_E_UNSAFE_FILE, "%s is %s", name, kind_of(st.st_mode));
}

/* The result for errno after a failed open. */
static int fail_open(const struct soc_dir *dir, const char *name, struct soc_error *error)
{
    switch (errno) {
    case ENOENT: return -ENOENT;
    case ELOOP:
    case ENXIO:
    case EXDEV:
    case EISDIR:
    case ENODEV:
    case ENOTDIR: return fail_unsafe(dir, name, error);
    default: return soc_fail_errno(error, "can't open %s", name);
    }
}

/* Names are ours, with one slash at most: more of them, or a way upwards, is refused like the
 * kernel does. */
static bool strays(const char *name)
{
    const char *slash = strchr(name, '/');
    const char *base = slash ? slash + 1 : name;

    return slash == name || strncmp(name, "../", 3) == 0 || strcmp(base, "..") == 0 ||
           strchr(base, '/');
}

/* For kernels before 5.6, and sandboxes that know no openat2: one component at a time. */
static int open_by_parts(int dir, const char *name, int flags, mode_t mode)
{
    char part[NAME_MAX + 1];
    SOC_AUTO_FD int parent = -1;

    if (strays(name)) {
        errno = EXDEV;
        return -1;
    }
    if (directory_part(name, part)) {
        parent = soc_sys->openat(dir, part, ALWAYS | O_DIRECTORY | O_RDONLY, 0);
        if (parent < 0)
            return -1;
        dir = parent;
        name = strchr(name, '/') + 1;
    }
    return soc_sys->openat(dir, name, flags, mode);
}

static int open_beneath(const struct soc_dir *dir, const char *name, int flags)
{
    struct open_how how = {
        .flags = (uint64_t)(unsigned)(flags | ALWAYS),
        .mode = flags & O_CREAT ? dir->file_mode : 0,
        .resolve = RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS | RESOLVE_NO_MAGICLINKS,
    };
    int fd = soc_sys->openat2(dir->fd, name, &how);

    /* EPERM can be a sandbox's answer or a true one, which the second way will give again. */
    if (fd < 0 && (errno == ENOSYS || errno == EPERM || errno == E2BIG || errno == EINVAL))
        fd = open_by_parts(dir->fd, name, flags | ALWAYS, dir->file_mode);
    return fd;
}

/* O_CREAT, so that it is known whether the file was made. */
static int open_or_make(const struct soc_dir *dir, const char *name, int flags, bool *ret_made)
{
    int fd = -1;

    *ret_made = false;
    for (int i = 0; i < MAKE_ATTEMPTS; i++) {
        if (!(flags & O_EXCL)) {
            fd = open_beneath(dir, name, flags & ~O_CREAT);
            if (fd >= 0 || errno != ENOENT || !(flags & O_CREAT))
                return fd;
        }
        fd = open_beneath(dir, name, flags | O_EXCL);
        *ret_made = fd >= 0;
        if (fd >= 0 || errno != EEXIST || (flags & O_EXCL))
            return fd;
    }
    return fd;
}

/* Gives what was just made the mode that the umask cut. */
static int set_mode(int fd, mode_t is, mode_t wanted, const char *name, struct soc_error *error)
{
    if ((is & 07777) != wanted && soc_sys->fchmod(fd, wanted) < 0)
        return soc_fail_errno(error, "can't set the mode of %s", name);
    return 0;
}

static int open_regular(const struct soc_dir *dir, const char *name, int flags, struct stat *st,
                        struct soc_error *error)
{
    bool made;
    SOC_AUTO_FD int fd = open_or_make(dir, name, flags, &made);
    int result = 0;

    *st = (struct stat){0};
    if (fd < 0)
        return fail_open(dir, name, error);
    if (soc_sys->fstat(fd, st) < 0)
        return soc_fail_errno(error, "can't look at %s", name);
    if (!S_ISREG(st->st_mode))
        return soc_fail(error, SOCIETY_E_UNSAFE_FILE, "%s is %s", name, kind_of(st->st_mode));
    if (made)
        result = set_mode(fd, st->st_mode, dir->file_mode, name, error);
    return result < 0 ? result : soc_steal_fd(&fd);
}

int soc_fs_open(const struct soc_dir *dir, const char *name, int flags, struct soc_error *error)
{
    struct stat st;

    return open_regular(dir, name, flags, &st, error);
}

static bool is_same_file(const struct soc_dir *dir, const char *name, const struct stat *st)
{
    struct stat other;
    SOC_AUTO_FD int fd = open_regular(dir, name, O_RDONLY, &other, NULL);

    return fd >= 0 && other.st_dev == st->st_dev && other.st_ino == st->st_ino;
}

int soc_fs_open_single(const struct soc_dir *dir, const char *name, int flags, const char *archived,
                       struct soc_error *error)
{
    struct stat st;
    SOC_AUTO_FD int fd = open_regular(dir, name, flags, &st, error);

    if (fd < 0)
        return fd;
    if (st.st_nlink > 1 && !(st.st_nlink == 2 && archived && is_same_file(dir, archived, &st)))
        return soc_fail(error, SOCIETY_E_UNSAFE_FILE, "%s has %ju hard links", name,
                        (uintmax_t)st.st_nlink);
    return soc_steal_fd(&fd);
}

int soc_fs_open_dir(const struct soc_dir *dir, const char *name, struct soc_error *error)
{
    int fd = open_beneath(dir, *name ? name : ".", O_RDONLY | O_DIRECTORY);

    return fd < 0 ? fail_open(dir, name, error) : fd;
}

int soc_fs_mkdir(const struct soc_dir *dir, const char *name, struct soc_error *error)
{
    bool made = soc_sys->mkdirat(dir->fd, name, dir->dir_mode) == 0;
    SOC_AUTO_FD int fd = -1;
    struct stat st;

    if (!made && errno != EEXIST)
        return soc_fail_errno(error, "can't make the directory %s", name);
    fd = soc_fs_open_dir(dir, name, error);
    if (fd == -ENOENT)
        return soc_fail(error, -ENOENT, "%s was removed while it was made", name);
    if (fd < 0)
        return fd;
    if (!made)
        return 0;
    if (soc_sys->fstat(fd, &st) < 0)
        return soc_fail_errno(error, "can't look at %s", name);
    return set_mode(fd, st.st_mode, dir->dir_mode, name, error);
}
