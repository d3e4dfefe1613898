/* SPDX-License-Identifier: MIT */
/*
 * The fast yes: what it says yes to, what it leaves to the decoder, and that it never says yes
 * where the decoder says no.
 */
#include "json_plain.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "harness/unit.h"
#include "json.h"
#include "json_lenient.h"

#define ROUNDS 200000

static void test_yes(void **state)
{
    static const char *const texts[] = {
        "{}",
        "[]",
        "0",
        "-0",
        "true",
        " null\n",
        "\"\"",
        "\"0123456789abcdef \\\" \\\\ \\/ \\b\\f\\n\\r\\t \\u00e9 \\uABCD\"",
        "\"caf\xc3\xa9 \xe2\x82\xac \xf0\x9f\x90\xa7 \x7f\"",
        "{\"a\":1,\"b\":{\"a\":[1,2.5,-3e5,1E+10,0.1e-9,{}]},\"c\":[]}",
        "[123456789012345678,-12345678901234567]",
        "{ \"a\" : [ 1 , 2 ] , \"b\" : false }\r\n\t",
    };

    (void)state;
    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
        if (!soc_json_is_plain(texts[i], strlen(texts[i])))
            fail_msg("%s", texts[i]);
    }
}

/* Malformed; or sound, but not certainly so at a glance. */
static void test_no(void **state)
{
    static const char *const texts[] = {
        "",
        " ",
        "{",
        "[",
        "\"",
        "\"a",
        "{\"a\"}",
        "{\"a\":}",
        "{\"a\":1,}",
        "[1,]",
        "[,1]",
        "{,}",
        "[1 2]",
        "1 2",
        "{}x",
        "tru",
        "nulll",
        "01",
        "-",
        "1.",
        ".5",
        "1e",
        "1e+",
        "+1",
        "NaN",
        "'a'",
        "\"\\x\"",
        "\"\\u12\"",
        "\"\\u000\"",
        "\"\\u0000\"",
        "\"\n\"",
        "\"\\\"",
        "{a:1}",
        "{1:1}",
        "{\"a\":1,\"b\":2,\"a\":3}",
        "\"\xff\"",
        "\"\xc0\x80\"",
        "\"\xed\xa0\x80\"",
        "\"\xe2\x82\"",
        "[1]]",
        "{\"a\":1]",
        "\"\\ud83d\\udc27\"",
        "\"\\ud800\"",
        "{\"\\u0061\":1}",
        "1234567890123456789",
        "1e100",
        "0.12345678901234567",
    };

    (void)state;
    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
        if (soc_json_is_plain(texts[i], strlen(texts[i])))
            fail_msg("%s", texts[i]);
    }
    assert_false(soc_json_is_plain("\"a\0b\"", 5));
    assert_false(soc_json_is_plain("1\0", 2));
}

static void test_limits(void **state)
{
    char text[600];
    size_t length = 0;

    (void)state;
    memset(text, '[', 65);
    memset(text + 64, ']', 64);
    assert_true(soc_json_is_plain(text, 128));
    memset(text, '[', 65);
    memset(text + 65, ']', 65);
    assert_false(soc_json_is_plain(text, 130));
    for (int i = 0; i < 32; i++)
        length += (size_t)snprintf(text + length, sizeof(text) - length, "%s\"k%d\":%d",
                                   i ? "," : "{", i, i);
    memcpy(text + length, "}", 2);
    assert_true(soc_json_is_plain(text, length + 1));
    memcpy(text + length, ",\"x\":1}", 8);
    assert_false(soc_json_is_plain(text, length + 7));
}

/* Sound text with a few bytes changed, cut out or doubled: mostly broken, and now and then not. */
static size_t damage(char *text, size_t length)
{
    static const char bytes[] = "{}[]\",:\\u0dD8ae.-+ \n1tfn\x01\x7f\xc3\xa9\xed\xff";
    for (int changes = rand() % 4; changes > 0 && length > 1; changes--) {
        size_t at = (size_t)rand() % length;
        switch (rand() % 3) {
        case 0: text[at] = bytes[(size_t)rand() % (sizeof(bytes) - 1)]; break;
        case 1: memmove(text + at, text + at + 1, --length - at); break;
        default: memmove(text + at + 1, text + at, length++ - at); break;
        }
    }
    return length;
}

/* The members are those that a walk over the brackets finds, and there are none of what is no plain
 * object. */
