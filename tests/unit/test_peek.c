/* SPDX-License-Identifier: MIT */
/*
 * The look at a line: members found, defects noticed, and never a byte read behind the end.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "harness/unit.h"
#include "json.h"
#include "peek.h"

/* A copy that ends with its last byte, so that a sanitizer or valgrind sees a read behind it. */
static bool peek(const char *text, size_t length, struct soc_peek *ret_peek)
{
    char *exact = malloc(length > 0 ? length : 1);
    bool result;

    assert_non_null(exact);
    memcpy(exact, text, length);
    result = soc_peek(exact, length, ret_peek);
    free(exact);
    return result;
}

static bool is_object(const char *text)
{
    struct soc_peek fields;

    return peek(text, strlen(text), &fields);
}

static void test_the_four_fields(void **state)
{
    static const char line[] =
        "{\"id\":\"m1\",\"from\":\"a\",\"to\":[\"b\",\"c\"],\"x\":{\"type\":\"no\"},"
        "\"type\" : \"message\" ,\"content\":\"to: \\\"x\\\"\"}";
    struct soc_peek fields;

    (void)state;
    assert_true(soc_peek(line, strlen(line), &fields));
    assert_text(fields.id.data, fields.id.length, "\"m1\"");
    assert_text(fields.from.data, fields.from.length, "\"a\"");
    assert_text(fields.to.data, fields.to.length, "[\"b\",\"c\"]");
    assert_text(fields.type.data, fields.type.length, "\"message\"");
}

static void test_absent_fields(void **state)
{
    struct soc_peek fields;

    (void)state;
    assert_true(soc_peek("{\"to\":null}", 11, &fields));
    assert_null(fields.type.data);
    assert_null(fields.id.data);
    assert_null(fields.from.data);
    assert_text(fields.to.data, fields.to.length, "null");
}

static void test_members_in_order(void **state)
{
    static const char line[] =
        " { \"a\" : 1.5e3 , \"b\":\"x\\\"}\", \"c\":[{},[\"]\"]],\"d\":true}\r";
    static const char *const expected[] = {"\"a\"", "1.5e3",        "\"b\"", "\"x\\\"}\"",
                                           "\"c\"", "[{},[\"]\"]]", "\"d\"", "true"};
    struct soc_slice key, value;
    size_t cursor = 0;
    size_t seen = 0;

    (void)state;
    while (soc_peek_member(line, strlen(line), &cursor, &key, &value)) {
        assert_text(key.data, key.length, expected[seen]);
        assert_text(value.data, value.length, expected[seen + 1]);
        seen += 2;
    }
    assert_int_equal(seen, 8);
    assert_int_equal(cursor, strlen(line));
}

static void test_what_is_an_object(void **state)
{
    static const char *const good[] = {
        "{}",
        " {\t} \r\n",
        "{\"a\":{}}",
        "{\"\":[]}",
        "{\"a\":\"a rather long string, longer than eight bytes, with \xc3\xa9\"}",
        "{\"12345678\":\"1234567\"}",
        "{\"a\":\"\\\\\"}",
        "{\"a\":[\"}\",\"]\",{\"b\":\"{\"}]}",
    };

    (void)state;
    for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
        if (!is_object(good[i]))
            fail_msg("%s was refused", good[i]);
    }
}

static void test_what_is_none(void **state)
{
    static const char *const bad[] = {
        "",
        " ",
        "[]",
        "\"{}\"",
        "x{}",
        "{",
        "{\"a\"",
        "{\"a\":",
        "{\"a\":1",
        "{\"a\":1,",
        "{\"a\":1,}",
        "{,}",
        "{\"a\" 1}",
        "{\"a\":1 \"b\":2}",
        "{\"a\":1}}",
        "{\"a\":1}x",
        "{\"a\":}",
        "{\"a\":,}",
        "{a:1}",
        "{\"a\":1;\"b\":2}",
        "{\"a\":\"x}",
        "{\"a\":\"x\\",
        "{\"a\":\"x\\\"}",
        "{\"a\":[}",
        "{\"a\":[1}",
        "{\"a\":[}]}",
        "{\"a\":{]}}",
        "{\"a\":[\"x}",
        "{\"a\":[\"\n\"]}",
        "{\"a\":\"\t\"}",
        "{\"a\":\"12345678\x01\"}",
        "{\"a\":\"\\\n\"}",
        "{\"a\n\":1}",
        "{\"a\":1\x01}",
        "{} {}",
        "{\"a\":tr\"ue\"}",
        "{\"a\":1:2}",
    };

    (void)state;
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        if (is_object(bad[i]))
            fail_msg("%s was accepted", bad[i]);
    }
}

