/* SPDX-License-Identifier: MIT */
/*
 * Compaction and retention: what is moved, what may be deleted, and what is never.
 */
#include <errno.h>
#include <fcntl.h>
#include <society/agent.h>
#include <society/message.h>
#include <society/society.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cursor.h"
#include "handle.h"
#include "harness/files.h"
#include "harness/internal/faults.h"
#include "harness/tmp.h"
#include "harness/unit.h"

#define DAY_MS (INT64_C(24) * 60 * 60 * 1000)
#define FORCE SOCIETY_COMPACT_FORCE
#define RETAIN SOCIETY_COMPACT_RETAIN

static char *tmp;
static society *s;

static int setup(void **state)
{
    (void)state;
    tmp = tmp_make();
    faults_install();
    return society_new(&s) < 0 || society_init(s, tmp, NULL, 0) < 0 ||
           society_identify(s, "alice") < 0;
}

static int teardown(void **state)
{
    (void)state;
    society_close(s);
    faults_remove();
    tmp_remove(tmp);
    return 0;
}

static const char *in_society(const char *name)
{
    static char path[512];
    snprintf(path, sizeof path, "%s/.society-agent/%s", tmp, name);
    return path;
}

static void say(const char *content)
{
    char text[128];
    snprintf(text, sizeof text, "{\"to\":\"bob\",\"content\":\"%s\"}", content);
    assert_int_equal(society_send(s, text, NULL), 0);
}

/* Compacts, and gives what was done as one text: the items, one a line. */
static char *compact(const char *log, uint32_t flags, int expected)
{
    static char text[4096];
    society_list *done = NULL;
    assert_int_equal(society_compact(s, log, flags, &done), expected);
    text[0] = '\0';
    assert_int_equal(society_list_count(done), expected);
    for (int64_t i = 0; i < expected; i++) {
        strcat(text, society_list_item(done, i));
        strcat(text, "\n");
    }
    society_list_free(done);
    return text;
}

/* Makes `count` archives of messages, one message each, and a present segment with one more. */
static void make_history(int count)
{
    for (int i = 0; i < count; i++) {
        say("old");
        compact("messages", FORCE, 1);
    }
    say("new");
}

static int64_t messages_end(void)
{
    struct soc_segment present;
    assert_int_equal(soc_segment_open(&s->dir, "messages", -1, O_RDONLY, &present, NULL), 0);
    int64_t end = present.base + soc_segment_size(&present, "messages", NULL);
    soc_segment_close(&present);
    return end;
}

static void put_cursor(const char *agent, int64_t position)
{
    struct soc_cursor cursor = {.position = position, .check = "00000000"};
    assert_int_equal(soc_cursor_store(&s->dir, agent, &cursor, NULL), 0);
}

static void expect_inbox(int count)
{
    society *bob;
    society_list *inbox = NULL;
    assert_int_equal(society_new(&bob), 0);
    assert_int_equal(society_identify(bob, "bob"), 0);
    assert_int_equal(society_open(bob, tmp), 0);
    assert_int_equal(society_inbox(bob, 0, NULL, &inbox), count);
    society_list_free(inbox);
    society_close(bob);
}

static void test_nothing_to_do(void **state)
{
    (void)state;
    compact(NULL, 0, 0);
    compact(NULL, FORCE, 0); /* no log is made, and nothing empty archived */
    assert_false(file_exists(in_society("messages.jsonl")));
    assert_false(file_exists(in_society("registry.jsonl")));
    write_text(in_society("messages.jsonl"), "");
    write_text(in_society("registry.jsonl"), "");
    write_text(in_society("deliveries.jsonl"), "\n\n");
    compact(NULL, FORCE, 0);
    say("below the limit");
    compact(NULL, 0, 0);
    compact(NULL, RETAIN, 0);
    assert_int_equal(count_entries(in_society("archive")), 0);
}

static void test_force_rotates(void **state)
{
    (void)state;
    char expected[256];
    say("one");
    long long bytes = file_size(in_society("messages.jsonl"));
    snprintf(expected, sizeof expected,
             "{\"log\":\"messages\",\"archived\":\"archive/messages-0.jsonl\",\"base\":0,"
             "\"bytes\":%lld}\n",
             bytes);
    assert_string_equal(compact(NULL, FORCE, 1), expected);
    assert_true(file_size(in_society("archive/messages-0.jsonl")) > bytes);
    assert_string_equal(compact(NULL, FORCE, 0), ""); /* a header alone is no history */
    say("two");
    snprintf(expected, sizeof expected,
             "{\"log\":\"messages\",\"archived\":\"archive/messages-%lld.jsonl\",\"base\":%lld,",
             bytes, bytes);
    assert_memory_equal(compact("messages", FORCE, 1), expected, strlen(expected));
    expect_inbox(2);
}

