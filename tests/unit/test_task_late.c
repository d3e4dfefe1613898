/* SPDX-License-Identifier: MIT */
/*
 * Claims that are taken in at a glance: what a glance says is what decoding says, whatever the bytes;
 * and a state that puts claims off is, once it has worked them out, the state that did not, and
 * says the same of every record and of which task comes first before.
 */
#include "task_late.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "crc32c.h"
#include "harness/unit.h"
#include "record.h"
#include "task.h"

#define TASKS 8
#define AGENTS 3
#define STEPS 400

static uint64_t random_state;
static struct soc_random ids;
static struct soc_moment now;

static unsigned below(unsigned limit) /* xorshift64* (S. Vigna, public domain) */
{
    random_state ^= random_state >> 12;
    random_state ^= random_state << 25;
    random_state ^= random_state >> 27;
    return (unsigned)((random_state * UINT64_C(0x2545F4914F6CDD1D)) >> 33) % limit;
}

static int seed(void **state)
{
    const char *given = getenv("SEED");

    (void)state;
    random_state = given ? strtoull(given, NULL, 10) : (uint64_t)time(NULL);
    print_message("# SEED=%llu\n", (unsigned long long)random_state);
    return 0;
}

/* ---- Bytes ---- */

static struct soc_task_bid make_bid(char task[16], char from[16], int64_t token)
{
    struct soc_task_bid bid = {.task = task, .from = from, .token = token, .own = -1};

    snprintf(task, 16, "t%u", 1 + below(TASKS));
    snprintf(from, 16, "w%u", 1 + below(AGENTS));
    bid.session = "0198f3c1-7d1f-7abc-8def-0123456789ab";
    bid.present = below(2) == 0;
    bid.lease_ms = 1 + below(600000);
    if (below(4) == 0)
        bid.own = below(5000);
    if (below(5) == 0) {
        bid.takes_over = true;
        bid.replaces = below(5000);
    }
    return bid;
}

static void test_what_is_written_is_read(void **state)
{
    (void)state;
    for (int i = 0; i < 2000; i++) {
        SOC_AUTO_STRBUF struct soc_strbuf text = SOC_STRBUF_INIT;
        char task[16];
        char from[16];
        struct soc_task_glance glance;
        struct soc_task_bid bid = make_bid(task, from, below(2) == 0 ? 0 : below(1u << 30));

        assert_int_equal(soc_task_bid_write(&bid, &ids, &now, &text, NULL), 0);
        assert_int_equal(soc_task_bid_read(text.data, text.length - 1, &glance), !bid.takes_over);
        if (bid.takes_over)
            continue;
        assert_string_equal(glance.task, task);
        assert_string_equal(glance.from, from);
        assert_int_equal(glance.token, bid.token);
    }
}

/* Something else in its place, more of it, or less. */
static void damage(struct soc_strbuf *text)
{
    static const char bytes[] = "\"\\{}[],:0123456789eE.-+truefalsn \t\n\r\xc3\xa9\x7f_Aa";
    size_t at = below((unsigned)text->length);
    char byte = bytes[below(sizeof bytes - 1)];

    switch (below(3)) {
    case 0: text->data[at] = byte; break;
    case 1:
        memmove(text->data + at, text->data + at + 1, text->length - at - 1);
        text->length--;
        break;
    default:
        soc_strbuf_add_char(text, 'x');
        memmove(text->data + at + 1, text->data + at, text->length - 1 - at);
        text->data[at] = byte;
        break;
    }
}

static void assert_decodes_as(const struct soc_strbuf *text, const struct soc_task_glance *glance)
{
    struct soc_error error;
    int64_t token;
    SOC_AUTO_JSON soc_json *json = soc_json_parse(text->data, text->length, &error);

    assert_non_null(json);
    assert_string_equal(soc_json_get_string(json, "type"), "task_claim");
    assert_string_equal(soc_json_get_string(json, "task"), glance->task);
    assert_string_equal(soc_json_get_string(json, "from"), glance->from);
    assert_true(soc_json_get_integer(json, "token", &token));
    assert_int_equal(token, glance->token);
    assert_null(soc_json_get(json, "takeover"));
}

static void test_damaged_bytes(void **state)
{
    int read = 0;

    (void)state;
    for (int i = 0; i < 50000; i++) {
        SOC_AUTO_STRBUF struct soc_strbuf text = SOC_STRBUF_INIT;
        char task[16];
        char from[16];
        struct soc_task_glance glance;
        struct soc_task_bid bid = make_bid(task, from, below(1u << 30));

        assert_int_equal(soc_task_bid_write(&bid, &ids, &now, &text, NULL), 0);
        text.length--;
        for (unsigned n = 1 + below(2); n > 0; n--)
            damage(&text);
        if (!soc_task_bid_read(text.data, text.length, &glance))
            continue;
        assert_decodes_as(&text, &glance);
        read++;
    }
    assert_true(read > 1000); /* in some places other letters and digits are as good */
}

/* ---- States ---- */

static int64_t recent[4]; /* tokens that there may be */

