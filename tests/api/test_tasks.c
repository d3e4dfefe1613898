/* SPDX-License-Identifier: MIT */
/*
 * Tasks through the door: making them, claiming what is free, and every change, with its refusals.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "harness/files.h"
#include "harness/tasks.h"

static char *text;

/* ---- Making ---- */

static void test_creating(void **state)
{
    (void)state;
    assert_ok(lead, society_task_create(lead, "{\"title\":\"One\"}", &text));
    assert_string_equal(text, "t1");
    society_free(text);
    task_add("{\"title\":\"Five\",\"id\":\"t5\",\"priority\":0,\"labels\":[\"a\"],\"paths\":[\"src/"
             "**\"],"
             "\"dependsOn\":[\"t1\"],\"description\":\"D\",\"role\":\"tester\",\"parent\":\"t1\","
             "\"acceptance\":\"A\",\"assignee\":\"role:tester\",\"maxRetries\":3}");
    task_add("{\"title\":\"Named\",\"id\":\"login.page\"}");
    assert_ok(w1, society_task_create(w1, "{\"title\":\"Six\"}", &text));
    assert_string_equal(text, "t6");
    society_free(text);
    assert_string_equal(task_ids(w2, 0, NULL), "t1 t5 login.page t6");
    assert_field("t6", "createdBy", "\"w1\"");
    assert_field("t1", "state", "\"open\"");
    assert_field("t1", "priority", "2");
    assert_field("t1", "holder", "null");
    assert_field("t1", "token", "null");
    assert_field("t1", "notes", "[]");
    assert_field("t5", "dependsOn", "[\"t1\"]");
    assert_field("t5", "paths", "[\"src/**\"]");
    assert_field("t5", "assignee", "\"role:tester\"");
    assert_field("t5", "maxRetries", "3");
}

static void test_creating_is_refused(void **state)
{
    static const struct {
        const char *task;
        int code;
        const char *words;
    } rows[] = {
        {"{", SOCIETY_E_INVALID, "the task: line 1, column"},
        {"[]", SOCIETY_E_INVALID, "field task must be a JSON object"},
        {"{}", SOCIETY_E_INVALID, "field title is missing"},
        {"{\"title\":\"\"}", SOCIETY_E_INVALID, "field title is missing"},
        {"{\"title\":5}", SOCIETY_E_INVALID, "field title"},
        {"{\"title\":\"T\",\"id\":\"a/b\"}", SOCIETY_E_INVALID, "field id must be an id"},
        {"{\"title\":\"T\",\"id\":null}", SOCIETY_E_INVALID, "field id"},
        {"{\"title\":\"T\",\"id\":\"t1\"}", SOCIETY_E_HELD, "there is a task t1 already"},
        {"{\"title\":\"T\",\"priority\":5}", SOCIETY_E_INVALID, "field priority"},
        {"{\"title\":\"T\",\"priority\":\"1\"}", SOCIETY_E_INVALID, "field priority"},
        {"{\"title\":\"T\",\"dependsOn\":\"t1\"}", SOCIETY_E_INVALID, "field dependsOn"},
        {"{\"title\":\"T\",\"dependsOn\":[1]}", SOCIETY_E_INVALID, "field dependsOn"},
        {"{\"title\":\"T\",\"dependsOn\":[\"a b\"]}", SOCIETY_E_INVALID, "field dependsOn"},
        {"{\"title\":\"T\",\"id\":\"x\",\"dependsOn\":[\"x\"]}", SOCIETY_E_INVALID, "x → x"},
        {"{\"title\":\"T\",\"labels\":[null]}", SOCIETY_E_INVALID, "field labels"},
        {"{\"title\":\"T\",\"paths\":[\"../x\"]}", SOCIETY_E_INVALID,
         "field paths: the pattern has"},
        {"{\"title\":\"T\",\"paths\":[\"src/a[\"]}", SOCIETY_E_INVALID,
         "field paths: the pattern has"},
        {"{\"title\":\"T\",\"paths\":[\"\"]}", SOCIETY_E_INVALID,
         "field paths: the pattern is empty"},
        {"{\"title\":\"T\",\"assignee\":\"a b\"}", SOCIETY_E_INVALID, "field assignee"},
        {"{\"title\":\"T\",\"assignee\":\"role:\"}", SOCIETY_E_INVALID, "field assignee"},
        {"{\"title\":\"T\",\"parent\":\"/\"}", SOCIETY_E_INVALID, "field parent"},
        {"{\"title\":\"T\",\"maxRetries\":-1}", SOCIETY_E_INVALID, "field maxRetries"},
        {"{\"title\":\"T\",\"state\":\"claimed\"}", SOCIETY_E_INVALID, "field state"},
        {"{\"title\":\"T\",\"holder\":\"w1\"}", SOCIETY_E_INVALID, "field holder"},
    };
    society *nobody = member_open(NULL);
    long long size;

    (void)state;
    task_add("{\"title\":\"One\"}");
    size = file_size(member_path("tasks.jsonl"));
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        assert_refused(lead, society_task_create(lead, rows[i].task, NULL), rows[i].code,
                       rows[i].words);
    assert_refused(lead, society_task_create(lead, NULL, NULL), SOCIETY_E_INVALID, "no task");
    assert_refused(nobody, society_task_create(nobody, "{\"title\":\"T\"}", NULL),
                   SOCIETY_E_NO_AGENT, "no agent");
    char *long_one = malloc(300000);
    memset(long_one, 'x', 299999);
    memcpy(long_one, "{\"title\":\"", 10);
    memcpy(long_one + 270000, "\"}", 3);
    assert_refused(lead, society_task_create(lead, long_one, NULL), SOCIETY_E_TOO_BIG, "256 KiB");
    free(long_one);
    assert_int_equal(file_size(member_path("tasks.jsonl")), size);
    society_close(nobody);
}

