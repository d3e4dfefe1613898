/* SPDX-License-Identifier: MIT */
/* Tasks as they are shown, and which comes first: see task.h. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "record.h"
#include "registry.h"
#include "task.h"
#include "task_rules.h"

const char *soc_task_role(struct society *s)
{
    int ignored; /* an agent whose registration can't be read has no role */
    const soc_json *registry = soc_registry(s, &ignored);
    return registry ? soc_json_get_string(soc_registry_agent(registry, s->agent), "role") : NULL;
}

int soc_task_emit(struct soc_strbuf *out, const char *type, const char *from,
                  const soc_json *members)
{
    const char *key;
    const soc_json *value;
    size_t start = out->length;
    soc_record_begin(out, type);
    soc_record_string(out, "from", from);
    for (void *i = NULL; (i = soc_json_next(members, i, &key, &value));) {
        SOC_AUTO_STRBUF struct soc_strbuf text = SOC_STRBUF_INIT;
        if (strcmp(key, "type") == 0 || strcmp(key, "from") == 0)
            continue;
        soc_json_dump(value, &text);
        soc_record_raw(out, key, text.data ? text.data : "", text.length);
        out->failed |= text.failed;
    }
    int result = soc_record_end(out, start, NULL);
    return result == 0 && out->length - start > SOC_TASK_LINE_MAX ? SOCIETY_E_TOO_BIG : result;
}

/* ---- The public object ---- */

soc_json *soc_task_view(const soc_json *task, bool with_notes)
{
    static const char *const keys[] = {
        "id",     "title",   "description", "state",      "priority",    "assignee",
        "role",   "labels",  "paths",       "dependsOn",  "parent",      "holder",
        "token",  "leaseMs", "createdBy",   "createdAt",  "updatedAt",   "result",
        "reason", "retries", "acceptance",  "maxRetries", "completedBy", "submitter"};
    SOC_AUTO_JSON soc_json *view = soc_json_new_object();
    const soc_json *notes = soc_json_get(task, "notes");
    int result = view ? 0 : -1;
    for (size_t i = 0; result == 0 && i < sizeof keys / sizeof keys[0]; i++) {
        const soc_json *value = soc_json_get(task, keys[i]);
        result = soc_json_set(view, keys[i], value ? soc_json_copy(value) : soc_json_new_null());
    }
    if (result == 0)
        result = soc_json_set(view, "notes",
                              with_notes ? soc_json_copy(notes)
                                         : soc_json_new_integer((int64_t)soc_json_count(notes)));
    return result == 0 ? soc_json_retain(view) : NULL;
}

/* ---- Which comes first ---- */

static int64_t priority_of(const soc_json *task)
{
    int64_t priority = 2;
    soc_json_get_integer(task, "priority", &priority);
    return priority;
}

const soc_json *soc_task_best(const struct soc_tasks *tasks, const char *agent, const char *role,
                              const soc_json *passed)
{
    const soc_json *best = NULL;
    const soc_json *task;
    const char *id;
    for (void *i = NULL; (i = soc_json_next(tasks->tasks, i, &id, &task));)
        if ((!best || priority_of(task) < priority_of(best)) && soc_task_is_ready(tasks, task) &&
            soc_task_is_for(task, agent, role) && !soc_json_get(passed, id))
            best = task;
    return best;
}

soc_json *soc_task_claims_of(const struct soc_tasks *tasks, const char *agent)
{
    soc_json *claims = soc_json_new_array();
    const soc_json *task;
    const char *id;
    for (void *i = NULL; claims && (i = soc_json_next(tasks->tasks, i, &id, &task));) {
        const char *holder = soc_json_get_string(task, "holder");
        if (!holder || strcmp(holder, agent) != 0 ||
            soc_json_append(claims, soc_json_new_string(id, strlen(id))) == 0)
            continue;
        soc_json_free(claims);
        return NULL;
    }
    return claims;
}

/* ---- Lists ---- */

struct chosen {
    const soc_json *task;
    size_t age;
};

static int compare(const void *left, const void *right)
{
    const struct chosen *a = left;
    const struct chosen *b = right;
    int64_t difference = priority_of(a->task) - priority_of(b->task);
    if (difference != 0)
        return difference < 0 ? -1 : 1;
    return (a->age > b->age) - (a->age < b->age);
}

