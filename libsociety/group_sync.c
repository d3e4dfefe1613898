/* SPDX-License-Identifier: MIT */
/*
 * See group_sync.h. The file is read and written by system calls alone, although it is mapped: whoever
 * cuts it short makes a futex(2) fail, not a process that would look at the page.
 */
#include "group_sync.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>

#include "clock.h"
#include "crc32c.h"
#include "lock.h"
#include "sys.h"

#define FILE_SIZE 4096
#define BELL_OFFSET 128
#define WAIT_MS 5 /* a leader that is killed rings no bell */
#define TURNS 40  /* that it is stopped can't be seen, either */
#define LOOKS 4   /* for a moment at which nobody writes */

/* Bytes of the file that are locked. */
#define LEADER 0
#define WAITING 1

#define MAGIC UINT64_C(0x31636e7973636f73)

/* What the last leader left. */
struct round {
    uint64_t magic;
    uint64_t number;
    uint64_t device;
    uint64_t inode;
    int64_t covered; /* the segment is safe up to this offset */
    uint32_t check;  /* CRC-32C of what stands before */
    uint32_t unused;
};

/* What is read of the file. */
struct board {
    struct round round;
    char unused[BELL_OFFSET - sizeof(struct round)];
    uint32_t bell;
};

static uint32_t check_of(const struct round *round)
{
    return soc_crc32c(round, offsetof(struct round, check));
}

void soc_group_sync_init(struct soc_group_sync *group)
{
    *group = (struct soc_group_sync){.fd = -1};
}

void soc_group_sync_leave(struct soc_group_sync *group)
{
    group->alone = false;
}

void soc_group_sync_close(struct soc_group_sync *group)
{
    if (group->page)
        munmap(group->page, FILE_SIZE);
    if (group->fd >= 0)
        soc_sys->close(group->fd);
    soc_group_sync_init(group);
}

/* ---- The file ---- */

static bool read_board(const struct soc_group_sync *group, struct board *ret_board)
{
    return soc_sys->pread(group->fd, ret_board, sizeof *ret_board, 0) == (ssize_t)sizeof *ret_board;
}

/* False: there is none, or it is damaged, which the next leader mends. */
static bool is_sound(const struct round *round)
{
    return round->magic == MAGIC && round->check == check_of(round);
}

/* Under the leader's lock. */
static void write_round(const struct soc_group_sync *group, const struct soc_segment *segment,
                        int64_t covered)
{
    struct board board;
    bool sound = read_board(group, &board) && is_sound(&board.round);
    struct round round = {.magic = MAGIC,
                          .number = sound ? board.round.number + 1 : 1,
                          .device = segment->device,
                          .inode = segment->inode,
                          .covered = covered};
    round.check = check_of(&round);
    /* Where it fails, those who wait sync for themselves. */
    soc_sys->pwrite(group->fd, &round, sizeof round, 0);
}

static int open_file(struct soc_group_sync *group, const struct soc_dir *dir, const char *log)
{
    char name[SOC_SEGMENT_NAME_MAX];
    struct stat st;
    snprintf(name, sizeof name, ".%s.sync", log);
    SOC_AUTO_FD int fd = soc_fs_open_single(dir, name, O_RDWR | O_CREAT, NULL, NULL);
    if (fd < 0 || soc_sys->fstat(fd, &st) < 0 ||
        (st.st_size < FILE_SIZE && soc_sys->ftruncate(fd, FILE_SIZE) < 0))
        return -1;
    void *page = mmap(NULL, FILE_SIZE, PROT_READ, MAP_SHARED, fd, 0);
    if (page == MAP_FAILED)
        return -1;
    group->page = page;
    group->fd = soc_steal_fd(&fd);
    return 0;
}

void soc_group_sync_begin(struct soc_group_sync *group)
{
    struct board board;
    if (group->fd < 0)
        return;
    /* No round has this number: one that can't be read may be any. */
    group->round = UINT64_MAX;
    if (read_board(group, &board) && (is_sound(&board.round) || board.round.magic == 0))
        group->round = board.round.number; /* in a new file there are zeros */
}

/* Whether there is a group. Other machines' writers of a shared directory can't be synced for, nor
 * they for us. */
static bool join(struct soc_group_sync *group, const struct soc_dir *dir, const char *log)
{
    if (group->fd >= 0 || group->alone)
        return !group->alone;
    group->alone = dir->polled || open_file(group, dir, log) < 0;
    soc_group_sync_begin(group); /* later than it need have been */
    return !group->alone;
}