static void test_creating_lines(void **state)
{
    society_list *ids;

    (void)state;
    assert_int_equal(
        society_task_create_lines(lead,
                                  "{\"title\":\"A\",\"id\":\"a\",\"dependsOn\":[\"b\",\"t1\"]}\n\n"
                                  "{\"title\":\"First\"}\r\n"
                                  "{\"title\":\"B\",\"id\":\"b\",\"state\":\"done\"}\n"
                                  "{\"title\":\"C\",\"state\":\"blocked\",\"reason\":\"rain\"}",
                                  &ids),
        4);
    assert_string_equal(society_list_item(ids, 0), "\"a\"");
    assert_string_equal(society_list_item(ids, 1), "\"t1\"");
    assert_string_equal(society_list_item(ids, 3), "\"t2\"");
    society_list_free(ids);
    assert_field("t2", "state", "\"blocked\"");
    assert_string_equal(task_ids(w1, SOCIETY_TASKS_READY, NULL), "t1");
    assert_int_equal(society_task_create_lines(lead, " \n", &ids), 0);
    assert_int_equal(society_list_count(ids), 0);
    society_list_free(ids);
    /* All or none. */
    assert_refused(lead,
                   society_task_create_lines(lead, "{\"title\":\"D\"}\n{\"title\":\"\"}", NULL),
                   SOCIETY_E_INVALID, "line 2: field title");
    assert_refused(
        lead,
        society_task_create_lines(lead,
                                  "\n{\"title\":\"D\",\"id\":\"d\",\"dependsOn\":[\"e\"]}\n"
                                  "{\"title\":\"E\",\"id\":\"e\",\"dependsOn\":[\"d\"]}",
                                  NULL),
        SOCIETY_E_INVALID, "line 3: e can't depend on d: e → d → e");
    assert_refused(
        lead,
        society_task_create_lines(
            lead, "{\"title\":\"D\",\"id\":\"d\"}\n{\"title\":\"D\",\"id\":\"d\"}", NULL),
        SOCIETY_E_HELD, "line 2: there is a task d already");
    assert_refused(lead, society_task_create_lines(lead, "{", NULL), SOCIETY_E_INVALID, "line 1: ");
    assert_refused(lead, society_task_create_lines(lead, NULL, NULL), SOCIETY_E_INVALID,
                   "no tasks");
    assert_string_equal(task_ids(w1, 0, NULL), "a t1 b t2");
}

