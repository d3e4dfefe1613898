/* SPDX-License-Identifier: MIT */
/*
 * One reservation: made from what a record says, compared, shown. See own_state.h. Nothing that
 * stands in a log is trusted: patterns are brought into their normal form whoever wrote them, and
 * what is no pattern makes no reservation.
 */
#include <errno.h>
#include <string.h>

#include "glob.h"
#include "own_state.h"

/* ---- Making ---- */

/* Reads what stands in `fields`. Its strings and lists are borrowed. */
static void load(struct soc_own *own)
{
    const soc_json *fields = own->fields;
    const char *mode = soc_json_get_string(fields, "mode");
    own->paths = soc_json_get(fields, "paths");
    own->holder = soc_json_get_string(fields, "holder");
    own->session = soc_json_get_string(fields, "session");
    own->task = soc_json_get_string(fields, "task");
    own->token = own->renewed = own->act = own->tasks_at = own->waiter = -1;
    own->lease_ms = 0;
    if (own->task)
        soc_json_get_integer(fields, "act", &own->act);
    soc_json_get_integer(fields, "tasksAt", &own->tasks_at);
    soc_json_get_integer(fields, "waiter", &own->waiter);
    soc_json_get_integer(fields, "token", &own->token);
    soc_json_get_integer(fields, "renewed", &own->renewed);
    soc_json_get_integer(fields, "leaseMs", &own->lease_ms);
    own->shared = mode && strcmp(mode, "shared") == 0;
    own->waiting = soc_json_get_bool(fields, "waiting", false);
    own->present = soc_json_get_bool(fields, "presence", false);
    own->ignore_case = soc_json_get_bool(fields, "ignoreCase", false);
}

int soc_own_set(struct soc_own *own, const char *key, soc_json *value)
{
    int result = soc_json_set(own->fields, key, value);
    load(own);
    return result < 0 ? -ENOMEM : 0;
}

void soc_own_remove(struct soc_own *own, const char *key)
{
    soc_json_remove(own->fields, key);
    load(own);
}

static int add_path(soc_json *paths, const soc_json *item, struct soc_error *error)
{
    const char *pattern = soc_json_string(item);
    SOC_AUTO_STRBUF struct soc_strbuf normal = SOC_STRBUF_INIT;
    if (!pattern)
        return soc_fail(error, SOCIETY_E_INVALID, "field paths must be an array of strings");
    int result = soc_glob_normalise(pattern, &normal, error);
    if (result < 0)
        return result;
    return normal.failed ||
                   soc_json_append(paths, soc_json_new_string(normal.data, normal.length)) < 0
               ? soc_fail_memory(error)
               : 0;
}

static int set_paths(soc_json *fields, const soc_json *given, struct soc_error *error)
{
    size_t count = soc_json_count(given);
    SOC_AUTO_JSON soc_json *paths = soc_json_new_array();
    if (!given || soc_json_kind(given) != SOC_JSON_ARRAY || count == 0)
        return soc_fail(error, SOCIETY_E_INVALID, "field paths is missing or empty");
    if (count > SOC_OWN_PATHS_MAX)
        return soc_fail(error, SOCIETY_E_INVALID, "field paths: more than %d patterns",
                        SOC_OWN_PATHS_MAX);
    int result = paths ? 0 : soc_fail_memory(error);
    for (size_t i = 0; result == 0 && i < count; i++)
        result = add_path(paths, soc_json_item(given, i), error);
    if (result == 0 && soc_json_set(fields, "paths", soc_json_retain(paths)) < 0)
        result = soc_fail_memory(error);
    return result;
}

