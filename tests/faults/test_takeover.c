/* SPDX-License-Identifier: MIT */
/*
 * A takeover whose evidence is overtaken: while one agent, having found the lease of another to be
 * over, is on its way to the log, the other renews. At whichever of its locks that happens, a
 * renewal that was granted is worth its lease.
 */
#include "harness/internal/faults.h"
#include "harness/tasks.h"
#include "harness/unit.h"

#define LEASE_MS 60000
#define LOCKS 20 /* more than a claim takes */

static int64_t token;
static int renewed;

static void renew(void *unused)
{
    (void)unused;
    renewed = society_task_change(w1, "t1", "renew", "{}", token);
}

/* 1 the renewal came before the nth lock of a claim that found the lease to be over, 0 there is no
 * such lock. */
static int renew_at_lock(unsigned nth)
{
    char *text;
    faults_install();
    faults_clock_stop();
    assert_ok(w1, society_task_claim(w1, "t1", LEASE_MS, &text));
    token = json_number(text, "token");
    society_free(text);
    assert_int_equal(society_task_claim(w2, "t1", LEASE_MS, NULL), SOCIETY_E_HELD);
    faults_clock_move(LEASE_MS + 1);
    renewed = 1;
    faults_hook(FAULT_LOCK, nth, renew, NULL);
    int taken = society_task_claim(w2, "t1", LEASE_MS, NULL);
    if (renewed == 0)
        assert_int_equal(taken, SOCIETY_E_HELD);
    else
        assert_ok(w2, taken);
    assert_string_equal(task_field("t1", "holder"), renewed == 0 ? "\"w1\"" : "\"w2\"");
    faults_remove();
    return renewed != 1;
}

static void test_renewed_meanwhile(void **state)
{
    unsigned granted = 0;
    unsigned nth = 0;
    int there = 1;
    while (there) {
        void *own = NULL;
        tasks_setup(&own);
        task_add("{\"title\":\"work\"}");
        there = renew_at_lock(++nth);
        granted += renewed == 0;
        tasks_teardown(&own);
        assert_true(nth < LOCKS);
    }
    (void)state;
    assert_true(granted > 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_renewed_meanwhile)};

    return cmocka_run_group_tests_name("takeover", tests, NULL, NULL);
}
