/* SPDX-License-Identifier: MIT */
/*
 * Claims among processes, through the door: takeovers after a death, waiting for every event that
 * can end a wait, and compaction under a living claimer.
 */
#include <errno.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "harness/die.h"
#include "harness/files.h"
#include "harness/tasks.h"

#define DEADLINE_MS 10000

static char *text;

/* ---- Deaths ---- */

/* A child that does not outlive this process. */
static pid_t start_child(void)
{
    pid_t parent = getpid();
    pid_t child = fork();

    if (child == 0 && (prctl(PR_SET_PDEATHSIG, SIGKILL) < 0 || getppid() != parent))
        _exit(1);
    return child;
}

/* A child that holds t1 as w3, until it is killed. */
static pid_t start_holder(bool join, int64_t lease_ms, int64_t *ret_token)
{
    int ready[2];
    int64_t token = -1;

    if (pipe(ready) < 0)
        die("pipe");
    pid_t child = start_child();
    if (child == 0) {
        society *s = member_open("w3");
        if (join && society_join(s) < 0)
            _exit(2);
        if (society_task_claim(s, "t1", lease_ms, &text) < 0)
            _exit(3);
        token = json_number(text, "token");
        if (write(ready[1], &token, sizeof token) != sizeof token)
            _exit(4);
        for (;;)
            pause();
    }
    close(ready[1]);
    if (child < 0 || read(ready[0], &token, sizeof token) != sizeof token)
        die("the holder did not begin");
    close(ready[0]);
    *ret_token = token;
    return child;
}

static void kill_holder(pid_t child)
{
    kill(child, SIGKILL);
    waitpid(child, NULL, 0);
}

