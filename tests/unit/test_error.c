/* SPDX-License-Identifier: MIT */
/*
 * Words: names for every result, one clean line whatever goes in.
 */
#include <errno.h>
#include <string.h>

#include "error.h"
#include "harness/unit.h"
#include "utf8.h"

static void test_names(void **state)
{
    (void)state;
    assert_string_equal(society_error_name(SOCIETY_E_HELD), "HELD");
    assert_string_equal(society_error_name(SOCIETY_E_UNSAFE_FILESYSTEM), "UNSAFE_FILESYSTEM");
    assert_string_equal(society_error_name(SOCIETY_E_VOID), "VOID");
    assert_string_equal(society_error_name(-ENOSPC), "ENOSPC");
    assert_string_equal(society_error_name(0), "OK");
    assert_string_equal(society_error_name(17), "OK");
    assert_string_equal(society_error_name(-4000), "UNKNOWN");
    assert_string_equal(society_error_name(SOCIETY_E_VOID - 1), "UNKNOWN");
    assert_string_equal(society_error_name(INT32_MIN), "UNKNOWN");
}

static void test_texts(void **state)
{
    (void)state;
    assert_string_equal(society_strerror(SOCIETY_E_HELD), "held by another");
    assert_string_equal(society_strerror(SOCIETY_E_VOID), "an unlocked writer was faster");
    assert_string_equal(society_strerror(-ENOSPC), "No space left on device");
    assert_string_equal(society_strerror(0), "success");
    assert_string_equal(society_strerror(-4000), "unknown error");
    assert_string_equal(society_strerror(INT32_MIN), "unknown error");
}

static void test_each_result_has_its_own_name(void **state)
{
    (void)state;
    for (int a = SOCIETY_E_HELD; a >= SOCIETY_E_VOID; a--) {
        assert_string_not_equal(society_error_name(a), "UNKNOWN");
        for (int b = a - 1; b >= SOCIETY_E_VOID; b--) {
            assert_string_not_equal(society_error_name(a), society_error_name(b));
            assert_string_not_equal(society_strerror(a), society_strerror(b));
        }
    }
}

static void test_words(void **state)
{
    struct soc_error error = {0};

    (void)state;
    assert_int_equal(soc_fail(&error, SOCIETY_E_INVALID, "%s: %d", "priority", 7),
                     SOCIETY_E_INVALID);
    assert_int_equal(error.code, SOCIETY_E_INVALID);
    assert_string_equal(error.text, "priority: 7");
    assert_int_equal(soc_fail_memory(&error), -ENOMEM);
    assert_string_equal(error.text, "out of memory");
    assert_int_equal(soc_fail(NULL, -EIO, "%s", "not wanted"), -EIO);
    errno = EACCES;
    assert_int_equal(soc_fail_errno(NULL, "%s", "not wanted"), -EACCES);
}

static void test_errno_is_named(void **state)
{
    struct soc_error error = {0};

    (void)state;
    errno = ENOSPC;
    assert_int_equal(soc_fail_errno(&error, "can't write %s", "tasks.jsonl"), -ENOSPC);
    assert_int_equal(error.code, -ENOSPC);
    assert_string_equal(error.text, "can't write tasks.jsonl: No space left on device");
}

/* A caller that came here without errno has failed all the same. */
static void test_no_errno_is_a_failure(void **state)
{
    struct soc_error error;

    (void)state;
    errno = 0;
    assert_int_equal(soc_fail_errno(&error, "can't write %s", "tasks.jsonl"), -EIO);
    assert_int_equal(error.code, -EIO);
}

static void test_former_words_can_be_used(void **state)
{
    struct soc_error error = {0};

    (void)state;
    soc_fail(&error, -EIO, "inner");
    soc_fail(&error, error.code, "outer: %s", error.text);
    assert_string_equal(error.text, "outer: inner");
    assert_int_equal(error.code, -EIO);
}

static void test_only_printable_text(void **state)
{
    struct soc_error error = {0};

    (void)state;
    soc_fail(&error, -EIO, "%s", "a\nb\tc\033[31md\x7f");
    assert_string_equal(error.text, "a?b?c?[31md?");
    soc_fail(&error, -EIO, "%s", "caf\xc3\xa9 \xe2\x82\xac \xf0\x9f\x90\xa7");
    assert_string_equal(error.text, "caf\xc3\xa9 \xe2\x82\xac \xf0\x9f\x90\xa7");
    soc_fail(&error, -EIO, "%s",
             "x\xc2\x9b"
             "31my\xff\xc3");
    assert_string_equal(error.text, "x?31my??");
}

static void test_what_does_not_fit_is_cut(void **state)
{
    struct soc_error error = {0};
    char text[4000];

    (void)state;
    memset(text, 'x', sizeof(text) - 1);
    text[sizeof(text) - 1] = '\0';
    soc_fail(&error, -EIO, "%s", text);
    assert_int_equal(strlen(error.text), sizeof(error.text) - 1);
    errno = EIO;
    soc_fail_errno(&error, "%s", text);
    assert_int_equal(strlen(error.text), sizeof(error.text) - 1);
    /* A character of two bytes that would straddle the end is left out. */
    memcpy(text + sizeof(error.text) - 2, "\xc3\xa9", 2);
    soc_fail(&error, -EIO, "%s", text);
    assert_int_equal(strlen(error.text), sizeof(error.text) - 2);
}

static void test_utf8(void **state)
{
    static const struct {
        const char *text;
        size_t length;
    } cases[] = {
        {"a", 1},
        {"\x7f", 1},
        {"\xc2\x80", 2},
        {"\xdf\xbf", 2},
        {"\xe0\xa0\x80", 3},
        {"\xed\x9f\xbf", 3},
        {"\xef\xbf\xbf", 3},
        {"\xf0\x90\x80\x80", 4},
        {"\xf4\x8f\xbf\xbf", 4},
        {"\x80", 0},             /* a stray continuation */
        {"\xc0\x80", 0},         /* overlong */
        {"\xc1\xbf", 0},         /* overlong */
        {"\xe0\x9f\xbf", 0},     /* overlong */
        {"\xf0\x8f\xbf\xbf", 0}, /* overlong */
        {"\xed\xa0\x80", 0},     /* a surrogate */
        {"\xf4\x90\x80\x80", 0}, /* beyond U+10FFFF */
        {"\xf5\x80\x80\x80", 0},
        {"\xff", 0},
        {"\xc3(", 0},
        {"\xe2\x82", 0},
        {"\xe2\x82(", 0},
        {"\xf0\x9f\x90(", 0},
        {"", 0},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
        assert_int_equal(soc_utf8_length(cases[i].text, strlen(cases[i].text)), cases[i].length);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_names),
        cmocka_unit_test(test_texts),
        cmocka_unit_test(test_each_result_has_its_own_name),
        cmocka_unit_test(test_words),
        cmocka_unit_test(test_errno_is_named),
        cmocka_unit_test(test_no_errno_is_a_failure),
        cmocka_unit_test(test_former_words_can_be_used),
        cmocka_unit_test(test_only_printable_text),
        cmocka_unit_test(test_what_does_not_fit_is_cut),
        cmocka_unit_test(test_utf8),
    };

    return cmocka_run_group_tests_name("error", tests, NULL, NULL);
}
