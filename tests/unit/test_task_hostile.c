/* SPDX-License-Identifier: MIT */
/*
 * Hostile records of tasks: fields of every wrong type in every state, and records that are too
 * long. Each wastes its own bytes and nothing else.
 */
#include <stdio.h>
#include <string.h>

#include "harness/internal/rules.h"
#include "harness/unit.h"

static const char *const states[] = {"open", "claimed", "blocked",  "review",
                                     "done", "failed",  "cancelled"};

#define STATES (sizeof states / sizeof states[0])

static const char *const types[] = {"create",   "claim",  "renew",   "release", "submit", "fail",
                                    "complete", "block",  "unblock", "cancel",  "reopen", "assign",
                                    "note",     "depend", "edit",    "state"};

/* ---- Hostile fields ---- */

static const char *const values[] = {"null",
                                     "true",
                                     "-1",
                                     "5",
                                     "1e400",
                                     "1.5",
                                     "9007199254740993",
                                     "''",
                                     "'x'",
                                     "'role:'",
                                     "'\\ud800'",
                                     "[]",
                                     "[1]",
                                     "['']",
                                     "['t1','t1',['t1']]",
                                     "[{'text':1,'from':'x'}]",
                                     "{}",
                                     "{'id':'t1'}",
                                     "{'title':{}}"};
#define VALUES (sizeof values / sizeof values[0])

/* What must hold of every task, whatever was written. */
static void check_sound(void)
{
    const char *id;
    const soc_json *task;
    static const char *const lists[] = {"labels", "paths", "dependsOn", "notes"};

    for (void *i = NULL; (i = soc_json_next(tasks->tasks, i, &id, &task));) {
        int64_t priority = -1;
        bool known = false;
        assert_string_equal(soc_json_get_string(task, "id"), id);
        for (size_t s = 0; s < STATES; s++)
            known |= strcmp(text_of(id, "state"), states[s]) == 0;
        assert_true(known);
        assert_true(soc_json_get_integer(task, "priority", &priority));
        assert_true(priority >= 0 && priority <= 4);
        for (size_t l = 0; l < 4; l++)
            assert_true(!soc_json_get(task, lists[l]) ||
                        soc_json_kind(soc_json_get(task, lists[l])) == SOC_JSON_ARRAY);
        soc_task_is_ready(tasks, task);
        soc_task_is_for(task, "w1", "tester");
    }
    SOC_AUTO_STRBUF struct soc_strbuf text = SOC_STRBUF_INIT;
    assert_int_equal(soc_tasks_fold.dump(tasks, &text), 0);
}

static void test_hostile_members(void **state)
{
    static const char *const keys[] = {"task",    "from",   "token",    "takeover",  "session",
                                       "leaseMs", "to",     "reason",   "text",      "dependsOn",
                                       "remove",  "fields", "presence", "timestamp", "result"};

    (void)state;
    for (size_t s = 0; s < STATES; s++) {
        putf("{'type':'task_state','task':{'id':'t1','state':'%s','lastToken':5%s}}", states[s],
             strcmp(states[s], "claimed") == 0 ? ",'holder':'w1','token':5,'session':'s'" : "");
        assert_string_equal(text_of("t1", "state"), states[s]);
        for (size_t r = 0; r < sizeof types / sizeof types[0]; r++)
            for (size_t k = 0; k < sizeof keys / sizeof keys[0]; k++)
                for (size_t v = 0; v < VALUES; v++) {
                    bool task = strcmp(keys[k], "task") == 0;
                    bool from = strcmp(keys[k], "from") == 0;
                    putf("{'type':'task_%s'%s%s,'%s':%s}", types[r], task ? "" : ",'task':'t1'",
                         from ? "" : ",'from':'w1'", keys[k], values[v]);
                }
        check_sound();
        rules_teardown(NULL);
        rules_setup(NULL);
    }
}

static void test_hostile_tasks(void **state)
{
    static const char *const keys[] = {
        "title",   "desc",      "description", "priority",  "dependsOn",  "labels",  "paths",
        "role",    "parent",    "acceptance",  "assignee",  "maxRetries", "state",   "result",
        "reason",  "retries",   "notes",       "createdBy", "holder",     "token",   "lastToken",
        "session", "submitter", "present",     "renewed",   "leaseMs",    "unknown", "completedBy"};
    int number = 0;

    (void)state;
    for (size_t k = 0; k < sizeof keys / sizeof keys[0]; k++) {
        for (size_t v = 0; v < VALUES; v++) {
            number++;
            putf("{'type':'task_create','task':{'id':'c%d','%s':%s}}", number, keys[k], values[v]);
            putf("{'type':'task_state','task':{'id':'s%d','%s':%s}}", number, keys[k], values[v]);
            putf("{'type':'task_state','more':true,'task':{'id':'s%d','%s':%s}}", number, keys[k],
                 values[v]);
            putf("{'type':'task_edit','task':'s%d','fields':{'%s':%s}}", number, keys[k],
                 values[v]);
        }
        check_sound();
        rules_teardown(NULL);
        rules_setup(NULL);
    }
    /* No creator brings a claim along. */
    assert_int_equal(put_task("x", "'state':'claimed','holder':'w1','token':1,'lastToken':5"), 0);
    assert_string_equal(text_of("x", "state"), "open");
    assert_int_equal(number_of("x", "lastToken"), -1);
    /* No state gives a token that is still to come, so that nobody could claim it ever again. */
    assert_int_equal(
        SOCIETY_E_INVALID,
        putf("{'type':'task_state','task':{'id':'y','lastToken':%lld}}", (long long)now + 1));
    assert_int_equal(
        putf("{'type':'task_state','task':{'id':'y','lastToken':%lld}}", (long long)now), 0);
    assert_int_equal(put("{'type':'task_claim','from':'w','task':'y'}"), 0);
}

static void test_a_record_that_is_too_long(void **state)
{
    SOC_AUTO_STRBUF struct soc_strbuf text = SOC_STRBUF_INIT;

    (void)state;
    put_task("t1", "");
    soc_strbuf_add_string(&text, "{'type':'task_note','task':'t1','text':'");
    while (text.length < SOC_TASK_LINE_MAX - 3)
        soc_strbuf_add_char(&text, 'x');
    soc_strbuf_add_string(&text, "'}");
    assert_int_equal(put(text.data), 0);
    text.length -= 2;
    soc_strbuf_add_string(&text, "x'}");
    assert_int_equal(put(text.data), SOCIETY_E_TOO_BIG);
}

int main(void)
{
#define TEST(function) cmocka_unit_test_setup_teardown(function, rules_setup, rules_teardown)
    const struct CMUnitTest tests[] = {
        TEST(test_hostile_members),
        TEST(test_hostile_tasks),
        TEST(test_a_record_that_is_too_long),
    };
    return cmocka_run_group_tests_name("hostile tasks", tests, NULL, NULL);
}
