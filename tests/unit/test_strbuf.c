/* SPDX-License-Identifier: MIT */
/*
 * A growing string, its growth and its failures.
 */
#include <string.h>

#include "harness/unit.h"
#include "strbuf.h"

static void test_adding(void **state)
{
    SOC_AUTO_STRBUF struct soc_strbuf buf = SOC_STRBUF_INIT;

    (void)state;
    assert_null(buf.data);
    soc_strbuf_add(&buf, "ab", 2);
    soc_strbuf_add_char(&buf, 'c');
    soc_strbuf_add_string(&buf, "def");
    soc_strbuf_add_format(&buf, "-%d-%s", 42, "x");
    assert_string_equal(buf.data, "abcdef-42-x");
    assert_int_equal(buf.length, strlen("abcdef-42-x"));
    assert_false(buf.failed);
}

static void test_nothing_added_is_still_a_string(void **state)
{
    SOC_AUTO_STRBUF struct soc_strbuf buf = SOC_STRBUF_INIT;

    (void)state;
    soc_strbuf_add(&buf, NULL, 0);
    assert_string_equal(buf.data, "");
    assert_int_equal(buf.length, 0);
}

static void test_bytes_of_any_value(void **state)
{
    SOC_AUTO_STRBUF struct soc_strbuf buf = SOC_STRBUF_INIT;

    (void)state;
    soc_strbuf_add(&buf, "a\0b", 3);
    assert_int_equal(buf.length, 3);
    assert_memory_equal(buf.data, "a\0b", 4);
}

static void test_growth(void **state)
{
    SOC_AUTO_STRBUF struct soc_strbuf buf = SOC_STRBUF_INIT;

    (void)state;
    for (int i = 0; i < 100000; i++) {
        soc_strbuf_add_char(&buf, (char)('a' + i % 26));
        assert_true(buf.capacity > buf.length);
        assert_int_equal(buf.data[buf.length], '\0');
    }
    for (int i = 0; i < 100000; i++)
        assert_int_equal(buf.data[i], 'a' + i % 26);
}

static void test_reserve(void **state)
{
    SOC_AUTO_STRBUF struct soc_strbuf buf = SOC_STRBUF_INIT;
    char *end;

    (void)state;
    soc_strbuf_add_string(&buf, "head ");
    end = soc_strbuf_reserve(&buf, 1000);
    assert_ptr_equal(end, buf.data + 5);
    memset(end, 'x', 1000);
    buf.length += 1000;
    soc_strbuf_add_string(&buf, "!");
    assert_int_equal(buf.length, 1006);
    assert_memory_equal(buf.data, "head xxx", 8);
    assert_string_equal(buf.data + 1004, "x!");
}

static void test_clear_keeps_the_memory(void **state)
{
    SOC_AUTO_STRBUF struct soc_strbuf buf = SOC_STRBUF_INIT;
    const char *data;

    (void)state;
    soc_strbuf_clear(&buf);
    assert_null(buf.data);
    soc_strbuf_add_string(&buf, "text");
    data = buf.data;
    soc_strbuf_clear(&buf);
    assert_ptr_equal(buf.data, data);
    assert_string_equal(buf.data, "");
    soc_strbuf_add_string(&buf, "new");
    assert_string_equal(buf.data, "new");
}

static void test_steal(void **state)
{
    struct soc_strbuf buf = SOC_STRBUF_INIT;
    char *text;

    (void)state;
    soc_strbuf_add_string(&buf, "mine");
    text = soc_strbuf_steal(&buf);
    assert_string_equal(text, "mine");
    free(text);
    assert_null(buf.data);
    assert_int_equal(buf.length, 0);
    text = soc_strbuf_steal(&buf);
    assert_string_equal(text, "");
    free(text);
}

static void test_failure_sticks(void **state)
{
    SOC_AUTO_STRBUF struct soc_strbuf buf = SOC_STRBUF_INIT;

    (void)state;
    soc_strbuf_add_string(&buf, "text");
    assert_null(soc_strbuf_reserve(&buf, SIZE_MAX));
    assert_true(buf.failed);
    assert_null(buf.data);
    assert_int_equal(buf.length, 0);
    soc_strbuf_add_string(&buf, "more");
    soc_strbuf_add_format(&buf, "%d", 1);
    assert_null(buf.data);
    assert_null(soc_strbuf_steal(&buf));
    assert_true(buf.failed);
    soc_strbuf_clear(&buf);
    soc_strbuf_add_string(&buf, "again");
    assert_string_equal(buf.data, "again");
}

/* In the C locale no wide character beyond ASCII can be written. */
static void test_text_that_can_not_be_formatted(void **state)
{
    SOC_AUTO_STRBUF struct soc_strbuf buf = SOC_STRBUF_INIT;

    (void)state;
    soc_strbuf_add_format(&buf, "%ls", L"\u20ac");
    assert_true(buf.failed);
    assert_null(buf.data);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_adding),
        cmocka_unit_test(test_nothing_added_is_still_a_string),
        cmocka_unit_test(test_bytes_of_any_value),
        cmocka_unit_test(test_growth),
        cmocka_unit_test(test_reserve),
        cmocka_unit_test(test_clear_keeps_the_memory),
        cmocka_unit_test(test_steal),
        cmocka_unit_test(test_failure_sticks),
        cmocka_unit_test(test_text_that_can_not_be_formatted),
    };

    return cmocka_run_group_tests_name("strbuf", tests, NULL, NULL);
}
