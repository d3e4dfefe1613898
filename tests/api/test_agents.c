/* SPDX-License-Identifier: MIT */
/*
 * Agents through the door: registration, and presence as a tail tells it: joining, parting, death.
 */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "harness/files.h"
#include "harness/pair.h"
#include "harness/unit.h"

static society_tail *tail;

static void test_registering(void **state)
{
    char *agent = NULL;
    char pid[16];

    (void)state;
    assert_int_equal(society_agent_get(w2, "w1", &agent), SOCIETY_E_NOT_FOUND);
    assert_int_equal(society_register(w1, "{\"role\":\"tester\",\"capabilities\":[\"a\"],"
                                          "\"workspace\":\"/x\",\"own\":17}"),
                     0);
    assert_int_equal(society_set_status(w1, "busy", "thinking"), 0);
    assert_int_equal(society_register(w1, NULL), 0);
    assert_int_equal(society_agent_get(w2, "w1", &agent), 0);
    snprintf(pid, sizeof(pid), "%d", getpid());
    assert_string_equal(member_text(agent, "role"), "tester");
    assert_string_equal(member_field(agent, "capabilities"), "[\"a\"]");
    assert_string_equal(member_text(agent, "status"), "busy");
    assert_string_equal(member_field(agent, "own"), "17");
    assert_string_equal(member_field(agent, "pid"), pid);
    assert_string_equal(member_field(agent, "online"), "true");
    assert_string_equal(member_field(agent, "url"), "null");
    assert_string_equal(member_field(agent, "claims"), "[]");
    society_free(agent);
    assert_int_equal(society_leave(w1), 0);
    assert_int_equal(society_agent_get(w2, "w1", &agent), SOCIETY_E_NOT_FOUND);
}

static void test_what_is_refused(void **state)
{
    static const char *const fields[] = {"[]",
                                         "{\"role\":17}",
                                         "{\"role\":\"a b\"}",
                                         "{\"capabilities\":\"a\"}",
                                         "{\"capabilities\":[1]}",
                                         "{\"pid\":0}",
                                         "{\"status\":\"busy\"}",
                                         "{\"agentId\":\"w2\"}",
                                         "{\"supervisor\":\"all\"}",
                                         "{"};
    char *agent;

    (void)state;
    for (size_t i = 0; i < sizeof(fields) / sizeof(fields[0]); i++)
        assert_int_equal(society_register(w1, fields[i]), SOCIETY_E_INVALID);
    assert_int_equal(society_set_status(w1, "asleep", NULL), SOCIETY_E_INVALID);
    assert_int_equal(society_set_status(w1, NULL, NULL), SOCIETY_E_INVALID);
    assert_int_equal(society_set_status(w1, "idle", "\xff"), SOCIETY_E_INVALID);
    assert_int_equal(society_agent_get(w1, "a b", &agent), SOCIETY_E_INVALID);
    assert_int_equal(society_agent_get(w1, NULL, &agent), SOCIETY_E_INVALID);
    assert_false(file_exists(member_path("registry.jsonl")));
}

static void test_a_list(void **state)
{
    society_list *list = NULL;

    (void)state;
    assert_int_equal(society_agents(w2, &list), 0);
    society_list_free(list);
    append_text(member_path("registry.jsonl"), "{\"agentId\":\"z\",\"role\":\"x\"}\n");
    assert_int_equal(society_set_status(w2, "idle", NULL), 0);
    assert_int_equal(society_join(w1), 0); /* online, not registered */
    assert_int_equal(society_agents(w2, &list), 3);
    assert_string_equal(member_text(society_list_item(list, 0), "agentId"), "w1");
    assert_string_equal(member_field(society_list_item(list, 0), "online"), "true");
    assert_string_equal(member_text(society_list_item(list, 2), "agentId"), "z");
    assert_string_equal(member_field(society_list_item(list, 2), "online"), "false");
    assert_string_equal(member_field(society_list_item(list, 2), "lastSeen"), "null");
    society_list_free(list);
}

static void open_presence(void)
{
    assert_int_equal(society_tail_open(w2, "presence", 0, 0, &tail), 0);
}

static void test_coming_and_going(void **state)
{
    (void)state;
    open_presence();
    assert_int_equal(society_join(w1), 0);
    assert_true(member_await_presence(tail, "w1", true));
    assert_int_equal(society_part(w1), 0);
    assert_true(member_await_presence(tail, "w1", false));
    assert_int_equal(society_join(w1), 0);
    assert_true(member_await_presence(tail, "w1", true));
    society_close(w1);
    assert_true(member_await_presence(tail, "w1", false));
    w1 = member_open("w1");
    assert_int_equal(society_join(w1), 0);
    society_tail_close(tail);
    open_presence(); /* who is here already is told first */
    assert_true(member_await_presence(tail, "w1", true));
    assert_int_equal(society_leave(w1), 0);
    assert_true(member_await_presence(tail, "w1", false));
}

/* A child that joins as w3 and lives until it is killed. */
static pid_t start_holder(void)
{
    int said[2];
    char byte;
    pid_t child;

    assert_int_equal(pipe(said), 0);
    child = fork();
    if (child == 0) {
        society *s = member_open("w3");

        if (society_join(s) < 0 || write(said[1], "x", 1) != 1)
            _exit(1);
        for (;;)
            pause();
    }
    close(said[1]);
    assert_int_equal(read(said[0], &byte, 1), 1);
    close(said[0]);
    return child;
}

static void test_death(void **state)
{
    society *other = member_open("w3");
    char words[64];
    pid_t child;

    (void)state;
    open_presence();
    for (int i = 0; i < 5; i++) {
        child = start_holder();
        assert_true(member_await_presence(tail, "w3", true));
        snprintf(words, sizeof(words), "(pid %d on host", child);
        assert_int_equal(society_join(other), SOCIETY_E_HELD);
        assert_non_null(strstr(society_last_message(other), words));
        kill(child, SIGKILL);
        assert_true(member_await_presence(tail, "w3", false));
        assert_int_equal(waitpid(child, NULL, 0), child);
    }
    society_close(other);
}

static void test_a_stopped_holder_stays(void **state)
{
    pid_t child = start_holder();
    int status;

    (void)state;
    kill(child, SIGSTOP);
    assert_int_equal(waitpid(child, &status, WUNTRACED), child);
    assert_true(WIFSTOPPED(status));
    open_presence();
    assert_true(member_await_presence(tail, "w3", true));
    assert_int_equal(society_online(w2, "w3"), 1);
    kill(child, SIGKILL);
    assert_true(member_await_presence(tail, "w3", false));
    assert_int_equal(waitpid(child, NULL, 0), child);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, pair_setup, pair_teardown)
    const struct CMUnitTest tests[] = {
        TEST(test_registering),      TEST(test_what_is_refused), TEST(test_a_list),
        TEST(test_coming_and_going), TEST(test_death),           TEST(test_a_stopped_holder_stays),
    };

    return cmocka_run_group_tests_name("agents", tests, NULL, NULL);
}
