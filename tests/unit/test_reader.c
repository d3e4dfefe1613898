/* SPDX-License-Identifier: MIT */
/*
 * Reading a log as it stands, as it grows, and as it is moved, cut and rewritten under the reader.
 */
#include "reader.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "harness/files.h"
#include "harness/internal/faults.h"
#include "harness/internal/messages.h"
#include "harness/unit.h"

static void test_no_log(void **state)
{
    (void)state;
    open_at(SOC_READ_FROM_START);
    assert_string_equal(store_read(&reader), "");
    put_ours("a");
    assert_string_equal(store_read(&reader), "r:a");
    soc_reader_close(&reader);
    soc_reader_close(&reader);
}

static void test_lines_of_every_kind(void **state)
{
    static const char holes[] = "\0\0\0\0\n\0\0";

    (void)state;
    put_ours("a");
    store_put(LOG, "\n   \n");
    append_file(store_path(LOG), holes, sizeof(holes) - 1);
    put_ours("b");
    store_put(LOG, "nonsense\n");
    store_put(LOG, "{\"type\":\"x\",\"id\":\"crlf\"}\r\n");
    store_put(LOG, "{\"type\":\"torn");
    put_ours("glued");
    store_put(LOG, store_foreign("no id"));
    assert_string_equal(store_read_log("messages", SOC_READ_FROM_START),
                        "r:a r:b m r:crlf s:glued r");
}

static void test_positions(void **state)
{
    const char *first = store_ours("message", "a");
    int64_t length = (int64_t)strlen(first);
    struct soc_line line;

    (void)state;
    store_put(LOG, first);
    store_put(LOG, "{\"torn");
    put_ours("b");
    open_at(SOC_READ_FROM_START);
    assert_int_equal(soc_reader_next(&reader, &line, NULL), 1);
    assert_int_equal(line.position, 0);
    assert_int_equal(line.end, length);
    assert_int_equal(soc_reader_next(&reader, &line, NULL), 1);
    assert_int_equal(line.position, length + 6);
    assert_int_equal(line.end, file_size(store_path(LOG)));
    assert_int_equal(reader.position, line.end);
    soc_reader_close(&reader);
    assert_string_equal(store_read_log("messages", length), "s:b");
    /* From inside a line: the rest of it is no line. */
    assert_string_equal(store_read_log("messages", 5), "s:b");
    assert_string_equal(store_read_log("messages", length + 6), "");
}

static void test_a_partial_line_means_later(void **state)
{
    const char *text = store_ours("message", "a");
    char half[64];

    (void)state;
    snprintf(half, sizeof(half), "%.40s", text);
    open_at(SOC_READ_FROM_START);
    store_put(LOG, half);
    assert_string_equal(store_read(&reader), "");
    assert_true(soc_reader_has_partial(&reader));
    assert_int_equal(reader.position, 0);
    store_put(LOG, text + 40);
    assert_string_equal(store_read(&reader), "r:a");
    assert_false(soc_reader_has_partial(&reader));
    soc_reader_close(&reader);
}

static void test_from_the_end(void **state)
{
    char *filler = store_filler(150000);

    (void)state;
    open_at(SOC_READ_FROM_END);
    assert_string_equal(store_read(&reader), "");
    put_ours("made later");
    assert_string_equal(store_read(&reader), "r:made later");
    soc_reader_close(&reader);
    /* Behind the last whole line, however long the torn one is. */
    store_put(LOG, filler);
    open_at(SOC_READ_FROM_END);
    assert_string_equal(store_read(&reader), "");
    put_ours("b");
    assert_string_equal(store_read(&reader), "s:b");
    soc_reader_close(&reader);
    write_text(store_path(LOG), filler);
    open_at(SOC_READ_FROM_END);
    assert_int_equal(reader.position, 0);
    soc_reader_close(&reader);
    free(filler);
}

