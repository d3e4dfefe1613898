/* SPDX-License-Identifier: MIT */
/*
 * Tasks through the door: making, claiming, changing, waiting; takeovers after a death; compaction
 * under a living claimer.
 */
#include <errno.h>
#include <inttypes.h>
#include <signal.h>
#include <society/task.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "harness/die.h"
#include "harness/files.h"
#include "harness/member.h"
#include "harness/unit.h"

#define DEADLINE_MS 10000

static society *lead;
static society *w1;
static society *w2;
static char *text;

static int setup(void **state)
{
    member_setup(state);
    lead = member_open("lead");
    w1 = member_open("w1");
    w2 = member_open("w2");
    return 0;
}

static int teardown(void **state)
{
    society_close(lead);
    society_close(w1);
    society_close(w2);
    return member_teardown(state);
}

/* ---- Shorthand ---- */

#define assert_ok(s, call)                                                                       \
    do {                                                                                         \
        int result_ = (call);                                                                    \
        if (result_ < 0)                                                                         \
            fail_msg("%s: %s: %s", #call, society_error_name(result_), society_last_message(s)); \
    } while (0)

#define assert_refused(s, call, code, words)                              \
    do {                                                                  \
        int result_ = (call);                                             \
        if (result_ != (code) || !strstr(society_last_message(s), words)) \
            fail_msg("%s: %s: %s", #call, society_error_name(result_),    \
                     result_ < 0 ? society_last_message(s) : "");         \
    } while (0)

static void add(const char *task)
{
    assert_ok(lead, society_task_create(lead, task, NULL));
}

/* A member of a task; good for the next eight calls. */
static const char *field(const char *id, const char *key)
{
    char *task;
    assert_ok(lead, society_task_get(lead, id, &task));
    const char *value = member_field(task, key);
    society_free(task);
    return value;
}

#define assert_field(id, key, value) assert_string_equal(field(id, key), value)

static int64_t number(const char *json, const char *key)
{
    return strtoll(member_field(json, key), NULL, 10);
}

/* Claims it and gives the token. */
static int64_t claim(society *s, const char *id)
{
    assert_ok(s, society_task_claim(s, id, 0, &text));
    int64_t token = number(text, "token");
    society_free(text);
    return token;
}

static int change(society *s, const char *id, const char *what, const char *fields)
{
    return society_task_change(s, id, what, fields, SOCIETY_NO_TOKEN);
}

/* The ids of tasks, in order, with a blank between. */
static const char *ids_of(society *s, uint32_t flags, const char *state)
{
    static char ids[1000];
    society_list *list;

    ids[0] = '\0';
    assert_ok(s, society_tasks(s, flags, state, &list));
    for (int64_t i = 0; i < society_list_count(list); i++) {
        size_t length = strlen(ids);
        snprintf(ids + length, sizeof ids - length, "%s%s", length ? " " : "",
                 member_text(society_list_item(list, i), "id"));
    }
    society_list_free(list);
    return ids;
}

/* ---- Making ---- */

static void test_creating(void **state)
{
    (void)state;
    assert_ok(lead, society_task_create(lead, "{\"title\":\"One\"}", &text));
    assert_string_equal(text, "t1");
    society_free(text);
    add("{\"title\":\"Five\",\"id\":\"t5\",\"priority\":0,\"labels\":[\"a\"],\"paths\":[\"src/"
        "**\"],"
        "\"dependsOn\":[\"t1\"],\"description\":\"D\",\"role\":\"tester\",\"parent\":\"t1\","
        "\"acceptance\":\"A\",\"assignee\":\"role:tester\",\"maxRetries\":3}");
    add("{\"title\":\"Named\",\"id\":\"login.page\"}");
    assert_ok(w1, society_task_create(w1, "{\"title\":\"Six\"}", &text));
    assert_string_equal(text, "t6");
    society_free(text);
    assert_string_equal(ids_of(w2, 0, NULL), "t1 t5 login.page t6");
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
    add("{\"title\":\"One\"}");
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
    assert_string_equal(ids_of(w1, SOCIETY_TASKS_READY, NULL), "t1");
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
    assert_string_equal(ids_of(w1, 0, NULL), "a t1 b t2");
}

static void test_lists(void **state)
{
    society_list *list;
    society *nobody = member_open(NULL);

    (void)state;
    add("{\"title\":\"T\"}");
    add("{\"title\":\"T\",\"priority\":1}");
    add("{\"title\":\"T\",\"priority\":0,\"role\":\"tester\"}");
    add("{\"title\":\"T\",\"assignee\":\"w2\"}");
    add("{\"title\":\"T\",\"dependsOn\":[\"t1\"]}");
    add("{\"title\":\"T\",\"priority\":1}");
    assert_string_equal(ids_of(w1, SOCIETY_TASKS_READY, NULL), "t2 t6 t1");
    assert_string_equal(ids_of(w2, SOCIETY_TASKS_READY, NULL), "t2 t6 t1 t4");
    assert_ok(w1, society_register(w1, "{\"role\":\"tester\"}"));
    assert_string_equal(ids_of(w1, SOCIETY_TASKS_READY, NULL), "t3 t2 t6 t1");
    claim(w1, "t1");
    assert_string_equal(ids_of(w1, SOCIETY_TASKS_MINE, NULL), "t1");
    assert_string_equal(ids_of(w2, SOCIETY_TASKS_MINE, NULL), "t4");
    assert_string_equal(ids_of(w2, 0, "claimed"), "t1");
    assert_string_equal(ids_of(w2, 0, "dreaming"), "");
    assert_ok(w1, change(w1, "t1", "submit", NULL));
    assert_string_equal(ids_of(w1, SOCIETY_TASKS_MINE, "review"), "t1");
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
    add("{\"title\":\"T\"}");
    assert_ok(w1, society_task_claim(w1, "t1", 5000, &text));
    assert_string_equal(member_text(text, "task"), "t1");
    assert_string_equal(member_field(text, "leaseMs"), "5000");
    assert_string_equal(member_field(text, "takeover"), "null");
    assert_string_equal(member_field(text, "token"), field("t1", "token"));
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
    assert_ok(w1, change(w1, "t1", "release", NULL));
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
    add("{\"title\":\"T\",\"priority\":4}");
    add("{\"title\":\"T\",\"priority\":1}");
    add("{\"title\":\"T\",\"priority\":0,\"role\":\"tester\"}");
    add("{\"title\":\"T\",\"assignee\":\"role:tester\"}");
    add("{\"title\":\"T\",\"priority\":0,\"role\":\"writer\"}");
    add("{\"title\":\"T\",\"priority\":0,\"assignee\":\"w2\"}");
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
    add("{\"title\":\"T\",\"priority\":0}");
    add("{\"title\":\"T\"}");
    write_text(member_path("locks/task-claim-t1.lock"), "{\"agent\":\"emacs\"}");
    assert_refused(w1, society_task_claim(w1, "t1", 0, NULL), SOCIETY_E_HELD,
                   "says that emacs holds it");
    assert_ok(w1, society_task_claim(w1, NULL, 0, &text)); /* the next best */
    assert_string_equal(member_text(text, "task"), "t2");
    society_free(text);
    assert_int_equal(society_task_claim(w1, NULL, 0, NULL), SOCIETY_E_NOT_FOUND);
    assert_int_equal(unlink(member_path("locks/task-claim-t1.lock")), 0);
    claim(w1, "t1");
    /* The file of a claim that is over, left by a crash, is nobody's. */
    char *left = read_file(member_path("locks/task-claim-t1.lock"), NULL);
    assert_ok(w1, change(w1, "t1", "release", NULL));
    write_text(member_path("locks/task-claim-t1.lock"), left);
    free(left);
    claim(w2, "t1");
}

/* ---- Changing ---- */

static void test_the_life_of_a_task(void **state)
{
    int64_t token;

    (void)state;
    add("{\"title\":\"T\",\"maxRetries\":1}");
    token = claim(w1, "t1");
    assert_ok(w1, society_task_change(w1, "t1", "renew", "{\"leaseMs\":7000}", token));
    assert_field("t1", "leaseMs", "7000");
    assert_ok(w1, change(w1, "t1", "note", "{\"text\":\"half\"}"));
    assert_ok(w2, change(w2, "t1", "note", "{\"text\":\"good\"}"));
    assert_ok(lead, society_task_get(lead, "t1", &text));
    assert_non_null(strstr(text, "\"from\":\"w1\",\"text\":\"half\""));
    assert_non_null(strstr(text, "\"from\":\"w2\",\"text\":\"good\""));
    society_free(text);
    assert_ok(w1, change(w1, "t1", "fail", "{\"reason\":\"no\"}"));
    assert_field("t1", "state", "\"open\"");
    assert_field("t1", "retries", "1");
    claim(w2, "t1");
    assert_ok(w2, change(w2, "t1", "fail", NULL));
    assert_field("t1", "state", "\"failed\"");
    assert_ok(lead, change(lead, "t1", "reopen", NULL));
    claim(w2, "t1");
    assert_ok(w2, change(w2, "t1", "block", "{\"reason\":\"rain\"}"));
    assert_refused(w1, society_task_claim(w1, "t1", 0, NULL), SOCIETY_E_HELD,
                   "t1 is blocked: rain");
    assert_ok(lead, change(lead, "t1", "unblock", NULL));
    assert_field("t1", "reason", "null");
    claim(w1, "t1");
    assert_ok(w1, change(w1, "t1", "submit", "{\"result\":{\"n\":1}}"));
    assert_refused(w1, change(w1, "t1", "complete", NULL), SOCIETY_E_HELD, "another reviews it");
    assert_ok(lead, change(lead, "t1", "reopen", "{\"text\":\"tests\"}"));
    assert_field("t1", "assignee", "\"w1\"");
    assert_refused(w2, society_task_claim(w2, "t1", 0, NULL), SOCIETY_E_HELD, "w1");
    claim(w1, "t1");
    assert_ok(w1, change(w1, "t1", "submit", "{\"result\":{\"n\":2}}"));
    assert_ok(lead, change(lead, "t1", "complete", NULL));
    assert_field("t1", "result", "{\"n\":2}");
    assert_field("t1", "state", "\"done\"");
    assert_refused(lead, change(lead, "t1", "cancel", NULL), SOCIETY_E_HELD, "t1 is done");
    assert_false(file_exists(member_path("locks/task-claim-t1.lock")));
}

static void test_assigning_depending_editing(void **state)
{
    (void)state;
    add("{\"title\":\"T\"}");
    add("{\"title\":\"T\"}");
    assert_ok(lead, change(lead, "t1", "assign", "{\"to\":\"role:tester\"}"));
    assert_string_equal(ids_of(w1, SOCIETY_TASKS_READY, NULL), "t2");
    assert_ok(w1, society_register(w1, "{\"role\":\"tester\"}"));
    assert_string_equal(ids_of(w1, SOCIETY_TASKS_READY, NULL), "t1 t2");
    assert_ok(lead, change(lead, "t1", "assign", "{\"to\":null}"));
    assert_string_equal(ids_of(w2, SOCIETY_TASKS_READY, NULL), "t1 t2");
    assert_ok(lead, change(lead, "t1", "depend", "{\"dependsOn\":[\"t2\",\"t2\"]}"));
    assert_field("t1", "dependsOn", "[\"t2\"]");
    assert_refused(lead, change(lead, "t2", "depend", "{\"dependsOn\":[\"t1\"]}"),
                   SOCIETY_E_INVALID, "t2 → t1 → t2");
    assert_refused(w2, society_task_claim(w2, "t1", 0, NULL), SOCIETY_E_HELD, "depends on");
    assert_ok(lead, change(lead, "t1", "depend", "{\"remove\":[\"t2\"]}"));
    assert_ok(lead, change(lead, "t2", "edit", "{\"fields\":{\"title\":\"U\",\"priority\":0}}"));
    assert_string_equal(ids_of(w2, SOCIETY_TASKS_READY, NULL), "t2 t1");
    assert_ok(lead, change(lead, "t2", "cancel", "{\"reason\":\"old\"}"));
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
        {"assign", "{\"to\":\"a b\"}", SOCIETY_E_INVALID, "field to"},
        {"assign", "{\"to\":7}", SOCIETY_E_INVALID, "field to"},
        {"depend", NULL, SOCIETY_E_INVALID, "field dependsOn"},
        {"depend", "{\"remove\":\"t1\"}", SOCIETY_E_INVALID, "field remove"},
        {"depend", "{\"dependsOn\":{}}", SOCIETY_E_INVALID, "field dependsOn"},
        {"edit", NULL, SOCIETY_E_INVALID, "field fields"},
        {"edit", "{\"fields\":[]}", SOCIETY_E_INVALID, "field fields"},
        {"edit", "{\"fields\":{\"state\":\"done\"}}", SOCIETY_E_INVALID, "field state"},
        {"edit", "{\"fields\":{\"priority\":9}}", SOCIETY_E_INVALID, "field priority"},
        {"renew", NULL, SOCIETY_E_HELD, "t1 is open"},
        {"complete", NULL, SOCIETY_E_HELD, "t1 is open"},
        {"unblock", NULL, SOCIETY_E_HELD, "t1 is open"},
        {"reopen", NULL, SOCIETY_E_HELD, "t1 is open"},
    };
    society *nobody = member_open(NULL);
    long long size;

    (void)state;
    add("{\"title\":\"T\"}");
    size = file_size(member_path("tasks.jsonl"));
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        assert_refused(lead, change(lead, "t1", rows[i].what, rows[i].fields), rows[i].code,
                       rows[i].words);
    assert_refused(lead, change(lead, "t2", "cancel", NULL), SOCIETY_E_NOT_FOUND, "no task t2");
    assert_refused(lead, change(lead, "../t", "cancel", NULL), SOCIETY_E_INVALID,
                   "not a task's id");
    assert_refused(lead, change(lead, NULL, "cancel", NULL), SOCIETY_E_INVALID, "not a task's id");
    assert_refused(nobody, change(nobody, "t1", "cancel", NULL), SOCIETY_E_NO_AGENT, "no agent");
    assert_int_equal(file_size(member_path("tasks.jsonl")), size);
    society_close(nobody);
}

