/* SPDX-License-Identifier: MIT */
/*
 * Claims that are put off, over a log in a file: a state that is only ever caught up under the lock,
 * without being worked out, offers after every line the same tasks in the same order as one that
 * folds each record as it comes; and once it is worked out it is the same to the last member. Lines
 * are ours, of foreign writers, repeated, damaged, forged, too long; the log is compacted in between,
 * by whoever comes to it.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "harness/internal/store.h"
#include "harness/unit.h"
#include "record.h"
#include "state.h"
#include "task.h"
#include "task_rules.h"

#define TASKS 12     /* that lines are about at a time */
#define TASK_LINES 6 /* so many lines, and the first of them is another */
#define AGENTS 3
#define LINES 4000
#define SMALLEST_COMPACTED 4096

static uint64_t random_state;
static struct soc_random ids;
static struct soc_moment now;
static struct soc_fold plain_fold;
static struct soc_state late;
static struct soc_state plain;
static int64_t recent[4]; /* tokens that there may be */
static char last_line[2048];
static unsigned lines;

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

static void open_state(struct soc_state *state, const struct soc_fold *fold)
{
    assert_int_equal(soc_state_open(state, fold, &store_dir, false, &store_error), 0);
    state->least = SMALLEST_COMPACTED;
}

static int setup(void **state)
{
    store_setup(state);
    plain_fold = soc_tasks_fold;
    plain_fold.take = NULL;
    plain_fold.settle = NULL;
    plain_fold.dumps_at_least = NULL;
    open_state(&late, &soc_tasks_fold);
    open_state(&plain, &plain_fold);
    return 0;
}

static int teardown(void **state)
{
    soc_state_close(&late);
    soc_state_close(&plain);
    return store_teardown(state);
}

/* ---- Lines ---- */

static int64_t log_end(void)
{
    return plain.reader.position;
}

/* Good for the next four calls. */
static const char *any_task(void)
{
    static char names[4][32];
    static unsigned next;
    char *name = names[next++ % 4];
    unsigned number = lines / TASK_LINES + below(TASKS);

    snprintf(name, sizeof names[0], number % 3 == 0 ? "a-longer-name-%u" : "t%u", number);
    return below(60) == 0 ? "no/task" : name;
}

/* One that is ready, if there is any of a priority that is drawn. */
static const char *ready_task(void)
{
    const struct soc_tasks *tasks = plain.data;
    const struct soc_ranks *ready = &tasks->index.ready[below(SOC_PRIORITIES)];
    size_t count = ready->end - ready->first;

    return count > 0 ? ready->items[ready->first + below((unsigned)count)].id : any_task();
}

static const char *any_agent(void)
{
    static const char *const names[] = {"w1", "w2", "w3"};

    return names[below(AGENTS)];
}

static int64_t any_token(void)
{
    switch (below(8)) {
    case 0: return log_end() + 1 + below(3); /* of the future */
    case 1:
    case 2: return recent[below(4)];
    case 3: return log_end() - below(3);
    default: return log_end();
    }
}

static void add_claim(struct soc_strbuf *out)
{
    struct soc_task_bid bid = {.task = ready_task(), .from = any_agent(), .own = -1};

    bid.session = "0198f3c1-7d1f-7abc-8def-0123456789ab";
    bid.present = below(2) == 0;
    bid.token = any_token();
    bid.lease_ms = 1 + below(600000);
    if (below(5) == 0)
        bid.own = below(5000);
    if (below(6) == 0) {
        bid.takes_over = true;
        bid.replaces = recent[below(4)];
    }
    recent[below(4)] = bid.token;
    assert_int_equal(soc_task_bid_write(&bid, &ids, &now, out, NULL), 0);
}

/* To the letter a claim, and as long as a line can be: over what a task's record may be, or just not. */
static void add_long_claim(struct soc_strbuf *out)
{
    size_t length = SOC_TASK_LINE_MAX - 600 + below(1200);
    char *session = store_filler(length);
    struct soc_task_bid bid = {.task = ready_task(), .from = any_agent(), .own = -1};

    bid.session = session;
    bid.token = log_end();
    bid.lease_ms = 1000;
    assert_int_equal(soc_task_bid_write(&bid, &ids, &now, out, NULL), 0);
    free(session);
}

