/* SPDX-License-Identifier: MIT */
/* Agents as the public interface shows and changes them: registry and presence together. */
#include <errno.h>
#include <society/agent.h>
#include <stdlib.h>
#include <string.h>

#include "own_state.h"
#include "path.h"
#include "presence.h"
#include "record.h"
#include "registry.h"
#include "task.h"

/* ---- Showing ---- */

static int set_time(soc_json *object, const char *key, int64_t ms)
{
    char text[SOC_TIME_SIZE];
    soc_format_time(text, ms);
    return soc_json_set_string(object, key, text);
}

static int set_presence(soc_json *object, const struct soc_presence *presence)
{
    int result = soc_json_set(object, "online", soc_json_new_bool(presence->online));
    if (result == 0)
        result = presence->known ? set_time(object, "lastSeen", presence->seen_ms)
                                 : soc_json_set_string(object, "lastSeen", NULL);
    if (result == 0 && presence->held && presence->session[0])
        result = soc_json_set_string(object, "session", presence->session);
    if (result == 0 && presence->held && presence->pid > 0)
        result = soc_json_set(object, "pid", soc_json_new_integer(presence->pid));
    if (result == 0 && presence->held && presence->host[0])
        result = soc_json_set_string(object, "host", presence->host);
    return result;
}

/* The fields that every agent's object has, in the order of the documents. */
static soc_json *blank_agent(const char *agent)
{
    static const char *const fields[] = {
        "role", "capabilities", "workspace", "online", "status", "lastSeen", "session",
        "pid",  "host",         "url",       "branch", "claims", "owns",     "completed"};
    soc_json *object = soc_json_new_object();
    int result = object ? soc_json_set_string(object, "agentId", agent) : -1;
    for (size_t i = 0; result == 0 && i < sizeof fields / sizeof fields[0]; i++) {
        bool list = i == 1 || i == 11 || i == 12;
        result = soc_json_set(object, fields[i], list ? soc_json_new_array() : soc_json_new_null());
    }
    if (result == 0)
        return object;
    soc_json_free(object);
    return NULL;
}

/* What the agent holds, from the other logs. A log that can't be read is an error of its own. */
static int set_holdings(struct society *s, soc_json *object, const char *agent, int *ret_error)
{
    int result = 0;
    const struct soc_tasks *tasks = soc_tasks(s, &result);
    const soc_json *work = tasks ? soc_json_get(tasks->work, agent) : NULL;
    if (tasks && (!work || soc_json_set(object, "completed", soc_json_copy(work)) == 0) &&
        soc_json_set(object, "claims", soc_task_claims_of(tasks, agent)) == 0) {
        soc_json *owns = soc_owns_of(s, agent, &result);
        if (owns)
            return soc_json_set(object, "owns", owns);
    }
    *ret_error = result;
    return result < 0 ? result : -ENOMEM;
}

/* From other logs, or from presence: nobody says these of himself. */
static bool is_folded(const char *key)
{
    return strcmp(key, "claims") == 0 || strcmp(key, "owns") == 0 ||
           strcmp(key, "completed") == 0 || strcmp(key, "online") == 0;
}

soc_json *soc_agent_object(struct society *s, const soc_json *registry, const char *agent,
                           int *ret_error)
{
    struct soc_presence presence = {0};
    SOC_AUTO_JSON soc_json *object = blank_agent(agent);
    const soc_json *fields = soc_registry_agent(registry, agent);
    const char *key;
    const soc_json *value;
    int result = object ? 0 : soc_fail_memory(&s->error);
    for (void *i = NULL; result == 0 && fields && (i = soc_json_next(fields, i, &key, &value));)
        if (!is_folded(key))
            result = soc_json_set(object, key, soc_json_copy(value));
    if (result == 0)
        result = set_holdings(s, object, agent, ret_error);
    /* A lock file that is not what it should be makes its agent unknown, not the list. */
    if (result == 0)
        soc_presence_look(s, agent, &presence);
    if (result == 0)
        result = set_presence(object, &presence);
    if (result < 0) {
        *ret_error = *ret_error < 0 ? *ret_error : soc_fail_memory(&s->error);
        return NULL;
    }
    return soc_json_retain(object);
}

/* The ids of all agents to show, as the keys of an object. */
static soc_json *all_ids(struct society *s, const soc_json *registry, int *ret_error)
{
    soc_json *ids = soc_json_new_object();
    char **seen = NULL;
    const char *id;
    const soc_json *value;
    int result = ids ? soc_presence_list(s, &seen) : soc_fail_memory(&s->error);
    for (size_t i = 0; result == 0 && seen && seen[i]; i++)
        result = soc_json_set(ids, seen[i], soc_json_new_null());
    for (void *i = NULL; result == 0 && (i = soc_json_next(registry, i, &id, &value));)
        result = soc_json_set(ids, id, soc_json_new_null());
    if (seen)
        soc_fs_free_names(seen);
    if (result == 0)
        return ids;
    soc_json_free(ids);
    *ret_error = result;
    return NULL;
}

