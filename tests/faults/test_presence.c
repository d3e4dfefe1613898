/* SPDX-License-Identifier: MIT */
/*
 * Presence and its feed while the system refuses: being seen never fails a call, joining fails
 * whole, and a feed goes on after an error.
 */
#include "presence.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "harness/files.h"
#include "harness/internal/faults_pair.h"
#include "harness/internal/memory.h"
#include "harness/unit.h"

static society_tail *tail;
static const char *record;

static void test_a_read_only_directory(void **state)
{
    static const enum fault_call calls[] = {FAULT_UTIMENSAT, FAULT_FTRUNCATE, FAULT_FSTATAT,
                                            FAULT_MKDIRAT};

    (void)state;
    for (size_t i = 0; i < sizeof(calls) / sizeof(calls[0]); i++) {
        faults_reset();
        faults_from(calls[i], 1, EROFS);
        faults_clock_move(10000 * (int64_t)(i + 1));
        soc_presence_touch(w1);
    }
    faults_reset();
    faults_from(FAULT_OPENAT2, 1, EROFS);
    faults_clock_move(100000);
    soc_presence_touch(w1);
    faults_reset();
    assert_int_equal(society_send(w1, "{\"to\":\"w2\",\"content\":1}", NULL), 0);
}

static void test_without_locks(void **state)
{
    (void)state;
    assert_int_equal(rmdir(member_path("locks")), 0);
    assert_int_equal(society_online(w2, "w1"), 0);
    assert_int_equal(society_set_status(w1, "idle", NULL), 0);
    assert_int_equal(society_online(w2, "w1"), 1);
}

static void test_looking_fails(void **state)
{
    (void)state;
    assert_int_equal(society_join(w1), 0);
    faults_at(FAULT_LOCK, 1, ENOLCK);
    assert_int_equal(society_online(w2, "w1"), -ENOLCK);
    faults_at(FAULT_FSTAT, 2, EIO);
    assert_int_equal(society_online(w2, "w1"), -EIO);
    faults_at(FAULT_OPENAT2, 1, EMFILE);
    assert_int_equal(society_online(w2, "w1"), -EMFILE);
    faults_at(FAULT_PREAD, 1,
              EIO); /* whose session it is, is not known: not that it is another's */
    assert_int_equal(society_online(w2, "w1"), -EIO);
    assert_int_equal(society_online(w2, "w1"), 1);
}

static void test_joining_fails_anywhere(void **state)
{
    static const enum fault_call calls[] = {
        FAULT_OPENAT2,   FAULT_MKDIRAT, FAULT_LOCK,   FAULT_FSTAT,    FAULT_FSTATAT,
        FAULT_FTRUNCATE, FAULT_WRITE,   FAULT_LINKAT, FAULT_RENAMEAT, FAULT_GETRANDOM};
    unsigned failures = 0;

    (void)state;
    for (int old = 0; old < 2; old++) { /* without a lock file, and with a dead session's */
        for (size_t i = 0; i < sizeof(calls) / sizeof(calls[0]); i++) {
            for (unsigned nth = 1; nth < 9; nth++) {
                int result;

                if (old)
                    write_text(member_path("locks/agent-w1.lock"), "{\"session\":\"dead\"}");
                else
                    unlink(member_path("locks/agent-w1.lock"));
                faults_reset();
                faults_at(calls[i], nth, EIO);
                result = society_join(w1);
                faults_reset();
                failures += result < 0;
                assert_true(result == 0 || w1->presence < 0);
                if (result < 0)
                    assert_int_equal(society_join(w1), 0);
                assert_int_equal(society_online(w2, "w1"), 1);
                assert_int_equal(society_part(w1), 0);
                assert_int_equal(society_online(w2, "w1"), 0);
            }
        }
    }
    assert_true(failures > 10);
}

static void remove_file(void *unused)
{
    (void)unused;
    unlink(member_path("locks/agent-w1.lock"));
}

static void test_the_file_goes_while_joining(void **state)
{
    (void)state;
    write_text(member_path("locks/agent-w1.lock"), "{}");
    faults_hook(FAULT_LOCK, 1, remove_file, NULL);
    assert_int_equal(society_join(w1), 0);
    assert_int_equal(society_online(w2, "w1"), 1);
    assert_true(file_exists(member_path("locks/agent-w1.lock")));
}

/* Somebody who forgets the agent removes the file, and another joins under the same id. */
static void replace_file(void *other)
{
    remove_file(NULL);
    assert_int_equal(society_join(other), 0);
}

static void test_another_is_faster_with_another_file(void **state)
{
    society *other = member_open("w1");

    (void)state;
    write_text(member_path("locks/agent-w1.lock"), "{}");
    faults_hook(FAULT_LOCK, 1, replace_file, other);
    assert_int_equal(society_join(w1), SOCIETY_E_HELD);
    society_close(other);
}

static void test_the_directory_goes_while_joining(void **state)
{
    char *away = strdup(member_path("../away"));

    (void)state;
    assert_int_equal(rename(member_path("locks"), away), 0);
    assert_int_equal(society_join(w1), 0);
    assert_int_equal(society_part(w1), 0);
    free(away);
}

