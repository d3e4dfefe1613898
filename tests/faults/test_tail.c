/* SPDX-License-Identifier: MIT */
/* Tails under faults: what is opened at all, what is repeated, and that no error loses a record. */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <unistd.h>

#include "crc32c.h"
#include "handle.h"
#include "harness/files.h"
#include "harness/internal/faults_pair.h"
#include "harness/internal/memory.h"
#include "harness/unit.h"

static society_tail *tail;
static const char *record;

static int setup(void **state)
{
    tail = NULL;
    return faults_pair_setup(state);
}

static void open_tail(const char *log, int64_t position, uint32_t flags)
{
    int result = society_tail_open(w2, log, position, flags, &tail);

    if (result < 0)
        fail_msg("%s", society_last_message(w2));
}

static void test_arguments(void **state)
{
    society *nobody = member_open(NULL);

    (void)state;
    assert_int_equal(society_tail_open(w2, "nothing", 0, 0, &tail), SOCIETY_E_INVALID);
    assert_string_equal(society_last_message(w2), "there is no log \"nothing\"");
    assert_int_equal(society_tail_open(w2, NULL, 0, 0, &tail), SOCIETY_E_INVALID);
    assert_int_equal(society_tail_open(w2, "messages", 0, 64, &tail), SOCIETY_E_INVALID);
    assert_int_equal(
        society_tail_open(w2, "messages", 0, SOCIETY_TAIL_EVERYONE | SOCIETY_TAIL_RECEIPTS, &tail),
        SOCIETY_E_INVALID);
    assert_int_equal(society_tail_open(w2, "messages", -4, 0, &tail), SOCIETY_E_INVALID);
    for (int i = 0; i < 2; i++) { /* without a log, and with a short one */
        assert_int_equal(society_tail_open(w2, "messages", 99999, 0, &tail), SOCIETY_E_INVALID);
        assert_string_equal(society_last_message(w2),
                            "position 99999 is behind the end of messages.jsonl");
        member_send(w1, "w2", "a");
    }
    assert_int_equal(society_tail_open(nobody, "messages", 0, 0, &tail), SOCIETY_E_NO_AGENT);
    assert_null(tail);
    assert_int_equal(society_tail_open(nobody, "messages", 0, SOCIETY_TAIL_EVERYONE, &tail), 0);
    assert_int_equal(society_tail_commit(tail), SOCIETY_E_NO_AGENT);
    society_tail_close(tail);
    society_tail_close(NULL);
    society_close(nobody);
    open_tail("tasks", SOCIETY_FROM_CURSOR, 0);
    assert_int_equal(society_tail_commit(tail), SOCIETY_E_INVALID);
    assert_string_equal(society_last_message(w2), "only a tail of messages has a cursor");
}

static void test_where_to_begin(void **state)
{
    int64_t position;

    (void)state;
    member_send(w1, "w2", "a");
    member_send(w1, "w3", "b");
    member_send(w1, "w2", "c");
    open_tail("messages", SOCIETY_FROM_START, 0);
    assert_string_equal(member_take(tail), "a c");
    position = society_tail_position(tail);
    assert_int_equal(position, file_size(member_path("messages.jsonl")));
    society_tail_close(tail);
    open_tail("messages", SOCIETY_FROM_CURSOR, 0);
    assert_int_equal(society_tail_next(tail, &record, &position), 1);
    assert_int_equal(position, 0);
    assert_int_equal(society_tail_commit(tail), 0);
    society_tail_close(tail);
    open_tail("messages", SOCIETY_FROM_CURSOR, 0);
    assert_string_equal(member_take(tail), "c");
    assert_null(society_tail_incident(tail));
    society_tail_close(tail);
    open_tail("messages", 0, SOCIETY_TAIL_EVERYONE);
    assert_string_equal(member_take(tail), "a b c");
    society_tail_close(tail);
    open_tail("messages", SOCIETY_FROM_END, 0);
    assert_string_equal(member_take(tail), "");
    member_send(w1, "w2", "d");
    assert_string_equal(member_await(tail, 1), "d");
}

