/* SPDX-License-Identifier: MIT */
/*
 * A reader that sifts beside one that reads every line, in logs of all that can stand in one: what
 * the needles stand in is given by both, at the same positions and as the same; what is a repeat to
 * one is to the other.
 */
#include "sift.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "crc32c.h"
#include "harness/files.h"
#include "harness/internal/faults.h"
#include "harness/internal/messages.h"
#include "harness/unit.h"
#include "rotate.h"

#define LINES 14000
#define OLD_MAX 6000

static uint32_t seed;
static struct soc_sieve sieve;
static struct soc_strbuf old[OLD_MAX]; /* lines that may come again */
static size_t old_count;

static unsigned below(unsigned end)
{
    seed = seed * 1664525u + 1013904223u;
    return (seed >> 8) % end;
}

static bool has_needle(const struct soc_line *line)
{
    for (size_t i = 0; i < sieve.count; i++)
        if (memmem(line->text, line->length, sieve.needles[i].text, sieve.needles[i].length))
            return true;
    return false;
}

/* ---- Logs ---- */

static void add_crc(struct soc_strbuf *out, size_t start)
{
    soc_strbuf_add_format(out, ",\"crc\":\"%08x\"}\n",
                          (unsigned)soc_crc32c(out->data + start, out->length - start));
}

static const char *addressee(const char *agent)
{
    static const char *const others[] = {"w2",   "w3",  "bob",      "allan",
                                         "role", "ro1", "isolated", "supervisor2"};
    static const char *const many[] = {"all", "broadcast", "role:tester", "supervisor"};
    unsigned which = below(40);

    return which == 0 ? agent : which == 1 ? many[below(4)] : others[below(8)];
}

static void add_uuid(struct soc_strbuf *out, unsigned version)
{
    soc_strbuf_add_format(out, "0194f1de-%04x-%x%03x-%c%03x-%04x%08x", below(65536), version,
                          below(4096), "89ab"[below(4)], below(4096), below(65536),
                          below(1u << 24));
}

/* An id that is used again, in records for anyone. */
static void add_chosen_id(struct soc_strbuf *out)
{
    static const unsigned ranges[] = {20, 3000, 9000};

    soc_strbuf_add_format(out, "msg-%u", below(ranges[below(3)]));
}

/* One that JSON.stringify(), json.dumps() or a person wrote. */
static void add_foreign(struct soc_strbuf *out, const char *agent)
{
    unsigned how = below(10);

    soc_strbuf_add_format(out, "%s{\"type\":\"message\",\"from\":\"%s\",", how == 0 ? "  " : "",
                          below(30) == 0 ? agent : "w9");
    if (below(3) == 0)
        soc_strbuf_add_string(out, "\"id\":\"");
    if (out->data[out->length - 1] == '"') {
        below(2) ? add_chosen_id(out) : add_uuid(out, 4);
        soc_strbuf_add_string(out, "\",");
    }
    if (how == 1)
        soc_strbuf_add_format(out, "\"to\" : [\"w2\", \"%s\"]", addressee(agent));
    else if (how == 2 && below(8) == 0)
        soc_strbuf_add_format(out, "\"\\u0074o\":\"\\u00%02x%s\"", (unsigned)agent[0], agent + 1);
    else
        soc_strbuf_add_format(out, "\"to\":\"%s\"", addressee(agent));
    soc_strbuf_add_format(out, ",\"content\":\"%u \\u4e2d\"}%s\n", below(100000),
                          how == 3 ? "\r" : "");
}

static void add_ours(struct soc_strbuf *out, const char *agent)
{
    size_t start = out->length;

    soc_strbuf_add_format(out, "{\"type\":\"message\",\"from\":\"w9\",\"to\":\"%s\",\"id\":\"",
                          addressee(agent));
    below(8) == 0 ? add_chosen_id(out) : add_uuid(out, 7);
    soc_strbuf_add_format(out, "\",\"content\":\"%.*s\"", (int)below(60),
                          "all that is needed, by whoever is the supervisor or broadcasts it");
    add_crc(out, start);
}

/* A line, or what is left of one. */
static void add_line(struct soc_strbuf *out, const char *agent)
{
    size_t start = out->length;
    unsigned kind = below(60);

    if (kind == 0 && old_count > 0) {
        const struct soc_strbuf *again = &old[below((unsigned)old_count)];
        soc_strbuf_add(out, again->data, again->length);
    } else if (kind == 1) {
        soc_strbuf_add(out, "\0\0\0\0\n", below(2) ? 5 : 4);
    } else if (kind == 2) {
        soc_strbuf_add_format(out, "%.*s\n", (int)below(3), "   ");
    } else if (kind == 3) {
        soc_strbuf_add_format(out, "{\"type\":\"torn\",\"to\":\"%s\",\"content", addressee(agent));
    } else if (kind == 4) {
        soc_strbuf_add_format(out, "nonsense for \"%s\"\n", addressee(agent));
    } else if (kind < 20) {
        add_foreign(out, agent);
    } else {
        add_ours(out, agent);
    }
    if (old_count < OLD_MAX && below(2) == 0 && out->data[out->length - 1] == '\n')
        soc_strbuf_add(&old[old_count++], out->data + start, out->length - start);
}

