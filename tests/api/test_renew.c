/* SPDX-License-Identifier: MIT */
/*
 * Renewal of what an agent holds: by call, and by the calls in which a handle that has joined sleeps
 * anyway. Times are milliseconds, so that a third of a lease passes while a test waits for it.
 */
#include <society/ownership.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "harness/files.h"
#include "harness/tasks.h"

#define DEADLINE_MS 10000

static int records(const char *log, const char *type)
{
    char quoted[40];

    snprintf(quoted, sizeof quoted, "\"type\":\"%s\"", type);
    return file_exists(member_path(log)) ? (int)count_text(member_path(log), quoted) : 0;
}

static void hold_things(society *s, int64_t lease_ms)
{
    char fields[40];

    task_add("{\"title\":\"T\"}");
    assert_ok(s, society_task_claim(s, "t1", lease_ms, NULL));
    snprintf(fields, sizeof fields, "{\"leaseMs\":%d}", (int)lease_ms);
    assert_ok(s, society_own_acquire(s, "[\"src/**\"]", 0, fields, 0, NULL));
}

static void test_by_call(void **state)
{
    int32_t next = -1;

    (void)state;
    assert_int_equal(society_renew(w1, &next), 0);
    assert_in_range(next, 1, 200000); /* a third of the project's lease */
    hold_things(w1, 300);
    assert_int_equal(society_renew(w1, &next), 0); /* not so soon */
    assert_true(next >= 1 && next <= 100);
    int64_t renewed = 0;
    while (renewed < 2) { /* claim and reservation, each when it is due */
        society_tail *tail;
        assert_ok(w1, society_tail_open(w1, "messages", SOCIETY_FROM_END, 0, &tail));
        assert_int_equal(society_tail_wait(tail, next), 0);
        society_tail_close(tail);
        int result = society_renew(w1, &next);
        assert_ok(w1, result);
        renewed += result;
    }
    assert_int_equal(records("tasks.jsonl", "task_renew"), 1);
    assert_int_equal(records("ownership.jsonl", "own_renew"), 1);
    assert_int_equal(society_renew(w2, NULL), 0);
    assert_int_equal(society_renew(lead, NULL), 0);
}

/* Renewed by nothing but a wait for messages. */
static void wait_until_renewed(society *s)
{
    society_tail *tail;

    assert_ok(s, society_tail_open(s, "messages", SOCIETY_FROM_END, 0, &tail));
    for (int i = 0; i < 1000 && (records("tasks.jsonl", "task_renew") < 2 ||
                                 records("ownership.jsonl", "own_renew") < 2);
         i++)
        assert_int_equal(society_tail_wait(tail, 20), 0);
    society_tail_close(tail);
    assert_true(records("tasks.jsonl", "task_renew") >= 2);
    assert_true(records("ownership.jsonl", "own_renew") >= 2);
}

static void test_a_joined_handle_renews_while_it_waits(void **state)
{
    (void)state;
    assert_ok(w1, society_join(w1));
    hold_things(w1, 60);
    wait_until_renewed(w1);
    /* The lock files are young again. */
    assert_int_equal(count_text(member_path("locks/task-claim-t1.lock"), "\"w1\""), 1);
    assert_int_equal(count_text(member_path("locks/file-write-src%2F%2A%2A.lock"), "\"w1\""), 1);
    assert_int_equal(society_task_claim(w2, "t1", 0, NULL), SOCIETY_E_HELD);
}

static void test_only_what_the_session_holds(void **state)
{
    society_tail *tail;

    (void)state;
    hold_things(w1, 30); /* by a short call, before the session */
    society *keeper = member_open("w1");
    assert_ok(keeper, society_join(keeper));
    assert_ok(keeper, society_tail_open(keeper, "messages", SOCIETY_FROM_END, 0, &tail));
    assert_int_equal(society_tail_wait(tail, 60), 0);
    assert_int_equal(society_renew(keeper, NULL), 0);
    assert_int_equal(records("tasks.jsonl", "task_renew"), 0);
    society_tail_close(tail);
    society_close(keeper);
}

static void test_what_others_took_under_the_session(void **state)
{
    int32_t next;

    (void)state;
    assert_ok(lead, society_join(lead));
    society *call = member_open("lead");
    task_add("{\"title\":\"T\"}");
    assert_ok(call, society_task_claim(call, "t1", 90, NULL));
    society_close(call);
    assert_int_equal(society_renew(lead, &next), 0); /* counted from now on */
    assert_true(next <= 30);
    society_tail *tail;
    assert_ok(lead, society_tail_open(lead, "messages", SOCIETY_FROM_END, 0, &tail));
    for (int i = 0; i < 1000 && records("tasks.jsonl", "task_renew") == 0; i++)
        assert_int_equal(society_tail_wait(tail, 20), 0);
    assert_true(records("tasks.jsonl", "task_renew") > 0);
    society_tail_close(tail);
}

static void test_a_claim_with_its_paths(void **state)
{
    (void)state;
    task_add("{\"title\":\"T\",\"paths\":[\"src/**\"]}");
    assert_ok(w1, society_join(w1));
    assert_ok(w1, society_task_claim_with(w1, "t1", SOCIETY_CLAIM_OWN, 60, 0, NULL));
    wait_until_renewed(w1);
    assert_int_equal(society_own_check(w2, "[\"src/a\"]", NULL), 1);
}

static void test_a_handover_gives_the_lock_file_too(void **state)
{
    const char *name = "locks/file-write-src%2F%2A%2A.lock";

    (void)state;
    assert_ok(w1, society_own_acquire(w1, "[\"src/**\"]", 0, NULL, 0, NULL));
    assert_ok(w1, society_own_handover(w1, "src/**", "w2"));
    assert_int_equal(count_text(member_path(name), "\"agent\":\"w2\""), 1);
    assert_ok(w2, society_own_renew(w2, NULL, 0));
    assert_int_equal(count_text(member_path(name), "\"agent\":\"w2\""), 1);
    assert_ok(w2, society_own_release(w2, NULL));
    assert_false(file_exists(member_path(name)));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, tasks_setup, tasks_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_by_call),
        TEST(test_a_joined_handle_renews_while_it_waits),
        TEST(test_only_what_the_session_holds),
        TEST(test_what_others_took_under_the_session),
        TEST(test_a_claim_with_its_paths),
        TEST(test_a_handover_gives_the_lock_file_too),
    };

    return cmocka_run_group_tests_name("renewal", tests, NULL, NULL);
}