static void test_repeats(void **state)
{
    (void)state;
    put_ours("a");
    put_ours("b");
    put_ours("a");
    store_put(LOG, store_foreign("same"));
    store_put(LOG, store_foreign("same"));
    store_put(LOG, "torn");
    put_ours("b");
    assert_string_equal(store_read_log("messages", SOC_READ_FROM_START), "r:a r:b r r m");
}

static void test_repeats_beyond_the_window(void **state)
{
    struct soc_strbuf text = SOC_STRBUF_INIT;
    char *all;
    size_t count = 0;

    (void)state;
    soc_strbuf_add_string(&text, store_ours("message", "old"));
    for (int i = 0; i < SOC_SEEN_WINDOW; i++)
        soc_strbuf_add_format(&text, "{\"type\":\"x\",\"id\":\"n%d\"}\n", i);
    soc_strbuf_add_string(&text, store_ours("message", "old"));
    soc_strbuf_add_string(&text, "{\"type\":\"x\",\"id\":\"n1\"}\n");
    append_file(store_path(LOG), text.data, text.length);
    soc_strbuf_free(&text);
    all = strdup(store_read_log("messages", SOC_READ_FROM_START));
    for (const char *at = all; (at = strstr(at, "r:")); at++)
        count++;
    assert_int_equal(count, SOC_SEEN_WINDOW + 2);
    assert_string_equal(all + strlen(all) - 13, "r:n4095 r:old");
    free(all);
}

static void test_long_lines(void **state)
{
    char *middle = store_filler(300 * 1024);
    char *huge = store_filler(3 * 1024 * 1024);
    struct soc_line line;

    (void)state;
    put_ours("a");
    store_put(LOG, middle);
    store_put(LOG, "\n");
    put_ours("b");
    store_put(LOG, huge);
    put_ours("glued");
    store_put(LOG, huge);
    store_put(LOG, "\n");
    put_ours("c");
    assert_string_equal(store_read_log("messages", SOC_READ_FROM_START), "r:a m r:b s:glued m r:c");
    open_at(SOC_READ_FROM_START);
    for (int i = 0; i < 4; i++)
        assert_int_equal(soc_reader_next(&reader, &line, NULL), 1);
    assert_true(line.salvaged);
    assert_int_equal(line.end - line.position, strlen(store_ours("message", "glued")));
    assert_int_equal(soc_reader_next(&reader, &line, NULL), 1);
    assert_int_equal(line.kind, SOC_LINE_MALFORMED);
    assert_int_equal(line.end - line.position, 3 * 1024 * 1024 + 1);
    assert_true(reader.capacity < 2 * 1024 * 1024);
    soc_reader_close(&reader);
    /* From inside the huge line. */
    assert_string_equal(store_read_log("messages", file_size(store_path(LOG)) - 1000000), "r:c");
    free(middle);
    free(huge);
}

static void test_following_a_rotation(void **state)
{
    (void)state;
    put_ours("a");
    open_at(SOC_READ_FROM_START);
    assert_string_equal(store_read(&reader), "r:a");
    put_ours("b");
    rotate_by_hand("");
    put_ours("c");
    assert_string_equal(store_read(&reader), "r:b r:c");
    rotate_by_hand("");
    rotate_by_hand("");
    put_ours("d");
    assert_string_equal(store_read(&reader), "r:d");
    assert_string_equal(reader.incident, "");
    soc_reader_close(&reader);
}

static void test_positions_through_three_segments(void **state)
{
    int64_t at[3];

    (void)state;
    put_ours("a");
    at[0] = file_size(store_path(LOG));
    put_ours("b");
    rotate_by_hand("");
    put_ours("c");
    open_at(SOC_READ_FROM_END);
    at[1] = reader.position;
    soc_reader_close(&reader);
    put_ours("d");
    rotate_by_hand("");
    put_ours("e");
    open_at(SOC_READ_FROM_END);
    at[2] = reader.position;
    soc_reader_close(&reader);
    put_ours("f");
    assert_string_equal(store_read_log("messages", SOC_READ_FROM_START), "r:a r:b r:c r:d r:e r:f");
    assert_string_equal(store_read_log("messages", SOC_READ_FROM_PRESENT), "r:e r:f");
    assert_string_equal(store_read_log("messages", 0), "r:a r:b r:c r:d r:e r:f");
    assert_string_equal(store_read_log("messages", at[0]), "r:b r:c r:d r:e r:f");
    assert_string_equal(store_read_log("messages", at[1]), "r:d r:e r:f");
    assert_string_equal(store_read_log("messages", at[2]), "r:f");
}

