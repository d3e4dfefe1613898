/* SPDX-License-Identifier: MIT */
/* The fold of tasks: see fold.h. */
#include "fuzz/fold.h"
#include "path.h"
#include "task_state.h"

static const char *const types[] = {"task_create",  "task_claim",   "task_claim",  "task_renew",
                                    "task_release", "task_submit",  "task_fail",   "task_complete",
                                    "task_block",   "task_unblock", "task_cancel", "task_reopen",
                                    "task_assign",  "task_note",    "task_depend", "task_edit",
                                    "task_create",  "task_state",   "task_claim",  NULL};

static const char *const subjects[] = {
    "\"task\":\"t1\"",
    "\"task\":\"t2\"",
    "\"task\":\"t3\"",
    "\"task\":{\"id\":\"t1\",\"title\":\"A\",\"maxRetries\":1}",
    "\"task\":{\"id\":\"t2\",\"title\":\"B\",\"dependsOn\":[\"t1\"],\"labels\":[\"x\"]}",
    "\"task\":{\"id\":\"t3\",\"title\":\"C\",\"dependsOn\":[\"t2\",\"t9\"],\"role\":\"tester\"}",
    "\"task\":{\"id\":\"t1\",\"state\":\"claimed\",\"holder\":\"w1\",\"token\":5,\"lastToken\":5}",
    "\"task\":{\"id\":\"t2\",\"notes\":[{\"text\":1}],\"paths\":[\"..\"],\"result\":[1]},\"more\":"
    "true",
    "\"task\":{\"id\":\"../t1\"}",
    "\"task\":[]",
    NULL};

static const char *const keys[] = {
    "token",  "takeover", "session", "leaseMs",   "to",   "reason", "text", "dependsOn", "remove",
    "fields", "presence", "result",  "timestamp", "task", "more",   "from", "token",     NULL};

static const char *const values[] = {"@",
                                     "@",
                                     "@",
                                     "null",
                                     "true",
                                     "-1",
                                     "1.5",
                                     "1e400",
                                     "9007199254740993",
                                     "\"\"",
                                     "\"w1\"",
                                     "\"role:tester\"",
                                     "\"\\ud800\"",
                                     "\"2026-02-10T10:00:00.000Z\"",
                                     "[\"t1\",\"t3\"]",
                                     "[\"t2\",1,\"t2\"]",
                                     "{\"title\":\"E\",\"priority\":4,\"labels\":[\"y\"]}",
                                     "{\"state\":\"done\",\"dependsOn\":[\"t3\"],\"priority\":9}",
                                     NULL};

static void check(const void *state)
{
    const struct soc_tasks *tasks = state;
    const char *id;
    const soc_json *task;

    for (void *i = NULL; (i = soc_json_next(tasks->tasks, i, &id, &task));) {
        int64_t token = -1, last = -1;
        const char *holder = soc_json_get_string(task, "holder");
        const char *status = soc_json_get_string(task, "state");
        must(status && strcmp(soc_json_get_string(task, "id"), id) == 0);
        must(soc_is_id(id, strlen(id)));
        bool has = soc_json_get_integer(task, "token", &token);
        if (soc_json_get_integer(task, "lastToken", &last) && has)
            must(token <= last);
        if (strcmp(status, "claimed") == 0)
            must(holder && has);
        soc_task_is_ready(tasks, task);
        soc_task_is_for(task, "w1", "tester");
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const struct fold_words words = {&soc_tasks_fold, types, subjects, keys, values, check};

    return fold_run(&words, data, size);
}
