/* SPDX-License-Identifier: MIT */
/*
 * Whom a line is for, by its bytes and by decoding it.
 */
#include "address.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "harness/files.h"
#include "harness/internal/faults.h"
#include "harness/member.h"
#include "harness/unit.h"

static society *s;

static int setup(void **state)
{
    member_setup(state);
    faults_install();
    s = member_open("w1");
    return society_register(s, "{\"role\":\"tester\"}");
}

static int teardown(void **state)
{
    society_close(s);
    faults_remove();
    return member_teardown(state);
}

static int is_for_w1(const char *text)
{
    struct soc_line line;

    soc_scan_line(text, strlen(text), &line);
    assert_int_equal(line.kind, SOC_LINE_RECORD);
    return soc_is_addressed(s, &line, "w1");
}

static void test_by_bytes(void **state)
{
    unsigned opened = faults_count(FAULT_OPENAT2);

    (void)state;
    assert_int_equal(is_for_w1("{\"to\":\"w1\"}"), 1);
    assert_int_equal(is_for_w1("{\"to\":\"w11\"}"), 0);
    assert_int_equal(is_for_w1("{\"from\":\"w2\"}"), 0);
    assert_int_equal(is_for_w1("{\"to\":\"all\",\"from\":\"w2\"}"), 1);
    assert_int_equal(is_for_w1("{\"to\":\"broadcast\",\"from\":\"w1\"}"), 0);
    assert_int_equal(is_for_w1("{\"to\":\"all\"}"), 1);
    assert_int_equal(faults_count(FAULT_OPENAT2), opened);
    assert_int_equal(is_for_w1("{\"to\":\"role:tester\",\"from\":\"w2\"}"), 1);
    assert_int_equal(is_for_w1("{\"to\":\"role:cook\",\"from\":\"w2\"}"), 0);
}

static void test_by_decoding(void **state)
{
    (void)state;
    assert_int_equal(is_for_w1("{\"to\":\"\\u00771\"}"), 1);
    assert_int_equal(is_for_w1("{\"to\":\"all\",\"from\":\"\\u00771\"}"), 0);
    assert_int_equal(is_for_w1("{\"to\":[\"w2\",\"w1\"]}"), 1);
    assert_int_equal(is_for_w1("{\"to\":[\"w2\",\"role:tester\"],\"from\":\"w9\"}"), 1);
    assert_int_equal(is_for_w1("{\"to\":[\"w2\",17,null,[\"w1\"]]}"), 0);
    assert_int_equal(is_for_w1("{\"to\":[]}"), 0);
    assert_int_equal(is_for_w1("{\"to\":{\"w1\":1}}"), 0);
    assert_int_equal(is_for_w1("{\"to\":17}"), 0);
    assert_int_equal(is_for_w1("{\"to\":\"all\",\"from\":17}"), 1);
    assert_int_equal(is_for_w1("{\"\\u0074o\":\"w1\"}"), 1);
    assert_int_equal(is_for_w1("{\"\\u0074o\":[\"w2\"],\"for\":\"w1\"}"), 0);
}

#define LONG_ROLE "a-role-that-another-program-made-and-that-is-longer-than-any-of-ours-may-ever-be"

static void test_long_names(void **state)
{
    char text[400] = "{\"to\":\"";
    size_t length = strlen(text);

    (void)state;
    memset(text + length, 'x', 200);
    strcpy(text + length + 200, "\",\"from\":\"a\"}");
    assert_int_equal(is_for_w1(text), 0);
    append_text(member_path("registry.jsonl"), "{\"agentId\":\"w1\",\"role\":\"" LONG_ROLE "\"}\n");
    strcpy(text, "{\"to\":\"role:" LONG_ROLE "\",\"from\":\"a\"}");
    assert_int_equal(is_for_w1(text), 1);
    strcpy(text, "{\"to\":\"all\",\"from\":\"");
    length = strlen(text);
    memset(text + length, 'x', 200);
    strcpy(text + length + 200, "\"}");
    assert_int_equal(is_for_w1(text), 1);
}

static void test_a_registry_that_can_not_be_read(void **state)
{
    (void)state;
    append_text(member_path("registry.jsonl"), "{\"agentId\":\"w3\"}\n");
    faults_at(FAULT_PREAD, 1, EIO);
    assert_int_equal(is_for_w1("{\"to\":\"role:tester\"}"), -EIO);
    append_text(member_path("registry.jsonl"), "{\"agentId\":\"w4\"}\n");
    faults_at(FAULT_PREAD, 1, EIO);
    assert_int_equal(is_for_w1("{\"to\":[\"supervisor\",\"w1\"]}"), -EIO);
    assert_int_equal(is_for_w1("{\"to\":[\"supervisor\",\"w1\"]}"), 1);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
    const struct CMUnitTest tests[] = {
        TEST(test_by_bytes),
        TEST(test_by_decoding),
        TEST(test_long_names),
        TEST(test_a_registry_that_can_not_be_read),
    };

    return cmocka_run_group_tests_name("address", tests, NULL, NULL);
}
