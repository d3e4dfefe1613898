/* SPDX-License-Identifier: MIT */
/* What a record does to the task that it is about: see task_effects.h. */
#include "task_effects.h"

#include <stdint.h>
#include <string.h>

#include "task_fields.h"

static bool is_text(const soc_json *task, const char *key, const char *text)
{
    const char *own = soc_json_get_string(task, key);
    return own && strcmp(own, text) == 0;
}

int soc_task_set_integer(soc_json *task, const char *key, int64_t value)
{
    return soc_json_set(task, key, soc_json_new_integer(value));
}

int soc_task_set_text(soc_json *task, const char *key, const char *text)
{
    return text ? soc_json_set_string(task, key, text) : soc_json_remove(task, key);
}

/* A record's text member, or none. */
static int copy_text(soc_json *task, const char *key, const soc_json *json)
{
    return soc_task_set_text(task, key, soc_json_get_string(json, key));
}

/* A list of the task, made where there is none; NULL: no memory. */
static soc_json *list_of(soc_json *task, const char *key)
{
    const soc_json *known = soc_json_get(task, key);
    if (known)
        return (soc_json *)(uintptr_t)known;
    soc_json *made = soc_json_new_array();
    return soc_json_set(task, key, made) == 0 ? made : NULL;
}

static int copy_result(soc_json *task, const soc_json *json)
{
    const soc_json *value = soc_json_get(json, "result");
    return value ? soc_json_set(task, "result", soc_json_copy(value)) : 0;
}

/* The claim is over; the task goes to `state`. */
static int end_claim(soc_json *task, const char *state)
{
    static const char *const keys[] = {"holder",  "token",   "session", "leaseMs",
                                       "renewed", "present", "own"};
    int result = soc_json_set_string(task, "state", state);
    for (size_t i = 0; result == 0 && i < sizeof keys / sizeof keys[0]; i++)
        result = soc_json_remove(task, keys[i]);
    return result;
}

static int set_lease(soc_json *task, const struct soc_task_change *change)
{
    int64_t lease;
    int result = soc_task_set_integer(task, "renewed", change->record->position);
    if (result == 0 && soc_json_get_integer(change->record->json, "leaseMs", &lease) && lease > 0)
        result = soc_task_set_integer(task, "leaseMs", lease);
    return result;
}

/* The reservation that was taken with the claim. */
static int set_own(soc_json *task, const soc_json *json)
{
    int64_t own;
    if (!soc_json_get_integer(json, "own", &own) || own < 0)
        return soc_json_remove(task, "own");
    return soc_task_set_integer(task, "own", own);
}

static int claim(soc_json *task, const struct soc_task_change *change)
{
    int result = soc_json_set_string(task, "state", "claimed");
    if (result == 0)
        result = soc_json_set_string(task, "holder", change->from);
    if (result == 0)
        result = copy_text(task, "session", change->record->json);
    if (result == 0)
        result = soc_json_set(
            task, "present",
            soc_json_new_bool(soc_json_get_bool(change->record->json, "presence", false)));
    if (result == 0)
        result = soc_task_set_integer(task, "token", change->token);
    if (result == 0)
        result = soc_task_set_integer(task, "lastToken", change->token);
    if (result == 0)
        result = set_own(task, change->record->json);
    if (result == 0)
        result = soc_json_remove(task, "reason");
    if (result == 0)
        result = soc_task_set_text(task, "claimedAt",
                                   soc_json_get_string(change->record->json, "timestamp"));
    return result == 0 ? set_lease(task, change) : result;
}

static int fail_task(soc_json *task, const struct soc_task_change *change)
{
    int64_t retries = 0;
    int64_t most = 0;
    soc_json_get_integer(task, "retries", &retries);
    soc_json_get_integer(task, "maxRetries", &most);
    bool again = retries < most;
    int result = copy_text(task, "reason", change->record->json);
    if (result == 0 && again)
        result = soc_task_set_integer(task, "retries", retries + 1);
    return result == 0 ? end_claim(task, again ? "open" : "failed") : result;
}

static int add_note(soc_json *task, const struct soc_task_change *change)
{
    const soc_json *json = change->record->json;
    soc_json *notes = list_of(task, "notes");
    SOC_AUTO_JSON soc_json *note = soc_json_new_object();
    if (!notes || !note || soc_json_set_string(note, "from", change->from) < 0 ||
        copy_text(note, "text", json) < 0 || copy_text(note, "timestamp", json) < 0)
        return -1;
    return soc_json_append(notes, soc_json_retain(note));
}

