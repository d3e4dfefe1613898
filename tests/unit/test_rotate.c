/* SPDX-License-Identifier: MIT */
/*
 * Rotation and what it leaves behind: late lines, seals, and crashes at every step of both.
 */
#include "rotate.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "harness/files.h"
#include "harness/internal/faults.h"
#include "harness/internal/store.h"
#include "harness/unit.h"

#define LOG "messages.jsonl"
#define OLD "archive/messages-0.jsonl"

static struct soc_segment segment;

static int setup(void **state)
{
    segment = (struct soc_segment)SOC_SEGMENT_INIT;
    return store_setup(state);
}

static int teardown(void **state)
{
    soc_segment_close(&segment);
    return store_teardown(state);
}

static void reopen(void)
{
    soc_segment_close(&segment);
    assert_int_equal(
        soc_segment_open(&store_dir, "messages", -1, O_RDWR | O_APPEND, &segment, &store_error), 0);
}

static int rotate(const char *states)
{
    reopen();
    return soc_rotate(&store_dir, "messages", &segment, file_size(store_path(LOG)), states,
                      states ? strlen(states) : 0, &store_error);
}

static int settle(void)
{
    reopen();
    return soc_settle(&store_dir, "messages", &segment, &store_error);
}

static int is_settled(int64_t base)
{
    return soc_is_settled(&store_dir, "messages", base, &store_error);
}

static void put_ours(const char *name, const char *id)
{
    store_put(name, store_ours("message", id));
}

static const char *read_all(void)
{
    return store_read_log("messages", SOC_READ_FROM_START);
}

static void test_rotation(void **state)
{
    long long size;

    (void)state;
    put_ours(LOG, "a");
    size = file_size(store_path(LOG));
    assert_int_equal(rotate(store_ours("agent_state", "s")), 0);
    put_ours(LOG, "b");
    assert_string_equal(read_all(), "r:a r:b");
    assert_string_equal(store_read_log("messages", SOC_READ_FROM_PRESENT), "r:s r:b");
    reopen();
    assert_int_equal(segment.base, size);
    assert_int_equal(count_text(store_path(LOG), "\"previous\":\"archive/messages-0.jsonl\""), 1);
    assert_int_equal(count_text(store_path(OLD), "log_sealed"), 1);
    assert_int_equal(is_settled(0), 1);
    assert_int_equal(settle(), 0);
    /* The directory, the archive, and the new file before it had its name. */
    assert_int_equal(faults_count(FAULT_FSYNC), 2);
    assert_int_equal(faults_count(FAULT_FDATASYNC), 1);
    assert_int_equal(count_entries(store_dir.path), 2);
}

static void test_late_lines(void **state)
{
    (void)state;
    put_ours(LOG, "a");
    assert_int_equal(rotate(NULL), 0);
    put_ours(LOG, "b");
    put_ours(OLD, "late1");
    store_put(OLD, store_foreign("late2"));
    store_put(OLD, "damage\n\n");
    assert_int_equal(is_settled(0), 0);
    assert_int_equal(settle(), 2);
    assert_int_equal(is_settled(0), 1);
    assert_int_equal(settle(), 0);
    assert_non_null(strstr(read_all(), "r:a r:b r:late1 r:late-messages-"));
    /* Later still. */
    put_ours(OLD, "late3");
    assert_int_equal(settle(), 1);
    put_ours(OLD, "late1"); /* a retried append */
    assert_int_equal(settle(), 0);
    assert_int_equal(is_settled(0), 1);
    assert_int_equal(count_text(store_path(LOG), "\"late1\""), 1);
    assert_int_equal(count_text(store_path(LOG), "\"late3\""), 1);
    assert_int_equal(count_text(store_path(LOG), "late-messages-"), 1);
}

/* The doctor settles an old archive when the segment that has its late lines is archived, too: then
 * only the seal among them tells which were carried over. */
