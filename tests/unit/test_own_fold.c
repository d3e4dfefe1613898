/* SPDX-License-Identifier: MIT */
/*
 * The fold and the rules of ownership, as plain functions: records at positions 100, 200, … and
 * what they make of the state.
 */
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "harness/unit.h"
#include "own_rules.h"
#include "own_state.h"

static struct soc_owns *owns;
static int64_t position;
static char words[2048];

static int setup(void **state)
{
    (void)state;
    owns = soc_own_fold.make();
    position = 0;
    return owns ? 0 : -1;
}

static int teardown(void **state)
{
    (void)state;
    soc_own_fold.free(owns);
    return 0;
}

/* Applies the record `{"type":type,members}`, the next at a multiple of 100, judged before; both
 * must agree. Its result is the rule's. */
static int put(const char *type, const char *format, ...) __attribute__((format(printf, 2, 3)));
static int put(const char *type, const char *format, ...)
{
    char members[2048];
    char text[2200];
    va_list arguments;
    struct soc_own_change change;
    struct soc_error error = {0};

    va_start(arguments, format);
    vsnprintf(members, sizeof members, format, arguments);
    va_end(arguments);
    snprintf(text, sizeof text, "{\"type\":\"%s\",%s}", type, members);
    SOC_AUTO_JSON soc_json *json = soc_json_parse(text, strlen(text), NULL);
    assert_non_null(json);
    position += 100;
    struct soc_record record = {json, type, position, position + 100};
    int judged = soc_own_judge(owns, &record, &change, &error);
    soc_own_change_end(&change);
    assert_int_equal(soc_own_fold.apply(owns, &record), judged == 0);
    snprintf(words, sizeof words, "%s", error.text);
    return judged;
}

static int acquire(const char *agent, const char *path)
{
    return put("own_acquire", "\"from\":\"%s\",\"paths\":[\"%s\"]", agent, path);
}

static int wait_for(const char *agent, const char *path)
{
    return put("own_wait", "\"from\":\"%s\",\"paths\":[\"%s\"]", agent, path);
}

static int release(const char *agent, int token)
{
    return put("own_release", "\"from\":\"%s\",\"token\":%d", agent, token);
}

/* "w1:100 w2:200?": holders and tokens in order, with a question mark behind what waits. */
static const char *live(void)
{
    static char text[2048];
    size_t length = 0;

    text[0] = '\0';
    for (size_t i = 0; i < owns->count; i++)
        length += (size_t)snprintf(text + length, sizeof text - length, "%s%s:%lld%s", i ? " " : "",
                                   owns->items[i].holder, (long long)owns->items[i].token,
                                   owns->items[i].waiting ? "?" : "");
    return text;
}

static void test_conflicts(void **state)
{
    (void)state;
    assert_int_equal(acquire("w1", "src/**"), 0);
    assert_int_equal(acquire("w2", "src/a.c"), SOCIETY_E_HELD);
    assert_non_null(strstr(words, "src/** is held by w1 (exclusive, since unknown, token 100)"));
    assert_int_equal(acquire("w2", "**/*.c"), SOCIETY_E_HELD);
    assert_int_equal(acquire("w2", "docs/*.md"), 0);
    assert_int_equal(acquire("w1", "src/a.c"), 0); /* the same agent */
    assert_string_equal(live(), "w1:100 w2:400 w1:500");
}

static void test_all_or_nothing(void **state)
{
    (void)state;
    assert_int_equal(acquire("w1", "b/*"), 0);
    assert_int_equal(put("own_acquire", "\"from\":\"w2\",\"paths\":[\"a/*\",\"b/x\"]"),
                     SOCIETY_E_HELD);
    assert_int_equal(acquire("w3", "a/*"), 0);
}

