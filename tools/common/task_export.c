/* SPDX-License-Identifier: MIT */
/*
 * Every task as one line that task_import.c takes as it stands. A claim belongs to a process of this society and means nothing
 * in another, so a claimed task is written as an open one; all else as the library gives it. What compaction has left to the
 * archive comes first.
 */
#include <stdlib.h>
#include <string.h>

#include <society/task.h>

#include "json.h"
#include "output.h"
#include "task.h"

static int is_of_claim(const char *key)
{
    return strcmp(key, "holder") == 0 || strcmp(key, "token") == 0 || strcmp(key, "leaseMs") == 0;
}

static char *without_claim(json_value *task)
{
    struct compose c;
    compose_begin(&c);
    for (const char *key = json_next_key(task, NULL); key; key = json_next_key(task, key)) {
        json_value *value = json_member(task, key);
        char *text = value && !is_of_claim(key) ? json_compact(value) : NULL;
        if (strcmp(key, "state") == 0)
            compose_text(&c, key, "open");
        else
            compose_json(&c, key, text ? text : "null");
        free(text);
    }
    return compose_end(&c);
}

static void print_task(struct tool *t, const char *id)
{
    char *text = NULL;
    int result = society_task_get(t->society, id, &text);
    if (result < 0)
        tool_fail_result(t, result);
    json_value *task = json_read(text, NULL);
    if (json_member(task, "holder")) {
        char *open = without_claim(task);
        output_json(open);
        free(open);
    } else {
        output_json(text);
    }
    json_release(task);
    society_free(text);
}

static void print_archive(struct tool *t)
{
    society_list *archived = NULL;
    int result = society_tasks(t->society, SOCIETY_TASKS_ARCHIVED, NULL, &archived);
    if (result < 0)
        tool_fail_result(t, result);
    for (int64_t i = 0; i < society_list_count(archived); i++)
        output_json(society_list_item(archived, i));
    society_list_free(archived);
}

int task_export(struct tool *t, const struct task_request *r)
{
    society_list *tasks = NULL;
    (void)r;
    tool_expect_arguments(t, 1, 1, "");
    tool_open(t);
    print_archive(t);
    int result = society_tasks(t->society, 0, NULL, &tasks);
    if (result < 0)
        tool_fail_result(t, result);
    for (int64_t i = 0; i < society_list_count(tasks); i++) {
        json_value *task = json_read(society_list_item(tasks, i), NULL);
        print_task(t, json_member_text(task, "id", ""));
        json_release(task);
    }
    society_list_free(tasks);
    return STATUS_DONE;
}