static void test_history_that_is_gone(void **state)
{
    (void)state;
    put_ours("a");
    rotate_by_hand("");
    put_ours("b");
    rotate_by_hand("");
    put_ours("c");
    assert_int_equal(unlink(store_path("archive/messages-0.jsonl")), 0);
    assert_string_equal(store_read_log("messages", 0), "r:b r:c");
}

static void test_a_gap_in_history(void **state)
{
    char *text;
    char name[64];

    (void)state;
    put_ours("a");
    rotate_by_hand("");
    text = read_file(store_path(LOG), NULL);
    snprintf(name, sizeof(name), "archive/messages-%d.jsonl", atoi(strstr(text, "\"base\":") + 7));
    free(text);
    put_ours("b");
    rotate_by_hand(store_ours("agent_state", "state"));
    put_ours("c");
    assert_int_equal(unlink(store_path(name)), 0);
    open_at(SOC_READ_FROM_START);
    /* Behind a gap the states are news. */
    assert_string_equal(store_read(&reader), "r:a r:state r:c");
    assert_non_null(strstr(reader.incident, "messages.jsonl: history between positions"));
    soc_reader_close(&reader);
}

static void test_states_are_passed_over(void **state)
{
    struct soc_strbuf states = SOC_STRBUF_INIT;

    (void)state;
    put_ours("a");
    open_at(SOC_READ_FROM_START);
    soc_strbuf_add_string(&states, store_ours("agent_state", "s1"));
    soc_strbuf_add_string(&states, store_ours("agent_state", "s2"));
    rotate_by_hand(states.data);
    put_ours("b");
    store_put(LOG, store_ours("agent_state", "s3"));
    assert_string_equal(store_read(&reader), "r:a r:b r:s3");
    soc_reader_close(&reader);
    assert_string_equal(store_read_log("messages", SOC_READ_FROM_PRESENT), "r:s1 r:s2 r:b r:s3");
    soc_strbuf_free(&states);
}

static void test_a_foreign_message_that_looks_like_a_state(void **state)
{
    (void)state;
    put_ours("a");
    open_at(SOC_READ_FROM_START);
    rotate_by_hand("{\"type\":\"build_state\",\"id\":\"f\",\"to\":\"all\"}\n");
    assert_string_equal(store_read(&reader), "r:a r:f");
    soc_reader_close(&reader);
}

static void test_a_reader_that_saw_late_lines(void **state)
{
    const char *late = store_ours("message", "late");

    (void)state;
    put_ours("a");
    open_at(SOC_READ_FROM_START);
    assert_string_equal(store_read(&reader), "r:a");
    rotate_by_hand("");
    /* A foreign writer had the old file open; the reader had, too. */
    append_text(store_path("archive/messages-0.jsonl"), late);
    append_text(store_path("archive/messages-0.jsonl"), store_foreign("later"));
    assert_string_equal(store_read(&reader), "r:late r");
    put_ours("b");
    store_put(LOG, late);
    store_put(LOG, "{\"id\":\"late-messages-0-");
    {
        char rest[200];

        snprintf(rest, sizeof(rest), "%d\",%s",
                 (int)(strlen(store_ours("message", "a")) + strlen(late)),
                 store_foreign("later") + 1);
        store_put(LOG, rest);
    }
    put_ours("c");
    assert_string_equal(store_read(&reader), "r:b r:c");
    assert_string_equal(reader.incident, "");
    soc_reader_close(&reader);
}