static bool is_mine(const soc_json *task, const char *agent)
{
    static const char *const keys[] = {"holder", "assignee", "submitter"};
    for (size_t i = 0; i < sizeof keys / sizeof keys[0]; i++) {
        const char *who = soc_json_get_string(task, keys[i]);
        if (who && strcmp(who, agent) == 0)
            return true;
    }
    return false;
}

static bool is_chosen(struct society *s, const struct soc_tasks *tasks, const soc_json *task,
                      uint32_t flags, const char *state, const char *role)
{
    const char *own = soc_json_get_string(task, "state");
    if (state && (!own || strcmp(own, state) != 0))
        return false;
    if ((flags & SOCIETY_TASKS_MINE) != 0 && !is_mine(task, s->agent))
        return false;
    return (flags & SOCIETY_TASKS_READY) == 0 ||
           (soc_task_is_ready(tasks, task) && soc_task_is_for(task, s->agent, role));
}

static size_t choose(struct society *s, const struct soc_tasks *tasks, uint32_t flags,
                     const char *state, struct chosen *chosen)
{
    const char *role = (flags & SOCIETY_TASKS_READY) != 0 ? soc_task_role(s) : NULL;
    const soc_json *task;
    const char *id;
    size_t count = 0;
    for (void *i = NULL; (i = soc_json_next(tasks->tasks, i, &id, &task));) {
        if (!is_chosen(s, tasks, task, flags, state, role))
            continue;
        chosen[count] = (struct chosen){task, count};
        count++;
    }
    if ((flags & SOCIETY_TASKS_READY) != 0)
        qsort(chosen, count, sizeof *chosen, compare);
    return count;
}

static int list(struct society *s, const struct soc_tasks *tasks, uint32_t flags, const char *state,
                society_list *out)
{
    int result = 0;
    struct chosen *chosen = malloc((soc_json_count(tasks->tasks) + 1) * sizeof *chosen);
    if (!chosen)
        return soc_fail_memory(&s->error);
    size_t count = choose(s, tasks, flags, state, chosen);
    for (size_t i = 0; result == 0 && i < count; i++) {
        SOC_AUTO_JSON soc_json *view = soc_task_view(chosen[i].task, false);
        result = view ? soc_list_add_json(out, view) : -ENOMEM;
    }
    free(chosen);
    return result < 0 ? soc_fail_memory(&s->error) : (int)count;
}

SOC_PUBLIC int society_tasks(society *s, uint32_t flags, const char *state,
                             society_list **ret_tasks)
{
    int result = soc_enter(s);
    if (result == 0 && (flags & ~(SOCIETY_TASKS_READY | SOCIETY_TASKS_MINE)) != 0)
        result = soc_fail(&s->error, SOCIETY_E_INVALID, "unknown flags %#x", (unsigned)flags);
    if (result == 0 && flags != 0 && s->agent[0] == '\0')
        result = soc_fail(&s->error, SOCIETY_E_NO_AGENT, "ready or mine for whom? no agent");
    const struct soc_tasks *tasks = result == 0 ? soc_tasks(s, &result) : NULL;
    SOC_AUTO_LIST society_list *out = soc_list_new();
    if (!tasks || !out)
        return result < 0 ? result : soc_fail_memory(&s->error);
    int count = list(s, tasks, flags, state, out);
    if (count >= 0) {
        *ret_tasks = out;
        out = NULL;
    }
    return count;
}

SOC_PUBLIC int society_task_get(society *s, const char *id, char **ret_task)
{
    int result = soc_enter(s);
    const struct soc_tasks *tasks = result == 0 ? soc_tasks(s, &result) : NULL;
    if (!tasks)
        return result;
    const soc_json *task = id ? soc_tasks_get(tasks, id) : NULL;
    if (!task)
        return soc_fail(&s->error, SOCIETY_E_NOT_FOUND, "there is no task %.80s", id ? id : "");
    SOC_AUTO_JSON soc_json *view = soc_task_view(task, true);
    SOC_AUTO_STRBUF struct soc_strbuf text = SOC_STRBUF_INIT;
    if (view)
        soc_json_dump(view, &text);
    if (!view || text.failed)
        return soc_fail_memory(&s->error);
    *ret_task = soc_strbuf_steal(&text);
    return 0;
}
