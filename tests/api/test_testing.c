/* SPDX-License-Identifier: MIT */
/*
 * Societies in memory, as the tests of other programs use them: death, return and time at will.
 */
#include <errno.h>
#include <poll.h>
#include <society/message.h>
#include <society/ownership.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "harness/simulated.h"

#define MINUTE INT64_C(60000)

/* ---- Agents ---- */

static void test_the_dead_lose_at_once_what_they_held(void **state)
{
    (void)state;
    task_add("{\"id\":\"t1\",\"title\":\"a\"}");
    assert_ok(w1, society_join(w1));
    int64_t token = task_claim(w1, "t1");
    assert_refused(w2, society_task_claim(w2, "t1", 0, NULL), SOCIETY_E_HELD, "w1");
    int64_t then = society_test_now(test);
    assert_int_equal(society_test_kill(test, "w1"), 0);
    assert_int_equal(society_online(w2, "w1"), 0);
    assert_ok(w2, society_task_claim(w2, "t1", 0, NULL));
    assert_true(society_test_now(test) == then);
    w1 = simulated_agent("w1");
    assert_refused(w1, society_task_change(w1, "t1", "complete", NULL, token), SOCIETY_E_FENCED,
                   "t1");
    assert_field("t1", "holder", "\"w2\"");
}

static void test_a_killed_one_writes_nothing(void **state)
{
    (void)state;
    task_add("{\"id\":\"t1\",\"title\":\"a\"}");
    assert_ok(w1, society_join(w1));
    task_claim(w1, "t1");
    char *before = strdup(simulated_text("tasks.jsonl"));
    assert_int_equal(society_test_kill(test, "w1"), 0);
    assert_string_equal(simulated_text("tasks.jsonl"), before);
    assert_non_null(simulated_text("locks/task-claim-t1.lock"));
    assert_non_null(strstr(simulated_text("locks/agent-w1.lock"), "\"session\""));
    free(before);
}

static void test_stopped_is_not_dead(void **state)
{
    (void)state;
    task_add("{\"id\":\"t1\",\"title\":\"a\"}");
    assert_ok(w1, society_join(w1));
    task_claim(w1, "t1");
    assert_int_equal(society_test_stop(test, "w1"), 0);
    assert_int_equal(society_test_stop(test, "w1"), 0);
    assert_int_equal(society_test_advance(test, 1000 * MINUTE), 0);
    assert_int_equal(society_online(w2, "w1"), 1);
    assert_refused(w2, society_task_claim(w2, "t1", 0, NULL), SOCIETY_E_HELD, "w1");
    for (int i = 0; i < 50; i++)
        assert_string_not_equal(society_agent(society_test_next(test)), "w1");
    assert_int_equal(society_test_continue(test, "w1"), 0);
    assert_ok(w1, task_change(w1, "t1", "complete", NULL));
}

static void test_two_processes_of_one_agent_exclude_each_other(void **state)
{
    society *other;

    (void)state;
    assert_ok(w1, society_join(w1));
    assert_int_equal(society_new(&other), 0);
    assert_ok(other, society_open(other, society_dir(w1)));
    assert_ok(other, society_identify(other, "w1"));
    assert_refused(other, society_join(other), SOCIETY_E_HELD, "w1");
    assert_int_equal(society_test_kill(test, "w1"), 0);
    assert_ok(other, society_join(other));
    society_close(other);
}

static void test_turns(void **state)
{
    int turns[3] = {0};
    society *const agents[] = {lead, w1, w2};

    (void)state;
    for (int i = 0; i < 300; i++) {
        const society *next = society_test_next(test);
        for (int k = 0; k < 3; k++)
            turns[k] += next == agents[k];
    }
    assert_int_equal(turns[0] + turns[1] + turns[2], 300);
    for (int k = 0; k < 3; k++)
        assert_in_range(turns[k], 60, 140);
    society_test_kill(test, "lead");
    society_test_stop(test, "w1");
    assert_ptr_equal(society_test_next(test), w2);
    society_close(w2);
    assert_null(society_test_next(test));
}

