/* SPDX-License-Identifier: MIT */
/* Tasks that compaction leaves to the archive: who was there and who comes new agree, an id is never
 * given twice, and what is archived is found, and stays as it was. */
#include <glob.h>
#include <society/society.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "harness/tasks.h"

#define ENDED 1200 /* the 200 first are archived */

/* Tasks that are over, the first with a note, and one that is open. */
static void make_many(void)
{
    size_t size = ENDED * 100;
    char *lines = malloc(size);
    size_t length = 0;

    assert_non_null(lines);
    for (int i = 1; i <= ENDED; i++)
        length += (size_t)snprintf(lines + length, size - length,
                                   "{\"title\":\"Task %d\",\"state\":\"%s\"}\n", i,
                                   i == 2 ? "cancelled" : "done");
    assert_ok(lead, society_task_create_lines(lead, lines, NULL));
    free(lines);
    task_add("{\"title\":\"Live\",\"id\":\"live\"}");
}

static void compact(society *s)
{
    assert_ok(s, society_compact(s, "tasks", SOCIETY_COMPACT_FORCE, NULL));
}

/* All tasks as a handle lists them. */
static char *all_of(society *s)
{
    society_list *list;
    size_t size = 1;
    char *text = calloc(1, 1);

    assert_ok(s, society_tasks(s, 0, NULL, &list));
    for (int64_t i = 0; i < society_list_count(list); i++) {
        size += strlen(society_list_item(list, i)) + 1;
        text = realloc(text, size);
        assert_non_null(text);
        strcat(strcat(text, society_list_item(list, i)), "\n");
    }
    society_list_free(list);
    return text;
}

static void assert_agreement(void)
{
    society *fresh = member_open("w9");
    char *want = all_of(fresh);
    society *const handles[] = {lead, w1, w2};

    for (size_t i = 0; i < 3; i++) {
        char *got = all_of(handles[i]);
        assert_string_equal(got, want);
        free(got);
    }
    free(want);
    society_close(fresh);
}

static int count_of(society *s)
{
    society_list *list;
    int count = society_tasks(s, 0, NULL, &list);

    society_list_free(list);
    return count;
}

static void test_everybody_agrees(void **state)
{
    (void)state;
    make_many();
    assert_int_equal(count_of(w1), ENDED + 1); /* w2 has read nothing yet */
    compact(lead);
    assert_int_equal(count_of(w1), 1001);
    assert_agreement();
    assert_int_equal(task_change(w1, "t1200", "note", "{\"text\":\"n\"}"), 0);
    compact(w2);
    compact(w1);
    assert_agreement();
}

static void test_ids_go_on(void **state)
{
    char *id = NULL;

    (void)state;
    make_many();
    compact(lead);
    assert_ok(w1, society_task_create(w1, "{\"title\":\"New\",\"dependsOn\":[\"t1\"]}", &id));
    assert_string_equal(id, "t1201");
    society_free(id);
    assert_ok(w1, society_task_create(w1, "{\"title\":\"New\",\"dependsOn\":[\"t2\"]}", NULL));
    assert_string_equal(task_ids(w1, SOCIETY_TASKS_READY, NULL), "live t1201");
    assert_refused(w1, society_task_create(w1, "{\"title\":\"Again\",\"id\":\"t7\"}", NULL),
                   SOCIETY_E_HELD, "there was a task t7, which is archived");
}

static void test_what_is_archived_is_found(void **state)
{
    char *task = NULL;

    (void)state;
    make_many();
    assert_int_equal(task_change(w1, "t3", "note", "{\"text\":\"remember\"}"), 0);
    compact(lead);
    for (int i = 0; i < 3; i++) {
        assert_ok(w1, society_task_get(w1, "t3", &task));
        assert_string_equal(member_text(task, "title"), "Task 3");
        assert_string_equal(member_field(task, "archived"), "true");
        assert_non_null(strstr(task, "remember"));
        society_free(task);
        compact(lead);
    }
    assert_ok(w1, society_task_get(w1, "t1", &task)); /* whose id stands in others */
    assert_string_equal(member_text(task, "id"), "t1");
    society_free(task);
    assert_ok(w1, society_task_get(w1, "live", &task));
    assert_string_equal(member_field(task, "archived"), "false");
    society_free(task);
}

static void assert_archive(society *s)
{
    society_list *list;
    char id[16];

    assert_int_equal(society_tasks(s, SOCIETY_TASKS_ARCHIVED, NULL, &list), ENDED - 1000);
    for (int i = 0; i < ENDED - 1000; i++) {
        const char *task = society_list_item(list, i);
        snprintf(id, sizeof id, "t%d", i + 1);
        assert_string_equal(member_text(task, "id"), id);
        assert_string_equal(member_field(task, "archived"), "true");
    }
    assert_non_null(strstr(society_list_item(list, 2), "remember"));
    society_list_free(list);
    assert_int_equal(society_tasks(s, SOCIETY_TASKS_ARCHIVED, "cancelled", &list), 1);
    assert_string_equal(member_text(society_list_item(list, 0), "id"), "t2");
    society_list_free(list);
}

