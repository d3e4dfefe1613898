/* SPDX-License-Identifier: MIT */
/*
 * A task and its paths in one act, while the system refuses at every call, and while the taker is
 * killed at every step: afterwards others see both, or neither, and wait for no lease.
 */
#include <errno.h>
#include <signal.h>
#include <society/ownership.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "harness/die.h"
#include "harness/internal/faults.h"
#include "harness/tasks.h"

/* First those that others can see: a kill before any other call is one behind the last of these. */
static const enum fault_call calls[] = {
    FAULT_WRITE, FAULT_RENAMEAT, FAULT_UNLINKAT, FAULT_LOCK,    FAULT_FDATASYNC, FAULT_OPENAT2,
    FAULT_PREAD, FAULT_LSEEK,    FAULT_FSTAT,    FAULT_FSTATAT, FAULT_STATX,     FAULT_GETRANDOM};
#define CALLS (sizeof calls / sizeof calls[0])
#define SEEN_CALLS 5
#define MOST 200

static society *again;

static int setup(void **state)
{
    tasks_setup(state);
    task_add("{\"title\":\"T\",\"paths\":[\"src/**\",\"doc/a\"]}");
    return 0;
}

static int claim_own(society *s, int32_t timeout_ms)
{
    return society_task_claim_with(s, "t1", SOCIETY_CLAIM_OWN, 0, timeout_ms, NULL);
}

static int is_kept(society *s)
{
    return society_own_check(s, "[\"src/a.c\",\"doc/a\"]", NULL);
}

/* Both are w1's, or neither: then w2 can have both at once. What is taken is given back. */
static bool assert_whole(void)
{
    bool claimed = strcmp(task_field("t1", "holder"), "\"w1\"") == 0;
    society_list *list;
    int count = society_own_list(w2, &list);

    assert_ok(w2, count);
    society_list_free(list);
    assert_int_equal(is_kept(w2), claimed ? 2 : 0);
    assert_int_equal(count, claimed ? 1 : 0);
    if (claimed) {
        assert_refused(w2, society_own_acquire(w2, "[\"doc/a\"]", 0, NULL, 0, NULL), SOCIETY_E_HELD,
                       "w1");
        assert_ok(again, task_change(again, "t1", "release", NULL));
    }
    assert_ok(w2, claim_own(w2, 0));
    assert_int_equal(is_kept(lead), 2);
    assert_ok(w2, task_change(w2, "t1", "release", NULL));
    assert_int_equal(is_kept(lead), 0);
    return claimed;
}

static void test_any_call_fails(void **state)
{
    unsigned failures = 0;

    (void)state;
    again = member_open("w1");
    faults_install();
    for (size_t i = 0; i < CALLS; i++) {
        for (unsigned nth = 1; nth < MOST; nth++) {
            society *s = member_open("w1");
            faults_reset();
            faults_at(calls[i], nth, EIO);
            int result = claim_own(s, 0);
            bool reached = faults_count(calls[i]) >= nth;
            faults_reset();
            failures += result < 0;
            assert_true(result == 0 || strcmp(task_field("t1", "holder"), "\"w1\"") != 0 ||
                        result == -EIO);
            society_close(s);
            assert_whole();
            if (!reached)
                break;
            assert_true(nth + 1 < MOST);
        }
    }
    assert_true(failures > 20);
    faults_remove();
    society_close(again);
}

static void kill_self(void *unused)
{
    (void)unused;
    raise(SIGKILL);
}

/* Claims in a process that is killed before the nth call: true, it was. */
static bool claim_and_die(bool join, enum fault_call call, unsigned nth)
{
    int status = 0;
    pid_t child = fork();

    if (child < 0)
        die("fork");
    if (child == 0) {
        prctl(PR_SET_PDEATHSIG, SIGKILL);
        society *s = member_open("w1");
        if (join && society_join(s) < 0)
            _exit(2);
        faults_install();
        faults_hook(call, nth, kill_self, NULL);
        _exit(claim_own(s, 0) == 0 ? 0 : 1);
    }
    assert_int_equal(waitpid(child, &status, 0), child);
    if (WIFSIGNALED(status))
        return true;
    assert_int_equal(WEXITSTATUS(status), 0);
    return false;
}

static void kill_everywhere(bool join)
{
    unsigned both = 0;
    unsigned neither = 0;

    for (size_t i = 0; i < SEEN_CALLS; i++) {
        bool killed = true;
        for (unsigned nth = 1; killed; nth++) {
            assert_true(nth < MOST);
            killed = claim_and_die(join, calls[i], nth);
            if (!join) {
                bool whole = assert_whole();
                both += whole;
                neither += !whole;
                continue;
            }
            /* Its session is over, so everything of it is free at once. */
            assert_int_equal(is_kept(w2), 0);
            assert_ok(w2, claim_own(w2, 0));
            assert_ok(w2, task_change(w2, "t1", "release", NULL));
            neither++;
        }
    }
    assert_true(neither > 5 && (join || both > 2));
}

static void test_killed_anywhere(void **state)
{
    (void)state;
    again = member_open("w1");
    kill_everywhere(false);
    society_close(again);
}

static void test_killed_anywhere_while_present(void **state)
{
    (void)state;
    kill_everywhere(true);
}

/* The agent lives on in another process: only the taker dies. */
static void test_killed_under_a_session_that_lives(void **state)
{
    (void)state;
    again = member_open("w1");
    assert_ok(again, society_join(again));
    kill_everywhere(false);
    society_close(again);
}

/* Whoever waits for the paths of a claim is woken by the end of it, also of one that dies halfway. */
static void end_and_die(enum fault_call call, unsigned nth, bool *ret_killed)
{
    int status = 0;
    pid_t child = fork();

    if (child < 0)
        die("fork");
    if (child == 0) {
        prctl(PR_SET_PDEATHSIG, SIGKILL);
        society *s = member_open("w1");
        faults_install();
        faults_hook(call, nth, kill_self, NULL);
        _exit(society_task_change(s, "t1", "release", NULL, SOCIETY_NO_TOKEN) == 0 ? 0 : 1);
    }
    assert_int_equal(waitpid(child, &status, 0), child);
    *ret_killed = WIFSIGNALED(status);
    assert_true(*ret_killed || WEXITSTATUS(status) == 0);
}

static void test_killed_while_it_ends(void **state)
{
    unsigned halfway = 0;

    (void)state;
    again = member_open("w1");
    assert_ok(again, society_join(again));
    for (size_t i = 0; i < SEEN_CALLS; i++) {
        bool killed = true;
        for (unsigned nth = 1; killed; nth++) {
            assert_true(nth < MOST);
            assert_ok(again, claim_own(again, 0));
            end_and_die(calls[i], nth, &killed);
            bool ended = strcmp(task_field("t1", "holder"), "null") == 0;
            assert_int_equal(is_kept(w2), ended ? 0 : 2);
            halfway += killed && ended;
            if (!ended)
                assert_ok(again, task_change(again, "t1", "release", NULL));
            assert_ok(w2, society_own_acquire(w2, "[\"src/x\"]", 0, NULL, 0, NULL));
            assert_ok(w2, society_own_release(w2, NULL));
        }
    }
    assert_true(halfway > 2);
    society_close(again);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, tasks_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_any_call_fails),
        TEST(test_killed_anywhere),
        TEST(test_killed_anywhere_while_present),
        TEST(test_killed_under_a_session_that_lives),
        TEST(test_killed_while_it_ends),
    };

    return cmocka_run_group_tests_name("claims with their paths", tests, NULL, NULL);
}
