/* SPDX-License-Identifier: MIT */
/*
 * A caller's message made into a record: every field's check, and what is carried over as it was
 * written.
 */
#include "compose.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "harness/internal/faults.h"
#include "harness/member.h"
#include "harness/unit.h"
#include "scan.h"

static society *s;
static struct soc_strbuf out;
static struct soc_composed composed;

static int setup(void **state)
{
    member_setup(state);
    faults_install();
    s = member_open("w1");
    return 0;
}

static int teardown(void **state)
{
    soc_strbuf_free(&out);
    society_close(s);
    faults_remove();
    return member_teardown(state);
}

/* As line number `line`; 0: as the only one. */
static int compose_line(const char *text, int line)
{
    struct soc_moment now = {0};
    struct soc_composing of = {.now = &now, .line = line};

    soc_moment_now(&now);
    return soc_compose(s, text, strlen(text), &of, &out, &composed);
}

static int compose(const char *text)
{
    soc_strbuf_clear(&out);
    return compose_line(text, 0);
}

static void accept(const char *text)
{
    if (compose(text) < 0)
        fail_msg("%s: %s", text, society_last_message(s));
}

static void refuse(const char *text, const char *words)
{
    assert_int_equal(compose(text), SOCIETY_E_INVALID);
    if (!strstr(society_last_message(s), words))
        fail_msg("%s: %s", text, society_last_message(s));
    assert_int_equal(out.length, 0);
}

static void test_a_record(void **state)
{
    struct soc_line line;

    (void)state;
    faults_clock_stop();
    accept("{\n  \"to\": \"w2\",\n  \"content\": \"a\\u00e9 \\ud800\",\n  \"n\": 1.50e+2, \"id\": "
           "\"m1\", \"from\": \"w1\"\n}");
    assert_string_equal(composed.id, "m1");
    assert_int_equal(strncmp(out.data,
                             "{\"type\":\"message\",\"from\":\"w1\",\"to\":\"w2\",\"content\":"
                             "\"a\\u00e9 \\ufffd\",\"n\":1.50e+2,\"id\":\"m1\",\"timestamp\":"
                             "\"2026-02-10T10:00:00.000Z\",\"crc\":\"",
                             out.length - 12),
                     0);
    soc_scan_line(out.data, out.length - 1, &line);
    assert_int_equal(line.kind, SOC_LINE_RECORD);
    assert_false(line.foreign);
    accept("{\"to\":\"w2\",\"content\":1,\"timestamp\":\"x\",\"crc\":\"y\"}");
    assert_int_equal(strlen(composed.id), 36);
    assert_null(strstr(out.data, "\"x\""));
}

static void test_addressees(void **state)
{
    (void)state;
    accept("{\"to\":\"all\",\"content\":1}");
    accept("{\"to\":\"broadcast\",\"content\":1}");
    accept("{\"to\":\"role:tester\",\"content\":1}");
    accept("{\"to\":\"supervisor\",\"content\":1}");
    accept("{\"to\":[\"w2\",\"role:x\",\"all\"],\"content\":1}");
    refuse("{\"content\":1}", "field to is missing");
    refuse("{\"to\":[],\"content\":1}", "field to names nobody");
    refuse("{\"to\":\"\",\"content\":1}", "field to must be an agent id");
    refuse("{\"to\":\"a b\",\"content\":1}", "field to must be");
    refuse("{\"to\":\"role:\",\"content\":1}", "field to must be");
    refuse("{\"to\":\"role:a/b\",\"content\":1}", "field to must be");
    refuse("{\"to\":[\"w2\",7],\"content\":1}", "field to must be");
    refuse("{\"to\":7,\"content\":1}", "field to must be");
    refuse("{\"to\":null,\"content\":1}", "field to must be");
}

