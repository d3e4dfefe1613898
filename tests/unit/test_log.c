/* SPDX-License-Identifier: MIT */
/*
 * Appending: the whole sequence and its parts, beside other writers of every kind.
 */
#include "log.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "harness/files.h"
#include "harness/internal/faults.h"
#include "harness/internal/store.h"
#include "harness/unit.h"
#include "lock.h"

#define LOG "messages.jsonl"

static struct soc_log writer;

static int setup(void **state)
{
    store_setup(state);
    soc_log_init(&writer, &store_dir, "messages", false);
    return 0;
}

static int teardown(void **state)
{
    soc_log_close(&writer);
    return store_teardown(state);
}

/* The position of an appended record, or the error. */
static int64_t append_to(struct soc_log *log, const char *id)
{
    const char *line = store_ours("message", id);
    int64_t position = -1;
    int result = soc_log_append(log, line, strlen(line), 0, &position, &store_error);

    return result < 0 ? result : position;
}

static int64_t append(const char *id)
{
    return append_to(&writer, id);
}

static void test_appending(void **state)
{
    int64_t length = (int64_t)strlen(store_ours("message", "a"));

    (void)state;
    assert_int_equal(append("a"), 0);
    assert_int_equal(append("b"), length);
    assert_int_equal(file_mode(store_path(LOG)), 0600);
    assert_string_equal(store_read_log("messages", 0), "r:a r:b");
    assert_int_equal(faults_count(FAULT_FDATASYNC), 0);
    assert_int_equal(writer.timeout_ms, SOC_LOCK_TIMEOUT_MS);
}

static void test_beside_another_handle(void **state)
{
    struct soc_log other;
    int64_t length = (int64_t)strlen(store_ours("message", "a"));

    (void)state;
    soc_log_init(&other, &store_dir, "messages", false);
    assert_int_equal(append("a"), 0);
    assert_int_equal(append_to(&other, "b"), length);
    assert_int_equal(append("c"), 2 * length);
    soc_log_close(&other);
    assert_string_equal(store_read_log("messages", 0), "r:a r:b r:c");
}

static void test_a_torn_tail_of_another(void **state)
{
    int64_t length = (int64_t)strlen(store_ours("message", "a"));

    (void)state;
    assert_int_equal(append("a"), 0);
    store_put(LOG, "{\"type\":\"torn");
    assert_int_equal(append("b"), length + 14);
    assert_string_equal(store_read_log("messages", 0), "r:a m r:b");
    /* Nothing of the torn line is lost or changed. */
    assert_int_equal(count_text(store_path(LOG), "\n{\"type\":\"torn\n"), 1);
}

static void slip_in(void *text)
{
    append_text(store_path(LOG), text);
}

static void test_a_foreign_line_slips_in(void **state)
{
    char *foreign = strdup(store_foreign("slipped"));
    int64_t length = (int64_t)strlen(store_ours("message", "a"));

    (void)state;
    assert_int_equal(append("a"), 0);
    faults_hook(FAULT_WRITE, 1, slip_in, foreign);
    assert_int_equal(append("b"), length + (int64_t)strlen(foreign));
    faults_hook(FAULT_WRITE, 1, slip_in, (char[]){"{\"half"});
    append("c");
    assert_string_equal(store_read_log("messages", 0), "r:a r r:b s:c");
    free(foreign);
}

static void test_a_lock_held_too_long(void **state)
{
    int fd;

    (void)state;
    assert_int_equal(append("a"), 0);
    fd = open(store_path(LOG), O_RDWR | O_CLOEXEC);
    assert_int_equal(soc_lock(fd, 0, "log", NULL), 0);
    writer.timeout_ms = 20;
    assert_int_equal(append("b"), SOCIETY_E_TIMEOUT);
    assert_non_null(strstr(store_error.text, "messages is locked by another (waited "));
    assert_int_equal(writer.segment.fd, -1);
    soc_unlock(fd);
    close(fd);
    assert_true(append("c") > 0);
    assert_string_equal(store_read_log("messages", 0), "r:a r:c");
}

