/* SPDX-License-Identifier: MIT */
/* Sets of ids: ranges, what they hold and what not, and agreement with a plain list (SEED chooses).
 */
#include "ids.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "harness/unit.h"

static struct soc_ids ids;

static int teardown(void **state)
{
    (void)state;
    soc_ids_free(&ids);
    return 0;
}

static void add(const char *item)
{
    assert_int_equal(soc_ids_add(&ids, item), 0);
}

/* All items, in order. */
static const char *items(void)
{
    static char text[1000];
    size_t length = 0;

    soc_ids_settle(&ids);
    text[0] = '\0';
    for (size_t i = 0; i < ids.count; i++) {
        char item[SOC_IDS_TEXT_SIZE];
        soc_ids_text(&ids.items[i], item);
        length += (size_t)snprintf(text + length, sizeof text - length, "%s%s", i ? " " : "", item);
    }
    return text;
}

static void test_ranges(void **state)
{
    (void)state;
    add("t3");
    add("t1");
    add("t2");
    add("auth");
    add("t7");
    add("t5:6");
    add("docs");
    add("docs");
    add("t10");
    assert_string_equal(items(), "auth docs t1:3 t5:7 t10");
    assert_true(soc_ids_has(&ids, "t1"));
    assert_true(soc_ids_has(&ids, "t6"));
    assert_true(soc_ids_has(&ids, "auth"));
    assert_false(soc_ids_has(&ids, "t4"));
    assert_false(soc_ids_has(&ids, "t8"));
    assert_false(soc_ids_has(&ids, "t"));
    assert_false(soc_ids_has(&ids, "auth1"));
    assert_false(soc_ids_has(&ids, "aut"));
    assert_false(soc_ids_has(&ids, "t1:3"));
    assert_false(soc_ids_has(&ids, ""));
}

/* An id with zeros in front of its number is another id. */
static void test_zeros(void **state)
{
    (void)state;
    add("t007");
    add("t0");
    add("t00");
    add("7");
    add("t1234567890123456");
    assert_string_equal(items(), "7 t0 t00 t007 t1234567890123456");
    assert_true(soc_ids_has(&ids, "t007"));
    assert_true(soc_ids_has(&ids, "7"));
    assert_true(soc_ids_has(&ids, "t1234567890123456"));
    assert_false(soc_ids_has(&ids, "t7"));
    assert_false(soc_ids_has(&ids, "t07"));
    assert_false(soc_ids_has(&ids, "t000"));
}

static void test_what_is_none(void **state)
{
    static const char *const unsound[] = {"",      ":",     "t1:", "t5:4", "t1:2x",
                                          ":5",    "t:5",   "t 1", "-t",   "t1:9999999999999999",
                                          "t1:-3", "auth:7"};

    (void)state;
    for (size_t i = 0; i < sizeof unsound / sizeof unsound[0]; i++)
        assert_int_equal(soc_ids_add(&ids, unsound[i]), -EINVAL);
    assert_int_equal(ids.count, 0);
}

static void test_agreement_with_a_list(void **state)
{
    static const char *const prefixes[] = {"t", "t0", "bd-", ""};
    const char *given = getenv("SEED");
    unsigned seed = given ? (unsigned)atoi(given) : (unsigned)time(NULL);
    bool known[4][40];

    (void)state;
    print_message("# SEED=%u\n", seed);
    for (int round = 0; round < 300; round++) {
        memset(known, 0, sizeof known);
        for (int n = 0; n < 60; n++) {
            char item[40];
            unsigned p = (seed = seed * 1103515245 + 12345) >> 16 & 3;
            unsigned first = ((seed = seed * 1103515245 + 12345) >> 16) % 38 + 1;
            unsigned last = n % 7 ? first : first + 1;
            if (first == last)
                snprintf(item, sizeof item, "%s%u", prefixes[p], first);
            else
                snprintf(item, sizeof item, "%s%u:%u", prefixes[p], first, last);
            add(item);
            for (unsigned i = first; i <= last; i++)
                known[p][i] = true;
        }
        soc_ids_settle(&ids);
        struct soc_ids copy = {0};
        assert_int_equal(soc_ids_add_all(&copy, &ids), 0);
        for (unsigned p = 0; p < 4; p++)
            for (unsigned i = 1; i < 40; i++) {
                char id[40];
                snprintf(id, sizeof id, "%s%u", prefixes[p], i);
                assert_int_equal(soc_ids_has(&ids, id), known[p][i]);
                assert_int_equal(soc_ids_has(&copy, id), known[p][i]);
            }
        soc_ids_free(&copy);
        soc_ids_free(&ids);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_teardown(test_ranges, teardown),
        cmocka_unit_test_teardown(test_zeros, teardown),
        cmocka_unit_test_teardown(test_what_is_none, teardown),
        cmocka_unit_test_teardown(test_agreement_with_a_list, teardown),
    };
    return cmocka_run_group_tests_name("ids", tests, NULL, NULL);
}
