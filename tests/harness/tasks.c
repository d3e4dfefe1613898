/* SPDX-License-Identifier: MIT */
/* Tasks for tests: see tasks.h. */
#include "harness/tasks.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

society *lead;

int tasks_setup(void **state)
{
    member_setup(state);
    lead = member_open("lead");
    pair_open();
    return 0;
}

int tasks_teardown(void **state)
{
    society_close(lead);
    pair_close();
    return member_teardown(state);
}

void task_add(const char *task)
{
    assert_ok(lead, society_task_create(lead, task, NULL));
}

const char *task_field(const char *id, const char *key)
{
    char *task;

    assert_ok(lead, society_task_get(lead, id, &task));
    const char *value = member_field(task, key);
    society_free(task);
    return value;
}

int64_t json_number(const char *json, const char *key)
{
    return strtoll(member_field(json, key), NULL, 10);
}

int64_t task_claim(society *s, const char *id)
{
    char *claim;

    assert_ok(s, society_task_claim(s, id, 0, &claim));
    int64_t token = json_number(claim, "token");
    society_free(claim);
    return token;
}

int task_change(society *s, const char *id, const char *what, const char *fields)
{
    return society_task_change(s, id, what, fields, SOCIETY_NO_TOKEN);
}

const char *task_ids(society *s, uint32_t flags, const char *state)
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
