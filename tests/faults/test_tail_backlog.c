/* SPDX-License-Identifier: MIT */
/*
 * Tails and what was received before: the backlog behind a cursor, receipts given once, and a wake that is not the
 * process's own.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "handle.h"
#include "harness/files.h"
#include "harness/internal/faults_pair.h"
#include "harness/unit.h"

static society_tail *tail;
static const char *record;

static int setup(void **state)
{
    tail = NULL;
    return faults_pair_setup(state);
}

static void open_tail(const char *log, int64_t position, uint32_t flags)
{
    int result = society_tail_open(w2, log, position, flags, &tail);

    if (result < 0)
        fail_msg("%s", society_last_message(w2));
}

/* Where the backlog behind the cursor ends: in no log, in the present segment, in the archive. */
static void test_backlogs(void **state)
{
    (void)state;
    open_tail("messages", SOCIETY_FROM_CURSOR, 0);
    assert_int_equal(society_tail_next(tail, &record, NULL), 0);
    society_tail_close(tail);
    member_send(w1, "w2", "a");
    faults_at(FAULT_LSEEK, 1, EIO);
    assert_int_equal(society_tail_open(w2, "messages", SOCIETY_FROM_CURSOR, 0, &tail), -EIO);
    assert_int_equal(society_compact(w1, "messages", SOCIETY_COMPACT_FORCE, NULL), 1);
    member_send(w1, "w2", "b");
    open_tail("messages", SOCIETY_FROM_CURSOR, 0);
    assert_string_equal(member_take(tail), "a b");
}

static void test_receipts_once(void **state)
{
    int64_t size = 0;

    (void)state;
    member_send(w1, "w2", "a");
    for (int i = 0; i < 2; i++) {
        open_tail("messages", SOCIETY_FROM_START, SOCIETY_TAIL_RECEIPTS);
        assert_string_equal(member_take(tail), "a");
        assert_int_equal(society_tail_commit(tail), 0);
        society_tail_close(tail);
        if (i == 0)
            size = file_size(member_path("deliveries.jsonl"));
    }
    assert_true(size > 0);
    assert_int_equal(file_size(member_path("deliveries.jsonl")), size);
}

/* A child that was forked has the parent's descriptors, and must not wake its tails. */
static void test_a_wake_in_a_child(void **state)
{
    pid_t own = w2->pid;

    (void)state;
    open_tail("messages", SOCIETY_FROM_CURSOR, 0);
    w2->pid = own + 1;
    assert_int_equal(society_tail_wake(tail), -ECHILD);
    w2->pid = own;
    assert_int_equal(society_tail_wait(tail, 0), 0);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, faults_pair_teardown)
    const struct CMUnitTest tests[] = {
        TEST(test_backlogs),
        TEST(test_receipts_once),
        TEST(test_a_wake_in_a_child),
    };

    return cmocka_run_group_tests_name("tail_backlog", tests, NULL, NULL);
}