static int64_t now_ms(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

/* The tasks that w1 could take over, as "ID ID …". */
static void assert_abandoned(const char *expected)
{
    society_list *list;
    char ids[256] = "";

    assert_ok(w1, society_tasks(w1, SOCIETY_TASKS_ABANDONED, NULL, &list));
    for (int64_t i = 0; i < society_list_count(list); i++)
        snprintf(ids + strlen(ids), sizeof ids - strlen(ids), "%s%s", *ids ? " " : "",
                 member_field(society_list_item(list, i), "id"));
    society_list_free(list);
    assert_string_equal(ids, expected);
}

static void test_a_dead_holders_claim_is_taken_over(void **state)
{
    int64_t token;
    char expected[32];

    (void)state;
    task_add("{\"title\":\"T\"}");
    pid_t child = start_holder(true, 0, &token);
    assert_refused(w1, society_task_claim(w1, "t1", 0, NULL), SOCIETY_E_HELD, "t1 is held by w3");
    assert_refused(w1, society_task_claim(w1, NULL, 0, NULL), SOCIETY_E_NOT_FOUND, "nothing");
    assert_abandoned("");
    kill_holder(child);
    assert_abandoned("\"t1\"");
    assert_ok(w1, society_task_claim(w1, NULL, 0, &text));
    assert_abandoned("");
    snprintf(expected, sizeof expected, "%" PRId64, token);
    assert_string_equal(member_field(text, "takeover"), expected);
    society_free(text);
    assert_field("t1", "holder", "\"w1\"");
    /* What the dead one would have said comes too late, in its name or another's. */
    society *w3 = member_open("w3");
    static const char *const late[] = {"complete", "submit", "release", "renew", "fail"};
    for (size_t i = 0; i < sizeof late / sizeof late[0]; i++)
        assert_refused(w3, society_task_change(w3, "t1", late[i], NULL, token), SOCIETY_E_FENCED,
                       "is not the current one");
    assert_ok(w1, task_change(w1, "t1", "submit", NULL));
    assert_refused(w3, society_task_change(w3, "t1", "complete", NULL, token), SOCIETY_E_FENCED,
                   "is not the current one");
    assert_ok(lead, task_change(lead, "t1", "complete", NULL));
    assert_refused(w3, society_task_change(w3, "t1", "complete", NULL, token), SOCIETY_E_FENCED,
                   "is not the current one");
    society_close(w3);
}

static void test_a_restarted_worker_takes_its_own_back(void **state)
{
    int64_t token;

    (void)state;
    task_add("{\"title\":\"T\"}");
    pid_t child = start_holder(false, 0, &token);
    kill_holder(child);
    assert_int_equal(society_task_claim(w1, "t1", 0, NULL),
                     SOCIETY_E_HELD); /* not yet for others */
    society *again = member_open("w3");
    /* Who asks for something to do is not given what he has. */
    assert_int_equal(society_task_claim(again, NULL, 0, NULL), SOCIETY_E_NOT_FOUND);
    task_add("{\"title\":\"Better\",\"priority\":0}");
    assert_ok(again, society_task_claim_with(again, NULL, SOCIETY_CLAIM_RESUME, 0, 0, &text));
    assert_string_equal(member_text(text, "task"), "t1");
    assert_int_equal(json_number(text, "takeover"), token);
    society_free(text);
    /* What this run has is not given once more, unless it is named. */
    assert_ok(again, society_task_claim_with(again, NULL, SOCIETY_CLAIM_RESUME, 0, 0, &text));
    assert_string_equal(member_text(text, "task"), "t2");
    society_free(text);
    assert_refused(again, society_task_claim_with(again, NULL, SOCIETY_CLAIM_RESUME, 0, 0, NULL),
                   SOCIETY_E_NOT_FOUND, "nothing is ready");
    task_claim(again, "t1");
    assert_refused(again, society_task_change(again, "t1", "complete", NULL, token),
                   SOCIETY_E_FENCED, "not the current one");
    assert_ok(again, task_change(again, "t1", "complete", NULL));
    society_close(again);
}

static void test_parting_ends_claims(void **state)
{
    (void)state;
    task_add("{\"title\":\"T\"}");
    assert_ok(w1, society_join(w1));
    task_claim(w1, "t1");
    assert_int_equal(society_task_claim(w2, "t1", 0, NULL), SOCIETY_E_HELD);
    assert_ok(w1, society_part(w1));
    task_claim(w2, "t1");
    assert_int_equal(society_renew(w1, NULL), 0);
}

/* ---- Waiting ---- */

/* A child that waits for a task as w4, which can't be had at once; it ends well when it has it. */
static pid_t start_waiter(const char *id, int32_t timeout_ms)
{
    int ready[2];
    char byte;

    if (pipe(ready) < 0)
        die("pipe");
    pid_t child = start_child();
    if (child == 0) {
        society *s = member_open("w4");
        if (society_task_claim(s, id, 0, NULL) >= 0 || write(ready[1], "r", 1) != 1)
            _exit(2);
        int result = society_task_claim_wait(s, id, 0, timeout_ms, &text);
        if (result < 0)
            fprintf(stderr, "%s: %s\n", society_error_name(result), society_last_message(s));
        _exit(result == 0 ? 0 : result == SOCIETY_E_TIMEOUT ? 3 : 4);
    }
    close(ready[1]);
    if (child < 0 || read(ready[0], &byte, 1) != 1)
        die("the waiter did not begin");
    close(ready[0]);
    return child;
}

/* Returns when the process sleeps, mostly in its wait. (If it is not so far yet, what it waits for
 * is there when it comes: the tests hold either way.) */
static void await_sleep(pid_t child)
{
    char path[64];
    int64_t deadline = now_ms() + DEADLINE_MS;
    bool asleep = false;

    snprintf(path, sizeof path, "/proc/%d/status", child);
    while (!asleep && now_ms() < deadline) {
        char *status = read_file(path, NULL);
        asleep = strstr(status, "State:\tS") != NULL;
        free(status);
    }
    assert_true(asleep);
}

static void await_claim(pid_t child, const char *id)
{
    int status;

    assert_int_equal(waitpid(child, &status, 0), child);
    assert_int_equal(status, 0);
    assert_field(id, "holder", "\"w4\"");
}

static void test_waiting_for_a_release(void **state)
{
    (void)state;
    task_add("{\"title\":\"T\"}");
    task_claim(w1, "t1");
    pid_t child = start_waiter("t1", DEADLINE_MS);
    await_sleep(child);
    assert_ok(w1, task_change(w1, "t1", "release", NULL));
    await_claim(child, "t1");
}

static void test_waiting_for_a_dependency(void **state)
{
    (void)state;
    task_add("{\"title\":\"T\"}");
    task_add("{\"title\":\"T\",\"dependsOn\":[\"t1\"]}");
    task_claim(w1, "t1");
    pid_t named = start_waiter("t2", DEADLINE_MS);
    await_sleep(named);
    assert_ok(w1, task_change(w1, "t1", "complete", NULL));
    await_claim(named, "t2");
}

static void test_waiting_for_something_new(void **state)
{
    (void)state;
    pid_t child = start_waiter(NULL, DEADLINE_MS);
    await_sleep(child);
    task_add("{\"title\":\"T\"}");
    await_claim(child, "t1");
}

/* The registry is there already, so that only its growing says it. After 5 s a wait would look
 * unasked, so the waiter must be done before. */
static void test_waiting_for_a_role(void **state)
{
    int64_t deadline = now_ms() + 4000;
    pid_t done = 0;
    int status = 0;

    (void)state;
    assert_ok(w1, society_register(w1, "{\"role\":\"qa\"}"));
    task_add("{\"title\":\"T\",\"assignee\":\"role:dev\"}");
    pid_t child = start_waiter("t1", DEADLINE_MS);
    await_sleep(child);
    society *w4 = member_open("w4");
    assert_ok(w4, society_register(w4, "{\"role\":\"dev\"}"));
    society_close(w4);
    while (done == 0 && now_ms() < deadline)
        done = waitpid(child, &status, WNOHANG);
    if (done == 0)
        kill_holder(child);
    assert_int_equal(done, child);
    assert_int_equal(status, 0);
    assert_field("t1", "holder", "\"w4\"");
}

static void test_waiting_for_a_death(void **state)
{
    int64_t token;

    (void)state;
    for (int named = 0; named < 2; named++) {
        if (named == 0)
            task_add("{\"title\":\"T\"}");
        else
            assert_ok(lead, task_change(lead, "t1", "cancel", NULL));
        if (named)
            assert_ok(lead, task_change(lead, "t1", "reopen", NULL));
        pid_t holder = start_holder(true, 0, &token);
        pid_t child = start_waiter(named ? "t1" : NULL, DEADLINE_MS);
        await_sleep(child);
        int64_t killed = now_ms();
        kill_holder(holder);
        await_claim(child, "t1");
        assert_true(now_ms() - killed < 2000); /* at once, and not when something times out */
    }
}

static void test_waiting_for_a_lease(void **state)
{
    (void)state;
    task_add("{\"title\":\"T\"}");
    assert_ok(w1, society_task_claim(w1, "t1", 300, NULL));
    int64_t began = now_ms();
    assert_ok(w2, society_task_claim_wait(w2, NULL, 0, DEADLINE_MS, &text));
    assert_true(now_ms() - began >= 300);
    assert_string_not_equal(member_field(text, "takeover"), "null");
    society_free(text);
    assert_field("t1", "holder", "\"w2\"");
}

static clock_t processor_time(void)
{
    struct timespec used;

    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &used);
    return (clock_t)(used.tv_sec * 1000 + used.tv_nsec / 1000000);
}

