/* SPDX-License-Identifier: MIT */
/*
 * Fold and transaction, by a fold of the test's own: a counter that is claimed once at each value,
 * so that a writer without a lock can be faster.
 */
#include "state.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "crc32c.h"
#include "harness/files.h"
#include "harness/internal/faults.h"
#include "harness/internal/store.h"
#include "harness/unit.h"
#include "lock.h"
#include "record.h"

#define LOG "tasks.jsonl"

struct counter {
    int64_t value;
    int records;
};

static int memory_left; /* states that may still be made */
static bool starved;    /* the next count ends half applied */

static void *make_counter(void)
{
    return memory_left-- > 0 ? calloc(1, sizeof(struct counter)) : NULL;
}

/* `count`: takes effect if it names the present value; `counter_state` sets it. */
static int apply(void *state, const struct soc_record *record)
{
    struct counter *counter = state;
    int64_t value;

    counter->records++;
    if (strcmp(record->type, "no_memory") == 0)
        return -ENOMEM;
    if (!soc_json_get_integer(record->json, "value", &value))
        return 0;
    if (strcmp(record->type, "counter_state") == 0) {
        counter->value = value;
        return 1;
    }
    if (strcmp(record->type, "count") != 0 || value != counter->value)
        return 0;
    counter->value++;
    if (!starved)
        return 1;
    starved = false;
    return -ENOMEM;
}

static int dump_result;

static int dump(const void *state, struct soc_strbuf *out)
{
    const struct counter *counter = state;

    if (dump_result < 0)
        return dump_result;
    soc_record_begin(out, "counter_state");
    soc_record_integer(out, "value", counter->value);
    return soc_record_end(out, 0, NULL);
}

static const struct soc_fold fold = {"tasks", make_counter, free, apply, dump, NULL, NULL, NULL};
static struct soc_state counter;

static int setup(void **state)
{
    store_setup(state);
    memory_left = 100;
    dump_result = 0;
    return soc_state_open(&counter, &fold, &store_dir, false, &store_error);
}

static int teardown(void **state)
{
    soc_state_close(&counter);
    soc_state_close(&counter);
    return store_teardown(state);
}

static int64_t value(void)
{
    return ((const struct counter *)counter.data)->value;
}

static int refresh(void)
{
    return soc_state_refresh(&counter, &store_error);
}

/* Counts on by one; with an argument refuses, or writes nothing. */
static int count(const void *state, int64_t end, void *argument, struct soc_strbuf *out,
                 struct soc_error *error)
{
    const struct counter *now = state;
    const int *wish = argument;

    assert_int_equal(end, file_size(store_path(LOG)) + counter.log.segment.base + counter.log.torn);
    if (wish && *wish < 0)
        return soc_fail(error, *wish, "not today");
    if (wish)
        return 0;
    soc_record_begin(out, "count");
    soc_record_integer(out, "value", now->value);
    return soc_record_end(out, 0, NULL);
}

static int transact(int *wish)
{
    return soc_transact(&counter, count, wish, &store_error);
}

static void put_count(int at)
{
    char text[80];

    snprintf(text, sizeof(text), "{\"type\":\"count\",\"value\":%d}\n", at);
    store_put(LOG, text);
}

static void test_transactions(void **state)
{
    int wish = SOCIETY_E_HELD;

    (void)state;
    assert_int_equal(transact(NULL), 0);
    assert_int_equal(transact(NULL), 0);
    assert_int_equal(value(), 2);
    assert_int_equal(transact(&wish), SOCIETY_E_HELD);
    assert_string_equal(store_error.text, "not today");
    wish = 0;
    assert_int_equal(transact(&wish), 0);
    assert_int_equal(count_lines(store_path(LOG)), 2);
    put_count(2); /* a foreign writer's */
    put_count(2);
    store_put(LOG, "{\"torn");
    assert_int_equal(transact(NULL), 0);
    assert_int_equal(value(), 4);
    assert_int_equal(counter.malformed, 1);
    assert_int_equal(faults_count(FAULT_FDATASYNC), 0);
}

static void slip_in(void *text)
{
    append_text(store_path(LOG), text);
}

