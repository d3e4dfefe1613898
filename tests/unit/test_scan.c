/* SPDX-License-Identifier: MIT */
/*
 * One line of a log at a time: every kind of line that format.md names, and damage of every kind.
 */
#include "scan.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "crc32c.h"
#include "harness/internal/store.h"
#include "harness/unit.h"

static struct soc_line scan(const char *text)
{
    struct soc_line line;

    soc_scan_line(text, strlen(text), &line);
    return line;
}

/* A record of ours without its newline, to be freed. */
static char *ours(const char *id)
{
    char *line = strdup(store_ours("message", id));

    line[strlen(line) - 1] = '\0';
    return line;
}

static char *joined(const char *a, const char *b)
{
    char *text;

    assert_true(asprintf(&text, "%s%s", a, b) >= 0);
    return text;
}

static void test_blank(void **state)
{
    static const char zeros[5000];
    struct soc_line line;

    (void)state;
    assert_int_equal(scan("").kind, SOC_LINE_BLANK);
    assert_int_equal(scan(" \t \r").kind, SOC_LINE_BLANK);
    soc_scan_line(zeros, sizeof(zeros), &line);
    assert_int_equal(line.kind, SOC_LINE_BLANK);
}

static void test_ours(void **state)
{
    char *text = ours("m1");
    struct soc_line line = scan(text);

    (void)state;
    assert_int_equal(line.kind, SOC_LINE_RECORD);
    assert_false(line.foreign);
    assert_false(line.salvaged);
    assert_int_equal(line.position, 0);
    assert_text(line.text, line.length, text);
    assert_true(soc_slice_is(line.peek.id, "m1"));
    assert_true(soc_slice_is(line.peek.type, "message"));
    assert_true(soc_slice_is(line.peek.from, "w1"));
    assert_true(soc_slice_is(line.peek.to, "w2"));
    free(text);
}

static void test_foreign(void **state)
{
    static const char text[] = "{\"agentId\":\"backend-001\",\"vsCodePid\":4711}";
    struct soc_line line = scan(text);

    (void)state;
    assert_int_equal(line.kind, SOC_LINE_RECORD);
    assert_true(line.foreign);
    assert_null(line.peek.type.data);
    assert_int_equal(scan("{}").kind, SOC_LINE_RECORD);
}

static void test_padding(void **state)
{
    char *text = ours("m1");
    char *padded = joined(text, "\r");
    struct soc_line line = scan(padded);
    static const char holes[] = "\0\0\0{\"type\":\"x\"}\0\0";

    (void)state;
    assert_int_equal(line.kind, SOC_LINE_RECORD);
    assert_false(line.foreign);
    assert_text(line.text, line.length, text);
    soc_scan_line(holes, sizeof(holes) - 1, &line);
    assert_int_equal(line.kind, SOC_LINE_RECORD);
    assert_int_equal(line.position, 3);
    assert_text(line.text, line.length, "{\"type\":\"x\"}");
    free(padded);
    free(text);
}

static void test_malformed(void **state)
{
    static const char *const lines[] = {
        "x",
        "{",
        "[]",
        "17",
        "{\"type\":\"x\"",
        "{\"type\":\"x\"} {\"type\":\"y\"}",
        "{\"type\":\"x\",\"type\":\"y\"}",
        "{\"type\":\"\xff\"}",
        "{\"a\":\"b\x01\"}",
        "{\"a\":01}",
        "{\"type\":\"x\",\"crc\":\"00000000\"}",
        "{\"type\":\"x\",\"crc\":\"0000000g\"}x",
        ",\"crc\":\"00000000\"}",
    };

    (void)state;
    for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++) {
        struct soc_line line = scan(lines[i]);

        assert_int_equal(line.kind, SOC_LINE_MALFORMED);
        assert_text(line.text, line.length, lines[i]);
    }
}

static void test_a_crc_that_is_no_checksum(void **state)
{
    /* Upper-case digits, or too few: a foreign writer's member like any other. */
    (void)state;
    assert_true(scan("{\"a\":1,\"crc\":\"ABCDEF01\"}").foreign);
    assert_int_equal(scan("{\"a\":1,\"crc\":\"ABCDEF01\"}").kind, SOC_LINE_RECORD);
    assert_int_equal(scan("{\"a\":1,\"crc\":\"abc\"}").kind, SOC_LINE_RECORD);
    assert_int_equal(scan("{\"crc\":\"00000000\"}").kind, SOC_LINE_RECORD);
}

static void test_every_flipped_byte_is_noticed(void **state)
{
    char *text = ours("m1");
    size_t length = strlen(text);

    (void)state;
    for (size_t i = 0; i < length; i++) {
        struct soc_line line;

        text[i] ^= 1;
        soc_scan_line(text, length, &line);
        text[i] ^= 1;
        /* A change in the last member's name makes it a foreign line, which must still decode. */
        assert_true(line.kind == SOC_LINE_MALFORMED || line.foreign);
    }
    free(text);
}

