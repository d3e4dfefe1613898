/* SPDX-License-Identifier: MIT */
/*
 * After a fork: the child is refused everything but closing, and closing takes nothing from the
 * parent.
 */
#include <errno.h>
#include <sys/wait.h>
#include <unistd.h>

#include "harness/files.h"
#include "harness/member.h"
#include "harness/unit.h"

static society *s;
static society_tail *tail;

static int setup(void **state)
{
    member_setup(state);
    s = member_open("w1");
    return society_tail_open(s, "messages", SOCIETY_FROM_END, 0, &tail);
}

static int teardown(void **state)
{
    society_close(s);
    return member_teardown(state);
}

/* Runs `body` in a child; its result. */
static int in_child(int (*body)(void))
{
    pid_t child = fork();
    int status;

    if (child == 0)
        _exit(body());
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFEXITED(status));
    return WEXITSTATUS(status);
}

static int call_everything(void)
{
    society_list *list = NULL;
    const char *record;
    char *text;
    int number = 1;

#define REFUSED(call)      \
    if ((call) != -ECHILD) \
        return number;     \
    number++

    REFUSED(society_open(s, NULL));
    REFUSED(society_init(s, NULL, NULL, 0));
    REFUSED(society_identify(s, "w2"));
    REFUSED(society_send(s, "{\"to\":\"w1\",\"content\":1}", NULL));
    REFUSED(society_send_lines(s, "", NULL));
    REFUSED(society_inbox(s, 0, NULL, &list));
    REFUSED(society_message_get(s, "a", &text));
    REFUSED(society_acknowledge(s, "a"));
    REFUSED(society_register(s, NULL));
    REFUSED(society_set_status(s, "idle", NULL));
    REFUSED(society_leave(s));
    REFUSED(society_join(s));
    REFUSED(society_part(s));
    REFUSED(society_online(s, "w1"));
    REFUSED(society_agents(s, &list));
    REFUSED(society_status(s, &text));
    REFUSED(society_check(s, 0, &list));
    REFUSED(society_compact(s, NULL, 0, NULL));
    REFUSED(society_tail_open(s, "tasks", 0, 0, &tail));
    REFUSED(society_tail_next(tail, &record, NULL));
    REFUSED(society_tail_wait(tail, 0));
    REFUSED(society_tail_commit(tail));
    return 0;
}

static void test_a_child_is_refused(void **state)
{
    (void)state;
    assert_int_equal(in_child(call_everything), 0);
}

static int close_all(void)
{
    society_close(s);
    return 0;
}

static void test_closing_in_a_child(void **state)
{
    (void)state;
    assert_int_equal(society_join(s), 0);
    assert_string_equal(member_take(tail), "");
    assert_int_equal(in_child(close_all), 0);
    assert_int_equal(society_online(s, "w1"), 1);
    member_send(s, "w1", "a");
    assert_string_equal(member_await(tail, 1), "a");
    assert_int_equal(society_part(s), 0);
    assert_int_equal(society_online(s, "w1"), 0);
}

static int be_somebody_else(void)
{
    society *own = member_open("w2");

    society_close(s);
    member_send(own, "w1", "from-the-child");
    society_close(own);
    return 0;
}

static void test_a_child_opens_its_own(void **state)
{
    (void)state;
    assert_int_equal(in_child(be_somebody_else), 0);
    assert_string_equal(member_await(tail, 1), "from-the-child");
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
    const struct CMUnitTest tests[] = {
        TEST(test_a_child_is_refused),
        TEST(test_closing_in_a_child),
        TEST(test_a_child_opens_its_own),
    };

    return cmocka_run_group_tests_name("fork", tests, NULL, NULL);
}
