/* SPDX-License-Identifier: MIT */
/* What compaction keeps of the tasks, what it leaves to the archive, and what is known of that. */
#include "task_keep.h"

#include <stdio.h>
#include <string.h>

#include "harness/internal/rules.h"
#include "harness/unit.h"
#include "task_work.h"

#define OLD 300 /* tasks that ended before those that are kept for their youth */

static void make(const char *id, const char *members)
{
    assert_int_equal(putf("{'type':'task_create','task':{'id':'%s','title':'T'%s}}", id, members),
                     0);
}

static void finish(const char *id, const char *type)
{
    if (strcmp(type, "task_complete") == 0)
        assert_int_equal(putf("{'type':'task_claim','task':'%s','from':'w1'}", id), 0);
    assert_int_equal(putf("{'type':'%s','task':'%s','from':'w1'}", type, id), 0);
}

/* As put(), without the look at the whole state before and after. */
static void apply(const char *text, size_t length)
{
    SOC_AUTO_JSON soc_json *json = soc_json_parse(text, length, &why);

    assert_non_null(json);
    struct soc_record record = {json, soc_json_get_string(json, "type"), now, now + 1};
    assert_int_equal(soc_tasks_fold.apply(tasks, &record), 1);
    now += (int64_t)length + 1;
}

/* Tasks t1 to t<count>, each done. */
static void finish_many(int count)
{
    for (int i = 1; i <= count; i++) {
        char text[100];
        snprintf(text, sizeof text,
                 "{\"type\":\"task_create\",\"task\":{\"id\":\"t%d\",\"state\":\"done\"}}", i);
        apply(text, strlen(text));
    }
}

/* Goes on with what compaction writes down. */
static void compact(void)
{
    SOC_AUTO_STRBUF struct soc_strbuf text = SOC_STRBUF_INIT;

    assert_int_equal(soc_tasks_fold.dump(tasks, &text), 0);
    soc_tasks_fold.free(tasks);
    tasks = soc_tasks_fold.make();
    for (size_t at = 0; at < text.length;) {
        size_t length = strcspn(text.data + at, "\n");
        apply(text.data + at, length);
        at += length + 1;
    }
}

static size_t kept(void)
{
    return soc_json_count(tasks->tasks);
}

static void test_the_youngest_are_kept(void **state)
{
    (void)state;
    finish_many(SOC_TASKS_KEPT + OLD);
    make("live", "");
    compact();
    assert_int_equal(kept(), SOC_TASKS_KEPT + 1);
    assert_null(soc_tasks_get(tasks, "t300"));
    assert_non_null(soc_tasks_get(tasks, "t301"));
    assert_string_equal(soc_tasks_archived(tasks, "t300"), "done");
    assert_null(soc_tasks_archived(tasks, "t301"));
    assert_int_equal(tasks->done.count, 1); /* t1 to t300 */
    compact();
    assert_int_equal(kept(), SOC_TASKS_KEPT + 1);
    assert_string_equal(soc_tasks_archived(tasks, "t1"), "done");
    assert_int_equal(tasks->created, SOC_TASKS_KEPT + OLD);
}

/* The order is that of the ends: an old task that was reopened and done again is young. */
static void test_youth_is_when_it_ended(void **state)
{
    (void)state;
    finish_many(SOC_TASKS_KEPT + 1);
    assert_int_equal(put("{'type':'task_reopen','task':'t1','from':'w1'}"), 0);
    finish("t1", "task_complete");
    compact();
    assert_non_null(soc_tasks_get(tasks, "t1"));
    assert_string_equal(soc_tasks_archived(tasks, "t2"), "done");
}

