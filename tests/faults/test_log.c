/* SPDX-License-Identifier: MIT */
/*
 * Appending while the system refuses, cuts short or interrupts: what is acknowledged stands in the
 * log, and what is not leaves at most a torn line.
 */
#include "log.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "harness/files.h"
#include "harness/internal/faults.h"
#include "harness/internal/memory.h"
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

static int append_rotating(const char *id, int64_t rotate_bytes)
{
    const char *line = store_ours("message", id);
    int64_t position;

    return soc_log_append(&writer, line, strlen(line), rotate_bytes, &position, &store_error);
}

static int append(const char *id)
{
    return append_rotating(id, 0);
}

static const char *read_all(void)
{
    return store_read_log("messages", SOC_READ_FROM_START);
}

static void test_a_short_write(void **state)
{
    (void)state;
    assert_int_equal(append("a"), 0);
    faults_short(FAULT_WRITE, 1, 40);
    assert_int_equal(append("b"), -ENOSPC);
    assert_non_null(
        strstr(store_error.text, "messages.jsonl: cannot append: the disk took 40 of "));
    /* The writer ended it itself. */
    assert_string_equal(read_all(), "r:a m");
    assert_int_equal(append("c"), 0);
    assert_string_equal(read_all(), "r:a m r:c");
}

static void test_a_short_write_that_stays_torn(void **state)
{
    (void)state;
    assert_int_equal(append("a"), 0);
    faults_short(FAULT_WRITE, 1, 40);
    faults_at(FAULT_WRITE, 2, ENOSPC);
    assert_int_equal(append("b"), -ENOSPC);
    assert_string_equal(read_all(), "r:a");
    assert_int_equal(append("c"), 0);
    assert_string_equal(read_all(), "r:a m r:c");
}

static void slip_in(void *text)
{
    append_text(store_path(LOG), text);
}

static void test_a_foreign_line_behind_a_short_write(void **state)
{
    char *foreign = strdup(store_foreign("x"));

    (void)state;
    assert_int_equal(append("a"), 0);
    faults_short(FAULT_WRITE, 1, 40);
    faults_hook(FAULT_LSEEK, 2, slip_in, foreign);
    assert_int_equal(append("b"), -ENOSPC);
    /* Something followed: no newline of ours, and never a truncation. */
    assert_string_equal(read_all(), "r:a m");
    assert_int_equal(count_text(store_path(LOG), "\n\n"), 0);
    assert_int_equal(append("c"), 0);
    assert_string_equal(read_all(), "r:a m r:c");
    free(foreign);
}

static void test_refused_writes(void **state)
{
    static const int errors[] = {ENOSPC, EIO, EDQUOT, EFBIG};

    (void)state;
    assert_int_equal(append("a"), 0);
    for (size_t i = 0; i < sizeof(errors) / sizeof(errors[0]); i++) {
        faults_at(FAULT_WRITE, 1, errors[i]);
        assert_int_equal(append("b"), -errors[i]);
    }
    assert_string_equal(read_all(), "r:a");
    faults_at(FAULT_WRITE, 1, EINTR);
    faults_at(FAULT_WRITE, 2, EINTR);
    assert_int_equal(append("c"), 0);
    assert_string_equal(read_all(), "r:a r:c");
}

static void test_an_unclear_outcome(void **state)
{
    (void)state;
    faults_after(FAULT_WRITE, 1, EIO);
    assert_int_equal(append("a"), -EIO);
    assert_int_equal(append("a"), 0); /* the same id: readers drop the repeat */
    assert_string_equal(read_all(), "r:a");
    faults_at(FAULT_LSEEK, 1, EIO); /* where did it go? */
    assert_int_equal(append("b"), -EIO);
    assert_int_equal(append("b"), 0);
    assert_string_equal(read_all(), "r:a r:b");
}

static void test_opening(void **state)
{
    static const int errors[] = {EROFS, EACCES, EMFILE, EIO};

    (void)state;
    for (size_t i = 0; i < sizeof(errors) / sizeof(errors[0]); i++) {
        faults_at(FAULT_OPENAT2, 1, errors[i]);
        assert_int_equal(append("a"), -errors[i]);
        faults_at(FAULT_OPENAT2, 3, errors[i]); /* the archive is looked at before */
        assert_int_equal(append("a"), -errors[i]);
        assert_int_equal(writer.segment.fd, -1);
    }
    assert_int_equal(append("a"), 0);
}

