/* SPDX-License-Identifier: MIT */
/*
 * Locks between open files of one process (which is what they are between processes too), deadlines
 * on a stopped clock, and every answer that the kernel can give.
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "clock.h"
#include "harness/internal/faults.h"
#include "harness/tmp.h"
#include "harness/unit.h"
#include "lock.h"

static char *tmp;
static char *path;
static int fds[2];

static int setup(void **state)
{
    (void)state;
    tmp = tmp_make();
    path = tmp_path(tmp, "log");
    for (int i = 0; i < 2; i++) {
        fds[i] = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
        if (fds[i] < 0)
            return -1;
    }
    faults_install();
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    faults_remove();
    close(fds[0]);
    close(fds[1]);
    free(path);
    tmp_remove(tmp);
    return 0;
}

static void test_two_open_files_exclude_each_other(void **state)
{
    struct soc_error error = {0};

    (void)state;
    assert_int_equal(soc_lock(fds[0], 0, "log", &error), 0);
    assert_int_equal(soc_lock(fds[1], 0, "log", &error), SOCIETY_E_TIMEOUT);
    assert_string_equal(error.text, "log is locked by another (waited 0 ms)");
    assert_int_equal(soc_lock(fds[0], 0, "log", &error), 0);
    soc_unlock(fds[0]);
    assert_int_equal(soc_lock(fds[1], 0, "log", &error), 0);
    soc_unlock(fds[1]);
}

static void test_who_holds_it(void **state)
{
    int reader = open(path, O_RDONLY | O_CLOEXEC);

    (void)state;
    assert_int_equal(soc_lock_held(fds[1], "log", NULL), 0);
    assert_int_equal(soc_lock(fds[0], 0, "log", NULL), 0);
    assert_int_equal(soc_lock_held(fds[1], "log", NULL), 1);
    assert_int_equal(soc_lock_held(reader, "log", NULL), 1);
    assert_int_equal(soc_lock_held(fds[0], "log", NULL), 0);
    soc_unlock(fds[0]);
    assert_int_equal(soc_lock_held(reader, "log", NULL), 0);
    close(reader);
}

static void test_it_ends_with_the_open_file(void **state)
{
    int fd = open(path, O_RDWR | O_CLOEXEC);
    int same = dup(fd);

    (void)state;
    assert_int_equal(soc_lock(fd, 0, "log", NULL), 0);
    close(fd);
    assert_int_equal(soc_lock_held(fds[0], "log", NULL), 1);
    close(same);
    assert_int_equal(soc_lock_held(fds[0], "log", NULL), 0);
}

static void test_it_ends_with_the_process(void **state)
{
    int said[2];
    char byte;
    pid_t child;

    (void)state;
    assert_int_equal(pipe(said), 0);
    child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        int fd = open(path, O_RDWR | O_CLOEXEC);

        if (soc_lock(fd, 0, "log", NULL) < 0 || write(said[1], "x", 1) != 1)
            _exit(1);
        for (;;)
            pause();
    }
    close(said[1]);
    assert_int_equal(read(said[0], &byte, 1), 1);
    close(said[0]);
    assert_int_equal(soc_lock_held(fds[0], "log", NULL), 1);
    kill(child, SIGKILL);
    assert_int_equal(waitpid(child, NULL, 0), child);
    assert_int_equal(soc_lock(fds[0], 0, "log", NULL), 0);
}

static void test_the_deadline(void **state)
{
    struct soc_error error = {0};
    int64_t before;

    (void)state;
    faults_clock_stop();
    assert_int_equal(soc_lock(fds[0], 0, "log", NULL), 0);
    before = soc_monotonic_ms();
    assert_int_equal(soc_lock(fds[1], 5000, "log", &error), SOCIETY_E_TIMEOUT);
    assert_string_equal(error.text, "log is locked by another (waited 5000 ms)");
    assert_int_equal(soc_monotonic_ms() - before, 5000);
    /* Sleeps grow: 5 s take thousands of the longest ones, and not hundreds of thousands of the
     * first. */
    assert_in_range(faults_count(FAULT_NANOSLEEP), 2500, 5100);
}

