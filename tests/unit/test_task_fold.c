/* SPDX-License-Identifier: MIT */
/*
 * The fold of tasks against its own compaction: what is written down and read again is the same
 * state, to the byte of what is shown, after any sequence of records (SEED chooses them). And a
 * state that lies over another changes nothing below.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "harness/unit.h"
#include "record.h"
#include "scan.h"
#include "task.h"
#include "task_state.h"

#define ROUNDS 60
#define RECORDS 400
#define IDS 8

/* ---- Logs in memory ---- */

struct line {
    char *text;
    int64_t position;
};

static struct line lines[RECORDS];
static size_t count;

static int free_log(void **state)
{
    (void)state;
    while (count > 0)
        free(lines[--count].text);
    return 0;
}

static void add_line(const char *text)
{
    int64_t position =
        count ? lines[count - 1].position + (int64_t)strlen(lines[count - 1].text) : 0;

    lines[count++] = (struct line){strdup(text), position};
}

static int apply_text(struct soc_tasks *tasks, const char *text, size_t length, int64_t position)
{
    struct soc_error why = {0};
    SOC_AUTO_JSON soc_json *json = soc_json_parse(text, length, &why);

    if (!json)
        fail_msg("%.*s: %s", (int)length, text, why.text);
    const char *type = soc_json_get_string(json, "type");
    struct soc_record record = {json, type ? type : "", position, position + (int64_t)length};
    return soc_tasks_fold.apply(tasks, &record);
}

/* Lines `from` to `to` of the log, with the positions that they have there. */
static void fold_lines(struct soc_tasks *tasks, size_t from, size_t to)
{
    for (size_t i = from; i < to; i++)
        assert_true(apply_text(tasks, lines[i].text, strlen(lines[i].text), lines[i].position) >=
                    0);
}

/* A new state from what compaction writes of this one, in a log that begins at `base`. */
static struct soc_tasks *compact(const struct soc_tasks *tasks, int64_t base)
{
    SOC_AUTO_STRBUF struct soc_strbuf text = SOC_STRBUF_INIT;
    struct soc_tasks *again = soc_tasks_fold.make();

    assert_int_equal(soc_tasks_fold.dump(tasks, &text), 0);
    for (size_t at = 0; at < text.length;) {
        size_t length = strcspn(text.data + at, "\n");
        assert_true(length < SOC_LINE_MAX);
        assert_int_equal(apply_text(again, text.data + at, length, base + (int64_t)at), 1);
        at += length + 1;
    }
    return again;
}

/* Everything that anybody sees of a state, and what it keeps for itself. */
static char *show(const struct soc_tasks *tasks)
{
    static const char *const kept[] = {"session",   "present", "lastToken", "renewed", "submitter",
                                       "claimedAt", "token",   "position",  "ended"};
    SOC_AUTO_STRBUF struct soc_strbuf text = SOC_STRBUF_INIT;
    const char *id;
    const soc_json *task;

    for (void *i = NULL; (i = soc_json_next(tasks->tasks, i, &id, &task));) {
        SOC_AUTO_JSON soc_json *view = soc_task_view(task, true);
        soc_json_dump(view, &text);
        for (size_t k = 0; k < sizeof kept / sizeof kept[0]; k++) {
            const soc_json *value = soc_json_get(task, kept[k]);
            soc_strbuf_add_format(&text, " %s=", kept[k]);
            if (value) /* what was never set is shown as what was taken back */
                soc_json_dump(value, &text);
            else
                soc_strbuf_add_string(&text, "null");
        }
        soc_strbuf_add_format(&text, " ready=%d\n", soc_task_is_ready(tasks, task));
    }
    soc_strbuf_add_format(&text, "created %lld ", (long long)tasks->created);
    soc_json_dump(tasks->work, &text);
    return soc_strbuf_steal(&text);
}

static void assert_same(const struct soc_tasks *left, const struct soc_tasks *right)
{
    char *a = show(left);
    char *b = show(right);

    assert_string_equal(a, b);
    free(a);
    free(b);
}

/* ---- Random records ---- */

static uint64_t random_state;