static void test_lists(void **state)
{
    society_list *list;
    society *nobody = member_open(NULL);

    (void)state;
    task_add("{\"title\":\"T\"}");
    task_add("{\"title\":\"T\",\"priority\":1}");
    task_add("{\"title\":\"T\",\"priority\":0,\"role\":\"tester\"}");
    task_add("{\"title\":\"T\",\"assignee\":\"w2\"}");
    task_add("{\"title\":\"T\",\"dependsOn\":[\"t1\"]}");
    task_add("{\"title\":\"T\",\"priority\":1}");
    assert_string_equal(task_ids(w1, SOCIETY_TASKS_READY, NULL), "t2 t6 t1");
    assert_string_equal(task_ids(w2, SOCIETY_TASKS_READY, NULL), "t2 t6 t1 t4");
    assert_ok(w1, society_register(w1, "{\"role\":\"tester\"}"));
    assert_string_equal(task_ids(w1, SOCIETY_TASKS_READY, NULL), "t3 t2 t6 t1");
    task_claim(w1, "t1");
    assert_string_equal(task_ids(w1, SOCIETY_TASKS_MINE, NULL), "t1");
    assert_string_equal(task_ids(w2, SOCIETY_TASKS_MINE, NULL), "t4");
    assert_string_equal(task_ids(w2, 0, "claimed"), "t1");
    assert_refused(w2, society_tasks(w2, 0, "dreaming", &list), SOCIETY_E_INVALID, "none of open");
    assert_ok(w1, task_change(w1, "t1", "submit", NULL));
    assert_string_equal(task_ids(w1, SOCIETY_TASKS_MINE, "review"), "t1");
    assert_refused(w1, society_tasks(w1, 64, NULL, &list), SOCIETY_E_INVALID, "unknown flags");
    assert_refused(nobody, society_tasks(nobody, SOCIETY_TASKS_MINE, NULL, &list),
                   SOCIETY_E_NO_AGENT, "no agent");
    assert_refused(nobody, society_task_get(nobody, "t7", &text), SOCIETY_E_NOT_FOUND,
                   "no task t7");
    assert_refused(nobody, society_task_get(nobody, NULL, &text), SOCIETY_E_NOT_FOUND, "no task");
    society_close(nobody);
}

/* ---- Claiming ---- */

static void test_claiming(void **state)
{
    (void)state;
    task_add("{\"title\":\"T\"}");
    assert_ok(w1, society_task_claim(w1, "t1", 5000, &text));
    assert_string_equal(member_text(text, "task"), "t1");
    assert_string_equal(member_field(text, "leaseMs"), "5000");
    assert_string_equal(member_field(text, "takeover"), "null");
    assert_string_equal(member_field(text, "token"), task_field("t1", "token"));
    society_free(text);
    assert_field("t1", "holder", "\"w1\"");
    assert_true(file_exists(member_path("locks/task-claim-t1.lock")));
    assert_refused(w2, society_task_claim(w2, "t1", 0, NULL), SOCIETY_E_HELD,
                   "t1 is held by w1 (since 20");
    assert_refused(w2, society_task_claim(w2, NULL, 0, NULL), SOCIETY_E_NOT_FOUND,
                   "nothing is ready");
    assert_refused(w2, society_task_claim(w2, "t2", 0, NULL), SOCIETY_E_NOT_FOUND, "no task t2");
    assert_refused(w2, society_task_claim(w2, "a/b", 0, NULL), SOCIETY_E_NOT_FOUND, "no task");
    assert_refused(w2, society_task_claim(w2, "t1", -1, NULL), SOCIETY_E_INVALID, "lease");
    /* What the record can't carry: whoever reads it would go by another lease. */
    assert_refused(w2, society_task_claim(w2, "t1", INT64_MAX, NULL), SOCIETY_E_INVALID, "lease");
    assert_ok(w1, task_change(w1, "t1", "release", NULL));
    assert_false(file_exists(member_path("locks/task-claim-t1.lock")));
    assert_ok(w2, society_task_claim(w2, NULL, 0, &text));
    assert_string_equal(member_field(text, "leaseMs"), "600000");
    society_free(text);
    assert_field("t1", "holder", "\"w2\"");
}

