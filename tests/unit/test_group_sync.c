/* SPDX-License-Identifier: MIT */
/*
 * One fdatasync for several: who is covered by another's, who is not, what is left of a leader that
 * failed or died; and that nobody is told so before a sync has ended that began after its write.
 */
#include "group_sync.h"

#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>
#include <string.h>
#include <unistd.h>

#include "harness/internal/faults.h"
#include "harness/internal/store.h"
#include "harness/unit.h"
#include "lock.h"
#include "sys.h"

#define SYNC ".tasks.sync"
#define LEADER 0

/* Two members: what the test looks at, and the other who leads meanwhile. */
static struct soc_group_sync ours, other;
static struct soc_segment segment, others_segment;

static void open_segment(const char *log, struct soc_segment *ret_segment)
{
    assert_int_equal(soc_segment_open(&store_dir, log, -1, O_RDWR | O_APPEND, ret_segment, NULL),
                     0);
}

static int setup(void **state)
{
    if (store_setup(state) != 0)
        return -1;
    store_put("tasks.jsonl", "0123456789");
    store_put("ownership.jsonl", "0123456789");
    open_segment("tasks", &segment);
    open_segment("tasks", &others_segment);
    soc_group_sync_init(&ours);
    soc_group_sync_init(&other);
    return 0;
}

static int teardown(void **state)
{
    soc_group_sync_close(&ours);
    soc_group_sync_close(&other);
    soc_segment_close(&segment);
    soc_segment_close(&others_segment);
    return store_teardown(state);
}

static int sync_ours(int64_t end)
{
    return soc_group_sync(&ours, &store_dir, "tasks", &segment, end);
}

static int sync_other(int64_t end)
{
    return soc_group_sync(&other, &store_dir, "tasks", &others_segment, end);
}

/* Both have joined, and the other one leads. */
static void let_other_lead(void)
{
    assert_int_equal(sync_ours(10), 0);
    assert_int_equal(sync_other(10), 0);
    soc_group_sync_begin(&ours);
    assert_int_equal(soc_lock_byte(other.fd, LEADER, "", NULL), 0);
    faults_reset();
}

/* While we wait for the bell. The lock that it held is its own, so it takes it again. */
static void other_ends(void *end)
{
    assert_int_equal(sync_other(*(int *)end), 0);
}

static void other_fails(void *end)
{
    faults_at(FAULT_FDATASYNC, 1, EIO);
    assert_int_equal(sync_other(*(int *)end), -1);
}

static void other_dies(void *end)
{
    (void)end;
    soc_group_sync_close(&other);
}

static void test_alone(void **state)
{
    (void)state;
    assert_int_equal(sync_ours(10), 0);
    assert_int_equal(sync_ours(10), 0);
    assert_int_equal(faults_count(FAULT_FDATASYNC), 2);
    /* Nothing is written for nobody. */
    assert_int_equal(faults_count(FAULT_PWRITE), 0);
    assert_int_equal(faults_count(FAULT_FUTEX_WAIT), 0);
    faults_at(FAULT_FDATASYNC, 1, EIO);
    assert_int_equal(sync_ours(10), -1);
    assert_int_equal(errno, EIO);
}

static void test_one_sync_for_two(void **state)
{
    int end = 10;

    (void)state;
    let_other_lead();
    faults_hook(FAULT_FUTEX_WAIT, 1, other_ends, &end);
    assert_int_equal(sync_ours(10), 0);
    assert_int_equal(faults_count(FAULT_FDATASYNC), 1);
    assert_int_equal(faults_count(FAULT_SYNC_ERROR), 1);
    /* What is written later is not covered. */
    assert_int_equal(sync_ours(11), 0);
    assert_int_equal(faults_count(FAULT_FDATASYNC), 2);
}

