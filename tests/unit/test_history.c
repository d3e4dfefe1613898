/* SPDX-License-Identifier: MIT */
/* The checker of histories (tests/harness/history.h), with histories made by hand. */
#include "harness/history.h"

#include <string.h>

#include "harness/unit.h"

#define MS INT64_C(1000000)

/* Operations on task 7; times and leases in milliseconds. */
static struct history_operation make(uint32_t process, int64_t from, int64_t to,
                                     enum history_what what, enum history_outcome outcome)
{
    return (struct history_operation){.process = process,
                                      .task = 7,
                                      .began = from * MS,
                                      .ended = to * MS,
                                      .what = what,
                                      .outcome = outcome,
                                      .present = true,
                                      .lease_ns = 100 * MS,
                                      .token = HISTORY_NO_TOKEN,
                                      .took_over = HISTORY_NO_TOKEN};
}

static struct history_operation joined(uint32_t process, int64_t from, int64_t to, int64_t token,
                                       int64_t took_over)
{
    struct history_operation claim = make(process, from, to, HISTORY_CLAIM, HISTORY_DONE);
    claim.token = token;
    claim.took_over = took_over;
    return claim;
}

static struct history_operation leased(uint32_t process, int64_t from, int64_t to, int64_t token,
                                       int64_t took_over)
{
    struct history_operation claim = joined(process, from, to, token, took_over);
    claim.present = false;
    return claim;
}

static struct history_operation death(uint32_t process, int64_t from, int64_t to)
{
    return make(process, from, to, HISTORY_DEATH, HISTORY_DONE);
}

static struct history_operation change(uint32_t process, int64_t from, int64_t to,
                                       enum history_what what, int64_t token,
                                       enum history_outcome outcome)
{
    struct history_operation operation = make(process, from, to, what, outcome);
    operation.token = token;
    return operation;
}

#define assert_sound(...)                                                             \
    do {                                                                              \
        const struct history_operation h[] = {__VA_ARGS__};                           \
        struct history_verdict verdict = history_check(h, sizeof h / sizeof h[0], 7); \
        if (!verdict.sound)                                                           \
            fail_msg("%s", verdict.why);                                              \
    } while (0)

#define assert_unsound(words, ...)                                                    \
    do {                                                                              \
        const struct history_operation h[] = {__VA_ARGS__};                           \
        struct history_verdict verdict = history_check(h, sizeof h / sizeof h[0], 7); \
        assert_false(verdict.sound);                                                  \
        if (!strstr(verdict.why, words))                                              \
            fail_msg("%s", verdict.why);                                              \
    } while (0)

static void test_one_after_the_other(void **state)
{
    (void)state;
    assert_sound(leased(0, 1, 2, 10, -1), change(0, 3, 4, HISTORY_RENEW, 10, HISTORY_DONE),
                 change(0, 5, 6, HISTORY_RELEASE, 10, HISTORY_DONE), leased(1, 7, 8, 20, -1),
                 change(1, 9, 10, HISTORY_FAIL, 20, HISTORY_DONE), leased(1, 11, 12, 30, -1),
                 change(1, 13, 14, HISTORY_COMPLETE, 30, HISTORY_DONE),
                 change(0, 15, 16, HISTORY_REOPEN, -1, HISTORY_DONE), leased(0, 17, 18, 40, -1),
                 change(2, 19, 20, HISTORY_CLAIM, -1, HISTORY_HELD),
                 change(1, 21, 22, HISTORY_COMPLETE, 30, HISTORY_FENCED),
                 change(0, 23, 24, HISTORY_REOPEN, -1, HISTORY_HELD));
}

static void test_one_winner(void **state)
{
    (void)state;
    assert_sound(leased(0, 1, 5, 10, -1), change(1, 2, 4, HISTORY_CLAIM, -1, HISTORY_HELD));
    assert_unsound("claim, token 20", leased(0, 1, 5, 10, -1), leased(1, 2, 6, 20, -1));
    assert_unsound("fits no order", leased(0, 1, 5, 10, -1), leased(1, 2, 6, 10, -1));
}

/* What runs at the same time may come in either order; the outcomes tell which. */
static void test_any_order_of_what_is_concurrent(void **state)
{
    (void)state;
    assert_sound(leased(0, 1, 2, 10, -1), change(0, 3, 9, HISTORY_RELEASE, 10, HISTORY_DONE),
                 leased(1, 4, 8, 20, -1), change(2, 4, 9, HISTORY_CLAIM, -1, HISTORY_HELD));
    assert_sound(leased(0, 1, 2, 10, -1), change(1, 3, 9, HISTORY_CLAIM, -1, HISTORY_HELD),
                 change(0, 4, 5, HISTORY_RELEASE, 10, HISTORY_DONE), leased(2, 6, 8, 20, -1));
    assert_sound(change(1, 1, 9, HISTORY_COMPLETE, 10, HISTORY_FENCED), leased(0, 2, 8, 10, -1));
}

