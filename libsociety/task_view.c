/* SPDX-License-Identifier: MIT */
/* Tasks as they are shown, and which comes first: see task.h. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "claim.h"
#include "lease.h"
#include "record.h"
#include "registry.h"
#include "task.h"
#include "task_fields.h"
#include "task_rules.h"
#include "task_work.h"

#define NEED_AN_AGENT \
    (SOCIETY_TASKS_READY | SOCIETY_TASKS_MINE | SOCIETY_TASKS_FAMILIAR | SOCIETY_TASKS_ABANDONED)
#define ALL_FLAGS (NEED_AN_AGENT | SOCIETY_TASKS_ARCHIVED)
#define ONE_OF (SOCIETY_TASKS_READY | SOCIETY_TASKS_ARCHIVED | SOCIETY_TASKS_ABANDONED)

const char *soc_task_role(struct society *s)
{
    int ignored; /* an agent whose registration can't be read has no role */
    const soc_json *registry = soc_registry(s, &ignored);
    return registry ? soc_json_get_string(soc_registry_agent(registry, s->agent), "role") : NULL;
}

const soc_json *soc_task_familiar(const struct society *s, const struct soc_tasks *tasks)
{
    return soc_json_get(tasks->work, s->agent);
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

/* What is shown of a task is written down, and never changed. */
static soc_json *view_of(const soc_json *task, const char *key, bool is_list)
{
    const soc_json *value = soc_json_get(task, key);
    if (value)
        return soc_json_retain((soc_json *)(uintptr_t)value);
    return is_list ? soc_json_new_array() : soc_json_new_null();
}

soc_json *soc_task_view(const soc_json *task, bool with_notes)
{
    static const char *const keys[] = {
        "id",     "title",   "description", "state",      "priority",    "assignee",
        "role",   "labels",  "paths",       "dependsOn",  "parent",      "holder",
        "token",  "leaseMs", "createdBy",   "createdAt",  "updatedAt",   "result",
        "reason", "retries", "acceptance",  "maxRetries", "completedBy", "submitter"};
    SOC_AUTO_JSON soc_json *view = soc_json_new_object();
    int result = view ? 0 : -1;
    for (size_t i = 0; result == 0 && i < sizeof keys / sizeof keys[0]; i++)
        result = soc_json_set(view, keys[i], view_of(task, keys[i], i >= 7 && i <= 9));
    int64_t notes = (int64_t)soc_json_count(soc_json_get(task, "notes"));
    if (result == 0)
        result = soc_json_set(
            view, "notes", with_notes ? view_of(task, "notes", true) : soc_json_new_integer(notes));
    return result == 0 ? soc_json_retain(view) : NULL;
}

/* ---- Which comes first ---- */

static bool is_for_role(const soc_json *task)
{
    const char *assignee = soc_json_get_string(task, "assignee");
    return assignee ? strncmp(assignee, "role:", 5) == 0 : soc_json_get(task, "role") != NULL;
}

/* Whether the seeker may have it; not where that is for his role, which is not known yet. */
static bool may_have(const struct soc_rank *ready, const struct soc_task_seeker *seeker)
{
    if (ready->for_all)
        return true;
    if (seeker->asks_role && is_for_role(ready->task))
        *seeker->asks_role = true;
    return soc_task_is_for(ready->task, seeker->agent, seeker->role);
}

static bool is_passed(const soc_json *passed, const struct soc_rank *ready)
{
    return passed && soc_json_get(passed, ready->id);
}

/* The best of one priority: the oldest, or, of those that are most like what the agent has done,
 * the oldest. */
static const struct soc_rank *best_of(const struct soc_ranks *ready,
                                      const struct soc_task_seeker *seeker, const soc_json *passed)
{
    const struct soc_rank *best = NULL;
    int64_t most = -1;
    for (size_t i = ready->first; i < ready->end; i++) {
        const struct soc_rank *rank = &ready->items[i];
        bool fits = may_have(rank, seeker) && !is_passed(passed, rank);
        if (seeker->asks_role && *seeker->asks_role)
            return NULL;
        if (!fits)
            continue;
        if (!seeker->familiar)
            return rank;
        int64_t likeness = soc_task_work_likeness(seeker->familiar, rank->task);
        if (likeness > most)
            best = rank;
        most = likeness > most ? likeness : most;
    }
    return best;
}

const struct soc_rank *soc_task_best_rank(const struct soc_tasks *tasks,
                                          const struct soc_task_seeker *seeker,
                                          const soc_json *passed)
{
    const struct soc_rank *best = NULL;
    for (size_t p = 0; !best && p < SOC_PRIORITIES && !(seeker->asks_role && *seeker->asks_role);
         p++)
        best = best_of(&tasks->index.ready[p], seeker, passed);
    return best;
}

const soc_json *soc_task_best(const struct soc_tasks *tasks, const struct soc_task_seeker *seeker,
                              const soc_json *passed)
{
    const struct soc_rank *best = soc_task_best_rank(tasks, seeker, passed);
    return best ? best->task : NULL;
}

size_t soc_task_best_several(const struct soc_tasks *tasks, const struct soc_task_seeker *seeker,
                             const struct soc_rank **out, size_t count)
{
    size_t found = 0;
    for (size_t p = 0; p < SOC_PRIORITIES; p++) {
        const struct soc_ranks *ready = &tasks->index.ready[p];
        for (size_t i = ready->first; i < ready->end && found < count; i++)
            if (may_have(&ready->items[i], seeker))
                out[found++] = &ready->items[i];
    }
    return found;
}

soc_json *soc_task_claims_of(const struct soc_tasks *tasks, const char *agent)
{
    const struct soc_ranks *claimed = &tasks->index.claimed;
    soc_json *claims = soc_json_new_array();
    for (size_t i = claimed->first; claims && i < claimed->end; i++) {
        const char *holder = soc_json_get_string(claimed->items[i].task, "holder");
        const char *id = soc_json_get_string(claimed->items[i].task, "id");
        if (!holder || strcmp(holder, agent) != 0 ||
            soc_json_append(claims, soc_json_new_string(id, strlen(id))) == 0)
            continue;
        soc_json_free(claims);
        return NULL;
    }
    return claims;
}

/* ---- Lists ---- */

/* Tasks in the order in which they are given. */
struct chosen {
    struct soc_rank *items;
    size_t count;
};

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

static void choose(struct chosen *chosen, struct society *s, const soc_json *task, uint32_t flags,
                   const char *state)
{
    const char *own = soc_json_get_string(task, "state");
    if ((!state || (own && strcmp(own, state) == 0)) &&
        ((flags & SOCIETY_TASKS_MINE) == 0 || is_mine(task, s->agent)))
        chosen->items[chosen->count++].task = task;
}

/* A task of one priority, and how much it is like what the agent has done. */
struct liked {
    const soc_json *task;
    int64_t likeness;
    size_t age;
};

static int compare_likeness(const void *left, const void *right)
{
    const struct liked *a = left;
    const struct liked *b = right;
    if (a->likeness != b->likeness)
        return a->likeness > b->likeness ? -1 : 1;
    return (a->age > b->age) - (a->age < b->age);
}

/* Puts the familiar ones first. */
static int sort_by_likeness(struct soc_rank *items, size_t count, const soc_json *familiar)
{
    struct liked *liked = malloc((count + 1) * sizeof *liked);
    if (!liked)
        return -ENOMEM;
    for (size_t i = 0; i < count; i++)
        liked[i] =
            (struct liked){items[i].task, soc_task_work_likeness(familiar, items[i].task), i};
    qsort(liked, count, sizeof *liked, compare_likeness);
    for (size_t i = 0; i < count; i++)
        items[i].task = liked[i].task;
    free(liked);
    return 0;
}

static int choose_ready(struct chosen *chosen, struct society *s, const struct soc_tasks *tasks,
                        uint32_t flags, const char *state)
{
    struct soc_task_seeker seeker = {.agent = s->agent, .role = soc_task_role(s)};
    int result = 0;
    if ((flags & SOCIETY_TASKS_FAMILIAR) != 0)
        seeker.familiar = soc_task_familiar(s, tasks);
    for (size_t p = 0; result == 0 && p < SOC_PRIORITIES; p++) {
        const struct soc_ranks *ready = &tasks->index.ready[p];
        size_t before = chosen->count;
        for (size_t i = ready->first; i < ready->end; i++)
            if (soc_task_is_for(ready->items[i].task, s->agent, seeker.role))
                choose(chosen, s, ready->items[i].task, flags, state);
        if (seeker.familiar)
            result =
                sort_by_likeness(chosen->items + before, chosen->count - before, seeker.familiar);
    }
    return result;
}

/* Whether a claim without an id would take this task over: 1, 0; errnos. What the agent has from
 * short calls of its own is not given to it again. */
static int is_abandoned(struct society *s, const soc_json *task, const char *role)
{
    int64_t left;
    const char *holder = soc_json_get_string(task, "holder");
    bool own = holder && strcmp(holder, s->agent) == 0;
    if (!soc_task_is_for(task, s->agent, role) ||
        (own && !soc_json_get_bool(task, "present", false)))
        return 0;
    return soc_claim_is_over(s, task, &left);
}

static int choose_abandoned(struct chosen *chosen, struct society *s, const struct soc_tasks *tasks,
                            uint32_t flags, const char *state)
{
    const struct soc_ranks *claimed = &tasks->index.claimed;
    const char *role = soc_task_role(s);
    int result = 0;
    soc_lease_begin(s);
    for (int64_t p = 0; result >= 0 && p < SOC_PRIORITIES; p++) {
        for (size_t i = claimed->first; result >= 0 && i < claimed->end; i++) {
            const soc_json *task = claimed->items[i].task;
            result = soc_task_priority(task) == p ? is_abandoned(s, task, role) : 0;
            if (result == 1)
                choose(chosen, s, task, flags, state);
        }
    }
    int noted = soc_lease_end(s);
    return result < 0 ? result : noted;
}

static int list(struct society *s, const struct soc_tasks *tasks, uint32_t flags, const char *state,
                society_list *out)
{
    struct chosen chosen = {calloc(soc_json_count(tasks->tasks) + 1, sizeof *chosen.items), 0};
    const soc_json *task;
    const char *id;
    int result = chosen.items ? 0 : -ENOMEM;
    if (result == 0 && (flags & SOCIETY_TASKS_READY) != 0)
        result = choose_ready(&chosen, s, tasks, flags, state);
    else if (result == 0 && (flags & SOCIETY_TASKS_ABANDONED) != 0)
        result = choose_abandoned(&chosen, s, tasks, flags, state);
    else
        for (void *i = NULL; result == 0 && (i = soc_json_next(tasks->tasks, i, &id, &task));)
            choose(&chosen, s, task, flags, state);
    for (size_t i = 0; result == 0 && i < chosen.count; i++) {
        SOC_AUTO_JSON soc_json *view = soc_task_view(chosen.items[i].task, false);
        result = view ? soc_list_add_json(out, view) : -ENOMEM;
    }
    free(chosen.items);
    if (result == -ENOMEM)
        return soc_fail_memory(&s->error);
    return result < 0 ? result : (int)chosen.count;
}

/* A task as society_task_get() gives it; NULL: no memory. */
static soc_json *whole_view(const soc_json *task, bool archived)
{
    SOC_AUTO_JSON soc_json *view = soc_task_view(task, true);
    if (!view || soc_json_set(view, "archived", soc_json_new_bool(archived)) < 0)
        return NULL;
    return soc_json_retain(view);
}

static int compare_positions(const void *left, const void *right)
{
    int64_t a = -1;
    int64_t b = -1;
    soc_json_get_integer(((const struct soc_rank *)left)->task, "position", &a);
    soc_json_get_integer(((const struct soc_rank *)right)->task, "position", &b);
    return (a > b) - (a < b);
}

/* Whole, for looking one of them up reads the archive again. */
static int list_archived(struct society *s, uint32_t flags, const char *state, society_list *out)
{
    int result = 0;
    const char *id;
    const soc_json *task;
    SOC_AUTO_JSON soc_json *archive = soc_task_archive(s, &result);
    if (!archive)
        return result;
    struct chosen chosen = {calloc(soc_json_count(archive) + 1, sizeof *chosen.items), 0};
    for (void *i = NULL; chosen.items && (i = soc_json_next(archive, i, &id, &task));)
        choose(&chosen, s, task, flags, state);
    if (chosen.items)
        qsort(chosen.items, chosen.count, sizeof *chosen.items, compare_positions);
    else
        result = -ENOMEM;
    for (size_t i = 0; result == 0 && i < chosen.count; i++) {
        SOC_AUTO_JSON soc_json *view = whole_view(chosen.items[i].task, true);
        result = view ? soc_list_add_json(out, view) : -ENOMEM;
    }
    free(chosen.items);
    return result < 0 ? soc_fail_memory(&s->error) : (int)chosen.count;
}

static int check_question(struct society *s, uint32_t flags, const char *state)
{
    int result = soc_enter(s);
    if (result < 0)
        return result;
    if ((flags & ~(uint32_t)ALL_FLAGS) != 0)
        return soc_fail(&s->error, SOCIETY_E_INVALID, "unknown flags %#x", (unsigned)flags);
    if ((flags & ONE_OF & ((flags & ONE_OF) - 1)) != 0)
        return soc_fail(&s->error, SOCIETY_E_INVALID,
                        "no task is more than one of ready, abandoned and archived");
    if ((flags & NEED_AN_AGENT) != 0 && s->agent[0] == '\0')
        return soc_fail(&s->error, SOCIETY_E_NO_AGENT, "ready or mine for whom? no agent");
    if (state && !soc_task_is_state(state))
        return soc_fail(&s->error, SOCIETY_E_INVALID, "\"%.40s\" is none of " SOC_TASK_STATES,
                        state);
    return 0;
}

SOC_PUBLIC int society_tasks(society *s, uint32_t flags, const char *state,
                             society_list **ret_tasks)
{
    int result = check_question(s, flags, state);
    const struct soc_tasks *tasks = result == 0 ? soc_tasks(s, &result) : NULL;
    SOC_AUTO_LIST society_list *out = soc_list_new();
    if (!tasks || !out)
        return result < 0 ? result : soc_fail_memory(&s->error);
    int count = (flags & SOCIETY_TASKS_ARCHIVED) != 0 ? list_archived(s, flags, state, out)
                                                      : list(s, tasks, flags, state, out);
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
    const char *wanted = id ? id : "";
    const soc_json *task = soc_tasks_get(tasks, wanted);
    SOC_AUTO_JSON soc_json *found = NULL;
    bool archived = !task && soc_tasks_archived(tasks, wanted);
    if (archived) {
        result = soc_task_find_archived(s, wanted, &found);
        task = found;
    }
    if (result < 0 || !task)
        return result < 0 ? result : soc_tasks_fail_absent(tasks, wanted, &s->error);
    SOC_AUTO_JSON soc_json *view = whole_view(task, archived);
    SOC_AUTO_STRBUF struct soc_strbuf text = SOC_STRBUF_INIT;
    if (view)
        soc_json_dump(view, &text);
    if (text.length == 0 || text.failed)
        return soc_fail_memory(&s->error);
    *ret_task = soc_strbuf_steal(&text);
    return 0;
}
