/* SPDX-License-Identifier: MIT */
/*
 * Making tasks: see <society/task.h>. Several of them are one decision: each record is applied to a
 * state laid over the present one, so that what the fold will say is what it says now, and the
 * first that it voids refuses all.
 */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "path.h"
#include "presence.h"
#include "task.h"
#include "task_fields.h"

#define LINES_MAX (256 << 20)

struct order {
    struct society *s;
    soc_json *drafts; /* the callers' objects, checked */
    const int *lines; /* the number of each one's line; NULL: there is one */
    soc_json *ids;    /* the ids given, in order */
};

/* ---- Checking what the caller gave ---- */

static int refuse(struct society *s, int line, const char *field, const char *what)
{
    if (line > 0)
        return soc_fail(&s->error, SOCIETY_E_INVALID, "line %d: field %s %s", line, field, what);
    return soc_fail(&s->error, SOCIETY_E_INVALID, "field %s %s", field, what);
}

static int check_paths(struct society *s, const soc_json *draft, int line)
{
    struct soc_error why = {0};
    int result = soc_task_check_paths(draft, &why);
    if (result < 0 && line > 0)
        return soc_fail(&s->error, result, "line %d: %s", line, why.text);
    return result < 0 ? soc_fail(&s->error, result, "%s", why.text) : 0;
}

static int check_draft(struct society *s, const soc_json *draft, int line)
{
    const char *title = soc_json_get_string(draft, "title");
    const char *id = soc_json_get_string(draft, "id");
    const char *parent = soc_json_get_string(draft, "parent");
    const char *assignee = soc_json_get_string(draft, "assignee");
    if (soc_json_kind(draft) != SOC_JSON_OBJECT)
        return refuse(s, line, "task", "must be a JSON object");
    if (!title || title[0] == '\0')
        return refuse(s, line, "title", "is missing");
    if (soc_json_get(draft, "id") && (!id || !soc_is_id(id, strlen(id))))
        return refuse(s, line, "id", "must be an id: letters, digits, '.', '_', '-', at most 64");
    if (parent && !soc_is_id(parent, strlen(parent)))
        return refuse(s, line, "parent", "must be a task's id");
    bool role = assignee && strncmp(assignee, "role:", 5) == 0;
    if (assignee && !(role ? soc_is_word(assignee + 5, strlen(assignee + 5))
                           : soc_is_agent_id(assignee, strlen(assignee))))
        return refuse(s, line, "assignee", "must be an agent id or role:<role>");
    const char *unsound = soc_task_unsound_field(draft, SOC_TASK_CREATOR);
    return unsound ? refuse(s, line, unsound, soc_task_field_form(unsound))
                   : check_paths(s, draft, line);
}

static soc_json *parse_draft(struct society *s, const char *text, size_t length, int line,
                             int *ret_error)
{
    struct soc_error why = {0};
    SOC_AUTO_JSON soc_json *draft = soc_json_parse(text, length, &why);
    if (!draft && line > 0)
        *ret_error = soc_fail(&s->error, why.code == -ENOMEM ? -ENOMEM : SOCIETY_E_INVALID,
                              "line %d: %s", line, why.text);
    else if (!draft)
        *ret_error = soc_fail(&s->error, why.code == -ENOMEM ? -ENOMEM : SOCIETY_E_INVALID,
                              "the task: %s", why.text);
    else
        *ret_error = check_draft(s, draft, line);
    return *ret_error < 0 ? NULL : soc_json_retain(draft);
}

/* ---- Deciding ---- */

/* The next id of the form `t<n>` that is free. */
static void next_id(struct soc_tasks *tasks, char out[32])
{
    do {
        snprintf(out, 32, "t%" PRId64, ++tasks->created);
    } while (soc_tasks_get(tasks, out) || soc_tasks_archived(tasks, out));
}

/* The record's members for one draft: {"task": the draft with its id}. */
static soc_json *make_members(struct soc_tasks *ahead, const soc_json *draft)
{
    char fresh[32];
    SOC_AUTO_JSON soc_json *members = soc_json_new_object();
    SOC_AUTO_JSON soc_json *task = soc_json_copy(draft);
    if (!task || !members || soc_json_set(members, "task", soc_json_retain(task)) < 0)
        return NULL;
    if (!soc_json_get_string(task, "id")) {
        next_id(ahead, fresh);
        if (soc_json_set_string(task, "id", fresh) < 0)
            return NULL;
    }
    return soc_json_retain(members);
}

/* Lets the fold say what it would of one more record, and refuses as it does. */
static int look_ahead(struct soc_tasks *ahead, const soc_json *members, int64_t position, int line,
                      struct soc_error *error)
{
    struct soc_record record = {members, "task_create", position, position};
    struct soc_error why = {0};
    int result = soc_task_check(ahead, &record, &why);
    if (result < 0 && line > 0)
        return soc_fail(error, result, "line %d: %s", line, why.text);
    if (result < 0)
        return soc_fail(error, result, "%s", why.text);
    return soc_tasks_fold.apply(ahead, &record) < 0 ? soc_fail_memory(error) : 0;
}