/* ---- Rounds ---- */

static bool is_covered(const struct soc_group_sync *group, const struct round *round,
                       const struct soc_segment *segment, int64_t end)
{
    return is_sound(round) && round->number > group->round && round->device == segment->device &&
           round->inode == segment->inode && round->covered >= end;
}

/* After another's sync: what failed to be written since this descriptor was opened, it is told once,
 * whoever had it written. */
static int own_result(const struct soc_segment *segment)
{
    if (soc_sys->sync_error(segment->fd) == 0)
        return 0;
    return errno == ENOSYS || errno == EPERM ? soc_sys->fdatasync(segment->fd) : -1;
}

static bool is_awaited(const struct soc_group_sync *group)
{
    return soc_lock_byte_held(group->fd, WAITING, "", NULL) == 1;
}

static void ring(const struct soc_group_sync *group)
{
    /* Any other value will do. */
    struct timespec now = {0};
    soc_sys->clock_gettime(CLOCK_MONOTONIC, &now);
    uint32_t bell = (uint32_t)now.tv_nsec ^ (uint32_t)now.tv_sec << 30;
    soc_sys->pwrite(group->fd, &bell, sizeof bell, BELL_OFFSET);
    soc_sys->futex_wake((char *)group->page + BELL_OFFSET);
}

/* Gives the leader's lock back. Who began to wait only just now has found it taken. */
static void step_down(const struct soc_group_sync *group)
{
    soc_unlock_byte(group->fd, LEADER);
    if (is_awaited(group))
        ring(group);
}

/* Up to where the segment holds nothing but what was written when this returns. A record of ours
 * ends at `end`. */
static int64_t written(const struct soc_segment *segment, int64_t end)
{
    int64_t size = soc_sys->lseek(segment->fd, 0, SEEK_END);
    if (size <= end)
        return size;
    for (int look = 0; look < LOOKS; look++)
        if (soc_lock_held(segment->fd, "", NULL) == 0)
            return size;
    return end;
}

/* Holding the leader's lock. Nothing is left for nobody: that would make the next sync write a second
 * file's metadata, too, and cost half as much again. */
static int lead(const struct soc_group_sync *group, const struct soc_segment *segment, int64_t end)
{
    struct board board;
    if (read_board(group, &board) && is_covered(group, &board.round, segment, end)) {
        step_down(group);
        return own_result(segment);
    }
    int64_t covered = written(segment, end);
    int result = soc_sys->fdatasync(segment->fd);
    int why = errno;
    if (result == 0 && covered >= end && is_awaited(group))
        write_round(group, segment, covered);
    step_down(group);
    errno = why;
    return result;
}

/* 1: `*ret_result` is the answer; 0: not yet; -1: there is none to be had in this way. */
static int try_once(const struct soc_group_sync *group, const struct soc_segment *segment,
                    int64_t end, bool *marked, int *ret_result)
{
    struct board board;
    if (!read_board(group, &board))
        return -1;
    if (is_covered(group, &board.round, segment, end)) {
        *ret_result = own_result(segment);
        return 1;
    }
    int locked = soc_lock_byte(group->fd, LEADER, "", NULL);
    if (locked == 0) {
        *ret_result = lead(group, segment, end);
        return 1;
    }
    if (locked != SOCIETY_E_TIMEOUT)
        return -1;
    if (!*marked) { /* and look again, now that the leader can see it */
        *marked = soc_share_byte(group->fd, WAITING) == 0;
        return *marked ? 0 : -1;
    }
    soc_sys->futex_wait((char *)group->page + BELL_OFFSET, board.bell, WAIT_MS);
    return 0;
}

int soc_group_sync(struct soc_group_sync *group, const struct soc_dir *dir, const char *log,
                   const struct soc_segment *segment, int64_t end)
{
    bool marked = false;
    int answered = 0;
    int result = 0;
    if (!join(group, dir, log))
        return soc_sys->fdatasync(segment->fd);
    /* Who has waited for one that is stopped does not wait for it again. */
    for (int turn = group->impatient ? TURNS - 1 : 0; answered == 0 && turn < TURNS; turn++)
        answered = try_once(group, segment, end, &marked, &result);
    int why = errno;
    group->impatient = answered == 0;
    if (marked)
        soc_unlock_byte(group->fd, WAITING);
    if (answered != 1)
        return soc_sys->fdatasync(segment->fd);
    errno = why;
    return result;
}
