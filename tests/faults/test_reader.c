/* SPDX-License-Identifier: MIT */
/*
 * Reading while the system refuses or gives less than asked: no error loses or repeats a line.
 */
#include "reader.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "harness/files.h"
#include "harness/internal/faults.h"
#include "harness/internal/memory.h"
#include "harness/internal/messages.h"
#include "harness/unit.h"
#include "rotate.h"

static struct soc_line line;

static void test_every_call_that_opening_makes(void **state)
{
    static const enum fault_call calls[] = {FAULT_OPENAT2, FAULT_FSTAT, FAULT_PREAD, FAULT_LSEEK};

    (void)state;
    put_ours("a");
    rotate();
    put_ours("b");
    rotate();
    put_ours("c");
    for (size_t i = 0; i < sizeof(calls) / sizeof(calls[0]); i++) {
        for (int64_t position = -3; position < 300; position += position < 0 ? 1 : 101) {
            for (unsigned nth = 1; nth < 12; nth++) {
                int result;

                faults_reset();
                faults_at(calls[i], nth, EIO);
                result = soc_reader_open(&reader, &store_dir, "messages", position, &store_error);
                if (result == 0)
                    soc_reader_close(&reader);
                else
                    assert_int_equal(result, -EIO);
                /* A call that was not made can't have failed. */
                assert_true(result == 0 || faults_count(calls[i]) >= nth);
            }
        }
    }
    assert_string_equal(store_read_log("messages", SOC_READ_FROM_START), "r:a r:b r:c");
}

static void test_errors_are_repeatable(void **state)
{
    (void)state;
    put_ours("a");
    open_at(SOC_READ_FROM_START);
    faults_at(FAULT_PREAD, 1, EIO);
    assert_string_equal(store_read(&reader), " error -5");
    assert_string_equal(store_error.text,
                        "messages.jsonl: cannot read at position 0: Input/output error");
    assert_string_equal(store_read(&reader), "r:a");
    put_ours("b");
    faults_at(FAULT_PREAD, 1, EIO);
    assert_string_equal(store_read(&reader), " error -5");
    assert_string_equal(store_read(&reader), "r:b");
    faults_at(FAULT_STATX, 1, EIO);
    assert_string_equal(store_read(&reader), " error -5");
    put_ours("c");
    assert_string_equal(store_read(&reader), "r:c");
    soc_reader_close(&reader);
}

static void test_following_under_faults(void **state)
{
    static const enum fault_call calls[] = {FAULT_OPENAT2, FAULT_FSTAT, FAULT_STATX, FAULT_PREAD};
    unsigned failures = 0;

    (void)state;
    for (size_t i = 0; i < sizeof(calls) / sizeof(calls[0]); i++) {
        for (unsigned nth = 1; nth < 10; nth++) {
            char ids[2][16];
            char expected[64];
            char got[64] = "";

            snprintf(ids[0], sizeof(ids[0]), "a%zu%u", i, nth);
            snprintf(ids[1], sizeof(ids[1]), "b%zu%u", i, nth);
            snprintf(expected, sizeof(expected), "r:%s r:%s", ids[0], ids[1]);
            open_at(SOC_READ_FROM_END);
            put_ours(ids[0]);
            rotate();
            put_ours(ids[1]);
            faults_at(calls[i], nth, EIO);
            for (int attempt = 0; attempt < 2; attempt++) {
                const char *text = store_read(&reader);
                const char *error = strstr(text, " error");
                size_t length = error ? (size_t)(error - text) : strlen(text);

                failures += error != NULL;
                snprintf(got + strlen(got), sizeof(got) - strlen(got), "%s%.*s",
                         *got && length ? " " : "", (int)length, text);
            }
            assert_string_equal(got, expected);
            assert_string_equal(reader.incident, "");
            soc_reader_close(&reader);
            faults_reset();
        }
    }
    assert_true(failures > 8);
}

static void test_a_log_that_appears_under_faults(void **state)
{
    (void)state;
    open_at(SOC_READ_FROM_START);
    faults_at(FAULT_OPENAT2, 1, EACCES);
    assert_string_equal(store_read(&reader), " error -13");
    put_ours("a");
    assert_string_equal(store_read(&reader), "r:a");
    /* Removed and not readable where it stands again. */
    assert_int_equal(unlink(store_path(LOG)), 0);
    assert_string_equal(store_read(&reader), "");
    faults_at(FAULT_OPENAT2, 1, EACCES);
    assert_string_equal(store_read(&reader), " error -13");
    soc_reader_close(&reader);
}