static void test_torn_tail_is_archived_whole(void **state)
{
    (void)state;
    say("one");
    append_text(in_society("messages.jsonl"), "{\"torn");
    long long bytes = file_size(in_society("messages.jsonl")) + 1;
    char expected[64];
    snprintf(expected, sizeof expected, "\"bytes\":%lld}", bytes);
    assert_non_null(strstr(compact("messages", FORCE, 1), expected));
    say("two");
    expect_inbox(2);
}

static void test_limit(void **state)
{
    (void)state;
    say("one");
    s->config.rotate_bytes = file_size(in_society("messages.jsonl")) + 1;
    compact("messages", 0, 0);
    s->config.rotate_bytes--;
    compact("messages", 0, 1);
}

static void test_deliveries_and_registry(void **state)
{
    (void)state;
    char *text = NULL;
    assert_int_equal(society_register(s, "{\"role\":\"tester\"}"), 0);
    append_text(in_society("deliveries.jsonl"), "{\"messageId\":\"m\",\"deliveredTo\":\"a\"}\n");
    compact(NULL, 0, 0);
    const char *done = compact(NULL, FORCE, 2);
    assert_non_null(strstr(done, "\"archived\":\"archive/deliveries-0.jsonl\",\"base\":0,"));
    assert_non_null(strstr(done, "\"archived\":\"archive/registry-0.jsonl\",\"base\":0,"));
    assert_int_equal(society_agent_get(s, "alice", &text), 0);
    assert_non_null(strstr(text, "\"role\":\"tester\""));
    society_free(text);
    assert_int_equal(society_set_status(s, "busy", NULL), 0);
}

static void test_retain_needs_a_limit(void **state)
{
    (void)state;
    make_history(3);
    compact(NULL, RETAIN, 0);
    assert_int_equal(count_entries(in_society("archive")), 3);
}

static void test_retain_days(void **state)
{
    (void)state;
    make_history(2);
    s->config.retain_days = 7;
    compact("messages", RETAIN, 0);
    faults_clock_move(7 * DAY_MS - 60000);
    compact("messages", RETAIN, 0);
    faults_clock_move(2 * 60000);
    const char *done = compact(NULL, RETAIN, 2);
    assert_memory_equal(
        done, "{\"log\":\"messages\",\"deleted\":\"archive/messages-0.jsonl\",\"bytes\":", 62);
    assert_int_equal(count_entries(in_society("archive")), 0);
    expect_inbox(1);
}

/* The size of the archives of messages together. */
static long long archived_bytes(void)
{
    int64_t *bases = NULL;
    size_t count;
    long long total = 0;
    assert_int_equal(soc_segment_archived(&s->dir, "messages", &bases, &count, NULL), 0);
    for (size_t i = 0; i < count; i++) {
        char name[SOC_SEGMENT_NAME_MAX];
        soc_segment_archive_name(name, "messages", bases[i]);
        total += file_size(in_society(name));
    }
    free(bases);
    return total;
}

static void test_retain_bytes(void **state)
{
    (void)state;
    make_history(4);
    s->config.retain_bytes = archived_bytes();
    compact("messages", RETAIN, 0);
    s->config.retain_bytes--;
    compact("messages", RETAIN, 1);
    assert_false(file_exists(in_society("archive/messages-0.jsonl")));
    compact("messages", RETAIN, 0);
    assert_int_equal(count_entries(in_society("archive")), 3);
    s->config.retain_bytes = 0;
    compact("messages", RETAIN, 3);
    expect_inbox(1);
}

static void test_retain_stops_at_a_cursor(void **state)
{
    (void)state;
    make_history(3);
    int64_t *bases = NULL;
    size_t count;
    assert_int_equal(soc_segment_archived(&s->dir, "messages", &bases, &count, NULL), 0);
    assert_int_equal(count, 3);
    s->config.retain_bytes = 0;
    put_cursor("bob", bases[1] - 1);
    put_cursor("carol", messages_end());
    compact(NULL, RETAIN, 0);
    put_cursor("bob", bases[1]);
    compact(NULL, RETAIN, 1);
    assert_false(file_exists(in_society("archive/messages-0.jsonl")));
    put_cursor("bob", messages_end());
    compact(NULL, RETAIN, 2);
    free(bases);
}

static void test_retain_keeps_what_the_registered_have_not_read(void **state)
{
    (void)state;
    make_history(2);
    s->config.retain_bytes = 0;
    assert_int_equal(society_register(s, "{}"), 0);
    put_cursor("bob", messages_end());
    compact("messages", RETAIN, 0);
    put_cursor("alice", messages_end());
    compact("messages", RETAIN, 2);
}

