/* SPDX-License-Identifier: MIT */
/*
 * The rules of tasks: every type of record in every state, tokens, dependencies, and for whom a task
 * is.
 */
#include <stdio.h>
#include <string.h>

#include "harness/internal/rules.h"
#include "harness/unit.h"

/* A record of `from` about t1, with members. */
static int change(const char *type, const char *from, const char *members)
{
    return putf("{'type':'task_%s','from':'%s','task':'t1'%s%s}", type, from, *members ? "," : "",
                members);
}

#define assert_state(id, state) assert_string_equal(text_of(id, "state"), state)
#define assert_held(result) assert_int_equal(result, SOCIETY_E_HELD)
#define assert_fenced(result) assert_int_equal(result, SOCIETY_E_FENCED)
#define assert_invalid(result) assert_int_equal(result, SOCIETY_E_INVALID)

/* ---- Every type in every state ---- */

static const char *const states[] = {"open", "claimed", "blocked",  "review",
                                     "done", "failed",  "cancelled"};

#define STATES (sizeof states / sizeof states[0])

/* t1 in this state, and claimed once by w1 on the way, unless it never was. */
static void reach(const char *state)
{
    assert_int_equal(put_task("t1", ""), 0);
    if (strcmp(state, "open") == 0)
        return;
    assert_int_equal(change("claim", "w1", "'session':'s1','leaseMs':60000"), 0);
    if (strcmp(state, "blocked") == 0)
        assert_int_equal(change("block", "w1", "'reason':'rain'"), 0);
    if (strcmp(state, "review") == 0)
        assert_int_equal(change("submit", "w1", ""), 0);
    if (strcmp(state, "done") == 0)
        assert_int_equal(change("complete", "w1", ""), 0);
    if (strcmp(state, "failed") == 0)
        assert_int_equal(change("fail", "w1", "'reason':'no'"), 0);
    if (strcmp(state, "cancelled") == 0)
        assert_int_equal(change("cancel", "lead", ""), 0);
    assert_state("t1", state);
}

#define OK 0
#define NO SOCIETY_E_HELD

static const struct row {
    const char *type;
    const char *from;
    const char *members;
    int result[STATES];       /* open claimed blocked review done failed cancelled */
    const char *then[STATES]; /* the state behind it; NULL: the same */
} table[] = {
    {"create", "w1", "", {NO, NO, NO, NO, NO, NO, NO}, {NULL}},
    {"claim", "w2", "'session':'s2'", {OK, NO, NO, NO, NO, NO, NO}, {"claimed"}},
    {"renew", "w1", "", {NO, OK, NO, NO, NO, NO, NO}, {NULL}},
    {"release", "w1", "", {NO, OK, NO, NO, NO, NO, NO}, {NULL, "open"}},
    {"submit", "w1", "", {NO, OK, NO, NO, NO, NO, NO}, {NULL, "review"}},
    {"fail", "w1", "", {NO, OK, NO, NO, NO, NO, NO}, {NULL, "failed"}},
    {"complete", "w1", "", {NO, OK, NO, NO, NO, NO, NO}, {NULL, "done"}},
    {"complete", "w2", "", {NO, NO, NO, OK, NO, NO, NO}, {NULL, NULL, NULL, "done"}},
    {"release", "w2", "", {NO, NO, NO, NO, NO, NO, NO}, {NULL}},
    {"renew", "w2", "", {NO, NO, NO, NO, NO, NO, NO}, {NULL}},
    {"block", "w1", "'reason':'x'", {OK, OK, NO, NO, NO, NO, NO}, {"blocked", "blocked"}},
    {"block", "w2", "'reason':'x'", {OK, NO, NO, NO, NO, NO, NO}, {"blocked"}},
    {"unblock", "w2", "", {NO, NO, OK, NO, NO, NO, NO}, {NULL, NULL, "open"}},
    {"cancel",
     "w2",
     "",
     {OK, OK, OK, OK, NO, NO, NO},
     {"cancelled", "cancelled", "cancelled", "cancelled"}},
    {"reopen",
     "w2",
     "",
     {NO, NO, NO, OK, OK, OK, OK},
     {NULL, NULL, NULL, "open", "open", "open", "open"}},
    {"assign", "w2", "'to':'w3'", {OK, NO, OK, OK, NO, NO, NO}, {NULL}},
    {"note", "w2", "'text':'x'", {OK, OK, OK, OK, OK, OK, OK}, {NULL}},
    {"depend", "w2", "'dependsOn':['t9']", {OK, NO, OK, OK, NO, NO, NO}, {NULL}},
    {"edit", "w2", "'fields':{'title':'U'}", {OK, OK, OK, OK, OK, OK, OK}, {NULL}},
};