/* ---- Deaths ---- */

/* A child that holds t1 as w3, until it is killed. */
static pid_t start_holder(bool join, int64_t lease_ms, int64_t *ret_token)
{
    int ready[2];
    int64_t token = -1;

    if (pipe(ready) < 0)
        die("pipe");
    pid_t child = fork();
    if (child == 0) {
        society *s = member_open("w3");
        if (join && society_join(s) < 0)
            _exit(2);
        if (society_task_claim(s, "t1", lease_ms, &text) < 0)
            _exit(3);
        token = number(text, "token");
        if (write(ready[1], &token, sizeof token) != sizeof token)
            _exit(4);
        for (;;)
            pause();
    }
    close(ready[1]);
    if (child < 0 || read(ready[0], &token, sizeof token) != sizeof token)
        die("the holder did not begin");
    close(ready[0]);
    *ret_token = token;
    return child;
}

static void kill_holder(pid_t child)
{
    kill(child, SIGKILL);
    waitpid(child, NULL, 0);
}

static int64_t now_ms(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

static void test_a_dead_holders_claim_is_taken_over(void **state)
{
    int64_t token;
    char expected[32];

    (void)state;
    add("{\"title\":\"T\"}");
    pid_t child = start_holder(true, 0, &token);
    assert_refused(w1, society_task_claim(w1, "t1", 0, NULL), SOCIETY_E_HELD, "t1 is held by w3");
    assert_refused(w1, society_task_claim(w1, NULL, 0, NULL), SOCIETY_E_NOT_FOUND, "nothing");
    kill_holder(child);
    assert_ok(w1, society_task_claim(w1, NULL, 0, &text));
    snprintf(expected, sizeof expected, "%" PRId64, token);
    assert_string_equal(member_field(text, "takeover"), expected);
    society_free(text);
    assert_field("t1", "holder", "\"w1\"");
    /* What the dead one would have said comes too late, in its name or another's. */
    society *w3 = member_open("w3");
    static const char *const late[] = {"complete", "submit", "release", "renew", "fail"};
    for (size_t i = 0; i < sizeof late / sizeof late[0]; i++)
        assert_refused(w3, society_task_change(w3, "t1", late[i], NULL, token), SOCIETY_E_FENCED,
                       "is not the current one");
    assert_ok(w1, change(w1, "t1", "submit", NULL));
    assert_refused(w3, society_task_change(w3, "t1", "complete", NULL, token), SOCIETY_E_FENCED,
                   "is not the current one");
    assert_ok(lead, change(lead, "t1", "complete", NULL));
    assert_refused(w3, society_task_change(w3, "t1", "complete", NULL, token), SOCIETY_E_FENCED,
                   "is not the current one");
    society_close(w3);
}

static void test_a_restarted_worker_takes_its_own_back(void **state)
{
    int64_t token;

    (void)state;
    add("{\"title\":\"T\"}");
    pid_t child = start_holder(false, 0, &token);
    kill_holder(child);
    assert_int_equal(society_task_claim(w1, "t1", 0, NULL),
                     SOCIETY_E_HELD); /* not yet for others */
    society *again = member_open("w3");
    assert_ok(again, society_task_claim(again, NULL, 0, &text));
    assert_string_equal(member_text(text, "task"), "t1");
    assert_int_equal(number(text, "takeover"), token);
    society_free(text);
    /* What it has it is not given once more, unless it names it. */
    assert_int_equal(society_task_claim(again, NULL, 0, NULL), SOCIETY_E_NOT_FOUND);
    claim(again, "t1");
    assert_refused(again, society_task_change(again, "t1", "complete", NULL, token),
                   SOCIETY_E_FENCED, "not the current one");
    assert_ok(again, change(again, "t1", "complete", NULL));
    society_close(again);
}

static void test_parting_ends_claims(void **state)
{
    (void)state;
    add("{\"title\":\"T\"}");
    assert_ok(w1, society_join(w1));
    claim(w1, "t1");
    assert_int_equal(society_task_claim(w2, "t1", 0, NULL), SOCIETY_E_HELD);
    assert_int_equal(society_task_renew_all(w1), 1);
    assert_int_equal(society_task_renew_all(w1), 0); /* not so soon again */
    assert_int_equal(society_task_renew_all(w2), 0);
    assert_ok(w1, society_part(w1));
    claim(w2, "t1");
    assert_int_equal(society_task_renew_all(w1), 0);
}

/* ---- Waiting ---- */

/* A child that waits for a task as w4, which can't be had at once; it ends well when it has it. */
static pid_t start_waiter(const char *id, int32_t timeout_ms)
{
    int ready[2];
    char byte;

    if (pipe(ready) < 0)
        die("pipe");
    pid_t child = fork();
    if (child == 0) {
        society *s = member_open("w4");
        if (society_task_claim(s, id, 0, NULL) >= 0 || write(ready[1], "r", 1) != 1)
            _exit(2);
        int result = society_task_claim_wait(s, id, 0, timeout_ms, &text);
        if (result < 0)
            fprintf(stderr, "%s: %s\n", society_error_name(result), society_last_message(s));
        _exit(result == 0 ? 0 : result == SOCIETY_E_TIMEOUT ? 3 : 4);
    }
    close(ready[1]);
    if (child < 0 || read(ready[0], &byte, 1) != 1)
        die("the waiter did not begin");
    close(ready[0]);
    return child;
}

/* Returns when the process sleeps, mostly in its wait. (If it is not so far yet, what it waits for
 * is there when it comes: the tests hold either way.) */
static void await_sleep(pid_t child)
{
    char path[64];
    int64_t deadline = now_ms() + DEADLINE_MS;
    bool asleep = false;

    snprintf(path, sizeof path, "/proc/%d/status", child);
    while (!asleep && now_ms() < deadline) {
        char *status = read_file(path, NULL);
        asleep = strstr(status, "State:\tS") != NULL;
        free(status);
    }
    assert_true(asleep);
}

static void await_claim(pid_t child, const char *id)
{
    int status;

    assert_int_equal(waitpid(child, &status, 0), child);
    assert_int_equal(status, 0);
    assert_field(id, "holder", "\"w4\"");
}

static void test_waiting_for_a_release(void **state)
{
    (void)state;
    add("{\"title\":\"T\"}");
    claim(w1, "t1");
    pid_t child = start_waiter("t1", DEADLINE_MS);
    await_sleep(child);
    assert_ok(w1, change(w1, "t1", "release", NULL));
    await_claim(child, "t1");
}

static void test_waiting_for_a_dependency(void **state)
{
    (void)state;
    add("{\"title\":\"T\"}");
    add("{\"title\":\"T\",\"dependsOn\":[\"t1\"]}");
    claim(w1, "t1");
    pid_t named = start_waiter("t2", DEADLINE_MS);
    await_sleep(named);
    assert_ok(w1, change(w1, "t1", "complete", NULL));
    await_claim(named, "t2");
}

static void test_waiting_for_something_new(void **state)
{
    (void)state;
    pid_t child = start_waiter(NULL, DEADLINE_MS);
    await_sleep(child);
    add("{\"title\":\"T\"}");
    await_claim(child, "t1");
}

static void test_waiting_for_a_death(void **state)
{
    int64_t token;

    (void)state;
    for (int named = 0; named < 2; named++) {
        if (named == 0)
            add("{\"title\":\"T\"}");
        else
            assert_ok(lead, change(lead, "t1", "cancel", NULL));
        if (named)
            assert_ok(lead, change(lead, "t1", "reopen", NULL));
        pid_t holder = start_holder(true, 0, &token);
        pid_t child = start_waiter(named ? "t1" : NULL, DEADLINE_MS);
        await_sleep(child);
        int64_t killed = now_ms();
        kill_holder(holder);
        await_claim(child, "t1");
        assert_true(now_ms() - killed < 2000); /* at once, and not when something times out */
    }
}

static void test_waiting_for_a_lease(void **state)
{
    (void)state;
    add("{\"title\":\"T\"}");
    assert_ok(w1, society_task_claim(w1, "t1", 300, NULL));
    int64_t began = now_ms();
    assert_ok(w2, society_task_claim_wait(w2, NULL, 0, DEADLINE_MS, &text));
    assert_true(now_ms() - began >= 300);
    assert_string_not_equal(member_field(text, "takeover"), "null");
    society_free(text);
    assert_field("t1", "holder", "\"w2\"");
}

static clock_t processor_time(void)
{
    struct timespec used;

    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &used);
    return (clock_t)(used.tv_sec * 1000 + used.tv_nsec / 1000000);
}

