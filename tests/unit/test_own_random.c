/* SPDX-License-Identifier: MIT */
/*
 * The fold of ownership under random records, sound and void ones. After each the state must be one
 * that nobody could complain of: nothing held stands against what is held or waits before it,
 * nobody waits for nothing, no agents wait for each other; and compaction must not change it. A reader
 * of the time before waits were bound to processes sees the same, but for that.
 */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "harness/unit.h"
#include "own_rules.h"
#include "own_state.h"

#define RECORDS 30000
#define AGENTS 6

static const char *const patterns[] = {"a",    "b",   "a/*", "a/b", "**/b", "*",
                                       "a/**", "c/d", "c/?", "**",  "d",    "e"};

static uint32_t seed = 20260210;

static unsigned below(unsigned end)
{
    seed = seed * 1664525u + 1013904223u;
    return (seed >> 8) % end;
}

static int64_t position;

static struct soc_owns *before; /* as the state is to a reader that knows no `waiter` */

static int apply(struct soc_owns *owns, const char *type, const char *text)
{
    SOC_AUTO_JSON soc_json *json = soc_json_parse(text, strlen(text), NULL);
    struct soc_record record = {json, type, position, position + 100};

    assert_non_null(json);
    position += 100;
    int result = soc_own_fold.apply(owns, &record);
    if (strcmp(type, "own_state") == 0)
        return result;
    soc_json_remove(json, "waiter");
    assert_int_equal(soc_own_fold.apply(before, &record), result);
    return result;
}

/* A token: mostly of some reservation, sometimes none. */
static int64_t some_token(const struct soc_owns *owns)
{
    if (owns->count == 0 || below(10) == 0)
        return below(1000);
    return owns->items[below((unsigned)owns->count)].token;
}

static const char *holder_of(const struct soc_owns *owns, int64_t token)
{
    size_t at = soc_own_find(owns, token);

    return at < owns->count && below(10) > 0 ? owns->items[at].holder : "w0";
}

static int apply_request(struct soc_owns *owns, const char *type)
{
    char text[512];
    char takeover[64] = "";
    char waiter[32] = "";

    if (below(8) == 0)
        snprintf(takeover, sizeof takeover, ",\"takeover\":[%lld,%lld]",
                 (long long)some_token(owns), (long long)some_token(owns));
    if (below(2) == 0)
        snprintf(waiter, sizeof waiter, ",\"waiter\":%u", below(1000));
    snprintf(text, sizeof text, "{\"from\":\"w%u\",\"paths\":[\"%s\",\"%s\"],\"mode\":\"%s\"%s%s}",
             below(AGENTS), patterns[below(12)], patterns[below(12)],
             below(3) ? "exclusive" : "shared", takeover, waiter);
    return apply(owns, type, text);
}

static int apply_order(struct soc_owns *owns, const char *type)
{
    char text[512];
    int64_t token = some_token(owns);

    snprintf(text, sizeof text, "{\"from\":\"%s\",\"token\":%lld,\"to\":\"w%u\"%s}",
             holder_of(owns, token), (long long)token, below(AGENTS),
             below(2) == 0 ? ",\"session\":\"s\"" : "");
    return apply(owns, type, text);
}

static int apply_any(struct soc_owns *owns)
{
    switch (below(10)) {
    case 0:
    case 1: return apply_request(owns, "own_acquire");
    case 2:
    case 3:
    case 4: return apply_request(owns, "own_wait");
    case 5: return apply_order(owns, "own_expire");
    case 6: return apply_order(owns, "own_handover");
    case 7: return apply_order(owns, "own_renew");
    default: return apply_order(owns, "own_release");
    }
}

static void check_sound(const struct soc_owns *owns)
{
    for (size_t i = 0; i < owns->count; i++) {
        const struct soc_own *own = &owns->items[i];
        assert_int_equal(own->waiting, soc_own_is_blocked(owns, own, i, NULL));
        for (size_t j = i + 1; j < owns->count; j++)
            if (!owns->items[j].waiting)
                assert_false(soc_own_conflict(own, &owns->items[j]));
    }
    for (unsigned i = 0; i < AGENTS; i++) {
        SOC_AUTO_STRBUF struct soc_strbuf cycle = SOC_STRBUF_INIT;
        char agent[16];
        snprintf(agent, sizeof agent, "w%u", i);
        if (soc_own_cycle(owns, agent, NULL, NULL, &cycle) != 0)
            fail_msg("%s", cycle.data ? cycle.data : "");
    }
}

/* All that a reservation says, but for its waiter, and where it says in words that it doesn't wait. */
static void describe(const struct soc_own *own, struct soc_strbuf *out)
{
    SOC_AUTO_JSON soc_json *fields = soc_json_copy(own->fields);

    soc_json_remove(fields, "waiter");
    soc_json_remove(fields, "waiting");
    soc_json_dump(fields, out);
    soc_strbuf_add_string(out, own->waiting ? " waits" : " is held");
}

static void assert_same_but_for_waiters(const struct soc_owns *owns)
{
    assert_int_equal(owns->count, before->count);
    assert_int_equal(owns->last, before->last);
    for (size_t i = 0; i < owns->count; i++) {
        SOC_AUTO_STRBUF struct soc_strbuf a = SOC_STRBUF_INIT;
        SOC_AUTO_STRBUF struct soc_strbuf b = SOC_STRBUF_INIT;
        describe(&owns->items[i], &a);
        describe(&before->items[i], &b);
        assert_string_equal(a.data, b.data);
    }
}

/* Writes the state down and reads it into an empty one, which takes its place. */
static struct soc_owns *compacted(struct soc_owns *owns)
{
    SOC_AUTO_STRBUF struct soc_strbuf text = SOC_STRBUF_INIT;
    struct soc_owns *fresh = soc_own_fold.make();

    assert_non_null(fresh);
    assert_int_equal(soc_own_fold.dump(owns, &text), 0);
    for (char *line = text.data, *end; line && (end = strchr(line, '\n')); line = end + 1) {
        *end = '\0';
        assert_int_equal(apply(fresh, "own_state", line), 1);
    }
    assert_int_equal(fresh->count, owns->count);
    for (size_t i = 0; i < owns->count; i++) {
        assert_int_equal(fresh->items[i].token, owns->items[i].token);
        assert_int_equal(fresh->items[i].waiting, owns->items[i].waiting);
        assert_int_equal(fresh->items[i].waiter, owns->items[i].waiter);
        assert_string_equal(fresh->items[i].holder, owns->items[i].holder);
    }
    soc_own_fold.free(owns);
    return fresh;
}

static void test_random(void **state)
{
    struct soc_owns *owns = soc_own_fold.make();
    int effective = 0;

    (void)state;
    before = soc_own_fold.make();
    assert_non_null(owns);
    assert_non_null(before);
    for (int i = 0; i < RECORDS; i++) {
        int result = apply_any(owns);
        assert_true(result >= 0);
        effective += result;
        check_sound(owns);
        if (i % 50 == 0)
            assert_same_but_for_waiters(owns);
        if (i % 500 == 499)
            owns = compacted(owns);
    }
    assert_in_range(effective, RECORDS / 5, RECORDS * 4 / 5);
    soc_own_fold.free(owns);
    soc_own_fold.free(before);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_random)};

    return cmocka_run_group_tests_name("own_random", tests, NULL, NULL);
}