static void test_shared(void **state)
{
    (void)state;
    assert_int_equal(put("own_acquire", "\"from\":\"w1\",\"paths\":[\"a/*\"],\"mode\":\"shared\""),
                     0);
    assert_int_equal(put("own_acquire", "\"from\":\"w2\",\"paths\":[\"a/*\"],\"mode\":\"shared\""),
                     0);
    assert_int_equal(acquire("w3", "a/b"), SOCIETY_E_HELD);
    assert_non_null(strstr(words, "w1 (shared"));
    assert_non_null(strstr(words, "w2 (shared"));
    assert_int_equal(put("own_acquire", "\"from\":\"w3\",\"paths\":[\"a/*\"],\"mode\":\"both\""),
                     SOCIETY_E_INVALID);
}

static void test_case(void **state)
{
    (void)state;
    assert_int_equal(acquire("w1", "src/a.c"), 0);
    assert_int_equal(acquire("w2", "SRC/A.C"), 0);
    assert_int_equal(
        put("own_acquire", "\"from\":\"w3\",\"paths\":[\"Src/a.C\"],\"ignoreCase\":true"),
        SOCIETY_E_HELD);
}

static void test_foreign_patterns_are_normalised(void **state)
{
    (void)state;
    assert_int_equal(acquire("w1", "./src//a.c"), 0);
    assert_int_equal(acquire("w2", "src/a.c"), SOCIETY_E_HELD);
    assert_int_equal(put("own_release", "\"from\":\"w1\",\"paths\":[\"src/a.c\"]"), 0);
    assert_string_equal(live(), "");
}

static void test_void_records(void **state)
{
    (void)state;
    assert_int_equal(acquire("w1", "../x"), SOCIETY_E_INVALID);
    assert_int_equal(acquire("w1", "/etc"), SOCIETY_E_INVALID);
    assert_int_equal(acquire("", "x"), SOCIETY_E_INVALID);
    assert_int_equal(acquire("all", "x"), SOCIETY_E_INVALID);
    assert_int_equal(put("own_acquire", "\"from\":\"w1\""), SOCIETY_E_INVALID);
    assert_int_equal(put("own_acquire", "\"from\":\"w1\",\"paths\":[]"), SOCIETY_E_INVALID);
    assert_int_equal(put("own_acquire", "\"from\":\"w1\",\"paths\":\"x\""), SOCIETY_E_INVALID);
    assert_int_equal(put("own_acquire", "\"from\":\"w1\",\"paths\":[\"x\",7]"), SOCIETY_E_INVALID);
    assert_int_equal(put("own_acquire", "\"from\":\"w1\",\"paths\":[\"x\"],\"token\":\"7\""),
                     SOCIETY_E_FENCED);
    assert_int_equal(put("own_acquire", "\"from\":\"w1\",\"paths\":[\"x\"],\"token\":99999"),
                     SOCIETY_E_FENCED);
    assert_int_equal(put("own_dance", "\"from\":\"w1\""), SOCIETY_E_INVALID);
    assert_int_equal(put("own_state", "\"own\":{\"holder\":\"w1\",\"paths\":[\"x\"]}"),
                     SOCIETY_E_INVALID);
    assert_int_equal(put("own_release", "\"from\":\"w1\""), SOCIETY_E_FENCED);
    assert_string_equal(live(), "");
    assert_int_equal(acquire("w1", "x"), 0);
    int token = (int)position;
    assert_int_equal(release("w2", token), SOCIETY_E_FENCED);
    assert_int_equal(release("w1", token - 1), SOCIETY_E_FENCED);
    assert_int_equal(put("own_renew", "\"from\":\"w2\",\"token\":%d", token), SOCIETY_E_FENCED);
    assert_int_equal(put("own_handover", "\"from\":\"w2\",\"token\":%d,\"to\":\"w2\"", token),
                     SOCIETY_E_FENCED);
    assert_int_equal(put("own_handover", "\"from\":\"w1\",\"token\":%d,\"to\":\"all\"", token),
                     SOCIETY_E_INVALID);
    assert_int_equal(put("own_acquire", "\"from\":\"w2\",\"paths\":[\"y\"],\"token\":%d", token),
                     SOCIETY_E_FENCED); /* a token is given once */
    assert_int_equal(put("own_expire", "\"from\":\"w2\",\"token\":1"), SOCIETY_E_FENCED);
    assert_int_equal(owns->count, 1);
}