static int compare_ids(const void *left, const void *right)
{
    return strcmp(*(const char *const *)left, *(const char *const *)right);
}

soc_json *soc_agent_array(struct society *s, int *ret_error)
{
    const soc_json *registry = soc_registry(s, ret_error);
    SOC_AUTO_JSON soc_json *ids = registry ? all_ids(s, registry, ret_error) : NULL;
    if (!ids)
        return NULL;
    size_t count = 0;
    const soc_json *value;
    const char **sorted = malloc((soc_json_count(ids) + 1) * sizeof *sorted);
    SOC_AUTO_JSON soc_json *agents = soc_json_new_array();
    int result = 0;
    if (!sorted || !agents) {
        free(sorted);
        *ret_error = soc_fail_memory(&s->error);
        return NULL;
    }
    for (void *i = NULL; result == 0 && (i = soc_json_next(ids, i, &sorted[count], &value));)
        count++;
    if (result == 0)
        qsort(sorted, count, sizeof *sorted, compare_ids);
    for (size_t i = 0; result == 0 && i < count; i++) {
        soc_json *agent = soc_agent_object(s, registry, sorted[i], &result);
        if (agent && soc_json_append(agents, agent) < 0)
            result = soc_fail_memory(&s->error);
    }
    free(sorted);
    *ret_error = result;
    return result < 0 ? NULL : soc_json_retain(agents);
}

SOC_PUBLIC int society_agents(society *s, society_list **ret_agents)
{
    int result = soc_enter(s);
    if (result < 0)
        return result;
    SOC_AUTO_JSON soc_json *agents = soc_agent_array(s, &result);
    SOC_AUTO_LIST society_list *list = soc_list_new();
    if (result < 0)
        return result;
    for (size_t i = 0; list && i < soc_json_count(agents); i++)
        if (soc_list_add_json(list, soc_json_item(agents, i)) < 0)
            return soc_fail_memory(&s->error);
    if (!list)
        return soc_fail_memory(&s->error);
    int count = (int)society_list_count(list);
    *ret_agents = list;
    list = NULL;
    return count;
}

SOC_PUBLIC int society_agent_get(society *s, const char *agent, char **ret_agent)
{
    struct soc_presence presence;
    int result = soc_enter(s);
    if (result < 0)
        return result;
    if (!agent || !soc_is_agent_id(agent, strlen(agent)))
        return soc_fail(&s->error, SOCIETY_E_INVALID, "\"%.80s\" is not an agent id",
                        agent ? agent : "");
    const soc_json *registry = soc_registry(s, &result);
    if (!registry)
        return result;
    result = soc_presence_look(s, agent, &presence);
    if (result < 0)
        return result;
    if (!soc_registry_agent(registry, agent) && !presence.known)
        return soc_fail(&s->error, SOCIETY_E_NOT_FOUND, "there is no agent %s", agent);
    SOC_AUTO_JSON soc_json *object = soc_agent_object(s, registry, agent, &result);
    if (!object)
        return result;
    SOC_AUTO_STRBUF struct soc_strbuf text = SOC_STRBUF_INIT;
    soc_json_dump(object, &text);
    if (text.failed)
        return soc_fail_memory(&s->error);
    *ret_agent = soc_strbuf_steal(&text);
    return 0;
}

/* ---- Changing ---- */

/* A record about the handle's agent, whose other members are in `members` (",\"key\":value…"). */
struct change {
    const struct society *s;
    const char *type;
    struct soc_strbuf members;
};

static int decide_change(const void *state, int64_t end, void *argument, struct soc_strbuf *out,
                         struct soc_error *error)
{
    const struct change *change = argument;
    (void)state; /* what an agent says of itself is never refused */
    (void)end;
    soc_record_begin(out, change->type);
    soc_record_string(out, "from", change->s->agent);
    soc_record_string(out, "agentId", change->s->agent);
    soc_strbuf_add(out, change->members.data ? change->members.data : "", change->members.length);
    int result = soc_record_end(out, 0, NULL);
    if (result == SOCIETY_E_TOO_BIG)
        return soc_fail(error, result, "the registration is over 256 KiB");
    return result < 0 ? soc_fail(error, result, "cannot make the record") : 0;
}

static int write_change(struct society *s, struct change *change)
{
    int result = change->members.failed ? soc_fail_memory(&s->error) : 0;
    if (result == 0 && soc_registry(s, &result))
        result = soc_transact(&s->registry, decide_change, change, &s->error);
    soc_strbuf_free(&change->members);
    return result;
}

