/* SPDX-License-Identifier: MIT */
/* Bells when something fails: a message that stands in the log wakes its addressee all the same. */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include "harness/files.h"
#include "harness/internal/faults_pair.h"
#include "harness/unit.h"

#define DEADLINE_MS 10000
#define LINE "{\"from\":\"user\",\"to\":\"w2\",\"content\":\"hello\"}\n"

static society_tail *tail; /* of w2 */
static const char *record;

static bool is_readable(int timeout_ms)
{
    struct pollfd fd = {.fd = society_tail_fd(tail), .events = POLLIN};
    return poll(&fd, 1, timeout_ms) == 1;
}

static void settle(void)
{
    do {
        assert_int_equal(society_tail_next(tail, &record, NULL), 0);
    } while (is_readable(0));
}

static int setup(void **state)
{
    faults_pair_setup(state);
    member_send(w1, "nobody", "first");
    assert_int_equal(society_tail_open(w2, "messages", SOCIETY_FROM_END, 0, &tail), 0);
    settle();
    return 0;
}

/* Of the calls of a send the openings are the bell, and then the log for all to hear. */
static void test_no_descriptor_is_left(void **state)
{
    (void)state;
    faults_from(FAULT_OPENAT2, 1, EMFILE);
    assert_int_equal(society_send(w1, "{\"to\":\"w2\",\"content\":1}", NULL), 0);
    faults_reset();
    assert_true(is_readable(0));
    assert_int_equal(society_tail_next(tail, &record, NULL), 1);
    settle();
    /* The log was closed for it, and is opened again. */
    assert_int_equal(society_send(w1, "{\"to\":\"w2\",\"content\":2}", NULL), 0);
    assert_true(is_readable(0));
}

static void test_the_bell_alone_fails(void **state)
{
    (void)state;
    faults_at(FAULT_OPENAT2, 1, EACCES);
    assert_int_equal(society_send(w1, "{\"to\":\"w2\",\"content\":1}", NULL), 0);
    assert_true(is_readable(0));
}

/* Where none can be hung every write is minded, as of a directory that is not to be written. */
static void test_no_bell_can_be_hung(void **state)
{
    (void)state;
    society_tail_close(tail);
    assert_int_equal(unlink(member_path("bells/w2")), 0);
    faults_from(FAULT_OPENAT2, 2, EROFS); /* behind the log's own */
    assert_int_equal(society_tail_open(w2, "messages", SOCIETY_FROM_END, 0, &tail), 0);
    faults_reset();
    settle();
    assert_false(file_exists(member_path("bells/w2")));
    int fd = open(member_path("messages.jsonl"), O_WRONLY | O_APPEND | O_CLOEXEC);
    assert_int_equal(write(fd, LINE, sizeof LINE - 1), sizeof LINE - 1);
    assert_true(is_readable(0));
    close(fd);
}

static void die(void *data)
{
    (void)data;
    raise(SIGKILL);
}

/* Killed between the write and the bell: its descriptor of the log is closed, and that is heard. */
static void test_the_writer_is_killed(void **state)
{
    int status;
    (void)state;
    pid_t pid = fork();
    if (pid == 0) {
        society *s = member_open("w3");
        if (society_send(s, "{\"to\":\"nobody\",\"content\":1}", NULL) < 0)
            _exit(1);
        faults_reset();
        faults_hook(FAULT_OPENAT2, 1, die, NULL);
        society_send(s, "{\"to\":\"w2\",\"content\":1}", NULL);
        _exit(2);
    }
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_true(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
    assert_true(is_readable(0));
    assert_int_equal(society_tail_next(tail, &record, NULL), 1);
}

/* A bell that was taken away is hung again a minute later. */
static void test_another_bell(void **state)
{
    (void)state;
    assert_int_equal(unlink(member_path("bells/w2")), 0);
    settle();
    faults_clock_move(59000);
    settle();
    assert_false(file_exists(member_path("bells/w2")));
    faults_clock_move(2000);
    settle();
    assert_true(file_exists(member_path("bells/w2")));
    assert_int_equal(society_send(w1, "{\"to\":\"w3\",\"content\":1}", NULL), 0);
    assert_false(is_readable(0));
    assert_int_equal(society_send(w1, "{\"to\":\"w2\",\"content\":2}", NULL), 0);
    assert_true(is_readable(0));
}

/* A writer that keeps the file open is minded, and forgotten when it has been silent for a minute. */
static void test_silence(void **state)
{
    (void)state;
    int fd = open(member_path("messages.jsonl"), O_WRONLY | O_APPEND | O_CLOEXEC);
    assert_int_equal(write(fd, LINE, sizeof LINE - 1), sizeof LINE - 1);
    assert_false(is_readable(0));
    assert_true(is_readable(DEADLINE_MS));
    assert_int_equal(society_tail_next(tail, &record, NULL), 1);
    settle();
    faults_clock_move(50000);
    assert_int_equal(write(fd, LINE, sizeof LINE - 1), sizeof LINE - 1);
    assert_true(is_readable(0));
    assert_int_equal(society_tail_next(tail, &record, NULL), 1);
    settle();
    faults_clock_move(50000);
    settle();
    assert_int_equal(society_send(w1, "{\"to\":\"w3\",\"content\":1}", NULL), 0);
    assert_true(is_readable(0)); /* still */
    settle();
    faults_clock_move(11000);
    settle();
    assert_int_equal(society_send(w1, "{\"to\":\"w3\",\"content\":2}", NULL), 0);
    assert_false(is_readable(0));
    assert_int_equal(society_send(w1, "{\"to\":\"w2\",\"content\":3}", NULL), 0);
    assert_true(is_readable(0));
    close(fd);
}

static void slip_in(void *data)
{
    (void)data;
    append_text(member_path("messages.jsonl"), LINE);
}

/* What told of the line was taken in before the line was read: its writer keeps nothing open, though the
 * clock is what goes off next. */
static void test_a_line_behind_its_event(void **state)
{
    (void)state;
    society_tail_close(tail);
    assert_int_equal(society_tail_open(w2, "messages", SOCIETY_FROM_END, 0, &tail), 0);
    assert_int_equal(society_tail_next(tail, &record, NULL), 0);
    faults_hook(FAULT_STATX, 1, slip_in, NULL); /* at the end, before the watch is asked */
    assert_int_equal(society_tail_next(tail, &record, NULL), 1);
    assert_int_equal(society_tail_next(tail, &record, NULL), 0);
    assert_int_equal(society_tail_wait(tail, 1500), 0); /* more than a round of the clock */
    assert_int_equal(society_send(w1, "{\"to\":\"w3\",\"content\":1}", NULL), 0);
    assert_false(is_readable(0));
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, faults_pair_teardown)
    const struct CMUnitTest tests[] = {
        TEST(test_no_descriptor_is_left),
        TEST(test_the_bell_alone_fails),
        TEST(test_no_bell_can_be_hung),
        TEST(test_the_writer_is_killed),
        TEST(test_another_bell),
        TEST(test_silence),
        TEST(test_a_line_behind_its_event),
    };

    return cmocka_run_group_tests_name("bells under faults", tests, NULL, NULL);
}