static void test_too_many_patterns(void **state)
{
    char list[SOC_OWN_PATHS_MAX * 5 + 64] = "";
    size_t length = 0;

    (void)state;
    for (int i = 0; i <= SOC_OWN_PATHS_MAX; i++)
        length += (size_t)snprintf(list + length, sizeof list - length, "%s\"x\"", i ? "," : "");
    assert_int_equal(put("own_acquire", "\"from\":\"w1\",\"paths\":[%s]", list), SOCIETY_E_INVALID);
    list[length - 4] = '\0';
    assert_int_equal(put("own_acquire", "\"from\":\"w1\",\"paths\":[%s]", list), 0);
}

static void test_takeover(void **state)
{
    (void)state;
    assert_int_equal(acquire("w1", "a"), 0);
    assert_int_equal(acquire("w2", "b"), 0);
    assert_int_equal(acquire("w4", "c"), 0);
    assert_int_equal(
        put("own_acquire", "\"from\":\"w3\",\"paths\":[\"a\",\"b\"],\"takeover\":[100]"),
        SOCIETY_E_HELD);
    assert_int_equal(
        put("own_acquire", "\"from\":\"w3\",\"paths\":[\"a\",\"b\"],\"takeover\":[100,200,300]"),
        SOCIETY_E_FENCED); /* 300 is not in the way */
    assert_int_equal(
        put("own_acquire", "\"from\":\"w3\",\"paths\":[\"a\",\"b\"],\"takeover\":[100,200]"), 0);
    assert_string_equal(live(), "w4:300 w3:600");
    assert_int_equal(release("w1", 100), SOCIETY_E_FENCED);
    assert_int_equal(put("own_acquire", "\"from\":\"w5\",\"paths\":[\"a\"],\"takeover\":[100]"),
                     SOCIETY_E_FENCED);
}

static void test_queue_order(void **state)
{
    (void)state;
    assert_int_equal(acquire("w1", "a"), 0);
    assert_int_equal(wait_for("w2", "a"), 0);
    assert_int_equal(wait_for("w3", "a"), 0);
    assert_int_equal(wait_for("w4", "b"), 0); /* nothing in the way: granted at once */
    assert_string_equal(live(), "w1:100 w2:200? w3:300? w4:400");
    assert_int_equal(release("w1", 100), 0);
    assert_string_equal(live(), "w2:200 w3:300? w4:400");
    assert_int_equal(put("own_release", "\"from\":\"w2\",\"token\":200,\"timestamp\":\"T\""), 0);
    assert_string_equal(live(), "w3:300 w4:400");
    assert_string_equal(soc_json_get_string(owns->items[0].fields, "since"), "T");
    assert_int_equal(wait_for("w5", "b"), 0);
    assert_int_equal(release("w5", 700), 0); /* it gives up */
    assert_string_equal(live(), "w3:300 w4:400");
}

static void test_nobody_is_overtaken(void **state)
{
    (void)state;
    assert_int_equal(put("own_acquire", "\"from\":\"w1\",\"paths\":[\"a\"],\"mode\":\"shared\""),
                     0);
    assert_int_equal(wait_for("w2", "a"), 0);
    /* It would fit beside w1, but w2 was first. */
    assert_int_equal(put("own_acquire", "\"from\":\"w3\",\"paths\":[\"a\"],\"mode\":\"shared\""),
                     SOCIETY_E_HELD);
    assert_non_null(strstr(words, "a is waited for by w2"));
    assert_int_equal(put("own_wait", "\"from\":\"w3\",\"paths\":[\"a\"],\"mode\":\"shared\""), 0);
    assert_int_equal(put("own_wait", "\"from\":\"w4\",\"paths\":[\"a\"],\"mode\":\"shared\""), 0);
    assert_int_equal(release("w1", 100), 0);
    assert_string_equal(live(), "w2:200 w3:400? w4:500?");
    assert_int_equal(release("w2", 200), 0);
    assert_string_equal(live(), "w3:400 w4:500"); /* both at once */
}