static void test_late_lines_behind_a_seal(void **state)
{
    int64_t base;

    (void)state;
    put_ours(LOG, "a");
    assert_int_equal(rotate(NULL), 0);
    put_ours(OLD, "late1");
    assert_int_equal(settle(), 1);
    base = segment.base;
    assert_int_equal(rotate(NULL), 0);
    put_ours(OLD, "late2");
    reopen();
    segment.base = base;
    assert_int_equal(soc_settle(&store_dir, "messages", &segment, &store_error), 1);
    assert_int_equal(count_text(store_path(LOG), "\"late1\""), 0);
    assert_int_equal(count_text(store_path(LOG), "\"late2\""), 1);
}

static void test_late_lines_behind_junk(void **state)
{
    (void)state;
    put_ours(LOG, "a");
    assert_int_equal(rotate(NULL), 0);
    store_put("archive/messages-5.jsonl", "junk\n");
    put_ours(OLD, "late");
    assert_int_equal(settle(), 1);
    assert_string_equal(read_all(), "r:a r:late");
}

static void test_late_lines_with_odd_ids(void **state)
{
    (void)state;
    put_ours(LOG, "a");
    assert_int_equal(rotate(NULL), 0);
    store_put(LOG, store_foreign("without an id"));
    store_put(OLD, "{}\n");
    store_put(OLD, "{ }\r\n");
    store_put(OLD, "{ \"type\":\"x\"}\n");
    store_put(OLD, "{\"id\":17,\"type\":\"x\"}\n");
    store_put(OLD, "{\"id\":null,\"type\":\"y\"}\n");
    store_put(OLD, "{\"type\":\"x\",\"id\":\"a\\u0062\"}\n");
    assert_int_equal(settle(), 6);
    assert_null(strstr(read_all(), " m"));
    assert_int_equal(count_text(store_path(LOG), "{\"id\":17,\"type\":\"x\"}\n"), 1);
    assert_int_equal(count_text(store_path(LOG), "{\"type\":\"x\",\"id\":\"a\\u0062\"}\n"), 1);
    /* Once, whatever the id is. */
    store_put(OLD, "{\"id\":17,\"type\":\"x\"}\n");
    put_ours(OLD, "more");
    settle();
    assert_int_equal(count_text(store_path(LOG), "{\"id\":17"), 1);
    assert_int_equal(count_text(store_path(LOG), "\"more\""), 1);
}

static void test_a_late_line_that_is_torn(void **state)
{
    char *text = strdup(store_ours("message", "late"));
    char half[64];

    (void)state;
    snprintf(half, sizeof(half), "%.30s", text);
    put_ours(LOG, "a");
    assert_int_equal(rotate(NULL), 0);
    put_ours(OLD, "whole");
    store_put(OLD, half);
    assert_int_equal(settle(), 1);
    assert_int_equal(is_settled(0), 0);
    assert_int_equal(settle(), 0);
    store_put(OLD, text + 30);
    assert_int_equal(settle(), 1);
    assert_int_equal(is_settled(0), 1);
    assert_string_equal(read_all(), "r:a r:whole r:late");
    free(text);
}

static void test_no_archive(void **state)
{
    (void)state;
    put_ours(LOG, "a");
    assert_int_equal(settle(), 0);
    assert_int_equal(is_settled(0), -ENOENT);
    assert_int_equal(rotate(NULL), 0);
    assert_int_equal(unlink(store_path(OLD)), 0);
    assert_int_equal(settle(), 0);
}

static void test_forged_seals(void **state)
{
    (void)state;
    put_ours(LOG, "a");
    assert_int_equal(rotate(NULL), 0);
    put_ours(OLD, "late");
    store_put(OLD, "{\"type\":\"log_sealed\",\"carried\":999999999}\n");
    settle();
    put_ours(OLD, "later");
    store_put(OLD, "{\"type\":\"log_sealed\"}\n");
    settle();
    store_put(OLD, "{\"type\":\"log_sealed\",\"carried\":-5}\n");
    settle();
    assert_string_equal(read_all(), "r:a r:late r:later");
}