/* A wait that comes to nothing costs no processor time, whatever it is that can't be claimed. */
static void test_waiting_in_vain(void **state)
{
    static const char *const tasks[] = {"t1", "t2", "t3", "t4", NULL};

    (void)state;
    task_add("{\"title\":\"T\"}");
    task_add("{\"title\":\"T\",\"dependsOn\":[\"t1\"]}");
    task_add("{\"title\":\"T\",\"assignee\":\"w9\"}");
    task_add("{\"title\":\"T\",\"state\":\"blocked\"}");
    assert_ok(w1, society_join(w1));
    task_claim(w1, "t1");
    for (size_t i = 0; i < sizeof tasks / sizeof tasks[0]; i++) {
        clock_t used = processor_time();
        int64_t began = now_ms();
        assert_int_equal(society_task_claim_wait(w2, tasks[i], 0, 200, NULL), SOCIETY_E_TIMEOUT);
        assert_true(now_ms() - began >= 200);
        assert_true(processor_time() - used < 100);
    }
    assert_int_equal(society_task_claim_wait(w2, "t9", 0, 200, NULL), SOCIETY_E_NOT_FOUND);
    assert_ok(w1, task_change(w1, "t1", "complete", NULL));
    assert_int_equal(society_task_claim_wait(w2, "t1", 0, 200, NULL), SOCIETY_E_HELD);
    assert_int_equal(society_task_claim_wait(w2, "t4", 0, 0, NULL), SOCIETY_E_HELD);
}

static void ring(int number_of_signal)
{
    (void)number_of_signal;
}

