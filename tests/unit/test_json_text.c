/* SPDX-License-Identifier: MIT */
/*
 * JSON as text: quoting and minifying, and that neither changes what is said.
 */
#include <string.h>

#include "harness/unit.h"
#include "json.h"

static void check_quoted(const char *text, size_t length, const char *expected)
{
    SOC_AUTO_STRBUF struct soc_strbuf out = SOC_STRBUF_INIT;

    soc_json_quote(&out, text, length);
    assert_string_equal(out.data, expected);
}

#define QUOTED(text, expected) check_quoted(text, sizeof(text) - 1, expected)

static void test_quoting(void **state)
{
    (void)state;
    QUOTED("", "\"\"");
    QUOTED("plain", "\"plain\"");
    QUOTED("a\"b\\c", "\"a\\\"b\\\\c\"");
    QUOTED("\b\f\n\r\t\x01\x1f\x7f", "\"\\b\\f\\n\\r\\t\\u0001\\u001f\x7f\"");
    QUOTED("caf\xc3\xa9 \xf0\x9f\x90\xa7", "\"caf\xc3\xa9 \xf0\x9f\x90\xa7\"");
    QUOTED("a\xff"
           "b\xe2\x82",
           "\"a\xef\xbf\xbd"
           "b\xef\xbf\xbd\xef\xbf\xbd\"");
    QUOTED("a\0b", "\"a\xef\xbf\xbd"
                   "b\"");
}

static void test_quoted_text_is_read_as_it_was(void **state)
{
    char text[300];
    size_t length = 0;

    (void)state;
    for (int c = 1; c < 0x80; c++)
        text[length++] = (char)c;
    SOC_AUTO_STRBUF struct soc_strbuf out = SOC_STRBUF_INIT;
    soc_json_quote(&out, text, length);
    SOC_AUTO_JSON soc_json *json = soc_json_parse(out.data, out.length, NULL);
    assert_non_null(json);
    assert_text(text, length, soc_json_string(json));
}

static void test_utf8(void **state)
{
    (void)state;
    assert_true(soc_json_is_utf8("", 0));
    assert_true(soc_json_is_utf8("caf\xc3\xa9\n", 6));
    assert_false(soc_json_is_utf8("a\0b", 3));
    assert_false(soc_json_is_utf8("caf\xc3", 4));
    assert_false(soc_json_is_utf8("\xed\xa0\x80", 3));
}

static void check_minified(const char *text, const char *expected)
{
    SOC_AUTO_STRBUF struct soc_strbuf out = SOC_STRBUF_INIT;

    soc_strbuf_add(&out, "", 0);
    soc_json_minify(&out, text, strlen(text));
    assert_string_equal(out.data, expected);
}

static void test_minifying(void **state)
{
    (void)state;
    check_minified(" { \"a b\" : [ 1 ,\n\t2 ] ,\r\n\"c\":\"x  y\" } ",
                   "{\"a b\":[1,2],\"c\":\"x  y\"}");
    check_minified("1.0", "1.0");
    check_minified(" ", "");
    check_minified("", "");
}

static void test_minifying_keeps_what_was_written(void **state)
{
    (void)state;
    check_minified(
        "[1.50, 1e5, 123456789012345678901234567890, \"\\u0041\\/\\\"  \\\\\", \"\\ud83d\\udc27\"]",
        "[1.50,1e5,123456789012345678901234567890,\"\\u0041\\/\\\"  \\\\\",\"\\ud83d\\udc27\"]");
}

static void test_minifying_mends_lone_surrogates(void **state)
{
    (void)state;
    check_minified("[\"a\\ud83d b\", \"\\uDC27\", \"\\\\ud83d\"]",
                   "[\"a\\ufffd b\",\"\\ufffd\",\"\\\\ud83d\"]");
}

/* The text is valid by contract; what is not must still not lead beyond its end. */
static void test_minifying_broken_text_ends(void **state)
{
    (void)state;
    check_minified("\"abc", "\"abc");
    check_minified("\"abc\\", "\"abc\\");
    check_minified("\"\\ud8", "\"\\ud8");
    check_minified("\"\\ud83d", "\"\\ufffd");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_quoting),
        cmocka_unit_test(test_quoted_text_is_read_as_it_was),
        cmocka_unit_test(test_utf8),
        cmocka_unit_test(test_minifying),
        cmocka_unit_test(test_minifying_keeps_what_was_written),
        cmocka_unit_test(test_minifying_mends_lone_surrogates),
        cmocka_unit_test(test_minifying_broken_text_ends),
    };

    return cmocka_run_group_tests_name("json_text", tests, NULL, NULL);
}
