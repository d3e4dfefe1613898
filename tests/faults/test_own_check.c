/* SPDX-License-Identifier: MIT */
/*
 * A look at who keeps one from writing, while the process that waited for the path says that it has
 * it: at whichever of the look's locks that happens, the path is never free.
 */
#include <society/ownership.h>
#include <society/wait.h>

#include "harness/internal/faults.h"
#include "harness/pair.h"
#include "harness/unit.h"

#define LOCKS 20 /* more than a look takes */

static society_wait *place;
static int had;

static void take(void *unused)
{
    (void)unused;
    had = society_wait_take(place, NULL);
}

/* Whether there is such a lock. */
static bool had_at_lock(society *w3, unsigned nth)
{
    assert_int_equal(society_own_acquire(w1, "[\"a\"]", 0, NULL, 0, NULL), 0);
    assert_int_equal(society_own_wait(w2, "[\"a\"]", 0, NULL, &place), 0);
    assert_int_equal(society_wait_take(place, NULL), 0);
    assert_int_equal(society_own_release(w1, NULL), 1);
    had = 0;
    faults_install();
    faults_hook(FAULT_LOCK, nth, take, NULL);
    assert_int_equal(society_own_check(w3, "[\"a\",\"b\"]", NULL), 1);
    faults_remove();
    if (had == 0)
        assert_int_equal(society_wait_take(place, NULL), 1);
    else
        assert_int_equal(had, 1);
    society_wait_close(place);
    assert_int_equal(society_own_release(w2, NULL), 1);
    return had == 1;
}

static void test_had_meanwhile(void **state)
{
    unsigned nth = 1;
    society *w3 = member_open("w3");

    (void)state;
    while (had_at_lock(w3, nth))
        nth++;
    assert_in_range(nth, 2, LOCKS);
    society_close(w3);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_had_meanwhile, pair_setup, pair_teardown),
    };

    return cmocka_run_group_tests_name("looks at owners", tests, NULL, NULL);
}
