/* SPDX-License-Identifier: MIT */
/*
 * Who is woken by what. A message wakes the agents that it is for and lets the others sleep, and a line that
 * came past the library wakes everybody. "At once" is: the descriptor is readable when the call that wrote has
 * returned, for the kernel queues its events before that.
 */
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "harness/files.h"
#include "harness/pair.h"
#include "harness/unit.h"

#define DEADLINE_MS 10000
#define LINE "{\"from\":\"user\",\"to\":\"w2\",\"content\":\"hello\"}\n"

static society_tail *tail; /* of w2 */

static bool is_readable(int timeout_ms)
{
    struct pollfd fd = {.fd = society_tail_fd(tail), .events = POLLIN};
    return poll(&fd, 1, timeout_ms) == 1;
}

/* Until there is nothing, and the descriptor agrees. */
static void settle(void)
{
    const char *record;
    do {
        assert_int_equal(society_tail_next(tail, &record, NULL), 0);
    } while (is_readable(0));
}

static void listen(const char *log, uint32_t flags)
{
    society_tail_close(tail);
    assert_int_equal(society_tail_open(w2, log, SOCIETY_FROM_END, flags, &tail), 0);
    settle();
}

static int setup(void **state)
{
    tail = NULL;
    pair_setup(state);
    member_send(w1, "nobody", "first"); /* so that the log is there */
    listen("messages", 0);
    return 0;
}

static void put(const char *message)
{
    assert_int_equal(society_send(w1, message, NULL), 0);
}

/* What is sent wakes w2 at once and is given; then it sleeps again. */
static void wakes(const char *message)
{
    const char *record;
    put(message);
    assert_true(is_readable(0));
    assert_int_equal(society_tail_next(tail, &record, NULL), 1);
    settle();
}

static void lets_sleep(const char *message)
{
    put(message);
    assert_false(is_readable(0));
}

static void test_one_by_name(void **state)
{
    (void)state;
    wakes("{\"to\":\"w2\",\"content\":1}");
    lets_sleep("{\"to\":\"w3\",\"content\":1}");
    lets_sleep("{\"to\":\"w1\",\"content\":1}");
    wakes("{\"to\":[\"w3\",\"w2\"],\"content\":1}");
    lets_sleep("{\"to\":[\"w3\",\"w1\"],\"content\":1}");
    wakes("{\"to\":\"w\\u0032\",\"content\":1}");
}

static void test_many(void **state)
{
    (void)state;
    wakes("{\"to\":\"all\",\"content\":1}");
    wakes("{\"to\":\"broadcast\",\"content\":1}");
    wakes("{\"to\":[\"w3\",\"all\"],\"content\":1}");
    assert_int_equal(society_register(w2, "{\"role\":\"tester\"}"), 0);
    wakes("{\"to\":\"role:tester\",\"content\":1}");
    assert_int_equal(society_register(w1, "{\"supervisor\":\"w2\"}"), 0);
    wakes("{\"to\":\"supervisor\",\"content\":1}");
}

static void test_several_in_one_transaction(void **state)
{
    const char *record;
    (void)state;
    assert_int_equal(society_send_lines(w1,
                                        "{\"to\":\"w3\",\"content\":1}\n\n"
                                        "{\"to\":\"w1\",\"content\":2}\n",
                                        NULL),
                     2);
    assert_false(is_readable(0));
    assert_int_equal(society_send_lines(w1,
                                        "{\"to\":\"w3\",\"content\":1}\n"
                                        "{\"to\":\"w2\",\"content\":2}\n"
                                        "{\"to\":\"w2\",\"content\":3}\n"
                                        "{\"to\":\"w1\",\"content\":4}\n",
                                        NULL),
                     4);
    assert_true(is_readable(0));
    assert_int_equal(society_tail_next(tail, &record, NULL), 1);
    assert_int_equal(society_tail_next(tail, &record, NULL), 1);
    settle();
}

static void test_a_foreign_writer_that_closes(void **state)
{
    const char *record;
    (void)state;
    append_text(member_path("messages.jsonl"), LINE);
    assert_true(is_readable(0));
    assert_int_equal(society_tail_next(tail, &record, NULL), 1);
    settle();
}

/* The first line is found by the clock. Then every write is minded. */
static void test_a_foreign_writer_that_does_not(void **state)
{
    const char *record;
    (void)state;
    int fd = open(member_path("messages.jsonl"), O_WRONLY | O_APPEND | O_CLOEXEC);
    assert_true(fd >= 0);
    assert_int_equal(write(fd, LINE, sizeof LINE - 1), sizeof LINE - 1);
    assert_false(is_readable(0));
    assert_true(is_readable(DEADLINE_MS));
    assert_int_equal(society_tail_next(tail, &record, NULL), 1);
    settle();
    for (int i = 0; i < 3; i++) {
        assert_int_equal(write(fd, LINE, sizeof LINE - 1), sizeof LINE - 1);
        assert_true(is_readable(0));
        assert_int_equal(society_tail_next(tail, &record, NULL), 1);
        settle();
    }
    close(fd);
}