static void test_other_fields(void **state)
{
    static const char *const good[] = {
        "\"type\":\"question\"",      "\"type\":\"my.own_type\"",
        "\"replyTo\":\"m9\"",         "\"thread\":\"t1\"",
        "\"priority\":\"interrupt\"", "\"priority\":\"queue\"",
        "\"priority\":\"log\"",       "\"deadline\":\"2026-02-10T10:00:00+01:00\"",
        "\"subject\":\"x\"",          "\"ackRequired\":true",
        "\"attachments\":[]",         "\"data\":{\"a\":[1]}",
    };
    static const struct {
        const char *member, *words;
    } bad[] = {
        {"\"type\":\"a b\"", "field type must be a word"},
        {"\"type\":7", "field type must be a word"},
        {"\"type\":\"log_sealed\"", "field type is one of the log's own"},
        {"\"type\":\"agent_state\"", "field type is one of the log's own"},
        {"\"from\":\"w2\"", "field from is not the agent that is speaking"},
        {"\"from\":null", "field from is not the agent that is speaking"},
        {"\"id\":\"a b\"", "field id must be an id"},
        {"\"id\":7", "field id must be an id"},
        {"\"replyTo\":\"\"", "field replyTo must be an id"},
        {"\"thread\":[]", "field thread must be an id"},
        {"\"priority\":\"high\"", "field priority must be interrupt, queue or log"},
        {"\"deadline\":\"tomorrow\"", "field deadline must be a time as in RFC 3339"},
        {"\"deadline\":7", "field deadline must be a time"},
        {"\"subject\":7", "field subject must be a string"},
        {"\"ackRequired\":\"yes\"", "field ackRequired must be true or false"},
        {"\"attachments\":{}", "field attachments must be an array"},
        {"\"attachments\":[{}]", "field attachments must hold objects as society_attach()"},
        {"\"position\":7", "field position is the library's to give"},
        {"\"deliveredAt\":\"x\"", "field deliveredAt is the library's to give"},
        {"\"acknowledgedAt\":\"x\"", "field acknowledgedAt is the library's to give"},
    };
    char text[300];

    (void)state;
    for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
        snprintf(text, sizeof(text), "{\"to\":\"w2\",\"content\":1,%s}", good[i]);
        accept(text);
    }
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        snprintf(text, sizeof(text), "{\"to\":\"w2\",\"content\":1,%s}", bad[i].member);
        refuse(text, bad[i].words);
    }
}

static void test_content(void **state)
{
    (void)state;
    refuse("{\"to\":\"w2\"}", "field content is missing");
    accept("{\"to\":\"w2\",\"content\":null}");
    accept("{\"to\":\"w2\",\"data\":{}}");
    accept("{\"to\":\"w2\",\"task\":{\"id\":\"t1\"}}");
    refuse("[]", "a message must be a JSON object");
    refuse("{\"to\":", "line 1, column");
    refuse("{\"to\":\"w2\",\"content\":1,\"content\":2}", "line 1, column");
    assert_int_equal(compose_line("[]", 3), SOCIETY_E_INVALID);
    assert_string_equal(society_last_message(s), "line 3: a message must be a JSON object");
}

static void test_attachments(void **state)
{
    char hash[65];
    char text[600];

    (void)state;
    memset(hash, 'a', 64);
    hash[64] = '\0';
    snprintf(text, sizeof(text),
             "{\"to\":\"w2\",\"attachments\":[{\"name\":\"n\",\"type\":\"t\",\"size\":1,\"hash\":"
             "\"%s\",\"path\":\"attachments/%s\"}]}",
             hash, hash);
    accept(text);
    *strstr(text, "attachments/") = 'x';
    refuse(text, "field attachments must hold objects");
    snprintf(text, sizeof(text),
             "{\"to\":\"w2\",\"attachments\":[{\"name\":\"n\",\"size\":-1,\"hash\":\"%s\","
             "\"path\":\"attachments/%s\"}]}",
             hash, hash);
    refuse(text, "field attachments must hold objects");
    hash[3] = 'G';
    snprintf(text, sizeof(text),
             "{\"to\":\"w2\",\"attachments\":[{\"name\":\"n\",\"size\":1,\"hash\":\"%s\","
             "\"path\":\"attachments/%s\"}]}",
             hash, hash);
    refuse(text, "field attachments must hold objects");
}

static void test_threads(void **state)
{
    (void)state;
    member_send(s, "w2", "first");
    accept("{\"to\":\"w2\",\"content\":1,\"replyTo\":\"first\"}");
    assert_non_null(strstr(out.data, "\"thread\":\"first\""));
    assert_int_equal(
        society_send(s, "{\"to\":\"w2\",\"content\":1,\"id\":\"second\",\"replyTo\":\"first\"}",
                     NULL),
        0);
    accept("{\"to\":\"w2\",\"content\":1,\"replyTo\":\"second\"}");
    assert_non_null(strstr(out.data, "\"thread\":\"first\""));
    accept("{\"to\":\"w2\",\"content\":1,\"replyTo\":\"unknown\"}");
    assert_non_null(strstr(out.data, "\"thread\":\"unknown\""));
    accept("{\"to\":\"w2\",\"content\":1,\"replyTo\":\"second\",\"thread\":\"own\"}");
    assert_non_null(strstr(out.data, "\"thread\":\"own\""));
    assert_null(strstr(out.data, "\"thread\":\"first\""));
    faults_at(FAULT_PREAD, 1, EIO);
    assert_int_equal(compose("{\"to\":\"w2\",\"content\":1,\"replyTo\":\"second\"}"), -EIO);
    assert_int_equal(out.length, 0);
}

