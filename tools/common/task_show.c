/* SPDX-License-Identifier: MIT */
/*
 * Tasks for people: a row for each, or all of one. With --json each is the object that the library gives.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <society/task.h>

#include "json.h"
#include "output.h"
#include "table.h"
#include "task.h"

static const char *style_of(const char *state)
{
    if (strcmp(state, "done") == 0)
        return STYLE_GOOD;
    if (strcmp(state, "failed") == 0 || strcmp(state, "blocked") == 0)
        return STYLE_BAD;
    if (strcmp(state, "cancelled") == 0)
        return STYLE_DIM;
    return strcmp(state, "claimed") == 0 ? STYLE_BOLD : NULL;
}

static void add_row(struct table *table, json_value *task)
{
    char priority[24];
    const char *state = json_member_text(task, "state", "-");
    char *labels = json_show(json_member(task, "labels"));
    snprintf(priority, sizeof priority, "%" PRId64, json_member_number(task, "priority", 2));
    table_add(table, NULL, json_member_text(task, "id", NULL));
    table_add(table, style_of(state), state);
    table_add(table, NULL, priority);
    table_add(table, NULL,
              json_member_text(task, "holder", json_member_text(task, "assignee", NULL)));
    table_add(table, STYLE_DIM, labels);
    table_add(table, NULL, json_member_text(task, "title", NULL));
    free(labels);
}

/* Prints the tasks and returns their number. */
static int64_t print_tasks(struct tool *t, uint32_t flags, const char *state)
{
    static const char *const headings[] = {"ID", "STATE", "P", "AGENT", "LABELS", "TITLE", NULL};
    struct table table;
    society_list *tasks = NULL;
    int result = society_tasks(t->society, flags, state, &tasks);
    if (result < 0)
        tool_fail_result(t, result);
    table_begin(&table, headings);
    for (int64_t i = 0; i < society_list_count(tasks); i++) {
        const char *text = society_list_item(tasks, i);
        json_value *task = t->json ? NULL : json_read(text, NULL);
        if (t->json)
            output_json(text);
        else
            add_row(&table, task);
        json_release(task);
    }
    table_end(&table);
    society_list_free(tasks);
    return result;
}

int task_list(struct tool *t, const struct task_request *r)
{
    tool_expect_arguments(t, 1, 1, "");
    if (r->mine)
        tool_open_as_agent(t);
    else
        tool_open(t);
    print_tasks(t, (r->mine ? SOCIETY_TASKS_MINE : 0) | (r->archived ? SOCIETY_TASKS_ARCHIVED : 0),
                r->state);
    return STATUS_DONE;
}

int task_ready(struct tool *t, const struct task_request *r)
{
    uint32_t flags = SOCIETY_TASKS_READY | (r->familiar ? SOCIETY_TASKS_FAMILIAR : 0);
    tool_expect_arguments(t, 1, 1, "");
    tool_open_as_agent(t);
    return print_tasks(t, flags, NULL) > 0 ? STATUS_DONE : STATUS_NO;
}

static void print_notes(json_value *notes)
{
    for (size_t i = 0; i < json_count(notes); i++) {
        json_value *note = json_element(notes, i);
        fputs("\n    ", stdout);
        output_style(STYLE_DIM);
        output_text(stdout, json_member_text(note, "timestamp", "-"));
        output_style(NULL);
        putchar(' ');
        output_text(stdout, json_member_text(note, "from", "-"));
        fputs(": ", stdout);
        output_lines(stdout, json_member_text(note, "text", ""), "        ");
    }
}

/* One line, or more, for each field that has a value. */
static void print_task(json_value *task)
{
    for (const char *key = json_next_key(task, NULL); key; key = json_next_key(task, key)) {
        json_value *value = json_member(task, key);
        char *text = json_show(value);
        if (*text) {
            output_style(STYLE_DIM);
            output_text(stdout, key);
            output_style(NULL);
            fputs(": ", stdout);
            if (strcmp(key, "notes") == 0)
                print_notes(value);
            else
                output_lines(stdout, text, "    ");
            putchar('\n');
        }
        free(text);
    }
}

int task_show(struct tool *t, const struct task_request *r)
{
    char *text = NULL;
    (void)r;
    tool_expect_arguments(t, 2, 2, "the task's id");
    tool_open(t);
    int result = society_task_get(t->society, t->arguments[1], &text);
    if (result < 0)
        tool_fail_result(t, result);
    json_value *task = t->json ? NULL : json_read(text, NULL);
    if (task)
        print_task(task);
    else
        output_json(text);
    json_release(task);
    society_free(text);
    return STATUS_DONE;
}