/* A file that is no segment must not stand for the end of the segment before it. */
static void test_retain_with_junk_in_the_archive(void **state)
{
    (void)state;
    make_history(1);
    s->config.retain_bytes = 0;
    write_text(in_society("archive/messages-5.jsonl"), "junk\n");
    assert_int_equal(mkfifo(in_society("archive/messages-7.jsonl"), 0600), 0);
    put_cursor("bob", 6);
    compact("messages", RETAIN, 0);
    put_cursor("bob", messages_end());
    compact("messages", RETAIN, 1);
    assert_false(file_exists(in_society("archive/messages-0.jsonl")));
    assert_true(file_exists(in_society("archive/messages-5.jsonl")));
}

static void test_retain_of_what_has_no_cursors(void **state)
{
    (void)state;
    append_text(in_society("deliveries.jsonl"), "{\"messageId\":\"m\",\"deliveredTo\":\"a\"}\n");
    compact("deliveries", FORCE, 1);
    put_cursor("bob", 0);
    s->config.retain_bytes = 0;
    compact("deliveries", RETAIN, 1);
}

static void test_unreadable_cursor_keeps_everything(void **state)
{
    (void)state;
    make_history(1);
    s->config.retain_days = 0;
    write_text(in_society("cursors/bob.json"), "{");
    assert_int_equal(society_compact(s, NULL, RETAIN, NULL), SOCIETY_E_CORRUPT);
    assert_non_null(strstr(society_last_message(s), "cursors/bob.json"));
    assert_true(file_exists(in_society("archive/messages-0.jsonl")));
    assert_int_equal(unlink(in_society("cursors/bob.json")), 0);
    write_text(in_society("cursors/notes.txt"), "not a cursor");
    write_text(in_society("cursors/.bob.json.1.tmp"), "nor this");
    write_text(in_society("cursors/all.json"), "nor of any agent");
    compact(NULL, RETAIN, 1);
}

/* A line that a foreign writer added to an archive is not lost with it. */
static void test_late_lines_keep_their_archive(void **state)
{
    (void)state;
    make_history(2);
    society_list *logs = NULL;
    s->config.retain_bytes = 0;
    append_text(in_society("archive/messages-0.jsonl"),
                "{\"type\":\"message\",\"from\":\"eve\",\"to\":\"bob\",\"content\":\"late\"}\n");
    compact(NULL, RETAIN, 0);
    assert_int_equal(society_check(s, SOCIETY_CHECK_REPAIR, &logs), 0);
    society_list_free(logs);
    compact(NULL, RETAIN, 2);
    expect_inbox(2);
}

static void test_without_a_present_segment(void **state)
{
    (void)state;
    make_history(1);
    s->config.retain_bytes = 0;
    assert_int_equal(unlink(in_society("messages.jsonl")), 0);
    compact(NULL, RETAIN, 0);
    assert_true(file_exists(in_society("archive/messages-0.jsonl")));
}

static void test_arguments(void **state)
{
    (void)state;
    society *closed;
    society_list *done = NULL;
    assert_int_equal(society_compact(s, "presence", 0, &done), SOCIETY_E_INVALID);
    assert_non_null(strstr(society_last_message(s), "log \"presence\" is none of"));
    assert_int_equal(society_compact(s, NULL, 4, &done), SOCIETY_E_INVALID);
    assert_int_equal(society_new(&closed), 0);
    assert_int_equal(society_compact(closed, NULL, 0, &done), SOCIETY_E_NO_SOCIETY);
    society_close(closed);
    assert_null(done);
}

static void test_failures(void **state)
{
    (void)state;
    say("one");
    faults_at(FAULT_LINKAT, 1, ENOSPC);
    assert_int_equal(society_compact(s, NULL, FORCE, NULL), -ENOSPC);
    faults_at(FAULT_FSYNC, 1, EIO);
    assert_int_equal(society_compact(s, NULL, FORCE, NULL), -EIO);
    compact(NULL, FORCE, 1);
    expect_inbox(1);
    s->config.retain_bytes = 0;
    faults_at(FAULT_UNLINKAT, 1, EACCES);
    assert_int_equal(society_compact(s, NULL, RETAIN, NULL), -EACCES);
    compact(NULL, RETAIN, 1);
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(test_nothing_to_do),
        CASE(test_force_rotates),
        CASE(test_torn_tail_is_archived_whole),
        CASE(test_limit),
        CASE(test_deliveries_and_registry),
        CASE(test_retain_needs_a_limit),
        CASE(test_retain_days),
        CASE(test_retain_bytes),
        CASE(test_retain_stops_at_a_cursor),
        CASE(test_retain_keeps_what_the_registered_have_not_read),
        CASE(test_retain_with_junk_in_the_archive),
        CASE(test_retain_of_what_has_no_cursors),
        CASE(test_unreadable_cursor_keeps_everything),
        CASE(test_late_lines_keep_their_archive),
        CASE(test_without_a_present_segment),
        CASE(test_arguments),
        CASE(test_failures),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
