/* SPDX-License-Identifier: MIT */
/*
 * The fold of registry.jsonl and the questions asked of it: see registry.h. Records are merged
 * field by field, so that a foreign line that gives only a status changes only that; a field of the
 * wrong type is passed over, for a hostile line may waste its own bytes and nothing else.
 */
#include "registry.h"

#include <errno.h>
#include <string.h>

#include "path.h"
#include "record.h"

static void *make_state(void)
{
    return soc_json_new_object();
}

static void free_state(void *state)
{
    soc_json_free(state);
}

/* ---- Fold ---- */

enum field_kind { TEXT, NUMBER, TEXTS, ANY, SKIPPED };

static enum field_kind kind_of(const char *key)
{
    static const char *const skipped[] = {"type", "id",      "from",     "timestamp",
                                          "crc",  "agentId", "vsCodePid"};
    static const char *const texts[] = {"role",   "workspace", "url",       "branch", "worktree",
                                        "slot",   "model",     "program",   "host",   "session",
                                        "status", "note",      "supervisor"};
    for (size_t i = 0; i < sizeof skipped / sizeof skipped[0]; i++)
        if (strcmp(key, skipped[i]) == 0)
            return SKIPPED;
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++)
        if (strcmp(key, texts[i]) == 0)
            return TEXT;
    if (strcmp(key, "capabilities") == 0)
        return TEXTS;
    return strcmp(key, "pid") == 0 ? NUMBER : ANY;
}

static bool is_list_of_texts(const soc_json *value)
{
    if (soc_json_kind(value) != SOC_JSON_ARRAY)
        return false;
    for (size_t i = 0; i < soc_json_count(value); i++)
        if (!soc_json_string(soc_json_item(value, i)))
            return false;
    return true;
}

static bool is_wanted(const char *key, const soc_json *value)
{
    int64_t number;
    switch (kind_of(key)) {
    case TEXT: return soc_json_string(value) || soc_json_kind(value) == SOC_JSON_NULL;
    case NUMBER: return soc_json_integer(value, &number);
    case TEXTS: return is_list_of_texts(value);
    case ANY: return true;
    case SKIPPED: break;
    }
    return false;
}

/* The agent that a record is about: `agentId`, else its writer. NULL: none that could be. */
static const char *subject(const soc_json *json)
{
    const char *id = soc_json_get_string(json, "agentId");
    if (!id)
        id = soc_json_get_string(json, "from");
    return id && soc_is_agent_id(id, strlen(id)) ? id : NULL;
}

static int merge(soc_json *agents, const char *id, const soc_json *fields)
{
    const soc_json *known = soc_json_get(agents, id);
    soc_json *merged = known ? soc_json_copy(known) : soc_json_new_object();
    const char *key;
    const soc_json *value;
    int64_t editor_pid;
    int result = merged ? 0 : -1;
    for (void *i = NULL; result == 0 && (i = soc_json_next(fields, i, &key, &value));)
        if (is_wanted(key, value))
            result = soc_json_set(merged, key, soc_json_copy(value));
    if (result == 0 && !soc_json_get(fields, "pid") &&
        soc_json_get_integer(fields, "vsCodePid", &editor_pid))
        result = soc_json_set(merged, "pid", soc_json_new_integer(editor_pid));
    if (result < 0) {
        soc_json_free(merged);
        return -1;
    }
    return soc_json_set(agents, id, merged);
}

static int merge_status(soc_json *agents, const char *id, const soc_json *json)
{
    SOC_AUTO_JSON soc_json *fields = soc_json_new_object();
    const char *status = soc_json_get_string(json, "status");
    if (!status)
        return 0;
    /* A note belongs to the status that it was given with: without one, the old one goes. */
    if (!fields || soc_json_set_string(fields, "status", status) < 0 ||
        soc_json_set_string(fields, "note", soc_json_get_string(json, "note")) < 0)
        return -1;
    return merge(agents, id, fields) < 0 ? -1 : 1;
}