static void unlock_other(void *fd)
{
    soc_unlock(*(int *)fd);
}

static void test_the_holder_lets_go_meanwhile(void **state)
{
    (void)state;
    faults_clock_stop();
    assert_int_equal(soc_lock(fds[0], 0, "log", NULL), 0);
    faults_hook(FAULT_NANOSLEEP, 10, unlock_other, &fds[0]);
    assert_int_equal(soc_lock(fds[1], 5000, "log", NULL), 0);
    assert_int_equal(faults_count(FAULT_NANOSLEEP), 10);
    assert_int_equal(soc_lock_held(fds[0], "log", NULL), 1);
}

/* The holder needs microseconds, and a sleep would cost more than all of them. */
static void test_a_short_wait_is_no_sleep(void **state)
{
    (void)state;
    assert_int_equal(soc_lock(fds[0], 0, "log", NULL), 0);
    faults_hook(FAULT_LOCK, 20, unlock_other, &fds[0]);
    assert_int_equal(soc_lock(fds[1], 5000, "log", NULL), 0);
    assert_int_equal(faults_count(FAULT_NANOSLEEP), 0);
    assert_int_equal(faults_count(FAULT_CLOCK_GETTIME), 0);
}

static void test_who_will_not_wait_tries_once(void **state)
{
    (void)state;
    assert_int_equal(soc_lock(fds[0], 0, "log", NULL), 0);
    assert_int_equal(soc_lock(fds[1], 0, "log", NULL), SOCIETY_E_TIMEOUT);
    assert_int_equal(faults_count(FAULT_LOCK), 2);
}

static void test_a_free_lock_asks_for_no_time(void **state)
{
    (void)state;
    assert_int_equal(soc_lock(fds[0], 5000, "log", NULL), 0);
    assert_int_equal(faults_count(FAULT_LOCK), 1);
    assert_int_equal(faults_count(FAULT_CLOCK_GETTIME), 0);
}

static void test_interruptions_are_passed_over(void **state)
{
    (void)state;
    faults_at(FAULT_LOCK, 1, EINTR);
    faults_at(FAULT_LOCK, 2, EINTR);
    assert_int_equal(soc_lock(fds[0], 0, "log", NULL), 0);
    faults_at(FAULT_LOCK, 1, EINTR);
    assert_int_equal(soc_lock_held(fds[1], "log", NULL), 1);
    faults_at(FAULT_LOCK, 1, EINTR);
    soc_unlock(fds[0]);
    assert_int_equal(soc_lock_held(fds[1], "log", NULL), 0);
}

static void test_both_ways_to_say_held(void **state)
{
    (void)state;
    faults_clock_stop();
    faults_at(FAULT_LOCK, 1, EACCES);
    faults_at(FAULT_LOCK, 2, EAGAIN);
    assert_int_equal(soc_lock(fds[0], 100, "log", NULL), 0);
    assert_int_equal(faults_count(FAULT_LOCK), 3);
}

static void test_bytes_of_one_file(void **state)
{
    struct soc_error error = {0};

    (void)state;
    assert_int_equal(soc_lock_byte(fds[0], 7, "acts", &error), 0);
    assert_int_equal(soc_lock_byte_held(fds[1], 7, "acts", &error), 1);
    assert_int_equal(soc_lock_byte_held(fds[1], 8, "acts", &error), 0);
    assert_int_equal(soc_lock_byte_held(fds[0], 7, "acts", &error), 0); /* it is one's own */
    assert_int_equal(soc_lock_byte(fds[1], 7, "acts", &error), SOCIETY_E_TIMEOUT);
    assert_string_equal(error.text, "byte 7 of acts is locked by another");
    assert_int_equal(soc_lock_byte(fds[1], 8, "acts", &error), 0);
    close(fds[0]);
    assert_int_equal(soc_lock_byte_held(fds[1], 7, "acts", &error), 0);
    assert_int_equal(soc_lock_byte(fds[1], 7, "acts", &error), 0);
    fds[0] = open(path, O_RDWR | O_CLOEXEC);
}