static void test_the_best_is_claimed(void **state)
{
    static const char *const order[] = {"t3", "t2", "t4", "t1"};

    (void)state;
    assert_ok(w1, society_register(w1, "{\"role\":\"tester\"}"));
    task_add("{\"title\":\"T\",\"priority\":4}");
    task_add("{\"title\":\"T\",\"priority\":1}");
    task_add("{\"title\":\"T\",\"priority\":0,\"role\":\"tester\"}");
    task_add("{\"title\":\"T\",\"assignee\":\"role:tester\"}");
    task_add("{\"title\":\"T\",\"priority\":0,\"role\":\"writer\"}");
    task_add("{\"title\":\"T\",\"priority\":0,\"assignee\":\"w2\"}");
    for (size_t i = 0; i < 4; i++) {
        assert_ok(w1, society_task_claim(w1, NULL, 0, &text));
        assert_string_equal(member_text(text, "task"), order[i]);
        society_free(text);
    }
    assert_int_equal(society_task_claim(w1, NULL, 0, NULL), SOCIETY_E_NOT_FOUND);
    assert_refused(w1, society_task_claim(w1, "t5", 0, NULL), SOCIETY_E_HELD,
                   "t5 is for the role writer");
    assert_refused(w1, society_task_claim(w1, "t6", 0, NULL), SOCIETY_E_HELD, "t6 is for w2");
}

static void test_foreign_lock_files(void **state)
{
    (void)state;
    task_add("{\"title\":\"T\",\"priority\":0}");
    task_add("{\"title\":\"T\"}");
    write_text(member_path("locks/task-claim-t1.lock"), "{\"agent\":\"emacs\"}");
    assert_refused(w1, society_task_claim(w1, "t1", 0, NULL), SOCIETY_E_HELD,
                   "says that emacs holds it");
    assert_ok(w1, society_task_claim(w1, NULL, 0, &text)); /* the next best */
    assert_string_equal(member_text(text, "task"), "t2");
    society_free(text);
    assert_int_equal(society_task_claim(w1, NULL, 0, NULL), SOCIETY_E_NOT_FOUND);
    assert_int_equal(unlink(member_path("locks/task-claim-t1.lock")), 0);
    task_claim(w1, "t1");
    /* The file of a claim that is over, left by a crash, is nobody's. */
    char *left = read_file(member_path("locks/task-claim-t1.lock"), NULL);
    assert_ok(w1, task_change(w1, "t1", "release", NULL));
    write_text(member_path("locks/task-claim-t1.lock"), left);
    free(left);
    task_claim(w2, "t1");
}

/* ---- Changing ---- */