static void test_without_memory_for_descriptors(void **state)
{
    struct rlimit before;
    struct rlimit few;

    (void)state;
    assert_int_equal(getrlimit(RLIMIT_NOFILE, &before), 0);
    few = before;
    member_send(w1, "w2", "a");
    /* One more descriptor each time, until it is enough: no failure leaves anything behind. */
    few.rlim_cur = count_descriptors();
    for (int i = 0; i < 20 && !tail; i++, few.rlim_cur++) {
        int result;

        assert_int_equal(setrlimit(RLIMIT_NOFILE, &few), 0);
        result = society_tail_open(w2, "messages", 0, 0, &tail);
        assert_int_equal(setrlimit(RLIMIT_NOFILE, &before), 0);
        if (result < 0)
            assert_int_equal(result, -EMFILE);
    }
    assert_non_null(tail);
    assert_string_equal(member_take(tail), "a");
    society_tail_close(tail);
    /* The instance of inotify stays with the handle. */
    open_tail("presence", 0, 0);
}

static void test_opening_under_faults(void **state)
{
    (void)state;
    member_send(w1, "w2", "a");
    faults_at(FAULT_PREAD, 1, EIO);
    assert_int_equal(society_tail_open(w2, "messages", 0, 0, &tail), -EIO);
    open_tail("messages", 0, 0);
    society_tail_next(tail, &record, NULL);
    assert_int_equal(society_tail_commit(tail), 0);
    society_tail_close(tail);
    faults_at(FAULT_PREAD, 1, EIO);
    assert_int_equal(society_tail_open(w2, "messages", SOCIETY_FROM_CURSOR, 0, &tail), -EIO);
}

static void test_a_damaged_cursor(void **state)
{
    (void)state;
    member_send(w1, "w2", "a");
    write_text(member_path("cursors/w2.json"), "{\"log\":\"messages\",");
    open_tail("messages", SOCIETY_FROM_CURSOR, 0);
    assert_string_equal(member_take(tail), "a");
    assert_non_null(strstr(society_tail_incident(tail), "cursors/w2.json: line 1, column"));
    assert_null(society_tail_incident(tail));
    assert_int_equal(society_tail_commit(tail), 0);
    society_tail_close(tail);
    open_tail("messages", SOCIETY_FROM_CURSOR, 0);
    assert_string_equal(member_take(tail), "");
    assert_null(society_tail_incident(tail));
}

static void test_reading_again_after_an_error(void **state)
{
    (void)state;
    open_tail("messages", SOCIETY_FROM_START, 0);
    assert_string_equal(member_take(tail), "");
    member_send(w1, "w2", "a");
    faults_at(FAULT_PREAD, 1, EIO);
    assert_int_equal(society_tail_next(tail, &record, NULL), -EIO);
    assert_string_equal(member_take(tail), "a");
    member_send(w1, "w2", "b");
    faults_at(FAULT_PREAD, 1, EIO);
    assert_int_equal(society_tail_wait(tail, 1000), -EIO);
    assert_string_equal(member_await(tail, 1), "b");
}

static void test_no_error_of_the_registry_loses_a_message(void **state)
{
    (void)state;
    assert_int_equal(society_register(w2, "{\"role\":\"tester\"}"), 0);
    open_tail("messages", SOCIETY_FROM_START, 0);
    assert_string_equal(member_take(tail), "");
    member_send(w1, "role:tester", "a");
    member_send(w1, "w2", "b");
    append_text(member_path("registry.jsonl"), "{\"agentId\":\"w9\",\"role\":\"x\"}\n");
    faults_at(FAULT_PREAD, 2, EIO); /* the first reads the message, the second the registry */
    assert_int_equal(society_tail_next(tail, &record, NULL), -EIO);
    assert_int_equal(society_tail_commit(tail), 0);
    assert_string_equal(member_take(tail), "a b");
}

