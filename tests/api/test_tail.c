/* SPDX-License-Identifier: MIT */
/*
 * Tails through the door: order, addressees, rotation, incidents, removal, receipts.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "harness/files.h"
#include "harness/pair.h"
#include "harness/unit.h"

static society_tail *tail;
static const char *record;

static int setup(void **state)
{
    tail = NULL;
    return pair_setup(state);
}

static void open_tail(const char *log, int64_t position, uint32_t flags)
{
    if (society_tail_open(w2, log, position, flags, &tail) < 0)
        fail_msg("%s", society_last_message(w2));
}

/* What was waited for and not taken was not handled. */
static void test_a_commit_before_the_record_was_taken(void **state)
{
    (void)state;
    open_tail("messages", SOCIETY_FROM_CURSOR, 0);
    member_send(w1, "w2", "a");
    member_send(w1, "w2", "b");
    assert_string_equal(member_await(tail, 1), "a");
    assert_int_equal(society_tail_wait(tail, 10000), 1);
    assert_int_equal(society_tail_commit(tail), 0);
    society_tail_close(tail);
    open_tail("messages", SOCIETY_FROM_CURSOR, 0);
    assert_string_equal(member_await(tail, 1), "b");
    assert_string_equal(member_take(tail), "");
}

static void test_whom_it_is_for(void **state)
{
    (void)state;
    assert_int_equal(society_register(w2, "{\"role\":\"tester\"}"), 0);
    open_tail("messages", SOCIETY_FROM_START, 0);
    member_send(w1, "w2", "a");
    member_send(w1, "w3", "b");
    member_send(w1, "all", "c");
    member_send(w2, "all", "d");
    member_send(w1, "role:tester", "e");
    member_send(w1, "role:cook", "f");
    append_text(member_path("messages.jsonl"),
                "{\"to\":[\"w9\",\"w2\"],\"from\":\"x\",\"content\":1,\"id\":\"g\"}\r\nnonsense\n");
    assert_string_equal(member_await(tail, 4), "a c e g");
    assert_string_equal(member_take(tail), "");
    assert_int_equal(society_tail_position(tail), file_size(member_path("messages.jsonl")));
}

static void test_records_as_they_stand(void **state)
{
    int64_t position = -1;

    (void)state;
    append_text(member_path("messages.jsonl"),
                " { \"to\" : \"w2\",\"n\":1.50, \"content\":\"\\ud800\" } \n");
    open_tail("messages", SOCIETY_FROM_START, 0);
    assert_int_equal(society_tail_next(tail, &record, &position), 1);
    assert_string_equal(record, "{\"to\":\"w2\",\"n\":1.50,\"content\":\"\\ufffd\"}");
    assert_int_equal(position, 1);
}

static void test_through_rotations(void **state)
{
    char id[16];

    (void)state;
    open_tail("messages", SOCIETY_FROM_END, 0);
    for (int i = 0; i < 5; i++) {
        snprintf(id, sizeof(id), "m%d", i);
        member_send(w1, "w2", id);
        assert_int_equal(society_compact(w1, "messages", SOCIETY_COMPACT_FORCE, NULL), 1);
    }
    assert_string_equal(member_await(tail, 5), "m0 m1 m2 m3 m4");
    assert_int_equal(society_tail_commit(tail), 0);
    member_send(w1, "w2", "last");
    assert_string_equal(member_await(tail, 1), "last");
    assert_null(society_tail_incident(tail));
    society_tail_close(tail);
    open_tail("messages", SOCIETY_FROM_START, 0);
    assert_string_equal(member_take(tail), "m0 m1 m2 m3 m4 last");
    society_tail_close(tail);
    open_tail("messages", SOCIETY_FROM_CURSOR, 0);
    assert_string_equal(member_take(tail), "last");
}