/* A wait that comes to nothing costs no processor time, whatever it is that can't be claimed. */
static void test_waiting_in_vain(void **state)
{
    static const char *const tasks[] = {"t1", "t2", "t3", "t4", NULL};

    (void)state;
    add("{\"title\":\"T\"}");
    add("{\"title\":\"T\",\"dependsOn\":[\"t1\"]}");
    add("{\"title\":\"T\",\"assignee\":\"w9\"}");
    add("{\"title\":\"T\",\"state\":\"blocked\"}");
    assert_ok(w1, society_join(w1));
    claim(w1, "t1");
    for (size_t i = 0; i < sizeof tasks / sizeof tasks[0]; i++) {
        clock_t used = processor_time();
        int64_t began = now_ms();
        assert_int_equal(society_task_claim_wait(w2, tasks[i], 0, 200, NULL), SOCIETY_E_TIMEOUT);
        assert_true(now_ms() - began >= 200);
        assert_true(processor_time() - used < 100);
    }
    assert_int_equal(society_task_claim_wait(w2, "t9", 0, 200, NULL), SOCIETY_E_NOT_FOUND);
    assert_ok(w1, change(w1, "t1", "complete", NULL));
    assert_int_equal(society_task_claim_wait(w2, "t1", 0, 200, NULL), SOCIETY_E_HELD);
    assert_int_equal(society_task_claim_wait(w2, "t4", 0, 0, NULL), SOCIETY_E_TIMEOUT);
}