static void add_change(struct soc_strbuf *out, const char *type, const char *task, bool made)
{
    size_t start = out->length;
    char from[16];

    snprintf(from, sizeof from, "w%u", 1 + below(AGENTS));
    soc_record_begin(out, type);
    soc_record_string(out, "from", from);
    if (made) {
        SOC_AUTO_STRBUF struct soc_strbuf given = SOC_STRBUF_INIT;
        soc_strbuf_add_format(&given, "{\"id\":\"%s\",\"priority\":%u,\"maxRetries\":2%s%s}", task,
                              below(3), below(5) == 0 ? ",\"role\":\"tester\"" : "",
                              below(4) == 0 ? ",\"dependsOn\":[\"t1\"]" : "");
        soc_record_raw(out, "task", given.data, given.length);
    } else {
        soc_record_string(out, "task", task);
    }
    soc_record_string(out, "reason", "none");
    if (strcmp(type, "task_assign") == 0)
        soc_record_string(out, "to", from);
    else if (!made && below(3) > 0)
        soc_record_integer(out, "token", recent[below(4)]);
    assert_int_equal(soc_record_end(out, start, NULL), 0);
}

/* One record of the random log. */
static void add_record(struct soc_strbuf *out, int64_t position)
{
    static const char *const types[] = {"task_release", "task_complete", "task_fail",
                                        "task_block",   "task_unblock",  "task_reopen",
                                        "task_cancel",  "task_assign",   "task_renew"};
    char task[16];
    char from[16];
    unsigned what = below(20);

    if (what < 11) {
        struct soc_task_bid bid =
            make_bid(task, from, below(6) == 0 ? recent[below(4)] : position - below(2));
        if (bid.takes_over)
            bid.replaces = recent[below(4)];
        recent[below(4)] = bid.token;
        assert_int_equal(soc_task_bid_write(&bid, &ids, &now, out, NULL), 0);
        return;
    }
    snprintf(task, sizeof task, "t%u", 1 + below(TASKS));
    if (what < 14)
        add_change(out, "task_create", task, true);
    else
        add_change(out, types[below(sizeof types / sizeof types[0])], task, false);
}

static int apply(struct soc_tasks *tasks, const struct soc_line *line)
{
    SOC_AUTO_JSON soc_json *json = soc_json_parse(line->text, line->length, NULL);
    struct soc_record record = {json, soc_json_get_string(json, "type"), line->position, line->end};

    return soc_tasks_fold.apply(tasks, &record);
}

static void assert_same_best(const struct soc_tasks *left, const struct soc_tasks *right)
{
    for (unsigned i = 1; i <= AGENTS; i++) {
        char agent[16];
        snprintf(agent, sizeof agent, "w%u", i);
        struct soc_task_seeker seeker = {agent, i == 1 ? "tester" : NULL, NULL, NULL};
        const soc_json *a = soc_task_best(left, &seeker, NULL);
        const soc_json *b = soc_task_best(right, &seeker, NULL);
        assert_string_equal(a ? soc_json_get_string(a, "id") : "none",
                            b ? soc_json_get_string(b, "id") : "none");
    }
}

static void assert_same(struct soc_tasks *at_once, struct soc_tasks *late)
{
    SOC_AUTO_STRBUF struct soc_strbuf a = SOC_STRBUF_INIT;
    SOC_AUTO_STRBUF struct soc_strbuf b = SOC_STRBUF_INIT;
    SOC_AUTO_STRBUF struct soc_strbuf dump = SOC_STRBUF_INIT;

    assert_int_equal(soc_tasks_fold.settle(late), 0);
    soc_json_dump(at_once->tasks, &a);
    soc_json_dump(late->tasks, &b);
    assert_string_equal(a.data, b.data);
    assert_int_equal(at_once->index.claimed.end - at_once->index.claimed.first,
                     late->index.claimed.end - late->index.claimed.first);
    assert_int_equal(soc_tasks_fold.dump(late, &dump), 0);
    assert_true((int64_t)dump.length >= soc_tasks_fold.dumps_at_least(late));
}

static int take(struct soc_tasks *tasks, const struct soc_line *line, int *taken)
{
    int result = soc_tasks_fold.take(tasks, line);

    *taken += result != SOC_FOLD_DECODE;
    return result == SOC_FOLD_DECODE ? apply(tasks, line) : result;
}

static void test_random_logs(void **state)
{
    int taken = 0;

    (void)state;
    for (int run = 0; run < 200; run++) {
        struct soc_tasks *at_once = soc_tasks_fold.make();
        struct soc_tasks *late = soc_tasks_fold.make();
        int64_t position = 0;
        for (int i = 0; i < STEPS; i++) {
            SOC_AUTO_STRBUF struct soc_strbuf text = SOC_STRBUF_INIT;
            struct soc_line line;
            add_record(&text, position);
            soc_scan_line(text.data, text.length - 1, &line);
            line.position += position;
            line.end = position += (int64_t)text.length;
            assert_int_equal(apply(at_once, &line), take(late, &line, &taken));
            assert_same_best(at_once, late);
            if (below(20) == 0)
                assert_same(at_once, late);
        }
        assert_same(at_once, late);
        soc_tasks_free(at_once);
        soc_tasks_free(late);
    }
    assert_true(taken > 200);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_what_is_written_is_read),
        cmocka_unit_test(test_damaged_bytes),
        cmocka_unit_test(test_random_logs),
    };

    return cmocka_run_group_tests(tests, seed, NULL);
}