static void remove_log(void *unused)
{
    (void)unused;
    unlink(store_path(LOG));
}

static void test_it_comes_and_goes(void **state)
{
    (void)state;
    /* Another makes it, and it is gone when it is opened again: as if the directory were. */
    faults_at(FAULT_OPENAT2, 3, EEXIST);
    faults_at(FAULT_OPENAT2, 4, EEXIST);
    faults_hook(FAULT_OPENAT2, 5, remove_log, NULL);
    assert_true(append("a") < 0);
    assert_int_equal(append("a"), 0);
    assert_string_equal(read_all(), "r:a");
}

static void test_locking_and_looking(void **state)
{
    (void)state;
    assert_int_equal(append("a"), 0);
    faults_at(FAULT_LOCK, 1, ENOLCK);
    assert_int_equal(append("b"), -ENOLCK);
    faults_at(FAULT_STATX, 1, EIO);
    assert_int_equal(append("b"), -EIO);
    faults_at(FAULT_LSEEK, 1, EIO);
    assert_int_equal(append("b"), -EIO);
    assert_string_equal(store_error.text, "messages.jsonl: cannot seek: Input/output error");
    assert_int_equal(append("b"), 0);
    store_put(LOG, "\n"); /* somebody else's: now the last byte is not known */
    faults_at(FAULT_PREAD, 1, EIO);
    assert_int_equal(append("c"), -EIO);
    assert_string_equal(store_error.text, "messages.jsonl: cannot read: Input/output error");
    assert_int_equal(append("c"), 0);
    assert_string_equal(read_all(), "r:a r:b r:c");
}

static void test_syncing(void **state)
{
    (void)state;
    writer.durable = true;
    faults_at(FAULT_FDATASYNC, 1, EIO);
    assert_int_equal(append("a"), -EIO);
    /* A second call on the same descriptor could lie. */
    assert_int_equal(writer.segment.fd, -1);
    faults_at(FAULT_FSYNC, 1, EIO);
    assert_int_equal(append("a"), -EIO);
    assert_int_equal(append("a"), 0);
    assert_int_equal(faults_count(FAULT_FSYNC), 2);
    assert_int_equal(append("b"), 0);
    assert_int_equal(faults_count(FAULT_FSYNC), 2);
    assert_string_equal(read_all(), "r:a r:b");
    /* Each append is synced, not the first of a file alone. */
    unsigned before = faults_count(FAULT_FDATASYNC);
    assert_int_equal(append("c"), 0);
    assert_int_equal(faults_count(FAULT_FDATASYNC), before + 1);
}

/* Whoever tries again may find that nothing is left to write. What failed is left to be synced. */
static void test_syncing_what_is_left(void **state)
{
    (void)state;
    writer.durable = true;
    faults_at(FAULT_FSYNC, 1, EMFILE);
    assert_int_equal(append("a"), -EMFILE);
    assert_int_equal(soc_log_begin(&writer, &store_error), 0);
    faults_at(FAULT_FSYNC, 1, EMFILE);
    assert_int_equal(soc_log_end(&writer, &store_error), -EMFILE);
    assert_int_equal(soc_log_begin(&writer, &store_error), 0);
    assert_int_equal(soc_log_end(&writer, &store_error), 0);
    assert_int_equal(faults_count(FAULT_FSYNC), 3);
    /* Then there is nothing more to do. */
    unsigned before = faults_count(FAULT_FDATASYNC);
    assert_int_equal(soc_log_begin(&writer, &store_error), 0);
    assert_int_equal(soc_log_end(&writer, &store_error), 0);
    assert_int_equal(faults_count(FAULT_FDATASYNC), before);
}

/* Lines that were carried over are sealed where they stood: nobody else will bring them again. */
static void test_syncing_late_lines(void **state)
{
    (void)state;
    assert_int_equal(append("a"), 0);
    assert_int_equal(append_rotating("b", 1), 0);
    store_put("archive/messages-0.jsonl", store_ours("message", "late"));
    soc_log_close(&writer);
    soc_log_init(&writer, &store_dir, "messages", true);
    faults_reset();
    assert_int_equal(soc_log_begin(&writer, &store_error), 0);
    assert_int_equal(soc_log_end(&writer, &store_error), 0);
    assert_int_equal(faults_count(FAULT_FDATASYNC), 1);
    assert_string_equal(read_all(), "r:a r:b r:late");
}

/* Somebody empties the log. What another had synced of it before does not speak for what we write to
 * the same place. */