static void test_a_rotation_while_everything_was_read(void **state)
{
    (void)state;
    member_send(w1, "w2", "a");
    open_tail("messages", SOCIETY_FROM_CURSOR, 0);
    assert_string_equal(member_take(tail), "a");
    assert_int_equal(society_tail_commit(tail), 0);
    society_tail_close(tail);
    assert_int_equal(society_compact(w1, "messages", SOCIETY_COMPACT_FORCE, NULL), 1);
    member_send(w1, "w2", "b");
    open_tail("messages", SOCIETY_FROM_CURSOR, 0);
    assert_string_equal(member_take(tail), "b");
    assert_null(society_tail_incident(tail));
}

#define LONG_TEXT                                                                               \
    "As long as what is written by somebody who had the file open when it was moved away, and " \
    "who has a lot to say "

/* A cursor behind a late line: as a position it is inside the next segment, where nothing was read yet. */
static void test_a_commit_behind_a_late_line(void **state)
{
    (void)state;
    member_send(w1, "w2", "a");
    open_tail("messages", SOCIETY_FROM_CURSOR, 0);
    assert_string_equal(member_take(tail), "a");
    assert_int_equal(society_compact(w1, "messages", SOCIETY_COMPACT_FORCE, NULL), 1);
    append_text(member_path("archive/messages-0.jsonl"), "{\"to\":\"w2\",\"id\":\"late\"}\n");
    assert_int_equal(society_tail_next(tail, &record, NULL), 1);
    assert_string_equal(member_text(record, "id"), "late");
    assert_int_equal(society_tail_commit(tail), 0);
    society_tail_close(tail);
    for (int i = 0; i < 5; i++)
        member_send(w1, "w3", "other");
    member_send(w1, "w2", "b");
    assert_int_equal(society_compact(w1, "messages", SOCIETY_COMPACT_FORCE, NULL), 1);
    member_send(w1, "w2", "c");
    open_tail("messages", SOCIETY_FROM_CURSOR, 0);
    assert_string_equal(member_take(tail), "b c");
}

/* … and so it is when the tail has gone on into that segment, and what is there was not taken yet. */
static void test_a_commit_in_the_segment_behind_a_late_line(void **state)
{
    (void)state;
    member_send(w1, "w2", "a");
    open_tail("messages", SOCIETY_FROM_CURSOR, 0);
    assert_string_equal(member_take(tail), "a");
    assert_int_equal(society_compact(w1, "messages", SOCIETY_COMPACT_FORCE, NULL), 1);
    append_text(member_path("archive/messages-0.jsonl"),
                "{\"to\":\"w2\",\"id\":\"late\",\"content\":\"" LONG_TEXT LONG_TEXT LONG_TEXT
                "\"}\n");
    assert_int_equal(society_tail_next(tail, &record, NULL), 1);
    assert_string_equal(member_text(record, "id"), "late");
    member_send(w1, "w2", "b");
    member_send(w1, "w2", "c");
    assert_int_equal(society_tail_wait(tail, 0), 1);
    assert_true(society_tail_position(tail) < file_size(member_path("archive/messages-0.jsonl")));
    assert_int_equal(society_tail_commit(tail), 0);
    society_tail_close(tail);
    open_tail("messages", SOCIETY_FROM_CURSOR, 0);
    assert_string_equal(member_take(tail), "b c");
}

static void test_a_commit_in_another_log(void **state)
{
    (void)state;
    member_send(w1, "w2", "a");
    member_send(w1, "w2", "b");
    open_tail("messages", SOCIETY_FROM_CURSOR, 0);
    assert_string_equal(member_take(tail), "a b");
    assert_int_equal(truncate(member_path("messages.jsonl"), 0), 0);
    for (int i = 0; i < 5; i++)
        member_send(w1, "w2", (const char *[]){"c", "d", "e", "f", "g"}[i]);
    assert_int_equal(society_tail_wait(tail, 0), 1);
    assert_int_equal(society_tail_position(tail), 0);
    assert_int_equal(society_tail_commit(tail), 0);
    society_tail_close(tail);
    open_tail("messages", SOCIETY_FROM_CURSOR, 0);
    assert_string_equal(member_take(tail), "c d e f g");
}

