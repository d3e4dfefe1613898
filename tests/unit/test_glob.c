/* SPDX-License-Identifier: MIT */
/*
 * Patterns of paths: their normal form, what they match, whether two of them meet, and that none
 * takes long.
 */
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "glob.h"
#include "harness/unit.h"

#define LENGTH(array) (sizeof(array) / sizeof((array)[0]))

static int normalise(const char *pattern, struct soc_strbuf *out, struct soc_error *error)
{
    soc_strbuf_clear(out);
    soc_strbuf_add_string(out, "");
    return soc_glob_normalise(pattern, out, error);
}

static void test_normal_form(void **state)
{
    static const char *const cases[][2] = {
        {"a", "a"},
        {"a/b.c", "a/b.c"},
        {"./a", "a"},
        {"a//b/./c", "a/b/c"},
        {"a/", "a/**"},
        {"a//", "a/**"},
        {"a/.", "a/**"},
        {".", "**"},
        {"./", "**"},
        {"**", "**"},
        {"**/", "**"},
        {"a/**/", "a/**"},
        {"a/**/**", "a/**"},
        {"a/**/./**//b", "a/**/b"},
        {"**/a/**/b", "**/a/**/b"},
        {"a**b", "a*b"},
        {"**b/a**", "*b/a*"},
        {"***", "*"},
        {"***/a", "*/a"},
        {"*/", "*/**"},
        {"\\a\\b", "ab"},
        {"\\*\\?\\[\\\\", "\\*\\?\\[\\\\"},
        {"\\**", "\\**"},
        {"\\*\\*", "\\*\\*"},
        {"a\\/b", "a/b"},
        {"\\./a", "a"},
        {"a]", "a]"},
        {"a\\]", "a]"},
        {"[^a]", "[!a]"},
        {"[]a]", "[]a]"},
        {"[!]a]", "[!]a]"},
        {"[a/b]", "[a/b]"},
        {"[a\\]b]", "[a\\]b]"},
        {"[a-]", "[a-]"},
        {"..a/...", "..a/..."},
        {"\xc3\xa9/\\\xc3\xa9", "\xc3\xa9/\xc3\xa9"},
    };
    SOC_AUTO_STRBUF struct soc_strbuf out = SOC_STRBUF_INIT, again = SOC_STRBUF_INIT;

    (void)state;
    for (size_t i = 0; i < LENGTH(cases); i++) {
        assert_int_equal(normalise(cases[i][0], &out, NULL), 0);
        assert_string_equal(out.data, cases[i][1]);
        assert_int_equal(normalise(out.data, &again, NULL), 0);
        assert_string_equal(again.data, cases[i][1]);
    }
    assert_int_equal(soc_glob_normalise("b", &out, NULL), 0);
    assert_string_equal(out.data, "\xc3\xa9/\xc3\xa9"
                                  "b");
}

static void test_refused(void **state)
{
    static const char *const cases[][2] = {
        {"", "the pattern is empty"},
        {"/", "the pattern is absolute: /"},
        {"/a", "the pattern is absolute: /a"},
        {"\\/a", "the pattern is absolute: \\/a"},
        {"..", "the pattern has a \"..\" component at byte 0: .."},
        {"a/../b", "the pattern has a \"..\" component at byte 2: a/../b"},
        {"a/\\.\\.", "the pattern has a \"..\" component at byte 2: a/\\.\\."},
        {"a[bc", "the pattern has an open bracket at byte 1: a[bc"},
        {"a[]", "the pattern has an open bracket at byte 1: a[]"},
        {"[!]", "the pattern has an open bracket at byte 0: [!]"},
        {"[a\\]", "the pattern has an open bracket at byte 0: [a\\]"},
        {"[b-a]", "the pattern has a range that runs backwards at byte 1: [b-a]"},
        {"[[:alpha:]]", "the pattern has a named class of characters, which is not supported, at "
                        "byte 1: [[:alpha:]]"},
        {"a\\", "the pattern has a backslash with nothing behind it at byte 1: a\\"},
        {"a\nb", "the pattern has a control character at byte 1: a?b"},
        {"\x7f", "the pattern has a control character at byte 0: ?"},
    };
    SOC_AUTO_STRBUF struct soc_strbuf out = SOC_STRBUF_INIT;
    struct soc_error error;

    (void)state;
    for (size_t i = 0; i < LENGTH(cases); i++) {
        assert_int_equal(normalise(cases[i][0], &out, &error), SOCIETY_E_INVALID);
        assert_string_equal(error.text, cases[i][1]);
        assert_string_equal(out.data, "");
    }
    assert_int_equal(normalise("a\xc3", &out, NULL), SOCIETY_E_INVALID);
    assert_int_equal(normalise("a\xed\xa0\x80", &out, NULL), SOCIETY_E_INVALID);
    assert_int_equal(normalise("a\xc2\x85", &out, NULL), SOCIETY_E_INVALID);
}

