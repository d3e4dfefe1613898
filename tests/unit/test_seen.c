/* SPDX-License-Identifier: MIT */
/*
 * The window of ids: what stands in it, what has left it, and the table under it against a plain
 * list.
 */
#include "seen.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "harness/internal/faults.h"
#include "harness/unit.h"

static struct soc_seen *seen;

static int setup(void **state)
{
    (void)state;
    seen = soc_seen_new();
    return seen ? 0 : -1;
}

static int teardown(void **state)
{
    (void)state;
    soc_seen_free(seen);
    return 0;
}

static bool add(const char *id)
{
    return soc_seen_add(seen, id, strlen(id));
}

static bool add_number(int number)
{
    char id[32];

    snprintf(id, sizeof(id), "id-%d", number);
    return add(id);
}

static bool add_uuid(unsigned number)
{
    char id[64];

    snprintf(id, sizeof(id), "0194f1de-%04x-7abc-8def-0123%08x", number & 0xffff, number);
    return add(id);
}

static void test_a_repeat(void **state)
{
    (void)state;
    assert_false(add("a"));
    assert_false(add("b"));
    assert_true(add("a"));
    assert_true(add("b"));
    assert_false(add("aa"));
    assert_false(add(""));
    assert_true(add(""));
}

static void test_uuids(void **state)
{
    (void)state;
    assert_false(add("0194f1de-0000-7abc-8def-0123456789ab"));
    assert_true(add("0194f1de-0000-7abc-8def-0123456789ab"));
    assert_false(add("0194f1de-0000-7abc-8def-0123456789ac"));
    /* Not quite UUIDs: another case, another place of a hyphen, a letter that is no digit. */
    assert_false(add("0194F1DE-0000-7abc-8def-0123456789ab"));
    assert_false(add("0194f1de00-00-7abc-8def-0123456789ab"));
    assert_false(add("0194f1de-0000-7abc-8def-0123456789ag"));
    assert_false(add("0194f1de-0000-7abc-8def-0123456789a"));
    assert_true(add("0194F1DE-0000-7abc-8def-0123456789ab"));
}

static void test_the_window(void **state)
{
    (void)state;
    add_number(0);
    for (int i = 1; i < SOC_SEEN_WINDOW; i++)
        assert_false(add_number(i));
    /* The 4,096th before still counts, and the repeat is a record like any other. */
    assert_true(add_number(0));
    assert_true(add_number(1));
    for (int i = 0; i < SOC_SEEN_WINDOW; i++)
        assert_false(add_number(100000 + i));
    assert_false(add_number(0));
    assert_false(add_number(4000));
}

static void test_one_behind_the_window(void **state)
{
    (void)state;
    add_uuid(0);
    for (unsigned i = 1; i <= SOC_SEEN_WINDOW; i++)
        assert_false(add_uuid(i));
    assert_false(add_uuid(0));
    assert_true(add_uuid(2));
}

/* What soc_seen_add() should say, by looking at every one of the 4,096 before. */
static bool was_seen(const int *history, int count, int number)
{
    for (int i = count - 1; i >= 0 && i >= count - SOC_SEEN_WINDOW; i--)
        if (history[i] == number)
            return true;
    return false;
}

static void test_against_a_list(void **state)
{
    enum { COUNT = 15000 };
    int *history = malloc(COUNT * sizeof(*history));
    unsigned random = 12345;

    (void)state;
    assert_non_null(history);
    for (int i = 0; i < COUNT; i++) {
        random = random * 1664525u + 1013904223u;
        history[i] = (int)(random >> 8) % 6000;
        assert_int_equal(add_number(history[i]), was_seen(history, i, history[i]));
    }
    free(history);
}

static void test_without_randomness(void **state)
{
    struct soc_seen *poor;

    (void)state;
    faults_install();
    faults_from(FAULT_GETRANDOM, 1, ENOSYS);
    poor = soc_seen_new();
    faults_remove();
    assert_non_null(poor);
    assert_false(soc_seen_add(poor, "a", 1));
    assert_true(soc_seen_add(poor, "a", 1));
    soc_seen_free(poor);
    soc_seen_free(NULL);
}

static void test_asking(void **state)
{
    (void)state;
    assert_false(soc_seen_has(seen, "a", 1));
    add("a");
    assert_true(soc_seen_has(seen, "a", 1));
    assert_false(soc_seen_has(seen, "b", 1));
    assert_int_equal(soc_seen_count(seen), 1);
}

static void test_what_is_unique(void **state)
{
    static const char *const chosen[] = {
        "",
        "msg-1",
        "0190163d-8694-439b-aea5-966c26f8ad91", /* of another version */
        "0190163d-8694-739b-cea5-966c26f8ad91", /* of another variant */
        "0190163D-8694-739b-aea5-966c26f8ad91",
        "0190163d-8694-739b-aea5-966c26f8ad9",
        "0190163d-8694-739b-aea5-966c26f8ad911",
    };

    (void)state;
    assert_true(soc_seen_is_unique("0190163d-8694-739b-aea5-966c26f8ad91", 36));
    for (size_t i = 0; i < sizeof(chosen) / sizeof(chosen[0]); i++)
        assert_false(soc_seen_is_unique(chosen[i], strlen(chosen[i])));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_a_repeat, setup, teardown),
        cmocka_unit_test_setup_teardown(test_uuids, setup, teardown),
        cmocka_unit_test_setup_teardown(test_the_window, setup, teardown),
        cmocka_unit_test_setup_teardown(test_one_behind_the_window, setup, teardown),
        cmocka_unit_test_setup_teardown(test_against_a_list, setup, teardown),
        cmocka_unit_test_setup_teardown(test_asking, setup, teardown),
        cmocka_unit_test(test_what_is_unique),
        cmocka_unit_test(test_without_randomness),
    };

    return cmocka_run_group_tests_name("seen", tests, NULL, NULL);
}