static void test_a_log_that_is_truncated_and_replaced(void **state)
{
    (void)state;
    member_send(w1, "w2", "a");
    member_send(w1, "w2", "b");
    open_tail("messages", SOCIETY_FROM_START, SOCIETY_TAIL_RECEIPTS);
    assert_string_equal(member_take(tail), "a b");
    assert_int_equal(society_tail_commit(tail), 0);
    assert_int_equal(truncate(member_path("messages.jsonl"), 0), 0);
    member_send(w1, "w2", "b"); /* delivered before, by its receipt */
    member_send(w1, "w2", "c");
    assert_string_equal(member_await(tail, 1), "c");
    assert_non_null(strstr(society_tail_incident(tail), "was truncated or rewritten"));
    assert_null(society_tail_incident(tail));
    write_text(member_path("new"), "{\"to\":\"w2\",\"content\":1,\"id\":\"d\"}\n");
    assert_int_equal(rename(member_path("new"), member_path("messages.jsonl")), 0);
    assert_string_equal(member_await(tail, 1), "d");
    assert_non_null(strstr(society_tail_incident(tail), "was replaced"));
}

/* The handle becomes another agent: what the one before had received is news to it, and where it has got to is
 * nobody's cursor. */
static void test_a_tail_that_changes_hands(void **state)
{
    (void)state;
    member_send(w1, "w5", "early");
    member_send(w1, "w2", "a");
    member_send(w1, "all", "b");
    member_send(w1, "w2", "c");
    assert_int_equal(society_mark_delivered(w2, "b"), 1);
    open_tail("messages", SOCIETY_FROM_CURSOR, SOCIETY_TAIL_RECEIPTS);
    assert_int_equal(society_tail_next(tail, &record, NULL), 1);
    assert_string_equal(member_text(record, "id"), "a");
    assert_int_equal(society_identify(w2, "w5"), 0);
    assert_string_equal(member_take(tail), "b");
    assert_int_equal(society_tail_commit(tail), SOCIETY_E_INVALID);
    assert_int_equal(society_identify(w2, "w2"), 0);
    assert_int_equal(society_tail_commit(tail), SOCIETY_E_INVALID);
    society_tail_close(tail);
    assert_false(file_exists(member_path("cursors/w5.json")));
    open_tail("messages", SOCIETY_FROM_CURSOR, 0);
    assert_int_equal(society_identify(w2, "w5"), 0);
    assert_int_equal(society_tail_commit(tail), SOCIETY_E_INVALID);
    society_tail_close(tail);
    open_tail("messages", SOCIETY_FROM_CURSOR, 0);
    assert_string_equal(member_take(tail), "early b");
}

static void test_receipts_once(void **state)
{
    off_t size;

    (void)state;
    member_send(w1, "w2", "a");
    member_send(w1, "w2", "b");
    assert_int_equal(society_mark_delivered(w2, "b"), 1);
    open_tail("messages", SOCIETY_FROM_CURSOR, SOCIETY_TAIL_RECEIPTS);
    member_send(w1, "w2", "c");
    assert_string_equal(member_await(tail, 2), "a c");
    assert_int_equal(society_tail_commit(tail), 0);
    society_tail_close(tail);
    size = (off_t)file_size(member_path("deliveries.jsonl"));
    open_tail("messages", SOCIETY_FROM_START, SOCIETY_TAIL_RECEIPTS);
    assert_string_equal(member_take(tail), "a b c");
    assert_int_equal(society_tail_commit(tail), 0);
    assert_int_equal(file_size(member_path("deliveries.jsonl")), size);
    member_send(w1, "w2", "d");
    assert_string_equal(member_await(tail, 1), "d");
    assert_int_equal(society_tail_commit(tail), 0);
    assert_true(file_size(member_path("deliveries.jsonl")) > size);
}

static void test_a_log_that_comes_later(void **state)
{
    (void)state;
    open_tail("tasks", SOCIETY_FROM_END, 0);
    assert_int_equal(society_tail_wait(tail, 0), 0);
    append_text(member_path("tasks.jsonl"), "{\"type\":\"task_create\",\"id\":\"x\"}\n");
    assert_string_equal(member_await(tail, 1), "x");
}