static void check_members(const char *text, size_t length)
{
    struct soc_plain_members members;
    struct soc_slice key, value;
    size_t cursor = 0, count = 0;
    size_t begin = 0;

    while (begin < length && memchr(" \n\r\t", text[begin], 4))
        begin++;
    if (!soc_json_plain_members(text, length, &members)) {
        if (soc_json_is_plain(text, length) && text[begin] == '{')
            fail_msg("%.*s", (int)length, text);
        return;
    }
    if (!soc_json_is_plain(text, length) || text[begin] != '{')
        fail_msg("%.*s", (int)length, text);
    while (soc_peek_member(text, length, &cursor, &key, &value)) {
        assert_true(count < members.count);
        assert_ptr_equal(members.keys[count].data, key.data);
        assert_int_equal(members.keys[count].length, key.length);
        assert_ptr_equal(members.values[count].data, value.data);
        assert_int_equal(members.values[count].length, value.length);
        count++;
    }
    assert_int_equal(count, members.count);
}

static void test_members(void **state)
{
    static const char text[] = " { \"a\" : [ 1 , {\"b\":2} ] , \"cc\":\"d\\\"\" ,\"e\":-1.5} \n";
    struct soc_plain_members members;

    (void)state;
    assert_true(soc_json_plain_members(text, strlen(text), &members));
    assert_int_equal(members.count, 3);
    assert_true(soc_slice_is(members.keys[1], "cc"));
    assert_memory_equal(members.values[0].data, "[ 1 , {\"b\":2} ]", members.values[0].length);
    assert_int_equal(members.values[2].length, 4);
    check_members(text, strlen(text));
    assert_true(soc_json_plain_members("{ }", 3, &members));
    assert_int_equal(members.count, 0);
    assert_false(soc_json_plain_members("[]", 2, &members));
    assert_false(soc_json_plain_members("{} {}", 5, &members));
}

static void test_ordinary_text(void **state)
{
    static const char marks[] = "\"\\\x1f\x80\xff\n";
    char text[64];

    (void)state;
    for (size_t length = 0; length < 40; length++) {
        for (size_t i = 0; i < sizeof(text); i++)
            text[i] = (char)(' ' + (i * 7 + length) % 95);
        for (size_t i = 0; i < sizeof(text); i++)
            text[i] = strchr("\"\\", text[i]) ? '\x7f' : text[i];
        assert_int_equal(soc_json_ordinary(text + 3, length), length);
        for (size_t at = 0; at < length; at++) {
            char was = text[3 + at];

            for (const char *mark = marks; *mark; mark++) {
                text[3 + at] = *mark;
                assert_int_equal(soc_json_ordinary(text + 3, length), at);
            }
            text[3 + at] = was;
        }
    }
}

static void test_it_never_errs(void **state)
{
    static const char *const sound[] = {
        "{\"type\":\"message\",\"to\":[\"a\",\"b\"],\"n\":-1.25e+3,\"x\":{\"y\":null,\"z\":[]}}",
        "[0,1e5,123456789012345678,\"\\u00e9\\ud83d\\udc27\\\\\",true,false,{\"a\":1,\"b\":2}]",
        "{\"content\":\"caf\xc3\xa9 \xf0\x9f\x90\xa7 and more text\",\"a\":\"\\n\",\"aa\":0}",
    };
    char text[300];
    int said_yes = 0;

    (void)state;
    srand(1);
    for (int i = 0; i < ROUNDS; i++) {
        const char *from = sound[i % 3];
        size_t length = strlen(from);

        memcpy(text, from, length);
        length = damage(text, length);
        check_members(text, length);
        if (!soc_json_is_plain(text, length))
            continue;
        SOC_AUTO_JSON soc_json *json = soc_json_parse(text, length, NULL);
        struct soc_json_walk walk;
        assert_true(soc_json_walk(text, length, &walk));
        if (!json || walk.mended)
            fail_msg("%.*s", (int)length, text);
        said_yes++;
    }
    assert_true(said_yes > ROUNDS / 100);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_yes),           cmocka_unit_test(test_no),
        cmocka_unit_test(test_limits),        cmocka_unit_test(test_members),
        cmocka_unit_test(test_ordinary_text), cmocka_unit_test(test_it_never_errs),
    };

    return cmocka_run_group_tests_name("json_plain", tests, NULL, NULL);
}