static int check_text(struct society *s, const char *key, const soc_json *value)
{
    const char *text = soc_json_string(value);
    if (!text)
        return soc_fail(&s->error, SOCIETY_E_INVALID, "field %s must be a string", key);
    if (strcmp(key, "role") == 0 && !soc_is_word(text, strlen(text)))
        return soc_fail(
            &s->error, SOCIETY_E_INVALID,
            "field role: \"%.80s\" is not a word of letters, digits, '.', '_', '-', at most 64",
            text);
    if (strcmp(key, "supervisor") == 0 && !soc_is_agent_id(text, strlen(text)))
        return soc_fail(&s->error, SOCIETY_E_INVALID,
                        "field supervisor: \"%.80s\" is not an agent id", text);
    return 0;
}

static int check_field(struct society *s, const char *key, const soc_json *value)
{
    static const char *const texts[] = {"role", "workspace", "url",     "branch",    "worktree",
                                        "slot", "model",     "program", "supervisor"};
    static const char *const ours[] = {"type",   "id",      "from",   "agentId",  "timestamp",
                                       "crc",    "session", "host",   "status",   "note",
                                       "claims", "owns",    "online", "lastSeen", "completed"};
    int64_t number;
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++)
        if (strcmp(key, texts[i]) == 0)
            return check_text(s, key, value);
    for (size_t i = 0; i < sizeof ours / sizeof ours[0]; i++)
        if (strcmp(key, ours[i]) == 0)
            return soc_fail(&s->error, SOCIETY_E_INVALID, "field %s is not the caller's to give",
                            key);
    if (strcmp(key, "pid") == 0 && (!soc_json_integer(value, &number) || number < 1))
        return soc_fail(&s->error, SOCIETY_E_INVALID, "field pid must be a positive integer");
    if (strcmp(key, "capabilities") != 0)
        return 0;
    bool list = soc_json_kind(value) == SOC_JSON_ARRAY;
    for (size_t i = 0; list && i < soc_json_count(value); i++)
        list = soc_json_string(soc_json_item(value, i)) != NULL;
    return list ? 0
                : soc_fail(&s->error, SOCIETY_E_INVALID,
                           "field capabilities must be an array of strings");
}

/* Checks the caller's fields and adds them. */
static int add_fields(struct society *s, const soc_json *fields, struct soc_strbuf *out)
{
    const char *key;
    const soc_json *value;
    if (soc_json_kind(fields) != SOC_JSON_OBJECT)
        return soc_fail(&s->error, SOCIETY_E_INVALID,
                        "the fields of a registration must be a JSON object");
    for (void *i = NULL; (i = soc_json_next(fields, i, &key, &value));) {
        int result = check_field(s, key, value);
        if (result < 0)
            return result;
        SOC_AUTO_STRBUF struct soc_strbuf text = SOC_STRBUF_INIT;
        soc_json_dump(value, &text);
        soc_record_raw(out, key, text.data ? text.data : "", text.length);
        out->failed |= text.failed;
    }
    return 0;
}

SOC_PUBLIC int society_register(society *s, const char *fields)
{
    int result = soc_enter_as(s);
    if (result < 0)
        return result;
    struct soc_error why = {0};
    SOC_AUTO_JSON soc_json *json =
        fields ? soc_json_parse(fields, strlen(fields), &why) : soc_json_new_object();
    if (!json)
        return soc_fail(&s->error, why.code == -ENOMEM ? -ENOMEM : SOCIETY_E_INVALID,
                        "the fields of a registration: %s", why.text);
    struct change change = {.s = s, .type = "agent_register"};
    char host[65];
    soc_host_name(host);
    result = add_fields(s, json, &change.members);
    if (result < 0) {
        soc_strbuf_free(&change.members);
        return result;
    }
    if (!soc_json_get(json, "pid"))
        soc_record_integer(&change.members, "pid", s->pid);
    soc_record_string(&change.members, "host", host);
    soc_record_string(&change.members, "session", s->session);
    return write_change(s, &change);
}

SOC_PUBLIC int society_set_status(society *s, const char *status, const char *note)
{
    static const char *const words[] = {"idle", "busy", "paused", "offline"};
    int result = soc_enter_as(s);
    if (result < 0)
        return result;
    bool known = false;
    for (size_t i = 0; status && i < sizeof words / sizeof words[0]; i++)
        known |= strcmp(status, words[i]) == 0;
    if (!known)
        return soc_fail(&s->error, SOCIETY_E_INVALID,
                        "status \"%.80s\" is none of idle, busy, paused, offline",
                        status ? status : "");
    if (note && !soc_json_is_utf8(note, strlen(note)))
        return soc_fail(&s->error, SOCIETY_E_INVALID, "the note is not valid UTF-8");
    struct change change = {.s = s, .type = "agent_status"};
    soc_record_string(&change.members, "status", status);
    if (note)
        soc_record_string(&change.members, "note", note);
    return write_change(s, &change);
}

SOC_PUBLIC int society_leave(society *s)
{
    struct change change = {.s = s, .type = "agent_leave"};
    int result = soc_enter_as(s);
    if (result == 0)
        result = society_part(s);
    if (result == 0)
        result = write_change(s, &change);
    if (result == 0)
        soc_presence_forget(s, s->agent);
    return result;
}
