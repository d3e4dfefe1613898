/* SPDX-License-Identifier: MIT */
/*
 * The lower layers without memory: each operation is tried with its first allocation failing, then
 * its second, and so on, until it needs no more. Whatever fails must say so, and must leave nothing
 * behind.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "fs.h"
#include "harness/files.h"
#include "harness/internal/memory.h"
#include "harness/tmp.h"
#include "harness/unit.h"
#include "json.h"
#include "sha256.h"
#include "strbuf.h"

#define MANY 2000

/* 0, or what the operation said when memory ran out. */
typedef int operation(void);

static char *tmp;
static struct soc_dir dir;
static struct soc_error error;

static int setup(void **state)
{
    char *file;

    (void)state;
    if (!memory_possible())
        return 0;
    tmp = tmp_make();
    file = tmp_path(tmp, "file");
    write_text(file, "{\"a\":[1,2.5,\"x\"]}\n");
    free(file);
    return soc_dir_open(&dir, tmp, NULL);
}

static int teardown(void **state)
{
    (void)state;
    if (!memory_possible())
        return 0;
    soc_dir_close(&dir);
    tmp_remove(tmp);
    return 0;
}

/* Tries with the n-th allocation failing, alone or with all after it; how many tries failed. */
static unsigned starve(operation *attempt, void (*order)(unsigned))
{
    unsigned failures = 0;

    for (unsigned nth = 1; nth < MANY; nth++) {
        size_t before = count_descriptors();
        bool ran_out;
        int result;

        error = (struct soc_error){0};
        order(nth);
        result = attempt();
        ran_out = memory_restore();
        assert_int_equal(count_descriptors(), before);
        if (!ran_out) {
            assert_int_equal(result, 0);
            return failures;
        }
        if (result != 0) {
            assert_int_equal(result, -ENOMEM);
            failures++;
        }
    }
    fail_msg("it never has enough");
    return 0;
}

/* Every allocation counts: without it the operation fails. */
static void check(operation *attempt)
{
    if (!memory_possible())
        skip_because(NO_MEMORY_FAULTS);
    assert_true(starve(attempt, memory_fail_from) > 0);
    assert_true(starve(attempt, memory_fail_at) > 0);
    assert_int_equal(count_entries(tmp), 1);
}

static int grow(void)
{
    SOC_AUTO_STRBUF struct soc_strbuf buf = SOC_STRBUF_INIT;

    for (int i = 0; i < 1000; i++)
        soc_strbuf_add_format(&buf, "%d", i);
    return buf.failed ? -ENOMEM : 0;
}

static void test_growing(void **state)
{
    (void)state;
    check(grow);
}

static int steal(void)
{
    struct soc_strbuf buf = SOC_STRBUF_INIT;
    char *text = soc_strbuf_steal(&buf);
    int result = text ? 0 : -ENOMEM;

    assert_int_equal(buf.failed, !text);
    free(text);
    return result;
}

static void test_stealing(void **state)
{
    (void)state;
    check(steal);
}

/* With numbers of at most 15 characters: jansson asserts that it has all of a longer one. */
static int parse(void)
{
    static const char text[] = "{\"a key\":[1,2.5,\"x\\n\",{\"n\":1234567890}],\"u\":\"\\ud83d\"}";
    SOC_AUTO_JSON soc_json *json = soc_json_parse(text, strlen(text), &error);

    return json ? 0 : error.code;
}

static void test_parsing(void **state)
{
    (void)state;
    check(parse);
}

static int parse_large_number(void)
{
    SOC_AUTO_JSON soc_json *json = soc_json_parse("[1e400]", 7, &error);

    return json ? 0 : error.code;
}

static int parse_large_integer(void)
{
    SOC_AUTO_JSON soc_json *json = soc_json_parse("9223372036854775808", 19, &error);

    return json ? 0 : error.code;
}

static int parse_lone_surrogate(void)
{
    SOC_AUTO_JSON soc_json *json = soc_json_parse("\"\\ud83d\"", 8, &error);

    return json ? 0 : error.code;
}