/* What a task is said to be: by who makes it, who edits it, or compaction. */
static void add_fields(struct soc_strbuf *out, const char *key, const char *id)
{
    static const char *const states[] = {"open", "done", "blocked", "claimed", "failed", "review"};
    SOC_AUTO_STRBUF struct soc_strbuf text = SOC_STRBUF_INIT;

    soc_strbuf_add_format(&text, "{\"id\":\"%s\",\"priority\":%u,\"maxRetries\":2", id, below(6));
    if (below(5) == 0)
        soc_strbuf_add_format(&text, ",\"dependsOn\":[\"%s\"]", any_task());
    if (below(8) == 0)
        soc_strbuf_add_format(&text, ",\"state\":\"%s\"", states[below(6)]);
    if (below(5) == 0)
        soc_strbuf_add_format(&text, ",\"role\":%s", below(2) == 0 ? "\"tester\"" : "null");
    if (below(5) == 0)
        soc_strbuf_add_format(&text, ",\"assignee\":\"%s\"", any_agent());
    if (below(5) == 0)
        soc_strbuf_add_format(&text, ",\"holder\":\"%s\",\"token\":%lld", any_agent(),
                              (long long)recent[below(4)]);
    if (below(6) == 0)
        soc_strbuf_add_format(&text, ",\"position\":%lld", (long long)recent[below(4)]);
    soc_strbuf_add_char(&text, '}');
    soc_record_raw(out, key, text.data, text.length);
}

static void add_archived(struct soc_strbuf *out)
{
    SOC_AUTO_STRBUF struct soc_strbuf text = SOC_STRBUF_INIT;

    soc_strbuf_add_format(&text, "[\"%s\"]", any_task());
    soc_record_raw(out, below(2) == 0 ? "done" : "over", text.data, text.length);
}

static void add_members(struct soc_strbuf *out, const char *type)
{
    SOC_AUTO_STRBUF struct soc_strbuf list = SOC_STRBUF_INIT;

    soc_strbuf_add_format(&list, "[\"%s\"]", any_task());
    soc_record_string(out, "task", any_task());
    soc_record_string(out, "from", any_agent());
    soc_record_string(out, "reason", "none");
    soc_record_string(out, "text", "a note");
    if (strcmp(type, "task_assign") == 0)
        soc_record_string(out, "to", below(3) == 0 ? "role:tester" : any_agent());
    if (strcmp(type, "task_edit") == 0)
        add_fields(out, "fields", "ignored");
    if (strcmp(type, "task_depend") == 0)
        soc_record_raw(out, below(2) == 0 ? "dependsOn" : "remove", list.data, list.length);
    if (below(2) == 0)
        soc_record_integer(out, "token", recent[below(4)]);
}

static void add_change(struct soc_strbuf *out)
{
    static const char *const types[] = {
        "task_release", "task_complete", "task_fail",   "task_block", "task_unblock",
        "task_reopen",  "task_cancel",   "task_assign", "task_renew", "task_submit",
        "task_note",    "task_edit",     "task_depend", "task_claim", "task_unknown"};
    unsigned what = below(40);
    size_t start = out->length;
    const char *type = what < 12   ? "task_create"
                       : what < 14 ? "task_state"
                       : what < 15 ? "task_archive_state"
                                   : types[below(sizeof types / sizeof types[0])];

    soc_record_begin(out, type);
    if (what < 14)
        add_fields(out, "task", any_task());
    else if (what < 15)
        add_archived(out);
    else
        add_members(out, type);
    if (what < 14 && below(8) == 0)
        soc_record_raw(out, "more", "true", 4);
    assert_int_equal(soc_record_end(out, start, NULL), 0);
}

/* Of a program that knows neither ids nor checksums. */
static void make_foreign(struct soc_strbuf *line)
{
    char *id = strstr(line->data, ",\"id\":\"0");

    if (!id)
        return;
    line->length = (size_t)(id - line->data);
    soc_strbuf_add_string(line, "}\n");
}

/* A byte that is another one now, or the end that is missing, with or without its newline. */
static void damage(struct soc_strbuf *line)
{
    if (below(2) == 0)
        line->data[below((unsigned)line->length - 1)] = "\"}{x0"[below(5)];
    else
        line->length = 1 + below((unsigned)line->length - 1);
    if (below(2) == 0 && line->data[line->length - 1] != '\n')
        soc_strbuf_add_char(line, '\n');
}

static void append_line(void)
{
    SOC_AUTO_STRBUF struct soc_strbuf line = SOC_STRBUF_INIT;
    unsigned what = below(100);

    if (what < 45)
        add_claim(&line);
    else if (what < 46)
        add_long_claim(&line);
    else
        add_change(&line);
    if (below(8) == 0)
        make_foreign(&line);
    else if (below(16) == 0)
        damage(&line);
    else if (below(16) == 0)
        snprintf(line.data, line.length + 1, "%s", last_line); /* an append that was tried again */
    soc_strbuf_add_char(&line, '\0');
    if (line.length < sizeof last_line && below(2) == 0)
        snprintf(last_line, sizeof last_line, "%.*s", (int)line.length, line.data);
    store_put("tasks.jsonl", line.data);
}

/* ---- Comparing ---- */