static void test_small_reads(void **state)
{
    (void)state;
    for (int i = 0; i < 3; i++)
        put_ours((char[]){(char)('a' + i), '\0'});
    for (unsigned nth = 1; nth < 40; nth++)
        faults_short(FAULT_PREAD, nth, 65 + nth % 7); /* as much as was there before, and a bit */
    open_at(SOC_READ_FROM_START);
    assert_string_equal(store_read(&reader), "r:a r:b r:c");
    assert_string_equal(reader.incident, "");
    soc_reader_close(&reader);
}

static void delete_archive(void *name)
{
    unlink(store_path(name));
}

static void test_history_deleted_between_look_and_opening(void **state)
{
    (void)state;
    put_ours("a");
    rotate();
    put_ours("b");
    rotate();
    put_ours("c");
    open_at(SOC_READ_FROM_PRESENT);
    soc_reader_close(&reader);
    for (unsigned nth = 1; nth < 8; nth++) {
        faults_reset();
        faults_hook(FAULT_OPENAT2, nth, delete_archive, (char[]){"archive/messages-0.jsonl"});
        assert_int_equal(soc_reader_open(&reader, &store_dir, "messages", 0, &store_error), 0);
        soc_reader_close(&reader);
        if (!file_exists(store_path("archive/messages-0.jsonl")))
            break;
    }
    assert_string_equal(store_read_log("messages", SOC_READ_FROM_START), "r:b r:c");
}

static void test_the_check(void **state)
{
    char check[9];

    (void)state;
    put_ours("a");
    open_at(SOC_READ_FROM_END);
    faults_at(FAULT_PREAD, 1, EIO);
    assert_int_equal(soc_reader_check(&reader, reader.position, check, &store_error), -EIO);
    assert_string_equal(store_error.text, "messages.jsonl: cannot read: Input/output error");
    soc_reader_close(&reader);
}

static void test_memory(void **state)
{
    char *filler = store_filler(200 * 1024);
    int result = -ENOMEM;

    (void)state;
    if (!memory_possible()) {
        free(filler);
        skip_because(NO_MEMORY_FAULTS);
    }
    put_ours("a");
    rotate();
    store_put(LOG, filler);
    put_ours("b");
    free(filler);
    for (unsigned nth = 1; nth < 200 && result == -ENOMEM; nth++) {
        memory_fail_from(nth);
        result = soc_reader_open(&reader, &store_dir, "messages", 0, NULL);
        memory_restore();
    }
    assert_int_equal(result, 0);
    result = -ENOMEM;
    for (unsigned nth = 1; nth < 200 && result != 0; nth++) {
        memory_fail_at(nth);
        do {
            result = soc_reader_next(&reader, &line, NULL);
        } while (result == 1);
        if (!memory_restore())
            break;
    }
    assert_int_equal(result, 0);
    soc_reader_close(&reader);
    assert_string_equal(store_read_log("messages", 0), "r:a s:b");
}

static void test_no_memory_to_decode_a_line(void **state)
{
    (void)state;
    if (!memory_possible())
        skip_because(NO_MEMORY_FAULTS);
    store_put("messages.jsonl", store_foreign("\\ud83d\\ude00"));
    assert_int_equal(soc_reader_open(&reader, &store_dir, "messages", 0, &store_error), 0);
    memory_fail_from(1);
    assert_int_equal(soc_reader_next(&reader, &line, &store_error), -ENOMEM);
    assert_true(memory_restore());
    assert_int_equal(soc_reader_next(&reader, &line, &store_error), 1);
    assert_int_equal(line.kind, SOC_LINE_RECORD);
    soc_reader_close(&reader);
}

static void test_memory_for_long_lines(void **state)
{
    char *filler = store_filler(200 * 1024);

    (void)state;
    store_put(LOG, filler);
    put_ours("a");
    free(filler);
    if (!memory_possible())
        skip_because(NO_MEMORY_FAULTS);
    open_at(SOC_READ_FROM_START);
    memory_fail_from(1);
    assert_int_equal(soc_reader_next(&reader, &line, NULL), -ENOMEM);
    assert_true(memory_restore());
    assert_string_equal(store_read(&reader), "s:a");
    soc_reader_close(&reader);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, store_setup, store_teardown)
    const struct CMUnitTest tests[] = {
        TEST(test_every_call_that_opening_makes),
        TEST(test_errors_are_repeatable),
        TEST(test_following_under_faults),
        TEST(test_a_log_that_appears_under_faults),
        TEST(test_small_reads),
        TEST(test_history_deleted_between_look_and_opening),
        TEST(test_the_check),
        TEST(test_no_memory_to_decode_a_line),
        TEST(test_memory_for_long_lines),
        TEST(test_memory),
    };

    return cmocka_run_group_tests_name("reader", tests, NULL, NULL);
}