static void test_wide_waiter_holds_back_narrow_ones(void **state)
{
    (void)state;
    assert_int_equal(acquire("w1", "a"), 0);
    assert_int_equal(acquire("w2", "b"), 0);
    assert_int_equal(wait_for("w3", "*"), 0);
    assert_int_equal(wait_for("w4", "a"), 0);
    assert_int_equal(release("w1", 100), 0);
    assert_string_equal(live(), "w2:200 w3:300? w4:400?");
    assert_int_equal(release("w2", 200), 0);
    assert_string_equal(live(), "w3:300 w4:400?");
}

static void test_expire(void **state)
{
    (void)state;
    assert_int_equal(acquire("w1", "a"), 0);
    assert_int_equal(wait_for("w2", "a"), 0);
    assert_int_equal(wait_for("w3", "a"), 0);
    assert_int_equal(put("own_expire", "\"from\":\"w3\",\"token\":200"), 0);
    assert_int_equal(put("own_expire", "\"from\":\"w3\",\"token\":100"), 0);
    assert_string_equal(live(), "w3:300");
}

static void test_deadlock_of_two(void **state)
{
    (void)state;
    assert_int_equal(acquire("w1", "a"), 0);
    assert_int_equal(acquire("w2", "b"), 0);
    assert_int_equal(wait_for("w1", "b"), 0);
    assert_int_equal(wait_for("w2", "a"), SOCIETY_E_DEADLOCK);
    assert_non_null(strstr(words, "w2 → w1 → w2"));
    assert_int_equal(wait_for("w2", "c"), 0); /* not in the way of anybody */
    assert_string_equal(live(), "w1:100 w2:200 w1:300? w2:500");
}

static void test_deadlock_of_three(void **state)
{
    (void)state;
    assert_int_equal(acquire("w1", "a"), 0);
    assert_int_equal(acquire("w2", "b"), 0);
    assert_int_equal(acquire("w3", "c"), 0);
    assert_int_equal(wait_for("w1", "b"), 0);
    assert_int_equal(wait_for("w2", "c"), 0);
    assert_int_equal(wait_for("w3", "a"), SOCIETY_E_DEADLOCK);
    assert_non_null(strstr(words, "w3 → w1 → w2 → w3"));
    assert_int_equal(wait_for("w4", "a"), 0); /* in a queue, in no cycle */
}

/* w2 holds nothing: it only waits, before w1, for what w1 wants, and for what w1 has. */
static void test_deadlock_over_a_waiter(void **state)
{
    (void)state;
    assert_int_equal(acquire("w1", "a"), 0);
    assert_int_equal(acquire("w3", "b"), 0);
    assert_int_equal(put("own_wait", "\"from\":\"w2\",\"paths\":[\"a\",\"b\"]"), 0);
    assert_int_equal(wait_for("w1", "b"), SOCIETY_E_DEADLOCK);
    assert_non_null(strstr(words, "w1 → w2 → w1"));
}

static void test_takeover_ends_a_deadlock(void **state)
{
    (void)state;
    assert_int_equal(acquire("w1", "a"), 0);
    assert_int_equal(acquire("w2", "b"), 0);
    assert_int_equal(wait_for("w1", "b"), 0);
    assert_int_equal(put("own_wait", "\"from\":\"w2\",\"paths\":[\"a\"],\"takeover\":[100]"), 0);
    assert_string_equal(live(), "w2:200 w1:300? w2:400");
}

static void test_renew(void **state)
{
    (void)state;
    assert_int_equal(acquire("w1", "a"), 0);
    assert_int_equal(owns->items[0].renewed, 100);
    assert_int_equal(put("own_renew", "\"from\":\"w1\",\"token\":100,\"leaseMs\":5000,"
                                      "\"session\":\"s2\",\"presence\":true"),
                     0);
    assert_int_equal(owns->items[0].renewed, 200);
    assert_int_equal(owns->items[0].lease_ms, 5000);
    assert_string_equal(owns->items[0].session, "s2");
    assert_true(owns->items[0].present);
    assert_int_equal(put("own_renew", "\"from\":\"w1\",\"token\":100,\"leaseMs\":-1"), 0);
    assert_int_equal(owns->items[0].lease_ms, 5000);
    assert_string_equal(live(), "w1:100");
}

