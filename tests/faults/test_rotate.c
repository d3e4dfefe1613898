/* SPDX-License-Identifier: MIT */
/*
 * A rotation and the carrying over of late lines, failing at every call that they make: what stood
 * in the log stands in it afterwards, once, and the next attempt succeeds.
 */
#include "rotate.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "harness/files.h"
#include "harness/internal/faults.h"
#include "harness/internal/memory.h"
#include "harness/internal/store.h"
#include "harness/unit.h"

#define LOG "messages.jsonl"
#define OLD "archive/messages-0.jsonl"

static struct soc_segment segment;

static const enum fault_call calls[] = {
    FAULT_OPENAT2, FAULT_PREAD,    FAULT_WRITE,     FAULT_LSEEK,   FAULT_FSTAT,
    FAULT_FSTATAT, FAULT_FSYNC,    FAULT_FDATASYNC, FAULT_MKDIRAT, FAULT_RENAMEAT,
    FAULT_LINKAT,  FAULT_UNLINKAT, FAULT_GETRANDOM,
};
#define CALLS (sizeof(calls) / sizeof(calls[0]))

static int reopen(void)
{
    soc_segment_close(&segment);
    return soc_segment_open(&store_dir, "messages", -1, O_RDWR | O_APPEND, &segment, &store_error);
}

static int rotate(void)
{
    return soc_rotate(&store_dir, "messages", &segment, file_size(store_path(LOG)), NULL, 0,
                      &store_error);
}

static int settle(void)
{
    return soc_settle(&store_dir, "messages", &segment, &store_error);
}

static void put_ours(const char *name, const char *id)
{
    store_put(name, store_ours("message", id));
}

static void start_anew(void)
{
    int64_t *bases = NULL;
    size_t count = 0;
    char name[SOC_SEGMENT_NAME_MAX];

    soc_segment_archived(&store_dir, "messages", &bases, &count, NULL);
    for (size_t i = 0; i < count; i++) {
        soc_segment_archive_name(name, "messages", bases[i]);
        unlink(store_path(name));
    }
    free(bases);
    unlink(store_path(LOG));
    put_ours(LOG, "a");
    assert_int_equal(reopen(), 0);
}

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

static void test_rotation_fails_anywhere(void **state)
{
    unsigned failures = 0;

    (void)state;
    for (size_t i = 0; i < CALLS; i++) {
        for (unsigned nth = 1; nth < 8; nth++) {
            int result;

            start_anew();
            faults_reset();
            faults_at(calls[i], nth, EIO);
            result = rotate();
            faults_reset();
            failures += result < 0;
            if (result < 0) {
                assert_int_equal(result, -EIO);
                /* As it was, and open for another attempt. */
                assert_int_equal(
                    soc_segment_is_present(&store_dir, "messages", &segment, &store_error), 1);
                assert_int_equal(rotate(), 0);
            }
            put_ours(LOG, "b");
            assert_string_equal(store_read_log("messages", SOC_READ_FROM_START), "r:a r:b");
        }
    }
    assert_true(failures >= 10);
}

/* Before the new segment takes the path, its content is on the disk, and so is the old one's name in
 * the archive: after a power cut there is always one or the other. */
static void look_at_syncs(void *ret_synced)
{
    *(bool *)ret_synced = faults_count(FAULT_FDATASYNC) == 1 && faults_count(FAULT_FSYNC) == 1 &&
                          file_exists(store_path(OLD));
}

static void test_synced_before_it_takes_the_path(void **state)
{
    bool synced = false;

    (void)state;
    start_anew();
    faults_reset();
    faults_hook(FAULT_RENAMEAT, 1, look_at_syncs, &synced);
    assert_int_equal(rotate(), 0);
    assert_true(synced);
}

static void test_short_writes(void **state)
{
    (void)state;
    start_anew();
    faults_short(FAULT_WRITE, 1, 10); /* the header, which is not visible yet: goes on */
    assert_int_equal(rotate(), 0);
    start_anew();
    faults_short(FAULT_WRITE, 2, 10); /* the seal */
    assert_int_equal(rotate(), 0);
    put_ours(OLD, "late");
    assert_int_equal(reopen(), 0);
    faults_short(FAULT_WRITE, 1, 10); /* the late lines */
    assert_int_equal(settle(), -ENOSPC);
    assert_string_equal(store_error.text, "messages.jsonl: late lines were cut short");
    assert_int_equal(settle(), 1);
    assert_int_equal(soc_is_settled(&store_dir, "messages", 0, &store_error), 1);
    assert_non_null(strstr(store_read_log("messages", 0), "r:a m r:late"));
}

