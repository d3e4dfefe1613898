/* SPDX-License-Identifier: MIT */
/*
 * The handle's life: made, opened, initialised, and what is refused at each stage.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "harness/files.h"
#include "harness/member.h"
#include "harness/tmp.h"
#include "harness/unit.h"

static society *s;
static char *tmp;

static int setup(void **state)
{
    member_setup(state);
    tmp = tmp_make();
    return society_new(&s);
}

static int teardown(void **state)
{
    society_close(s);
    tmp_remove(tmp);
    return member_teardown(state);
}

static void test_a_handle_that_is_not_open(void **state)
{
    society_list *list = NULL;
    society_tail *tail = NULL;

    (void)state;
    assert_null(society_dir(s));
    assert_null(society_agent(s));
    assert_string_equal(society_last_message(s), "");
    assert_int_equal(society_send(s, "{}", NULL), SOCIETY_E_NO_SOCIETY);
    assert_int_equal(society_agents(s, &list), SOCIETY_E_NO_SOCIETY);
    assert_int_equal(society_tail_open(s, "tasks", 0, 0, &tail), SOCIETY_E_NO_SOCIETY);
    assert_int_equal(society_join(s), SOCIETY_E_NO_SOCIETY);
    assert_true(society_last_message(s)[0] != '\0');
    society_close(NULL);
    society_free(NULL);
    society_list_free(NULL);
    assert_int_equal(society_list_count(NULL), 0);
    assert_null(society_list_item(NULL, 0));
}

static void test_opening(void **state)
{
    (void)state;
    assert_int_equal(society_open(s, tmp), SOCIETY_E_NO_SOCIETY);
    assert_int_equal(society_open(s, member_project()), 0);
    assert_string_equal(society_dir(s), member_path(""));
    assert_int_equal(society_open(s, member_project()), -EBUSY);
    assert_int_equal(society_init(s, tmp, NULL, 0), -EBUSY);
    assert_int_equal(society_identify(s, "w1"), 0);
    assert_string_equal(society_agent(s), "w1");
    assert_int_equal(society_identify(s, "all"), SOCIETY_E_INVALID);
    assert_string_equal(society_agent(s), "w1");
}

static void test_initialising(void **state)
{
    char *dir = tmp_path(tmp, ".society-agent");
    char *file = tmp_path(dir, "project.json");
    char *status;

    (void)state;
    assert_int_equal(society_init(s, tmp, "", 0), SOCIETY_E_INVALID);
    assert_int_equal(society_init(s, tmp, NULL, 64), SOCIETY_E_INVALID);
    assert_int_equal(society_init(s, "/nowhere/at/all", NULL, 0), -ENOENT);
    assert_int_equal(society_init(s, tmp, "p1", 0), 1);
    assert_string_equal(society_dir(s), dir);
    assert_int_equal(file_mode(dir), 0700);
    assert_int_equal(file_mode(file), 0600);
    assert_int_equal(count_text(file, "\"projectId\": \"p1\""), 1);
    assert_int_equal(society_status(s, &status), 0);
    assert_non_null(strstr(status, "\"projectId\":\"p1\""));
    society_free(status);
    society_close(s);
    assert_int_equal(society_new(&s), 0);
    assert_int_equal(society_init(s, tmp, "p2", 0), 0);
    assert_int_equal(count_text(file, "\"projectId\": \"p1\""), 1);
    free(dir);
    free(file);
}

static void test_a_shared_one(void **state)
{
    char *dir = tmp_path(tmp, ".society-agent");
    char *log = tmp_path(dir, "messages.jsonl");
    char *locks = tmp_path(dir, "locks");

    (void)state;
    assert_int_equal(society_init(s, tmp, NULL, SOCIETY_INIT_SHARED), 1);
    assert_int_equal(society_identify(s, "w1"), 0);
    member_send(s, "w2", "a");
    assert_int_equal(file_mode(dir), 02770);
    assert_int_equal(file_mode(locks), 02770);
    assert_int_equal(file_mode(log), 0660);
    free(dir);
    free(log);
    free(locks);
}

static void test_through_a_symbolic_link(void **state)
{
    char *link = tmp_path(tmp, ".society-agent");

    (void)state;
    assert_int_equal(symlink(member_path(""), link), 0);
    assert_int_equal(society_open(s, tmp), 0);
    assert_int_equal(society_identify(s, "w1"), 0);
    member_send(s, "w2", "a");
    assert_int_equal(count_lines(member_path("messages.jsonl")), 1);
    free(link);
}

static void test_a_malformed_project(void **state)
{
    (void)state;
    write_text(member_path("project.json"), "{\n  \"version\": 1,\n  nonsense\n}\n");
    assert_int_equal(society_open(s, member_project()), SOCIETY_E_FORMAT);
    assert_non_null(strstr(society_last_message(s), "project.json: line 3, column"));
    assert_null(society_dir(s));
    write_text(member_path("project.json"), "{\"leaseSeconds\":0}");
    assert_int_equal(society_open(s, member_project()), SOCIETY_E_INVALID);
    write_text(member_path("project.json"), "{}");
    assert_int_equal(society_open(s, member_project()), 0);
}

static void test_status(void **state)
{
    char *json;

    (void)state;
    assert_int_equal(society_open(s, member_project()), 0);
    assert_int_equal(society_identify(s, "w1"), 0);
    assert_int_equal(society_register(s, NULL), 0);
    member_send(s, "w1", "a");
    assert_int_equal(society_status(s, &json), 0);
    assert_string_equal(member_text(json, "projectId"), "test");
    assert_string_equal(member_field(json, "unread"), "1");
    assert_non_null(strstr(member_field(json, "logs"), "\"log\":\"messages\""));
    society_free(json);
}

static void test_compacting_the_registry_under_a_reader(void **state)
{
    society *reader = member_open("w2");
    society_tail *tail;
    society_list *list;
    const char *record;
    char note[60001];
    int count = 0;

    (void)state;
    memset(note, 'x', 60000);
    note[60000] = '\0';
    assert_int_equal(society_open(s, member_project()), 0);
    assert_int_equal(society_identify(s, "w1"), 0);
    assert_int_equal(society_tail_open(reader, "registry", SOCIETY_FROM_END, 0, &tail), 0);
    for (int i = 0; i < 25; i++)
        assert_int_equal(society_set_status(s, "busy", note), 0);
    assert_true(file_size(member_path("registry.jsonl")) < 1 << 20);
    assert_int_equal(count_entries(member_path("archive")), 1);
    /* Each change is told once, and no summary of what was told. */
    while (society_tail_next(tail, &record, NULL) == 1) {
        assert_string_equal(member_text(record, "type"), "agent_status");
        count++;
    }
    assert_int_equal(count, 25);
    assert_null(society_tail_incident(tail));
    assert_int_equal(society_agents(reader, &list), 1);
    assert_string_equal(member_text(society_list_item(list, 0), "status"), "busy");
    society_list_free(list);
    society_close(reader);
}