static void ring(int number_of_signal)
{
    (void)number_of_signal;
}

static void test_a_signal_ends_the_wait(void **state)
{
    struct sigaction action = {.sa_handler = ring};
    struct sigaction before;
    timer_t timer;
    struct sigevent event = {.sigev_notify = SIGEV_SIGNAL, .sigev_signo = SIGUSR1};
    struct itimerspec soon = {{0, 20000000}, {0, 20000000}};

    (void)state;
    assert_int_equal(sigaction(SIGUSR1, &action, &before), 0);
    assert_int_equal(timer_create(CLOCK_MONOTONIC, &event, &timer), 0);
    assert_int_equal(timer_settime(timer, 0, &soon, NULL), 0);
    assert_int_equal(society_task_claim_wait(w1, NULL, 0, DEADLINE_MS, NULL), -EINTR);
    timer_delete(timer);
    sigaction(SIGUSR1, &before, NULL);
}

/* ---- Compaction ---- */

/* A child that claims, notes and releases without end, with each step checked. */
static pid_t start_busy(void)
{
    pid_t child = fork();

    if (child != 0)
        return child;
    society *s = member_open("w5");
    for (;;) {
        if (society_task_claim(s, "t1", 0, &text) < 0)
            _exit(2);
        int64_t token = number(text, "token");
        society_free(text);
        if (society_task_change(s, "t1", "note", "{\"text\":\"on\"}", token) < 0 ||
            society_task_change(s, "t1", "release", NULL, token) < 0)
            _exit(3);
    }
}

