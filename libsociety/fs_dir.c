/* SPDX-License-Identifier: MIT */
/*
 * The society's directory itself: the one place where links may be followed on the way, since
 * worktrees share a society so. Everything after this goes by the descriptor, so what happens to
 * the path later does not matter.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>

#include "cleanup.h"
#include "fs.h"
#include "fs_type.h"
#include "sys.h"

int soc_dir_open(struct soc_dir *dir, const char *path, struct soc_error *error)
{
    SOC_AUTO_FD int fd = soc_sys->openat(
        AT_FDCWD, path, O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK, 0);
    SOC_AUTO_FREE char *absolute = NULL;
    struct stat st;
    bool polled;
    int result;

    if (fd < 0 || soc_sys->fstat(fd, &st) < 0)
        return soc_fail_errno(error, "can't open %s", path);
    result = soc_fs_check(fd, path, &polled, error);
    if (result < 0)
        return result;
    absolute = soc_sys->realpath(path);
    if (!absolute)
        return soc_fail_errno(error, "can't find the absolute path of %s", path);
    *dir = (struct soc_dir){
        .dir_mode = st.st_mode & S_IWGRP ? 02770 : 0700,
        .file_mode = st.st_mode & S_IWGRP ? 0660 : 0600,
        .polled = polled,
        .fd = soc_steal_fd(&fd),
        .path = absolute,
    };
    absolute = NULL;
    return 0;
}

void soc_dir_close(struct soc_dir *dir)
{
    soc_cleanup_fd(&dir->fd);
    free(dir->path);
    *dir = (struct soc_dir)SOC_DIR_INIT;
}

bool soc_dir_exists(const struct soc_dir *dir)
{
    struct stat st;

    return soc_sys->fstat(dir->fd, &st) == 0 && st.st_nlink > 0;
}