static void test_the_life_of_a_task(void **state)
{
    int64_t token;

    (void)state;
    task_add("{\"title\":\"T\",\"maxRetries\":1}");
    token = task_claim(w1, "t1");
    assert_ok(w1, society_task_change(w1, "t1", "renew", "{\"leaseMs\":7000}", token));
    assert_field("t1", "leaseMs", "7000");
    assert_ok(w1, task_change(w1, "t1", "note", "{\"text\":\"half\"}"));
    assert_ok(w2, task_change(w2, "t1", "note", "{\"text\":\"good\"}"));
    assert_ok(lead, society_task_get(lead, "t1", &text));
    assert_non_null(strstr(text, "\"from\":\"w1\",\"text\":\"half\""));
    assert_non_null(strstr(text, "\"from\":\"w2\",\"text\":\"good\""));
    society_free(text);
    assert_ok(w1, task_change(w1, "t1", "fail", "{\"reason\":\"no\"}"));
    assert_field("t1", "state", "\"open\"");
    assert_field("t1", "retries", "1");
    task_claim(w2, "t1");
    assert_ok(w2, task_change(w2, "t1", "fail", NULL));
    assert_field("t1", "state", "\"failed\"");
    assert_ok(lead, task_change(lead, "t1", "reopen", NULL));
    task_claim(w2, "t1");
    assert_ok(w2, task_change(w2, "t1", "block", "{\"reason\":\"rain\"}"));
    assert_refused(w1, society_task_claim(w1, "t1", 0, NULL), SOCIETY_E_HELD,
                   "t1 is blocked: \"rain\"");
    assert_ok(lead, task_change(lead, "t1", "unblock", NULL));
    assert_field("t1", "reason", "null");
    task_claim(w1, "t1");
    assert_ok(w1, task_change(w1, "t1", "submit", "{\"result\":{\"n\":1}}"));
    assert_refused(w1, task_change(w1, "t1", "complete", NULL), SOCIETY_E_HELD,
                   "another reviews it");
    assert_ok(lead, task_change(lead, "t1", "reopen", "{\"text\":\"tests\"}"));
    assert_field("t1", "assignee", "\"w1\"");
    assert_refused(w2, society_task_claim(w2, "t1", 0, NULL), SOCIETY_E_HELD, "w1");
    task_claim(w1, "t1");
    assert_ok(w1, task_change(w1, "t1", "submit", "{\"result\":{\"n\":2}}"));
    assert_ok(lead, task_change(lead, "t1", "complete", NULL));
    assert_field("t1", "result", "{\"n\":2}");
    assert_field("t1", "state", "\"done\"");
    assert_refused(lead, task_change(lead, "t1", "cancel", NULL), SOCIETY_E_HELD,
                   "t1 is done; cancel needs a task that is not over");
    assert_false(file_exists(member_path("locks/task-claim-t1.lock")));
}

static void test_assigning_depending_editing(void **state)
{
    (void)state;
    task_add("{\"title\":\"T\"}");
    task_add("{\"title\":\"T\"}");
    assert_ok(lead, task_change(lead, "t1", "assign", "{\"to\":\"role:tester\"}"));
    assert_string_equal(task_ids(w1, SOCIETY_TASKS_READY, NULL), "t2");
    assert_ok(w1, society_register(w1, "{\"role\":\"tester\"}"));
    assert_string_equal(task_ids(w1, SOCIETY_TASKS_READY, NULL), "t1 t2");
    assert_ok(lead, task_change(lead, "t1", "assign", "{\"to\":null}"));
    assert_string_equal(task_ids(w2, SOCIETY_TASKS_READY, NULL), "t1 t2");
    assert_ok(lead, task_change(lead, "t1", "depend", "{\"dependsOn\":[\"t2\",\"t2\"]}"));
    assert_field("t1", "dependsOn", "[\"t2\"]");
    assert_refused(lead, task_change(lead, "t2", "depend", "{\"dependsOn\":[\"t1\"]}"),
                   SOCIETY_E_INVALID, "t2 → t1 → t2");
    assert_refused(w2, society_task_claim(w2, "t1", 0, NULL), SOCIETY_E_HELD, "waits for t2");
    assert_ok(lead, task_change(lead, "t1", "depend", "{\"remove\":[\"t2\"]}"));
    assert_ok(lead,
              task_change(lead, "t2", "edit", "{\"fields\":{\"title\":\"U\",\"priority\":0}}"));
    assert_string_equal(task_ids(w2, SOCIETY_TASKS_READY, NULL), "t2 t1");
    assert_ok(lead, task_change(lead, "t2", "cancel", "{\"reason\":\"old\"}"));
    assert_field("t2", "reason", "\"old\"");
}