static void test_every_beginning_of_a_line_is_none(void **state)
{
    static const char line[] =
        "{\"type\":\"message\",\"to\":[\"a\",{\"b\":-1.5}],\"content\":\"x\\n\xc3\xa9 and more\"}";
    struct soc_peek fields;

    (void)state;
    for (size_t length = 0; length < strlen(line); length++)
        assert_false(peek(line, length, &fields));
    assert_true(peek(line, strlen(line), &fields));
}

static void nest(char *text, int depth)
{
    memcpy(text, "{\"a\":", 5);
    for (int i = 0; i < depth; i++) {
        text[5 + i] = '[';
        text[5 + 2 * depth - 1 - i] = ']';
    }
    memcpy(text + 5 + 2 * depth, "}", 2);
}

static void test_depth(void **state)
{
    char text[2000];

    (void)state;
    nest(text, 63);
    assert_true(is_object(text));
    nest(text, 64);
    assert_false(is_object(text));
    nest(text, 900);
    assert_false(is_object(text));
}

static void test_twice_the_same_key(void **state)
{
    static const char line[] = "{\"id\":\"1\",\"id\":\"2\"}";
    struct soc_peek fields;

    (void)state;
    assert_true(soc_peek(line, strlen(line), &fields));
    assert_text(fields.id.data, fields.id.length, "\"2\"");
}

static struct soc_slice slice(const char *text)
{
    return (struct soc_slice){text, strlen(text)};
}

static void test_slices(void **state)
{
    const struct soc_slice absent = {NULL, 0};
    struct soc_slice plain = soc_slice_plain(slice("\"abc\""));

    (void)state;
    assert_true(soc_slice_is(slice("\"abc\""), "abc"));
    assert_true(soc_slice_is(slice("\"\""), ""));
    assert_false(soc_slice_is(slice("\"abd\""), "abc"));
    assert_false(soc_slice_is(slice("\"abcd\""), "abc"));
    assert_false(soc_slice_is(slice("[abc]"), "abc"));
    assert_false(soc_slice_is(absent, ""));
    assert_text(plain.data, plain.length, "abc");
    assert_null(soc_slice_plain(slice("\"a\\u0062c\"")).data);
    assert_null(soc_slice_plain(slice("[1]")).data);
    assert_null(soc_slice_plain(absent).data);
}

static uint32_t seed = 1;

static uint32_t choose(uint32_t choices)
{
    seed = seed * 1664525u + 1013904223u;
    return (seed >> 16) % choices;
}

static void add_random_value(struct soc_strbuf *out, int depth)
{
    static const char *const plain[] = {
        "1",          "-2.5e3",         "true",
        "null",       "\"\"",           "\"to\"",
        "\"x\\\"}\"", "\"\\ud83d\\n\"", "\"caf\xc3\xa9, a longer text\"",
    };
    uint32_t kind = depth == 0 ? 0 : choose(depth > 4 ? 1 : 3);
    const char *end = kind == 0 ? "}" : "]";

    if (depth > 0 && kind == 2) {
        soc_strbuf_add_string(out, plain[choose(sizeof(plain) / sizeof(plain[0]))]);
        return;
    }
    soc_strbuf_add_string(out, kind == 0 ? "{" : "[");
    for (uint32_t i = depth > 4 ? 0 : choose(4); i > 0; i--) {
        if (kind == 0)
            soc_strbuf_add_format(out, "\"k%u\" : ", i);
        add_random_value(out, depth + 1);
        soc_strbuf_add_string(out, i > 1 ? ", " : "");
    }
    soc_strbuf_add_string(out, end);
}

/* What the decoder reads as an object, the look must not refuse: a message would be lost. Random
 * objects, every second with a byte changed, by a generator that always does the same. */