static int set_others(soc_json *fields, const soc_json *json, const char *holder, int64_t token,
                      int64_t renewed, const char *since)
{
    static const char *const texts[] = {"reason", "task", "session"};
    static const char *const numbers[] = {"act", "tasksAt", "waiter"};
    const char *mode = soc_json_get_string(json, "mode");
    int64_t lease = 0;
    int64_t number;
    bool given = soc_json_get_integer(json, "leaseMs", &lease) && lease > 0;
    int result = soc_json_set_string(fields, "mode", mode ? mode : "exclusive");
    if (result == 0)
        result = soc_json_set_string(fields, "holder", holder);
    if (result == 0)
        result = soc_json_set(fields, "token", soc_json_new_integer(token));
    if (result == 0)
        result = soc_json_set_string(fields, "since", since);
    if (result == 0)
        result = soc_json_set(fields, "leaseMs",
                              given ? soc_json_new_integer(lease) : soc_json_new_null());
    for (size_t i = 0; result == 0 && i < sizeof texts / sizeof texts[0]; i++)
        result = soc_json_set_string(fields, texts[i], soc_json_get_string(json, texts[i]));
    if (result == 0)
        result = soc_json_set(fields, "presence",
                              soc_json_new_bool(soc_json_get_bool(json, "presence", false)));
    if (result == 0)
        result = soc_json_set(fields, "renewed", soc_json_new_integer(renewed));
    for (size_t i = 0; result == 0 && i < sizeof numbers / sizeof numbers[0]; i++)
        if (soc_json_get_integer(json, numbers[i], &number) && number >= 0)
            result = soc_json_set(fields, numbers[i], soc_json_new_integer(number));
    if (result == 0 && soc_json_get_bool(json, "ignoreCase", false))
        result = soc_json_set(fields, "ignoreCase", soc_json_new_bool(true));
    return result;
}

int soc_own_make(const soc_json *json, const char *holder, int64_t token, int64_t renewed,
                 const char *since, struct soc_own *ret_own, struct soc_error *error)
{
    const char *mode = soc_json_get_string(json, "mode");
    SOC_AUTO_JSON soc_json *fields = soc_json_new_object();
    if (!soc_is_agent_id(holder, strlen(holder)))
        return soc_fail(error, SOCIETY_E_INVALID, "\"%.80s\" is not an agent id", holder);
    if (soc_json_get(json, "mode") &&
        !(mode && (strcmp(mode, "exclusive") == 0 || strcmp(mode, "shared") == 0)))
        return soc_fail(error, SOCIETY_E_INVALID, "field mode is neither exclusive nor shared");
    int result =
        fields ? set_paths(fields, soc_json_get(json, "paths"), error) : soc_fail_memory(error);
    if (result < 0)
        return result;
    if (set_others(fields, json, holder, token, renewed, since) < 0)
        return soc_fail_memory(error);
    ret_own->fields = soc_json_retain(fields);
    load(ret_own);
    return 0;
}

void soc_own_free(struct soc_own *own)
{
    soc_json_free(own->fields);
    own->fields = NULL;
}

/* ---- Comparing ---- */

bool soc_own_conflict(const struct soc_own *a, const struct soc_own *b)
{
    bool fold = a->ignore_case || b->ignore_case;
    if ((a->shared && b->shared) || strcmp(a->holder, b->holder) == 0)
        return false;
    for (size_t i = 0; i < soc_json_count(a->paths); i++)
        for (size_t j = 0; j < soc_json_count(b->paths); j++)
            if (soc_glob_intersects(soc_json_string(soc_json_item(a->paths, i)),
                                    soc_json_string(soc_json_item(b->paths, j)), fold))
                return true;
    return false;
}

bool soc_own_has(const struct soc_own *own, const char *pattern)
{
    for (size_t i = 0; i < soc_json_count(own->paths); i++)
        if (strcmp(soc_json_string(soc_json_item(own->paths, i)), pattern) == 0)
            return true;
    return false;
}

/* ---- Showing ---- */

soc_json *soc_own_object(const struct soc_own *own)
{
    static const char *const keys[] = {"paths", "mode",    "holder", "token",
                                       "since", "leaseMs", "reason", "task"};
    SOC_AUTO_JSON soc_json *object = soc_json_new_object();
    int result = object ? 0 : -1;
    for (size_t i = 0; result == 0 && i < sizeof keys / sizeof keys[0]; i++)
        result = soc_json_set(object, keys[i], soc_json_copy(soc_json_get(own->fields, keys[i])));
    if (result == 0 && own->waiting)
        result = soc_json_set(object, "waiting", soc_json_new_bool(true));
    return result == 0 ? soc_json_retain(object) : NULL;
}
