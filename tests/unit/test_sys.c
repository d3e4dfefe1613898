/* SPDX-License-Identifier: MIT */
/*
 * The real table, call by call, and the table of faults that stands in for it: what it counts, when
 * it fails.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/inotify.h>
#include <sys/stat.h>
#include <unistd.h>

#include "harness/files.h"
#include "harness/internal/faults.h"
#include "harness/tmp.h"
#include "harness/unit.h"
#include "sys.h"

static char *tmp;
static int dir;

static int setup(void **state)
{
    (void)state;
    tmp = tmp_make();
    dir = open(tmp, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    return dir < 0;
}

static int teardown(void **state)
{
    (void)state;
    faults_remove();
    close(dir);
    tmp_remove(tmp);
    return 0;
}

/* Every entry once, through whichever table is in force. */
static void use_every_call(void)
{
    const struct open_how how = {.flags = O_RDWR | O_CLOEXEC};
    const struct timespec times[2] = {{.tv_sec = 1}, {.tv_sec = 2}};
    const struct timespec no_time = {0};
    const struct itimerspec soon = {.it_value = {.tv_nsec = 1}};
    struct flock lock = {.l_type = F_WRLCK, .l_whence = SEEK_SET};
    struct timespec now;
    struct statx stx;
    struct statfs fs;
    struct stat st;
    char bytes[8];
    char entries[1024];
    uint64_t expirations;
    uint32_t word = 1;
    char *real;
    int fd = soc_sys->openat(dir, "a", O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    int second = soc_sys->openat2(dir, "a", &how);
    int events = soc_sys->inotify_init();
    struct pollfd timer = {.fd = soc_sys->timer_init(), .events = POLLIN};

    if (second < 0 && errno == ENOSYS) /* an old kernel, or valgrind */
        second = openat(dir, "a", O_RDWR | O_CLOEXEC);
    assert_int_equal(soc_sys->inotify_add(events, tmp, IN_CREATE), 1);
    assert_int_equal(soc_sys->write(fd, "abcd", 4), 4);
    assert_int_equal(soc_sys->pwrite(second, "bcd", 3, 1), 3);
    assert_int_equal(soc_sys->pread(second, bytes, 8, 1), 3);
    assert_int_equal(soc_sys->read(second, bytes, 2), 2);
    assert_memory_equal(bytes, "abd", 3);
    assert_int_equal(soc_sys->lseek(fd, 0, SEEK_END), 4);
    assert_int_equal(soc_sys->ftruncate(fd, 3), 0);
    assert_int_equal(soc_sys->fchmod(fd, 0640), 0);
    assert_int_equal(soc_sys->fstat(fd, &st), 0);
    assert_int_equal(st.st_size, 3);
    assert_int_equal(soc_sys->mkdirat(dir, "sub", 0700), 0);
    assert_int_equal(soc_sys->linkat(dir, "a", dir, "sub/b", 0), 0);
    assert_int_equal(soc_sys->renameat2(dir, "sub/b", dir, "c", 0), 0);
    assert_int_equal(soc_sys->utimensat(dir, "c", times, 0), 0);
    assert_int_equal(soc_sys->fstatat(dir, "c", &st, 0), 0);
    assert_int_equal(st.st_mtim.tv_sec, 2);
    assert_int_equal(soc_sys->statx(dir, "c", 0, STATX_NLINK, &stx), 0);
    assert_int_equal(stx.stx_nlink, 2);
    assert_int_equal(soc_sys->unlinkat(dir, "sub", AT_REMOVEDIR), 0);
    assert_true(soc_sys->getdents64(dir, entries, sizeof(entries)) > 0);
    real = soc_sys->realpath(tmp);
    assert_string_equal(real, tmp);
    free(real);
    assert_int_equal(soc_sys->fstatfs(dir, &fs), 0);
    assert_int_equal(soc_sys->lock(fd, F_OFD_SETLK, &lock), 0);
    assert_int_equal(soc_sys->fdatasync(fd), 0);
    assert_int_equal(soc_sys->sync_error(fd), 0);
    assert_int_equal(soc_sys->fsync(dir), 0);
    assert_int_equal(soc_sys->futex_wait(&word, 2, 10000), -1);
    assert_int_equal(errno, EAGAIN);
    assert_int_equal(soc_sys->futex_wake(&word), 0);
    assert_int_equal(soc_sys->clock_gettime(CLOCK_BOOTTIME, &now), 0);
    assert_int_equal(soc_sys->nanosleep(&no_time), 0);
    assert_int_equal(soc_sys->getrandom(bytes, 8), 8);
    assert_int_equal(soc_sys->timer_set(timer.fd, &soon), 0);
    assert_int_equal(soc_sys->poll(&timer, 1, 10000), 1);
    assert_int_equal(read(timer.fd, &expirations, sizeof(expirations)), sizeof(expirations));
    close(timer.fd);
    close(events);
    close(second);
    assert_int_equal(soc_sys->close(fd), 0);
}

static void test_the_real_table(void **state)
{
    (void)state;
    assert_ptr_equal(soc_sys, &soc_sys_real);
    use_every_call();
}

static void test_the_other_table_does_the_same_and_counts(void **state)
{
    (void)state;
    faults_install();
    assert_ptr_not_equal(soc_sys, &soc_sys_real);
    use_every_call();
    for (int call = 0; call < FAULT_CALLS; call++)
        assert_int_equal(faults_count((enum fault_call)call), 1);
    faults_reset();
    for (int call = 0; call < FAULT_CALLS; call++)
        assert_int_equal(faults_count((enum fault_call)call), 0);
    faults_remove();
    assert_ptr_equal(soc_sys, &soc_sys_real);
}

static void test_events_never_block(void **state)
{
    int events = soc_sys_real.inotify_init();
    char bytes[64];

    (void)state;
    assert_int_equal(fcntl(events, F_GETFD), FD_CLOEXEC);
    assert_int_equal(soc_sys_real.read(events, bytes, sizeof(bytes)), -1);
    assert_int_equal(errno, EAGAIN);
    close(events);
}

static void expect_sync(int error)
{
    errno = 0;
    assert_int_equal(soc_sys->fsync(dir), error ? -1 : 0);
    assert_int_equal(errno, error);
}

static void test_faults_by_number(void **state)
{
    (void)state;
    faults_install();
    faults_at(FAULT_FSYNC, 2, EIO);
    expect_sync(0);
    expect_sync(EIO);
    expect_sync(0);
    faults_from(FAULT_FSYNC, 2, ENOSPC);
    expect_sync(0);
    expect_sync(ENOSPC);
    expect_sync(ENOSPC);
    faults_reset();
    expect_sync(0);
    assert_int_equal(faults_count(FAULT_FSYNC), 1);
}

static void test_the_call_is_made_or_not(void **state)
{
    char *before = tmp_path(tmp, "before");
    char *after = tmp_path(tmp, "after");

    (void)state;
    faults_install();
    faults_at(FAULT_MKDIRAT, 1, EIO);
    assert_int_equal(soc_sys->mkdirat(dir, "before", 0700), -1);
    assert_false(file_exists(before));
    faults_after(FAULT_MKDIRAT, 1, EDQUOT);
    assert_int_equal(soc_sys->mkdirat(dir, "after", 0700), -1);
    assert_int_equal(errno, EDQUOT);
    assert_true(file_exists(after));
    free(before);
    free(after);
}

static void test_short_transfers(void **state)
{
    char *path = tmp_path(tmp, "a");
    char bytes[8];
    int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);

    (void)state;
    faults_install();
    faults_short(FAULT_WRITE, 1, 3);
    faults_at(FAULT_WRITE, 2, ENOSPC);
    assert_int_equal(soc_sys->write(fd, "abcdef", 6), 3);
    assert_int_equal(soc_sys->write(fd, "def", 3), -1);
    assert_int_equal(errno, ENOSPC);
    faults_short(FAULT_PREAD, 1, 0);
    assert_int_equal(soc_sys->pread(fd, bytes, 8, 0), 0);
    assert_int_equal(soc_sys->pread(fd, bytes, 8, 0), 3);
    close(fd);
    free(path);
}

static void make_sub(void *name)
{
    assert_int_equal(mkdirat(dir, name, 0700), 0);
}

static void test_hooks_run_before(void **state)
{
    char name[] = "sub";

    (void)state;
    faults_install();
    faults_hook(FAULT_UNLINKAT, 1, make_sub, name);
    assert_int_equal(soc_sys->unlinkat(dir, "sub", AT_REMOVEDIR), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_the_real_table, setup, teardown),
        cmocka_unit_test_setup_teardown(test_the_other_table_does_the_same_and_counts, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(test_events_never_block, setup, teardown),
        cmocka_unit_test_setup_teardown(test_faults_by_number, setup, teardown),
        cmocka_unit_test_setup_teardown(test_the_call_is_made_or_not, setup, teardown),
        cmocka_unit_test_setup_teardown(test_short_transfers, setup, teardown),
        cmocka_unit_test_setup_teardown(test_hooks_run_before, setup, teardown),
    };

    return cmocka_run_group_tests_name("sys", tests, NULL, NULL);
}