static void test_late_lines_are_cut_when_the_rotation_is_noticed(void **state)
{
    char *text;

    (void)state;
    put_ours("a");
    open_at(SOC_READ_FROM_START);
    assert_string_equal(store_read(&reader), "r:a");
    put_ours("b");
    text = strdup(store_ours("message", "late"));
    text[strlen(text) - 1] = '\0';
    rotate_by_hand("");
    append_text(store_path("archive/messages-0.jsonl"), text); /* torn: it stays in the buffer */
    put_ours("c");
    assert_string_equal(store_read(&reader), "r:b r:c");
    assert_false(soc_reader_has_partial(&reader));
    soc_reader_close(&reader);
    assert_string_equal(store_read_log("messages", 0), "r:a r:b r:c");
    free(text);
}

static void test_an_archive_that_was_cut(void **state)
{
    off_t length = (off_t)strlen(store_ours("message", "a"));

    (void)state;
    put_ours("a");
    put_ours("b");
    rotate_by_hand("");
    put_ours("c");
    assert_int_equal(truncate(store_path("archive/messages-0.jsonl"), length / 2), 0);
    assert_string_equal(store_read_log("messages", length), "r:c");
}

static void test_replaced_while_history_is_read(void **state)
{
    (void)state;
    put_ours("a");
    rotate_by_hand("");
    put_ours("b");
    open_at(SOC_READ_FROM_START);
    write_text(store_path(LOG), store_ours("message", "c"));
    assert_string_equal(store_read(&reader), "r:a r:c");
    assert_non_null(strstr(reader.incident, "was replaced"));
    soc_reader_close(&reader);
}

static void expect_incident(const char *words)
{
    assert_non_null(strstr(reader.incident, words));
    reader.incident[0] = '\0';
}

static void test_truncated(void **state)
{
    (void)state;
    put_ours("a");
    put_ours("b");
    open_at(SOC_READ_FROM_START);
    assert_string_equal(store_read(&reader), "r:a r:b");
    assert_int_equal(truncate(store_path(LOG), 0), 0);
    assert_string_equal(store_read(&reader), "");
    expect_incident("messages.jsonl was truncated or rewritten (at position ");
    put_ours("b");
    put_ours("c");
    assert_string_equal(store_read(&reader), "r:c");
    assert_string_equal(reader.incident, "");
    soc_reader_close(&reader);
}

static void test_rewritten_in_place(void **state)
{
    (void)state;
    put_ours("a");
    open_at(SOC_READ_FROM_START);
    assert_string_equal(store_read(&reader), "r:a");
    write_text(store_path(LOG), store_ours("message", "other"));
    put_ours("more");
    assert_string_equal(store_read(&reader), "r:other r:more");
    expect_incident("was truncated or rewritten");
    soc_reader_close(&reader);
}

static void test_replaced(void **state)
{
    (void)state;
    put_ours("a");
    open_at(SOC_READ_FROM_START);
    assert_string_equal(store_read(&reader), "r:a");
    write_text(store_path("new"), store_ours("message", "b"));
    assert_int_equal(rename(store_path("new"), store_path(LOG)), 0);
    assert_string_equal(store_read(&reader), "r:b");
    expect_incident("was replaced");
    soc_reader_close(&reader);
}

static void test_removed(void **state)
{
    (void)state;
    put_ours("a");
    open_at(SOC_READ_FROM_START);
    assert_string_equal(store_read(&reader), "r:a");
    put_ours("b");
    assert_int_equal(unlink(store_path(LOG)), 0);
    assert_string_equal(store_read(&reader), "r:b");
    put_ours("c");
    assert_string_equal(store_read(&reader), "r:c");
    expect_incident("was replaced");
    soc_reader_close(&reader);
    /* History without a present. */
    rotate_by_hand("");
    assert_int_equal(unlink(store_path(LOG)), 0);
    assert_string_equal(store_read_log("messages", 0), "");
}

static void test_a_position_behind_the_end(void **state)
{
    (void)state;
    put_ours("a");
    open_at(100000);
    expect_incident("messages.jsonl is shorter than where it was read last (at position 100000)");
    assert_string_equal(store_read(&reader), "r:a");
    soc_reader_close(&reader);
}

