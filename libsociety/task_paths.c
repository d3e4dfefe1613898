/* SPDX-License-Identifier: MIT */
/* The paths of a task that is being claimed: see task_paths.h. */
#include "task_paths.h"

#include <stdio.h>

#include "own_take.h"

static int take(struct society *s, const char *id, const char *patterns, int64_t lease_ms,
                int32_t timeout_ms, struct soc_task_paths *paths)
{
    struct soc_own_request request;
    int result = soc_own_prepare(s, patterns, &request);
    request.task = id;
    request.lease_ms = lease_ms;
    request.of_claim = true;
    request.act = paths->act.number;
    request.tasks_at = s->tasks.reader.position;
    if (result == 0)
        result = soc_own_take(s, &request, timeout_ms);
    if (result == 0)
        paths->token = request.token;
    paths->left_ms = request.left_ms;
    soc_own_request_end(&request);
    return result;
}

int soc_task_paths_take(struct society *s, const soc_json *task, int64_t lease_ms,
                        int32_t timeout_ms, struct soc_task_paths *paths)
{
    char id[SOC_ID_MAX + 1]; /* the state may be read anew meanwhile */
    SOC_AUTO_STRBUF struct soc_strbuf patterns = SOC_STRBUF_INIT;
    const soc_json *list = soc_json_get(task, "paths");
    *paths = (struct soc_task_paths)SOC_TASK_PATHS_NONE;
    if (soc_json_count(list) == 0)
        return 0;
    snprintf(id, sizeof id, "%s", soc_json_get_string(task, "id"));
    soc_json_dump(list, &patterns);
    if (patterns.failed)
        return soc_fail_memory(&s->error);
    int result = soc_act_begin(s, &paths->act);
    if (result == 0)
        result = take(s, id, patterns.data, lease_ms, timeout_ms, paths);
    if (result < 0)
        soc_act_end(&paths->act);
    return result;
}

int soc_task_paths_keep(struct society *s, struct soc_task_paths *paths)
{
    int result = 0;
    if (paths->token < 0)
        return 0;
    const struct soc_owns *owns = soc_owns(s, &result);
    if (owns && soc_own_find(owns, paths->token) == owns->count)
        result = soc_fail(&s->error, SOCIETY_E_FENCED,
                          "the paths were taken over: the agent was thought to be gone");
    soc_act_end(&paths->act);
    return result;
}

void soc_task_paths_give_back(struct society *s, struct soc_task_paths *paths)
{
    struct soc_error first = s->error;
    soc_act_end(&paths->act);
    /* If the disk failed behind the claim's record, the claim stands after all, and its paths with
     * it. Otherwise they are void now, whether that can be said or not. */
    if (paths->token >= 0)
        soc_claim_bury(s, paths->token);
    paths->token = -1;
    s->error = first;
}