static int decide_one(struct order *order, struct soc_tasks *ahead, size_t index, int64_t end,
                      struct soc_strbuf *out, struct soc_error *error)
{
    int line = order->lines ? order->lines[index] : 0;
    SOC_AUTO_JSON soc_json *members = make_members(ahead, soc_json_item(order->drafts, index));
    const char *id = members ? soc_json_get_string(soc_json_get(members, "task"), "id") : NULL;
    if (!id || soc_json_append(order->ids, soc_json_new_string(id, strlen(id))) < 0)
        return soc_fail_memory(error);
    int result = look_ahead(ahead, members, end, line, error);
    if (result == 0)
        result = soc_task_emit(out, "task_create", order->s->agent, members);
    if (result == SOCIETY_E_TOO_BIG)
        return soc_fail(error, result, "%s: the task is over 256 KiB", id);
    return result;
}

static int decide(const void *state, int64_t end, void *argument, struct soc_strbuf *out,
                  struct soc_error *error)
{
    struct order *order = argument;
    soc_json_free(order->ids);
    order->ids = soc_json_new_array();
    struct soc_tasks *ahead = order->ids ? soc_tasks_over(state) : NULL;
    if (!ahead)
        return soc_fail_memory(error);
    int result = 0;
    for (size_t i = 0; result == 0 && i < soc_json_count(order->drafts); i++)
        result = decide_one(order, ahead, i, end, out, error);
    soc_tasks_free(ahead);
    return result;
}

static int place(struct order *order)
{
    int result = 0;
    if (!soc_tasks(order->s, &result))
        return result;
    return soc_transact(&order->s->tasks, decide, order, &order->s->error);
}

/* ---- The public functions ---- */

SOC_PUBLIC int society_task_create(society *s, const char *task, char **ret_id)
{
    int result = soc_enter_as(s);
    if (result < 0)
        return result;
    if (!task)
        return soc_fail(&s->error, SOCIETY_E_INVALID, "there is no task");
    SOC_AUTO_JSON soc_json *drafts = soc_json_new_array();
    soc_json *draft = drafts ? parse_draft(s, task, strlen(task), 0, &result) : NULL;
    if (drafts && !draft)
        return result;
    if (!drafts || soc_json_append(drafts, draft) < 0)
        return soc_fail_memory(&s->error);
    struct order order = {.s = s, .drafts = drafts};
    result = place(&order);
    const char *id = soc_json_string(soc_json_item(order.ids, 0));
    if (result == 0 && ret_id) {
        char *copy = id ? strdup(id) : NULL;
        if (copy)
            *ret_id = copy;
        else
            result = soc_fail_memory(&s->error);
    }
    soc_json_free(order.ids);
    return result;
}

static size_t count_lines(const char *text)
{
    size_t count = 1;
    for (; (text = strchr(text, '\n')); text++)
        count++;
    return count;
}

static int parse_lines(struct society *s, const char *text, soc_json *drafts, int *lines)
{
    int number = 0;
    int result = 0;
    while (result == 0 && *text != '\0') {
        size_t length = strcspn(text, "\n");
        number++;
        if (strspn(text, " \t\r") < length) {
            soc_json *draft = parse_draft(s, text, length, number, &result);
            lines[soc_json_count(drafts)] = number;
            if (draft && soc_json_append(drafts, draft) < 0)
                result = soc_fail_memory(&s->error);
        }
        text += length + (text[length] == '\n');
    }
    return result;
}

static int give_ids(struct society *s, const soc_json *ids, society_list **ret_ids)
{
    SOC_AUTO_LIST society_list *list = soc_list_new();
    for (size_t i = 0; list && i < soc_json_count(ids); i++)
        if (soc_list_add_json(list, soc_json_item(ids, i)) < 0)
            return soc_fail_memory(&s->error);
    if (!list)
        return soc_fail_memory(&s->error);
    *ret_ids = list;
    list = NULL;
    return 0;
}

/* `lines` has room for the number of each draft's line. */
static int create_lines(society *s, const char *tasks, int *lines, society_list **ret_ids)
{
    SOC_AUTO_JSON soc_json *drafts = soc_json_new_array();
    int result = drafts ? parse_lines(s, tasks, drafts, lines) : soc_fail_memory(&s->error);
    struct order order = {.s = s, .drafts = drafts, .lines = lines};
    if (result == 0 && soc_json_count(drafts) > 0)
        result = place(&order);
    if (result == 0 && ret_ids)
        result = give_ids(s, order.ids, ret_ids);
    soc_json_free(order.ids);
    return result < 0 ? result : (int)soc_json_count(drafts);
}

SOC_PUBLIC int society_task_create_lines(society *s, const char *tasks, society_list **ret_ids)
{
    int result = soc_enter_as(s);
    if (result < 0)
        return result;
    if (!tasks || strlen(tasks) > LINES_MAX)
        return soc_fail(&s->error, tasks ? SOCIETY_E_TOO_BIG : SOCIETY_E_INVALID,
                        tasks ? "the tasks are over 256 MiB together" : "there are no tasks");
    int *lines = calloc(count_lines(tasks), sizeof *lines);
    result = lines ? create_lines(s, tasks, lines, ret_ids) : soc_fail_memory(&s->error);
    free(lines);
    return result;
}
