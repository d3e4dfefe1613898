/* SPDX-License-Identifier: MIT */
/*
 * Waits in somebody else's loop: reservations, claims and mutexes for which one thread polls, many
 * at a time and on one handle, and what closing them gives up. And reservations changed one by one.
 */
#include <errno.h>
#include <poll.h>
#include <society/wait.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "harness/files.h"
#include "harness/tasks.h"

#define DEADLINE_MS 10000
#define MANY 20

/* One round of a loop over one wait: its take, or a poll and 0. */
static int turn(society_wait *wait, char **ret_text)
{
    struct pollfd fd = {.fd = society_wait_fd(wait), .events = POLLIN};
    int result = society_wait_take(wait, ret_text);

    if (result == 0 && poll(&fd, 1, DEADLINE_MS) != 1)
        fail_msg("nothing happened for %d ms", DEADLINE_MS);
    return result;
}

static void take(society *s, society_wait *wait, char **ret_text)
{
    int result = 0;

    while (result == 0)
        result = turn(wait, ret_text);
    assert_ok(s, result);
}

/* A wait that is not granted: takes in what happened, until its descriptor is silent. */
static void assert_waiting(society_wait *wait)
{
    struct pollfd fd = {.fd = society_wait_fd(wait), .events = POLLIN};

    do
        assert_int_equal(society_wait_take(wait, NULL), 0);
    while (poll(&fd, 1, 0) == 1);
}

static int64_t hold(society *s, const char *patterns)
{
    char *reservation;

    assert_ok(s, society_own_acquire(s, patterns, 0, NULL, 0, &reservation));
    int64_t token = json_number(reservation, "token");
    society_free(reservation);
    return token;
}

static int64_t count_reservations(society *s)
{
    society_list *list;
    int count = society_own_list(s, &list);

    assert_ok(s, count);
    society_list_free(list);
    return count;
}

/* ---- Reservations ---- */

static void test_own(void **state)
{
    society_wait *wait;
    char *text;

    (void)state;
    int64_t token = hold(w1, "[\"src/**\"]");
    assert_ok(w2, society_own_wait(w2, "[\"src/a.c\"]", 0, "{\"reason\":\"mine\"}", &wait));
    assert_int_equal(count_reservations(w2), 1); /* nothing was asked for yet */
    assert_waiting(wait);
    assert_int_equal(count_reservations(w2), 2);
    assert_ok(w2, society_send(w2, "{\"to\":\"w1\",\"content\":\"done?\"}", NULL));
    assert_ok(w1, society_own_change(w1, token, "release", NULL));
    take(w2, wait, &text);
    assert_string_equal(member_field(text, "paths"), "[\"src/a.c\"]");
    assert_string_equal(member_text(text, "reason"), "mine");
    society_free(text);
    assert_int_equal(society_wait_take(wait, &text), 1); /* and says it again */
    society_free(text);
    society_wait_close(wait);
    assert_int_equal(society_own_check(w2, "[\"src/a.c\"]", NULL), 0);
    assert_int_equal(society_own_check(w1, "[\"src/a.c\"]", NULL), 1);
}

static void test_own_at_once(void **state)
{
    society_wait *wait;

    (void)state;
    hold(w1, "[\"b\"]"); /* the log is open now */
    size_t descriptors = count_descriptors();
    assert_ok(w1, society_own_wait(w1, "[\"a\"]", SOCIETY_OWN_SHARED, NULL, &wait));
    assert_int_equal(society_wait_fd(wait), -1);
    assert_int_equal(society_wait_take(wait, NULL), 1);
    assert_int_equal(count_descriptors(), descriptors);
    society_wait_close(wait);
    assert_int_equal(count_reservations(w1), 2);
    society_wait_close(NULL);
}