static void test_who_listens_to_everything(void **state)
{
    (void)state;
    listen("messages", SOCIETY_TAIL_EVERYONE);
    wakes("{\"to\":\"w3\",\"content\":1}");
    listen("tasks", 0);
    assert_int_equal(society_tail_fd(tail) >= 0, 1);
    lets_sleep("{\"to\":\"w3\",\"content\":1}");
}

/* Both in one handle, whose watches are the kernel's for one file: neither takes the other's away. */
static void test_two_tails_of_one_handle(void **state)
{
    society_tail *everyone;
    const char *record;
    (void)state;
    assert_int_equal(
        society_tail_open(w2, "messages", SOCIETY_FROM_END, SOCIETY_TAIL_EVERYONE, &everyone), 0);
    listen("messages", 0);
    society_tail *own = tail;
    put("{\"to\":\"w3\",\"content\":1}");
    tail = everyone;
    assert_int_equal(society_tail_next(tail, &record, NULL), 1);
    wakes("{\"to\":\"w3\",\"content\":2}");
    society_tail_close(everyone);
    tail = own;
    settle();
    wakes("{\"to\":\"w2\",\"content\":3}");
}

/* Whoever cleans up takes the bell away, perhaps with the directory: no other stands in the way at once, and
 * nothing is missed. */
static void test_a_bell_that_is_removed(void **state)
{
    (void)state;
    assert_int_equal(unlink(member_path("bells/w2")), 0);
    assert_true(is_readable(0));
    settle();
    assert_false(file_exists(member_path("bells/w2")));
    wakes("{\"to\":\"w2\",\"content\":1}");
    wakes("{\"to\":\"w2\",\"content\":2}");
}

static void test_a_bell_that_is_moved(void **state)
{
    (void)state;
    assert_int_equal(rename(member_path("bells/w2"), member_path("bells/w9")), 0);
    assert_true(is_readable(0));
    settle();
    wakes("{\"to\":\"w2\",\"content\":1}");
    wakes("{\"to\":\"w2\",\"content\":2}");
}

/* What stands in the bell's place is not rung: all are told through the log. And whose bell it would be minds
 * every write. */
static void test_what_is_no_bell(void **state)
{
    (void)state;
    assert_int_equal(mkfifo(member_path("bells/w4"), 0600), 0);
    put("{\"to\":\"w4\",\"content\":1}");
    assert_true(is_readable(0));
    settle();
    assert_int_equal(unlink(member_path("bells/w2")), 0);
    assert_int_equal(symlink("../messages.jsonl", member_path("bells/w2")), 0);
    settle();
    wakes("{\"to\":\"w2\",\"content\":1}");
    wakes("{\"to\":\"w2\",\"content\":2}");
}

static void test_another_agent(void **state)
{
    (void)state;
    assert_int_equal(society_identify(w2, "w5"), 0);
    settle();
    wakes("{\"to\":\"w5\",\"content\":1}");
    lets_sleep("{\"to\":\"w2\",\"content\":1}");
}

static void test_across_a_rotation(void **state)
{
    (void)state;
    wakes("{\"to\":\"w2\",\"content\":1}");
    assert_int_equal(society_compact(w1, "messages", SOCIETY_COMPACT_FORCE, NULL), 1);
    settle();
    wakes("{\"to\":\"w2\",\"content\":1}");
    lets_sleep("{\"to\":\"w3\",\"content\":1}");
}

static void test_the_file(void **state)
{
    (void)state;
    assert_int_equal(file_mode(member_path("bells/w2")), 0600);
    assert_int_equal(file_mode(member_path("bells")), 0700);
    wakes("{\"to\":\"w2\",\"content\":1}");
    assert_int_equal(file_size(member_path("bells/w2")), 0);
    assert_false(file_exists(member_path("bells/w3"))); /* made by who listens alone */
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, pair_teardown)
    const struct CMUnitTest tests[] = {
        TEST(test_one_by_name),
        TEST(test_many),
        TEST(test_several_in_one_transaction),
        TEST(test_a_foreign_writer_that_closes),
        TEST(test_a_foreign_writer_that_does_not),
        TEST(test_who_listens_to_everything),
        TEST(test_two_tails_of_one_handle),
        TEST(test_a_bell_that_is_removed),
        TEST(test_a_bell_that_is_moved),
        TEST(test_what_is_no_bell),
        TEST(test_another_agent),
        TEST(test_across_a_rotation),
        TEST(test_the_file),
    };

    return cmocka_run_group_tests_name("bells", tests, NULL, NULL);
}