static void test_no_error_of_the_receipts_loses_a_message(void **state)
{
    (void)state;
    member_send(w1, "w2", "a");
    open_tail("messages", SOCIETY_FROM_START, SOCIETY_TAIL_RECEIPTS);
    assert_string_equal(member_take(tail), "a");
    assert_int_equal(society_tail_commit(tail), 0);
    /* The log becomes another one, and the receipts can't be read at first. */
    write_text(member_path("messages.jsonl"), "");
    member_send(w1, "w2", "b");
    member_send(w1, "w2", "a");
    faults_at(FAULT_PREAD, 4, EIO);
    while (society_tail_next(tail, &record, NULL) == -EIO)
        assert_null(society_tail_incident(tail));
    assert_string_equal(member_text(record, "id"), "b");
    assert_string_equal(member_take(tail), "");
    assert_non_null(strstr(society_tail_incident(tail), "was truncated or rewritten"));
}

static void test_making_receipts(void **state)
{
    (void)state;
    member_send(w1, "w2", "a");
    member_send(w1, "w2", "b");
    append_text(member_path("messages.jsonl"),
                "{\"to\":\"w2\",\"from\":\"x\",\"content\":\"1\"}\n");
    open_tail("messages", SOCIETY_FROM_START, SOCIETY_TAIL_RECEIPTS);
    assert_int_equal(society_tail_next(tail, &record, NULL), 1);
    faults_at(FAULT_GETRANDOM, 1, EIO);
    assert_int_equal(society_tail_next(tail, &record, NULL), -EIO);
    assert_int_equal(society_tail_next(tail, &record, NULL), 1);
    assert_string_equal(member_text(record, "id"), "b");
    assert_int_equal(society_tail_next(tail, &record, NULL), 1); /* without id, without receipt */
    faults_at(FAULT_WRITE, 1, ENOSPC);
    assert_int_equal(society_tail_commit(tail), -ENOSPC);
    assert_false(file_exists(member_path("cursors/w2.json")));
    assert_int_equal(society_tail_commit(tail), 0);
    assert_int_equal(count_text(member_path("deliveries.jsonl"), "\"deliveredTo\":\"w2\""), 2);
    assert_int_equal(count_lines(member_path("deliveries.jsonl")), 2);
    assert_int_equal(society_tail_commit(tail), 0);
    assert_int_equal(count_lines(member_path("deliveries.jsonl")), 2);
    assert_true(file_exists(member_path("cursors/w2.json")));
}

static void test_receipts_are_for_messages(void **state)
{
    (void)state;
    append_text(member_path("tasks.jsonl"), "{\"type\":\"task_create\",\"id\":\"x\"}\n");
    open_tail("tasks", SOCIETY_FROM_START, SOCIETY_TAIL_RECEIPTS);
    faults_from(FAULT_GETRANDOM, 1, EIO); /* no receipt is made */
    assert_string_equal(member_take(tail), "x");
}

static void test_committing_under_faults(void **state)
{
    static const struct {
        enum fault_call call;
        int error;
    } faults[] = {{FAULT_PREAD, EIO}, {FAULT_MKDIRAT, EROFS}, {FAULT_RENAMEAT, ENOSPC}};

    (void)state;
    member_send(w1, "w2", "a");
    member_send(w1, "w2", "b");
    open_tail("messages", SOCIETY_FROM_START, 0);
    assert_int_equal(society_tail_next(tail, &record, NULL), 1);
    for (size_t i = 0; i < sizeof(faults) / sizeof(faults[0]); i++) {
        faults_at(faults[i].call, 1, faults[i].error);
        assert_int_equal(society_tail_commit(tail), -faults[i].error);
    }
    assert_int_equal(society_tail_commit(tail), 0);
    assert_string_equal(member_take(tail), "b");
}

static void test_a_commit_never_goes_back(void **state)
{
    society_tail *slow;
    society_tail *fast;
    char *before;
    char *after;

    (void)state;
    member_send(w1, "w2", "a");
    member_send(w1, "w2", "b");
    assert_int_equal(society_tail_open(w2, "messages", 0, 0, &slow), 0);
    assert_int_equal(society_tail_open(w2, "messages", 0, 0, &fast), 0);
    assert_int_equal(society_tail_next(slow, &record, NULL), 1);
    assert_string_equal(member_take(fast), "a b");
    assert_int_equal(society_tail_commit(fast), 0);
    before = read_file(member_path("cursors/w2.json"), NULL);
    assert_int_equal(society_tail_commit(slow), 0);
    after = read_file(member_path("cursors/w2.json"), NULL);
    assert_string_equal(before, after);
    free(before);
    free(after);
    /* Nor where the slow one still reads an archived segment. */
    assert_int_equal(society_compact(w1, "messages", SOCIETY_COMPACT_FORCE, NULL), 1);
    member_send(w1, "w2", "c");
    assert_string_equal(member_take(fast), "c");
    assert_int_equal(society_tail_commit(fast), 0);
    before = read_file(member_path("cursors/w2.json"), NULL);
    society_tail_close(slow);
    assert_int_equal(society_tail_open(w2, "messages", 0, 0, &slow), 0);
    assert_int_equal(society_tail_next(slow, &record, NULL), 1);
    assert_int_equal(society_tail_commit(slow), 0);
    after = read_file(member_path("cursors/w2.json"), NULL);
    assert_string_equal(before, after);
    free(before);
    free(after);
    society_tail_close(slow);
    society_tail_close(fast);
}