static void test_an_agent_returns(void **state)
{
    society_tail *tail;

    (void)state;
    member_send(lead, "w1", "a");
    member_send(lead, "w1", "b");
    assert_ok(w1, society_tail_open(w1, "messages", SOCIETY_FROM_CURSOR, 0, &tail));
    assert_string_equal(member_await(tail, 1), "a");
    assert_ok(w1, society_tail_commit(tail));
    assert_string_equal(member_await(tail, 1), "b");
    assert_int_equal(society_test_kill(test, "w1"), 0); /* before it had handled b */
    w1 = simulated_agent("w1");
    assert_ok(w1, society_tail_open(w1, "messages", SOCIETY_FROM_CURSOR, 0, &tail));
    assert_string_equal(member_take(tail), "b");
}

static void test_an_agent_may_end_in_good_order(void **state)
{
    (void)state;
    assert_ok(w1, society_join(w1));
    society_close(w1);
    assert_int_equal(society_online(w2, "w1"), 0);
    assert_int_equal(society_test_kill(test, "w1"), SOCIETY_E_NOT_FOUND);
    w1 = simulated_agent("w1");
    assert_ok(w1, society_join(w1));
}

static void test_a_dead_ones_mutex_is_free(void **state)
{
    society_mutex *held, *taken;

    (void)state;
    assert_ok(w1, society_mutex_lock(w1, "gc", 0, &held));
    assert_refused(w2, society_mutex_lock(w2, "gc", 0, &taken), SOCIETY_E_HELD, "w1");
    assert_int_equal(society_test_kill(test, "w1"), 0);
    assert_ok(w2, society_mutex_lock(w2, "gc", 0, &taken));
    society_mutex_unlock(held);
    assert_non_null(strstr(simulated_text("locks/mutex-gc.lock"), "\"w2\""));
    assert_refused(lead, society_mutex_lock(lead, "gc", 0, &held), SOCIETY_E_HELD, "w2");
    society_mutex_unlock(taken);
    assert_ok(lead, society_mutex_lock(lead, "gc", 0, &held));
    society_mutex_unlock(held);
}

static void test_what_is_refused(void **state)
{
    society_test *second;
    society *s;

    (void)state;
    assert_int_equal(society_test_new(1, &second), -EBUSY);
    assert_int_equal(society_test_open(test, "w1", &s), SOCIETY_E_HELD);
    assert_int_equal(society_test_open(test, "not an id", &s), SOCIETY_E_INVALID);
    assert_non_null(strstr(society_test_last_message(test), "not an id"));
    assert_int_equal(society_test_kill(test, "nobody"), SOCIETY_E_NOT_FOUND);
    assert_int_equal(society_test_stop(test, NULL), SOCIETY_E_NOT_FOUND);
    assert_int_equal(society_test_advance(test, -1), SOCIETY_E_INVALID);
    assert_int_equal(society_test_advance(test, INT64_MAX), SOCIETY_E_INVALID);
    assert_null(simulated_text("nothing.jsonl"));
    assert_non_null(strstr(society_test_last_message(test), "nothing.jsonl"));
    assert_int_equal(society_test_write(test, "nowhere/file", ""), -ENOENT);
    assert_int_equal(society_test_append(test, "nowhere/file", ""), -ENOENT);
    assert_true(society_test_append(test, "../file", "") < 0);
}

/* ---- Time ---- */

static void test_a_lease_runs_by_the_clock(void **state)
{
    (void)state;
    task_add("{\"id\":\"t1\",\"title\":\"a\"}");
    assert_ok(w1, society_task_claim(w1, "t1", 10 * MINUTE, NULL));
    assert_refused(w2, society_task_claim(w2, "t1", 0, NULL), SOCIETY_E_HELD, "w1");
    assert_int_equal(society_test_advance(test, 10 * MINUTE - 1), 0);
    assert_refused(w2, society_task_claim(w2, "t1", 0, NULL), SOCIETY_E_HELD, "w1");
    assert_int_equal(society_test_advance(test, 1), 0);
    assert_ok(w2, society_task_claim(w2, "t1", 0, NULL));
}

