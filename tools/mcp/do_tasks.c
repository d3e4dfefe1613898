/* SPDX-License-Identifier: MIT */
/*
 * task_add, task_list and task_update.
 */
#include <stdlib.h>
#include <string.h>

#include <society/task.h>

#include "common/foreign.h"
#include "mcp/answer.h"
#include "mcp/member.h"
#include "mcp/tools.h"
#include "mcp/view.h"

enum { TASKS = 50, LIST_TEXT = 16000 };

void do_task_add(struct mcp *m, const struct request *r, json_value *arguments)
{
    char *id = NULL;
    struct answer a;
    if (member_acts(m, r) < 0)
        return;
    char *task = json_compact(arguments);
    int result = society_task_create(m->society, task, &id);
    free(task);
    if (result < 0) {
        answer_failure(m, r, result);
        return;
    }
    answer_begin(&a);
    json_put_text(a.data, "id", id);
    fprintf(a.out, "Made task %s.\n", id);
    answer_send(m, r, &a);
    society_free(id);
}

static void one_task(struct mcp *m, const struct request *r, const char *id, int64_t offset)
{
    char *text = NULL;
    struct answer a;
    int result = society_task_get(m->society, id, &text);
    if (result < 0) {
        answer_failure(m, r, result);
        return;
    }
    json_value *task = json_read(text, NULL);
    json_value *list = json_new_list();
    answer_begin(&a);
    answer_foreign(&a);
    json_add(list, view_whole_task(task, (size_t)offset, a.out));
    json_put(a.data, "tasks", list);
    answer_send(m, r, &a);
    json_release(task);
    society_free(text);
}

/* Behind `after`, as many as one answer has room for. Whether there are more. */
static int list_page(society_list *tasks, const char *after, struct answer *a)
{
    json_value *list = json_new_list();
    size_t left = LIST_TEXT;
    int begun = after == NULL;
    int more = 0;
    for (int64_t i = 0; i < society_list_count(tasks) && !more; i++) {
        json_value *task = json_read(society_list_item(tasks, i), NULL);
        if (begun && (json_count(list) == TASKS || left <= FOREIGN_ITEM))
            more = 1;
        else if (begun)
            json_add(list, view_task(task, &left, a->out));
        else
            begun = strcmp(json_member_text(task, "id", ""), after) == 0;
        json_release(task);
    }
    if (json_count(list) == 0)
        fputs("No such tasks.\n", a->out);
    json_put(a->data, "tasks", list);
    return more;
}

void do_task_list(struct mcp *m, const struct request *r, json_value *arguments)
{
    const char *id = json_member_text(arguments, "id", NULL);
    const char *state = json_member_text(arguments, "state", NULL);
    society_list *tasks = NULL;
    struct answer a;
    uint32_t flags = (json_member_true(arguments, "ready") ? SOCIETY_TASKS_READY : 0) |
                     (json_member_true(arguments, "mine") ? SOCIETY_TASKS_MINE : 0);
    if ((flags ? member_knows(m, r) : member_reads(m, r)) < 0)
        return;
    if (id) {
        one_task(m, r, id, json_member_number(arguments, "offset", 0));
        return;
    }
    int result = society_tasks(m->society, flags, state, &tasks);
    if (result < 0) {
        answer_failure(m, r, result);
        return;
    }
    answer_begin(&a);
    answer_foreign(&a);
    int more = list_page(tasks, json_member_text(arguments, "after", NULL), &a);
    json_put_flag(a.data, "more", more);
    if (more)
        fputs("\nThere are more: call again with after: the last id.\n", a.out);
    answer_send(m, r, &a);
    society_list_free(tasks);
}

/* What belongs to the change, by the name that the library has for it. */
static char *change_fields(const char *change, json_value *arguments)
{
    static const char *const with_result[] = {"submit", "complete", NULL};
    static const char *const with_reason[] = {"fail", "block", "cancel", NULL};
    static const char *const with_text[] = {"note", "reopen", NULL};
    json_value *text = json_member(arguments, "text");
    json_value *fields = json_new_map();
    const char *name = NULL;
    for (int i = 0; with_result[i]; i++)
        name = strcmp(change, with_result[i]) == 0 ? "result" : name;
    for (int i = 0; with_reason[i]; i++)
        name = strcmp(change, with_reason[i]) == 0 ? "reason" : name;
    for (int i = 0; with_text[i]; i++)
        name = strcmp(change, with_text[i]) == 0 ? "text" : name;
    if (name && text)
        json_put(fields, name, json_share(text));
    if (strcmp(change, "assign") == 0) {
        const char *to = json_member_text(arguments, "to", NULL);
        json_put(fields, "to", to ? json_new_text(to) : json_new_null());
    }
    char *json = json_compact(fields);
    json_release(fields);
    return json;
}

void do_task_update(struct mcp *m, const struct request *r, json_value *arguments)
{
    const char *id = json_member_text(arguments, "id", "");
    const char *change = json_member_text(arguments, "change", "");
    char *text = NULL;
    struct answer a;
    if (member_acts(m, r) < 0)
        return;
    char *fields = change_fields(change, arguments);
    int result = society_task_change(m->society, id, change, fields,
                                     json_member_number(arguments, "token", SOCIETY_NO_TOKEN));
    free(fields);
    if (result == 0)
        result = society_task_get(m->society, id, &text);
    if (result < 0) {
        answer_failure(m, r, result);
        return;
    }
    json_value *task = json_read(text, NULL);
    size_t left = FOREIGN_ALL;
    answer_begin(&a);
    fputs("Done.\n", a.out);
    answer_foreign(&a);
    json_put(a.data, "task", view_task(task, &left, a.out));
    answer_send(m, r, &a);
    json_release(task);
    society_free(text);
}