static void test_what_the_disk_refused(void **state)
{
    int end = 10;

    (void)state;
    let_other_lead();
    faults_hook(FAULT_FUTEX_WAIT, 1, other_ends, &end);
    faults_at(FAULT_SYNC_ERROR, 1, EIO);
    assert_int_equal(sync_ours(10), -1);
    assert_int_equal(errno, EIO);
    let_other_lead();
    faults_hook(FAULT_FUTEX_WAIT, 1, other_ends, &end);
    faults_at(FAULT_SYNC_ERROR, 1, ENOSYS); /* it can't be asked */
    assert_int_equal(sync_ours(10), 0);
    assert_int_equal(faults_count(FAULT_FDATASYNC), 2);
}

/* Whether we sync for ourselves when this happens to the leader. */
static void lead_after(void (*what)(void *))
{
    int end = 10;

    let_other_lead();
    faults_hook(FAULT_FUTEX_WAIT, 1, what, &end);
    assert_int_equal(sync_ours(10), 0);
    assert_int_equal(faults_count(FAULT_SYNC_ERROR), 0);
    assert_true(faults_count(FAULT_FDATASYNC) >= 1);
}

static void test_a_leader_that_fails(void **state)
{
    (void)state;
    lead_after(other_fails);
    assert_int_equal(faults_count(FAULT_FDATASYNC), 2);
}

static void test_a_leader_that_dies(void **state)
{
    (void)state;
    lead_after(other_dies);
}

static void test_a_leader_that_is_stopped(void **state)
{
    (void)state;
    let_other_lead();
    assert_int_equal(sync_ours(10), 0);
    assert_int_equal(faults_count(FAULT_FDATASYNC), 1);
    assert_in_range(faults_count(FAULT_FUTEX_WAIT), 1, 40);
    /* It was waited for once. */
    faults_reset();
    assert_int_equal(sync_ours(10), 0);
    assert_int_equal(faults_count(FAULT_FDATASYNC), 1);
    assert_int_equal(faults_count(FAULT_FUTEX_WAIT), 0);
    soc_unlock_byte(other.fd, LEADER);
    assert_int_equal(sync_ours(10), 0);
    let_other_lead();
    assert_int_equal(sync_ours(10), 0);
    assert_in_range(faults_count(FAULT_FUTEX_WAIT), 1, 40);
    soc_unlock_byte(other.fd, LEADER);
}

/* A leader may find the log so long as a write makes it that has not returned yet, of which the file
 * system need not know all: it speaks for it only when the log's lock shows that nobody writes. */
static void test_a_write_under_way(void **state)
{
    int end = 10;

    (void)state;
    let_other_lead();
    store_put("tasks.jsonl", "0123456789abcdefghij");
    assert_int_equal(soc_lock(segment.fd, 0, "", NULL), 0);
    faults_hook(FAULT_FUTEX_WAIT, 1, other_ends, &end);
    assert_int_equal(sync_ours(20), 0);
    assert_int_equal(faults_count(FAULT_FDATASYNC), 2);
    assert_int_equal(faults_count(FAULT_SYNC_ERROR), 0);
    soc_unlock(segment.fd);
    let_other_lead();
    faults_hook(FAULT_FUTEX_WAIT, 1, other_ends, &end);
    assert_int_equal(sync_ours(20), 0);
    assert_int_equal(faults_count(FAULT_FDATASYNC), 1);
    assert_int_equal(faults_count(FAULT_SYNC_ERROR), 1);
}

/* What the other leaves is of another file: of the same log after its rotation. */
static void other_syncs_another_file(void *end)
{
    soc_segment_close(&others_segment);
    open_segment("ownership", &others_segment);
    assert_int_equal(sync_other(*(int *)end), 0);
}

static void test_another_file(void **state)
{
    (void)state;
    lead_after(other_syncs_another_file);
    assert_int_equal(faults_count(FAULT_FDATASYNC), 2);
}

/* A round that ended before we wrote may be of what stood in the log before somebody emptied it. */
static void test_old_rounds_do_not_count(void **state)
{
    int end = 10;

    (void)state;
    let_other_lead();
    faults_hook(FAULT_FUTEX_WAIT, 1, other_ends, &end);
    assert_int_equal(sync_ours(10), 0);
    soc_group_sync_begin(&ours);
    faults_reset();
    assert_int_equal(sync_ours(10), 0);
    assert_int_equal(faults_count(FAULT_FDATASYNC), 1);
}