static void test_what_the_living_need(void **state)
{
    (void)state;
    make("failed", "");
    finish("failed", "task_cancel");
    make("needed", "");
    finish("needed", "task_complete");
    make("parent", "");
    finish("parent", "task_complete");
    make("waits", ",'dependsOn':['failed','needed']");
    make("child", ",'parent':'parent'");
    make("gone", "");
    finish("gone", "task_cancel");
    finish_many(SOC_TASKS_KEPT);
    compact();
    assert_non_null(soc_tasks_get(tasks, "failed"));
    assert_non_null(soc_tasks_get(tasks, "needed"));
    assert_non_null(soc_tasks_get(tasks, "parent"));
    assert_string_equal(soc_tasks_archived(tasks, "gone"), "failed or cancelled");
    assert_false(soc_task_is_ready(tasks, soc_tasks_get(tasks, "waits")));
    /* What was in the way can still be done again. */
    assert_int_equal(put("{'type':'task_reopen','task':'failed','from':'w1'}"), 0);
    finish("failed", "task_complete");
    assert_true(soc_task_is_ready(tasks, soc_tasks_get(tasks, "waits")));
}

static void test_who_depends_on_the_archived(void **state)
{
    (void)state;
    make("gone", "");
    finish("gone", "task_cancel");
    finish_many(SOC_TASKS_KEPT + OLD);
    compact();
    make("a", ",'dependsOn':['t1','t1300']");
    make("b", ",'dependsOn':['gone']");
    assert_true(soc_task_is_ready(tasks, soc_tasks_get(tasks, "a")));
    assert_false(soc_task_is_ready(tasks, soc_tasks_get(tasks, "b")));
    assert_int_equal(tasks->index.ready[2].end - tasks->index.ready[2].first, 1);
    compact();
    assert_true(soc_task_is_ready(tasks, soc_tasks_get(tasks, "a")));
    assert_false(soc_task_is_ready(tasks, soc_tasks_get(tasks, "b")));
}

static void test_the_archived_stay_what_they_were(void **state)
{
    (void)state;
    make("auth", "");
    finish("auth", "task_complete");
    finish_many(SOC_TASKS_KEPT);
    compact();
    assert_int_equal(put("{'type':'task_reopen','task':'auth','from':'w1'}"), SOCIETY_E_HELD);
    assert_string_equal(why.text, "auth is archived: it was done, and stays so");
    assert_int_equal(put("{'type':'task_note','task':'auth','from':'w1','text':'n'}"),
                     SOCIETY_E_HELD);
    assert_int_equal(put("{'type':'task_create','task':{'id':'auth'}}"), SOCIETY_E_HELD);
    assert_string_equal(why.text, "there was a task auth, which is archived");
    assert_int_equal(put("{'type':'task_note','task':'other','from':'w1','text':'n'}"),
                     SOCIETY_E_NOT_FOUND);
}

/* Ids that do not continue each other take several records. */
static void test_many_ids(void **state)
{
    SOC_AUTO_STRBUF struct soc_strbuf text = SOC_STRBUF_INIT;

    (void)state;
    for (int i = 0; i < 20000; i++) {
        char id[32];
        snprintf(id, sizeof id, "issue-%d", 2 * i);
        assert_int_equal(soc_ids_add(i % 3 ? &tasks->done : &tasks->over, id), 0);
    }
    assert_int_equal(soc_tasks_fold.dump(tasks, &text), 0);
    assert_true(text.length > SOC_LINE_MAX);
    compact();
    for (int i = 0; i < 40000; i += 999) {
        char id[32];
        snprintf(id, sizeof id, "issue-%d", i);
        const char *was = soc_tasks_archived(tasks, id);
        if (i % 2 == 1)
            assert_null(was);
        else
            assert_string_equal(was, i / 2 % 3 ? "done" : "failed or cancelled");
    }
}

