/* SPDX-License-Identifier: MIT */
/*
 * Threads with a handle each, a handle that moves between threads, and wakes from elsewhere. The
 * thread sanitizer watches.
 */
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>

#include "harness/files.h"
#include "harness/member.h"
#include "harness/unit.h"

#define THREADS 4
#define MESSAGES 40

static void *send_and_receive(void *name)
{
    society *s = member_open(name);
    society_tail *tail;
    const char *record;
    char id[32];
    uintptr_t received = 0;

    if (society_tail_open(s, "messages", SOCIETY_FROM_START, 0, &tail) < 0)
        return NULL;
    for (int i = 0; i < MESSAGES; i++) {
        snprintf(id, sizeof(id), "%s-%d", (const char *)name, i);
        member_send(s, "all", id);
        if (i % 10 == 0)
            society_set_status(s, "busy", id);
    }
    while (received < (THREADS - 1) * MESSAGES && society_tail_wait(tail, 20000) == 1)
        while (society_tail_next(tail, &record, NULL) == 1)
            received++;
    society_tail_commit(tail);
    society_close(s);
    return (void *)received;
}

static void test_a_handle_each(void **state)
{
    static char names[THREADS][4] = {"t1", "t2", "t3", "t4"};
    pthread_t threads[THREADS];
    void *received;

    (void)state;
    for (int i = 0; i < THREADS; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, send_and_receive, names[i]), 0);
    for (int i = 0; i < THREADS; i++) {
        assert_int_equal(pthread_join(threads[i], &received), 0);
        assert_int_equal((uintptr_t)received, (THREADS - 1) * MESSAGES);
    }
    assert_int_equal(count_lines(member_path("messages.jsonl")), THREADS * MESSAGES);
}

struct moved {
    society *s;
    society_tail *tail;
    int turn;
};

static void *take_a_turn(void *argument)
{
    struct moved *moved = argument;
    char id[16];
    uintptr_t sound;

    snprintf(id, sizeof(id), "m%d", moved->turn);
    member_send(moved->s, "w1", id);
    sound = strcmp(member_await(moved->tail, 1), id) == 0;
    sound &= society_tail_commit(moved->tail) == 0;
    return (void *)sound;
}

static void test_a_handle_that_moves(void **state)
{
    struct moved moved = {.s = member_open("w1")};

    (void)state;
    assert_int_equal(society_tail_open(moved.s, "messages", SOCIETY_FROM_END, 0, &moved.tail), 0);
    for (; moved.turn < 5; moved.turn++) {
        pthread_t thread;
        void *sound;

        assert_int_equal(pthread_create(&thread, NULL, take_a_turn, &moved), 0);
        assert_int_equal(pthread_join(thread, &sound), 0);
        assert_non_null(sound);
    }
    society_close(moved.s);
}

static atomic_bool ended;

static void *wake(void *tail)
{
    /* Before, during and after the wait. */
    while (!atomic_load(&ended))
        if (society_tail_wake(tail) < 0)
            return tail;
    return NULL;
}

static void test_a_wake_from_another_thread(void **state)
{
    society *s = member_open("w1");
    society_tail *tail;
    pthread_t thread;
    void *failed;

    (void)state;
    assert_int_equal(society_tail_open(s, "messages", SOCIETY_FROM_END, 0, &tail), 0);
    atomic_store(&ended, false);
    assert_int_equal(pthread_create(&thread, NULL, wake, tail), 0);
    for (int i = 0; i < 100; i++)
        assert_int_equal(society_tail_wait(tail, 20000), SOCIETY_E_WOKEN);
    atomic_store(&ended, true);
    assert_int_equal(pthread_join(thread, &failed), 0);
    assert_null(failed);
    society_close(s);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, member_setup, member_teardown)
    const struct CMUnitTest tests[] = {
        TEST(test_a_handle_each),
        TEST(test_a_handle_that_moves),
        TEST(test_a_wake_from_another_thread),
    };

    return cmocka_run_group_tests_name("threads", tests, NULL, NULL);
}