static void test_glued(void **state)
{
    static const char *const torn[] = {"{\"type\":\"mess", "{",        "x",
                                       "{\"a\":{\"b\":",   "\xff\xfe", "{\"type\":\"x\"}"};
    char *good = ours("good");

    (void)state;
    for (size_t i = 0; i < sizeof(torn) / sizeof(torn[0]); i++) {
        char *glued = joined(torn[i], good);
        struct soc_line line = scan(glued);

        assert_int_equal(line.kind, SOC_LINE_RECORD);
        assert_true(line.salvaged);
        assert_false(line.foreign);
        assert_int_equal(line.position, (int)strlen(torn[i]));
        assert_text(line.text, line.length, good);
        assert_true(soc_slice_is(line.peek.id, "good"));
        free(glued);
    }
    free(good);
}

static void test_two_good_ones_glued(void **state)
{
    char *first = ours("first");
    char *second = ours("second");
    char *glued = joined(first, second);
    char *with_cr = joined(glued, "\r");

    (void)state;
    assert_true(soc_slice_is(scan(glued).peek.id, "second"));
    assert_true(scan(with_cr).salvaged);
    free(first);
    free(second);
    free(glued);
    free(with_cr);
}

static void test_salvaging_alone(void **state)
{
    /* A whole record is not a suffix of itself. */
    char *inner = ours("inner");
    char *glued = joined("{\"type\":\"to", inner);
    struct soc_line line;

    (void)state;
    assert_true(soc_scan_salvage(glued, strlen(glued), &line));
    assert_text(line.text, line.length, inner);
    assert_false(soc_scan_salvage(inner, strlen(inner), &line));
    assert_false(soc_scan_salvage("short", 5, &line));
    free(inner);
    free(glued);
}

/* Adds the checksum that `text` would have to claim, and closes it. */
static char *claimed(const char *prefix, const char *text)
{
    char *line;

    assert_true(asprintf(&line, "%s%s,\"crc\":\"%08x\"}", prefix, text,
                         soc_crc32c(text, strlen(text))) >= 0);
    return line;
}

static void test_a_sound_checksum_over_what_is_no_record(void **state)
{
    static const char *const texts[] = {"{\"a\"", "{\"a\":1,\"a\":2", "{\"a\":tru", "{\"\xff\":1"};

    (void)state;
    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
        char *line = claimed("torn", texts[i]);

        assert_int_equal(scan(line).kind, SOC_LINE_MALFORMED);
        free(line);
    }
}

static void test_length(void **state)
{
    char *filler = store_filler(SOC_LINE_MAX);
    char *text;
    struct soc_line line;

    (void)state;
    /* 256 KiB with its newline. */
    assert_true(asprintf(&text, "{\"a\":\"%.*s\"}", SOC_LINE_MAX - 9, filler) >= 0);
    assert_int_equal(strlen(text), SOC_LINE_MAX - 1);
    assert_int_equal(scan(text).kind, SOC_LINE_RECORD);
    free(text);
    assert_true(asprintf(&text, "{\"a\":\"%.*s\"}", SOC_LINE_MAX - 8, filler) >= 0);
    line = scan(text);
    assert_int_equal(line.kind, SOC_LINE_MALFORMED);
    assert_int_equal(line.length, SOC_LINE_MAX);
    free(text);
    free(filler);
}

static void test_hostile_braces(void **state)
{
    /* Every second byte could begin a record. */
    size_t length = 200000;
    char *good = ours("good");
    char *text = malloc(length + strlen(good) + 1);
    struct soc_line line;

    (void)state;
    assert_non_null(text);
    for (size_t i = 0; i < length; i++)
        text[i] = i % 2 ? '"' : '{';
    strcpy(text + length, good);
    line = scan(text);
    assert_true(line.salvaged);
    assert_int_equal(line.position, (int)length);
    free(text);
    free(good);
}

static void test_nesting(void **state)
{
    char text[400];
    size_t depth = 64;

    (void)state;
    for (int over = 0; over < 2; over++, depth++) {
        size_t at = (size_t)sprintf(text, "{\"a\":");

        memset(text + at, '[', depth - 1);
        memset(text + at + depth - 1, ']', depth - 1);
        strcpy(text + at + 2 * (depth - 1), "}");
        assert_int_equal(scan(text).kind, over ? SOC_LINE_MALFORMED : SOC_LINE_RECORD);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_blank),
        cmocka_unit_test(test_ours),
        cmocka_unit_test(test_foreign),
        cmocka_unit_test(test_padding),
        cmocka_unit_test(test_malformed),
        cmocka_unit_test(test_a_crc_that_is_no_checksum),
        cmocka_unit_test(test_every_flipped_byte_is_noticed),
        cmocka_unit_test(test_glued),
        cmocka_unit_test(test_two_good_ones_glued),
        cmocka_unit_test(test_salvaging_alone),
        cmocka_unit_test(test_a_sound_checksum_over_what_is_no_record),
        cmocka_unit_test(test_length),
        cmocka_unit_test(test_hostile_braces),
        cmocka_unit_test(test_nesting),
    };

    return cmocka_run_group_tests_name("scan", tests, NULL, store_free_lines);
}
