/* SPDX-License-Identifier: MIT */
/* Changing tasks: see society_task_change(). What the caller asks for becomes a record, and the
 * fold's own rule judges it. */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "claim.h"
#include "lease.h"
#include "lockfile.h"
#include "presence.h"
#include "task.h"
#include "task_fields.h"

struct request {
    struct society *s;
    const char *id;
    const char *type;
    soc_json *members; /* what the caller gave, checked */
    bool about_claim;  /* the token belongs in the record */
    int64_t token;     /* SOCIETY_NO_TOKEN: the agent's own current claim */
    int64_t ended;     /* token of the claim that this ended; -1: none */
    int64_t own;       /* of the reservation that was taken with it; -1: none */
};

/* The kinds of change, with the fields that each may have. */
static const struct kind {
    const char *change;
    const char *type;
    bool about_claim;
    const char *fields[3];
} kinds[] = {
    {"renew", "task_renew", true, {"leaseMs"}},
    {"release", "task_release", true, {NULL}},
    {"submit", "task_submit", true, {"result"}},
    {"complete", "task_complete", true, {"result"}},
    {"fail", "task_fail", true, {"reason"}},
    {"note", "task_note", true, {"text"}},
    {"block", "task_block", true, {"reason"}},
    {"unblock", "task_unblock", false, {NULL}},
    {"cancel", "task_cancel", false, {"reason"}},
    {"reopen", "task_reopen", false, {"text"}},
    {"assign", "task_assign", false, {"to"}},
    {"depend", "task_depend", false, {"dependsOn", "remove"}},
    {"edit", "task_edit", false, {"fields"}},
};

static const struct kind *find_kind(const char *change)
{
    for (size_t i = 0; change && i < sizeof kinds / sizeof kinds[0]; i++)
        if (strcmp(change, kinds[i].change) == 0)
            return &kinds[i];
    return NULL;
}

/* ---- Checking what the caller gave ---- */

static bool is_text_field(const char *field)
{
    return strcmp(field, "reason") == 0 || strcmp(field, "text") == 0;
}

static int check_edit(struct society *s, const soc_json *fields)
{
    SOC_AUTO_STRBUF struct soc_strbuf known = SOC_STRBUF_INIT;
    const char *refused = soc_task_uneditable_field(fields);
    if (!refused) {
        refused = soc_task_unsound_field(fields, SOC_TASK_EDITOR);
        return refused ? soc_fail(&s->error, SOCIETY_E_INVALID, "field %s %s", refused,
                                  soc_task_field_form(refused))
                       : soc_task_check_paths(fields, &s->error);
    }
    soc_task_editable_fields(&known);
    return soc_fail(&s->error, SOCIETY_E_INVALID, "field %.80s can't be edited; these can: %s",
                    refused, known.data ? known.data : "");
}

static int check_field(struct society *s, const struct kind *kind, const char *field,
                       const soc_json *value)
{
    int64_t number;
    bool known = false;
    for (size_t i = 0; i < 3 && kind->fields[i]; i++)
        known |= strcmp(field, kind->fields[i]) == 0;
    if (!known)
        return soc_fail(&s->error, SOCIETY_E_INVALID, "field %s does not belong to %s", field,
                        kind->change);
    if (is_text_field(field) && !soc_json_string(value))
        return soc_fail(&s->error, SOCIETY_E_INVALID, "field %s must be a string", field);
    if (strcmp(field, "leaseMs") == 0 && (!soc_json_integer(value, &number) || number < 1))
        return soc_fail(&s->error, SOCIETY_E_INVALID, "field leaseMs must be 1 or more");
    return strcmp(field, "fields") == 0 ? check_edit(s, value) : 0;
}

/* The caller's fields as the members of a record. */
static soc_json *read_fields(struct society *s, const struct kind *kind, const char *fields,
                             int *ret_error)
{
    struct soc_error why = {0};
    const char *key;
    const soc_json *value;
    SOC_AUTO_JSON soc_json *members =
        fields ? soc_json_parse(fields, strlen(fields), &why) : soc_json_new_object();
    if (!members) {
        *ret_error = soc_fail(&s->error, why.code == SOCIETY_E_FORMAT ? SOCIETY_E_INVALID : -ENOMEM,
                              "the fields of the change: %s", why.text);
        return NULL;
    }
    if (soc_json_kind(members) != SOC_JSON_OBJECT) {
        *ret_error = soc_fail(&s->error, SOCIETY_E_INVALID, "the fields must be a JSON object");
        return NULL;
    }
    for (void *i = NULL; (i = soc_json_next(members, i, &key, &value));) {
        *ret_error = check_field(s, kind, key, value);
        if (*ret_error < 0)
            return NULL;
    }
    return soc_json_retain(members);
}

/* ---- Deciding ---- */

/* The token for the record: the one given, or that of the agent's own claim, if the task is claimed
 * by it. */