/* A renewal that only keeps the place does not say that it is had; nor does one while it waits. */
static void test_renewing_what_was_waited_for(void **state)
{
    (void)state;
    assert_int_equal(acquire("w1", "a"), 0);
    assert_int_equal(put("own_wait", "\"from\":\"w2\",\"paths\":[\"a\"],\"waiter\":7"), 0);
    assert_int_equal(put("own_renew", "\"from\":\"w2\",\"token\":200,\"session\":\"s\""), 0);
    assert_int_equal(owns->items[1].waiter, 7);
    assert_int_equal(release("w1", 100), 0);
    assert_string_equal(live(), "w2:200");
    assert_int_equal(put("own_renew", "\"from\":\"w2\",\"token\":200"), 0);
    assert_int_equal(owns->items[0].renewed, 500);
    assert_int_equal(owns->items[0].waiter, 7);
    assert_int_equal(put("own_renew", "\"from\":\"w2\",\"token\":200,\"session\":\"s\""), 0);
    assert_int_equal(owns->items[0].waiter, -1);
}

static void test_handover(void **state)
{
    (void)state;
    assert_int_equal(acquire("w1", "a"), 0);
    assert_int_equal(wait_for("w2", "a"), 0);
    assert_int_equal(wait_for("w3", "a"), 0);
    assert_int_equal(put("own_handover", "\"from\":\"w1\",\"token\":100,\"to\":\"w2\""), 0);
    /* What w2 waited for it has, and its own does not stand against itself. */
    assert_string_equal(live(), "w2:400 w2:200 w3:300?");
    assert_int_equal(release("w1", 100), SOCIETY_E_FENCED);
    assert_int_equal(put("own_handover", "\"from\":\"w3\",\"token\":300,\"to\":\"w1\""),
                     SOCIETY_E_HELD); /* it still waits */
    /* As a compaction writes it and reads it again: of no claim is no word left. */
    assert_null(soc_json_get(owns->items[0].fields, "act"));
    assert_int_equal(release("w2", 400), 0);
    assert_int_equal(release("w2", 200), 0);
    assert_string_equal(live(), "w3:300");
}

static void test_handover_conflicts(void **state)
{
    (void)state;
    assert_int_equal(acquire("w1", "src/**"), 0);
    assert_int_equal(acquire("w1", "src/a.c"), 0);
    assert_int_equal(put("own_handover", "\"from\":\"w1\",\"token\":100,\"to\":\"w2\""),
                     SOCIETY_E_HELD);
    assert_non_null(strstr(words, "src/a.c is held by w1"));
    assert_string_equal(live(), "w1:100 w1:200");
}

static void test_handover_deadlock(void **state)
{
    (void)state;
    assert_int_equal(acquire("w1", "a"), 0);
    assert_int_equal(acquire("w3", "b"), 0);
    assert_int_equal(wait_for("w2", "b"), 0);
    assert_int_equal(wait_for("w3", "a"), 0);
    /* Then w2, who waits for w3, would have what w3 waits for. */
    assert_int_equal(put("own_handover", "\"from\":\"w1\",\"token\":100,\"to\":\"w2\""),
                     SOCIETY_E_DEADLOCK);
    assert_non_null(strstr(words, "w2 → w3 → w2"));
}

