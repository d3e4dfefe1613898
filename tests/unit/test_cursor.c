/* SPDX-License-Identifier: MIT */
/*
 * Cursors: stored and loaded, damaged, and held against logs that are not what they were.
 */
#include "cursor.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "harness/files.h"
#include "harness/internal/faults.h"
#include "harness/internal/messages.h"
#include "harness/unit.h"
#include "rotate.h"

#define FILE_NAME "cursors/w1.json"

/* A cursor behind the record that is last now. */
static struct soc_cursor cursor_at_end(const char *last)
{
    struct soc_cursor cursor = {0};

    assert_int_equal(
        soc_reader_open(&reader, &store_dir, "messages", SOC_READ_FROM_END, &store_error), 0);
    cursor.position = reader.position;
    snprintf(cursor.last, sizeof(cursor.last), "%s", last);
    assert_int_equal(soc_reader_check(&reader, cursor.position, cursor.check, &store_error), 0);
    soc_reader_close(&reader);
    return cursor;
}

/* What a reader that is opened at the cursor gives. */
static const char *read_from(const struct soc_cursor *cursor, char incident[256])
{
    const char *text;

    if (soc_cursor_open_reader(cursor, &store_dir, &reader, &store_error) < 0)
        return store_error.text;
    memcpy(incident, reader.incident, 256);
    text = store_read(&reader);
    soc_reader_close(&reader);
    return text;
}

static void test_store_and_load(void **state)
{
    struct soc_cursor cursor = {.position = 4711, .last = "m1", .check = "01234567"};
    struct soc_cursor loaded;
    char *text;

    (void)state;
    assert_int_equal(soc_cursor_load(&store_dir, "w1", &loaded, &store_error), -ENOENT);
    assert_int_equal(soc_cursor_store(&store_dir, "w1", &cursor, &store_error), 0);
    text = read_file(store_path(FILE_NAME), NULL);
    assert_string_equal(text, "{\"agent\":\"w1\",\"log\":\"messages\",\"position\":4711,"
                              "\"last\":\"m1\",\"check\":\"01234567\"}\n");
    free(text);
    assert_int_equal(file_mode(store_path(FILE_NAME)), 0600);
    assert_int_equal(soc_cursor_load(&store_dir, "w1", &loaded, &store_error), 0);
    assert_int_equal(loaded.position, 4711);
    assert_string_equal(loaded.last, "m1");
    assert_string_equal(loaded.check, "01234567");
    assert_int_equal(count_entries(store_path("cursors")), 1);
}

static void refuse(const char *text, const char *words)
{
    struct soc_cursor loaded;

    store_put(FILE_NAME, "");
    write_text(store_path(FILE_NAME), text);
    assert_int_equal(soc_cursor_load(&store_dir, "w1", &loaded, &store_error), SOCIETY_E_CORRUPT);
    assert_non_null(strstr(store_error.text, words));
}

static void test_damaged(void **state)
{
    char *filler = store_filler(5000);

    (void)state;
    refuse("", "cursors/w1.json: line 1, column");
    refuse("{\"agent\":", "cursors/w1.json: line 1, column");
    refuse("[]", "cursors/w1.json: field log is missing or not what it should be");
    refuse("{\"log\":\"tasks\"}", "field log");
    refuse("{\"log\":\"messages\"}", "field position");
    refuse("{\"log\":\"messages\",\"position\":-1}", "field position");
    refuse("{\"log\":\"messages\",\"position\":\"1\"}", "field position");
    refuse("{\"log\":\"messages\",\"position\":1}", "field check");
    refuse("{\"log\":\"messages\",\"position\":1,\"check\":\"123\"}", "field check");
    refuse(filler, "field log");
    free(filler);
}

static void test_without_last(void **state)
{
    struct soc_cursor loaded;
    char *filler = store_filler(100);
    char text[300];

    (void)state;
    snprintf(text, sizeof(text),
             "{\"log\":\"messages\",\"position\":1,\"check\":\"00000000\",\"last\":\"%s\"}",
             filler);
    store_put(FILE_NAME, text);
    assert_int_equal(soc_cursor_load(&store_dir, "w1", &loaded, &store_error), 0);
    assert_string_equal(loaded.last, "");
    free(filler);
}

