/* SPDX-License-Identifier: MIT */
/*
 * A tail's descriptor in every kind of loop: poll, select, epoll level- and edge-triggered, and one
 * callback for each iteration as in libuv.
 */
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/select.h>
#include <unistd.h>

#include "harness/pair.h"
#include "harness/unit.h"

#define DEADLINE_MS 10000

static society_tail *tail;
static const char *record;
static int epoll;

static int setup(void **state)
{
    pair_setup(state);
    if (society_tail_open(w2, "messages", SOCIETY_FROM_END, 0, &tail) < 0)
        return -1;
    epoll = epoll_create1(EPOLL_CLOEXEC);
    return epoll < 0 ? -1 : 0;
}

static int teardown(void **state)
{
    close(epoll);
    return pair_teardown(state);
}

static bool is_readable(int timeout_ms)
{
    struct pollfd fd = {.fd = society_tail_fd(tail), .events = POLLIN};

    return poll(&fd, 1, timeout_ms) == 1 && fd.revents == POLLIN;
}

/* Until the tail has said that there is nothing, and the descriptor agrees. */
static void settle(void)
{
    while (is_readable(0))
        assert_int_equal(society_tail_next(tail, &record, NULL), 0);
}

static void send_many(int count)
{
    char id[16];

    for (int i = 0; i < count; i++) {
        snprintf(id, sizeof(id), "m%d", i);
        member_send(w1, "w2", id);
    }
}

static void test_one_record_for_each_poll(void **state)
{
    int given = 0;

    (void)state;
    settle();
    send_many(10);
    /* Level-triggered: readable as long as there may be something. */
    while (given < 10) {
        assert_true(is_readable(DEADLINE_MS));
        given += society_tail_next(tail, &record, NULL);
    }
    assert_string_equal(member_text(record, "id"), "m9");
    settle();
    assert_false(is_readable(0));
}

static void test_select(void **state)
{
    int fd = society_tail_fd(tail);
    int given = 0;

    (void)state;
    settle();
    send_many(3);
    while (given < 3) {
        struct timeval timeout = {.tv_sec = DEADLINE_MS / 1000};
        fd_set set;

        FD_ZERO(&set);
        FD_SET(fd, &set);
        assert_int_equal(select(fd + 1, &set, NULL, NULL, &timeout), 1);
        given += society_tail_next(tail, &record, NULL);
    }
}

static void add_to_epoll(uint32_t events)
{
    struct epoll_event event = {.events = events};

    assert_int_equal(epoll_ctl(epoll, EPOLL_CTL_ADD, society_tail_fd(tail), &event), 0);
}

static void test_one_callback_for_each_iteration(void **state)
{
    struct epoll_event event;
    int given = 0;

    (void)state;
    add_to_epoll(EPOLLIN);
    settle();
    send_many(7);
    while (given < 7) {
        assert_int_equal(epoll_wait(epoll, &event, 1, DEADLINE_MS), 1);
        given += society_tail_next(tail, &record, NULL);
    }
    settle();
    assert_int_equal(epoll_wait(epoll, &event, 1, 0), 0);
}

static void test_edge_triggered(void **state)
{
    struct epoll_event event;
    int given = 0;

    (void)state;
    add_to_epoll(EPOLLIN | EPOLLET);
    settle();
    for (int round = 0; round < 5; round++) {
        char id[32];

        snprintf(id, sizeof(id), "round%d", round);
        member_send(w1, "w2", id);
        while (given <= round) {
            assert_int_equal(epoll_wait(epoll, &event, 1, DEADLINE_MS), 1);
            while (society_tail_next(tail, &record, NULL) == 1)
                given++;
        }
    }
    assert_int_equal(given, 5);
}

static void test_a_wake_makes_it_readable(void **state)
{
    (void)state;
    settle();
    assert_false(is_readable(0));
    assert_int_equal(society_tail_wake(tail), 0);
    assert_true(is_readable(0));
    assert_int_equal(society_tail_wait(tail, -1), SOCIETY_E_WOKEN);
    assert_int_equal(society_tail_wait(tail, 0), 0);
    settle();
    /* Once, however often it was called. */
    society_tail_wake(tail);
    society_tail_wake(tail);
    assert_int_equal(society_tail_wait(tail, -1), SOCIETY_E_WOKEN);
    assert_int_equal(society_tail_wait(tail, 0), 0);
}

static void test_waiting_leaves_the_record(void **state)
{
    (void)state;
    send_many(2);
    assert_int_equal(society_tail_wait(tail, DEADLINE_MS), 1);
    assert_int_equal(society_tail_wait(tail, DEADLINE_MS), 1);
    assert_true(is_readable(0));
    assert_string_equal(member_take(tail), "m0 m1");
    assert_int_equal(society_tail_wait(tail, 3), 0);
}

static void test_two_tails_in_one_loop(void **state)
{
    society_tail *other;
    struct pollfd fds[2];

    (void)state;
    assert_int_equal(society_tail_open(w2, "messages", SOCIETY_FROM_END, 0, &other), 0);
    settle();
    while (society_tail_wait(other, 0) == 1)
        society_tail_next(other, &record, NULL);
    send_many(1);
    /* Whichever is asked first: the other stays readable. */
    assert_string_equal(member_await(tail, 1), "m0");
    fds[0] = (struct pollfd){.fd = society_tail_fd(other), .events = POLLIN};
    assert_int_equal(poll(fds, 1, DEADLINE_MS), 1);
    assert_string_equal(member_take(other), "m0");
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
    const struct CMUnitTest tests[] = {
        TEST(test_one_record_for_each_poll),        TEST(test_select),
        TEST(test_one_callback_for_each_iteration), TEST(test_edge_triggered),
        TEST(test_a_wake_makes_it_readable),        TEST(test_waiting_leaves_the_record),
        TEST(test_two_tails_in_one_loop),
    };

    return cmocka_run_group_tests_name("poll_loops", tests, NULL, NULL);
}