static unsigned below(unsigned limit) /* xorshift64* (S. Vigna, public domain) */
{
    random_state ^= random_state >> 12;
    random_state ^= random_state << 25;
    random_state ^= random_state >> 27;
    return (unsigned)((random_state * UINT64_C(0x2545F4914F6CDD1D)) >> 33) % limit;
}

static void begin_seed(void)
{
    const char *given = getenv("SEED");
    uint64_t seed = given ? strtoull(given, NULL, 10) : (uint64_t)time(NULL);

    print_message("# SEED=%llu\n", (unsigned long long)seed);
    random_state = seed * 2 + 1;
}

/* Members that may go with any type; what does not belong to it is passed over. */
static void add_members(struct soc_strbuf *out, const struct soc_tasks *tasks, const char *id)
{
    int64_t token = (int64_t)below(2000);

    if (below(3) > 0)
        soc_json_get_integer(soc_tasks_get(tasks, id), "token", &token);
    if (below(2))
        soc_record_integer(out, "token", token);
    if (below(6) == 0)
        soc_record_integer(out, "takeover", token);
    if (below(2))
        soc_record_string(out, "session", "s");
    if (below(2))
        soc_record_raw(out, "presence", "true", 4);
    if (below(2))
        soc_record_integer(out, "leaseMs", below(5));
    soc_record_string(out, "reason", below(2) ? "rain" : "");
    soc_record_string(out, "text", "note \xc3\xa9\t");
    if (below(2))
        soc_record_raw(out, "result", "{\"n\":[1,2.5,null]}", 18);
    if (below(2))
        soc_record_string(out, "to", below(2) ? "w1" : "role:tester");
    soc_strbuf_add_format(out, ",\"dependsOn\":[\"t%u\"],\"remove\":[\"t%u\"]", below(IDS),
                          below(IDS));
    soc_strbuf_add_format(out, ",\"fields\":{\"title\":\"E%u\",\"priority\":%u,\"labels\":[\"x\"]}",
                          below(9), below(7));
    soc_strbuf_add_format(out, ",\"timestamp\":\"2026-02-10T10:00:00.%03uZ\"", below(1000));
}

static void add_random(const struct soc_tasks *tasks)
{
    static const char *const types[] = {
        "task_claim",  "task_claim",    "task_claim", "task_renew",   "task_release", "task_submit",
        "task_fail",   "task_complete", "task_block", "task_unblock", "task_cancel",  "task_reopen",
        "task_reopen", "task_assign",   "task_note",  "task_depend",  "task_edit"};
    SOC_AUTO_STRBUF struct soc_strbuf out = SOC_STRBUF_INIT;
    char id[8];

    snprintf(id, sizeof id, "t%u", below(IDS));
    bool create = !soc_tasks_get(tasks, id) || below(40) == 0;
    soc_record_begin(&out, create ? "task_create" : types[below(sizeof types / sizeof types[0])]);
    soc_strbuf_add_format(&out, ",\"from\":\"w%u\"", below(3));
    if (create) {
        soc_strbuf_add_format(
            &out, ",\"task\":{\"id\":\"%s\",\"title\":\"T\",\"maxRetries\":%u,\"labels\":[\"l%u\"]",
            id, below(3), below(3));
        if (below(2))
            soc_strbuf_add_format(&out, ",\"dependsOn\":[\"t%u\",\"t%u\"]", below(IDS), below(IDS));
        soc_strbuf_add_string(&out, "}");
    } else {
        soc_record_string(&out, "task", id);
        add_members(&out, tasks, id);
    }
    soc_strbuf_add_string(&out, "}");
    add_line(out.data);
}

/* The best task as anybody finds it who looks at all of them. */
static const soc_json *best_of_all(const struct soc_tasks *tasks)
{
    const soc_json *best = NULL;
    const soc_json *task;
    const char *id;

    for (void *i = NULL; (i = soc_json_next(tasks->tasks, i, &id, &task));)
        if (soc_task_is_ready(tasks, task) && soc_task_is_for(task, "w1", "tester") &&
            (!best || soc_task_priority(task) < soc_task_priority(best)))
            best = task;
    return best;
}