static void test_every_type_in_every_state(void **state)
{
    (void)state;
    for (size_t r = 0; r < sizeof table / sizeof table[0]; r++) {
        const struct row *row = &table[r];
        for (size_t i = 0; i < STATES; i++) {
            reach(states[i]);
            int result = strcmp(row->type, "create") == 0
                             ? put_task("t1", "")
                             : change(row->type, row->from, row->members);
            const char *then = row->then[i] ? row->then[i] : states[i];
            if (result != row->result[i] || strcmp(text_of("t1", "state"), then) != 0)
                fail_msg("%s by %s in %s: %s (%s), then %s", row->type, row->from, states[i],
                         society_error_name(result), why.text, text_of("t1", "state"));
            bool held = strcmp(then, "claimed") == 0;
            assert_int_equal(held, text_of("t1", "holder")[0] != '\0');
            assert_int_equal(held, number_of("t1", "token") >= 0);
            rules_teardown(NULL);
            rules_setup(NULL);
        }
    }
}

static void test_without_a_task(void **state)
{
    (void)state;
    for (size_t r = 1; r < sizeof table / sizeof table[0]; r++)
        assert_int_equal(change(table[r].type, "w1", table[r].members), SOCIETY_E_NOT_FOUND);
    assert_string_equal(why.text, "there is no task t1");
    assert_int_equal(soc_json_count(tasks->tasks), 0);
    assert_invalid(change("dance", "w1", ""));
    assert_invalid(put("{'type':'message','task':'t1'}"));
    assert_invalid(put("{'from':'w1'}"));
    assert_invalid(put("{'type':'task_claim','from':'w1'}"));
    assert_invalid(put("{'type':'task_create','task':'t1'}"));
    assert_invalid(put("{'type':'task_create','task':{'id':'../t1'}}"));
}

/* ---- Tokens ---- */

static void test_a_refusal_names_the_holder(void **state)
{
    (void)state;
    reach("open");
    assert_int_equal(change("claim", "w1", "'timestamp':'2026-02-10T10:00:00.000Z'"), 0);
    int64_t token = put_position;
    char words[200];
    snprintf(words, sizeof words, "t1 is held by w1 (since 2026-02-10T10:00:00.000Z, token %lld)",
             (long long)token);
    assert_held(change("claim", "w2", ""));
    assert_string_equal(why.text, words);
    assert_int_equal(change("block", "w1", "'reason':'rain'"), 0);
    assert_held(change("claim", "w2", ""));
    assert_string_equal(why.text, "t1 is blocked: \"rain\"");
}