static void test_versions_and_words(void **state)
{
    (void)state;
    assert_string_equal(society_version(), SOCIETY_VERSION_STRING);
    assert_int_equal(society_format_version(), SOCIETY_FORMAT_VERSION);
    assert_string_equal(society_error_name(SOCIETY_E_HELD), "HELD");
    assert_string_equal(society_error_name(-ENOSPC), "ENOSPC");
    assert_string_equal(society_error_name(3), "OK");
    assert_string_equal(society_strerror(-ENOSPC), "No space left on device");
    assert_string_equal(society_strerror(-999999), "unknown error");
}

static void test_nothing_is_left_open(void **state)
{
    size_t before = count_descriptors();

    (void)state;
    for (int i = 0; i < 3; i++) {
        society *other = member_open("w1");
        society_tail *tail;

        assert_int_equal(society_join(other), 0);
        member_send(other, "w1", "a");
        assert_int_equal(society_tail_open(other, "messages", 0, 0, &tail), 0);
        assert_int_equal(society_tail_open(other, "presence", 0, 0, &tail), 0);
        assert_int_equal(society_register(other, NULL), 0);
        society_close(other);
    }
    assert_int_equal(count_descriptors(), before);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
    const struct CMUnitTest tests[] = {
        TEST(test_a_handle_that_is_not_open),
        TEST(test_opening),
        TEST(test_initialising),
        TEST(test_a_shared_one),
        TEST(test_through_a_symbolic_link),
        TEST(test_a_malformed_project),
        TEST(test_status),
        TEST(test_compacting_the_registry_under_a_reader),
        TEST(test_versions_and_words),
        TEST(test_nothing_is_left_open),
    };

    return cmocka_run_group_tests_name("society", tests, NULL, NULL);
}