/* A pattern of `length` bytes: `unit` repeated, and cut. */
static void fill(char *pattern, size_t length, const char *unit)
{
    for (size_t i = 0; i < length; i++)
        pattern[i] = unit[i % strlen(unit)];
    pattern[length] = '\0';
}

static void test_lengths(void **state)
{
    SOC_AUTO_STRBUF struct soc_strbuf out = SOC_STRBUF_INIT;
    char pattern[SOC_GLOB_MAX + 2];

    (void)state;
    fill(pattern, SOC_GLOB_MAX, "a");
    assert_int_equal(normalise(pattern, &out, NULL), 0);
    assert_int_equal(out.length, SOC_GLOB_MAX);
    assert_false(soc_glob_intersects(pattern, "b", false));
    pattern[SOC_GLOB_MAX - 1] = '/';
    assert_int_equal(normalise(pattern, &out, NULL), SOCIETY_E_INVALID);
    fill(pattern, SOC_GLOB_MAX + 1, "a");
    assert_int_equal(normalise(pattern, &out, NULL), SOCIETY_E_INVALID);
    assert_true(soc_glob_intersects(pattern, "b", false));
    assert_true(soc_glob_intersects("b", pattern, false));
    assert_true(soc_glob_matches(pattern, "b", false));
}

static void test_quoting(void **state)
{
    static const char *const paths[] = {"a", "app/[id]/page.tsx", "a*b?c\\d", "**", "[!a]", "]"};
    SOC_AUTO_STRBUF struct soc_strbuf quoted = SOC_STRBUF_INIT, out = SOC_STRBUF_INIT;

    (void)state;
    for (size_t i = 0; i < LENGTH(paths); i++) {
        soc_strbuf_clear(&quoted);
        soc_glob_quote(paths[i], &quoted);
        assert_int_equal(normalise(quoted.data, &out, NULL), 0);
        assert_string_equal(out.data, quoted.data);
        for (size_t j = 0; j < LENGTH(paths); j++)
            assert_int_equal(soc_glob_matches(out.data, paths[j], false), i == j);
    }
}

struct question {
    const char *left;
    const char *right; /* a path, or a pattern */
    bool fold;
    bool answer;
};

static const struct question matches[] = {
    {"a", "a", false, true},
    {"a", "b", false, false},
    {"a", "", false, false},
    {"a", "aa", false, false},
    {"a", "A", false, false},
    {"a", "A", true, true},
    {"src/*.c", "src/a.c", false, true},
    {"src/*.c", "src/.c", false, true},
    {"src/*.c", "src/a/b.c", false, false},
    {"src/*.c", "src/a.h", false, false},
    {"*", ".git", false, true},
    {"*", "a/b", false, false},
    {"a/*", "a/", false, false},
    {"*/a", "/a", false, false},
    {"?", "/", false, false},
    {"a?b", "a/b", false, false},
    {"a[!x]b", "a/b", false, false},
    {"a[/]b", "a/b", false, false},
    {"a[.-0]b", "a/b", false, false},
    {"a[.-0]b", "a0b", false, true},
    {"**", "a", false, true},
    {"**", "a/b/c", false, true},
    {"**", "a//b", false, false},
    {"**", "", false, false},
    {"a/**", "a", false, false},
    {"a/**", "a/b", false, true},
    {"a/**", "a/b/c", false, true},
    {"a/**", "ab/c", false, false},
    {"a/**/b", "a/b", false, true},
    {"a/**/b", "a/x/y/b", false, true},
    {"a/**/b", "a/xb", false, false},
    {"a/**/b", "ab", false, false},
    {"**/b", "b", false, true},
    {"**/b", "a/b", false, true},
    {"**/b", "ab", false, false},
    {"**/a/**/b", "x/a/y/a/b", false, true},
    {"**/*.c", "a.c", false, true},
    {"\\*", "*", false, true},
    {"\\*", "a", false, false},
    {"[]]", "]", false, true},
    {"[]-a]", "^", false, true},
    {"[!]]", "]", false, false},
    {"[^]]", "a", false, true},
    {"[a-c]", "b", false, true},
    {"[a-c]", "d", false, false},
    {"[a-]", "-", false, true},
    {"[\\]\\\\]", "]", false, true},
    {"[\\]\\\\]", "\\", false, true},
    {"[a-c]", "B", false, false},
    {"[a-c]", "B", true, true},
    {"[!a]", "A", false, true},
    {"[!a]", "A", true, false},
    {"[Z-a]", "z", true, true},
    {"[Z-a]", "y", true, false},
    {"?", "\xc3\xa9", false, true},
    {"??", "\xc3\xa9", false, false},
    {"[\xc3\xa0-\xc3\xaf]", "\xc3\xa9", false, true},
    {"[!\xc3\xa9]", "\xc3\xa9", false, false},
    {"[!\xc3\xa9]", "\xc3\xa8", false, true},
    {"?", "\xf0\x9f\x98\x80", false, true},
    {"a?b",
     "a\xff"
     "b",
     false, true},
    {"\xc3\xa9", "\xc3\x89", false, false},
    {"\xc3\xa9", "\xc3\x89", true, true},
};