static void test_rotated_by_another(void **state)
{
    struct soc_log other;
    const char *line = store_ours("message", "b");
    int64_t position;
    int64_t end;

    (void)state;
    soc_log_init(&other, &store_dir, "messages", false);
    assert_int_equal(append("a"), 0);
    end = file_size(store_path(LOG));
    assert_int_equal(soc_log_append(&other, line, strlen(line), 1, &position, &store_error), 0);
    assert_true(position > end);
    assert_int_equal(other.segment.base, end);
    assert_true(append("c") > position);
    soc_log_close(&other);
    assert_string_equal(store_read_log("messages", 0), "r:a r:b r:c");
    assert_true(file_exists(store_path("archive/messages-0.jsonl")));
    assert_int_equal(count_text(store_path("archive/messages-0.jsonl"), "log_sealed"), 1);
}

static void rename_away(void *path)
{
    (void)path;
    assert_int_equal(rename(store_path(LOG), store_path("moved")), 0);
}

static void test_moved_between_opening_and_locking(void **state)
{
    (void)state;
    assert_int_equal(append("a"), 0);
    soc_log_close(&writer);
    faults_hook(FAULT_LOCK, 1, rename_away, NULL);
    assert_int_equal(append("b"), 0);
    assert_string_equal(store_read_log("messages", 0), "r:b");
}

static void make_log(void *path)
{
    (void)path;
    store_put(LOG, store_foreign("first"));
}

static void test_another_makes_the_file_first(void **state)
{
    (void)state;
    faults_hook(FAULT_OPENAT2, 2, make_log, NULL);
    assert_int_equal(append("a"), strlen(store_foreign("first")));
    assert_string_equal(store_read_log("messages", 0), "r r:a");
}

static void test_power(void **state)
{
    (void)state;
    writer.durable = true;
    assert_int_equal(append("a"), 0);
    assert_int_equal(faults_count(FAULT_FDATASYNC), 1);
    assert_int_equal(faults_count(FAULT_FSYNC), 1); /* the directory, for the file was made */
    assert_true(append("b") > 0);
    assert_int_equal(faults_count(FAULT_FDATASYNC), 2);
    assert_int_equal(faults_count(FAULT_FSYNC), 1);
    /* Nothing written, nothing synced. */
    assert_int_equal(soc_log_begin(&writer, NULL), 0);
    assert_int_equal(soc_log_end(&writer, NULL), 0);
    assert_int_equal(faults_count(FAULT_FDATASYNC), 2);
}

static void test_rotation(void **state)
{
    int64_t position;
    const char *line = store_ours("message", "c");

    (void)state;
    assert_int_equal(append("a"), 0);
    store_put(LOG, "{\"torn");
    assert_int_equal(soc_log_begin(&writer, &store_error), 0);
    assert_true(writer.torn);
    assert_int_equal(soc_log_rotate(&writer, NULL, 0, &store_error), 0);
    assert_int_equal(writer.segment.base, (int64_t)strlen(store_ours("message", "a")) + 7);
    assert_int_equal(soc_log_write(&writer, line, strlen(line), &position, &store_error), 0);
    assert_int_equal(soc_log_end(&writer, &store_error), 0);
    assert_string_equal(store_read_log("messages", 0), "r:a m r:c");
    assert_string_equal(store_read_log("messages", position), "r:c");
}

static void test_a_rotation_that_can_not_be(void **state)
{
    int64_t position;
    const char *line = store_ours("message", "b");

    (void)state;
    assert_int_equal(append("a"), 0);
    write_text(store_path("archive"), "in the way");
    assert_int_equal(soc_log_append(&writer, line, strlen(line), 1, &position, &store_error), 0);
    assert_int_equal(unlink(store_path("archive")), 0);
    assert_string_equal(store_read_log("messages", 0), "r:a r:b");
    assert_int_equal(count_entries(store_dir.path), 1);
}

static void test_an_empty_log_is_not_rotated(void **state)
{
    (void)state;
    assert_int_equal(soc_log_begin(&writer, &store_error), 0);
    assert_int_equal(soc_log_rotate(&writer, NULL, 0, &store_error), 0);
    assert_int_equal(soc_log_end(&writer, &store_error), 0);
    assert_false(file_exists(store_path("archive")));
    assert_int_equal(append("a"), 0);
}

static void test_settling(void **state)
{
    int64_t position;
    const char *line = store_ours("message", "b");

    (void)state;
    assert_int_equal(append("a"), 0);
    assert_int_equal(soc_log_append(&writer, line, strlen(line), 1, &position, &store_error), 0);
    append_text(store_path("archive/messages-0.jsonl"), store_ours("message", "late"));
    assert_true(append("c") > 0);
    soc_log_close(&writer);
    assert_true(append("d") > 0);
    assert_string_equal(store_read_log("messages", 0), "r:a r:b r:c r:late r:d");
}