/* What compaction writes down gives the same state, waiting ones, order and tokens included. */
static void test_dump(void **state)
{
    SOC_AUTO_STRBUF struct soc_strbuf text = SOC_STRBUF_INIT;
    SOC_AUTO_STRBUF struct soc_strbuf again = SOC_STRBUF_INIT;
    char before[256];

    (void)state;
    assert_int_equal(put("own_acquire", "\"from\":\"w1\",\"paths\":[\"a\"],\"reason\":\"r\","
                                        "\"task\":\"t1\",\"leaseMs\":7,\"session\":\"s\","
                                        "\"presence\":true,\"ignoreCase\":true"),
                     0);
    assert_int_equal(put("own_wait", "\"from\":\"w2\",\"paths\":[\"a\"],\"mode\":\"shared\""), 0);
    assert_int_equal(put("own_wait", "\"from\":\"w3\",\"paths\":[\"a\"]"), 0);
    snprintf(before, sizeof before, "%s", live());
    assert_int_equal(soc_own_fold.dump(owns, &text), 0);
    soc_own_fold.free(owns);
    owns = soc_own_fold.make();
    for (char *line = text.data, *end; (end = strchr(line, '\n')); line = end + 1) {
        SOC_AUTO_JSON soc_json *json = soc_json_parse(line, (size_t)(end - line), NULL);
        position += 100;
        struct soc_record record = {json, "own_state", position, position + 100};
        assert_int_equal(soc_own_fold.apply(owns, &record), 1);
        assert_int_equal(soc_own_fold.apply(owns, &record), 1); /* once more changes nothing */
    }
    assert_string_equal(live(), before);
    assert_string_equal(owns->items[0].session, "s");
    assert_true(owns->items[0].present);
    assert_true(owns->items[0].ignore_case);
    assert_int_equal(owns->items[0].renewed, 100);
    assert_int_equal(owns->items[0].lease_ms, 7);
    /* A token from before is not given again. */
    assert_int_equal(put("own_acquire", "\"from\":\"w4\",\"paths\":[\"b\"],\"token\":300"),
                     SOCIETY_E_FENCED);
    assert_int_equal(soc_own_fold.dump(owns, &again), 0);
    assert_int_equal(release("w1", 100), 0);
    assert_string_equal(live(), "w2:200 w3:300?");
}

/* Who begins behind the compaction refuses what who was there before it refuses, and no more. */
static void test_tokens_after_a_dump(void **state)
{
    (void)state;
    for (int held = 0; held < 2; held++) {
        SOC_AUTO_STRBUF struct soc_strbuf text = SOC_STRBUF_INIT;
        assert_int_equal(acquire("w1", "a"), 0);
        int token = (int)position;
        if (held == 0)
            assert_int_equal(release("w1", token), 0);
        assert_int_equal(soc_own_fold.dump(owns, &text), 0);
        assert_int_equal(strchr(text.data, '\n') - text.data, text.length - 1);
        soc_own_fold.free(owns);
        owns = soc_own_fold.make();
        SOC_AUTO_JSON soc_json *json = soc_json_parse(text.data, text.length, NULL);
        position += 1000;
        struct soc_record record = {json, "own_state", position, position + 100};
        assert_int_equal(soc_own_fold.apply(owns, &record), 1);
        assert_int_equal(owns->count, held);
        assert_int_equal(owns->last, token);
        assert_int_equal(
            put("own_acquire", "\"from\":\"w2\",\"paths\":[\"b\"],\"token\":%d", token),
            SOCIETY_E_FENCED);
        assert_int_equal(
            put("own_acquire", "\"from\":\"w2\",\"paths\":[\"b\"],\"token\":%d", token + 1), 0);
        assert_int_equal(release("w2", token + 1), 0);
    }
    /* One that is still to come is not believed. */
    assert_int_equal(put("own_state", "\"last\":99999"), 0);
    assert_int_equal(owns->last, position);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
    const struct CMUnitTest tests[] = {
        TEST(test_conflicts),
        TEST(test_all_or_nothing),
        TEST(test_shared),
        TEST(test_case),
        TEST(test_foreign_patterns_are_normalised),
        TEST(test_void_records),
        TEST(test_too_many_patterns),
        TEST(test_takeover),
        TEST(test_queue_order),
        TEST(test_nobody_is_overtaken),
        TEST(test_wide_waiter_holds_back_narrow_ones),
        TEST(test_expire),
        TEST(test_deadlock_of_two),
        TEST(test_deadlock_of_three),
        TEST(test_deadlock_over_a_waiter),
        TEST(test_takeover_ends_a_deadlock),
        TEST(test_renew),
        TEST(test_renewing_what_was_waited_for),
        TEST(test_handover),
        TEST(test_handover_conflicts),
        TEST(test_handover_deadlock),
        TEST(test_dump),
        TEST(test_tokens_after_a_dump),
    };

    return cmocka_run_group_tests_name("own_fold", tests, NULL, NULL);
}
