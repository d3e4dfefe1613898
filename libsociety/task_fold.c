/* SPDX-License-Identifier: MIT */
/* What each record does to the tasks, where its rule (task_rules.c) lets it: see task_state.h. To its
 * own task: task_effects.c. */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "path.h"
#include "task_effects.h"
#include "task_fields.h"
#include "task_keep.h"
#include "task_rules.h"
#include "task_state.h"
#include "task_work.h"

struct soc_tasks *soc_tasks_over(const struct soc_tasks *under)
{
    struct soc_tasks *tasks = calloc(1, sizeof *tasks);
    if (!tasks)
        return NULL;
    tasks->under = under;
    tasks->created = under ? under->created : 0;
    tasks->tasks = soc_json_new_object();
    tasks->dependents = soc_json_new_object();
    tasks->work = soc_json_new_object();
    if (tasks->tasks && tasks->dependents && tasks->work)
        return tasks;
    soc_tasks_free(tasks);
    return NULL;
}

void soc_tasks_free(struct soc_tasks *tasks)
{
    soc_json_free(tasks->tasks);
    soc_json_free(tasks->dependents);
    soc_json_free(tasks->work);
    soc_ids_free(&tasks->done);
    soc_ids_free(&tasks->over);
    soc_task_index_free(&tasks->index);
    soc_task_late_free(&tasks->late);
    free(tasks);
}

static void *make_state(void)
{
    return soc_tasks_over(NULL);
}

static void free_state(void *state)
{
    soc_tasks_free(state);
}

const soc_json *soc_tasks_get(const struct soc_tasks *tasks, const char *id)
{
    const soc_json *task = NULL;
    for (; tasks && !task; tasks = tasks->under)
        task = soc_json_get(tasks->tasks, id);
    return task;
}

bool soc_tasks_is_needed(const struct soc_tasks *tasks, const char *id)
{
    for (; tasks; tasks = tasks->under)
        if (soc_json_get(tasks->dependents, id))
            return true;
    return false;
}

const char *soc_tasks_archived(const struct soc_tasks *tasks, const char *id)
{
    for (; tasks; tasks = tasks->under) {
        if (soc_ids_has(&tasks->done, id))
            return "done";
        if (soc_ids_has(&tasks->over, id))
            return "failed or cancelled";
    }
    return NULL;
}

static bool is_text(const soc_json *task, const char *key, const char *text)
{
    const char *own = soc_json_get_string(task, key);
    return own && strcmp(own, text) == 0;
}

bool soc_task_is_done(const soc_json *task)
{
    return is_text(task, "state", "done");
}

bool soc_task_is_over(const soc_json *task)
{
    return soc_task_is_done(task) || is_text(task, "state", "failed") ||
           is_text(task, "state", "cancelled");
}

bool soc_task_is_satisfied(const struct soc_tasks *tasks, const char *on)
{
    const soc_json *task = soc_tasks_get(tasks, on);
    if (task)
        return soc_task_is_done(task);
    const char *archived = soc_tasks_archived(tasks, on);
    return archived && strcmp(archived, "done") == 0;
}

bool soc_task_is_ready(const struct soc_tasks *tasks, const soc_json *task)
{
    const soc_json *depends = soc_json_get(task, "dependsOn");
    if (!is_text(task, "state", "open"))
        return false;
    for (size_t i = 0; i < soc_json_count(depends); i++) {
        const char *on = soc_json_string(soc_json_item(depends, i));
        if (!on || !soc_task_is_satisfied(tasks, on))
            return false;
    }
    return true;
}

bool soc_task_is_for(const soc_json *task, const char *agent, const char *role)
{
    const char *assignee = soc_json_get_string(task, "assignee");
    const char *wanted = soc_json_get_string(task, "role");
    if (assignee && strncmp(assignee, "role:", 5) == 0)
        return role && strcmp(assignee + 5, role) == 0;
    if (assignee)
        return strcmp(assignee, agent) == 0;
    return !wanted || (role && strcmp(wanted, role) == 0);
}

/* The task as this state may change it: one of the state below is copied first. */
static soc_json *own_task(struct soc_tasks *tasks, const char *id)
{
    const soc_json *own = soc_json_get(tasks->tasks, id);
    if (!own) {
        soc_json *copy = soc_json_copy(soc_tasks_get(tasks, id));
        if (!copy || soc_json_set(tasks->tasks, id, copy) < 0)
            return NULL;
        own = copy;
    }
    return (soc_json *)(uintptr_t)own;
}

/* ---- Creation ---- */