static void test_an_archive_that_was_cut(void **state)
{
    (void)state;
    put_ours(LOG, "a");
    put_ours(LOG, "b");
    assert_int_equal(rotate(NULL), 0);
    assert_int_equal(truncate(store_path(OLD), (off_t)strlen(store_ours("message", "a"))), 0);
    assert_int_equal(settle(), 0);
    assert_int_equal(truncate(store_path(OLD), 0), 0);
    assert_int_equal(settle(), 0);
    assert_int_equal(is_settled(0), 0);
}

static void test_a_crash_before_the_rename(void **state)
{
    (void)state;
    put_ours(LOG, "a");
    faults_at(FAULT_RENAMEAT, 1, EIO);
    assert_int_equal(rotate(NULL), -EIO);
    assert_true(file_exists(store_path(OLD)));
    assert_int_equal(count_entries(store_dir.path), 2);
    put_ours(LOG, "b");
    assert_string_equal(read_all(), "r:a r:b");
    assert_int_equal(rotate(NULL), 0);
    put_ours(LOG, "c");
    assert_string_equal(read_all(), "r:a r:b r:c");
}

static void test_a_crash_before_the_seal(void **state)
{
    (void)state;
    put_ours(LOG, "a");
    faults_at(FAULT_WRITE, 2, EIO);
    assert_int_equal(rotate(NULL), 0);
    assert_int_equal(count_text(store_path(OLD), "log_sealed"), 0);
    assert_int_equal(is_settled(0), 0);
    put_ours(OLD, "late");
    assert_int_equal(settle(), 1);
    assert_int_equal(is_settled(0), 1);
    assert_string_equal(read_all(), "r:a r:late");
}

/* A writer was faster to settle the archive than the one who rotated was to seal it. */
static void test_two_seals(void **state)
{
    long long size;

    (void)state;
    put_ours(LOG, "a");
    size = file_size(store_path(LOG));
    assert_int_equal(rotate(NULL), 0);
    char *seals = read_file(store_path(OLD), NULL);
    store_put(OLD, seals + size);
    free(seals);
    assert_int_equal(count_text(store_path(OLD), "log_sealed"), 2);
    assert_int_equal(is_settled(0), 1);
    assert_int_equal(settle(), 0);
    assert_int_equal(count_text(store_path(OLD), "log_sealed"), 2);
    put_ours(OLD, "late");
    assert_int_equal(is_settled(0), 0);
    assert_int_equal(settle(), 1);
    assert_int_equal(is_settled(0), 1);
    assert_string_equal(read_all(), "r:a r:late");
}

/* A line came between the rotation and its seal, which says nothing of it. */
static void test_a_late_line_before_the_seal(void **state)
{
    long long size;

    (void)state;
    put_ours(LOG, "a");
    size = file_size(store_path(LOG));
    assert_int_equal(rotate(NULL), 0);
    char *old = read_file(store_path(OLD), NULL);
    assert_int_equal(truncate(store_path(OLD), size), 0);
    put_ours(OLD, "late");
    store_put(OLD, old + size);
    free(old);
    assert_int_equal(is_settled(0), 0);
    assert_int_equal(settle(), 1);
    assert_int_equal(count_text(store_path(OLD), "log_sealed"), 2);
    assert_int_equal(is_settled(0), 1);
    assert_string_equal(read_all(), "r:a r:late");
}

static void test_a_crash_between_late_lines_and_seal(void **state)
{
    (void)state;
    put_ours(LOG, "a");
    assert_int_equal(rotate(NULL), 0);
    put_ours(OLD, "late");
    store_put(OLD, store_foreign("late"));
    faults_at(FAULT_WRITE, 2, EIO);
    settle();
    assert_int_equal(is_settled(0), 0);
    settle();
    assert_int_equal(is_settled(0), 1);
    assert_int_equal(count_text(store_path(LOG), "\"late\""), 2);
}