static void test_a_faster_writer_without_a_lock(void **state)
{
    static char faster[] = "{\"type\":\"count\",\"value\":1}\n";

    (void)state;
    assert_int_equal(transact(NULL), 0);
    faults_hook(FAULT_WRITE, 1, slip_in, faster);
    assert_int_equal(transact(NULL), SOCIETY_E_VOID);
    assert_string_equal(store_error.text, "tasks.jsonl: a writer without a lock was faster");
    assert_int_equal(value(), 2);
    assert_int_equal(transact(NULL), 0);
    assert_int_equal(value(), 3);
}

/* What of it took effect is not safe for it, so the caller is not told of the other alone. */
static void test_a_faster_writer_and_a_bad_disk(void **state)
{
    static char faster[] = "{\"type\":\"count\",\"value\":0}\n";

    (void)state;
    soc_state_close(&counter);
    assert_int_equal(soc_state_open(&counter, &fold, &store_dir, true, &store_error), 0);
    faults_hook(FAULT_WRITE, 1, slip_in, faster);
    faults_at(FAULT_FDATASYNC, 1, EIO);
    assert_int_equal(transact(NULL), -EIO);
    assert_int_equal(value(), 1);
}

static void test_void_records_of_others_do_not_count(void **state)
{
    static char others[] = "{\"type\":\"count\",\"value\":77}\nmalformed\n{\"type\":\"unknown\"}\n";

    (void)state;
    assert_int_equal(transact(NULL), 0);
    faults_hook(FAULT_WRITE, 1, slip_in, others);
    assert_int_equal(transact(NULL), 0);
    /* Behind ours, before it is read back: lseek(2) tells where it was written. */
    faults_hook(FAULT_LSEEK, 1, slip_in, others);
    assert_int_equal(transact(NULL), 0);
    assert_int_equal(value(), 3);
    assert_int_equal(count_text(store_path(LOG), "\"value\":77"), 2);
}

static void test_lines_that_are_none(void **state)
{
    static const char undecodable[] = "{\"type\":\"count\",\"value\":tru";
    char text[200];

    (void)state;
    assert_int_equal(transact(NULL), 0);
    /* Its checksum is sound, and it is no JSON. */
    snprintf(text, sizeof(text), "%s,\"crc\":\"%08x\"}\n", undecodable,
             soc_crc32c(undecodable, sizeof(undecodable) - 1));
    store_put(LOG, text);
    store_put(LOG, "{\"torn");
    store_put(LOG, store_ours("note", "salvaged"));
    assert_int_equal(transact(NULL), 0);
    assert_int_equal(counter.malformed, 2);
    assert_int_equal(value(), 2);
}

static void test_a_log_that_is_another(void **state)
{
    (void)state;
    assert_int_equal(transact(NULL), 0);
    assert_int_equal(transact(NULL), 0);
    write_text(store_path(LOG), "");
    assert_int_equal(refresh(), 0);
    assert_int_equal(value(), 0);
    put_count(0);
    assert_int_equal(transact(NULL), 0);
    assert_int_equal(value(), 2);
    write_text(store_path("new"), "{\"type\":\"count\",\"value\":0}\n");
    assert_int_equal(rename(store_path("new"), store_path(LOG)), 0);
    assert_int_equal(transact(NULL), 0);
    assert_int_equal(value(), 2);
}

/* Written again by an editor, or by jq: the same ids count once more, for the state began anew. */
static void test_a_log_that_is_written_again(void **state)
{
    char *text;

    (void)state;
    assert_int_equal(transact(NULL), 0);
    assert_int_equal(transact(NULL), 0);
    text = read_file(store_path(LOG), NULL);
    write_text(store_path("new"), text);
    free(text);
    assert_int_equal(rename(store_path("new"), store_path(LOG)), 0);
    assert_int_equal(refresh(), 0);
    assert_int_equal(value(), 2);
}

static void test_compaction(void **state)
{
    struct soc_state other;

    (void)state;
    assert_int_equal(soc_state_open(&other, &fold, &store_dir, false, &store_error), 0);
    for (int i = 0; i < 5; i++)
        assert_int_equal(transact(NULL), 0);
    assert_int_equal(soc_state_refresh(&other, &store_error), 0);
    assert_int_equal(soc_state_compact(&counter, false, &store_error), 0);
    assert_int_equal(soc_state_compact(&counter, true, &store_error), 1);
    assert_int_equal(count_lines(store_path(LOG)), 2);
    assert_int_equal(transact(NULL), 0);
    assert_int_equal(value(), 6);
    /* Who was there begins with the states, like one that comes new. */
    assert_int_equal(soc_state_refresh(&other, &store_error), 0);
    assert_int_equal(((struct counter *)other.data)->value, 6);
    assert_int_equal(((struct counter *)other.data)->records, 2);
    soc_state_close(&other);
    assert_int_equal(soc_state_open(&other, &fold, &store_dir, false, &store_error), 0);
    assert_int_equal(soc_state_refresh(&other, &store_error), 0);
    assert_int_equal(((struct counter *)other.data)->value, 6);
    assert_int_equal(((struct counter *)other.data)->records, 2);
    soc_state_close(&other);
}