static void test_syncing_what_was_emptied(void **state)
{
    struct soc_log other;
    const char *line = store_ours("message", "long before the log was emptied");

    (void)state;
    writer.durable = true;
    soc_log_init(&other, &store_dir, "messages", true);
    assert_int_equal(append("a"), 0);
    assert_int_equal(soc_log_append(&other, line, strlen(line), 0, NULL, NULL), 0);
    SOC_AUTO_FD int waiting = open(store_path(".messages.sync"), O_RDWR | O_CLOEXEC);
    assert_int_equal(soc_share_byte(waiting, 1), 0); /* so that it is told */
    assert_int_equal(soc_log_append(&other, line, strlen(line), 0, NULL, NULL), 0);
    soc_unlock_byte(waiting, 1);
    assert_int_equal(truncate(store_path(LOG), 0), 0);
    faults_reset();
    assert_int_equal(append("b"), 0);
    assert_int_equal(faults_count(FAULT_FDATASYNC), 1);
    soc_log_close(&other);
}

static void test_rotating(void **state)
{
    static const enum fault_call calls[] = {FAULT_LINKAT, FAULT_RENAMEAT, FAULT_FSYNC,
                                            FAULT_FDATASYNC};

    (void)state;
    assert_int_equal(append("a"), 0);
    for (size_t i = 0; i < sizeof(calls) / sizeof(calls[0]); i++) {
        char id[2] = {(char)('b' + i), '\0'};

        faults_at(calls[i], 1, ENOSPC);
        assert_int_equal(append_rotating(id, 1), 0);
        assert_int_equal(writer.segment.base, 0);
        assert_int_equal(count_entries(store_dir.path), 2);
    }
    assert_string_equal(read_all(), "r:a r:b r:c r:d r:e");
    assert_int_equal(append_rotating("f", 1), 0);
    assert_true(writer.segment.base > 0);
    assert_string_equal(read_all(), "r:a r:b r:c r:d r:e r:f");
}

static void test_rotating_a_torn_log(void **state)
{
    (void)state;
    assert_int_equal(append("a"), 0);
    store_put(LOG, "{\"torn");
    faults_at(FAULT_WRITE, 1, ENOSPC);
    assert_int_equal(append_rotating("b", 1), 0);
    assert_int_equal(writer.segment.base, 0);
    assert_string_equal(read_all(), "r:a m r:b");
}

static void test_the_new_segment_can_not_be_locked(void **state)
{
    (void)state;
    assert_int_equal(append("a"), 0);
    faults_at(FAULT_LOCK, 3, ENOLCK);
    assert_int_equal(append_rotating("b", 1), -ENOLCK);
    assert_int_equal(writer.segment.fd, -1);
    assert_string_equal(read_all(), "r:a");
    assert_int_equal(append("b"), 0);
    assert_string_equal(read_all(), "r:a r:b");
}

static void test_settling(void **state)
{
    (void)state;
    assert_int_equal(append("a"), 0);
    assert_int_equal(append_rotating("b", 1), 0);
    store_put("archive/messages-0.jsonl", store_ours("message", "late"));
    soc_log_close(&writer);
    /* Late lines are carried over, and then the end is not found. */
    faults_at(FAULT_LSEEK, 3, EIO);
    assert_int_equal(append("c"), -EIO);
    assert_int_equal(writer.segment.fd, -1);
    assert_int_equal(append("c"), 0);
    assert_string_equal(read_all(), "r:a r:b r:late r:c");
}

/* Whether an own mount namespace with a small tmpfs in `path` can be had. For a child. */
static bool mount_small(const char *path, unsigned long flags)
{
    return unshare(CLONE_NEWNS) == 0 && mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL) == 0 &&
           mount("tmpfs", path, "tmpfs", flags, "size=64k") == 0;
}

/* Runs `body` in a child that has a small disk; its result, or 77 where that is not permitted. */
static int on_small_disk(int (*body)(const char *path))
{
    pid_t child = fork();
    int status;

    if (child == 0) {
        const char *path = store_path("small");

        mkdir(path, 0700);
        _exit(mount_small(path, 0) ? body(path) : 77);
    }
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFEXITED(status));
    return WEXITSTATUS(status);
}