/* A message of more than 256 KiB, or a line that has one at its end. */
static void add_long(struct soc_strbuf *out, const char *agent)
{
    char *filler = store_filler(SOC_LINE_MAX / 2 + below(2 * SOC_LINE_MAX));

    soc_strbuf_add_format(out, "{\"to\":\"%s\",\"content\":\"%s\"}%s", addressee(agent), filler,
                          below(2) ? "\n" : "");
    free(filler);
}

static void forget_old(void)
{
    while (old_count > 0)
        soc_strbuf_free(&old[--old_count]);
}

/* ---- Two readers ---- */

/* Goes on with both to the end; how many lines the one gave that sifts. */
static size_t compare(struct soc_reader *sifting, struct soc_reader *whole)
{
    struct soc_line fast = {0};
    struct soc_line each;
    size_t given = 0;
    bool pending = soc_reader_next(sifting, &fast, &store_error) == 1;

    while (soc_reader_next(whole, &each, &store_error) == 1) {
        if (!pending || each.position != fast.position) {
            assert_false(has_needle(&each));
            continue;
        }
        given++;
        /* What is for nobody here, behind damage that looks so, may be a repeat to the one alone. */
        assert_true(fast.kind == each.kind || !has_needle(&fast));
        assert_int_equal(fast.end, each.end);
        assert_int_equal(fast.salvaged, each.salvaged);
        assert_int_equal(fast.length, each.length);
        assert_memory_equal(fast.text, each.text, each.length);
        pending = soc_reader_next(sifting, &fast, &store_error) == 1;
    }
    assert_false(pending); /* nothing that is not there */
    assert_int_equal(sifting->position, whole->position);
    assert_string_equal(sifting->incident, whole->incident);
    return given;
}

/* A log that grows, is rotated, and is read again and again from where it was. */
static size_t try_log(const char *agent, int64_t from, unsigned parts)
{
    struct soc_reader whole;
    size_t given = 0;

    forget_old();
    soc_sieve_for_agent(&sieve, agent);
    store_put(LOG, "");
    for (unsigned part = 0; part < parts; part++) {
        SOC_AUTO_STRBUF struct soc_strbuf text = SOC_STRBUF_INIT;

        for (unsigned i = 0; i < LINES / parts; i++)
            add_line(&text, agent);
        if (below(3) == 0)
            add_long(&text, agent);
        append_file(store_path(LOG), text.data, text.length);
        if (part == 0) {
            int64_t begin = from > 0 ? from % file_size(store_path(LOG)) : from;
            open_at(begin);
            soc_reader_sift(&reader, &sieve);
            assert_int_equal(soc_reader_open(&whole, &store_dir, "messages", begin, &store_error),
                             0);
        }
        if (below(4) > 0)
            given += compare(&reader, &whole);
        if (part + 1 < parts && below(3) == 0)
            rotate();
    }
    given += compare(&reader, &whole);
    soc_reader_close(&reader);
    soc_reader_close(&whole);
    return given;
}

static void test_random_logs(void **state)
{
    static const char *const agents[] = {
        "w1",          "a",    "al",
        "backend-001", "role", "abcdefghijklmnopqrstuvwxyz0123456789.-ABCDEFGHIJKLMNOPQRSTUVWXYZ"};
    static const unsigned parts[] = {1, 7, 300};
    unsigned rounds = getenv("SOCIETY_LONG") ? 1000 : 12;

    (void)state;
    for (unsigned round = 1; round <= rounds; round++) {
        seed = round;
        size_t given = try_log(agents[round % 6], round % 4 == 3 ? (int64_t)below(200000) : -1,
                               parts[round % 3]);

        assert_true(given > 10);
        assert_int_equal(store_teardown(NULL), 0);
        assert_int_equal(store_setup(NULL), 0);
    }
}

/* ---- Repeats ---- */

static void put_message(const char *to, const char *id)
{
    SOC_AUTO_STRBUF struct soc_strbuf text = SOC_STRBUF_INIT;

    soc_strbuf_add_format(&text, "{\"to\":\"%s\",\"id\":\"%s\"", to, id);
    add_crc(&text, 0);
    append_file(store_path(LOG), text.data, text.length);
}