static void test_own_given_up(void **state)
{
    society_wait *first;
    society_wait *second;

    (void)state;
    int64_t token = hold(lead, "[\"a\"]");
    assert_ok(w1, society_own_wait(w1, "[\"a\"]", 0, NULL, &first));
    assert_ok(w2, society_own_wait(w2, "[\"a\"]", 0, NULL, &second));
    assert_waiting(first);
    assert_waiting(second);
    assert_int_equal(count_reservations(lead), 3);
    society_wait_close(first);
    assert_int_equal(count_reservations(lead), 2);
    assert_ok(lead, society_own_change(lead, token, "release", NULL));
    take(w2, second, NULL);
    society_wait_close(second);
}

static void test_own_errors(void **state)
{
    society_wait *wait;
    society_wait *other;

    (void)state;
    assert_refused(w1, society_own_wait(w1, "[1]", 0, NULL, &wait), SOCIETY_E_INVALID, "");
    assert_refused(w1, society_own_wait(w1, "[\"a\"]", 8, NULL, &wait), SOCIETY_E_INVALID, "flags");
    assert_refused(w1, society_own_wait(w1, "[\"a\"]", 0, "{\"x\":1}", &wait), SOCIETY_E_INVALID,
                   "field x");
    hold(w1, "[\"a\"]");
    hold(w2, "[\"b\"]");
    assert_ok(w1, society_own_wait(w1, "[\"b\"]", 0, NULL, &wait));
    assert_waiting(wait);
    assert_ok(w2, society_own_wait(w2, "[\"a\"]", 0, NULL, &other));
    assert_refused(w2, society_wait_take(other, NULL), SOCIETY_E_DEADLOCK, "w1");
    assert_ok(w1, society_own_release(w1, "[\"a\"]"));
    take(w2, other, NULL); /* after an error the call may be repeated */
    society_wait_close(other);
    society_wait_close(wait);
}

/* Many waits on one handle, and a poll over all of them. */
static void test_many(void **state)
{
    society_wait *waits[MANY];
    char pattern[32];

    (void)state;
    hold(w1, "[\"**\"]");
    for (int i = 0; i < MANY; i++) {
        snprintf(pattern, sizeof pattern, "[\"f%d\"]", i);
        assert_ok(w2, society_own_wait(w2, pattern, 0, NULL, &waits[i]));
        assert_waiting(waits[i]);
    }
    assert_int_equal(society_own_release(w1, NULL), 1);
    for (int i = MANY - 1; i >= 0; i--) {
        take(w2, waits[i], NULL);
        society_wait_close(waits[i]);
    }
    assert_int_equal(count_reservations(w2), MANY);
}

/* What a handle leaves behind when it is closed, or a child when it ends, is not the others' loss.
 */
static void test_closed_with_the_handle(void **state)
{
    society *s = member_open("w3");
    society_wait *waits[2];
    int status = 0;

    (void)state;
    int64_t token = hold(w1, "[\"a\"]");
    assert_ok(s, society_join(s));
    assert_ok(s, society_own_wait(s, "[\"a\"]", 0, NULL, &waits[0]));
    assert_ok(s, society_mutex_wait(s, "m", &waits[1]));
    assert_waiting(waits[0]);
    pid_t child = fork();
    if (child == 0) {
        int result = society_wait_take(waits[0], NULL);
        society_wait_close(waits[0]);
        society_close(s);
        _exit(result == -ECHILD ? 0 : 1);
    }
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_int_equal(status, 0);
    assert_int_equal(count_reservations(w1), 2); /* the child gave nothing up */
    society_close(s);
    assert_ok(w1, society_own_change(w1, token, "release", NULL));
    assert_ok(w2, society_own_acquire(w2, "[\"a\"]", 0, NULL, DEADLINE_MS, NULL));
}

/* ---- One reservation among others ---- */

