/* SPDX-License-Identifier: MIT */
/*
 * A cursor that can't be read or replaced: the old one stays whole.
 */
#include "cursor.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "harness/files.h"
#include "harness/internal/faults.h"
#include "harness/internal/memory.h"
#include "harness/internal/store.h"
#include "harness/unit.h"

static struct soc_cursor cursor;

static int store(int64_t position)
{
    struct soc_cursor fresh = {.position = position, .last = "m1", .check = "00000000"};

    return soc_cursor_store(&store_dir, "w1", &fresh, &store_error);
}

static int load(void)
{
    return soc_cursor_load(&store_dir, "w1", &cursor, &store_error);
}

static void test_storing_fails_anywhere(void **state)
{
    static const enum fault_call calls[] = {FAULT_OPENAT2, FAULT_MKDIRAT,  FAULT_GETRANDOM,
                                            FAULT_WRITE,   FAULT_RENAMEAT, FAULT_FSTAT};
    int64_t stored = 1;

    (void)state;
    assert_int_equal(store(1), 0);
    for (size_t i = 0; i < sizeof(calls) / sizeof(calls[0]); i++) {
        for (unsigned nth = 1; nth < 5; nth++) {
            faults_reset();
            faults_at(calls[i], nth, EROFS);
            if (store(stored + 1) == 0)
                stored++;
            faults_reset();
            assert_int_equal(load(), 0);
            assert_int_equal(cursor.position, stored);
            assert_int_equal(count_entries(store_path("cursors")), 1);
        }
    }
    faults_short(FAULT_WRITE, 1, 5);
    assert_int_equal(store(4711), 0);
    assert_int_equal(load(), 0);
    assert_int_equal(cursor.position, 4711);
}

static void test_loading_fails(void **state)
{
    (void)state;
    assert_int_equal(store(1), 0);
    faults_at(FAULT_PREAD, 1, EIO);
    assert_int_equal(load(), -EIO);
    faults_at(FAULT_OPENAT2, 1, EACCES);
    assert_int_equal(load(), -EACCES);
}

static void test_opening_a_reader_fails(void **state)
{
    struct soc_reader reader;

    (void)state;
    store_put("messages.jsonl", store_ours("message", "a"));
    cursor = (struct soc_cursor){.position = file_size(store_path("messages.jsonl")),
                                 .check = "00000000"};
    for (unsigned nth = 1; nth < 4; nth++) {
        faults_at(FAULT_PREAD, nth, EIO);
        assert_int_equal(soc_cursor_open_reader(&cursor, &store_dir, &reader, &store_error), -EIO);
        assert_null(reader.data);
        faults_reset();
    }
    assert_int_equal(soc_cursor_open_reader(&cursor, &store_dir, &reader, &store_error), 0);
    assert_string_equal(store_read(&reader), "r:a");
    soc_reader_close(&reader);
}

static void test_memory(void **state)
{
    int result = -ENOMEM;

    (void)state;
    if (!memory_possible())
        skip_because(NO_MEMORY_FAULTS);
    for (unsigned nth = 1; nth < 50 && result == -ENOMEM; nth++) {
        memory_fail_from(nth);
        result =
            soc_cursor_store(&store_dir, "w1", &(struct soc_cursor){.check = "00000000"}, NULL);
        memory_restore();
    }
    assert_int_equal(result, 0);
    result = -ENOMEM;
    for (unsigned nth = 1; nth < 50 && result == -ENOMEM; nth++) {
        memory_fail_from(nth);
        result = soc_cursor_load(&store_dir, "w1", &cursor, NULL);
        memory_restore();
    }
    assert_int_equal(result, 0);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, store_setup, store_teardown)
    const struct CMUnitTest tests[] = {
        TEST(test_storing_fails_anywhere),
        TEST(test_loading_fails),
        TEST(test_opening_a_reader_fails),
        TEST(test_memory),
    };

    return cmocka_run_group_tests_name("cursor", tests, NULL, NULL);
}