static void open_feed(void)
{
    if (society_tail_open(w2, "presence", 0, 0, &tail) < 0)
        fail_msg("%s", society_last_message(w2));
}

static void test_the_feed_goes_on(void **state)
{
    (void)state;
    open_feed();
    assert_int_equal(society_tail_next(tail, &record, NULL), 0);
    assert_int_equal(society_join(w1), 0);
    faults_at(FAULT_OPENAT2, 2, EMFILE); /* the directory is opened to be listed */
    while (society_tail_wait(tail, 10000) == -EMFILE)
        ;
    assert_int_equal(society_tail_next(tail, &record, NULL), 1);
    assert_string_equal(member_text(record, "agentId"), "w1");
    assert_string_equal(member_field(record, "online"), "true");
    assert_string_equal(member_text(record, "session"), w1->session);
    assert_int_equal(society_part(w1), 0);
    assert_true(member_await_presence(tail, "w1", false));
    society_tail_close(tail);
}

static void test_the_feed_of_a_society_without_locks(void **state)
{
    (void)state;
    assert_int_equal(rmdir(member_path("locks")), 0);
    faults_at(FAULT_MKDIRAT, 1, EROFS);
    open_feed();
    assert_int_equal(society_tail_next(tail, &record, NULL), 0);
    assert_int_equal(society_join(w1), 0);
    assert_true(member_await_presence(tail, "w1", true));
    assert_int_equal(society_part(w1), 0);
    assert_true(member_await_presence(tail, "w1", false));
}

static void test_the_feed_and_planted_files(void **state)
{
    (void)state;
    assert_int_equal(mkfifo(member_path("locks/agent-x.lock"), 0600), 0);
    assert_int_equal(symlink("/etc/passwd", member_path("locks/agent-y.lock")), 0);
    open_feed();
    assert_int_equal(society_join(w1), 0);
    assert_true(member_await_presence(tail, "w1", true));
    assert_int_equal(unlink(member_path("locks/agent-w1.lock")), 0);
    assert_true(member_await_presence(tail, "w1", false));
}

static void test_the_time_of_a_short_call_runs_out(void **state)
{
    (void)state;
    write_text(member_path("project.json"), "{\"onlineForSeconds\":0}");
    society_close(w2);
    w2 = member_open("w2");
    assert_int_equal(society_set_status(w1, "idle", NULL), 0);
    assert_int_equal(society_online(w2, "w1"), 0);
    write_text(member_path("project.json"), "{\"onlineForSeconds\":1}");
    society_close(w2);
    w2 = member_open("w2");
    faults_clock_move(2000);
    assert_int_equal(society_set_status(w1, "idle", NULL), 0);
    faults_clock_move(-2000);
    open_feed();
    assert_true(member_await_presence(tail, "w1", true));
    assert_true(member_await_presence(tail, "w1", false));
}

static void test_the_feed_of_a_directory_that_is_gone(void **state)
{
    char *tmp = strdup(member_project());
    char command[600];

    (void)state;
    open_feed();
    assert_int_equal(society_tail_next(tail, &record, NULL), 0);
    snprintf(command, sizeof(command), "rm -r %s/.society-agent", tmp);
    assert_int_equal(system(command), 0);
    assert_int_equal(society_tail_wait(tail, 10000), SOCIETY_E_GONE);
    free(tmp);
}

static void test_memory(void **state)
{
    int result = -ENOMEM;

    (void)state;
    if (!memory_possible())
        skip_because(NO_MEMORY_FAULTS);
    assert_int_equal(society_join(w1), 0);
    for (unsigned nth = 1; nth < 300 && result == -ENOMEM; nth++) {
        memory_fail_from(nth);
        result = society_tail_open(w2, "presence", 0, 0, &tail);
        memory_restore();
    }
    assert_int_equal(result, 0);
    result = -ENOMEM;
    for (unsigned nth = 1; nth < 300 && result == -ENOMEM; nth++) {
        assert_int_equal(society_tail_wake(tail), 0);
        memory_fail_from(nth);
        result = society_tail_next(tail, &record, NULL);
        memory_restore();
    }
    if (result == 0)
        assert_int_equal(society_tail_wait(tail, 10000), 1);
    if (result == 0)
        assert_int_equal(society_tail_next(tail, &record, NULL), 1);
    assert_string_equal(member_text(record, "agentId"), "w1");
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, faults_pair_setup, faults_pair_teardown)
    const struct CMUnitTest tests[] = {
        TEST(test_a_read_only_directory),
        TEST(test_without_locks),
        TEST(test_looking_fails),
        TEST(test_joining_fails_anywhere),
        TEST(test_the_file_goes_while_joining),
        TEST(test_another_is_faster_with_another_file),
        TEST(test_the_directory_goes_while_joining),
        TEST(test_the_feed_goes_on),
        TEST(test_the_feed_of_a_society_without_locks),
        TEST(test_the_feed_and_planted_files),
        TEST(test_the_time_of_a_short_call_runs_out),
        TEST(test_the_feed_of_a_directory_that_is_gone),
        TEST(test_memory),
    };

    return cmocka_run_group_tests_name("presence", tests, NULL, NULL);
}
