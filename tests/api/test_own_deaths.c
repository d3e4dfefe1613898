/* SPDX-License-Identifier: MIT */
/*
 * File ownership when processes die: one that holds paths, one in the queue for them, one that was
 * granted them and did not live to know.
 */
#include <signal.h>
#include <society/agent.h>
#include <society/ownership.h>
#include <stdio.h>
#include <string.h>

#include "harness/owners.h"
#include "harness/unit.h"

static void test_woken_by_death(void **state)
{
    society *s = member_open(NULL);

    (void)state;
    pid_t holder = owner_start(owner_hold_a, true);
    owner_await(s, "w1:[\"a\"]");
    pid_t waiter = owner_start(owner_wait_for_a, 2);
    owner_await(s, "w1:[\"a\"] w2:[\"a\"]?");
    owner_kill(holder);
    assert_int_equal(owner_end(waiter), 0);
    assert_string_equal(owner_live(s), "");
    society_close(s);
}

/* A dead holder's paths are had at once, without waiting, and are free to write before. */
static void test_taken_from_the_dead(void **state)
{
    society *w2 = member_open("w2");

    (void)state;
    pid_t holder = owner_start(owner_hold_a, true);
    owner_await(w2, "w1:[\"a\"]");
    assert_int_equal(owner_acquire(w2, "[\"a\"]", 0), SOCIETY_E_HELD);
    assert_int_equal(society_own_check(w2, "[\"a\"]", NULL), 1);
    owner_kill(holder);
    assert_int_equal(society_own_check(w2, "[\"a\"]", NULL), 0);
    assert_int_equal(owner_acquire(w2, "[\"a\"]", 0), 0);
    assert_string_equal(owner_live(w2), "w2:[\"a\"]");
    society_close(w2);
}

/* Who died in the queue does not hold up those behind. */
static int wait_joined(int number)
{
    char agent[16];

    snprintf(agent, sizeof agent, "w%d", number);
    society *s = member_open(agent);
    return society_join(s) == 0 && owner_acquire(s, "[\"a\"]", -1) == 0 ? 0 : 1;
}

static void test_death_in_the_queue(void **state)
{
    society *w1 = member_open("w1");

    (void)state;
    assert_int_equal(owner_acquire(w1, "[\"a\"]", 0), 0);
    pid_t second = owner_start(wait_joined, 2);
    owner_await(w1, "w1:[\"a\"] w2:[\"a\"]?");
    pid_t third = owner_start(owner_wait_for_a, 3);
    owner_await(w1, "w1:[\"a\"] w2:[\"a\"]? w3:[\"a\"]?");
    owner_kill(second);
    assert_int_equal(society_own_release(w1, NULL), 1);
    assert_int_equal(owner_end(third), 0);
    assert_string_equal(owner_live(w1), "");
    society_close(w1);
}

/* Nor does one whose agent has not joined, or is held online by another process: the process that
 * waits is what counts. */
static void check_killed_waiter(society *w1)
{
    assert_int_equal(owner_acquire(w1, "[\"a\"]", 0), 0);
    pid_t second = owner_start(owner_wait_for_a, 2);
    owner_await(w1, "w1:[\"a\"] w2:[\"a\"]?");
    pid_t third = owner_start(owner_wait_for_a, 3);
    owner_await(w1, "w1:[\"a\"] w2:[\"a\"]? w3:[\"a\"]?");
    owner_kill(second);
    owner_await(w1, "w1:[\"a\"] w3:[\"a\"]?");
    assert_int_equal(society_own_release(w1, NULL), 1);
    assert_int_equal(owner_end(third), 0);
    assert_string_equal(owner_live(w1), "");
}

static void test_death_of_a_process_that_waits(void **state)
{
    society *w1 = member_open("w1");
    society *holder = member_open("w2");

    (void)state;
    check_killed_waiter(w1);
    assert_int_equal(society_join(holder), 0);
    check_killed_waiter(w1);
    society_close(holder);
    society_close(w1);
}