/* The state and the reason, and what the change is for; of a claim, who has it. */
static void test_a_refusal_says_what_is_needed(void **state)
{
    static const struct {
        const char *in, *type, *from, *words;
    } rows[] = {
        {"open", "unblock", "w2", "t1 is open; unblock needs a task that is blocked"},
        {"claimed", "reopen", "w1", "; reopen needs a task that is over or in review"},
        {"claimed", "depend", "w1", "; depend needs a task that is neither claimed nor over"},
        {"claimed", "release", "w2", "t1 is held by w1 (since an unknown time, token "},
        {"review", "release", "w1", "t1 is in review; release needs a task that is claimed"},
        {"review", "block", "w2", "t1 is in review; block needs a task that is open or claimed"},
        {"cancelled", "complete", "w1",
         "t1 is cancelled; complete needs a task that is claimed or in review"},
        {"done", "assign", "w2",
         "t1 is done; assign needs a task that is neither claimed nor over"},
    };
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        reach(rows[i].in);
        assert_held(
            change(rows[i].type, rows[i].from, "'reason':'x','to':'w3','dependsOn':['t9']"));
        if (!strstr(why.text, rows[i].words))
            fail_msg("%s of %s: %s", rows[i].type, rows[i].in, why.text);
        bool held = strcmp(rows[i].type, "release") == 0 && strcmp(rows[i].in, "claimed") == 0;
        assert_int_equal(held, !strstr(why.text, "needs"));
        rules_teardown(NULL);
        rules_setup(NULL);
    }
}

static int with_token(const char *type, const char *from, int64_t token, const char *members)
{
    return putf("{'type':'task_%s','from':'%s','task':'t1','token':%lld%s%s}", type, from,
                (long long)token, *members ? "," : "", members);
}

static void test_claims_and_their_tokens(void **state)
{
    (void)state;
    reach("open");
    assert_fenced(with_token("claim", "w1", now + 1, "")); /* from the future */
    assert_fenced(with_token("claim", "w1", -1, ""));
    assert_fenced(change("claim", "w1", "'token':'12'")); /* no integer is none that ever was */
    assert_int_equal(with_token("claim", "w1", now - 7, ""), 0); /* decided a while ago */
    int64_t first = number_of("t1", "token");
    assert_int_equal(with_token("release", "w1", first, ""), 0);
    assert_fenced(with_token("claim", "w2", first, "")); /* not above the last one */
    assert_fenced(with_token("claim", "w2", first - 1, ""));
    assert_int_equal(change("claim", "w2", ""), 0); /* a foreign one has its own position */
    assert_int_equal(number_of("t1", "token"), put_position);
    assert_string_equal(text_of("t1", "holder"), "w2");
}

static void test_late_records_are_fenced(void **state)
{
    static const char *const types[] = {"renew", "release", "submit", "complete", "fail"};
    int64_t stale;
    int64_t current;

    (void)state;
    reach("claimed");
    stale = number_of("t1", "token");
    assert_int_equal(with_token("claim", "w2", now, ""), NO);
    assert_int_equal(
        putf("{'type':'task_claim','from':'w2','task':'t1','token':%lld,'takeover':%lld}",
             (long long)now, (long long)stale),
        0);
    current = number_of("t1", "token");
    assert_true(current > stale);
    for (size_t i = 0; i < sizeof types / sizeof types[0]; i++) {
        assert_fenced(with_token(types[i], "w1", stale, ""));
        assert_held(change(types[i], "w1", "")); /* foreign, and not the holder */
    }
    assert_fenced(with_token("note", "w1", stale, "'text':'late'"));
    assert_fenced(with_token("block", "w1", stale, "'reason':'late'"));
    assert_string_equal(text_of("t1", "holder"), "w2");
    /* Also when the task has gone on, or the claim that followed is over. */
    assert_int_equal(with_token("release", "w2", current, ""), 0);
    assert_fenced(with_token("block", "w1", stale, "'reason':'late'"));
    assert_held(with_token("block", "w2", current, "'reason':'late'"));
    assert_fenced(with_token("complete", "w1", stale, ""));
    assert_held(with_token("complete", "w2", current, ""));
    assert_state("t1", "open");
}