/* What writers without a lock add meanwhile is in the state or behind it as a late line, not both
 * and not neither. */
static void test_compaction_beside_others(void **state)
{
    static char faster[] = "{\"type\":\"count\",\"value\":1}\n";

    (void)state;
    assert_int_equal(transact(NULL), 0);
    faults_hook(FAULT_PREAD, 1, slip_in, faster);
    assert_int_equal(soc_state_compact(&counter, true, &store_error), 1);
    assert_int_equal(value(), 2);
    assert_int_equal(count_lines(store_path(LOG)), 2);
    store_put(LOG, "{\"type\":\"count\",\"value\":2}"); /* its newline is to come */
    assert_int_equal(soc_state_compact(&counter, true, &store_error), 1);
    assert_int_equal(value(), 3);
    assert_int_equal(count_lines(store_path(LOG)), 2);
}

static void test_compaction_by_itself(void **state)
{
    char *filler = store_filler(200 * 1024);

    (void)state;
    for (int i = 0; i < 6; i++) {
        assert_int_equal(transact(NULL), 0);
        store_put(LOG, "{\"type\":\"note\",\"text\":\"");
        store_put(LOG, filler);
        store_put(LOG, "\"}\n");
    }
    assert_true(file_size(store_path(LOG)) > 1 << 20);
    assert_int_equal(transact(NULL), 0);
    assert_true(file_size(store_path(LOG)) < 1000);
    assert_int_equal(value(), 7);
    assert_int_equal(transact(NULL), 0);
    assert_int_equal(value(), 8);
    free(filler);
}

static void test_a_live_state_that_is_large(void **state)
{
    (void)state;
    assert_int_equal(transact(NULL), 0);
    counter.least = 1; /* as if a megabyte were reached: but it is all alive */
    assert_int_equal(transact(NULL), 0);
    assert_true(counter.measured > 100);
    assert_int_equal(transact(NULL), 0);
    assert_false(file_exists(store_path("archive")));
}

static void test_compactions_that_fail(void **state)
{
    (void)state;
    assert_int_equal(transact(NULL), 0);
    dump_result = -ENOMEM;
    assert_int_equal(soc_state_compact(&counter, true, &store_error), -ENOMEM);
    assert_string_equal(store_error.text, "tasks.jsonl: cannot write its state down");
    dump_result = 0;
    faults_at(FAULT_RENAMEAT, 1, ENOSPC);
    assert_int_equal(soc_state_compact(&counter, true, &store_error), -ENOSPC);
    assert_int_equal(transact(NULL), 0);
    /* One that a transaction tries on its own is no failure of it. */
    counter.least = 1;
    faults_at(FAULT_RENAMEAT, 1, ENOSPC);
    assert_int_equal(transact(NULL), 0);
    assert_int_equal(value(), 3);
}

static void test_the_lock_is_lost_in_a_compaction(void **state)
{
    (void)state;
    for (int i = 0; i < 8; i++)
        assert_int_equal(transact(NULL), 0);
    /* The new segment can't be locked: nothing is held, and nothing was written. */
    counter.least = 1;
    faults_at(FAULT_LOCK, 3, ENOLCK);
    assert_int_equal(transact(NULL), -ENOLCK);
    assert_int_equal(counter.log.segment.fd, -1);
    faults_at(FAULT_LOCK, 3, ENOLCK);
    assert_int_equal(soc_state_compact(&counter, true, &store_error), -ENOLCK);
    assert_int_equal(transact(NULL), 0);
    assert_int_equal(value(), 9);
}