static void test_agrees_with_the_decoder(void **state)
{
    static const char bytes[] = "{}[]:,\"\\ \n1ae\x01\xc3";
    SOC_AUTO_STRBUF struct soc_strbuf line = SOC_STRBUF_INIT;
    int objects = 0;

    (void)state;
    for (int round = 0; round < 50000; round++) {
        struct soc_peek fields;

        soc_strbuf_clear(&line);
        add_random_value(&line, 0);
        if (round % 2)
            line.data[choose((uint32_t)line.length)] = bytes[choose(sizeof(bytes) - 1)];
        SOC_AUTO_JSON soc_json *json = soc_json_parse(line.data, line.length, NULL);
        bool accepted = peek(line.data, line.length, &fields);
        bool is_an_object = json && soc_json_kind(json) == SOC_JSON_OBJECT;
        objects += is_an_object;
        if (is_an_object && !accepted)
            fail_msg("%s was refused", line.data);
    }
    assert_in_range(objects, 25000, 40000);
}

/* The fields as the walk from member to member says. */
static bool walk(const char *text, size_t length, struct soc_peek *fields)
{
    struct soc_slice key, value;
    size_t cursor = 0;

    memset(fields, 0, sizeof(*fields));
    while (soc_peek_member(text, length, &cursor, &key, &value)) {
        if (soc_slice_is(key, "type"))
            fields->type = value;
        else if (soc_slice_is(key, "id"))
            fields->id = value;
        else if (soc_slice_is(key, "from"))
            fields->from = value;
        else if (soc_slice_is(key, "to"))
            fields->to = value;
    }
    return cursor == length;
}

/* A line like ours, of up to 1,300 bytes. */
static void add_ordinary_line(struct soc_strbuf *out)
{
    static const char *const keys[] = {"type", "id", "from", "to", "content", "tool",
                                       "i",    "t",  "idx",  "",   "role",    "fro\xc3\xbc"};
    static const char *const bare[] = {"1", "true", "null", "-2.5e3", "[]", "{\"id\":\"in\"}"};

    soc_strbuf_add_char(out, '{');
    for (uint32_t i = choose(12); i > 0; i--) {
        soc_strbuf_add_format(out, "\"%s\":", keys[choose(sizeof(keys) / sizeof(keys[0]))]);
        if (choose(5) == 0)
            soc_strbuf_add_string(out, bare[choose(choose(4) ? 4 : 6)]);
        else
            soc_strbuf_add_format(
                out, "\"%.*s\"", (int)choose(choose(3) ? 20 : 120),
                "Auth API ready: {tests}, [passed], and then there was more to say "
                "of what else had been done since the last time, and it was.");
        soc_strbuf_add_string(out, i > 1 ? "," : "");
    }
    soc_strbuf_add_char(out, '}');
}

/* Lines that are taken by their quotes say what others do. Every second has bytes changed; each is
 * in memory of its own, so that the tools see what is read beyond it. */
static void test_ordinary_lines(void **state)
{
    static const char bytes[] = "{}[]:,\"\"\"\\ \n1ae\x01\xc3";
    SOC_AUTO_STRBUF struct soc_strbuf line = SOC_STRBUF_INIT;
    int accepted = 0;

    (void)state;
    for (int round = 0; round < 60000; round++) {
        struct soc_peek fields, expected;
        char *copy;

        soc_strbuf_clear(&line);
        add_ordinary_line(&line);
        for (int i = 0; round % 2 && i < 1 + round % 3; i++)
            line.data[choose((uint32_t)line.length)] = bytes[choose(sizeof(bytes) - 1)];
        if (round % 16 == 1)
            line.length = choose((uint32_t)line.length + 1);
        copy = malloc(line.length + 1);
        assert_non_null(copy);
        memcpy(copy + 1, line.data, line.length);
        assert_int_equal(soc_peek(copy + 1, line.length, &fields),
                         walk(copy + 1, line.length, &expected));
        if (soc_peek(copy + 1, line.length, &fields)) {
            assert_memory_equal(&fields, &expected, sizeof(fields));
            accepted++;
        }
        free(copy);
    }
    assert_in_range(accepted, 30000, 50000);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_ordinary_lines),
        cmocka_unit_test(test_the_four_fields),
        cmocka_unit_test(test_absent_fields),
        cmocka_unit_test(test_members_in_order),
        cmocka_unit_test(test_what_is_an_object),
        cmocka_unit_test(test_what_is_none),
        cmocka_unit_test(test_every_beginning_of_a_line_is_none),
        cmocka_unit_test(test_depth),
        cmocka_unit_test(test_twice_the_same_key),
        cmocka_unit_test(test_slices),
        cmocka_unit_test(test_agrees_with_the_decoder),
    };

    return cmocka_run_group_tests_name("peek", tests, NULL, NULL);
}