static void test_matches(void **state)
{
    (void)state;
    for (size_t i = 0; i < LENGTH(matches); i++) {
        const struct question *q = &matches[i];

        if (soc_glob_matches(q->left, q->right, q->fold) != q->answer)
            fail_msg("%s matches %s: wrong", q->left, q->right);
    }
}

static const struct question meetings[] = {
    {"a", "a", false, true},
    {"a", "b", false, false},
    {"src/**", "src/a.c", false, true},
    {"src/**", "src", false, false},
    {"src/**", "lib/**", false, false},
    {"**", "a/b", false, true},
    {"**/a", "b/**", false, true},
    {"**/a", "**/b", false, false},
    {"**/a/**", "**/b/**", false, true},
    {"a/**/b", "a/b", false, true},
    {"a/**/b", "a/*", false, true},
    {"a/**/b", "a/c/*", false, true},
    {"a/**/b", "a/c", false, false},
    {"a/**/c", "a/b/**/d", false, false},
    {"*.c", "*.h", false, false},
    {"*.c", "a*", false, true},
    {"a*b", "b*a", false, false},
    {"a*", "*/b", false, false},
    {"*", "*/*", false, false},
    {"*", "**", false, true},
    {"*a*b*", "*b*a*", false, true},
    {"?", "*", false, true},
    {"?", "??", false, false},
    {"a/*", "a/*/*", false, false},
    {"*", "a/**", false, false},
    {"[a-c]", "[c-e]", false, true},
    {"[a-c]", "[d-e]", false, false},
    {"[!a]", "a", false, false},
    {"[!a]", "[!b]", false, true},
    {"[!b-y]", "[a-z]", false, true},
    {"[!a-z]", "[a-z]", false, false},
    {"[!a-z]", "[b-y]", false, false},
    {"[!a-mn-z]", "[c-w]", false, false},
    {"[.-0]", "[!.0]", false, false},
    {"[!.0]", "[.-1]", false, true},
    {"[/]", "[/]", false, false},
    {"[/-0]", "?", false, true},
    {"[!\x01-.0-\xf4\x8f\xbf\xbf]", "?", false, true}, /* a byte of no character is left */
    {"[\xc3\xa0-\xc3\xaf]", "\xc3\xa9", false, true},
    {"[\xc3\xa0-\xc3\xa8]", "\xc3\xa9", false, false},
    {"?", "\xc3\xa9", false, true},
    {"\\*", "a", false, false},
    {"\\*", "*", false, true},
    {"Makefile", "makefile", false, false},
    {"Makefile", "makefile", true, true},
    {"SRC/**", "src/[A-C]", true, true},
    {"[!a]", "A", true, false},
    {"[!A-Z]", "[a-z]", true, false},
    {"[!A-Y]", "[a-z]", true, true},
    {"[B-C]", "[d-e]", true, false},
};

static void test_intersects(void **state)
{
    (void)state;
    for (size_t i = 0; i < LENGTH(meetings); i++) {
        const struct question *q = &meetings[i];

        if (soc_glob_intersects(q->left, q->right, q->fold) != q->answer ||
            soc_glob_intersects(q->right, q->left, q->fold) != q->answer)
            fail_msg("%s meets %s: wrong", q->left, q->right);
    }
}

