/* SPDX-License-Identifier: MIT */
/*
 * Documents: what is read and what is refused, with its place; the two leniencies; values there and
 * back.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "harness/unit.h"
#include "json.h"

static soc_json *parse(const char *text)
{
    struct soc_error error = {0};
    soc_json *json = soc_json_parse(text, strlen(text), &error);

    if (!json)
        fail_msg("%s: %s", text, error.text);
    return json;
}

/* What `text` is once it was read and written again. */
static void check_rewritten(const char *text, const char *expected)
{
    SOC_AUTO_JSON soc_json *json = parse(text);
    SOC_AUTO_STRBUF struct soc_strbuf out = SOC_STRBUF_INIT;

    soc_json_dump(json, &out);
    assert_string_equal(out.data, expected);
}

static void check_refused(const char *text, size_t length, const char *words)
{
    struct soc_error error = {0};

    assert_null(soc_json_parse(text, length, &error));
    assert_int_equal(error.code, SOCIETY_E_FORMAT);
    assert_string_equal(error.text, words);
}

#define REFUSED(text, words) check_refused(text, sizeof(text) - 1, words)

static void test_any_value(void **state)
{
    (void)state;
    check_rewritten("{}", "{}");
    check_rewritten(" [1, -2 ,0.5,\ttrue,false,null,\"x\"] \r\n",
                    "[1,-2,0.5,true,false,null,\"x\"]");
    check_rewritten("\"\"", "\"\"");
    check_rewritten("0", "0");
    check_rewritten("null", "null");
}

static void test_keys_stay_in_order(void **state)
{
    (void)state;
    check_rewritten("{\"z\":1,\"a\":{\"y\":[],\"b\":2},\"m\":3}",
                    "{\"z\":1,\"a\":{\"y\":[],\"b\":2},\"m\":3}");
}

static void test_integers_stay_integers(void **state)
{
    (void)state;
    check_rewritten("[9007199254740993,9223372036854775807,-9223372036854775808,1770717600000]",
                    "[9007199254740993,9223372036854775807,-9223372036854775808,1770717600000]");
}

static void test_reals_are_written_short(void **state)
{
    (void)state;
    check_rewritten("[0.1,1.0,-2.5e-7,1e300,0.30000000000000004,123456.789]",
                    "[0.1,1.0,-2.5e-7,1e300,0.30000000000000004,123456.789]");
}

static void test_text(void **state)
{
    (void)state;
    check_rewritten("\"a\\u0041\\n\\/ \\ud83d\\udc27 caf\xc3\xa9\"",
                    "\"aA\\n/ \xf0\x9f\x90\xa7 caf\xc3\xa9\"");
}

static void test_refusals_say_where(void **state)
{
    (void)state;
    REFUSED("", "line 1, column 0: the text ends too early");
    REFUSED("{\"a\":", "line 1, column 5: the text ends too early");
    REFUSED("{\n \"a\": tru }", "line 2, column 9: invalid token near 'tru'");
    REFUSED("{} x", "line 1, column 4: end of file expected near 'x'");
    REFUSED("{\"a\":1,\"a\":2}", "line 1, column 10: duplicate object key near '\"a\"'");
    REFUSED("\"a\\u0000\"", "line 1, column 9: \\u0000 is not allowed");
    REFUSED("{\"a\\u0000\":1}", "line 1, column 10: \\u0000 is not allowed");
}

static bool is_refused(const char *text, size_t length)
{
    struct soc_error error = {0};
    SOC_AUTO_JSON soc_json *json = soc_json_parse(text, length, &error);

    assert_int_equal(error.code, json ? 0 : SOCIETY_E_FORMAT);
    return !json;
}

static void test_a_nul_byte_is_no_end(void **state)
{
    (void)state;
    REFUSED("{\"a\":1}\0{\"b\":2}", "line 1, column 8: a NUL byte is not allowed");
    REFUSED("1\0", "line 1, column 2: a NUL byte is not allowed");
    REFUSED("\0", "line 1, column 1: a NUL byte is not allowed");
}

