/* SPDX-License-Identifier: MIT */
/*
 * Two handles of one directory in one process: they exclude each other like processes do, and share
 * nothing.
 */
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "harness/files.h"
#include "harness/member.h"
#include "harness/unit.h"

static society *first;
static society *second;

static int setup(void **state)
{
    member_setup(state);
    first = member_open("w1");
    second = member_open("w1");
    return 0;
}

static int teardown(void **state)
{
    society_close(first);
    society_close(second);
    return member_teardown(state);
}

static void test_they_hear_each_other(void **state)
{
    society_tail *tail;

    (void)state;
    assert_int_equal(society_tail_open(second, "messages", SOCIETY_FROM_END, 0, &tail), 0);
    member_send(first, "w1", "a");
    assert_string_equal(member_await(tail, 1), "a");
    member_send(second, "w1", "b");
    assert_string_equal(member_await(tail, 1), "b");
}

static void test_one_joins(void **state)
{
    (void)state;
    assert_int_equal(society_join(first), 0);
    assert_int_equal(society_join(second), SOCIETY_E_HELD);
    assert_int_equal(society_online(second, "w1"), 1);
    society_close(second);
    second = member_open("w1");
    assert_int_equal(society_online(second, "w1"), 1);
    assert_int_equal(society_part(first), 0);
    assert_int_equal(society_join(second), 0);
}

static void test_errors_are_their_own(void **state)
{
    (void)state;
    assert_int_equal(society_send(first, "x", NULL), SOCIETY_E_INVALID);
    assert_true(society_last_message(first)[0] != '\0');
    assert_string_equal(society_last_message(second), "");
}

static void test_one_rotates(void **state)
{
    society_tail *tail;

    (void)state;
    assert_int_equal(society_tail_open(second, "messages", SOCIETY_FROM_END, 0, &tail), 0);
    member_send(first, "w1", "a");
    assert_int_equal(society_compact(second, "messages", SOCIETY_COMPACT_FORCE, NULL), 1);
    member_send(first, "w1", "b");
    assert_int_equal(society_compact(first, "messages", SOCIETY_COMPACT_FORCE, NULL), 1);
    member_send(second, "w1", "c");
    assert_string_equal(member_await(tail, 3), "a b c");
}

static void test_closing_one_leaves_the_others_lock(void **state)
{
    int fd;
    struct flock lock = {.l_type = F_WRLCK, .l_whence = SEEK_SET};

    (void)state;
    assert_int_equal(society_join(first), 0);
    /* A lock of the classical kind would go with any descriptor of the file that is closed. */
    close(open(member_path("locks/agent-w1.lock"), O_RDONLY | O_CLOEXEC));
    society_close(second);
    second = member_open("w2");
    fd = open(member_path("locks/agent-w1.lock"), O_RDWR | O_CLOEXEC);
    assert_int_equal(fcntl(fd, F_OFD_GETLK, &lock), 0);
    assert_int_equal(lock.l_type, F_WRLCK);
    close(fd);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
    const struct CMUnitTest tests[] = {
        TEST(test_they_hear_each_other),
        TEST(test_one_joins),
        TEST(test_errors_are_their_own),
        TEST(test_one_rotates),
        TEST(test_closing_one_leaves_the_others_lock),
    };

    return cmocka_run_group_tests_name("two_handles", tests, NULL, NULL);
}