/* Where case is ignored, what lies beyond ASCII is decided for the conflict. */
static void test_beyond_ascii(void **state)
{
    static const struct question cases[] = {
        {"\xc3\x89", "\xc3\xa9", true, true},            /* another case */
        {"caf\xc3\xa9.c", "cafe\xcc\x81.c", true, true}, /* composed, and in parts */
        {"stra\xc3\x9f"
         "e",
         "STRASSE", true, true},           /* one letter, or two */
        {"\xe2\x84\xaa", "k", true, true}, /* the Kelvin sign */
        {"a\xe2\x80\x8d"
         "b",
         "ab", true, true}, /* a joiner, which may be ignored */
        {"\xec\x95\x88", "\xe1\x84\x8b\xe1\x85\xa1\xe1\x86\xab", true, true}, /* Hangul */
        {"\xef\xa4\x80", "\xe8\xb1\x88", true, true}, /* a compatibility ideograph, and its own */
        {"[\xc3\xa0\xc3\xa1]x", "a\xcc\x80x", true, true},
        {"[\xc3\xa0z]x", "yx", true, true}, /* undecided */
        {"\xc3\xa9.c", "x.c", true, false},
        {"\xc3\xa9.c", "\xc3\xa9.h", true, false},
        {"\xc3\xa9/a", "\xc3\xa9/b", true, false},
        {"\xc3\xa9", "\xc3\xa9/b", true, false},
        {"[\xd0\xb0-\xd1\x8f]*.md", "readme.md", true, false},
        {"[!\xc3\xa9]", "\xc3\x89", true, true},
        {"[!a\xc3\xa9]", "A", true, false},
        {"\xe6\x96\x87\xe6\xa1\xa3/**", "\xe5\x9b\xbe\xe7\x89\x87/**", true,
         false}, /* ideographs */
        {"\xc3\x89", "\xc3\xa9", false, false},
    };

    (void)state;
    for (size_t i = 0; i < LENGTH(cases); i++) {
        const struct question *q = &cases[i];

        if (soc_glob_intersects(q->left, q->right, q->fold) != q->answer ||
            soc_glob_intersects(q->right, q->left, q->fold) != q->answer)
            fail_msg("%s meets %s: wrong", q->left, q->right);
        if (!strpbrk(q->right, "*[") && soc_glob_matches(q->left, q->right, q->fold) != q->answer)
            fail_msg("%s matches %s: wrong", q->left, q->right);
    }
}

/* Processor time, in milliseconds. */
static double spent(void)
{
    return (double)clock() * 1000 / CLOCKS_PER_SEC;
}

/* About a million cells each, some with sets of many ranges: milliseconds. A walk that took more
 * than a step or so for each cell would not end in ten seconds, nor in ten years. */
static void test_hostile_sizes(void **state)
{
    static const char *const units[] = {
        "*a",  "*b",       "*?",    "**/",       "**/*a/",   "[a-c]*", "[!a]*",
        "[!a", "\xc3\xa9", "\xff*", "\xc3\xa9*", "*a*a*a*b", "?",      "a/",
    };
    char left[SOC_GLOB_MAX + 1], right[SOC_GLOB_MAX + 1];
    static char path[8 * 1024 + 1];
    double begin = spent(), worst = 0;

    (void)state;
    for (size_t i = 0; i < LENGTH(units) * LENGTH(units) * 2; i++) {
        const char *one = units[i / 2 % LENGTH(units)], *other = units[i / 2 / LENGTH(units)];
        double before = spent();

        if (strcmp(one, other) > 0)
            continue;
        fill(left, SOC_GLOB_MAX, one);
        fill(right, SOC_GLOB_MAX - 1, other);
        assert_int_equal(soc_glob_intersects(left, right, i % 2),
                         soc_glob_intersects(right, left, i % 2));
        worst = spent() - before > worst ? spent() - before : worst;
        assert_true(spent() - before < 10000);
    }
    fill(path, sizeof(path) - 1, "a");
    fill(left, SOC_GLOB_MAX - 1, "*a");
    strcat(left, "b");
    assert_false(soc_glob_matches(left, path, false));
    printf("# hostile patterns took %.0f ms, the worst pair %.1f ms\n", spent() - begin, worst);
}

/* One set with as many ranges as fit, against itself and its complement, with nothing between. */
static void test_hostile_sets(void **state)
{
    char set[SOC_GLOB_MAX + 1] = "[a", complement[SOC_GLOB_MAX + 1] = "[!a";

    (void)state;
    for (unsigned i = 0; strlen(complement) + 4 < sizeof(complement); i += 2) {
        char member[3] = {(char)(0xc4 + i / 64), (char)(0x80 + i % 64), '\0'};

        if (i / 64 > 0x1b)
            break;
        strcat(set, member);
        strcat(complement, member);
    }
    strcat(set, "]");
    strcat(complement, "]");
    assert_true(strlen(complement) > 800);
    assert_true(soc_glob_intersects(set, set, false));
    assert_false(soc_glob_intersects(set, complement, false));
    assert_false(soc_glob_intersects(complement, set, false));
    assert_true(soc_glob_intersects(complement, complement, false));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_normal_form),  cmocka_unit_test(test_refused),
        cmocka_unit_test(test_lengths),      cmocka_unit_test(test_quoting),
        cmocka_unit_test(test_matches),      cmocka_unit_test(test_intersects),
        cmocka_unit_test(test_beyond_ascii), cmocka_unit_test(test_hostile_sizes),
        cmocka_unit_test(test_hostile_sets),
    };

    return cmocka_run_group_tests_name("glob", tests, NULL, NULL);
}