static void test_the_archive_is_listed(void **state)
{
    society_list *list;

    (void)state;
    make_many();
    assert_int_equal(society_tasks(w1, SOCIETY_TASKS_ARCHIVED, NULL, &list), 0);
    society_list_free(list);
    assert_int_equal(task_change(w1, "t3", "note", "{\"text\":\"remember\"}"), 0);
    for (int i = 0; i < 3; i++) {
        compact(lead);
        society *fresh = member_open("w9");
        assert_archive(fresh);
        assert_archive(w1);
        society_close(fresh);
    }
    assert_int_equal(society_tasks(w1, SOCIETY_TASKS_ARCHIVED | SOCIETY_TASKS_MINE, NULL, &list),
                     0);
    society_list_free(list);
    assert_refused(w1, society_tasks(w1, SOCIETY_TASKS_ARCHIVED | SOCIETY_TASKS_READY, NULL, &list),
                   SOCIETY_E_INVALID, "no task is more than one of");
}

static void test_what_is_archived_stays(void **state)
{
    (void)state;
    make_many();
    compact(lead);
    assert_refused(w1, task_change(w1, "t1", "reopen", NULL), SOCIETY_E_HELD,
                   "t1 is archived: it was done, and stays so");
    assert_refused(w1, society_task_claim(w1, "t2", 0, NULL), SOCIETY_E_HELD,
                   "t2 is archived: it was failed or cancelled");
    assert_refused(w1, society_task_claim_wait(w1, "t2", 0, 10000, NULL), SOCIETY_E_HELD,
                   "t2 is archived");
    assert_refused(w1, society_task_claim(w1, "t9999", 0, NULL), SOCIETY_E_NOT_FOUND,
                   "there is no task t9999");
}

/* Where the archive was deleted, it is known that there was such a task, and no more. */
static void test_without_the_archive(void **state)
{
    glob_t found;
    char *task = NULL;

    (void)state;
    make_many();
    compact(lead);
    assert_int_equal(glob(member_path("archive/tasks-*.jsonl"), 0, NULL, &found), 0);
    for (size_t i = 0; i < found.gl_pathc; i++)
        assert_int_equal(unlink(found.gl_pathv[i]), 0);
    globfree(&found);
    assert_refused(w1, society_task_get(w1, "t1", &task), SOCIETY_E_HELD, "t1 is archived");
    assert_agreement();
}

static void test_what_agents_completed(void **state)
{
    char *agent = NULL;

    (void)state;
    make_many();
    task_add("{\"title\":\"A\",\"id\":\"a\",\"labels\":[\"db\"],\"priority\":0}");
    task_add("{\"title\":\"B\",\"id\":\"b\",\"labels\":[\"ui\"],\"priority\":3}");
    task_add("{\"title\":\"C\",\"id\":\"c\",\"labels\":[\"db\"],\"priority\":3}");
    task_claim(w1, "a");
    assert_int_equal(task_change(w1, "a", "complete", NULL), 0);
    for (int i = 0; i < 2; i++) {
        assert_ok(w2, society_agent_get(w2, "w1", &agent));
        assert_non_null(
            strstr(agent, "\"completed\":{\"tasks\":1,\"labels\":{\"db\":1},\"paths\":{}}"));
        society_free(agent);
        compact(lead);
    }
    assert_string_equal(task_ids(w1, SOCIETY_TASKS_READY, NULL), "live b c");
    assert_string_equal(task_ids(w1, SOCIETY_TASKS_READY | SOCIETY_TASKS_FAMILIAR, NULL),
                        "live c b");
    assert_refused(w1, society_task_claim_with(w1, NULL, 8, 0, 0, NULL), SOCIETY_E_INVALID,
                   "unknown flags");
    task_claim(w1, "live");
    assert_ok(w1, society_task_claim_with(w1, NULL, SOCIETY_CLAIM_FAMILIAR, 0, 0, NULL));
    assert_field("c", "holder", "\"w1\"");
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, tasks_setup, tasks_teardown)
    const struct CMUnitTest tests[] = {
        TEST(test_everybody_agrees),          TEST(test_ids_go_on),
        TEST(test_what_is_archived_is_found), TEST(test_what_is_archived_stays),
        TEST(test_the_archive_is_listed),     TEST(test_without_the_archive),
        TEST(test_what_agents_completed),
    };
    return cmocka_run_group_tests_name("task archive", tests, NULL, NULL);
}