/* Fills the disk, removes what filled it, and goes on. */
static int fill_disk(const char *path)
{
    struct soc_dir dir;
    struct soc_log log;
    const char *line = store_ours("message", "a");
    char *filler = store_filler(40000);
    char other[600];
    int64_t position;
    int result = 0;

    snprintf(other, sizeof(other), "%s/filler", path);
    if (soc_dir_open(&dir, path, NULL) < 0)
        return 1;
    write_text(other, filler);
    soc_log_init(&log, &dir, "messages", false);
    for (int i = 0; i < 1000 && result == 0; i++)
        result = soc_log_append(&log, line, strlen(line), 0, &position, &store_error);
    unlink(other);
    if (result != -ENOSPC || soc_log_append(&log, line, strlen(line), 0, &position, NULL) < 0)
        return 2;
    /* No record was swallowed: every line but the one torn is whole. */
    snprintf(other, sizeof(other), "%s/" LOG, path);
    return count_text(other, "\"crc\"") + 1 >= count_lines(other) ? 0 : 3;
}

static void test_a_full_disk(void **state)
{
    int result = on_small_disk(fill_disk);

    (void)state;
    if (result == 77)
        skip_because("no file system may be mounted here");
    assert_int_equal(result, 0);
}

static int append_read_only(const char *path)
{
    struct soc_dir dir;
    struct soc_log log;
    const char *line = store_ours("message", "a");
    int64_t position;

    if (soc_dir_open(&dir, path, NULL) < 0 ||
        mount("none", path, NULL, MS_REMOUNT | MS_RDONLY, NULL) < 0)
        return 77;
    soc_log_init(&log, &dir, "messages", false);
    return soc_log_append(&log, line, strlen(line), 0, &position, NULL) == -EROFS ? 0 : 1;
}

static void test_a_read_only_disk(void **state)
{
    int result = on_small_disk(append_read_only);

    (void)state;
    if (result == 77)
        skip_because("no file system may be mounted here");
    assert_int_equal(result, 0);
}

static void test_memory(void **state)
{
    const char *line = store_ours("message", "b");
    int64_t position;

    (void)state;
    if (!memory_possible())
        skip_because(NO_MEMORY_FAULTS);
    assert_int_equal(append("a"), 0);
    store_put(LOG, "{\"torn");
    assert_int_equal(soc_log_begin(&writer, &store_error), 0);
    memory_fail_from(1);
    assert_int_equal(soc_log_write(&writer, line, strlen(line), &position, NULL), -ENOMEM);
    assert_true(memory_restore());
    assert_int_equal(soc_log_end(&writer, NULL), 0);
    assert_int_equal(append("b"), 0);
    assert_string_equal(read_all(), "r:a m r:b");
}

/* While the first file's lock was waited for, it was moved away. */
static void move_away(void *data)
{
    struct soc_log other;

    (void)data;
    faults_clock_move(3000);
    soc_log_init(&other, &store_dir, "messages", false);
    assert_int_equal(soc_log_begin(&other, NULL), 0);
    assert_int_equal(soc_log_rotate(&other, NULL, 0, NULL), 0);
    assert_int_equal(soc_log_end(&other, NULL), 0);
    soc_log_close(&other);
    faults_from(FAULT_LOCK, 2, EAGAIN); /* after the one that is under way */
}

static void test_a_lock_held_over_two_files(void **state)
{
    (void)state;
    assert_int_equal(append("a"), 0);
    faults_clock_stop();
    faults_hook(FAULT_LOCK, 1, move_away, NULL);
    assert_int_equal(append("b"), SOCIETY_E_TIMEOUT);
    assert_string_equal(store_error.text, "messages is locked by another (waited 5000 ms)");
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
    const struct CMUnitTest tests[] = {
        TEST(test_a_short_write),
        TEST(test_a_lock_held_over_two_files),
        TEST(test_a_short_write_that_stays_torn),
        TEST(test_a_foreign_line_behind_a_short_write),
        TEST(test_refused_writes),
        TEST(test_an_unclear_outcome),
        TEST(test_opening),
        TEST(test_it_comes_and_goes),
        TEST(test_locking_and_looking),
        TEST(test_syncing),
        TEST(test_syncing_what_is_left),
        TEST(test_syncing_late_lines),
        TEST(test_syncing_what_was_emptied),
        TEST(test_rotating),
        TEST(test_rotating_a_torn_log),
        TEST(test_the_new_segment_can_not_be_locked),
        TEST(test_settling),
        TEST(test_a_full_disk),
        TEST(test_a_read_only_disk),
        TEST(test_memory),
    };

    return cmocka_run_group_tests_name("log", tests, NULL, NULL);
}