/* How many tasks an agent could take over, and the first of them. */
static int64_t abandoned(society *s, char ret_first[16])
{
    society_list *list;

    ret_first[0] = '\0';
    assert_ok(s, society_tasks(s, SOCIETY_TASKS_ABANDONED, NULL, &list));
    int64_t count = society_list_count(list);
    if (count > 0)
        snprintf(ret_first, 16, "%s", member_text(society_list_item(list, 0), "id"));
    society_list_free(list);
    return count;
}

static void test_the_abandoned_are_listed_as_they_would_be_claimed(void **state)
{
    char first[16];

    (void)state;
    task_add("{\"id\":\"t1\",\"title\":\"a\"}");
    task_add("{\"id\":\"t2\",\"title\":\"b\",\"priority\":0}");
    task_add("{\"id\":\"t3\",\"title\":\"c\",\"role\":\"other\"}");
    assert_ok(w1, society_task_claim(w1, "t1", 10 * MINUTE, NULL));
    assert_ok(w1, society_task_claim(w1, "t2", 10 * MINUTE, NULL));
    assert_int_equal(abandoned(w2, first), 0);
    assert_int_equal(society_test_advance(test, 10 * MINUTE), 0);
    assert_int_equal(abandoned(w2, first), 2);
    assert_string_equal(first, "t2");
    assert_int_equal(abandoned(w1, first), 0); /* its own */
    assert_ok(w1, society_task_change(w1, "t2", "renew", NULL, SOCIETY_NO_TOKEN));
    assert_int_equal(abandoned(w2, first), 1);
    assert_string_equal(first, "t1");
    assert_refused(w2, society_tasks(w2, SOCIETY_TASKS_ABANDONED | SOCIETY_TASKS_READY, NULL, NULL),
                   SOCIETY_E_INVALID, "more than one of");
}

static void test_waiting_moves_the_clock(void **state)
{
    society_tail *tail;

    (void)state;
    int64_t then = society_test_now(test);
    assert_ok(w1, society_tail_open(w1, "messages", SOCIETY_FROM_CURSOR, 0, &tail));
    assert_int_equal(society_tail_wait(tail, 3600000), 0);
    assert_true(society_test_now(test) == then + 3600000);
    member_send(lead, "w1", "a");
    assert_int_equal(society_tail_wait(tail, -1), 1);
    assert_true(society_test_now(test) == then + 3600000);
    assert_string_equal(member_take(tail), "a");
}

static void test_waiting_for_a_lease_moves_it_so_far(void **state)
{
    (void)state;
    task_add("{\"id\":\"t1\",\"title\":\"a\"}");
    assert_ok(w1, society_task_claim(w1, "t1", 10 * MINUTE, NULL));
    int64_t then = society_test_now(test);
    assert_ok(w2, society_task_claim_wait(w2, "t1", 0, -1, NULL));
    assert_in_range(society_test_now(test) - then, 10 * MINUTE, 10 * MINUTE + 100);
}

static void test_waiting_for_ever_is_noticed(void **state)
{
    society_tail *tail;
    society_mutex *held;

    (void)state;
    assert_ok(w1, society_tail_open(w1, "messages", SOCIETY_FROM_CURSOR, 0, &tail));
    assert_int_equal(society_tail_wait(tail, -1), -EDEADLK);
    assert_ok(w1, society_mutex_lock(w1, "gc", 0, &held));
    assert_int_equal(society_mutex_lock(w2, "gc", -1, &held), -EDEADLK);
    assert_ok(w1, society_join(w1));
    assert_ok(w1, society_own_acquire(w1, "[\"src/**\"]", 0, NULL, 0, NULL));
    assert_ok(w2, society_join(w2));
    assert_int_equal(society_own_acquire(w2, "[\"src/a\"]", 0, NULL, -1, NULL), -EDEADLK);
    society_mutex_unlock(held);
}