/* Whoever was presumed dead does not review what another submitted in his place. */
static void test_a_late_completion_is_no_review(void **state)
{
    (void)state;
    reach("claimed");
    int64_t stale = number_of("t1", "token");
    putf("{'type':'task_claim','from':'w2','task':'t1','takeover':%lld}", (long long)stale);
    int64_t current = number_of("t1", "token");
    assert_int_equal(with_token("submit", "w2", current, "'result':'good'"), 0);
    assert_fenced(with_token("complete", "w1", stale, "'result':'bad'"));
    assert_state("t1", "review");
    assert_held(change("complete", "w2", ""));
    assert_string_equal(why.text, "t1 was submitted by w2: another reviews it");
    assert_int_equal(change("complete", "w1", ""), 0);
    assert_string_equal(text_of("t1", "completedBy"), "w2");
    assert_string_equal(text_of("t1", "result"), "good");
}

static int take_over(const char *from, const char *takeover)
{
    return putf("{'type':'task_claim','from':'%s','task':'t1','takeover':%s}", from, takeover);
}

static void test_takeovers(void **state)
{
    char text[32];

    (void)state;
    reach("open");
    assert_fenced(take_over("w2", "0")); /* nothing to take over */
    assert_fenced(take_over("w2", "null"));
    assert_fenced(take_over("w2", "-1"));
    assert_int_equal(change("claim", "w1", ""), 0);
    assert_fenced(take_over("w2", "-1"));
    assert_fenced(take_over("w2", "'x'"));
    assert_fenced(take_over("w2", "{}"));
    snprintf(text, sizeof text, "%lld", (long long)number_of("t1", "token"));
    assert_int_equal(take_over("w2", text), 0);
    assert_fenced(take_over("w3", text)); /* the second of the same */
    assert_string_equal(text_of("t1", "holder"), "w2");
    snprintf(text, sizeof text, "%lld", (long long)number_of("t1", "token"));
    assert_int_equal(change("submit", "w2", ""), 0);
    assert_fenced(take_over("w3", text));
    assert_state("t1", "review");
}

/* ---- Dependencies ---- */

static void test_cycles_on_creation(void **state)
{
    (void)state;
    assert_invalid(put_task("t1", "'dependsOn':['t1']"));
    assert_string_equal(why.text, "t1 can't depend on t1: t1 → t1");
    assert_int_equal(put_task("t1", "'dependsOn':['t2']"), 0);
    assert_invalid(put_task("t2", "'dependsOn':['t1']"));
    assert_string_equal(why.text, "t2 can't depend on t1: t2 → t1 → t2");
    assert_int_equal(put_task("t2", "'dependsOn':['t3']"), 0);
    assert_invalid(put_task("t3", "'dependsOn':['x','t1']"));
    assert_string_equal(why.text, "t3 can't depend on t1: t3 → t1 → t2 → t3");
    assert_int_equal(put_task("t3", "'dependsOn':['x']"), 0);
    assert_invalid(put_task("x", "'dependsOn':['t2']"));
    assert_int_equal(soc_json_count(tasks->tasks), 3);
}

static void test_cycles_by_depend(void **state)
{
    (void)state;
    put_task("t1", "");
    put_task("t2", "'dependsOn':['t1']");
    put_task("t3", "'dependsOn':['t2']");
    assert_invalid(change("depend", "w1", "'dependsOn':['t1']"));
    assert_invalid(change("depend", "w1", "'dependsOn':['t2']"));
    assert_invalid(change("depend", "w1", "'dependsOn':['t9','t3']"));
    assert_string_equal(why.text, "t1 can't depend on t3: t1 → t3 → t2 → t1");
    assert_int_equal(change("depend", "w1", "'dependsOn':['t9']"), 0);
    assert_invalid(put_task("t9", "'dependsOn':['t3']"));
    assert_int_equal(put("{'type':'task_depend','task':'t2','remove':['t1']}"), 0);
    assert_int_equal(put_task("t9", "'dependsOn':['t3']"), 0);
    assert_invalid(put("{'type':'task_depend','task':'t2','dependsOn':['t9']}"));
    assert_invalid(put("{'type':'task_depend','task':'t2'}"));
    /* An edit can't bring dependencies in. */
    assert_int_equal(put("{'type':'task_edit','task':'t2','fields':{'dependsOn':['t9']}}"), 0);
    assert_int_equal(soc_json_count(soc_json_get(soc_tasks_get(tasks, "t2"), "dependsOn")), 0);
}