static void damage(void *end)
{
    store_put(SYNC, "damaged, and longer than what a leader leaves there at the end of a round");
    soc_unlock_byte(other.fd, LEADER);
    (void)end;
}

static void cut_short(void *end)
{
    assert_int_equal(truncate(store_path(SYNC), 0), 0);
    (void)end;
}

static void test_a_damaged_file(void **state)
{
    (void)state;
    lead_after(damage);
    lead_after(cut_short);
    soc_unlock_byte(other.fd, LEADER);
    assert_int_equal(sync_ours(10), 0);
}

static void test_no_file_to_be_had(void **state)
{
    (void)state;
    faults_at(FAULT_OPENAT2, 1, EMFILE);
    assert_int_equal(sync_ours(10), 0);
    assert_int_equal(ours.fd, -1);
    soc_group_sync_leave(&ours);
    assert_int_equal(symlink("elsewhere", store_path(SYNC)), 0);
    assert_int_equal(sync_ours(10), 0);
    assert_int_equal(access(store_path("elsewhere"), F_OK), -1);
    assert_int_equal(faults_count(FAULT_FDATASYNC), 2);
}

/* ---- Many at once ---- */

#define THREADS 8
#define APPENDS 150

static atomic_llong safe; /* a sync that began when the file was so long has returned 0 */
static atomic_int syncs, failures;

static int watched_sync(int fd)
{
    long long began = lseek(fd, 0, SEEK_END);
    long long was = atomic_load(&safe);
    int result = fdatasync(fd);

    atomic_fetch_add(&syncs, 1);
    while (result == 0 && was < began && !atomic_compare_exchange_weak(&safe, &was, began))
        continue;
    return result;
}

static void *append_and_sync(void *unused)
{
    struct soc_group_sync group;
    struct soc_segment mine;

    soc_group_sync_init(&group);
    open_segment("tasks", &mine);
    for (int i = 0; i < APPENDS; i++) {
        int locked = soc_lock(mine.fd, 5000, "", NULL);
        soc_group_sync_begin(&group);
        if (locked < 0 || write(mine.fd, "0123456789", 10) != 10)
            atomic_fetch_add(&failures, 1);
        int64_t end = lseek(mine.fd, 0, SEEK_CUR);
        soc_unlock(mine.fd);
        if (soc_group_sync(&group, &store_dir, "tasks", &mine, end) != 0 ||
            atomic_load(&safe) < end)
            atomic_fetch_add(&failures, 1);
    }
    soc_segment_close(&mine);
    soc_group_sync_close(&group);
    return unused;
}

static void test_nobody_is_told_too_early(void **state)
{
    struct soc_sys watched = soc_sys_real;
    const struct soc_sys *before = soc_sys;
    pthread_t threads[THREADS];

    (void)state;
    watched.fdatasync = watched_sync;
    soc_sys = &watched;
    atomic_store(&safe, 0);
    for (int i = 0; i < THREADS; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, append_and_sync, NULL), 0);
    for (int i = 0; i < THREADS; i++)
        pthread_join(threads[i], NULL);
    soc_sys = before;
    assert_int_equal(atomic_load(&failures), 0);
    /* However they meet, some of them were served by others. */
    assert_in_range(atomic_load(&syncs), 1, THREADS * APPENDS - 1);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_alone),
        TEST(test_one_sync_for_two),
        TEST(test_what_the_disk_refused),
        TEST(test_a_leader_that_fails),
        TEST(test_a_leader_that_dies),
        TEST(test_a_leader_that_is_stopped),
        TEST(test_a_write_under_way),
        TEST(test_another_file),
        TEST(test_old_rounds_do_not_count),
        TEST(test_a_damaged_file),
        TEST(test_no_file_to_be_had),
        TEST(test_nobody_is_told_too_early),
    };

    return cmocka_run_group_tests_name("group_sync", tests, NULL, NULL);
}