static void test_a_cursor_that_is_nobodys(void **state)
{
    (void)state;
    member_send(w1, "w2", "a");
    open_tail("messages", SOCIETY_FROM_START, 0);
    assert_string_equal(member_take(tail), "a");
    /* Far ahead, but the log does not bear it out. */
    write_text(member_path("cursors/w2.json"),
               "{\"log\":\"messages\",\"position\":99999999,\"check\":\"12345678\"}\n");
    assert_int_equal(society_tail_commit(tail), 0);
    assert_int_equal(count_text(member_path("cursors/w2.json"), "99999999"), 0);
}

static void test_interrupted(void **state)
{
    (void)state;
    open_tail("messages", SOCIETY_FROM_END, 0);
    assert_int_equal(society_tail_wait(tail, 0), 0);
    assert_int_equal(society_tail_wait(tail, 2), 0);
    assert_int_equal(society_tail_wake(tail), 0);
    assert_int_equal(society_tail_wait(tail, -1), SOCIETY_E_WOKEN);
    assert_string_equal(society_last_message(w2), "the wait was ended by society_tail_wake");
    assert_int_equal(society_tail_wait(tail, 0), 0);
}

static void test_without_inotify(void **state)
{
    (void)state;
    faults_from(FAULT_INOTIFY_INIT, 1, EMFILE);
    open_tail("messages", SOCIETY_FROM_END, 0);
    assert_string_equal(member_take(tail), "");
    member_send(w1, "w2", "a");
    assert_string_equal(member_await(tail, 1), "a");
}

static void test_a_watch_that_is_lost(void **state)
{
    (void)state;
    open_tail("messages", SOCIETY_FROM_END, 0);
    assert_string_equal(member_take(tail), "");
    /* The watch of a file goes with the file. */
    write_text(member_path("messages.jsonl"), "");
    member_send(w1, "w2", "a");
    assert_string_equal(member_await(tail, 1), "a");
    assert_int_equal(unlink(member_path("messages.jsonl")), 0);
    assert_string_equal(member_take(tail), "");
    society_close(w1);
    w1 = member_open("w1");
    member_send(w1, "w2", "b");
    assert_string_equal(member_await(tail, 1), "b");
    assert_non_null(strstr(society_tail_incident(tail), "was replaced"));
}

static void test_lines_that_are_not_given(void **state)
{
    static const char undecodable[] = "{\"to\":\"w2\",\"id\":\"x\",\"a\":tru";
    char text[200];

    (void)state;
    open_tail("messages", SOCIETY_FROM_START, 0);
    append_text(member_path("messages.jsonl"), "nonsense\n");
    /* Its checksum is sound, and it is no JSON. */
    snprintf(text, sizeof(text), "%s,\"crc\":\"%08x\"}\n", undecodable,
             soc_crc32c(undecodable, sizeof(undecodable) - 1));
    append_text(member_path("messages.jsonl"), text);
    member_send(w1, "w2", "a");
    assert_string_equal(member_await(tail, 1), "a");
}

static void test_a_directory_that_is_gone(void **state)
{
    char command[600];

    (void)state;
    open_tail("messages", SOCIETY_FROM_START, 0);
    snprintf(command, sizeof(command), "rm -r %s/.society-agent", member_project());
    assert_int_equal(system(command), 0);
    assert_int_equal(society_tail_next(tail, &record, NULL), SOCIETY_E_GONE);
}