/* However long the way round is. */
static void test_parents(void **state)
{
    (void)state;
    /* In any order, and also of what is not there yet. */
    assert_int_equal(put("{'type':'task_create','task':{'id':'p1','title':'T','parent':'p2'}}"), 0);
    assert_invalid(put("{'type':'task_create','task':{'id':'p2','title':'T','parent':'p1'}}"));
    assert_int_equal(put("{'type':'task_create','task':{'id':'p2','title':'T','parent':'p3'}}"), 0);
    assert_int_equal(put("{'type':'task_create','task':{'id':'p3','title':'T'}}"), 0);
    assert_invalid(put("{'type':'task_create','task':{'id':'p4','title':'T','parent':'p4'}}"));
    assert_invalid(put("{'type':'task_edit','task':'p3','fields':{'parent':'p1'}}"));
    assert_string_equal(why.text, "p3 can't be part of p1: p3 → p1 → p2 → p3");
    assert_invalid(put("{'type':'task_edit','task':'p3','fields':{'parent':'p3'}}"));
    assert_int_equal(put("{'type':'task_edit','task':'p2','fields':{'parent':null}}"), 0);
    assert_int_equal(put("{'type':'task_edit','task':'p3','fields':{'parent':'p1'}}"), 0);
    /* A circle that stands there, of a hostile compaction, is left again. */
    assert_int_equal(put("{'type':'task_state','task':{'id':'c1','title':'T','parent':'c2'}}"), 0);
    assert_int_equal(put("{'type':'task_state','task':{'id':'c2','title':'T','parent':'c1'}}"), 0);
    assert_int_equal(put("{'type':'task_edit','task':'p1','fields':{'parent':'c1'}}"), 0);
}

static void test_a_long_cycle(void **state)
{
    const int length = 6000;

    (void)state;
    put_task("t1", "");
    for (int i = 2; i <= length; i++) {
        char text[200];
        snprintf(text, sizeof text, "{\"task\":{\"id\":\"t%d\",\"dependsOn\":[\"t%d\"]}}", i,
                 i - 1);
        SOC_AUTO_JSON soc_json *json = soc_json_parse(text, strlen(text), NULL);
        struct soc_record record = {json, "task_create", now, now + 1};
        assert_int_equal(soc_tasks_fold.apply(tasks, &record), 1);
        now++;
    }
    assert_invalid(change("depend", "w1", "'dependsOn':['t6000']"));
    assert_non_null(strstr(why.text, "t1 → t6000 → t5999"));
}

static bool is_ready(const char *id)
{
    return soc_task_is_ready(tasks, soc_tasks_get(tasks, id));
}

static void test_readiness(void **state)
{
    (void)state;
    put_task("t1", "");
    put_task("t2", "'dependsOn':['t1','nope']");
    assert_true(is_ready("t1"));
    assert_false(is_ready("t2"));
    assert_held(put("{'type':'task_claim','from':'w','task':'t2'}"));
    assert_string_equal(why.text, "t2 waits for t1 (open), nope (absent)");
    change("claim", "w1", "");
    assert_false(is_ready("t1"));
    change("complete", "w1", "");
    assert_false(is_ready("t2")); /* an unknown one is not done */
    put_task("nope", "'state':'done'");
    assert_true(is_ready("t2"));
    change("reopen", "lead", "");
    assert_false(is_ready("t2"));
    change("cancel", "lead", "");
    assert_false(is_ready("t2"));
    assert_int_equal(put("{'type':'task_depend','task':'t2','remove':['t1','nothing']}"), 0);
    assert_true(is_ready("t2"));
}