static void test_change(void **state)
{
    (void)state;
    int64_t ab = hold(w1, "[\"a\",\"b\"]");
    int64_t ac = hold(w1, "[\"a\",\"c\"]");
    assert_ok(w1, society_own_change(w1, ab, "renew", "{\"leaseMs\":5000}"));
    assert_ok(w1, society_own_change(w1, ab, "renew", NULL));
    assert_ok(w1, society_own_change(w1, ab, "release", NULL));
    assert_int_equal(count_reservations(w1), 1);
    assert_refused(w1, society_own_change(w1, ab, "release", NULL), SOCIETY_E_FENCED,
                   "no reservation with token");
    assert_refused(w1, society_own_change(w1, ab, "renew", NULL), SOCIETY_E_FENCED, "token");
    assert_refused(w2, society_own_change(w2, ac, "release", NULL), SOCIETY_E_FENCED, "w2");
    assert_ok(w1, society_own_change(w1, ac, "handover", "{\"to\":\"w2\"}"));
    assert_refused(w1, society_own_change(w1, ac, "release", NULL), SOCIETY_E_FENCED, "w1");
    assert_int_equal(society_own_check(w1, "[\"a\",\"b\",\"c\"]", NULL), 2);
}

static void test_change_arguments(void **state)
{
    (void)state;
    int64_t token = hold(w1, "[\"a\"]");
    assert_refused(w1, society_own_change(w1, token, NULL, NULL), SOCIETY_E_INVALID, "change");
    assert_refused(w1, society_own_change(w1, token, "x", NULL), SOCIETY_E_INVALID, "\"x\"");
    assert_refused(w1, society_own_change(w1, -1, "release", NULL), SOCIETY_E_INVALID, "-1");
    assert_refused(w1, society_own_change(w1, token, "release", "{\"to\":\"w2\"}"),
                   SOCIETY_E_INVALID, "field to");
    assert_refused(w1, society_own_change(w1, token, "renew", "[]"), SOCIETY_E_INVALID, "object");
    assert_refused(w1, society_own_change(w1, token, "renew", "{"), SOCIETY_E_INVALID, "line 1");
    assert_refused(w1, society_own_change(w1, token, "renew", "{\"leaseMs\":0}"), SOCIETY_E_INVALID,
                   "leaseMs");
    assert_refused(w1, society_own_change(w1, token, "handover", NULL), SOCIETY_E_INVALID, "agent");
    assert_int_equal(count_reservations(w1), 1);
}

/* ---- Claims ---- */

static void test_claim(void **state)
{
    society_wait *any;
    society_wait *named;
    char *claim;

    (void)state;
    assert_ok(w1, society_task_wait(w1, NULL, 0, 0, &any));
    assert_waiting(any);
    task_add("{\"id\":\"t1\",\"title\":\"first\"}");
    take(w1, any, &claim);
    assert_string_equal(member_text(claim, "task"), "t1");
    assert_field("t1", "holder", "\"w1\"");
    assert_ok(w2, society_task_wait(w2, "t1", SOCIETY_CLAIM_RESUME, 5000, &named));
    assert_waiting(named);
    assert_ok(w1, society_task_change(w1, "t1", "release", NULL, json_number(claim, "token")));
    society_free(claim);
    take(w2, named, &claim);
    assert_int_equal(json_number(claim, "leaseMs"), 5000);
    society_free(claim);
    society_wait_close(named);
    society_wait_close(any);
    assert_field("t1", "holder", "\"w2\"");
}

static void test_claim_errors(void **state)
{
    society_wait *wait;

    (void)state;
    assert_refused(w1, society_task_wait(w1, NULL, SOCIETY_CLAIM_OWN, 0, &wait), SOCIETY_E_INVALID,
                   "paths");
    assert_refused(w1, society_task_wait(w1, NULL, 64, 0, &wait), SOCIETY_E_INVALID, "flags");
    assert_refused(w1, society_task_wait(w1, NULL, 0, -1, &wait), SOCIETY_E_INVALID, "lease");
    assert_ok(w1, society_task_wait(w1, "none", 0, 0, &wait));
    assert_refused(w1, society_wait_take(wait, NULL), SOCIETY_E_NOT_FOUND, "none");
    society_wait_close(wait);
    task_add("{\"id\":\"t1\",\"title\":\"first\"}");
    assert_ok(lead, society_task_wait(lead, "t1", 0, 0, &wait));
    assert_ok(w1, society_task_change(w1, "t1", "cancel", NULL, SOCIETY_NO_TOKEN));
    assert_refused(lead, society_wait_take(wait, NULL), SOCIETY_E_HELD, "cancelled");
    society_wait_close(wait);
}

