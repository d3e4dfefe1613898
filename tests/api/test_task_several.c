/* SPDX-License-Identifier: MIT */
/*
 * Claiming several tasks by one call: the best, as many as are wanted or as there are, with lock
 * files and without. And claims without lock files, which are chosen under the lock.
 */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include <society/agent.h>

#include "harness/files.h"
#include "harness/member.h"
#include "harness/tasks.h"

/* The members as they would come by now, in a society that makes no lock files. */
static void drop_lock_files(void)
{
    write_text(member_path("project.json"), "{\"version\":1,\"lockFiles\":false}");
    society_close(w1);
    society_close(w2);
    society_close(lead);
    w1 = member_open("w1");
    w2 = member_open("w2");
    lead = member_open("lead");
}

static void add_tasks(int count)
{
    for (int i = 0; i < count; i++)
        task_add("{\"title\":\"T\"}");
}

/* The ids of the claims, and their tokens are those that the tasks have. */
static void assert_claims(society_list *claims, const char *ids)
{
    char text[256] = "";
    for (int64_t i = 0; i < society_list_count(claims); i++) {
        const char *claim = society_list_item(claims, i);
        const char *id = member_text(claim, "task");
        snprintf(text + strlen(text), sizeof text - strlen(text), "%s%s", i > 0 ? " " : "", id);
        assert_field(id, "token", member_field(claim, "token"));
        assert_field(id, "state", "\"claimed\"");
    }
    assert_string_equal(text, ids);
    society_list_free(claims);
}

static void claim_several(void)
{
    society_list *claims = NULL;
    add_tasks(6);
    task_add("{\"title\":\"Best\",\"priority\":0}");
    task_add("{\"title\":\"For others\",\"priority\":0,\"assignee\":\"w2\"}");
    assert_int_equal(society_task_claim_several(w1, 3, 0, 5000, &claims), 3);
    assert_claims(claims, "t7 t1 t2");
    assert_field("t1", "holder", "\"w1\"");
    assert_field("t1", "leaseMs", "5000");
    assert_int_equal(society_task_claim_several(w2, 100, 0, 0, &claims), 5);
    assert_claims(claims, "t8 t3 t4 t5 t6");
    assert_refused(w1, society_task_claim_several(w1, 1, 0, 0, NULL), SOCIETY_E_NOT_FOUND,
                   "nothing is ready");
    assert_ok(w1, task_change(w1, "t1", "complete", NULL));
    assert_ok(w1, task_change(w1, "t2", "release", NULL));
    assert_int_equal(society_task_claim_several(w2, 2, SOCIETY_CLAIM_FAMILIAR, 0, NULL), 1);
    assert_field("t2", "holder", "\"w2\"");
}

static void test_with_lock_files(void **state)
{
    (void)state;
    claim_several();
    assert_true(file_exists(member_path("locks/task-claim-t3.lock")));
}

static void test_without_lock_files(void **state)
{
    (void)state;
    drop_lock_files();
    claim_several();
    assert_false(file_exists(member_path("locks/task-claim-t3.lock")));
}

static void test_what_is_taken_over(void **state)
{
    (void)state;
    drop_lock_files();
    add_tasks(3);
    society *dead = member_open("w9");
    assert_ok(dead, society_join(dead));
    assert_ok(dead, society_task_claim(dead, "t2", 0, NULL));
    society_close(dead);
    assert_int_equal(society_task_claim_several(w1, 5, 0, 0, NULL), 3);
    assert_field("t2", "holder", "\"w1\"");
}

static void test_questions_that_are_none(void **state)
{
    (void)state;
    assert_refused(w1, society_task_claim_several(w1, 0, 0, 0, NULL), SOCIETY_E_INVALID,
                   "1 to 100");
    assert_refused(w1, society_task_claim_several(w1, 101, 0, 0, NULL), SOCIETY_E_INVALID, "1 to");
    assert_refused(w1, society_task_claim_several(w1, 1, SOCIETY_CLAIM_OWN, 0, NULL),
                   SOCIETY_E_INVALID, "flags");
    assert_refused(w1, society_task_claim_several(w1, 1, 0, -1, NULL), SOCIETY_E_INVALID, "lease");
}

/* What one handle claims, the others know at once, though they work it out later. */
static void test_turns_without_lock_files(void **state)
{
    char *claim;
    (void)state;
    drop_lock_files();
    assert_ok(w1, society_join(w1));
    add_tasks(40);
    for (int i = 1; i <= 40; i++) {
        char id[16];
        society *s = i % 2 == 0 ? w1 : w2;
        snprintf(id, sizeof id, "t%d", i);
        assert_ok(s, society_task_claim(s, NULL, 0, &claim));
        assert_string_equal(member_text(claim, "task"), id);
        society_free(claim);
        if (i % 7 == 0) {
            assert_field(id, "holder", i % 2 == 0 ? "\"w1\"" : "\"w2\"");
            assert_ok(s, task_change(s, id, "complete", NULL));
        }
    }
    assert_int_equal(society_task_claim(w1, NULL, 0, NULL), SOCIETY_E_NOT_FOUND);
    assert_string_equal(task_ids(w1, 0, "done"), "t7 t14 t21 t28 t35");
}