static void test_forged_states(void **state)
{
    (void)state;
    make("t1", "");
    assert_int_equal(put("{'type':'task_archive_state','done':[1,'',{},'t9:1'],'over':{'a':1},"
                         "'created':99999999999999999}"),
                     0);
    assert_int_equal(put("{'type':'task_archive_state'}"), 0);
    assert_int_equal(put("{'type':'task_work_state','agent':'all','completed':{'tasks':1}}"), 0);
    assert_int_equal(put("{'type':'task_work_state','agent':'w1','completed':7}"), 0);
    assert_int_equal(put("{'type':'task_work_state','agent':'w1','completed':{'tasks':3,"
                         "'labels':{'x':0,'y':'z','ok':2},'paths':['a']}}"),
                     0);
    assert_int_equal(tasks->created, 1);
    assert_int_equal(tasks->done.count + tasks->over.count, 0);
    assert_int_equal(soc_json_count(tasks->work), 1);
    assert_int_equal(soc_json_count(soc_json_get(soc_json_get(tasks->work, "w1"), "labels")), 1);
    compact();
    assert_int_equal(soc_json_count(tasks->work), 1);
}

/* ---- What agents have completed ---- */

static int64_t count_of(const char *agent, const char *kind, const char *text)
{
    int64_t count = 0;
    soc_json_get_integer(soc_json_get(soc_json_get(tasks->work, agent), kind), text, &count);
    return count;
}

static void test_work(void **state)
{
    (void)state;
    make("a", ",'labels':['auth','api'],'paths':['src/auth/**']");
    make("b", ",'labels':['auth']");
    make("c", ",'labels':['auth']");
    finish("a", "task_complete");
    finish("b", "task_complete");
    finish("c", "task_cancel");
    for (int i = 0; i < 2; i++) {
        assert_int_equal(count_of("w1", "labels", "auth"), 2);
        assert_int_equal(count_of("w1", "labels", "api"), 1);
        assert_int_equal(count_of("w1", "paths", "src/auth/**"), 1);
        assert_int_equal(
            soc_task_work_likeness(soc_json_get(tasks->work, "w1"), soc_tasks_get(tasks, "a")), 4);
        compact();
    }
}

/* Whoever and whatever came up last stays, whatever there is. */
static void test_work_is_bounded(void **state)
{
    (void)state;
    for (int i = 0; i < SOC_WORK_AGENTS + 10; i++) {
        SOC_AUTO_JSON soc_json *task = soc_json_new_object();
        SOC_AUTO_JSON soc_json *labels = soc_json_new_array();
        char agent[16];

        snprintf(agent, sizeof agent, "w%d", i);
        for (int l = 0; l < (i % 100 ? 1 : 2 * SOC_WORK_TEXTS + 20); l++) {
            char label[SOC_WORK_TEXT_MAX + 2];
            memset(label, 'x', sizeof label);
            label[l % 2 ? SOC_WORK_TEXT_MAX + 1 : SOC_WORK_TEXT_MAX] = '\0'; /* one too long */
            label[0] = (char)('a' + l % 26);
            label[1] = (char)('a' + l / 26);
            assert_int_equal(soc_json_append(labels, soc_json_new_string(label, strlen(label))), 0);
        }
        soc_json_append(labels, soc_json_new_string("", 0));
        assert_int_equal(soc_json_set(task, "labels", soc_json_retain(labels)), 0);
        assert_int_equal(soc_task_work_count(tasks->work, agent, task), 0);
    }
    for (int i = 0; i < 2; i++) {
        assert_int_equal(soc_json_count(tasks->work), SOC_WORK_AGENTS);
        assert_null(soc_json_get(tasks->work, "w9"));
        const soc_json *labels = soc_json_get(soc_json_get(tasks->work, "w100"), "labels");
        assert_int_equal(soc_json_count(labels), SOC_WORK_TEXTS);
        compact();
    }
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, rules_setup, rules_teardown)
    const struct CMUnitTest tests[] = {
        TEST(test_the_youngest_are_kept),
        TEST(test_youth_is_when_it_ended),
        TEST(test_what_the_living_need),
        TEST(test_who_depends_on_the_archived),
        TEST(test_the_archived_stay_what_they_were),
        TEST(test_many_ids),
        TEST(test_forged_states),
        TEST(test_work),
        TEST(test_work_is_bounded),
    };
    return cmocka_run_group_tests_name("task keep", tests, NULL, NULL);
}