static void test_records_have_its_time(void **state)
{
    (void)state;
    member_send(lead, "w1", "a");
    assert_int_equal(society_test_advance(test, 90 * MINUTE), 0);
    member_send(lead, "w1", "b");
    assert_non_null(strstr(simulated_text("messages.jsonl"), "\"2026-02-10T10:00:00.000Z\""));
    assert_non_null(strstr(simulated_text("messages.jsonl"), "\"2026-02-10T11:30:00.000Z\""));
}

static void test_presence_is_told(void **state)
{
    society_tail *tail;

    (void)state;
    assert_ok(w2, society_tail_open(w2, "presence", 0, 0, &tail));
    assert_ok(w1, society_join(w1));
    assert_true(member_await_presence(tail, "w1", true));
    int64_t then = society_test_now(test);
    assert_int_equal(society_test_kill(test, "w1"), 0);
    assert_true(member_await_presence(tail, "w1", false));
    assert_true(society_test_now(test) == then);
    w1 = simulated_agent("w1");
    assert_ok(w1, society_join(w1));
    assert_true(member_await_presence(tail, "w1", true));
    assert_ok(w1, society_part(w1));
    assert_true(member_await_presence(tail, "w1", false));
}

static void test_short_calls_are_seen_for_a_while(void **state)
{
    society_tail *tail;
    const char *record;

    (void)state;
    member_send(w1, "lead", "a");
    assert_int_equal(society_online(lead, "w1"), 1);
    assert_ok(w2, society_tail_open(w2, "presence", 0, 0, &tail));
    assert_true(member_await_presence(tail, "w1", true));
    assert_int_equal(society_test_advance(test, 119 * 1000), 0);
    assert_int_equal(society_tail_next(tail, &record, NULL), 0);
    assert_int_equal(society_online(lead, "w1"), 1);
    assert_int_equal(society_test_advance(test, 2000), 0);
    assert_true(member_await_presence(tail, "w1", false));
    assert_int_equal(society_online(lead, "w1"), 0);
}

/* ---- The rest of the library ---- */

static void test_reservations(void **state)
{
    (void)state;
    assert_ok(w1, society_join(w1));
    assert_ok(w1, society_own_acquire(w1, "[\"src/**\"]", 0, NULL, 0, NULL));
    assert_int_equal(society_own_check(w2, "[\"src/login.c\"]", NULL), 1);
    int64_t then = society_test_now(test);
    assert_refused(w2, society_own_acquire(w2, "[\"src/login.c\"]", 0, NULL, 30000, NULL),
                   SOCIETY_E_TIMEOUT, "w1");
    assert_true(society_test_now(test) == then + 30000);
    assert_int_equal(society_test_kill(test, "w1"), 0);
    assert_ok(w2, society_own_acquire(w2, "[\"src/login.c\"]", 0, NULL, 0, NULL));
}

static void test_rotation_and_compaction(void **state)
{
    society_tail *tail;
    society_list *logs;

    (void)state;
    assert_ok(w2, society_tail_open(w2, "messages", SOCIETY_FROM_START, 0, &tail));
    member_send(lead, "w2", "a");
    task_add("{\"id\":\"t1\",\"title\":\"a\"}");
    task_add("{\"id\":\"t2\",\"title\":\"b\"}");
    task_claim(w1, "t1");
    assert_int_equal(society_compact(lead, NULL, SOCIETY_COMPACT_FORCE, NULL), 2);
    assert_non_null(simulated_text("archive/messages-0.jsonl"));
    assert_non_null(strstr(simulated_text("archive/tasks-0.jsonl"), "log_sealed"));
    assert_non_null(strstr(simulated_text("tasks.jsonl"), "log_segment"));
    member_send(w1, "w2", "b");
    assert_ok(w1, task_change(w1, "t1", "complete", NULL));
    assert_string_equal(member_await(tail, 2), "a b");
    assert_string_equal(task_ids(w2, 0, "done"), "t1");
    assert_string_equal(task_ids(w2, SOCIETY_TASKS_READY, NULL), "t2");
    assert_int_equal(society_check(lead, 0, &logs), 0);
    society_list_free(logs);
}