static void put_others(size_t count)
{
    SOC_AUTO_STRBUF struct soc_strbuf text = SOC_STRBUF_INIT;

    for (size_t i = 0; i < count; i++) {
        size_t start = text.length;

        soc_strbuf_add_string(&text, "{\"to\":\"w2\",\"id\":\"");
        add_uuid(&text, 7);
        soc_strbuf_add_string(&text, "\"");
        add_crc(&text, start);
    }
    append_file(store_path(LOG), text.data, text.length);
}

static void sift_at(int64_t position)
{
    soc_sieve_for_agent(&sieve, "w1");
    open_at(position);
    soc_reader_sift(&reader, &sieve);
}

#define UUID_1 "0190163d-8694-739b-aea5-966c26f8ad91"
#define UUID_2 "0190163d-8694-739b-aea5-966c26f8ad92"

static void test_a_retried_append(void **state)
{
    (void)state;
    put_others(10);
    put_message("w1", UUID_1);
    put_others(SOC_SEEN_WINDOW - 2);
    put_message("w1", UUID_1);
    put_message("w1", UUID_2);
    put_others(SOC_SEEN_WINDOW);
    put_message("w1", UUID_2); /* too long ago */
    sift_at(SOC_READ_FROM_START);
    char *given = strdup(store_read(&reader));
    size_t first = 0;
    for (const char *at = given; (at = strstr(at, UUID_1)); at++)
        first++;
    size_t second = 0;
    for (const char *at = given; (at = strstr(at, UUID_2)); at++)
        second++;
    assert_int_equal(first, 1);
    assert_int_equal(second, 2);
    free(given);
    soc_reader_close(&reader);
}

/* Whoever chooses ids may give one to messages for several agents: the first has it. */
static void test_an_id_of_a_message_for_another(void **state)
{
    (void)state;
    put_message("w2", "chosen");
    put_others(3000);
    put_message("w1", "chosen");
    put_others(1500);
    put_message("w1", "second");
    sift_at(SOC_READ_FROM_START);
    char *given = strdup(store_read(&reader));
    assert_null(strstr(given, "r:chosen"));
    assert_non_null(strstr(given, "r:second"));
    free(given);
    soc_reader_close(&reader);
    /* A reader does not know what stood before it began. */
    sift_at((int64_t)strlen("{\"to\":\"w2\",\"id\":\"chosen\",\"crc\":\"00000000\"}\n"));
    assert_non_null(strstr(store_read(&reader), "r:chosen"));
    soc_reader_close(&reader);
}

/* A foreign writer may send one text to several, each time with the same id. */
static void test_an_id_of_a_foreign_message_for_another(void **state)
{
    (void)state;
    store_put(LOG, "{\"to\":\"w2\",\"id\":\"" UUID_1 "\"}\n");
    put_others(2);
    store_put(LOG, "{\"to\":\"w1\",\"id\":\"" UUID_1 "\"}\n");
    sift_at(SOC_READ_FROM_START);
    assert_string_equal(store_read(&reader), "");
    soc_reader_close(&reader);
}

static void test_an_id_that_is_known(void **state)
{
    (void)state;
    put_message("w2", UUID_2);
    put_others(3);
    put_message("w1", "last");
    put_message("w1", "next");
    sift_at(SOC_READ_FROM_START);
    soc_reader_know(&reader, "last");
    assert_string_equal(store_read(&reader) + strlen(store_read(&reader)), "");
    soc_reader_close(&reader);
    sift_at(SOC_READ_FROM_START);
    soc_reader_know(&reader, "last");
    assert_null(strstr(store_read(&reader), "r:last"));
    soc_reader_close(&reader);
}

/* What is looked back at ends where the line begins, also when its beginning is gone. */
static void test_a_record_behind_an_endless_line(void **state)
{
    char *filler = store_filler(50001);

    (void)state;
    put_others(3);
    sift_at(SOC_READ_FROM_START);
    for (int i = 0; i < 15; i++) {
        append_text(store_path(LOG), filler);
        assert_string_equal(store_read(&reader), "");
    }
    free(filler);
    put_message("w1", "chosen");
    assert_string_equal(store_read(&reader), "s:chosen");
    soc_reader_close(&reader);
}

/* The needles change: what was passed over may be asked for now. */
static void test_other_needles(void **state)
{
    struct soc_sieve other;

    (void)state;
    put_message("w2", UUID_1);
    put_message("w1", UUID_2);
    sift_at(SOC_READ_FROM_START);
    assert_string_equal(store_read(&reader), "r:" UUID_2);
    put_message("w2", UUID_1);
    put_message("w2", "new");
    soc_sieve_for_agent(&other, "w2");
    soc_reader_sift(&reader, &other);
    assert_string_equal(store_read(&reader), "r:new");
    soc_reader_close(&reader);
}

