/* SPDX-License-Identifier: MIT */
/*
 * The floor of an append: lock, find the end, look at the last byte, write a record, unlock; and, to survive a power cut, wait for
 * the disk before the next one may write.
 */
#ifndef FLOOR_H
#define FLOOR_H

#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "harness/die.h"

#define RECORD_BYTES 200

static inline int floor_open(void)
{
    int fd = open("floor.jsonl", O_RDWR | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
    if (fd < 0)
        die("floor.jsonl");
    return fd;
}

static inline void floor_lock(int fd, short type)
{
    struct flock lock = {.l_type = type, .l_whence = SEEK_SET};
    if (fcntl(fd, F_OFD_SETLKW, &lock) < 0)
        die("lock");
}

static inline void floor_write(int fd, int synced)
{
    char record[RECORD_BYTES];
    memset(record, 'x', sizeof record);
    record[sizeof record - 1] = '\n';
    if (write(fd, record, sizeof record) != (ssize_t)sizeof record || (synced && fdatasync(fd) < 0))
        die("write");
}

static inline void floor_append(int fd, int synced)
{
    char last;
    floor_lock(fd, F_WRLCK);
    off_t end = lseek(fd, 0, SEEK_END);
    if (end > 0 && (pread(fd, &last, 1, end - 1) != 1 || last != '\n'))
        die("pread");
    floor_write(fd, synced);
    floor_lock(fd, F_UNLCK);
}

#endif