static int submit(soc_json *task, const struct soc_task_change *change)
{
    int result = soc_json_set_string(task, "submitter", change->from);
    if (result == 0)
        result = copy_result(task, change->record->json);
    return result == 0 ? end_claim(task, "review") : result;
}

static int complete(soc_json *task, const struct soc_task_change *change)
{
    const char *holder = soc_json_get_string(task, "holder");
    int result = soc_task_set_text(task, "completedBy",
                                   holder ? holder : soc_json_get_string(task, "submitter"));
    if (result == 0)
        result = copy_result(task, change->record->json);
    return result == 0 ? end_claim(task, "done") : result;
}

/* Back from review it goes to whom it came from. */
static int reopen(soc_json *task, const struct soc_task_change *change)
{
    const char *submitter = soc_json_get_string(task, "submitter");
    int result = 0;
    if (submitter && is_text(task, "state", "review"))
        result = soc_json_set_string(task, "assignee", submitter);
    if (result == 0 && soc_json_get_string(change->record->json, "text"))
        result = add_note(task, change);
    if (result == 0)
        result = soc_json_remove(task, "reason") < 0 ? -1 : soc_json_remove(task, "completedBy");
    return result == 0 ? end_claim(task, "open") : result;
}

static int depend(soc_json *task, const struct soc_task_change *change)
{
    const soc_json *before = soc_json_get(task, "dependsOn");
    const soc_json *add = soc_json_get(change->record->json, "dependsOn");
    const soc_json *remove = soc_json_get(change->record->json, "remove");
    SOC_AUTO_JSON soc_json *set = soc_json_new_object(); /* in order, each once */
    SOC_AUTO_JSON soc_json *after = soc_json_new_array();
    const soc_json *const lists[] = {before, add};
    const char *id;
    const soc_json *value;
    int result = set && after ? 0 : -1;
    for (size_t l = 0; l < 2; l++)
        for (size_t i = 0; result == 0 && i < soc_json_count(lists[l]); i++)
            if ((id = soc_json_string(soc_json_item(lists[l], i))))
                result = soc_json_set(set, id, soc_json_new_null());
    for (size_t i = 0; result == 0 && i < soc_json_count(remove); i++)
        if ((id = soc_json_string(soc_json_item(remove, i))))
            soc_json_remove(set, id);
    for (void *i = NULL; result == 0 && (i = soc_json_next(set, i, &id, &value));)
        result = soc_json_append(after, soc_json_new_string(id, strlen(id)));
    return result == 0 ? soc_json_set(task, "dependsOn", soc_json_retain(after)) : result;
}

int soc_task_take_effect(soc_json *task, const struct soc_task_change *change)
{
    const char *type = change->record->type + sizeof "task_" - 1;
    const soc_json *json = change->record->json;
    if (strcmp(type, "claim") == 0)
        return claim(task, change);
    if (strcmp(type, "renew") == 0)
        return set_lease(task, change);
    if (strcmp(type, "unblock") == 0 && soc_json_remove(task, "reason") < 0)
        return -1;
    if (strcmp(type, "release") == 0 || strcmp(type, "unblock") == 0)
        return end_claim(task, "open");
    if (strcmp(type, "fail") == 0)
        return fail_task(task, change);
    if (strcmp(type, "submit") == 0)
        return submit(task, change);
    if (strcmp(type, "complete") == 0)
        return complete(task, change);
    if (strcmp(type, "reopen") == 0)
        return reopen(task, change);
    if (strcmp(type, "assign") == 0)
        return soc_task_set_text(task, "assignee", soc_json_get_string(json, "to"));
    if (strcmp(type, "note") == 0)
        return add_note(task, change);
    if (strcmp(type, "depend") == 0)
        return depend(task, change);
    if (strcmp(type, "edit") == 0)
        return soc_task_copy_fields(task, soc_json_get(json, "fields"), SOC_TASK_EDITOR);
    int result = copy_text(task, "reason", json); /* block, cancel */
    return result == 0 ? end_claim(task, strcmp(type, "block") == 0 ? "blocked" : "cancelled")
                       : result;
}