static void test_for_whom(void **state)
{
    static const struct {
        const char *members;
        bool nobody, agent, role, both;
    } rows[] = {
        {"", true, true, true, true},
        {"'assignee':'w1'", false, true, false, true},
        {"'assignee':'w2'", false, false, false, false},
        {"'assignee':'role:tester'", false, false, true, true},
        {"'role':'tester'", false, false, true, true},
        {"'role':'other'", false, false, false, false},
        {"'role':'other','assignee':'w1'", false, true, false, true},
        {"'role':'tester','assignee':'role:other'", false, false, false, false},
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        assert_int_equal(put_task("t1", rows[i].members), 0);
        const soc_json *task = soc_tasks_get(tasks, "t1");
        assert_int_equal(soc_task_is_for(task, "x", NULL), rows[i].nobody);
        assert_int_equal(soc_task_is_for(task, "w1", NULL), rows[i].agent);
        assert_int_equal(soc_task_is_for(task, "x", "tester"), rows[i].role);
        assert_int_equal(soc_task_is_for(task, "w1", "tester"), rows[i].both);
        rules_teardown(NULL);
        rules_setup(NULL);
    }
    put_task("t1", "'assignee':'w2'");
    assert_held(change("claim", "w1", ""));
    assert_string_equal(why.text, "t1 is assigned to w2");
    assert_int_equal(change("assign", "lead", "'to':null"), 0);
    assert_int_equal(change("claim", "w1", ""), 0);
}

/* ---- The lives of tasks ---- */

static void test_failing_with_retries(void **state)
{
    (void)state;
    put_task("t1", "'maxRetries':2");
    for (int i = 1; i <= 3; i++) {
        assert_int_equal(change("claim", "w1", ""), 0);
        assert_int_equal(change("fail", "w1", "'reason':'no'"), 0);
        assert_state("t1", i < 3 ? "open" : "failed");
        assert_int_equal(number_of("t1", "retries"), i < 3 ? i : 2);
        assert_string_equal(text_of("t1", "reason"), "no");
    }
}

static void test_review_and_reopening(void **state)
{
    (void)state;
    reach("review");
    assert_int_equal(change("reopen", "lead", "'text':'tests are missing'"), 0);
    assert_state("t1", "open");
    assert_string_equal(text_of("t1", "assignee"), "w1");
    const soc_json *notes = soc_json_get(soc_tasks_get(tasks, "t1"), "notes");
    assert_int_equal(soc_json_count(notes), 1);
    assert_string_equal(soc_json_get_string(soc_json_item(notes, 0), "text"), "tests are missing");
    assert_int_equal(change("claim", "w1", ""), 0);
    assert_int_equal(change("complete", "w1", "'result':{'n':1}"), 0);
    assert_string_equal(text_of("t1", "completedBy"), "w1");
    assert_int_equal(change("reopen", "lead", ""), 0);
    assert_string_equal(text_of("t1", "completedBy"), "");
    assert_int_equal(change("block", "lead", "'reason':'rain'"), 0);
    assert_int_equal(change("unblock", "lead", ""), 0);
    assert_string_equal(text_of("t1", "reason"), "");
}

int main(void)
{
#define TEST(function) cmocka_unit_test_setup_teardown(function, rules_setup, rules_teardown)
    const struct CMUnitTest tests[] = {
        TEST(test_every_type_in_every_state),
        TEST(test_without_a_task),
        TEST(test_a_refusal_names_the_holder),
        TEST(test_a_refusal_says_what_is_needed),
        TEST(test_claims_and_their_tokens),
        TEST(test_late_records_are_fenced),
        TEST(test_a_late_completion_is_no_review),
        TEST(test_takeovers),
        TEST(test_cycles_on_creation),
        TEST(test_cycles_by_depend),
        TEST(test_parents),
        TEST(test_a_long_cycle),
        TEST(test_readiness),
        TEST(test_for_whom),
        TEST(test_failing_with_retries),
        TEST(test_review_and_reopening),
    };
    return cmocka_run_group_tests_name("task rules", tests, NULL, NULL);
}