/* Nor does its wait close a cycle. */
static void test_the_dead_wait_for_nobody(void **state)
{
    society *w1 = member_open("w1");
    society *w2 = member_open("w2");

    (void)state;
    assert_int_equal(owner_acquire(w1, "[\"a\"]", 0), 0);
    assert_int_equal(owner_acquire(w2, "[\"b\"]", 0), 0);
    pid_t second = owner_start(owner_wait_for_a, 2);
    owner_await(w1, "w1:[\"a\"] w2:[\"b\"] w2:[\"a\"]?");
    assert_int_equal(owner_acquire(w1, "[\"b\"]", 20), SOCIETY_E_DEADLOCK);
    assert_non_null(strstr(society_last_message(w1), "w1 → w2 → w1"));
    owner_kill(second);
    assert_int_equal(owner_acquire(w1, "[\"b\"]", 20), SOCIETY_E_TIMEOUT);
    assert_string_equal(owner_live(w1), "w1:[\"a\"] w2:[\"b\"]");
    society_close(w2);
    society_close(w1);
}

/* Granted to a process that is not running, and dies without having noticed. */
static void test_death_before_the_grant_is_noticed(void **state)
{
    society *w1 = member_open("w1");
    society *w3 = member_open("w3");

    (void)state;
    assert_int_equal(owner_acquire(w1, "[\"a\"]", 0), 0);
    pid_t second = owner_start(owner_wait_for_a, 2);
    owner_await(w1, "w1:[\"a\"] w2:[\"a\"]?");
    assert_int_equal(society_own_renew(w1, NULL, 0), 1); /* it has left the log's lock by then */
    kill(second, SIGSTOP);
    assert_int_equal(society_own_release(w1, NULL), 1);
    assert_string_equal(owner_live(w3), "w2:[\"a\"]");
    assert_int_equal(owner_acquire(w3, "[\"a\"]", 0), SOCIETY_E_HELD);
    assert_int_equal(society_own_check(w3, "[\"a\"]", NULL), 1);
    owner_kill(second);
    assert_int_equal(society_own_check(w3, "[\"a\"]", NULL), 0);
    assert_int_equal(owner_acquire(w3, "[\"a\"]", 0), 0);
    assert_string_equal(owner_live(w1), "w3:[\"a\"]");
    society_close(w3);
    society_close(w1);
}

/* What was waited for and had outlasts the process, for its lease. */
static int wait_and_leave(int number)
{
    society *s = member_open("w2");

    (void)number;
    int result = owner_acquire(s, "[\"a\"]", OWNER_DEADLINE_MS);
    society_close(s);
    return result;
}

static void test_what_was_had_outlasts_the_wait(void **state)
{
    society *w1 = member_open("w1");

    (void)state;
    assert_int_equal(owner_acquire(w1, "[\"a\"]", 0), 0);
    pid_t second = owner_start(wait_and_leave, 2);
    owner_await(w1, "w1:[\"a\"] w2:[\"a\"]?");
    assert_int_equal(society_compact(w1, "ownership", SOCIETY_COMPACT_FORCE, NULL), 1);
    assert_int_equal(society_own_release(w1, NULL), 1);
    assert_int_equal(owner_end(second), 0);
    assert_int_equal(owner_acquire(w1, "[\"a\"]", 0), SOCIETY_E_HELD);
    assert_int_equal(society_own_check(w1, "[\"a\"]", NULL), 1);
    assert_string_equal(owner_live(w1), "w2:[\"a\"]");
    society_close(w1);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, member_setup, member_teardown)
    const struct CMUnitTest tests[] = {
        TEST(test_woken_by_death),
        TEST(test_taken_from_the_dead),
        TEST(test_death_in_the_queue),
        TEST(test_death_of_a_process_that_waits),
        TEST(test_the_dead_wait_for_nobody),
        TEST(test_death_before_the_grant_is_noticed),
        TEST(test_what_was_had_outlasts_the_wait),
    };

    return cmocka_run_group_tests_name("deaths of owners", tests, NULL, NULL);
}
