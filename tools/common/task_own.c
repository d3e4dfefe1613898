/* SPDX-License-Identifier: MIT */
/*
 * A task together with the files that it will touch. The paths come first: who has them and is refused the task gives them
 * back, while one with the task and without its paths would keep others from it for nothing. If this process dies in between,
 * the paths end as every reservation does, with the session or the lease.
 */
#include <stdlib.h>
#include <string.h>

#include <society/ownership.h>
#include <society/task.h>

#include "compose.h"
#include "json.h"
#include "task.h"

/* The task's patterns as a JSON array, to be given to free(); NULL: it names none. */
static char *paths_of(json_value *task)
{
    json_value *paths = json_member(task, "paths");
    return json_count(paths) > 0 ? json_compact(paths) : NULL;
}

static int acquire(struct tool *t, const struct task_request *r, const char *id, const char *paths)
{
    struct compose c;
    if (!paths)
        return 0;
    compose_begin(&c);
    compose_text(&c, "task", id);
    if (r->lease_ms > 0)
        compose_number(&c, "leaseMs", r->lease_ms);
    char *fields = compose_end(&c);
    int result = society_own_acquire(t->society, paths, 0, fields, r->wait_ms, NULL);
    free(fields);
    return result;
}

/* Paths and task, or neither. The reason of a refusal is in `ret_why`, to be given to free(). */
static int take_both(struct tool *t, const struct task_request *r, json_value *task,
                     char **ret_claim, char **ret_why)
{
    const char *id = json_member_text(task, "id", "");
    char *paths = paths_of(task);
    int owned = acquire(t, r, id, paths);
    int result = owned < 0 ? owned
                 : r->wait_ms > 0
                     ? society_task_claim_wait(t->society, id, r->lease_ms, r->wait_ms, ret_claim)
                     : society_task_claim(t->society, id, r->lease_ms, ret_claim);
    if (result < 0)
        *ret_why = strdup(tool_reason(t, result));
    if (result < 0 && owned >= 0 && paths) {
        int released = society_own_release(t->society, paths);
        if (released < 0)
            tool_warn("the paths of %s are not given back: %s", id, tool_reason(t, released));
    }
    free(paths);
    return result;
}

static char *take_named(struct tool *t, const struct task_request *r, const char *id)
{
    char *text = NULL, *claim = NULL, *why = NULL;
    int result = society_task_get(t->society, id, &text);
    if (result < 0)
        tool_fail_result(t, result);
    json_value *task = json_read(text, NULL);
    result = take_both(t, r, task, &claim, &why);
    if (result < 0)
        tool_fail(tool_status(result), "%s", why ? why : society_strerror(result));
    json_release(task);
    society_free(text);
    return claim;
}

/* The best of those that are ready whose paths are free. */
static char *take_best(struct tool *t, const struct task_request *r)
{
    society_list *tasks = NULL;
    char *claim = NULL;
    uint32_t flags = SOCIETY_TASKS_READY | (r->familiar ? SOCIETY_TASKS_FAMILIAR : 0);
    int result = society_tasks(t->society, flags, NULL, &tasks);
    if (result < 0)
        tool_fail_result(t, result);
    for (int64_t i = 0; !claim && i < society_list_count(tasks); i++) {
        char *why = NULL;
        json_value *task = json_read(society_list_item(tasks, i), NULL);
        result = take_both(t, r, task, &claim, &why);
        if (result < 0 && result != SOCIETY_E_HELD)
            tool_fail(tool_status(result), "%s", why ? why : society_strerror(result));
        free(why);
        json_release(task);
    }
    society_list_free(tasks);
    if (!claim)
        tool_fail(STATUS_NO, "nothing is ready whose paths are free");
    return claim;
}

char *task_take_with_paths(struct tool *t, const struct task_request *r, const char *id)
{
    if (!id && r->wait_ms > 0)
        tool_usage("--own with --wait needs the task's id");
    return id ? take_named(t, r, id) : take_best(t, r);
}