static void test_what_is_no_json(void **state)
{
    static const char *const bad[] = {
        "{\"a\":1,}",
        "[1 2]",
        "{a:1}",
        "'a'",
        "[01]",
        "[1.]",
        "[.5]",
        "[1e]",
        "[+1]",
        "[-]",
        "nul",
        "\"a\nb\"",
        "\"\\x\"",
        "\"\\u12\"",
        "\"a",
        "[",
        "]",
        "{\"a\"}",
        "\"\xff\"",
        "\"\xc0\x80\"",
        "\"\xed\xa0\x80\"",
        "[1e+]",
        "[NaN]",
        "// c\n1",
        "[1.e400]",
        "[01e400]",
        "[-e400]",
        "[1e400x]",
        "[1e4000.5]",
        "[00000000000000000000]",
        "[--12345678901234567890]",
        "\"\\",
        "\"\\u",
        "\"\\ud800\\u\"",
    };

    (void)state;
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        if (!is_refused(bad[i], strlen(bad[i])))
            fail_msg("%s was read", bad[i]);
    }
    assert_true(is_refused("\"a\0b\"", 5));
    assert_true(is_refused("{}\0", 3));
}

static void nested(char *text, int depth)
{
    for (int i = 0; i < depth; i++) {
        text[i] = '[';
        text[2 * depth - 1 - i] = ']';
    }
    text[2 * depth] = '\0';
}

static void test_depth(void **state)
{
    char text[300];

    (void)state;
    nested(text, 64);
    check_rewritten(text, text);
    nested(text, 65);
    check_refused(text, strlen(text), "line 1, column 65: nested deeper than 64");
    /* Brackets in strings don't count; columns are characters. */
    check_rewritten("\"[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[\"",
                    "\"[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[\"");
    memmove(text + 9, text, strlen(text) + 1);
    memcpy(text, "[\"\xc3\xa9\",\n  ", 9);
    check_refused(text, strlen(text), "line 2, column 66: nested deeper than 64");
}

static void test_lone_surrogates_read_as_replacement(void **state)
{
    (void)state;
    check_rewritten("\"\\ud83d\"", "\"\xef\xbf\xbd\"");
    check_rewritten("\"x\\uDC27y\"", "\"x\xef\xbf\xbdy\"");
    check_rewritten("\"\\ud83d\\ud83d\\udc27\"", "\"\xef\xbf\xbd\xf0\x9f\x90\xa7\"");
    check_rewritten("\"\\ud83d\\n\\udc27\"", "\"\xef\xbf\xbd\\n\xef\xbf\xbd\"");
    check_rewritten("\"\\\\ud83d\"", "\"\\\\ud83d\"");
    check_rewritten("{\"\\ud83d\":\"\\ud83d\"}", "{\"\xef\xbf\xbd\":\"\xef\xbf\xbd\"}");
}

static void check_number(const char *text, const char *expected)
{
    char object[1000];
    int64_t value;

    snprintf(object, sizeof(object), "{\"n\":%s,\"after\":[1]}", text);
    SOC_AUTO_JSON soc_json *json = parse(object);
    SOC_AUTO_STRBUF struct soc_strbuf out = SOC_STRBUF_INIT;

    soc_json_dump(soc_json_get(json, "n"), &out);
    assert_string_equal(out.data, expected);
    assert_int_equal(soc_json_count(soc_json_get(json, "after")), 1);
    assert_false(soc_json_get_integer(json, "n", &value));
}

static void test_large_numbers_are_read(void **state)
{
    char digits[400];

    (void)state;
    check_number("9223372036854775808", "9.223372036854776e18");
    check_number("-9223372036854775809", "-9.223372036854776e18");
    check_number("18446744073709551615", "1.8446744073709552e19");
    check_number("1e400", "1e300");
    check_number("-1E+4000", "-1e300");
    check_number("123.456e99999999999999999999", "1e300");
    check_number("0.001e311", "1e308");
    check_number("0.001e312", "1e300");
    check_number("1.7976931348623157e308", "1.7976931348623157e308");
    check_number("179769313486231.57e294", "1.7976931348623157e308");
    check_number("1.7976931348623159e308", "1e300");
    check_number("2e308", "1e300");
    check_number("17e307", "1.7e308");
    memset(digits, '9', sizeof(digits) - 1);
    digits[sizeof(digits) - 1] = '\0';
    check_number(digits, "1e300");
    digits[300] = '\0';
    check_number(digits, "1e300");
}