static void test_parsing_what_is_mended(void **state)
{
    (void)state;
    if (!memory_possible())
        skip_because(NO_MEMORY_FAULTS);
    /* jansson's own assertions forbid to starve it in the middle of a long number. */
    memory_fail_at(1);
    assert_int_equal(parse_large_integer(), -ENOMEM);
    assert_true(memory_restore());
    check(parse_large_number);
    check(parse_lone_surrogate);
}

static int build(void)
{
    SOC_AUTO_JSON soc_json *json = soc_json_new_object();
    soc_json *list;

    if (!json || soc_json_set_string(json, "text", "value") < 0 ||
        soc_json_set_string(json, "mended", "\xff") < 0 ||
        soc_json_set(json, "list", soc_json_new_array()) < 0)
        return -ENOMEM;
    list = soc_json_new_array();
    if (!list || soc_json_append(list, soc_json_new_integer(7)) < 0) {
        soc_json_free(list);
        return -ENOMEM;
    }
    return soc_json_set(json, "other", list);
}

static void test_building(void **state)
{
    (void)state;
    check(build);
}

static soc_json *value;

static int copy(void)
{
    SOC_AUTO_JSON soc_json *json = soc_json_copy(value);

    return json ? 0 : -ENOMEM;
}

static int dump(void)
{
    SOC_AUTO_STRBUF struct soc_strbuf out = SOC_STRBUF_INIT;

    soc_json_dump(value, &out);
    /* Without memory for the comparison a real number is written with more digits than it needs. */
    if (!out.failed)
        assert_memory_equal(out.data, "[\"x\",0.1", 8);
    return out.failed ? -ENOMEM : 0;
}

static void test_copying_and_writing(void **state)
{
    static const char text[] = "[\"x\",0.1,{\"a\":[]}]";

    (void)state;
    value = soc_json_parse(text, strlen(text), NULL);
    assert_non_null(value);
    if (memory_possible())
        check(copy);
    check(dump);
    soc_json_free(value);
}

static int digest(void)
{
    struct soc_sha256 *sum = soc_sha256_new();

    soc_sha256_free(sum);
    return sum ? 0 : -ENOMEM;
}

static void test_digest(void **state)
{
    (void)state;
    check(digest);
}

static int open_directory(void)
{
    struct soc_dir other = SOC_DIR_INIT;
    int result = soc_dir_open(&other, tmp, &error);

    soc_dir_close(&other);
    return result;
}

static void test_opening_the_directory(void **state)
{
    (void)state;
    check(open_directory);
}

static int open_unsafe(void)
{
    struct soc_dir other = SOC_DIR_INIT;
    int result = soc_dir_open(&other, "/proc/self", &error);

    soc_dir_close(&other);
    return result == SOCIETY_E_UNSAFE_FILESYSTEM ? 0 : result;
}

static void test_refusing_a_directory(void **state)
{
    (void)state;
    check(open_unsafe);
}

static int read_all(void)
{
    SOC_AUTO_STRBUF struct soc_strbuf out = SOC_STRBUF_INIT;

    return soc_fs_read(&dir, "file", 100, &out, &error);
}

static void test_reading(void **state)
{
    (void)state;
    check(read_all);
}

static int list(void)
{
    char **names = NULL;
    int result = soc_fs_list(&dir, "", &names, &error);

    assert_int_equal(result == 0, names != NULL);
    soc_fs_free_names(names);
    return result;
}

static void test_listing(void **state)
{
    (void)state;
    check(list);
}

static int list_missing(void)
{
    char **names = NULL;
    int result = soc_fs_list(&dir, "archive", &names, &error);

    soc_fs_free_names(names);
    return result;
}

static void test_listing_what_is_not_there(void **state)
{
    (void)state;
    check(list_missing);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_growing),
        cmocka_unit_test(test_stealing),
        cmocka_unit_test(test_parsing),
        cmocka_unit_test(test_parsing_what_is_mended),
        cmocka_unit_test(test_building),
        cmocka_unit_test(test_copying_and_writing),
        cmocka_unit_test(test_digest),
        cmocka_unit_test(test_opening_the_directory),
        cmocka_unit_test(test_refusing_a_directory),
        cmocka_unit_test(test_reading),
        cmocka_unit_test(test_listing),
        cmocka_unit_test(test_listing_what_is_not_there),
    };

    return cmocka_run_group_tests_name("memory_low", tests, setup, teardown);
}