static bool find_token(const struct request *request, const soc_json *task, int64_t *ret_token)
{
    const char *holder = soc_json_get_string(task, "holder");
    if (request->token != SOCIETY_NO_TOKEN) {
        *ret_token = request->token;
        return true;
    }
    return request->about_claim && holder && strcmp(holder, request->s->agent) == 0 &&
           soc_json_get_integer(task, "token", ret_token);
}

static int decide(const void *state, int64_t end, void *argument, struct soc_strbuf *out,
                  struct soc_error *error)
{
    struct request *request = argument;
    const soc_json *task = soc_tasks_get(state, request->id);
    int64_t token = -1;
    SOC_AUTO_JSON soc_json *members = soc_json_copy(request->members);
    int result = members ? soc_json_set_string(members, "task", request->id) : -1;
    if (result == 0)
        result = soc_json_set_string(members, "from", request->s->agent);
    if (result == 0 && find_token(request, task, &token))
        result = soc_json_set(members, "token", soc_json_new_integer(token));
    if (result < 0)
        return soc_fail_memory(error);
    struct soc_record record = {members, request->type, end, end};
    result = soc_task_check(state, &record, error);
    if (result < 0)
        return result;
    request->ended = request->own = -1;
    soc_json_get_integer(task, "token", &request->ended);
    soc_json_get_integer(task, "own", &request->own);
    result = soc_task_emit(out, request->type, request->s->agent, members);
    return result == SOCIETY_E_TOO_BIG ? soc_fail(error, result, "the change is over 256 KiB")
                                       : result;
}

/* What a change means for the lock file. */
static void update_lockfile(struct request *request)
{
    struct society *s = request->s;
    const soc_json *task = soc_tasks_get(s->tasks.data, request->id);
    int64_t token = -1;
    int64_t lease = 0;
    bool held = soc_json_get_integer(task, "token", &token);
    if (request->ended >= 0 && (!held || token != request->ended))
        soc_lockfile_remove(s, SOC_LOCKFILE_TASK, request->id, request->ended);
    const char *session = soc_json_get_string(task, "session");
    if (!held || !session || strcmp(request->type, "task_renew") != 0)
        return;
    /* Made anew, its age begins anew; the renewal stands without it. */
    struct soc_error kept = s->error;
    soc_json_get_integer(task, "leaseMs", &lease);
    if (soc_lockfile_make(s, SOC_LOCKFILE_TASK, request->id, session, token, lease, s->agent) < 0)
        s->error = kept;
}

/* The paths that were taken with the claim end with it. If they can't be given back now, they are
 * void all the same, and the next one who meets them says so. */
static void bury_paths(struct request *request)
{
    struct society *s = request->s;
    int64_t own = -1;
    soc_json_get_integer(soc_tasks_get(s->tasks.data, request->id), "own", &own);
    if (request->own < 0 || own == request->own)
        return;
    struct soc_error kept = s->error;
    soc_claim_bury(s, request->own);
    s->error = kept;
}

static int carry_out(struct request *request)
{
    struct society *s = request->s;
    struct soc_act bell = {.fd = -1};
    int result = 0;
    const struct soc_tasks *tasks = soc_tasks(s, &result);
    if (!tasks)
        return result;
    int64_t own = -1;
    /* If we die between the records, its close wakes those who wait for the paths. */
    if (soc_json_get_integer(soc_tasks_get(tasks, request->id), "own", &own))
        result = soc_act_begin(s, &bell);
    if (result == 0)
        result = soc_transact(&s->tasks, decide, request, &s->error);
    if (result == 0) {
        update_lockfile(request);
        bury_paths(request);
    }
    soc_act_end(&bell);
    return result;
}

SOC_PUBLIC int society_task_change(society *s, const char *id, const char *change,
                                   const char *fields, int64_t token)
{
    const struct kind *kind = find_kind(change);
    int result = soc_enter_as(s);
    if (result < 0)
        return result;
    if (!kind)
        return soc_fail(&s->error, SOCIETY_E_INVALID, "there is no change \"%.40s\"",
                        change ? change : "");
    if (!id || !soc_is_id(id, strlen(id)))
        return soc_fail(&s->error, SOCIETY_E_INVALID, "\"%.80s\" is not a task's id", id ? id : "");
    SOC_AUTO_JSON soc_json *members = read_fields(s, kind, fields, &result);
    if (!members)
        return result;
    struct request request = {.s = s, .id = id, .type = kind->type, .members = members};
    request.about_claim = kind->about_claim;
    request.token = token;
    return carry_out(&request);
}

/* ---- Renewal ---- */

int soc_task_renew(struct society *s, const char *id, int64_t token)
{
    SOC_AUTO_JSON soc_json *members = soc_json_new_object();
    struct request request = {
        .s = s, .id = id, .type = "task_renew", .members = members, .token = token};
    if (!members)
        return soc_fail_memory(&s->error);
    int result = carry_out(&request);
    /* Lost meanwhile: nothing to renew. */
    return result == SOCIETY_E_FENCED || result == SOCIETY_E_HELD ? 0 : result < 0 ? result : 1;
}
