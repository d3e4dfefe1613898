/* SPDX-License-Identifier: MIT */
/*
 * Faults on demand. The library's table of system calls is replaced by one that counts, and that
 * fails, cuts short or is interrupted by the test wherever the test asked for it:
 *
 *     faults_install();
 *     faults_at(FAULT_WRITE, 2, ENOSPC);    the second write(2) from now fails
 *     …
 *     assert_int_equal(faults_count(FAULT_FSYNC), 1);
 *     faults_remove();
 *
 * Orders are given while no other thread is in the library; counting is safe in any thread.
 */
#ifndef HARNESS_FAULTS_H
#define HARNESS_FAULTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* The entries of struct soc_sys, by their names. */
enum fault_call {
    FAULT_OPENAT,
    FAULT_OPENAT2,
    FAULT_CLOSE,
    FAULT_PREAD,
    FAULT_WRITE,
    FAULT_PWRITE,
    FAULT_LSEEK,
    FAULT_FSTAT,
    FAULT_FSTATAT,
    FAULT_STATX,
    FAULT_FSTATFS,
    FAULT_FCHMOD,
    FAULT_FDATASYNC,
    FAULT_FSYNC,
    FAULT_SYNC_ERROR,
    FAULT_FUTEX_WAIT,
    FAULT_FUTEX_WAKE,
    FAULT_FTRUNCATE,
    FAULT_MKDIRAT,
    FAULT_RENAMEAT,
    FAULT_LINKAT,
    FAULT_UNLINKAT,
    FAULT_GETDENTS,
    FAULT_REALPATH,
    FAULT_UTIMENSAT,
    FAULT_LOCK,
    FAULT_CLOCK_GETTIME,
    FAULT_NANOSLEEP,
    FAULT_GETRANDOM,
    FAULT_INOTIFY_INIT,
    FAULT_INOTIFY_ADD,
    FAULT_TIMER_INIT,
    FAULT_TIMER_SET,
    FAULT_POLL,
    FAULT_READ,
    FAULT_CALLS, /* in an order: any call that can fail: not those of clocks, waiting and closing */
};

/* Puts the table in and out of force, with no orders and counts of 0. */
void faults_install(void);
void faults_remove(void);
/* Forgets all orders, counts and changes of the clock. */
void faults_reset(void);

/* Forgets the orders alone. */
void faults_forget(void);

/* Orders. `nth` counts from the moment of the order: 1 is the next call. */

/* The call is not made, and fails with `error`; with ..._from so does every later one. */
void faults_at(enum fault_call call, unsigned nth, int error);
void faults_from(enum fault_call call, unsigned nth, int error);
/* The call is made, and then reported as failed: a loss whose outcome is unclear. */
void faults_after(enum fault_call call, unsigned nth, int error);
/* pread, read, write and getrandom transfer at most `bytes` bytes. (With FAULT_CALLS, 0 is for writes
 * alone.) */
void faults_short(enum fault_call call, unsigned nth, size_t bytes);
/* `hook` runs before the call is made: whatever could happen in between. */
void faults_hook(enum fault_call call, unsigned nth, void (*hook)(void *), void *data);

/* How often the library made this call since faults_install() or faults_reset(). */
unsigned faults_count(enum fault_call call);

/* FAULT_CALLS counts all that can fail. The call that an order last hit; FAULT_CALLS: none. */
enum fault_call faults_hit(void);
const char *faults_name(enum fault_call call);

/* fsync and fdatasync succeed without being made: for tests of what they are not about. */
void faults_skip_sync(bool skip);

/* Moves every clock by `ms`, also backwards. */
void faults_clock_move(int64_t ms);
/* Moves the wall clock alone, as an administrator does. */
void faults_wall_clock_move(int64_t ms);
/* Stops the clocks, at 2026-02-10T10:00:00.000Z: they move by faults_clock_move() and by the
 * library's own sleeps, which return at once. */
void faults_clock_stop(void);
#define FAULTS_STOPPED_MS INT64_C(1770717600000)

#endif