static void assert_same_ranks(const struct soc_ranks *a, const struct soc_ranks *b)
{
    assert_int_equal(a->end - a->first, b->end - b->first);
    for (size_t i = 0; i < a->end - a->first; i++) {
        const struct soc_rank *left = &a->items[a->first + i];
        const struct soc_rank *right = &b->items[b->first + i];
        assert_string_equal(left->id, right->id);
        assert_int_equal(left->fresh, right->fresh);
        assert_int_equal(left->for_all, right->for_all);
    }
}

static void assert_same_offer(const struct soc_tasks *a, const struct soc_tasks *b)
{
    for (size_t p = 0; p < SOC_PRIORITIES; p++)
        assert_same_ranks(&a->index.ready[p], &b->index.ready[p]);
}

/* What is offered is what is ready, and nothing else. */
static void assert_sound(const struct soc_tasks *tasks)
{
    const soc_json *task;
    const char *id;
    size_t offered = 0;
    size_t ready = 0;

    for (size_t p = 0; p < SOC_PRIORITIES; p++)
        offered += tasks->index.ready[p].end - tasks->index.ready[p].first;
    for (void *i = NULL; (i = soc_json_next(tasks->tasks, i, &id, &task));)
        ready += soc_task_is_ready(tasks, task);
    assert_int_equal(offered, ready);
}

static void assert_same(const struct soc_tasks *a, const struct soc_tasks *b)
{
    SOC_AUTO_STRBUF struct soc_strbuf left = SOC_STRBUF_INIT;
    SOC_AUTO_STRBUF struct soc_strbuf right = SOC_STRBUF_INIT;
    SOC_AUTO_STRBUF struct soc_strbuf dump = SOC_STRBUF_INIT;

    soc_json_dump(a->tasks, &left);
    soc_json_dump(a->work, &left);
    soc_json_dump(b->tasks, &right);
    soc_json_dump(b->work, &right);
    assert_string_equal(left.data, right.data);
    assert_same_offer(a, b);
    assert_same_ranks(&a->index.claimed, &b->index.claimed);
    assert_int_equal(a->ended, b->ended);
    assert_int_equal(a->created, b->created);
    assert_int_equal(a->done.count, b->done.count);
    assert_int_equal(a->over.count, b->over.count);
    assert_int_equal(soc_tasks_fold.dump(a, &dump), 0);
    assert_true(soc_tasks_fold.dumps_at_least(a) <= (int64_t)dump.length);
}

/* The same as somebody finds who has just come. */
static void assert_same_from_the_start(void)
{
    struct soc_state fresh;

    open_state(&fresh, &soc_tasks_fold);
    assert_int_equal(soc_state_refresh(&fresh, &store_error), 0);
    assert_same(fresh.data, plain.data);
    soc_state_close(&fresh);
}

/* ---- Steps ---- */

/* Claims the best there is for an agent without a role, or nothing. */
static int decide_best(const void *state, int64_t end, void *argument, struct soc_strbuf *out,
                       struct soc_error *error)
{
    const struct soc_task_seeker seeker = {.agent = argument};
    const struct soc_rank *best = argument ? soc_task_best_rank(state, &seeker, NULL) : NULL;

    if (!best || !soc_task_index_accepts(best, seeker.agent, end, end))
        return 0;
    struct soc_task_bid bid = {.task = best->id, .from = seeker.agent, .session = "s", .own = -1};
    bid.token = recent[below(4)] = end;
    return soc_task_bid_write(&bid, &ids, &now, out, error);
}

static void step(void)
{
    char agent[4];
    unsigned what = below(40);

    snprintf(agent, sizeof agent, "w%u", 1 + below(AGENTS));
    append_line();
    assert_int_equal(
        soc_transact_unsettled(&late, decide_best, what < 4 ? agent : NULL, &store_error), 0);
    if (what == 4)
        assert_int_equal(soc_state_compact(&late, true, &store_error), 1);
    if (what == 5)
        assert_int_equal(soc_state_compact(&plain, true, &store_error), 1);
    assert_int_equal(soc_state_refresh(&plain, &store_error), 0);
    if (what == 5)
        assert_int_equal(soc_transact_unsettled(&late, decide_best, NULL, &store_error), 0);
    assert_same_offer(late.data, plain.data);
    assert_sound(plain.data);
}

static void test_a_log_of_many_hands(void **state)
{
    size_t put_off = 0;

    (void)state;
    for (lines = 0; lines < LINES; lines++) {
        step();
        put_off += ((struct soc_tasks *)late.data)->late.first != NULL;
        if (below(6) == 0) {
            assert_int_equal(soc_state_refresh(&late, &store_error), 0);
            assert_same(late.data, plain.data);
        }
        if (below(50) == 0)
            assert_same_from_the_start();
    }
    assert_true(put_off > LINES / 20);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_a_log_of_many_hands, setup, teardown),
    };

    return cmocka_run_group_tests(tests, seed, NULL);
}