static void test_changes_are_refused(void **state)
{
    static const struct {
        const char *what;
        const char *fields;
        int code;
        const char *words;
    } rows[] = {
        {"dance", NULL, SOCIETY_E_INVALID, "no change \"dance\""},
        {NULL, NULL, SOCIETY_E_INVALID, "no change"},
        {"claim", NULL, SOCIETY_E_INVALID, "no change"},
        {"cancel", "[]", SOCIETY_E_INVALID, "JSON object"},
        {"cancel", "{", SOCIETY_E_INVALID, "line 1"},
        {"cancel", "{\"reason\":5}", SOCIETY_E_INVALID, "field reason must be a string"},
        {"cancel", "{\"token\":5}", SOCIETY_E_INVALID, "field token does not belong to cancel"},
        {"renew", "{\"leaseMs\":0}", SOCIETY_E_INVALID, "leaseMs"},
        {"block", NULL, SOCIETY_E_INVALID, "field reason"},
        {"note", "{}", SOCIETY_E_INVALID, "field text"},
        {"assign", NULL, SOCIETY_E_INVALID, "field to"},
        {"assign", "{\"to\":\"a b\"}", SOCIETY_E_INVALID,
         "field to: \"a b\" is neither an agent id nor role:<role>"},
        {"assign", "{\"to\":7}", SOCIETY_E_INVALID, "field to"},
        {"depend", NULL, SOCIETY_E_INVALID, "field dependsOn"},
        {"depend", "{\"remove\":\"t1\"}", SOCIETY_E_INVALID, "field remove"},
        {"depend", "{\"dependsOn\":{}}", SOCIETY_E_INVALID, "field dependsOn"},
        {"depend", "{\"dependsOn\":[\"../x\"]}", SOCIETY_E_INVALID,
         "field dependsOn: \"../x\" is not a task's id"},
        {"edit", NULL, SOCIETY_E_INVALID, "field fields"},
        {"edit", "{\"fields\":[]}", SOCIETY_E_INVALID, "field fields"},
        {"edit", "{\"fields\":{\"state\":\"done\"}}", SOCIETY_E_INVALID, "field state"},
        {"edit", "{\"fields\":{\"priority\":9}}", SOCIETY_E_INVALID, "field priority"},
        {"edit", "{\"fields\":{\"paths\":[\"a\",\"b/../../c\"]}}", SOCIETY_E_INVALID,
         "field paths: "},
        {"edit", "{\"fields\":{\"titel\":\"T\"}}", SOCIETY_E_INVALID,
         "field titel can't be edited; these can: title, description, acceptance, role, parent, "
         "labels, paths, priority, maxRetries"},
        {"renew", NULL, SOCIETY_E_HELD, "t1 is open; renew needs a task that is claimed"},
        {"complete", NULL, SOCIETY_E_HELD,
         "t1 is open; complete needs a task that is claimed or in review"},
        {"unblock", NULL, SOCIETY_E_HELD, "t1 is open; unblock needs a task that is blocked"},
        {"reopen", NULL, SOCIETY_E_HELD,
         "t1 is open; reopen needs a task that is over or in review"},
    };
    society *nobody = member_open(NULL);
    long long size;

    (void)state;
    task_add("{\"title\":\"T\"}");
    size = file_size(member_path("tasks.jsonl"));
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        assert_refused(lead, task_change(lead, "t1", rows[i].what, rows[i].fields), rows[i].code,
                       rows[i].words);
    assert_refused(lead, task_change(lead, "t2", "cancel", NULL), SOCIETY_E_NOT_FOUND,
                   "no task t2");
    assert_refused(lead, task_change(lead, "../t", "cancel", NULL), SOCIETY_E_INVALID,
                   "not a task's id");
    assert_refused(lead, task_change(lead, NULL, "cancel", NULL), SOCIETY_E_INVALID,
                   "not a task's id");
    assert_refused(nobody, task_change(nobody, "t1", "cancel", NULL), SOCIETY_E_NO_AGENT,
                   "no agent");
    assert_int_equal(file_size(member_path("tasks.jsonl")), size);
    society_close(nobody);
}

int main(void)
{
#define TEST(function) cmocka_unit_test_setup_teardown(function, tasks_setup, tasks_teardown)
    const struct CMUnitTest tests[] = {
        TEST(test_creating),
        TEST(test_creating_is_refused),
        TEST(test_creating_lines),
        TEST(test_lists),
        TEST(test_claiming),
        TEST(test_the_best_is_claimed),
        TEST(test_foreign_lock_files),
        TEST(test_the_life_of_a_task),
        TEST(test_assigning_depending_editing),
        TEST(test_changes_are_refused),
    };
    return cmocka_run_group_tests_name("tasks", tests, NULL, NULL);
}