/* The index says what the tasks say. */
static void check_index(const struct soc_tasks *tasks)
{
    const struct soc_task_index *index = &tasks->index;
    struct soc_task_seeker seeker = {"w1", "tester", NULL, NULL};
    size_t ready = 0;
    size_t claimed = 0;
    const soc_json *task;
    const char *id;

    for (void *i = NULL; (i = soc_json_next(tasks->tasks, i, &id, &task));) {
        ready += soc_task_is_ready(tasks, task);
        claimed += strcmp(soc_json_get_string(task, "state"), "claimed") == 0;
    }
    for (size_t p = 0; p < SOC_PRIORITIES; p++)
        ready -= index->ready[p].end - index->ready[p].first;
    assert_int_equal(ready, 0);
    assert_int_equal(claimed, index->claimed.end - index->claimed.first);
    assert_ptr_equal(soc_task_best(tasks, &seeker, NULL), best_of_all(tasks));
}

/* The whole log, and every prefix of it compacted and gone on with, agree. */
static void test_compaction_of_random_logs(void **state)
{
    unsigned effects = 0;

    (void)state;
    begin_seed();
    for (int round = 0; round < ROUNDS; round++) {
        struct soc_tasks *whole = soc_tasks_fold.make();
        for (int i = 0; i < RECORDS; i++) {
            add_random(whole);
            effects += (unsigned)apply_text(whole, lines[i].text, strlen(lines[i].text),
                                            lines[i].position);
            check_index(whole);
        }
        struct soc_tasks *part = soc_tasks_fold.make();
        for (size_t at = 0; at < RECORDS;) {
            size_t next = at + 1 + below(100) < RECORDS ? at + 1 + below(50) : RECORDS;
            next = next > RECORDS ? RECORDS : next;
            fold_lines(part, at, next);
            /* In the same place of the log: later positions stay what they are. */
            struct soc_tasks *again = compact(part, lines[next - 1].position + 1);
            assert_same(part, again);
            check_index(again);
            soc_tasks_fold.free(part);
            part = again;
            at = next;
        }
        assert_same(whole, part);
        soc_tasks_fold.free(part);
        soc_tasks_fold.free(whole);
        free_log(NULL);
    }
    assert_true(effects > ROUNDS * RECORDS / 10);
}

/* ---- What does not fit into a record ---- */

static void add_long(const char *type, const char *before, size_t length, const char *after)
{
    SOC_AUTO_STRBUF struct soc_strbuf out = SOC_STRBUF_INIT;

    soc_strbuf_add_format(&out, "{\"type\":\"%s\",\"from\":\"w1\",%s", type, before);
    for (size_t i = 0; i < length; i++)
        soc_strbuf_add_char(&out, (char)('a' + i % 26));
    soc_strbuf_add_string(&out, after);
    add_line(out.data);
}

static void test_a_task_that_is_longer_than_a_record(void **state)
{
    struct soc_tasks *tasks = soc_tasks_fold.make();

    (void)state;
    add_long("task_create", "\"task\":{\"id\":\"t1\",\"title\":\"T\",\"description\":\"", 250000,
             "\"}}");
    add_long("task_edit", "\"task\":\"t1\",\"fields\":{\"acceptance\":\"", 250000, "\"}}");
    add_long("task_create", "\"task\":{\"id\":\"t2\",\"title\":\"", 10,
             "\",\"dependsOn\":[\"t1\",\"t9\"]}}");
    for (int i = 0; i < 40; i++)
        add_long("task_note", "\"task\":\"t1\",\"text\":\"", 10000 + 6000 * (size_t)(i % 40),
                 "\"}");
    add_long("task_claim", "\"task\":\"t1\",\"session\":\"", 36, "\"}");
    add_long("task_depend", "\"task\":\"t2\",\"dependsOn\":[\"", 20, "\"]}");
    fold_lines(tasks, 0, count);
    struct soc_tasks *again = compact(tasks, lines[count - 1].position + 100);
    assert_same(tasks, again);
    assert_true(soc_tasks_is_needed(again, "t9"));
    assert_string_equal(soc_json_get_string(soc_tasks_get(again, "t1"), "holder"), "w1");
    soc_tasks_fold.free(again);
    soc_tasks_fold.free(tasks);
}