/* What ended before another began comes before it. */
static void test_real_time(void **state)
{
    (void)state;
    assert_unsound("told held", leased(0, 1, 2, 10, -1),
                   change(0, 3, 4, HISTORY_RELEASE, 10, HISTORY_DONE),
                   change(1, 5, 6, HISTORY_CLAIM, -1, HISTORY_HELD));
    assert_unsound("claim, token 20", leased(0, 1, 2, 10, -1), leased(1, 3, 4, 20, -1),
                   change(0, 5, 6, HISTORY_RELEASE, 10, HISTORY_DONE));
    assert_unsound("told fenced", leased(0, 3, 4, 10, -1),
                   change(0, 5, 6, HISTORY_RENEW, 10, HISTORY_FENCED));
}

static void test_tokens_grow(void **state)
{
    (void)state;
    assert_unsound("claim, token 10", leased(0, 1, 2, 20, -1),
                   change(0, 3, 4, HISTORY_RELEASE, 20, HISTORY_DONE), leased(1, 5, 6, 10, -1));
    assert_unsound("claim, token 20", leased(0, 1, 2, 20, -1),
                   change(0, 3, 4, HISTORY_RELEASE, 20, HISTORY_DONE), leased(1, 5, 6, 20, -1));
}

static void test_fence(void **state)
{
    (void)state;
    assert_sound(leased(0, 1, 2, 10, -1), leased(1, 103, 104, 20, 10),
                 change(0, 105, 106, HISTORY_COMPLETE, 10, HISTORY_FENCED),
                 change(1, 107, 108, HISTORY_COMPLETE, 20, HISTORY_DONE));
    assert_unsound("complete, token 10", leased(0, 1, 2, 10, -1), leased(1, 103, 104, 20, 10),
                   change(0, 105, 106, HISTORY_COMPLETE, 10, HISTORY_DONE));
    assert_unsound("renew, token 10", leased(0, 1, 2, 10, -1), leased(1, 103, 104, 20, 10),
                   change(0, 105, 106, HISTORY_RENEW, 10, HISTORY_DONE));
    assert_unsound("told fenced", leased(0, 1, 2, 10, -1),
                   change(0, 3, 4, HISTORY_COMPLETE, 10, HISTORY_FENCED));
}

static void test_nothing_is_completed_twice(void **state)
{
    (void)state;
    assert_sound(leased(0, 1, 2, 10, -1), change(0, 3, 4, HISTORY_COMPLETE, 10, HISTORY_DONE),
                 change(0, 5, 6, HISTORY_COMPLETE, 10, HISTORY_HELD));
    assert_unsound("complete, token 10", leased(0, 1, 2, 10, -1),
                   change(0, 3, 4, HISTORY_COMPLETE, 10, HISTORY_DONE),
                   change(0, 5, 6, HISTORY_COMPLETE, 10, HISTORY_DONE));
    assert_unsound("claim, token 20", leased(0, 1, 2, 10, -1),
                   change(0, 3, 4, HISTORY_COMPLETE, 10, HISTORY_DONE), leased(1, 5, 6, 20, -1));
}

static void test_takeover_of_the_living(void **state)
{
    (void)state;
    assert_unsound("in place of 10", joined(0, 1, 2, 10, -1), joined(1, 900, 901, 20, 10));
    assert_sound(joined(0, 1, 2, 10, -1), death(0, 3, 5), joined(1, 4, 6, 20, 10));
    assert_unsound("in place of 10", joined(0, 1, 2, 10, -1), joined(1, 3, 4, 20, 10),
                   death(0, 5, 6));
    /* the death of an earlier run is not this one's */
    assert_unsound("in place of 10", death(0, 1, 2), joined(0, 3, 4, 10, -1),
                   joined(1, 5, 6, 20, 10));
}

static void test_lease(void **state)
{
    (void)state;
    assert_sound(leased(0, 1, 2, 10, -1), leased(1, 60, 101, 20, 10));
    assert_unsound("in place of 10", leased(0, 1, 2, 10, -1), leased(1, 60, 99, 20, 10));
    assert_unsound("in place of 10", leased(0, 1, 2, 10, -1),
                   change(0, 50, 51, HISTORY_RENEW, 10, HISTORY_DONE), leased(1, 110, 120, 20, 10));
    assert_sound(leased(0, 1, 2, 10, -1), change(0, 50, 51, HISTORY_RENEW, 10, HISTORY_DONE),
                 leased(1, 110, 151, 20, 10));
    /* one's own, of an earlier run, needs no lease */
    assert_sound(leased(0, 1, 2, 10, -1), death(0, 3, 4), leased(0, 5, 6, 20, 10));
}