static void test_many_events(void **state)
{
    char *text = read_file("/proc/sys/fs/inotify/max_queued_events", NULL);
    int limit = atoi(text);
    char *x = strdup(member_path("x"));
    char *y = strdup(member_path("y"));

    (void)state;
    free(text);
    if (limit > 100000)
        limit = 0;
    member_send(w1, "w2", "a");
    open_tail("messages", SOCIETY_FROM_START, 0);
    assert_string_equal(member_take(tail), "a");
    /* More than the kernel's queue holds: what follows is not told, and seen all the same. */
    write_text(x, "");
    for (int i = 0; i < limit / 2 + 10; i++)
        if (rename(x, y) < 0 || rename(y, x) < 0)
            fail();
    member_send(w1, "w2", "b");
    assert_string_equal(member_await(tail, 1), "b");
    assert_string_equal(member_take(tail), "");
    member_send(w1, "w2", "c");
    assert_string_equal(member_await(tail, 1), "c");
    free(x);
    free(y);
}

static void ignore(int number)
{
    (void)number;
}

static void test_signals(void **state)
{
    struct sigaction action = {.sa_handler = ignore};
    /* Over and over, for the first may come before the wait. */
    struct itimerval often = {.it_interval = {.tv_usec = 2000}, .it_value = {.tv_usec = 2000}};
    struct itimerval never = {0};

    (void)state;
    open_tail("messages", SOCIETY_FROM_END, 0);
    sigaction(SIGALRM, &action, NULL);
    setitimer(ITIMER_REAL, &often, NULL);
    assert_int_equal(society_tail_wait(tail, 10000), -EINTR);
    setitimer(ITIMER_REAL, &never, NULL);
    signal(SIGALRM, SIG_DFL);
    assert_non_null(strstr(society_last_message(w2), "the wait was interrupted: "));
}

static void test_another_process(void **state)
{
    volatile char *mark;
    struct pollfd fd;

    (void)state;
    open_tail("messages", SOCIETY_FROM_END, 0);
    fd = (struct pollfd){.fd = society_tail_fd(tail), .events = POLLIN};
    assert_int_equal(poll(&fd, 1, 0), 1);
    w2->pid++; /* as a child would find it */
    *w2->mark = 0;
    assert_int_equal(society_tail_wait(tail, 0), -ECHILD);
    assert_int_equal(society_tail_next(tail, &record, NULL), -ECHILD);
    w2->pid--;
    *w2->mark = 1;
    assert_int_equal(society_tail_wait(tail, 0), 0);
    /* Where the kernel has no memory that a fork leaves empty, it is asked for the process. */
    mark = w2->mark;
    w2->mark = NULL;
    assert_int_equal(society_tail_wait(tail, 0), 0);
    w2->pid++;
    assert_int_equal(society_tail_next(tail, &record, NULL), -ECHILD);
    w2->pid--;
    w2->mark = mark;
}

/* Until a tail of `log` has given its record in spite of each allocation that failed in turn. */
static void take_without_memory(const char *log)
{
    int result = -ENOMEM;

    for (unsigned nth = 1; nth < 500 && result == -ENOMEM; nth++) {
        memory_fail_from(nth);
        result = society_tail_open(w2, log, SOCIETY_FROM_CURSOR, 0, &tail);
        memory_restore();
    }
    assert_int_equal(result, 0);
    result = -ENOMEM;
    for (unsigned nth = 1; nth < 500 && result != 1; nth++) {
        assert_int_equal(society_tail_wake(tail), 0); /* to look again at once */
        memory_fail_at(nth);
        result = society_tail_next(tail, &record, NULL);
        memory_restore();
    }
    assert_int_equal(result, 1);
}

static void test_memory_for_receipts(void **state)
{
    (void)state;
    if (!memory_possible())
        skip_because(NO_MEMORY_FAULTS);
    member_send(w1, "w2", "a");
    open_tail("messages", SOCIETY_FROM_CURSOR, SOCIETY_TAIL_RECEIPTS);
    assert_int_equal(society_tail_wait(tail, 0), 1);
    memory_fail_from(1);
    assert_int_equal(society_tail_next(tail, &record, NULL), -ENOMEM);
    assert_true(memory_restore());
    /* What was to be receipted is not known any more: no cursor goes over it. */
    assert_int_equal(society_tail_commit(tail), -ENOMEM);
    assert_false(file_exists(member_path("cursors/w2.json")));
}