static void test_a_signal_ends_the_wait(void **state)
{
    struct sigaction action = {.sa_handler = ring};
    struct sigaction before;
    timer_t timer;
    struct sigevent event = {.sigev_notify = SIGEV_SIGNAL, .sigev_signo = SIGUSR1};
    struct itimerspec soon = {{0, 20000000}, {0, 20000000}};

    (void)state;
    assert_int_equal(sigaction(SIGUSR1, &action, &before), 0);
    assert_int_equal(timer_create(CLOCK_MONOTONIC, &event, &timer), 0);
    assert_int_equal(timer_settime(timer, 0, &soon, NULL), 0);
    assert_int_equal(society_task_claim_wait(w1, NULL, 0, DEADLINE_MS, NULL), -EINTR);
    timer_delete(timer);
    sigaction(SIGUSR1, &before, NULL);
}

/* ---- Compaction ---- */

/* A child that claims, notes and releases without end, with each step checked. */
static pid_t start_busy(void)
{
    pid_t child = start_child();

    if (child != 0)
        return child;
    society *s = member_open("w5");
    for (;;) {
        if (society_task_claim(s, "t1", 0, &text) < 0)
            _exit(2);
        int64_t token = json_number(text, "token");
        society_free(text);
        if (society_task_change(s, "t1", "note", "{\"text\":\"on\"}", token) < 0 ||
            society_task_change(s, "t1", "release", NULL, token) < 0)
            _exit(3);
    }
}

static void test_compaction_under_way(void **state)
{
    int64_t notes = 0;
    int64_t token = -1;
    int status;

    (void)state;
    task_add("{\"title\":\"T\"}");
    task_add("{\"title\":\"U\",\"dependsOn\":[\"t1\"]}");
    pid_t child = start_busy();
    for (int i = 0; i < 40; i++) {
        int64_t before = notes;
        int64_t deadline = now_ms() + DEADLINE_MS;
        while (notes <= before && now_ms() < deadline) {
            assert_ok(w1, society_task_get(w1, "t1", &text));
            notes = 0;
            for (const char *at = text; (at = strstr(at, "\"text\":\"on\"")); at++)
                notes++;
            int64_t seen =
                strcmp(member_field(text, "token"), "null") ? json_number(text, "token") : token;
            society_free(text);
            assert_true(notes >= before); /* never less than there was */
            assert_true(seen >= token);   /* and tokens only grow */
            token = seen;
        }
        assert_true(notes > before);
        assert_int_equal(society_compact(lead, "tasks", SOCIETY_COMPACT_FORCE, NULL), 1);
        assert_string_equal(task_ids(w2, 0, NULL), "t1 t2");
    }
    kill(child, SIGKILL);
    waitpid(child, &status, 0);
    assert_true(WIFSIGNALED(status));
    society *fresh = member_open("w2");
    assert_ok(fresh, society_task_get(fresh, "t1", &text));
    char *mine = text;
    assert_ok(w1, society_task_get(w1, "t1", &text));
    assert_string_equal(mine, text);
    society_free(mine);
    society_free(text);
    society_close(fresh);
}

static void test_after_a_fork(void **state)
{
    int status;

    (void)state;
    task_add("{\"title\":\"T\"}");
    pid_t child = fork();
    if (child == 0) {
        society_list *list;
        bool refused = society_task_claim(w1, "t1", 0, NULL) == -ECHILD &&
                       society_task_create(w1, "{\"title\":\"T\"}", NULL) == -ECHILD &&
                       society_tasks(w1, 0, NULL, &list) == -ECHILD &&
                       society_renew(w1, NULL) == -ECHILD &&
                       task_change(w1, "t1", "cancel", NULL) == -ECHILD;
        _exit(!refused);
    }
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_int_equal(status, 0);
}

int main(void)
{
#define TEST(function) cmocka_unit_test_setup_teardown(function, tasks_setup, tasks_teardown)
    const struct CMUnitTest tests[] = {
        TEST(test_a_dead_holders_claim_is_taken_over),
        TEST(test_a_restarted_worker_takes_its_own_back),
        TEST(test_parting_ends_claims),
        TEST(test_waiting_for_a_release),
        TEST(test_waiting_for_a_dependency),
        TEST(test_waiting_for_something_new),
        TEST(test_waiting_for_a_role),
        TEST(test_waiting_for_a_death),
        TEST(test_waiting_for_a_lease),
        TEST(test_waiting_in_vain),
        TEST(test_a_signal_ends_the_wait),
        TEST(test_compaction_under_way),
        TEST(test_after_a_fork),
    };
    return cmocka_run_group_tests_name("task claims", tests, NULL, NULL);
}
