/* SPDX-License-Identifier: MIT */
/*
 * How a program that coordinates agents is unit-tested: with cmocka, a society in memory, and a
 * clock that the test moves. Under test is reassign(), a supervisor's: the task of a worker that
 * died goes to another. Nothing sleeps, and nothing is written to disk.
 * Outside this tree: cc -o unit_test unit_test.c $(pkg-config --cflags --libs society cmocka)
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <society/agent.h>
#include <society/task.h>
#include <society/testing.h>
#include <stdio.h>

/* 1 the task is the substitute's to claim; 0 its holder lives; errors. */
static int reassign(society *s, const char *task, const char *substitute)
{
    char to[128];
    int result = society_task_claim(s, task, 0, NULL); /* granted when the holder is gone */
    if (result == SOCIETY_E_HELD)
        return 0;
    snprintf(to, sizeof to, "{\"to\":\"%s\"}", substitute);
    if (result == 0)
        result = society_task_change(s, task, "release", NULL, SOCIETY_NO_TOKEN);
    if (result == 0)
        result = society_task_change(s, task, "assign", to, SOCIETY_NO_TOKEN);
    return result < 0 ? result : 1;
}

static society_test *test;
static society *lead, *w1, *w2;

static int setup(void **state)
{
    (void)state;
    return society_test_new(1, &test) < 0 || society_test_open(test, "supervisor", &lead) < 0 ||
           society_test_open(test, "w1", &w1) < 0 || society_test_open(test, "w2", &w2) < 0 ||
           society_join(w1) < 0 || society_join(w2) < 0 ||
           society_task_create(lead, "{\"title\":\"Implement auth\"}", NULL) < 0 ||
           society_task_claim(w1, "t1", 0, NULL) < 0;
}

static int teardown(void **state)
{
    (void)state;
    society_test_free(test);
    return 0;
}

static void test_the_task_of_a_dead_worker_is_reassigned(void **state)
{
    (void)state;
    assert_int_equal(society_test_kill(test, "w1"), 0);
    assert_int_equal(reassign(lead, "t1", "w2"), 1);
    assert_int_equal(society_task_claim(w2, "t1", 0, NULL), 0);

    /* The dead one returns, and finds its task in other hands. */
    assert_int_equal(society_test_open(test, "w1", &w1), 0);
    assert_int_equal(society_task_change(w1, "t1", "complete", NULL, 0), SOCIETY_E_FENCED);
    assert_int_equal(society_task_change(w2, "t1", "complete", NULL, SOCIETY_NO_TOKEN), 0);
}

static void test_a_stopped_worker_keeps_its_task(void **state)
{
    (void)state;
    assert_int_equal(society_test_stop(test, "w1"), 0);
    assert_int_equal(society_test_advance(test, 86400000), 0); /* a day */
    assert_int_equal(reassign(lead, "t1", "w2"), 0);
    assert_int_equal(society_test_continue(test, "w1"), 0);
    assert_int_equal(society_task_change(w1, "t1", "complete", NULL, SOCIETY_NO_TOKEN), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_the_task_of_a_dead_worker_is_reassigned, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(test_a_stopped_worker_keeps_its_task, setup, teardown),
    };

    return cmocka_run_group_tests_name("unit_test", tests, NULL, NULL);
}
