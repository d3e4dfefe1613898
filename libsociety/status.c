/* SPDX-License-Identifier: MIT */
/* The whole society on one screen: see society_status(). */
#include <errno.h>
#include <fcntl.h>
#include <society/society.h>

#include "handle.h"
#include "registry.h"
#include "task.h"
#include "unread.h"

static soc_json *log_object(struct society *s, const char *log)
{
    struct soc_segment segment;
    int result = soc_segment_open(&s->dir, log, -1, O_RDONLY, &segment, &s->error);
    if (result < 0)
        return soc_json_new_null();
    int64_t size = soc_segment_size(&segment, log, &s->error);
    soc_json *object = soc_json_new_object();
    if (object && (soc_json_set_string(object, "log", log) < 0 ||
                   soc_json_set(object, "bytes", soc_json_new_integer(size < 0 ? 0 : size)) < 0 ||
                   soc_json_set(object, "end", soc_json_new_integer(segment.base + size)) < 0)) {
        soc_json_free(object);
        object = NULL;
    }
    soc_segment_close(&segment);
    return object;
}

static soc_json *log_array(struct society *s)
{
    static const char *const logs[] = {"registry", "messages", "deliveries", "tasks", "ownership"};
    soc_json *array = soc_json_new_array();
    int result = array ? 0 : -1;
    for (size_t i = 0; result == 0 && i < sizeof logs / sizeof logs[0]; i++) {
        soc_json *object = log_object(s, logs[i]);
        if (object && soc_json_kind(object) == SOC_JSON_NULL)
            soc_json_free(
                object); /* no such log, or none that can be read: society_check() says which */
        else
            result = soc_json_append(array, object);
    }
    if (result == 0)
        return array;
    soc_json_free(array);
    return NULL;
}

/* The agents' array with `unread` in each. */
static soc_json *agents_with_unread(struct society *s, int *ret_error)
{
    SOC_AUTO_JSON soc_json *agents = soc_agent_array(s, ret_error);
    SOC_AUTO_JSON soc_json *counts = agents ? soc_unread_counts(s, agents, ret_error) : NULL;
    soc_json *result = counts ? soc_json_new_array() : NULL;
    for (size_t i = 0; result && i < soc_json_count(agents); i++) {
        soc_json *agent = soc_json_copy(soc_json_item(agents, i));
        int64_t unread = 0;
        if (agent && soc_json_get_integer(counts, soc_json_get_string(agent, "agentId"), &unread) &&
            soc_json_set(agent, "unread", soc_json_new_integer(unread)) == 0) {
            if (soc_json_append(result, agent) == 0)
                continue;
        } else {
            soc_json_free(agent);
        }
        *ret_error = soc_fail_memory(&s->error);
        soc_json_free(result);
        return NULL;
    }
    return result;
}

/* How many tasks are in each state. */
static soc_json *task_counts(struct society *s, int *ret_error)
{
    static const char *const states[] = {"open", "claimed", "blocked",  "review",
                                         "done", "failed",  "cancelled"};
    const struct soc_tasks *tasks = soc_tasks(s, ret_error);
    SOC_AUTO_JSON soc_json *counts = tasks ? soc_json_new_object() : NULL;
    const soc_json *task;
    const char *id;
    int64_t count;
    int result = counts ? 0 : -1;
    for (size_t i = 0; result == 0 && i < sizeof states / sizeof states[0]; i++)
        result = soc_json_set(counts, states[i], soc_json_new_integer(0));
    for (void *i = NULL; result == 0 && (i = soc_json_next(tasks->tasks, i, &id, &task));) {
        const char *state = soc_json_get_string(task, "state");
        if (state && soc_json_get_integer(counts, state, &count))
            result = soc_json_set(counts, state, soc_json_new_integer(count + 1));
    }
    return result == 0 ? soc_json_retain(counts) : NULL;
}

static int set_parts(struct society *s, soc_json *status, soc_json *agents, int *ret_error)
{
    int result = soc_json_set(status, "agents", agents);
    if (result == 0)
        result = soc_json_set_string(status, "dir", s->dir.path);
    if (result == 0)
        result = soc_json_set_string(status, "projectId", s->config.project_id);
    if (result == 0)
        result = soc_json_set(status, "logs", log_array(s));
    if (result == 0)
        result = soc_json_set(status, "tasks", task_counts(s, ret_error));
    return result;
}

SOC_PUBLIC int society_status(society *s, char **ret_json)
{
    int result = soc_enter(s);
    if (result < 0)
        return result;
    soc_json *agents = agents_with_unread(s, &result);
    if (!agents)
        return result < 0 ? result : soc_fail_memory(&s->error);
    SOC_AUTO_JSON soc_json *status = soc_json_new_object();
    SOC_AUTO_STRBUF struct soc_strbuf text = SOC_STRBUF_INIT;
    if (!status) {
        soc_json_free(agents);
        return soc_fail_memory(&s->error);
    }
    if (set_parts(s, status, agents, &result) < 0)
        return result < 0 ? result : soc_fail_memory(&s->error);
    soc_json_dump(status, &text);
    if (text.failed)
        return soc_fail_memory(&s->error);
    *ret_json = soc_strbuf_steal(&text);
    return 0;
}