static void test_another_file_has_the_archives_name(void **state)
{
    (void)state;
    put_ours(LOG, "a");
    store_put(OLD, "precious\n");
    assert_int_equal(rotate(NULL), -EMLINK);
    assert_int_equal(count_text(store_path(OLD), "precious"), 1);
    assert_int_equal(count_entries(store_dir.path), 2);
    assert_string_equal(store_read_log("messages", SOC_READ_FROM_PRESENT), "r:a");
}

static void test_a_torn_present_segment(void **state)
{
    (void)state;
    put_ours(LOG, "a");
    assert_int_equal(rotate(NULL), 0);
    put_ours(OLD, "late");
    store_put(LOG, "{\"torn");
    assert_int_equal(settle(), 1);
    assert_string_equal(read_all(), "r:a m r:late");
}

static void test_a_log_that_lost_its_present_segment(void **state)
{
    int64_t end;

    (void)state;
    assert_int_equal(soc_resume(&store_dir, "messages", &store_error), 0);
    put_ours(LOG, "a");
    assert_int_equal(rotate(NULL), 0);
    end = file_size(store_path(OLD));
    assert_int_equal(unlink(store_path(LOG)), 0);
    assert_int_equal(soc_resume(&store_dir, "messages", &store_error), 1);
    reopen();
    assert_int_equal(segment.base, end);
    put_ours(LOG, "b");
    assert_string_equal(read_all(), "r:a r:b");
    /* Another was faster. */
    assert_int_equal(soc_resume(&store_dir, "messages", &store_error), 1);
    assert_string_equal(read_all(), "r:a r:b");
    assert_int_equal(count_entries(store_dir.path), 2);
}

static void test_the_directory_is_gone(void **state)
{
    (void)state;
    put_ours(LOG, "a");
    reopen();
    assert_int_equal(unlink(store_path(LOG)), 0);
    assert_int_equal(rmdir(store_dir.path), 0);
    assert_int_equal(soc_rotate(&store_dir, "messages", &segment, 10, NULL, 0, &store_error),
                     SOCIETY_E_GONE);
    assert_int_equal(mkdir(store_dir.path, 0700), 0); /* for the teardown */
}

static void test_too_many_late_lines(void **state)
{
    (void)state;
    put_ours(LOG, "a");
    assert_int_equal(rotate(NULL), 0);
    assert_int_equal(truncate(store_path(OLD), 70 << 20), 0);
    assert_int_equal(settle(), SOCIETY_E_TOO_BIG);
    assert_string_equal(store_error.text, "archive of messages: over 64 MiB of late lines");
    put_ours(LOG, "b");
    assert_string_equal(store_read_log("messages", SOC_READ_FROM_PRESENT), "r:b");
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
    const struct CMUnitTest tests[] = {
        TEST(test_rotation),
        TEST(test_late_lines),
        TEST(test_late_lines_behind_a_seal),
        TEST(test_late_lines_behind_junk),
        TEST(test_late_lines_with_odd_ids),
        TEST(test_a_late_line_that_is_torn),
        TEST(test_no_archive),
        TEST(test_forged_seals),
        TEST(test_an_archive_that_was_cut),
        TEST(test_a_crash_before_the_rename),
        TEST(test_a_crash_before_the_seal),
        TEST(test_two_seals),
        TEST(test_a_late_line_before_the_seal),
        TEST(test_a_crash_between_late_lines_and_seal),
        TEST(test_another_file_has_the_archives_name),
        TEST(test_a_torn_present_segment),
        TEST(test_a_log_that_lost_its_present_segment),
        TEST(test_the_directory_is_gone),
        TEST(test_too_many_late_lines),
    };

    return cmocka_run_group_tests_name("rotate", tests, NULL, NULL);
}
