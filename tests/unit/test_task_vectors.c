/* SPDX-License-Identifier: MIT */
/*
 * The vectors of tests/formats that say something of tasks: states, holders, tokens, results, and
 * what is ready for whom. One test for each folder; each is compacted, too, and must say the same
 * again, to the process that was there and to a new one.
 */
#include <dirent.h>
#include <society/task.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "harness/die.h"
#include "harness/files.h"
#include "harness/tmp.h"
#include "harness/unit.h"
#include "json.h"

#define FOLDERS_MAX 64

static soc_json *parse(const char *text)
{
    struct soc_error error = {0};
    soc_json *json = soc_json_parse(text, strlen(text), &error);

    if (!json)
        fail_msg("%s", error.text);
    return json;
}

static soc_json *read_expect(const char *folder)
{
    char *path = tmp_path(folder, "expect.json");
    char *text = read_file(path, NULL);
    soc_json *expect = parse(text);

    free(text);
    free(path);
    return expect;
}

static void copy_log(const char *folder, const char *directory, const char *name)
{
    char *from = tmp_path(folder, name);
    char *to = tmp_path(directory, name);

    if (file_exists(from)) {
        size_t length;
        char *data = read_file(from, &length);
        write_file(to, data, length);
        free(data);
    }
    free(from);
    free(to);
}

static society *open_society(const char *project)
{
    society *s;

    assert_int_equal(society_new(&s), 0);
    assert_int_equal(society_open(s, project), 0);
    return s;
}

static char *make_project(const char *folder)
{
    char *project = tmp_make();
    society *maker;

    assert_int_equal(society_new(&maker), 0);
    assert_int_equal(society_init(maker, project, "vectors", 0), 1);
    copy_log(folder, society_dir(maker), "tasks.jsonl");
    copy_log(folder, society_dir(maker), "registry.jsonl");
    society_close(maker);
    return project;
}

static void check_field(const char *id, const char *key, const soc_json *got, const soc_json *want)
{
    SOC_AUTO_STRBUF struct soc_strbuf got_text = SOC_STRBUF_INIT;
    SOC_AUTO_STRBUF struct soc_strbuf want_text = SOC_STRBUF_INIT;

    assert_non_null(got);
    soc_json_dump(got, &got_text);
    soc_json_dump(want, &want_text);
    if (strcmp(got_text.data, want_text.data) != 0)
        fail_msg("%s: %s is %s, expected %s", id, key, got_text.data, want_text.data);
}

static void check_tasks(society *s, const soc_json *tasks)
{
    const char *id;
    const char *key;
    const soc_json *fields;
    const soc_json *want;
    society_list *list;

    if (!tasks)
        return;
    assert_int_equal(society_tasks(s, 0, NULL, &list), soc_json_count(tasks));
    for (int64_t n = 0; n < society_list_count(list); n++) {
        SOC_AUTO_JSON soc_json *task = parse(society_list_item(list, n));
        id = soc_json_get_string(task, "id");
        fields = soc_json_get(tasks, id);
        if (!fields)
            fail_msg("there is a task %s", id);
        for (void *i = NULL; (i = soc_json_next(fields, i, &key, &want));)
            check_field(id, key, soc_json_get(task, key), want);
    }
    society_list_free(list);
}

static void check_ready(society *s, const soc_json *ready)
{
    const char *agent;
    const soc_json *ids;
    society_list *list;

    for (void *i = NULL; (i = soc_json_next(ready, i, &agent, &ids));) {
        assert_int_equal(society_identify(s, agent), 0);
        assert_int_equal(society_tasks(s, SOCIETY_TASKS_READY, NULL, &list), soc_json_count(ids));
        for (size_t n = 0; n < soc_json_count(ids); n++) {
            SOC_AUTO_JSON soc_json *task = parse(society_list_item(list, (int64_t)n));
            check_field(agent, "id", soc_json_get(task, "id"), soc_json_item(ids, n));
        }
        society_list_free(list);
    }
}

static void check_all(society *s, const soc_json *expect)
{
    check_tasks(s, soc_json_get(expect, "tasks"));
    check_ready(s, soc_json_get(expect, "ready"));
}

static void test_vector(void **state)
{
    SOC_AUTO_JSON soc_json *expect = read_expect(*state);
    char *project = make_project(*state);
    society *s = open_society(project);

    check_all(s, expect);
    check_all(s, expect);
    if (society_compact(s, "tasks", SOCIETY_COMPACT_FORCE, NULL) < 0)
        fail_msg("%s", society_last_message(s));
    check_all(s, expect);
    society *fresh = open_society(project);
    check_all(fresh, expect);
    society_close(fresh);
    society_close(s);
    tmp_remove(project);
}

int main(void)
{
    static struct CMUnitTest tests[FOLDERS_MAX];
    const char *source = getenv("SOCIETY_SRC");
    char *formats = tmp_path(source ? source : ".", "tests/formats");
    DIR *stream = opendir(formats);
    size_t count = 0;

    if (!stream)
        die("opendir %s", formats);
    for (const struct dirent *entry; (entry = readdir(stream)) && count < FOLDERS_MAX;) {
        char *folder = tmp_path(formats, entry->d_name);
        char *file = tmp_path(folder, "expect.json");
        if (entry->d_name[0] != '.' && file_exists(file)) {
            SOC_AUTO_JSON soc_json *expect = read_expect(folder);
            if (soc_json_get(expect, "tasks") || soc_json_get(expect, "ready"))
                tests[count++] = (struct CMUnitTest){.name = strdup(entry->d_name),
                                                     .test_func = test_vector,
                                                     .initial_state = folder};
            else
                free(folder);
        } else {
            free(folder);
        }
        free(file);
    }
    closedir(stream);
    free(formats);
    if (count < 7)
        die("only %zu folders", count);
    return _cmocka_run_group_tests("task vectors", tests, count, NULL, NULL);
}