/* Roles are looked up only where a task is for one. */
static void test_roles_without_lock_files(void **state)
{
    char *claim;
    (void)state;
    drop_lock_files();
    assert_ok(w1, society_register(w1, "{\"role\":\"tester\"}"));
    add_tasks(2);
    assert_ok(w2, society_task_claim(w2, NULL, 0, NULL));
    task_add("{\"title\":\"T\",\"priority\":0,\"role\":\"tester\"}");
    task_add("{\"title\":\"T\",\"priority\":1,\"assignee\":\"role:tester\"}");
    assert_ok(w2, society_task_claim(w2, NULL, 0, &claim));
    assert_string_equal(member_text(claim, "task"), "t2");
    society_free(claim);
    assert_int_equal(society_task_claim(w2, NULL, 0, NULL), SOCIETY_E_NOT_FOUND);
    for (int i = 3; i <= 4; i++) {
        assert_ok(w1, society_task_claim(w1, NULL, 0, &claim));
        assert_int_equal(member_text(claim, "task")[1], '0' + i);
        society_free(claim);
    }
}

static unsigned below(unsigned limit)
{
    static uint32_t seed = 20261201;

    seed = seed * 1664525u + 1013904223u;
    return (seed >> 8) % limit;
}

static void add_any_task(int number)
{
    static const char *const whose[] = {",\"role\":\"tester\"", ",\"assignee\":\"role:tester\"",
                                        ",\"assignee\":\"w1\"", ",\"assignee\":\"w2\""};
    char depends[48] = "";
    char text[160];

    if (number > 1 && below(3) == 0)
        snprintf(depends, sizeof depends, ",\"dependsOn\":[\"t%u\"]",
                 1 + below((unsigned)number - 1));
    snprintf(text, sizeof text, "{\"title\":\"T\",\"priority\":%u%s%s}", below(5),
             below(2) == 0 ? whose[below(4)] : "", depends);
    task_add(text);
}

/* Claims up to `count` and gives their ids; one by the shorter call. */
static int claim_up_to(society *s, int count, char ids[512])
{
    society_list *claims;
    char *claim = NULL;

    ids[0] = '\0';
    if (count == 1 && society_task_claim(s, NULL, 0, &claim) < 0)
        return 0;
    if (claim) {
        snprintf(ids, 512, "%s ", member_text(claim, "task"));
        society_free(claim);
        return 1;
    }
    int claimed = society_task_claim_several(s, count, 0, 0, &claims);
    if (claimed < 0)
        return 0;
    for (int i = 0; i < claimed; i++)
        snprintf(ids + strlen(ids), 512 - strlen(ids), "%s ",
                 member_text(society_list_item(claims, i), "task"));
    society_list_free(claims);
    return claimed;
}

/* Whoever asks, for one or for several, is given what the list of what is ready for him begins with. */
static void test_what_is_ready_in_its_order(void **state)
{
    char ids[512];
    int total = 0;

    (void)state;
    drop_lock_files();
    assert_ok(w1, society_register(w1, "{\"role\":\"tester\"}"));
    for (int round = 1; round <= 150; round++) {
        bool first = below(2) == 0;
        society *looks = member_open(first ? "w1" : "w2");
        add_any_task(2 * round - 1);
        add_any_task(2 * round);
        char ready[1002];
        snprintf(ready, sizeof ready, "%s ", task_ids(looks, SOCIETY_TASKS_READY, NULL));
        int claimed = claim_up_to(first ? w1 : w2, 1 + (int)below(5), ids);
        assert_int_equal(strncmp(ready, ids, strlen(ids)), 0);
        assert_true(claimed > 0 || strcmp(ready, " ") == 0);
        for (char *id = strtok(ids, " "); id; id = strtok(NULL, " "))
            assert_ok(looks, task_change(looks, id, below(3) == 0 ? "release" : "complete", NULL));
        society_close(looks);
        total += claimed;
    }
    assert_true(total > 150);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_with_lock_files, tasks_setup, tasks_teardown),
        cmocka_unit_test_setup_teardown(test_without_lock_files, tasks_setup, tasks_teardown),
        cmocka_unit_test_setup_teardown(test_what_is_taken_over, tasks_setup, tasks_teardown),
        cmocka_unit_test_setup_teardown(test_questions_that_are_none, tasks_setup, tasks_teardown),
        cmocka_unit_test_setup_teardown(test_turns_without_lock_files, tasks_setup, tasks_teardown),
        cmocka_unit_test_setup_teardown(test_roles_without_lock_files, tasks_setup, tasks_teardown),
        cmocka_unit_test_setup_teardown(test_what_is_ready_in_its_order, tasks_setup,
                                        tasks_teardown),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