static void test_compaction_under_way(void **state)
{
    int64_t notes = 0;
    int64_t token = -1;
    int status;

    (void)state;
    add("{\"title\":\"T\"}");
    add("{\"title\":\"U\",\"dependsOn\":[\"t1\"]}");
    pid_t child = start_busy();
    for (int i = 0; i < 40; i++) {
        int64_t before = notes;
        int64_t deadline = now_ms() + DEADLINE_MS;
        while (notes <= before && now_ms() < deadline) {
            assert_ok(w1, society_task_get(w1, "t1", &text));
            notes = 0;
            for (const char *at = text; (at = strstr(at, "\"text\":\"on\"")); at++)
                notes++;
            int64_t seen =
                strcmp(member_field(text, "token"), "null") ? number(text, "token") : token;
            society_free(text);
            assert_true(notes >= before); /* never less than there was */
            assert_true(seen >= token);   /* and tokens only grow */
            token = seen;
        }
        assert_true(notes > before);
        assert_int_equal(society_compact(lead, "tasks", SOCIETY_COMPACT_FORCE, NULL), 1);
        assert_string_equal(ids_of(w2, 0, NULL), "t1 t2");
    }
    kill(child, SIGKILL);
    waitpid(child, &status, 0);
    assert_true(WIFSIGNALED(status));
    society *fresh = member_open("w2");
    assert_ok(fresh, society_task_get(fresh, "t1", &text));
    char *mine = text;
    assert_ok(w1, society_task_get(w1, "t1", &text));
    assert_string_equal(mine, text);
    society_free(mine);
    society_free(text);
    society_close(fresh);
}

