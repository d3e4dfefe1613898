/* SPDX-License-Identifier: MIT */
/*
 * What may be a name, and what becomes of a name in a path.
 */
#include <string.h>

#include "harness/unit.h"
#include "path.h"

#define X64 "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"

static void test_ids(void **state)
{
    static const char *const good[] = {"a", "0", "backend-001", "A.b_c-d", X64};
    static const char *const bad[] = {"",    ".",   "..",  "-a",       "_a",    ".a",   "a/b",
                                      "a b", "a\n", "a:b", "\xc3\xa9", "a\x7f", X64 "x"};

    (void)state;
    assert_int_equal(strlen(X64), 64);
    for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
        assert_true(soc_is_id(good[i], strlen(good[i])));
        assert_true(soc_is_agent_id(good[i], strlen(good[i])));
    }
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        assert_false(soc_is_id(bad[i], strlen(bad[i])));
        assert_false(soc_is_agent_id(bad[i], strlen(bad[i])));
    }
    assert_false(soc_is_id("a\0b", 3));
}

static void test_names_that_address_everyone(void **state)
{
    (void)state;
    assert_true(soc_is_id("all", 3));
    assert_false(soc_is_agent_id("all", 3));
    assert_false(soc_is_agent_id("broadcast", 9));
    assert_true(soc_is_agent_id("broadcaster", 11));
    assert_true(soc_is_agent_id("al", 2));
    assert_true(soc_is_agent_id("All", 3));
}

static void test_words(void **state)
{
    (void)state;
    assert_true(soc_is_word("task_assign", 11));
    assert_true(soc_is_word("-x", 2));
    assert_true(soc_is_word(".", 1));
    assert_true(soc_is_word(X64, 64));
    assert_false(soc_is_word(X64 "x", 65));
    assert_false(soc_is_word("", 0));
    assert_false(soc_is_word("two words", 9));
    assert_false(soc_is_word("a\"b", 3));
}

static void check_slot(const char *text, const char *expected)
{
    size_t length = 99;
    const char *slot = soc_find_slot(text, &length);

    if (!expected) {
        assert_null(slot);
        assert_int_equal(length, 99);
        return;
    }
    assert_non_null(slot);
    assert_text(slot, length, expected);
}

static void test_slots(void **state)
{
    (void)state;
    check_slot("agent-07", "agent-07");
    check_slot("/home/me/project-agent-12/src", "agent-12");
    check_slot("agent-x agent-3y agent-4", "agent-3");
    check_slot("agent-agent-5", "agent-5");
    check_slot("agent-", NULL);
    check_slot("Agent-1", NULL);
    check_slot("", NULL);
}

static void check_encoded(const char *text, const char *expected)
{
    SOC_AUTO_STRBUF struct soc_strbuf out = SOC_STRBUF_INIT;

    soc_strbuf_add_string(&out, "");
    soc_path_encode(&out, text);
    assert_string_equal(out.data, expected);
}

static void test_encoding(void **state)
{
    (void)state;
    check_encoded("", "");
    check_encoded("plain-1.c_x", "plain-1.c_x");
    check_encoded("src/a b.c", "src%2Fa%20b.c");
    check_encoded("100%~", "100%25%7E");
    check_encoded("\xc3\xa9\x01", "%C3%A9%01");
}

static void check_joined(const char *directory, const char *name, const char *expected)
{
    SOC_AUTO_STRBUF struct soc_strbuf out = SOC_STRBUF_INIT;

    soc_path_join(&out, directory, name);
    assert_string_equal(out.data, expected);
}

static void test_joining(void **state)
{
    (void)state;
    check_joined("a", "b", "a/b");
    check_joined("a/", "b", "a/b");
    check_joined("/", "b", "/b");
    check_joined("", "b", "b");
}

static void check_base(const char *path, const char *expected)
{
    size_t length;
    const char *base = soc_path_base(path, &length);

    assert_text(base, length, expected);
}

static void test_last_component(void **state)
{
    (void)state;
    check_base("/a/b/c", "c");
    check_base("/a/b/c/", "c");
    check_base("/a/b/c///", "c");
    check_base("c", "c");
    check_base("/", "");
    check_base("", "");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_ids),
        cmocka_unit_test(test_names_that_address_everyone),
        cmocka_unit_test(test_words),
        cmocka_unit_test(test_slots),
        cmocka_unit_test(test_encoding),
        cmocka_unit_test(test_joining),
        cmocka_unit_test(test_last_component),
    };

    return cmocka_run_group_tests_name("path", tests, NULL, NULL);
}