static void test_size(void **state)
{
    char *text = malloc(300 * 1024);

    (void)state;
    memset(text, 'x', 300 * 1024);
    memcpy(text, "{\"to\":\"w2\",\"content\":\"", 22);
    strcpy(text + 260 * 1024, "\"}");
    assert_int_equal(compose(text), SOCIETY_E_TOO_BIG);
    assert_string_equal(society_last_message(s),
                        "the message is over 256 KiB; attach what is large");
    assert_int_equal(out.length, 0);
    free(text);
}

static void test_no_randomness(void **state)
{
    (void)state;
    faults_at(FAULT_GETRANDOM, 1, EIO);
    assert_int_equal(compose("{\"to\":\"w2\",\"content\":1}"), -EIO);
    assert_string_equal(society_last_message(s), "cannot make an id");
}

/* ---- The two ways ---- */

static void assert_same_slice(struct soc_slice a, struct soc_slice b)
{
    assert_ptr_equal(a.data, b.data);
    assert_int_equal(a.length, b.length);
}

static void assert_same_members(const struct soc_draft *a, const struct soc_draft *b)
{
    struct soc_slice key[2], value[2];
    size_t cursor[2] = {0};
    int more;

    do {
        more = soc_draft_next(a, &cursor[0], &key[0], &value[0]);
        assert_int_equal(soc_draft_next(b, &cursor[1], &key[1], &value[1]), more);
        if (more == 1) {
            assert_same_slice(key[0], key[1]);
            assert_same_slice(value[0], value[1]);
        }
    } while (more == 1);
}

/* A message that is plain, looked at as such and as if it were not; true: it is accepted. */
static bool compare_ways(const char *text, size_t length)
{
    struct soc_composing of = {.line = 3};
    struct soc_plain_members members;
    struct soc_draft fast = {.s = s, .of = &of, .text = text, .length = length, .plain = &members};
    struct soc_draft slow = {.s = s, .of = &of, .text = text, .length = length};
    char words[sizeof(s->error.text)];
    int result;

    if (!soc_json_plain_members(text, length, &members))
        return false;
    result = soc_draft_check(&fast);
    snprintf(words, sizeof(words), "%s", s->error.text);
    assert_int_equal(soc_draft_check(&slow), result);
    if (result < 0) {
        assert_string_equal(words, s->error.text);
        return false;
    }
    assert_same_slice(fast.to, slow.to);
    assert_string_equal(fast.type, slow.type);
    assert_string_equal(fast.id, slow.id);
    assert_string_equal(fast.reply, slow.reply);
    assert_int_equal(fast.has_thread, slow.has_thread);
    assert_same_members(&fast, &slow);
    return true;
}

static void test_plain_messages_are_like_others(void **state)
{
    static const char *const keys[] = {
        "to",
        "content",
        "type",
        "from",
        "id",
        "subject",
        "data",
        "task",
        "replyTo",
        "thread",
        "priority",
        "deadline",
        "ackRequired",
        "attachments",
        "timestamp",
        "crc",
        "position",
        "deliveredAt",
        "acknowledgedAt",
        "receipts",
        "unread",
        "t",
        "tos",
        "",
        "contents",
    };
    static const char *const values[] = {
        "\"w1\"",
        "\"w2\"",
        "[\"w2\", \"all\"]",
        "[]",
        "{\"a\": [1, 2]}",
        "true",
        "null",
        "-1.5",
        "\"queue\"",
        "\"2026-02-10T10:00:00Z\"",
        "\"a b\"",
        "\"\"",
        "\"a\\nb\"",
        "\"log_x\"",
        "\"x_state\"",
        "\"\\u0077\"",
        "\"caf\xc3\xa9\"",
    };
    char text[1000];
    int accepted = 0;

    (void)state;
    srand(1);
    for (int i = 0; i < 20000; i++) {
        bool both = rand() % 8 != 0; /* the two that must be there */
        size_t length = (size_t)snprintf(text, sizeof(text), "{%s\"content\": \"x\"",
                                         both ? "\"to\":\"w2\", " : "");
        for (int members = rand() % 4; members > 0; members--)
            length +=
                (size_t)snprintf(text + length, sizeof(text) - length, ", \"%s\" :%s",
                                 keys[(size_t)rand() % (sizeof(keys) / sizeof(keys[0]))],
                                 values[(size_t)rand() % (sizeof(values) / sizeof(values[0]))]);
        length += (size_t)snprintf(text + length, sizeof(text) - length, "}");
        accepted += compare_ways(text, length);
    }
    assert_in_range(accepted, 1000, 19000);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
    const struct CMUnitTest tests[] = {
        TEST(test_a_record),      TEST(test_plain_messages_are_like_others),
        TEST(test_addressees),    TEST(test_other_fields),
        TEST(test_content),       TEST(test_attachments),
        TEST(test_threads),       TEST(test_size),
        TEST(test_no_randomness),
    };

    return cmocka_run_group_tests_name("compose", tests, NULL, NULL);
}