static void test_bytes_are_refused(void **state)
{
    struct soc_error error = {0};

    (void)state;
    faults_at(FAULT_LOCK, 1, ENOLCK);
    assert_int_equal(soc_lock_byte(fds[0], 7, "acts", &error), -ENOLCK);
    assert_non_null(strstr(error.text, "can't lock acts"));
    faults_at(FAULT_LOCK, 1, EIO);
    assert_int_equal(soc_lock_byte_held(fds[0], 7, "acts", &error), -EIO);
    assert_non_null(strstr(error.text, "can't ask for the lock of acts"));
    faults_at(FAULT_LOCK, 1, EACCES);
    assert_int_equal(soc_lock_byte(fds[0], 7, "acts", &error), SOCIETY_E_TIMEOUT);
    assert_int_equal(soc_lock_byte(fds[0], 7, "acts", &error), 0);
}

static void test_bytes_are_shared(void **state)
{
    struct soc_error error = {0};

    (void)state;
    assert_int_equal(soc_share_byte(fds[0], 7), 0);
    assert_int_equal(soc_share_byte(fds[1], 7), 0);
    assert_int_equal(soc_lock_byte_held(fds[1], 7, "acts", &error), 1);
    soc_unlock_byte(fds[0], 7);
    assert_int_equal(soc_lock_byte_held(fds[1], 7, "acts", &error), 0);
    assert_int_equal(soc_lock_byte(fds[0], 8, "acts", &error), 0);
    assert_int_equal(soc_share_byte(fds[1], 8), SOCIETY_E_TIMEOUT);
    faults_at(FAULT_LOCK, 1, ENOLCK);
    assert_int_equal(soc_share_byte(fds[1], 9), -ENOLCK);
    assert_int_equal(soc_share_byte(fds[1], 9), 0);
}

static void test_refusals(void **state)
{
    struct soc_error error = {0};
    int reader = open(path, O_RDONLY | O_CLOEXEC);

    (void)state;
    faults_at(FAULT_LOCK, 1, ENOLCK);
    assert_int_equal(soc_lock(fds[0], 5000, "log", &error), -ENOLCK);
    assert_string_equal(error.text, "can't lock log: No locks available");
    assert_int_equal(soc_lock(reader, 0, "log", &error), -EBADF);
    faults_at(FAULT_LOCK, 1, EIO);
    assert_int_equal(soc_lock_held(fds[0], "log", &error), -EIO);
    assert_string_equal(error.text, "can't ask for the lock of log: Input/output error");
    close(reader);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_two_open_files_exclude_each_other, setup, teardown),
        cmocka_unit_test_setup_teardown(test_who_holds_it, setup, teardown),
        cmocka_unit_test_setup_teardown(test_it_ends_with_the_open_file, setup, teardown),
        cmocka_unit_test_setup_teardown(test_it_ends_with_the_process, setup, teardown),
        cmocka_unit_test_setup_teardown(test_the_deadline, setup, teardown),
        cmocka_unit_test_setup_teardown(test_the_holder_lets_go_meanwhile, setup, teardown),
        cmocka_unit_test_setup_teardown(test_a_short_wait_is_no_sleep, setup, teardown),
        cmocka_unit_test_setup_teardown(test_who_will_not_wait_tries_once, setup, teardown),
        cmocka_unit_test_setup_teardown(test_a_free_lock_asks_for_no_time, setup, teardown),
        cmocka_unit_test_setup_teardown(test_interruptions_are_passed_over, setup, teardown),
        cmocka_unit_test_setup_teardown(test_both_ways_to_say_held, setup, teardown),
        cmocka_unit_test_setup_teardown(test_bytes_of_one_file, setup, teardown),
        cmocka_unit_test_setup_teardown(test_bytes_are_refused, setup, teardown),
        cmocka_unit_test_setup_teardown(test_bytes_are_shared, setup, teardown),
        cmocka_unit_test_setup_teardown(test_refusals, setup, teardown),
    };

    return cmocka_run_group_tests_name("lock", tests, NULL, NULL);
}