static void test_foreign_writers(void **state)
{
    society_tail *tail;
    society_list *logs;

    (void)state;
    assert_ok(w1, society_tail_open(w1, "messages", SOCIETY_FROM_START, 0, &tail));
    assert_int_equal(society_test_append(test, "messages.jsonl",
                                         "{\"from\":\"user\",\"to\":\"w1\",\"id\":\"a\"}\n{\"to"),
                     0);
    member_send(lead, "w1", "b");
    assert_string_equal(member_take(tail), "a b");
    assert_int_equal(society_check(lead, 0, &logs), 1);
    society_list_free(logs);
}

static void test_configuration(void **state)
{
    society *s;

    (void)state;
    assert_int_equal(
        society_test_write(test, "project.json", "{\"leaseSeconds\":5,\"lockFiles\":false}"), 0);
    society_test_kill(test, "w1");
    w1 = simulated_agent("w1");
    task_add("{\"id\":\"t1\",\"title\":\"a\"}");
    char *claim;
    assert_ok(w1, society_task_claim(w1, "t1", 0, &claim));
    assert_string_equal(member_field(claim, "leaseMs"), "5000");
    society_free(claim);
    assert_null(simulated_text("locks/task-claim-t1.lock"));
    assert_int_equal(society_test_write(test, "project.json", "{"), 0);
    assert_int_equal(society_test_open(test, "w3", &s), SOCIETY_E_FORMAT);
    assert_non_null(strstr(society_test_last_message(test), "line 1"));
}

static void test_attachments(void **state)
{
    char path[256], bytes[64];
    char *attachment;
    int32_t fd;

    (void)state;
    assert_int_equal(society_test_write(test, "cursors/plan.txt", "the plan"), 0);
    snprintf(path, sizeof path, "%s/cursors/plan.txt", society_dir(w1));
    assert_ok(w1, society_attach(w1, path, &attachment));
    const char *hash = member_text(attachment, "hash");
    assert_ok(w2, society_attachment_open(w2, hash, &fd));
    assert_int_equal(read(fd, bytes, sizeof bytes), 8);
    assert_memory_equal(bytes, "the plan", 8);
    close(fd);
    society_free(attachment);
}

static void test_a_poll_loop(void **state)
{
    society_tail *tail;

    (void)state;
    assert_ok(w1, society_tail_open(w1, "messages", SOCIETY_FROM_END, 0, &tail));
    assert_string_equal(member_take(tail), "");
    struct pollfd fd = {.fd = society_tail_fd(tail), .events = POLLIN};
    assert_int_equal(poll(&fd, 1, 0), 0);
    member_send(lead, "w1", "a");
    assert_int_equal(poll(&fd, 1, 0), 1);
    assert_string_equal(member_take(tail), "a");
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, simulated_setup, simulated_teardown)
    const struct CMUnitTest tests[] = {
        TEST(test_the_dead_lose_at_once_what_they_held),
        TEST(test_a_killed_one_writes_nothing),
        TEST(test_stopped_is_not_dead),
        TEST(test_two_processes_of_one_agent_exclude_each_other),
        TEST(test_turns),
        TEST(test_an_agent_returns),
        TEST(test_an_agent_may_end_in_good_order),
        TEST(test_a_dead_ones_mutex_is_free),
        TEST(test_what_is_refused),
        TEST(test_a_lease_runs_by_the_clock),
        TEST(test_the_abandoned_are_listed_as_they_would_be_claimed),
        TEST(test_waiting_moves_the_clock),
        TEST(test_waiting_for_a_lease_moves_it_so_far),
        TEST(test_waiting_for_ever_is_noticed),
        TEST(test_records_have_its_time),
        TEST(test_presence_is_told),
        TEST(test_short_calls_are_seen_for_a_while),
        TEST(test_reservations),
        TEST(test_rotation_and_compaction),
        TEST(test_foreign_writers),
        TEST(test_configuration),
        TEST(test_attachments),
        TEST(test_a_poll_loop),
    };

    return cmocka_run_group_tests_name("testing", tests, NULL, NULL);
}