static void test_takeover_of_another_claim(void **state)
{
    (void)state;
    assert_unsound("in place of 10", joined(0, 1, 2, 10, -1), death(0, 3, 4),
                   joined(1, 5, 6, 20, 10), joined(2, 7, 8, 30, 10));
    assert_unsound("in place of 10", joined(0, 1, 2, 10, -1),
                   change(0, 3, 4, HISTORY_RELEASE, 10, HISTORY_DONE), death(0, 5, 6),
                   joined(1, 7, 8, 20, 10));
}

/* A killed process' last operation took effect, or did not. */
static void test_killed(void **state)
{
    (void)state;
    assert_sound(change(0, 1, 5, HISTORY_CLAIM, -1, HISTORY_UNKNOWN), death(0, 4, 5),
                 joined(1, 6, 7, 20, -1));
    assert_sound(change(0, 1, 5, HISTORY_CLAIM, -1, HISTORY_UNKNOWN), death(0, 4, 5),
                 joined(1, 6, 7, 20, 10));
    assert_sound(change(0, 1, 5, HISTORY_CLAIM, -1, HISTORY_UNKNOWN), death(0, 4, 5),
                 change(1, 6, 7, HISTORY_CLAIM, -1, HISTORY_HELD), joined(2, 8, 9, 20, 10));
    assert_unsound("told held", change(0, 1, 5, HISTORY_CLAIM, -1, HISTORY_UNKNOWN), death(0, 4, 5),
                   joined(1, 6, 7, 20, -1), change(1, 8, 9, HISTORY_RELEASE, 20, HISTORY_DONE),
                   change(1, 10, 11, HISTORY_CLAIM, -1, HISTORY_HELD));
    assert_sound(joined(0, 1, 2, 10, -1), change(0, 3, 5, HISTORY_COMPLETE, 10, HISTORY_UNKNOWN),
                 death(0, 4, 5), change(1, 6, 7, HISTORY_CLAIM, -1, HISTORY_HELD),
                 change(1, 8, 9, HISTORY_REOPEN, -1, HISTORY_DONE));
    assert_sound(joined(0, 1, 2, 10, -1), change(0, 3, 5, HISTORY_COMPLETE, 10, HISTORY_UNKNOWN),
                 death(0, 4, 5), joined(1, 6, 7, 20, 10));
}

/* Once its death was seen, nothing more of it takes effect. */
static void test_the_dead_do_nothing(void **state)
{
    (void)state;
    assert_unsound("told held", change(0, 1, 5, HISTORY_CLAIM, -1, HISTORY_UNKNOWN), death(0, 4, 5),
                   joined(1, 6, 7, 20, -1), change(1, 8, 9, HISTORY_COMPLETE, 20, HISTORY_DONE),
                   change(1, 10, 11, HISTORY_REOPEN, -1, HISTORY_DONE),
                   change(2, 12, 13, HISTORY_CLAIM, -1, HISTORY_HELD));
    assert_unsound("in place of 15", change(0, 1, 5, HISTORY_CLAIM, -1, HISTORY_UNKNOWN),
                   death(0, 4, 5), joined(1, 6, 7, 20, -1), joined(2, 8, 9, 30, 15));
}

/* A claim that asked for anything may have taken this task. */
static void test_claim_of_anything(void **state)
{
    struct history_operation h[] = {change(0, 1, 5, HISTORY_CLAIM, -1, HISTORY_UNKNOWN),
                                    death(0, 4, 5),
                                    change(1, 6, 7, HISTORY_CLAIM, -1, HISTORY_HELD)};

    (void)state;
    h[0].task = HISTORY_ANY_TASK;
    assert_true(history_check(h, 3, 7).sound);
    h[0].task = 8;
    assert_false(history_check(h, 3, 7).sound);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_one_after_the_other),
        cmocka_unit_test(test_one_winner),
        cmocka_unit_test(test_any_order_of_what_is_concurrent),
        cmocka_unit_test(test_real_time),
        cmocka_unit_test(test_tokens_grow),
        cmocka_unit_test(test_fence),
        cmocka_unit_test(test_nothing_is_completed_twice),
        cmocka_unit_test(test_takeover_of_the_living),
        cmocka_unit_test(test_lease),
        cmocka_unit_test(test_takeover_of_another_claim),
        cmocka_unit_test(test_killed),
        cmocka_unit_test(test_the_dead_do_nothing),
        cmocka_unit_test(test_claim_of_anything),
    };

    return cmocka_run_group_tests_name("history", tests, NULL, NULL);
}