static void test_after_a_fork(void **state)
{
    int status;

    (void)state;
    add("{\"title\":\"T\"}");
    pid_t child = fork();
    if (child == 0) {
        society_list *list;
        bool refused = society_task_claim(w1, "t1", 0, NULL) == -ECHILD &&
                       society_task_create(w1, "{\"title\":\"T\"}", NULL) == -ECHILD &&
                       society_tasks(w1, 0, NULL, &list) == -ECHILD &&
                       society_task_renew_all(w1) == -ECHILD &&
                       change(w1, "t1", "cancel", NULL) == -ECHILD;
        _exit(!refused);
    }
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_int_equal(status, 0);
}

int main(void)
{
#define TEST(function) cmocka_unit_test_setup_teardown(function, setup, teardown)
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
        TEST(test_a_dead_holders_claim_is_taken_over),
        TEST(test_a_restarted_worker_takes_its_own_back),
        TEST(test_parting_ends_claims),
        TEST(test_waiting_for_a_release),
        TEST(test_waiting_for_a_dependency),
        TEST(test_waiting_for_something_new),
        TEST(test_waiting_for_a_death),
        TEST(test_waiting_for_a_lease),
        TEST(test_waiting_in_vain),
        TEST(test_a_signal_ends_the_wait),
        TEST(test_compaction_under_way),
        TEST(test_after_a_fork),
    };
    return cmocka_run_group_tests_name("tasks", tests, NULL, NULL);
}