static void test_what_is_no_log(void **state)
{
    const char *path = store_path(LOG);

    (void)state;
    write_text(store_path("elsewhere"), "");
    assert_int_equal(symlink("elsewhere", path), 0);
    assert_int_equal(append("a"), SOCIETY_E_UNSAFE_FILE);
    assert_int_equal(unlink(path), 0);
    assert_int_equal(symlink("nowhere", path), 0);
    assert_int_equal(append("a"), SOCIETY_E_UNSAFE_FILE);
    assert_false(file_exists(store_path("nowhere")));
    assert_int_equal(unlink(path), 0);
    assert_int_equal(link(store_path("elsewhere"), path), 0);
    assert_int_equal(append("a"), SOCIETY_E_UNSAFE_FILE);
    assert_int_equal(unlink(path), 0);
    assert_int_equal(mkfifo(path, 0600), 0);
    assert_int_equal(append("a"), SOCIETY_E_UNSAFE_FILE);
    assert_int_equal(unlink(path), 0);
    assert_int_equal(mkdir(path, 0700), 0);
    assert_int_equal(append("a"), SOCIETY_E_UNSAFE_FILE);
    assert_int_equal(rmdir(path), 0);
    if (mknod(path, S_IFCHR | 0600, makedev(1, 3)) == 0)
        assert_int_equal(append("a"), SOCIETY_E_UNSAFE_FILE);
    assert_int_equal(file_size(store_path("elsewhere")), 0);
}

static void test_the_directory_is_gone(void **state)
{
    (void)state;
    assert_int_equal(rmdir(store_dir.path), 0);
    assert_int_equal(append("a"), SOCIETY_E_GONE);
    assert_non_null(strstr(store_error.text, " was removed"));
    assert_int_equal(mkdir(store_dir.path, 0700), 0); /* for the teardown */
}

static void *append_many(void *name)
{
    struct soc_log log;
    char id[32];
    uintptr_t failed = 0;

    soc_log_init(&log, &store_dir, "messages", false);
    for (int i = 0; i < 50; i++) {
        struct soc_strbuf line = SOC_STRBUF_INIT;
        int64_t position;

        snprintf(id, sizeof(id), "%s%d", (const char *)name, i);
        soc_strbuf_add_format(&line, "{\"type\":\"x\",\"id\":\"%s\"}\n", id);
        failed += soc_log_append(&log, line.data, line.length, 400, &position, NULL) < 0;
        soc_strbuf_free(&line);
    }
    soc_log_close(&log);
    return (void *)failed;
}

static void test_four_writers_and_many_rotations(void **state)
{
    static char names[4][2] = {"a", "b", "c", "d"};
    pthread_t threads[4];
    const char *all;
    size_t count = 0;
    void *failed;

    (void)state;
    for (int i = 0; i < 4; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, append_many, names[i]), 0);
    for (int i = 0; i < 4; i++) {
        assert_int_equal(pthread_join(threads[i], &failed), 0);
        assert_null(failed);
    }
    all = store_read_log("messages", 0);
    for (const char *at = all; (at = strstr(at, "r:")); at++)
        count++;
    assert_int_equal(count, 200);
    assert_null(strchr(all, 'm'));
    assert_true(count_entries(store_path("archive")) > 10);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
    const struct CMUnitTest tests[] = {
        TEST(test_appending),
        TEST(test_beside_another_handle),
        TEST(test_a_torn_tail_of_another),
        TEST(test_a_foreign_line_slips_in),
        TEST(test_a_lock_held_too_long),
        TEST(test_rotated_by_another),
        TEST(test_moved_between_opening_and_locking),
        TEST(test_another_makes_the_file_first),
        TEST(test_power),
        TEST(test_rotation),
        TEST(test_a_rotation_that_can_not_be),
        TEST(test_an_empty_log_is_not_rotated),
        TEST(test_settling),
        TEST(test_what_is_no_log),
        TEST(test_the_directory_is_gone),
        TEST(test_four_writers_and_many_rotations),
    };

    return cmocka_run_group_tests_name("log", tests, NULL, NULL);
}
