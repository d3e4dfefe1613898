/* SPDX-License-Identifier: MIT */
/*
 * A state that is folded while memory runs out, at every allocation in turn: it says so, or is
 * whole; and the next call finds all of it. A record is never passed over.
 */
#include <errno.h>

#include "harness/internal/memory.h"
#include "harness/tasks.h"
#include "harness/unit.h"

#define TASKS 3

static void check_whole(society_list *list, int count)
{
    assert_int_equal(count, TASKS);
    assert_string_equal(member_field(society_list_item(list, 1), "holder"), "\"w1\"");
    society_list_free(list);
}

/* Whether the nth allocation of a first look was needed. */
static bool look_without(unsigned nth, void (*order)(unsigned), int *failures)
{
    society_list *list = NULL;
    society *s = member_open("w3");
    order(nth);
    int result = society_tasks(s, 0, NULL, &list);
    bool needed = memory_restore();
    if (result >= 0)
        check_whole(list, result);
    else
        assert_int_equal(result, -ENOMEM);
    *failures += result < 0;
    result = society_tasks(s, 0, NULL, &list);
    check_whole(list, result);
    society_close(s);
    return needed;
}

static void test_every_allocation(void **state)
{
    int failures = 0;
    unsigned nth;

    (void)state;
    if (!memory_possible())
        skip_because(NO_MEMORY_FAULTS);
    for (int i = 0; i < TASKS; i++)
        task_add("{\"title\":\"work\"}");
    task_claim(w1, "t2");
    for (nth = 1; look_without(nth, memory_fail_at, &failures); nth++)
        ;
    for (nth = 1; look_without(nth, memory_fail_from, &failures); nth++)
        ;
    assert_true(failures > 100);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_every_allocation, tasks_setup, tasks_teardown),
    };

    return cmocka_run_group_tests_name("fold", tests, NULL, NULL);
}