static void test_what_is_no_file(void **state)
{
    struct soc_cursor cursor = {.check = "00000000"};

    (void)state;
    assert_int_equal(mkdir(store_path("cursors"), 0700), 0);
    assert_int_equal(mkfifo(store_path(FILE_NAME), 0600), 0);
    assert_int_equal(soc_cursor_load(&store_dir, "w1", &cursor, &store_error),
                     SOCIETY_E_UNSAFE_FILE);
    assert_int_equal(unlink(store_path(FILE_NAME)), 0);
    write_text(store_path("precious"), "precious");
    assert_int_equal(symlink("../precious", store_path(FILE_NAME)), 0);
    assert_int_equal(soc_cursor_load(&store_dir, "w1", &cursor, &store_error),
                     SOCIETY_E_UNSAFE_FILE);
    /* Storing replaces the link and does not follow it. */
    assert_int_equal(soc_cursor_store(&store_dir, "w1", &cursor, &store_error), 0);
    assert_int_equal(file_size(store_path("precious")), 8);
    assert_int_equal(unlink(store_path(FILE_NAME)), 0);
    assert_int_equal(rmdir(store_path("cursors")), 0);
    assert_int_equal(symlink("/tmp", store_path("cursors")), 0);
    assert_int_equal(soc_cursor_load(&store_dir, "w1", &cursor, &store_error),
                     SOCIETY_E_UNSAFE_FILE);
    assert_int_equal(soc_cursor_store(&store_dir, "w1", &cursor, &store_error),
                     SOCIETY_E_UNSAFE_FILE);
}

static void test_going_on(void **state)
{
    struct soc_cursor cursor;
    char incident[256];

    (void)state;
    put_ours("a");
    put_ours("b");
    cursor = cursor_at_end("b");
    put_ours("b"); /* a retried append */
    put_ours("c");
    assert_string_equal(read_from(&cursor, incident), "r:c");
    assert_string_equal(incident, "");
}

static void test_going_on_behind_a_rotation(void **state)
{
    struct soc_cursor middle;
    struct soc_cursor end;
    char incident[256];

    (void)state;
    put_ours("a");
    middle = cursor_at_end("a");
    put_ours("b");
    end = cursor_at_end("b");
    rotate();
    put_ours("c");
    assert_string_equal(read_from(&middle, incident), "r:b r:c");
    assert_string_equal(incident, "");
    /* The end of the old file is the start of the new one, and nothing is wrong with that. */
    assert_string_equal(read_from(&end, incident), "r:c");
    assert_string_equal(incident, "");
    rotate();
    put_ours("d");
    assert_string_equal(read_from(&end, incident), "r:c r:d");
    assert_string_equal(incident, "");
    assert_int_equal(unlink(store_path("archive/messages-0.jsonl")), 0);
    assert_string_equal(read_from(&middle, incident), "r:c r:d");
}

static void test_a_log_that_was_replaced(void **state)
{
    struct soc_cursor cursor;
    char incident[256];

    (void)state;
    put_ours("a");
    put_ours("b");
    cursor = cursor_at_end("b");
    write_text(store_path(LOG), "");
    for (int i = 0; i < 5; i++) {
        char id[16];

        snprintf(id, sizeof(id), "n%d", i);
        put_ours(id);
    }
    put_ours("b");
    assert_string_equal(read_from(&cursor, incident), "r:n0 r:n1 r:n2 r:n3 r:n4");
    assert_non_null(
        strstr(incident, "messages.jsonl is not what the agent's cursor was made from"));
}

static void test_a_log_that_was_truncated(void **state)
{
    struct soc_cursor cursor;
    char incident[256];

    (void)state;
    put_ours("a");
    put_ours("b");
    cursor = cursor_at_end("");
    assert_int_equal(truncate(store_path(LOG), 0), 0);
    put_ours("c");
    assert_string_equal(read_from(&cursor, incident), "r:c");
    assert_non_null(strstr(incident, "messages.jsonl is shorter than where it was read last"));
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, store_setup, store_teardown)
    const struct CMUnitTest tests[] = {
        TEST(test_store_and_load),
        TEST(test_damaged),
        TEST(test_without_last),
        TEST(test_what_is_no_file),
        TEST(test_going_on),
        TEST(test_going_on_behind_a_rotation),
        TEST(test_a_log_that_was_replaced),
        TEST(test_a_log_that_was_truncated),
    };

    return cmocka_run_group_tests_name("cursor", tests, NULL, NULL);
}