static int replace(soc_json *agents, const soc_json *agent)
{
    const char *id = agent ? subject(agent) : NULL;
    if (!id)
        return 0;
    soc_json_remove(agents, id);
    return merge(agents, id, agent) < 0 ? -1 : 1;
}

static int apply(void *state, const struct soc_record *record)
{
    soc_json *agents = state;
    const char *type = record->type;
    const char *id = subject(record->json);
    int result = 0;
    if (strcmp(type, "agent_state") == 0)
        result = replace(agents, soc_json_get(record->json, "agent"));
    else if (!id)
        result = 0;
    else if (strcmp(type, "agent_register") == 0 ||
             (type[0] == '\0' && soc_json_get_string(record->json, "agentId")))
        result = merge(agents, id, record->json) < 0 ? -1 : 1;
    else if (strcmp(type, "agent_status") == 0)
        result = merge_status(agents, id, record->json);
    else if (strcmp(type, "agent_leave") == 0)
        result = soc_json_remove(agents, id) == 0;
    return result;
}

static int dump(const void *state, struct soc_strbuf *out)
{
    const char *id;
    const soc_json *agent;
    int result = 0;
    for (void *i = NULL; result == 0 && (i = soc_json_next(state, i, &id, &agent));) {
        SOC_AUTO_STRBUF struct soc_strbuf text = SOC_STRBUF_INIT;
        size_t start = out->length;
        SOC_AUTO_JSON soc_json *whole = soc_json_copy(agent);
        if (!whole || soc_json_set_string(whole, "agentId", id) < 0)
            return -ENOMEM;
        soc_json_dump(whole, &text);
        soc_record_begin(out, "agent_state");
        soc_record_raw(out, "agent", text.data ? text.data : "", text.length);
        out->failed |= text.failed;
        result = soc_record_end(out, start, NULL);
    }
    return result;
}

const struct soc_fold soc_registry_fold = {"registry", make_state, free_state, apply,
                                           dump,       NULL,       NULL,       NULL};

/* ---- Questions ---- */

const soc_json *soc_registry(struct society *s, int *ret_error)
{
    int result = 0;
    if (!s->registry.fold)
        result = soc_state_open(&s->registry, &soc_registry_fold, &s->dir,
                                soc_config_durable(&s->config, "registry"), &s->error);
    if (result < 0)
        s->registry.fold = NULL;
    else
        result = soc_state_refresh(&s->registry, &s->error);
    *ret_error = result;
    return result < 0 ? NULL : s->registry.data;
}

const soc_json *soc_registry_agent(const soc_json *registry, const char *agent)
{
    return soc_json_get(registry, agent);
}

static bool has_role(const soc_json *registry, const char *agent, const char *role)
{
    const char *own = soc_json_get_string(soc_registry_agent(registry, agent), "role");
    return own && strcmp(own, role) == 0;
}

/* Whom `from` reports to: as it registered, else as the project says, else whoever has the role. */
static bool is_supervisor_of(const soc_json *registry, const char *from, const char *agent,
                             const char *supervisor)
{
    const char *named = soc_json_get_string(soc_registry_agent(registry, from), "supervisor");
    if (!named)
        named = supervisor;
    return named ? strcmp(named, agent) == 0 : has_role(registry, agent, "supervisor");
}

bool soc_registry_is_for(const soc_json *registry, const char *to, const char *from,
                         const char *agent, const char *supervisor)
{
    if (strcmp(to, agent) == 0)
        return true;
    if (strcmp(to, "all") == 0 || strcmp(to, "broadcast") == 0)
        return strcmp(from, agent) != 0;
    if (strncmp(to, "role:", 5) == 0)
        return has_role(registry, agent, to + 5);
    return strcmp(to, "supervisor") == 0 && is_supervisor_of(registry, from, agent, supervisor);
}