static void test_small_numbers_are_left_alone(void **state)
{
    SOC_AUTO_JSON soc_json *json = parse("[0e999,-0.0e999,1e-400,0.000001]");
    int64_t value = 99;

    (void)state;
    assert_true(soc_json_integer(soc_json_item(json, 0), &value));
    assert_int_equal(value, 0);
    assert_true(soc_json_integer(soc_json_item(json, 2), &value));
    assert_int_equal(value, 0);
    assert_false(soc_json_integer(soc_json_item(json, 3), &value));
}

static void test_members(void **state)
{
    SOC_AUTO_JSON soc_json *json =
        parse("{\"s\":\"text\",\"i\":42,\"t\":true,\"f\":false,\"n\":null,\"a\":[1,\"two\"]}");
    int64_t value = 0;

    (void)state;
    assert_string_equal(soc_json_get_string(json, "s"), "text");
    assert_null(soc_json_get_string(json, "i"));
    assert_null(soc_json_get_string(json, "none"));
    assert_true(soc_json_get_integer(json, "i", &value));
    assert_int_equal(value, 42);
    assert_false(soc_json_get_integer(json, "s", &value));
    assert_false(soc_json_get_integer(json, "none", &value));
    assert_int_equal(value, 42);
    assert_true(soc_json_get_bool(json, "t", false));
    assert_false(soc_json_get_bool(json, "f", true));
    assert_true(soc_json_get_bool(json, "i", true));
    assert_false(soc_json_get_bool(json, "none", false));
    assert_int_equal(soc_json_count(json), 6);
    assert_int_equal(soc_json_count(soc_json_get(json, "a")), 2);
    assert_string_equal(soc_json_string(soc_json_item(soc_json_get(json, "a"), 1)), "two");
    assert_null(soc_json_item(soc_json_get(json, "a"), 2));
    assert_null(soc_json_get(soc_json_get(json, "a"), "s"));
    assert_null(soc_json_get(NULL, "s"));
}

static void test_integers_in_range(void **state)
{
    SOC_AUTO_JSON soc_json *json =
        parse("[9007199254740992,-9007199254740992,9007199254740993,"
              "-9007199254740993,9223372036854775807,5.0,5.5,1e15,1e16]");
    static const bool good[] = {true, true, false, false, false, true, false, true, false};
    int64_t value = 0;

    (void)state;
    for (size_t i = 0; i < sizeof(good); i++)
        assert_int_equal(soc_json_integer(soc_json_item(json, i), &value), good[i]);
    assert_true(soc_json_integer(soc_json_item(json, 1), &value));
    assert_int_equal(value, -9007199254740992);
    assert_true(soc_json_integer(soc_json_item(json, 5), &value));
    assert_int_equal(value, 5);
}

static void test_kinds(void **state)
{
    static const enum soc_json_kind kinds[] = {
        SOC_JSON_NULL, SOC_JSON_BOOL,   SOC_JSON_BOOL,  SOC_JSON_INTEGER,
        SOC_JSON_REAL, SOC_JSON_STRING, SOC_JSON_ARRAY, SOC_JSON_OBJECT,
    };
    SOC_AUTO_JSON soc_json *json = parse("[null,true,false,1,1.5,\"\",[],{}]");

    (void)state;
    for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++)
        assert_int_equal(soc_json_kind(soc_json_item(json, i)), kinds[i]);
}

static void test_iterating(void **state)
{
    static const char *const keys[] = {"z", "a", "m"};
    SOC_AUTO_JSON soc_json *json = parse("{\"z\":1,\"a\":2,\"m\":3}");
    SOC_AUTO_JSON soc_json *empty = parse("{}");
    void *iterator = NULL;
    const char *key;
    const soc_json *value;
    int64_t number, count = 0;

    (void)state;
    while ((iterator = soc_json_next(json, iterator, &key, &value))) {
        assert_string_equal(key, keys[count]);
        assert_true(soc_json_integer(value, &number));
        assert_int_equal(number, ++count);
    }
    assert_int_equal(count, 3);
    assert_null(soc_json_next(empty, NULL, &key, &value));
}