/* The first task makes the log that is waited for. */
static void test_claim_before_there_is_a_log(void **state)
{
    society_wait *wait;

    (void)state;
    assert_ok(lead, society_send(lead, "{\"to\":\"w2\",\"content\":\"soon\"}", NULL));
    assert_false(file_exists(member_path("tasks.jsonl")));
    assert_ok(w1, society_task_wait(w1, NULL, 0, 0, &wait));
    assert_waiting(wait);
    task_add("{\"title\":\"one\"}");
    struct pollfd fd = {.fd = society_wait_fd(wait), .events = POLLIN};
    assert_int_equal(poll(&fd, 1, 0), 1);
    take(w1, wait, NULL);
    society_wait_close(wait);
}

/* ---- Mutexes ---- */

static void test_mutex(void **state)
{
    society_wait *wait;
    society_mutex *mutex;
    society_mutex *mine;
    struct pollfd fd = {.events = POLLIN};

    (void)state;
    assert_ok(w1, society_mutex_lock(w1, "gc", 0, &mutex));
    assert_ok(w2, society_mutex_wait(w2, "gc", &wait));
    assert_refused(w2, society_wait_take(wait, NULL), SOCIETY_E_INVALID, "society_wait_mutex");
    fd.fd = society_wait_fd(wait);
    do
        assert_int_equal(society_wait_mutex(wait, &mine), 0);
    while (poll(&fd, 1, 0) == 1);
    society_mutex_unlock(mutex);
    while (society_wait_mutex(wait, &mine) == 0)
        assert_int_equal(poll(&fd, 1, DEADLINE_MS), 1);
    assert_refused(w2, society_wait_mutex(wait, &mutex), SOCIETY_E_INVALID, "no mutex");
    society_wait_close(wait);
    assert_refused(w1, society_mutex_lock(w1, "gc", 0, &mutex), SOCIETY_E_HELD, "w2");
    society_mutex_unlock(mine);
    assert_refused(w1, society_mutex_wait(w1, "../x", &wait), SOCIETY_E_INVALID, "name");
    assert_ok(w1, society_own_wait(w1, "[\"a\"]", 0, NULL, &wait));
    assert_refused(w1, society_wait_mutex(wait, &mutex), SOCIETY_E_INVALID, "no mutex");
    society_wait_close(wait);
}

static void test_removed(void **state)
{
    society_wait *wait;
    society_mutex *mutex;
    struct pollfd fd = {.events = POLLIN};
    char command[600];
    int result;

    (void)state;
    assert_ok(w1, society_mutex_lock(w1, "gc", 0, &mutex));
    assert_ok(w2, society_mutex_wait(w2, "gc", &wait));
    fd.fd = society_wait_fd(wait);
    assert_int_equal(society_wait_mutex(wait, &mutex), 0);
    snprintf(command, sizeof command, "rm -r %s/.society-agent", member_project());
    assert_int_equal(system(command), 0);
    while ((result = society_wait_mutex(wait, &mutex)) == 0)
        assert_int_equal(poll(&fd, 1, DEADLINE_MS), 1);
    assert_int_equal(result, SOCIETY_E_GONE);
    society_wait_close(wait);
    society_mutex_unlock(mutex);
}

#define test(name) cmocka_unit_test_setup_teardown(name, tasks_setup, tasks_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        test(test_own),
        test(test_own_at_once),
        test(test_own_given_up),
        test(test_own_errors),
        test(test_many),
        test(test_closed_with_the_handle),
        test(test_change),
        test(test_change_arguments),
        test(test_claim),
        test(test_claim_errors),
        test(test_mutex),
        test(test_removed),
        test(test_claim_before_there_is_a_log),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