/* A new task, with what every task has. */
static soc_json *new_task(const char *id, int64_t position)
{
    SOC_AUTO_JSON soc_json *task = soc_json_new_object();
    int result = task ? soc_json_set_string(task, "id", id) : -1;
    if (result == 0)
        result = soc_json_set_string(task, "state", "open");
    if (result == 0)
        result = soc_task_set_integer(task, "priority", 2);
    if (result == 0)
        result = soc_task_set_integer(task, "retries", 0);
    if (result == 0)
        result = soc_task_set_integer(task, "position", position);
    return result == 0 ? soc_json_retain(task) : NULL;
}

/* Ids `t<n>` are given in order; one that a writer chose moves the count too. */
static void count_id(struct soc_tasks *tasks, const char *id)
{
    size_t digits = strspn(id + 1, "0123456789");
    if (id[0] != 't' || digits == 0 || digits > 15 /* SOC_TASK_NUMBER_MAX */ ||
        id[1 + digits] != '\0')
        return;
    int64_t number = strtoll(id + 1, NULL, 10);
    if (number > tasks->created)
        tasks->created = number;
}

/* Notes whom it concerns when one of these is done. */
static int note_dependents(struct soc_tasks *tasks, const char *id, const soc_json *depends)
{
    int result = 0;
    for (size_t i = 0; result == 0 && i < soc_json_count(depends); i++) {
        const char *on = soc_json_string(soc_json_item(depends, i));
        if (!on)
            continue;
        soc_json *ids = (soc_json *)(uintptr_t)soc_json_get(tasks->dependents, on);
        if (!ids) {
            ids = soc_json_new_array();
            result = soc_json_set(tasks->dependents, on, ids);
        }
        if (result == 0)
            result = soc_json_append(ids, soc_json_new_string(id, strlen(id)));
    }
    return result;
}

static int enter(struct soc_tasks *tasks, const char *id, soc_json *task)
{
    count_id(tasks, id);
    int result = soc_json_set(tasks->tasks, id, soc_json_retain(task));
    return result == 0 ? note_dependents(tasks, id, soc_json_get(task, "dependsOn")) : result;
}

static int create(struct soc_tasks *tasks, const struct soc_task_change *change)
{
    const soc_json *json = change->record->json;
    const soc_json *given = soc_json_get(json, "task");
    const char *short_form = soc_json_get_string(given, "desc");
    const char *time = soc_json_get_string(json, "timestamp");
    SOC_AUTO_JSON soc_json *task = new_task(change->id, change->record->position);
    int result = task ? soc_task_set_text(task, "title", short_form) : -1;
    if (result == 0 && change->from[0])
        result = soc_json_set_string(task, "createdBy", change->from);
    if (result == 0)
        result = soc_task_set_text(task, "createdAt", time);
    if (result == 0)
        result = soc_task_set_text(task, "updatedAt", time);
    if (result == 0)
        result = soc_task_copy_fields(task, given, SOC_TASK_CREATOR);
    return result == 0 ? enter(tasks, change->id, task) : result;
}

/* A compacted task: all of it as it was, the fields of the fold included; or what one record could
 * not hold of it (task_dump.h). */
static int restore(struct soc_tasks *tasks, const struct soc_task_change *change)
{
    const soc_json *given = soc_json_get(change->record->json, "task");
    int64_t token;
    if (change->task && soc_json_get_bool(change->record->json, "more", false)) {
        soc_json *known = own_task(tasks, change->id);
        int result = known ? soc_task_add_fields(known, given) : -1;
        return result == 0 ? note_dependents(tasks, change->id, soc_json_get(given, "dependsOn"))
                           : result;
    }
    SOC_AUTO_JSON soc_json *task = new_task(change->id, change->record->position);
    int result = task ? 0 : -1;
    if (result == 0 && soc_json_get_integer(given, "token", &token))
        result = soc_task_set_integer(task, "lastToken", token);
    if (result == 0)
        result = soc_task_copy_fields(task, given, SOC_TASK_COMPACTION);
    return result == 0 ? enter(tasks, change->id, task) : result;
}

/* ---- The state ---- */

static int place(struct soc_tasks *tasks, const soc_json *task)
{
    soc_task_index_remove(&tasks->index, task);
    return soc_task_index_add(&tasks->index, task, soc_task_is_ready(tasks, task));
}

/* Those that depend on a task which is done by now, or no longer, may be ready now, or no longer.
 */
static int place_dependents(struct soc_tasks *tasks, const char *id)
{
    const soc_json *ids = soc_json_get(tasks->dependents, id);
    int result = 0;
    for (size_t i = 0; result == 0 && i < soc_json_count(ids); i++) {
        const soc_json *task = soc_json_get(tasks->tasks, soc_json_string(soc_json_item(ids, i)));
        if (task)
            result = place(tasks, task);
    }
    return result;
}