/* What was given before the log was replaced is known behind that, too. */
static void test_a_log_that_is_replaced(void **state)
{
    (void)state;
    put_others(5);
    put_message("w1", UUID_1);
    put_others(5);
    sift_at(SOC_READ_FROM_START);
    assert_string_equal(store_read(&reader), "r:" UUID_1);
    write_text(store_path(LOG), "");
    put_others(2);
    put_message("w1", UUID_1);
    put_message("w1", UUID_2);
    const char *given = store_read(&reader);
    assert_null(strstr(given, UUID_1));
    assert_non_null(strstr(given, UUID_2));
    assert_true(reader.incident[0] != '\0');
    soc_reader_close(&reader);
}

/* Who looks back finds another log in its place, or none: what is in the buffer is judged by what the reader knows
 * itself. In the new log the message stands further in front, and would be taken for its own repeat. */
static void test_a_log_that_is_replaced_while_it_is_read(void **state)
{
    struct soc_line line;

    (void)state;
    put_message("w1", UUID_1);
    put_others(100);
    put_message("w1", "chosen");
    sift_at(SOC_READ_FROM_START);
    assert_int_equal(soc_reader_next(&reader, &line, &store_error), 1);
    write_text(store_path(LOG), "");
    put_message("w1", "chosen");
    put_others(200);
    assert_int_equal(strncmp(store_read(&reader), "r:chosen", 8), 0);
    assert_true(reader.incident[0] != '\0');
    soc_reader_close(&reader);
}

static void test_a_log_that_is_removed_while_it_is_read(void **state)
{
    struct soc_line line;

    (void)state;
    put_message("w1", UUID_1);
    put_others(100);
    put_message("w1", UUID_1);
    put_message("w1", UUID_2);
    sift_at(SOC_READ_FROM_START);
    assert_int_equal(soc_reader_next(&reader, &line, &store_error), 1);
    assert_int_equal(unlink(store_path(LOG)), 0);
    assert_string_equal(store_read(&reader), "r:" UUID_2);
    soc_reader_close(&reader);
}

/* Of a late line that was read at once with the seal before it, the copy that is carried over is a repeat, also for
 * a reader that was looking at every record just then, and no longer is when the copy comes. */
static void test_a_late_line_that_is_carried_over(void **state)
{
    struct soc_segment present = SOC_SEGMENT_INIT;

    (void)state;
    put_message("w2", "before");
    put_others(1);
    put_message("w1", "chosen");
    sift_at(SOC_READ_FROM_START);
    assert_string_equal(store_read(&reader), "r:chosen");
    assert_true(reader.exact > 0);
    reader.exact = 10; /* as if so many had come meanwhile */
    rotate();
    append_text(store_path("archive/messages-0.jsonl"), "{\"to\":\"w1\",\"content\":1}\n");
    put_others(30);
    assert_int_equal(
        soc_segment_open(&store_dir, "messages", -1, O_RDWR | O_APPEND, &present, &store_error), 0);
    assert_int_equal(soc_settle(&store_dir, "messages", &present, &store_error), 1);
    soc_segment_close(&present);
    assert_null(strstr(store_read(&reader), "r:late"));
    soc_reader_close(&reader);
}

static void test_errors_of_looking_back(void **state)
{
    struct soc_line line;

    (void)state;
    put_others(10);
    put_message("w1", "chosen");
    sift_at(SOC_READ_FROM_START);
    /* Reading the log itself, then reading it for the ids, from the header on. */
    for (unsigned nth = 1; nth < 4; nth++) {
        faults_reset();
        faults_at(FAULT_PREAD, nth == 3 ? 2 : 1, EIO);
        assert_int_equal(soc_reader_next(&reader, &line, &store_error), -EIO);
    }
    faults_reset();
    assert_int_equal(soc_reader_next(&reader, &line, &store_error), 1);
    assert_int_equal(line.end, file_size(store_path(LOG)));
    soc_reader_close(&reader);
}

#define TEST(function) cmocka_unit_test_setup_teardown(function, store_setup, store_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_random_logs),
        TEST(test_a_retried_append),
        TEST(test_an_id_of_a_message_for_another),
        TEST(test_an_id_of_a_foreign_message_for_another),
        TEST(test_an_id_that_is_known),
        TEST(test_a_record_behind_an_endless_line),
        TEST(test_other_needles),
        TEST(test_a_log_that_is_replaced),
        TEST(test_a_log_that_is_replaced_while_it_is_read),
        TEST(test_a_log_that_is_removed_while_it_is_read),
        TEST(test_a_late_line_that_is_carried_over),
        TEST(test_errors_of_looking_back),
    };
    int result = cmocka_run_group_tests_name("sift", tests, NULL, store_free_lines);

    forget_old();
    return result;
}