static void test_settling_fails_anywhere(void **state)
{
    unsigned failures = 0;

    (void)state;
    for (size_t i = 0; i < CALLS; i++) {
        for (unsigned nth = 1; nth < 12; nth++) {
            int result;

            start_anew();
            assert_int_equal(rotate(), 0);
            put_ours(OLD, "late");
            store_put(OLD, store_foreign("later"));
            assert_int_equal(reopen(), 0);
            faults_reset();
            faults_at(calls[i], nth, EIO);
            result = settle();
            faults_reset();
            failures += result < 0;
            if (result < 0)
                assert_true(settle() >= 0);
            assert_int_equal(settle(), 0);
            assert_int_equal(count_text(store_path(LOG), "\"id\":\"late\""), 1);
            assert_int_equal(count_text(store_path(LOG), "\"id\":\"late-messages-"), 1);
            assert_int_equal(count_text(store_path(LOG), "later"), 1);
        }
    }
    assert_true(failures >= 10);
}

static void test_asking_fails_anywhere(void **state)
{
    (void)state;
    start_anew();
    assert_int_equal(rotate(), 0);
    faults_at(FAULT_LSEEK, 1, EIO);
    assert_int_equal(soc_is_settled(&store_dir, "messages", 0, &store_error), -EIO);
    assert_string_equal(store_error.text, "archive of messages: cannot seek: Input/output error");
    faults_at(FAULT_PREAD, 2, EIO);
    assert_int_equal(soc_is_settled(&store_dir, "messages", 0, &store_error), -EIO);
    assert_string_equal(store_error.text, "archive of messages: cannot read: Input/output error");
}

static void test_resuming_fails_anywhere(void **state)
{
    unsigned failures = 0;

    (void)state;
    for (size_t i = 0; i < CALLS; i++) {
        for (unsigned nth = 1; nth < 8; nth++) {
            int result;

            if (calls[i] == FAULT_UNLINKAT)
                continue; /* the second name would stay until the doctor takes it away */
            start_anew();
            assert_int_equal(rotate(), 0);
            assert_int_equal(unlink(store_path(LOG)), 0);
            faults_reset();
            faults_at(calls[i], nth, EIO);
            result = soc_resume(&store_dir, "messages", &store_error);
            faults_reset();
            failures += result < 0;
            if (result < 0)
                assert_int_equal(soc_resume(&store_dir, "messages", &store_error), 1);
            put_ours(LOG, "b");
            assert_string_equal(store_read_log("messages", SOC_READ_FROM_START), "r:a r:b");
        }
    }
    assert_true(failures >= 5);
}

static void test_memory(void **state)
{
    (void)state;
    if (!memory_possible())
        skip_because(NO_MEMORY_FAULTS);
    for (unsigned nth = 1; nth < 120; nth++) {
        start_anew();
        memory_fail_at(nth);
        rotate();
        memory_restore();
        if (soc_segment_is_present(&store_dir, "messages", &segment, NULL) == 1)
            assert_int_equal(rotate(), 0);
        put_ours(OLD, "late");
        assert_int_equal(reopen(), 0);
        memory_fail_at(nth);
        settle();
        memory_restore();
        assert_true(settle() >= 0);
        assert_int_equal(count_text(store_path(LOG), "\"id\":\"late\""), 1);
    }
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
    const struct CMUnitTest tests[] = {
        TEST(test_rotation_fails_anywhere),
        TEST(test_synced_before_it_takes_the_path),
        TEST(test_short_writes),
        TEST(test_settling_fails_anywhere),
        TEST(test_asking_fails_anywhere),
        TEST(test_resuming_fails_anywhere),
        TEST(test_memory),
    };

    return cmocka_run_group_tests_name("rotate", tests, NULL, NULL);
}