static void test_a_crash_in_a_rotation(void **state)
{
    (void)state;
    put_ours("a");
    store_put("archive/x", "");
    assert_int_equal(link(store_path(LOG), store_path("archive/messages-0.jsonl")), 0);
    assert_string_equal(store_read_log("messages", SOC_READ_FROM_START), "r:a");
    open_at(SOC_READ_FROM_START);
    put_ours("b");
    assert_string_equal(store_read(&reader), "r:a r:b");
    soc_reader_close(&reader);
}

static void test_forged_headers_and_seals(void **state)
{
    (void)state;
    put_ours("a");
    store_put(LOG, store_header("messages", 4711));
    store_put(LOG, "{\"type\":\"log_sealed\",\"carried\":0}\n");
    store_put(LOG, "{\"type\":\"log_sealed\",\"log\":\"messages\",\"carried\":99999999}\n");
    put_ours("b");
    open_at(SOC_READ_FROM_START);
    assert_string_equal(store_read(&reader), "r:a r:b");
    assert_int_equal(reader.position, file_size(store_path(LOG)));
    soc_reader_close(&reader);
}

static void test_a_hostile_archive(void **state)
{
    (void)state;
    put_ours("a");
    rotate_by_hand("");
    put_ours("b");
    assert_int_equal(unlink(store_path("archive/messages-0.jsonl")), 0);
    assert_int_equal(mkfifo(store_path("archive/messages-0.jsonl"), 0600), 0);
    open_at(SOC_READ_FROM_START);
    expect_incident("archive/messages-0.jsonl is a FIFO; it is passed over");
    assert_string_equal(store_read(&reader), "r:b");
    soc_reader_close(&reader);
    assert_string_equal(store_read_log("messages", SOC_READ_FROM_PRESENT), "r:b");
}

static void test_the_check(void **state)
{
    char check[9];
    char again[9];

    (void)state;
    open_at(SOC_READ_FROM_START);
    assert_int_equal(soc_reader_check(&reader, 0, check, NULL), 0);
    assert_string_equal(check, "00000000");
    for (int i = 0; i < 5; i++)
        put_ours("a");
    assert_string_equal(store_read(&reader), "r:a");
    assert_int_equal(soc_reader_check(&reader, reader.position, check, NULL), 0);
    assert_int_equal(soc_reader_check(&reader, reader.position, again, NULL), 0);
    assert_string_equal(check, again);
    assert_int_equal(soc_reader_check(&reader, 10, again, NULL), 0);
    assert_string_not_equal(check, again);
    assert_int_equal(soc_reader_check(&reader, -10, again, NULL), 0);
    assert_string_equal(again, "00000000");
    soc_reader_close(&reader);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, store_setup, store_teardown)
    const struct CMUnitTest tests[] = {
        TEST(test_no_log),
        TEST(test_lines_of_every_kind),
        TEST(test_positions),
        TEST(test_a_partial_line_means_later),
        TEST(test_from_the_end),
        TEST(test_repeats),
        TEST(test_repeats_beyond_the_window),
        TEST(test_long_lines),
        TEST(test_following_a_rotation),
        TEST(test_positions_through_three_segments),
        TEST(test_history_that_is_gone),
        TEST(test_a_gap_in_history),
        TEST(test_states_are_passed_over),
        TEST(test_a_foreign_message_that_looks_like_a_state),
        TEST(test_a_reader_that_saw_late_lines),
        TEST(test_late_lines_are_cut_when_the_rotation_is_noticed),
        TEST(test_an_archive_that_was_cut),
        TEST(test_replaced_while_history_is_read),
        TEST(test_truncated),
        TEST(test_rewritten_in_place),
        TEST(test_replaced),
        TEST(test_removed),
        TEST(test_a_position_behind_the_end),
        TEST(test_a_crash_in_a_rotation),
        TEST(test_forged_headers_and_seals),
        TEST(test_a_hostile_archive),
        TEST(test_the_check),
    };

    return cmocka_run_group_tests_name("reader", tests, NULL, NULL);
}