/* Where a task ended. */
static int note_end(struct soc_tasks *tasks, soc_json *task, bool was_over, int64_t position)
{
    bool noted = soc_json_get(task, "ended");
    bool over = soc_task_is_over(task);
    tasks->ended += (size_t)over - (size_t)was_over;
    if (noted == over)
        return 0;
    return over ? soc_task_set_integer(task, "ended", position) : soc_json_remove(task, "ended");
}

static int change_known(struct soc_tasks *tasks, const struct soc_task_change *change)
{
    const char *type = change->record->type;
    soc_json *task = own_task(tasks, change->id);
    int result = task ? soc_task_take_effect(task, change) : -1;
    if (result == 0)
        result = soc_task_set_text(task, "updatedAt",
                                   soc_json_get_string(change->record->json, "timestamp"));
    if (result == 0 && strcmp(type, "task_depend") == 0)
        result =
            note_dependents(tasks, change->id, soc_json_get(change->record->json, "dependsOn"));
    const char *by = soc_json_get_string(task, "completedBy");
    if (result == 0 && strcmp(type, "task_complete") == 0 && by)
        result = soc_task_work_count(tasks->work, by, task);
    return result;
}

/* Changes one task, which is in no index meanwhile. */
static int apply_change(struct soc_tasks *tasks, const struct soc_task_change *change)
{
    const char *type = change->record->type;
    bool satisfied = soc_task_is_satisfied(tasks, change->id);
    bool was_over = soc_task_is_over(change->task);
    if (change->task && !tasks->under)
        soc_task_index_remove(&tasks->index, change->task);
    int result = strcmp(type, "task_create") == 0  ? create(tasks, change)
                 : strcmp(type, "task_state") == 0 ? restore(tasks, change)
                                                   : change_known(tasks, change);
    soc_json *task = (soc_json *)(uintptr_t)soc_json_get(tasks->tasks, change->id);
    if (result == 0)
        result = note_end(tasks, task, was_over, change->record->position);
    if (result == 0 && !tasks->under)
        result = place(tasks, task);
    if (result == 0 && !tasks->under && satisfied != soc_task_is_satisfied(tasks, change->id))
        result = place_dependents(tasks, change->id);
    return result;
}

/* Compaction says first what is archived, and there is nothing to place yet. A forger may say it
 * anywhere. */
static int restore_archive(struct soc_tasks *tasks, const soc_json *record)
{
    const soc_json *done = soc_json_get(record, "done");
    int result = soc_tasks_restore_archive(tasks, record);
    for (size_t i = 0; result == 0 && i < soc_json_count(done); i++) {
        const char *id = soc_json_string(soc_json_item(done, i));
        if (id)
            result = place_dependents(tasks, id);
    }
    return result;
}

static int apply_record(struct soc_tasks *tasks, const struct soc_record *record)
{
    struct soc_task_change change = soc_task_change(tasks, record);
    int result;
    if (soc_task_judge(&change, NULL) < 0)
        return 0;
    if (strcmp(record->type, "task_archive_state") == 0)
        result = restore_archive(tasks, record->json);
    else if (strcmp(record->type, "task_work_state") == 0)
        result = soc_task_work_restore(tasks->work, record->json);
    else
        result = apply_change(tasks, &change);
    return result < 0 ? result : 1;
}

static int take(void *state, const struct soc_line *line)
{
    return soc_task_late_take(state, line);
}

static int settle(void *state)
{
    return soc_task_late_settle(state, apply_record);
}

static int apply(void *state, const struct soc_record *record)
{
    int result = settle(state);
    return result < 0 ? result : apply_record(state, record);
}

static int dump(const void *state, struct soc_strbuf *out)
{
    return soc_tasks_dump(state, out);
}

static int64_t dumps_at_least(const void *state)
{
    return soc_tasks_dump_least(state);
}

const struct soc_fold soc_tasks_fold = {"tasks", make_state, free_state, apply,
                                        dump,    take,       settle,     dumps_at_least};

int soc_tasks_open(struct society *s)
{
    int result = 0;
    if (!s->tasks.fold)
        result = soc_state_open(&s->tasks, &soc_tasks_fold, &s->dir,
                                soc_config_durable(&s->config, "tasks"), &s->error);
    if (result < 0)
        s->tasks.fold = NULL;
    return result;
}

const struct soc_tasks *soc_tasks(struct society *s, int *ret_error)
{
    int result = soc_tasks_open(s);
    if (result == 0)
        result = soc_state_refresh(&s->tasks, &s->error);
    *ret_error = result;
    return result < 0 ? NULL : s->tasks.data;
}