static void test_building(void **state)
{
    SOC_AUTO_JSON soc_json *json = soc_json_new_object();
    soc_json *list = soc_json_new_array();
    SOC_AUTO_STRBUF struct soc_strbuf out = SOC_STRBUF_INIT;

    (void)state;
    assert_int_equal(soc_json_set_string(json, "text", "a\"b"), 0);
    assert_int_equal(soc_json_set_string(json, "none", NULL), 0);
    assert_int_equal(soc_json_append(list, soc_json_new_integer(-7)), 0);
    assert_int_equal(soc_json_append(list, soc_json_new_bool(true)), 0);
    assert_int_equal(soc_json_append(list, soc_json_new_null()), 0);
    assert_int_equal(soc_json_append(list, soc_json_new_string("xyz", 2)), 0);
    assert_int_equal(soc_json_set(json, "list", soc_json_retain(list)), 0);
    assert_int_equal(soc_json_append(list, soc_json_new_bool(false)), 0);
    soc_json_free(list);
    soc_json_dump(json, &out);
    assert_string_equal(out.data,
                        "{\"text\":\"a\\\"b\",\"none\":null,\"list\":[-7,true,null,\"xy\",false]}");
    assert_int_equal(soc_json_remove(json, "text"), 0);
    assert_int_equal(soc_json_remove(json, "text"), 0);
    assert_int_equal(soc_json_count(json), 2);
    assert_int_equal(soc_json_set(json, "x", NULL), -ENOMEM);
    assert_int_equal(soc_json_append(json, soc_json_new_null()), -ENOMEM);
    soc_json_free(NULL);
}

static void test_copies_are_deep(void **state)
{
    SOC_AUTO_JSON soc_json *json = parse("{\"a\":{\"b\":1}}");
    SOC_AUTO_JSON soc_json *copy = soc_json_copy(json);
    SOC_AUTO_STRBUF struct soc_strbuf out = SOC_STRBUF_INIT;

    (void)state;
    soc_json_set(json, "a", soc_json_new_null());
    soc_json_dump(copy, &out);
    assert_string_equal(out.data, "{\"a\":{\"b\":1}}");
}

static void test_text_that_is_no_utf8_is_mended(void **state)
{
    SOC_AUTO_JSON soc_json *json = soc_json_new_string("a\xff\0b\xc3\xa9", 6);

    (void)state;
    assert_string_equal(soc_json_string(json), "a\xef\xbf\xbd\xef\xbf\xbd"
                                               "b\xc3\xa9");
}

static void test_a_failed_buffer_stays_failed(void **state)
{
    SOC_AUTO_JSON soc_json *json = parse("[1,2]");
    struct soc_strbuf out = {.failed = true};

    (void)state;
    soc_json_dump(json, &out);
    assert_true(out.failed);
    assert_null(out.data);
}

/* A value that contains itself is never made by intention: writing it must end. */
static void test_a_circle_is_a_failure(void **state)
{
    SOC_AUTO_JSON soc_json *json = soc_json_new_object();
    soc_json *inner = soc_json_new_object();
    struct soc_strbuf out = SOC_STRBUF_INIT;

    (void)state;
    assert_int_equal(soc_json_set(json, "inner", inner), 0);
    assert_int_equal(soc_json_set(inner, "outer", soc_json_retain(json)), 0);
    soc_strbuf_add_string(&out, "before");
    soc_json_dump(json, &out);
    assert_true(out.failed);
    assert_null(out.data);
    assert_int_equal(soc_json_remove(inner, "outer"), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_any_value),
        cmocka_unit_test(test_keys_stay_in_order),
        cmocka_unit_test(test_integers_stay_integers),
        cmocka_unit_test(test_reals_are_written_short),
        cmocka_unit_test(test_text),
        cmocka_unit_test(test_refusals_say_where),
        cmocka_unit_test(test_a_nul_byte_is_no_end),
        cmocka_unit_test(test_what_is_no_json),
        cmocka_unit_test(test_depth),
        cmocka_unit_test(test_lone_surrogates_read_as_replacement),
        cmocka_unit_test(test_large_numbers_are_read),
        cmocka_unit_test(test_small_numbers_are_left_alone),
        cmocka_unit_test(test_members),
        cmocka_unit_test(test_integers_in_range),
        cmocka_unit_test(test_kinds),
        cmocka_unit_test(test_iterating),
        cmocka_unit_test(test_building),
        cmocka_unit_test(test_copies_are_deep),
        cmocka_unit_test(test_text_that_is_no_utf8_is_mended),
        cmocka_unit_test(test_a_failed_buffer_stays_failed),
        cmocka_unit_test(test_a_circle_is_a_failure),
    };

    return cmocka_run_group_tests_name("json", tests, NULL, NULL);
}