static void test_a_directory_that_is_removed(void **state)
{
    char command[600];

    (void)state;
    open_tail("messages", SOCIETY_FROM_END, 0);
    assert_string_equal(member_take(tail), "");
    snprintf(command, sizeof(command), "rm -r %s/.society-agent", member_project());
    assert_int_equal(system(command), 0);
    assert_int_equal(society_tail_wait(tail, 10000), SOCIETY_E_GONE);
    assert_int_equal(society_send(w1, "{\"to\":\"w2\",\"content\":1}", NULL), SOCIETY_E_GONE);
}

static void test_files_that_were_planted(void **state)
{
    const char *log = member_path("messages.jsonl");
    const char *cursor = member_path("cursors/w2.json");

    (void)state;
    assert_int_equal(mkfifo(log, 0600), 0);
    assert_int_equal(society_tail_open(w2, "messages", SOCIETY_FROM_START, 0, &tail),
                     SOCIETY_E_UNSAFE_FILE);
    assert_string_equal(society_last_message(w2), "messages.jsonl is a FIFO");
    assert_int_equal(unlink(log), 0);
    assert_int_equal(symlink("/etc/passwd", cursor), 0);
    assert_int_equal(society_tail_open(w2, "messages", SOCIETY_FROM_CURSOR, 0, &tail),
                     SOCIETY_E_UNSAFE_FILE);
    assert_string_equal(society_last_message(w2), "cursors/w2.json is a symbolic link");
    assert_null(tail);
}

static void test_every_log(void **state)
{
    static const char *const logs[] = {"messages", "deliveries", "registry", "tasks", "ownership"};
    char text[64];
    char name[32];

    (void)state;
    for (size_t i = 0; i < sizeof(logs) / sizeof(logs[0]); i++) {
        snprintf(name, sizeof(name), "%s.jsonl", logs[i]);
        snprintf(text, sizeof(text), "{\"type\":\"x\",\"to\":\"w2\",\"id\":\"in-%s\"}\n", logs[i]);
        append_text(member_path(name), text);
        open_tail(logs[i], SOCIETY_FROM_START, 0);
        assert_int_equal(society_tail_next(tail, &record, NULL), 1);
        assert_string_equal(member_text(record, "id") + 3, logs[i]);
    }
}

static void test_many_tails_of_one_handle(void **state)
{
    society_tail *tails[20];

    (void)state;
    for (int i = 0; i < 20; i++)
        assert_int_equal(society_tail_open(w2, "messages", SOCIETY_FROM_END, 0, &tails[i]), 0);
    for (int i = 0; i < 20; i++)
        assert_int_equal(society_tail_wait(tails[i], 0), 0);
    member_send(w1, "w2", "a");
    for (int i = 19; i >= 0; i--)
        assert_string_equal(member_await(tails[i], 1), "a");
    for (int i = 0; i < 20; i += 2)
        society_tail_close(tails[i]);
    member_send(w1, "w2", "b");
    for (int i = 1; i < 20; i += 2)
        assert_string_equal(member_await(tails[i], 1), "b");
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, pair_teardown)
    const struct CMUnitTest tests[] = {
        TEST(test_a_commit_before_the_record_was_taken),
        TEST(test_whom_it_is_for),
        TEST(test_records_as_they_stand),
        TEST(test_through_rotations),
        TEST(test_a_rotation_while_everything_was_read),
        TEST(test_a_commit_behind_a_late_line),
        TEST(test_a_commit_in_the_segment_behind_a_late_line),
        TEST(test_a_commit_in_another_log),
        TEST(test_a_log_that_is_truncated_and_replaced),
        TEST(test_a_tail_that_changes_hands),
        TEST(test_receipts_once),
        TEST(test_a_log_that_comes_later),
        TEST(test_a_directory_that_is_removed),
        TEST(test_files_that_were_planted),
        TEST(test_every_log),
        TEST(test_many_tails_of_one_handle),
    };

    return cmocka_run_group_tests_name("tail", tests, NULL, NULL);
}