/* A value whose text grows when it is written again, numbers alone do, is lost; the rest is not. */
static void test_a_member_that_grows(void **state)
{
    SOC_AUTO_STRBUF struct soc_strbuf out = SOC_STRBUF_INIT;
    struct soc_tasks *tasks = soc_tasks_fold.make();

    (void)state;
    soc_strbuf_add_string(
        &out, "{\"type\":\"task_create\",\"task\":{\"id\":\"t1\",\"title\":\"T\",\"result\":[1");
    while (out.length < 240000)
        soc_strbuf_add_string(&out, ",1e15");
    soc_strbuf_add_string(&out, "]}}");
    add_line(out.data);
    fold_lines(tasks, 0, 1);
    struct soc_tasks *again = compact(tasks, 300000);
    assert_string_equal(soc_json_get_string(soc_tasks_get(again, "t1"), "title"), "T");
    soc_tasks_fold.free(again);
    soc_tasks_fold.free(tasks);
}

/* ---- Ids ---- */

static void test_the_count_of_ids(void **state)
{
    static const char *const ids[] = {"x7", "t", "t3x", "t07", "t12", "t9999999999999999", "t5"};
    struct soc_tasks *tasks = soc_tasks_fold.make();

    (void)state;
    for (size_t i = 0; i < sizeof ids / sizeof ids[0]; i++) {
        char text[100];
        snprintf(text, sizeof text, "{\"type\":\"task_create\",\"task\":{\"id\":\"%s\"}}", ids[i]);
        add_line(text);
    }
    fold_lines(tasks, 0, count);
    assert_int_equal(tasks->created, 12);
    struct soc_tasks *again = compact(tasks, 1000);
    assert_int_equal(again->created, 12);
    soc_tasks_fold.free(again);
    soc_tasks_fold.free(tasks);
}

/* ---- Overlays ---- */

static void test_a_state_over_another(void **state)
{
    (void)state;
    begin_seed();
    struct soc_tasks *below_it = soc_tasks_fold.make();
    for (int i = 0; i < RECORDS / 2; i++) {
        add_random(below_it);
        fold_lines(below_it, count - 1, count);
    }
    char *before = show(below_it);
    struct soc_tasks *over = soc_tasks_over(below_it);
    struct soc_tasks *flat = compact(below_it, lines[count - 1].position);
    for (int i = 0; i < RECORDS / 2; i++) {
        add_random(flat);
        const struct line *line = &lines[count - 1];
        assert_int_equal(apply_text(over, line->text, strlen(line->text), line->position),
                         apply_text(flat, line->text, strlen(line->text), line->position));
    }
    char *after = show(below_it);
    assert_string_equal(before, after);
    for (unsigned i = 0; i < IDS; i++) {
        char id[16];
        snprintf(id, sizeof id, "t%u", i);
        if (!soc_tasks_get(flat, id))
            continue;
        SOC_AUTO_JSON soc_json *a = soc_task_view(soc_tasks_get(over, id), true);
        SOC_AUTO_JSON soc_json *b = soc_task_view(soc_tasks_get(flat, id), true);
        SOC_AUTO_STRBUF struct soc_strbuf text_a = SOC_STRBUF_INIT;
        SOC_AUTO_STRBUF struct soc_strbuf text_b = SOC_STRBUF_INIT;
        soc_json_dump(a, &text_a);
        soc_json_dump(b, &text_b);
        assert_string_equal(text_a.data, text_b.data);
    }
    assert_int_equal(over->created, flat->created);
    free(before);
    free(after);
    soc_tasks_free(over);
    soc_tasks_free(flat);
    soc_tasks_free(below_it);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_teardown(test_compaction_of_random_logs, free_log),
        cmocka_unit_test_teardown(test_a_task_that_is_longer_than_a_record, free_log),
        cmocka_unit_test_teardown(test_a_member_that_grows, free_log),
        cmocka_unit_test_teardown(test_the_count_of_ids, free_log),
        cmocka_unit_test_teardown(test_a_state_over_another, free_log),
    };
    return cmocka_run_group_tests_name("task fold", tests, NULL, NULL);
}