static void test_failures(void **state)
{
    int fd;

    (void)state;
    assert_int_equal(transact(NULL), 0);
    fd = open(store_path(LOG), O_RDWR | O_CLOEXEC);
    assert_int_equal(soc_lock(fd, 0, "tasks", NULL), 0);
    counter.log.timeout_ms = 10;
    assert_int_equal(transact(NULL), SOCIETY_E_TIMEOUT);
    assert_int_equal(soc_state_compact(&counter, true, &store_error), SOCIETY_E_TIMEOUT);
    close(fd);
    store_put(LOG, "{\"type\":\"other\"}\n"); /* else there is nothing to read */
    faults_at(FAULT_PREAD, 2, EIO);
    assert_int_equal(transact(NULL), -EIO);
    faults_at(FAULT_WRITE, 1, ENOSPC);
    assert_int_equal(transact(NULL), -ENOSPC);
    assert_int_equal(transact(NULL), 0);
    assert_int_equal(value(), 2);
}

static void test_without_memory(void **state)
{
    struct soc_state other;

    (void)state;
    memory_left = 0;
    assert_int_equal(soc_state_open(&other, &fold, &store_dir, false, &store_error), -ENOMEM);
    assert_int_equal(transact(NULL), 0);
    write_text(store_path(LOG), "");
    assert_int_equal(refresh(), -ENOMEM);
    put_count(0);
    assert_int_equal(refresh(), -ENOMEM);
    memory_left = 1;
    store_put(LOG, "{\"type\":\"no_memory\"}\n");
    assert_int_equal(refresh(), -ENOMEM);
}

static void test_a_first_record_half_applied(void **state)
{
    (void)state;
    put_count(0);
    starved = true;
    assert_int_equal(refresh(), -ENOMEM);
    assert_int_equal(refresh(), 0);
    assert_int_equal(value(), 1);
    assert_int_equal(((const struct counter *)counter.data)->records, 1);
}

static int settle_result;

static int settle(void *state)
{
    int result = settle_result;

    (void)state;
    settle_result = 0;
    return result;
}

static int decide_on_what_is_sound(const void *state, int64_t end, void *argument,
                                   struct soc_strbuf *out, struct soc_error *error)
{
    assert_false(counter.stale);
    return count(state, end, argument, out, error);
}

/* Compaction works out what was put off, and has no memory for it: that must not be decided on. */
static void test_a_compaction_without_memory(void **state)
{
    struct soc_fold settled = fold;

    (void)state;
    settled.settle = settle;
    counter.fold = &settled;
    put_count(0);
    counter.least = 1;
    settle_result = -ENOMEM;
    assert_int_equal(soc_transact(&counter, decide_on_what_is_sound, NULL, &store_error), 0);
    assert_int_equal(settle_result, 0);
    assert_int_equal(value(), 2);
    counter.fold = &fold;
}

static int decide_nothing_sound(const void *state, int64_t end, void *argument,
                                struct soc_strbuf *out, struct soc_error *error)
{
    (void)state;
    (void)end;
    (void)argument;
    (void)error;
    out->failed = true;
    return 0;
}

static void test_a_decision_without_memory(void **state)
{
    (void)state;
    assert_int_equal(soc_transact(&counter, decide_nothing_sound, NULL, &store_error), -ENOMEM);
    assert_int_equal(file_size(store_path(LOG)), 0);
}

static void test_opening(void **state)
{
    struct soc_state other;

    (void)state;
    store_put("elsewhere", "");
    assert_int_equal(symlink("elsewhere", store_path(LOG)), 0);
    assert_int_equal(soc_state_open(&other, &fold, &store_dir, false, &store_error),
                     SOCIETY_E_UNSAFE_FILE);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
    const struct CMUnitTest tests[] = {
        TEST(test_transactions),
        TEST(test_a_faster_writer_without_a_lock),
        TEST(test_a_faster_writer_and_a_bad_disk),
        TEST(test_void_records_of_others_do_not_count),
        TEST(test_lines_that_are_none),
        TEST(test_a_log_that_is_another),
        TEST(test_a_log_that_is_written_again),
        TEST(test_compaction),
        TEST(test_compaction_beside_others),
        TEST(test_compaction_by_itself),
        TEST(test_a_live_state_that_is_large),
        TEST(test_compactions_that_fail),
        TEST(test_the_lock_is_lost_in_a_compaction),
        TEST(test_failures),
        TEST(test_without_memory),
        TEST(test_a_first_record_half_applied),
        TEST(test_a_compaction_without_memory),
        TEST(test_a_decision_without_memory),
        TEST(test_opening),
    };

    return cmocka_run_group_tests_name("state", tests, NULL, NULL);
}