/* A tail from elsewhere asks first which receipts there are: the record waits until that is known,
 * and no cursor goes over it meanwhile. */
static void test_memory_for_known_receipts(void **state)
{
    (void)state;
    if (!memory_possible())
        skip_because(NO_MEMORY_FAULTS);
    member_send(w1, "w2", "a");
    open_tail("messages", SOCIETY_FROM_START, SOCIETY_TAIL_RECEIPTS);
    assert_int_equal(society_tail_wait(tail, 0), 1);
    memory_fail_from(1);
    assert_int_equal(society_tail_next(tail, &record, NULL), -ENOMEM);
    assert_true(memory_restore());
    assert_int_equal(society_tail_commit(tail), 0);
    assert_false(file_exists(member_path("deliveries.jsonl")) &&
                 file_size(member_path("deliveries.jsonl")) > 0);
    society_tail_close(tail);
    open_tail("messages", SOCIETY_FROM_CURSOR, SOCIETY_TAIL_RECEIPTS);
    assert_string_equal(member_take(tail), "a");
}

static void test_memory_for_events(void **state)
{
    char id[65];
    society *other;
    int result;

    (void)state;
    if (!memory_possible())
        skip_because(NO_MEMORY_FAULTS);
    /* The second event is the longer one, so that it needs memory. */
    memset(id, 'x', 64);
    id[64] = '\0';
    other = member_open(id);
    assert_int_equal(society_set_status(w1, "idle", NULL), 0);
    assert_int_equal(society_join(other), 0);
    open_tail("presence", 0, 0);
    assert_int_equal(society_tail_next(tail, &record, NULL), 1);
    assert_string_equal(member_text(record, "agentId"), "w1");
    memory_fail_from(1);
    result = society_tail_next(tail, &record, NULL);
    memory_restore();
    assert_int_equal(result, -ENOMEM);
    assert_int_equal(society_tail_next(tail, &record, NULL), 1);
    assert_string_equal(member_text(record, "agentId"), id);
    society_close(other);
}

static void test_memory(void **state)
{
    int result = -ENOMEM;

    (void)state;
    if (!memory_possible())
        skip_because(NO_MEMORY_FAULTS);
    member_send(w1, "w2", "a");
    assert_int_equal(society_join(w1), 0);
    take_without_memory("messages");
    assert_string_equal(member_text(record, "id"), "a");
    for (unsigned nth = 1; nth < 500 && result == -ENOMEM; nth++) {
        memory_fail_at(nth);
        result = society_tail_commit(tail);
        memory_restore();
    }
    assert_int_equal(result, 0);
    society_tail_close(tail);
    take_without_memory("presence");
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, faults_pair_teardown)
    const struct CMUnitTest tests[] = {
        TEST(test_arguments),
        TEST(test_where_to_begin),
        TEST(test_without_memory_for_descriptors),
        TEST(test_opening_under_faults),
        TEST(test_a_damaged_cursor),
        TEST(test_reading_again_after_an_error),
        TEST(test_no_error_of_the_registry_loses_a_message),
        TEST(test_no_error_of_the_receipts_loses_a_message),
        TEST(test_making_receipts),
        TEST(test_receipts_are_for_messages),
        TEST(test_committing_under_faults),
        TEST(test_a_commit_never_goes_back),
        TEST(test_a_cursor_that_is_nobodys),
        TEST(test_interrupted),
        TEST(test_without_inotify),
        TEST(test_a_watch_that_is_lost),
        TEST(test_lines_that_are_not_given),
        TEST(test_a_directory_that_is_gone),
        TEST(test_many_events),
        TEST(test_signals),
        TEST(test_another_process),
        TEST(test_memory_for_receipts),
        TEST(test_memory_for_known_receipts),
        TEST(test_memory_for_events),
        TEST(test_memory),
    };

    return cmocka_run_group_tests_name("tail", tests, NULL, NULL);
}
