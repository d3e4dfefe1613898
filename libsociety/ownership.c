/* SPDX-License-Identifier: MIT */
/* File ownership as the public interface has it: see <society/ownership.h>. */
#include <errno.h>
#include <society/ownership.h>
#include <string.h>

#include "claim.h"
#include "glob.h"
#include "lease.h"
#include "own_files.h"
#include "own_path.h"
#include "own_pull.h"
#include "own_rules.h"
#include "own_take.h"
#include "own_wait.h"
#include "presence.h"

static int give_json(struct society *s, const soc_json *json, char **ret_text)
{
    SOC_AUTO_STRBUF struct soc_strbuf text = SOC_STRBUF_INIT;
    if (!json)
        return soc_fail_memory(&s->error);
    soc_json_dump(json, &text);
    if (text.failed)
        return soc_fail_memory(&s->error);
    *ret_text = soc_strbuf_steal(&text);
    return 0;
}

/* ---- Acquiring ---- */

static int read_field(struct society *s, const char *key, const soc_json *value,
                      struct soc_own_request *request)
{
    const char *text = soc_json_string(value);
    if (strcmp(key, "leaseMs") == 0) {
        if (soc_json_integer(value, &request->lease_ms) && request->lease_ms > 0)
            return 0;
        return soc_fail(&s->error, SOCIETY_E_INVALID,
                        "field leaseMs must be a positive number of milliseconds");
    }
    if (strcmp(key, "reason") != 0 && strcmp(key, "task") != 0)
        return soc_fail(&s->error, SOCIETY_E_INVALID, "field %.80s is none of a reservation", key);
    if (!text)
        return soc_fail(&s->error, SOCIETY_E_INVALID, "field %s must be a string", key);
    if (strcmp(key, "reason") == 0)
        request->reason = text;
    else if (soc_is_id(text, strlen(text)))
        request->task = text;
    else
        return soc_fail(&s->error, SOCIETY_E_INVALID, "field task: \"%.80s\" is not a task's id",
                        text);
    return 0;
}

static int read_fields(struct society *s, const soc_json *fields, struct soc_own_request *request)
{
    const char *key;
    const soc_json *value;
    int result = 0;
    if (fields && soc_json_kind(fields) != SOC_JSON_OBJECT)
        return soc_fail(&s->error, SOCIETY_E_INVALID,
                        "the fields of a reservation must be a JSON object");
    for (void *i = NULL; result == 0 && fields && (i = soc_json_next(fields, i, &key, &value));)
        result = read_field(s, key, value, request);
    return result;
}

static int give_reservation(struct society *s, int64_t token, char **ret_text)
{
    const struct soc_owns *owns = s->ownership.data;
    size_t at = soc_own_find(owns, token);
    if (at == owns->count)
        return soc_fail(&s->error, SOCIETY_E_FENCED, "the reservation was taken over");
    SOC_AUTO_JSON soc_json *object = soc_own_object(&owns->items[at]);
    return give_json(s, object, ret_text);
}

/* What is asked, from the caller's arguments. The request is to be ended, and the fields, which its
 * reason and task are part of, are to be freed, in any case. */
static int prepare(struct society *s, const char *patterns, uint32_t flags, const char *fields,
                   struct soc_own_request *ret_request, soc_json **ret_fields)
{
    struct soc_error why = {0};
    *ret_request = (struct soc_own_request){.token = -1, .waiter = -1};
    *ret_fields = NULL;
    int result = soc_enter_as(s);
    if (result < 0)
        return result;
    if (flags & ~SOCIETY_OWN_SHARED)
        return soc_fail(&s->error, SOCIETY_E_INVALID, "flags: unknown bits in %#x", flags);
    if (fields && !(*ret_fields = soc_json_parse(fields, strlen(fields), &why)))
        return soc_fail(&s->error, why.code == -ENOMEM ? -ENOMEM : SOCIETY_E_INVALID,
                        "the fields of a reservation: %s", why.text);
    result = soc_own_prepare(s, patterns, ret_request);
    ret_request->shared = (flags & SOCIETY_OWN_SHARED) != 0;
    return result == 0 ? read_fields(s, *ret_fields, ret_request) : result;
}

SOC_PUBLIC int society_own_acquire(society *s, const char *patterns, uint32_t flags,
                                   const char *fields, int32_t timeout_ms, char **ret_reservation)
{
    struct soc_own_request request;
    soc_json *json;
    int result = prepare(s, patterns, flags, fields, &request, &json);
    if (result == 0)
        result = soc_own_take(s, &request, timeout_ms);
    if (result == 0 && ret_reservation)
        result = give_reservation(s, request.token, ret_reservation);
    soc_own_request_end(&request);
    soc_json_free(json);
    return result;
}

SOC_PUBLIC int society_own_wait(society *s, const char *patterns, uint32_t flags,
                                const char *fields, society_wait **ret_wait)
{
    struct soc_own_request request;
    soc_json *json;
    int result = prepare(s, patterns, flags, fields, &request, &json);
    if (result == 0)
        return soc_own_pull_new(s, &request, json, ret_wait);
    soc_own_request_end(&request);
    soc_json_free(json);
    return result;
}

/* ---- Changing ---- */

/* Carries an order out for those with one of the patterns (a JSON array as text; NULL: all). */
static int change(struct society *s, const char *patterns, struct soc_own_order *order)
{
    struct soc_own_root root;
    SOC_AUTO_JSON soc_json *normal = NULL;
    int result = 0;
    order->agent = s->agent;
    if (patterns) {
        result = soc_own_root(s, &root);
        if (result < 0)
            return result;
        normal = soc_own_patterns(s, &root, patterns, &result);
        soc_own_root_free(&root);
        order->patterns = normal;
    }
    if (result == 0)
        result = soc_own_carry_out(s, order);
    if (result == 0 && patterns)
        result = soc_fail(&s->error, SOCIETY_E_NOT_FOUND, "%s has no reservation of %s", s->agent,
                          patterns);
    else if (result == 0)
        result = soc_fail(&s->error, SOCIETY_E_NOT_FOUND, "%s has no reservations", s->agent);
    order->patterns = NULL;
    return result;
}

SOC_PUBLIC int society_own_release(society *s, const char *patterns)
{
    struct soc_own_order order = {.type = "own_release", .token = -1};
    int result = soc_enter_as(s);
    if (result == 0)
        result = change(s, patterns, &order);
    soc_json_free(order.done);
    return result;
}

SOC_PUBLIC int society_own_renew(society *s, const char *patterns, int64_t lease_ms)
{
    char session[SOC_UUID_SIZE];
    struct soc_own_order order = {
        .type = "own_renew", .token = -1, .lease_ms = lease_ms, .session = session};
    int result = soc_enter_as(s);
    if (result == 0)
        result = soc_lease_check(s, lease_ms);
    if (result == 0)
        result = soc_lease_session(s, session, &order.present);
    if (result == 0)
        result = change(s, patterns, &order);
    soc_json_free(order.done);
    return result;
}

/* To whom a reservation is handed over, and under which session it is his then. */
static int set_receiver(struct society *s, const char *to, struct soc_presence *presence,
                        struct soc_own_order *order)
{
    if (!to || !soc_is_agent_id(to, strlen(to)))
        return soc_fail(&s->error, SOCIETY_E_INVALID, "\"%.80s\" is not an agent id", to ? to : "");
    int result = soc_presence_look(s, to, presence);
    order->type = "own_handover";
    order->held = true;
    order->to = to;
    order->present = result == 0 && presence->held && presence->session[0] != '\0';
    order->session = order->present ? presence->session : NULL;
    return result;
}

SOC_PUBLIC int society_own_handover(society *s, const char *pattern, const char *to)
{
    struct soc_presence presence = {0};
    struct soc_own_order order = {.token = -1, .first = true};
    SOC_AUTO_STRBUF struct soc_strbuf list = SOC_STRBUF_INIT;
    int result = soc_enter_as(s);
    if (result == 0)
        result = set_receiver(s, to, &presence, &order);
    if (result < 0)
        return result;
    if (!pattern)
        return soc_fail(&s->error, SOCIETY_E_INVALID, "a pattern is wanted");
    soc_strbuf_add_char(&list, '[');
    soc_json_quote(&list, pattern, strlen(pattern));
    soc_strbuf_add_char(&list, ']');
    result = list.failed ? soc_fail_memory(&s->error) : change(s, list.data, &order);
    soc_json_free(order.done);
    return result < 0 ? result : 0;
}

/* ---- Changing one, by its token ---- */

/* The caller's fields: `leaseMs` of a renewal, `to` of a handover. NULL with *ret_error. */
static soc_json *read_change(struct society *s, const char *fields, const char *allowed,
                             int *ret_error)
{
    struct soc_error why = {0};
    const char *key;
    const soc_json *value;
    SOC_AUTO_JSON soc_json *json =
        fields ? soc_json_parse(fields, strlen(fields), &why) : soc_json_new_object();
    if (!json || soc_json_kind(json) != SOC_JSON_OBJECT) {
        *ret_error = soc_fail(&s->error, why.code == -ENOMEM ? -ENOMEM : SOCIETY_E_INVALID,
                              "the fields of the change: %s", json ? "no JSON object" : why.text);
        return NULL;
    }
    for (void *i = NULL; (i = soc_json_next(json, i, &key, &value));)
        if (strcmp(key, allowed) != 0) {
            *ret_error = soc_fail(&s->error, SOCIETY_E_INVALID,
                                  "field %.80s does not belong to the change", key);
            return NULL;
        }
    return soc_json_retain(json);
}

/* Fills in what belongs to a change of this name; `session` and `presence` are its room. */
static int make_order(struct society *s, const char *change, const soc_json *json,
                      char session[SOC_UUID_SIZE], struct soc_presence *presence,
                      struct soc_own_order *order)
{
    if (strcmp(change, "handover") == 0)
        return set_receiver(s, soc_json_get_string(json, "to"), presence, order);
    order->type = strcmp(change, "renew") == 0 ? "own_renew" : "own_release";
    if (strcmp(change, "renew") != 0)
        return 0;
    if (soc_json_get(json, "leaseMs") &&
        (!soc_json_get_integer(json, "leaseMs", &order->lease_ms) || order->lease_ms < 1))
        return soc_fail(&s->error, SOCIETY_E_INVALID, "field leaseMs must be 1 or more");
    order->session = session;
    return soc_lease_session(s, session, &order->present);
}

static int change_one(struct society *s, struct soc_own_order *order)
{
    int result = change(s, NULL, order);
    if (result == SOCIETY_E_NOT_FOUND)
        result =
            soc_fail(&s->error, SOCIETY_E_FENCED, "%s has no reservation with token %lld any more",
                     s->agent, (long long)order->token);
    return result < 0 ? result : 0;
}

SOC_PUBLIC int society_own_change(society *s, int64_t token, const char *change, const char *fields)
{
    static const char *const changes[][2] = {
        {"release", ""}, {"renew", "leaseMs"}, {"handover", "to"}};
    char session[SOC_UUID_SIZE];
    struct soc_presence presence = {0};
    struct soc_own_order order = {.token = token};
    const char *const *known = NULL;
    int result = soc_enter_as(s);
    if (result < 0)
        return result;
    for (size_t i = 0; change && i < sizeof changes / sizeof changes[0]; i++)
        if (strcmp(change, changes[i][0]) == 0)
            known = changes[i];
    if (!known)
        return soc_fail(&s->error, SOCIETY_E_INVALID, "there is no change \"%.40s\"",
                        change ? change : "");
    if (token < 0)
        return soc_fail(&s->error, SOCIETY_E_INVALID, "%lld is no token", (long long)token);
    SOC_AUTO_JSON soc_json *json = read_change(s, fields, known[1], &result);
    if (!json)
        return result;
    result = make_order(s, known[0], json, session, &presence, &order);
    if (result == 0)
        result = change_one(s, &order);
    soc_json_free(order.done);
    return result;
}

/* ---- Looking ---- */

static bool covers(const struct soc_own *own, const char *path, bool ignore_case)
{
    for (size_t i = 0; i < soc_json_count(own->paths); i++)
        if (soc_glob_matches(soc_json_string(soc_json_item(own->paths, i)), path,
                             ignore_case || own->ignore_case))
            return true;
    return false;
}

/* Whether the agent holds the path shared itself. */
static bool shares(const struct society *s, const struct soc_owns *owns, const char *path,
                   bool ignore_case)
{
    for (size_t i = 0; i < owns->count; i++)
        if (owns->items[i].shared && !owns->items[i].waiting &&
            strcmp(owns->items[i].holder, s->agent) == 0 &&
            covers(&owns->items[i], path, ignore_case))
            return true;
    return false;
}

#define PERHAPS 2

/* Who keeps the agent from writing the path: 1 and *ret_own; 0 nobody; PERHAPS the process that
 * waited for *ret_own is gone, or had it meanwhile, which only the log can tell that is read now;
 * errors. `gone`: tokens of those of whom that was told, and the log was read since. */
static int find_owner(struct society *s, const struct soc_owns *owns, const char *path,
                      bool ignore_case, const soc_json *gone, const struct soc_own **ret_own)
{
    for (size_t i = 0; i < owns->count; i++) {
        const struct soc_own *own = &owns->items[i];
        int64_t left;
        if (own->waiting || strcmp(own->holder, s->agent) == 0 || !covers(own, path, ignore_case) ||
            (own->shared && shares(s, owns, path, ignore_case)) ||
            (own->waiter >= 0 && soc_own_is_named(gone, own->token)))
            continue;
        int is_gone = soc_own_is_gone(s, own, &left);
        if (is_gone == 1 && own->waiter < 0)
            continue;
        *ret_own = own;
        return is_gone < 0 ? is_gone : is_gone == 1 ? PERHAPS : 1;
    }
    return 0;
}

static int add_owner(struct society *s, const char *path, const struct soc_own *own,
                     society_list *list)
{
    SOC_AUTO_JSON soc_json *item = soc_json_new_object();
    if (!item || soc_json_set_string(item, "path", path) < 0 ||
        soc_json_set(item, "owner", soc_own_object(own)) < 0 || soc_list_add_json(list, item) < 0)
        return soc_fail_memory(&s->error);
    return 0;
}

/* Notes who seems to be gone, and reads on; NULL with *ret_error. */
static const struct soc_owns *read_on(struct society *s, int64_t token, soc_json *gone,
                                      int *ret_error)
{
    if (soc_json_append(gone, soc_json_new_integer(token)) == 0)
        return soc_owns(s, ret_error);
    *ret_error = soc_fail_memory(&s->error);
    return NULL;
}

static int check_each(struct society *s, const soc_json *paths, bool ignore_case,
                      society_list *list)
{
    int result = 0;
    SOC_AUTO_JSON soc_json *gone = soc_json_new_array();
    const struct soc_owns *owns = soc_owns(s, &result);
    if (!gone)
        return soc_fail_memory(&s->error);
    for (size_t i = 0; result >= 0 && i < soc_json_count(paths); i++) {
        const char *path = soc_json_string(soc_json_item(paths, i));
        const struct soc_own *own = NULL;
        while ((result = find_owner(s, owns, path, ignore_case, gone, &own)) == PERHAPS)
            if (!(owns = read_on(s, own->token, gone, &result)))
                return result;
        if (result == 1)
            result = add_owner(s, path, own, list);
    }
    return result;
}

static int check_all(struct society *s, const soc_json *paths, bool ignore_case, society_list *list)
{
    soc_lease_begin(s);
    int result = check_each(s, paths, ignore_case, list);
    int written = soc_lease_end(s);
    if (result >= 0 && written < 0)
        result = written;
    return result < 0 ? result : (int)society_list_count(list);
}

SOC_PUBLIC int society_own_check(society *s, const char *paths, society_list **ret_owners)
{
    struct soc_own_root root = {0};
    int result = soc_enter_as(s);
    if (result == 0)
        result = soc_own_root(s, &root);
    if (result < 0)
        return result;
    SOC_AUTO_LIST society_list *list = soc_list_new();
    SOC_AUTO_JSON soc_json *names = soc_own_paths(s, &root, paths, &result);
    bool ignore_case = root.ignore_case;
    soc_own_root_free(&root);
    if (result < 0)
        return result;
    if (!list)
        return soc_fail_memory(&s->error);
    result = check_all(s, names, ignore_case, list);
    if (result >= 0 && ret_owners) {
        *ret_owners = list;
        list = NULL;
    }
    return result;
}

SOC_PUBLIC int society_own_list(society *s, society_list **ret_list)
{
    int result = soc_enter(s);
    const struct soc_owns *owns = result < 0 ? NULL : soc_owns(s, &result);
    if (!owns)
        return result;
    SOC_AUTO_LIST society_list *list = soc_list_new();
    for (size_t i = 0; list && i < owns->count; i++) {
        const soc_json *task;
        const struct soc_own *own = &owns->items[i];
        int is_void = own->act < 0 ? 0 : soc_claim_is_void(s, own, &task);
        SOC_AUTO_JSON soc_json *object = soc_own_object(own);
        if (is_void < 0)
            return is_void;
        if (!object || (is_void == 0 && soc_list_add_json(list, object) < 0))
            return soc_fail_memory(&s->error);
    }
    if (!list)
        return soc_fail_memory(&s->error);
    result = (int)society_list_count(list);
    *ret_list = list;
    list = NULL;
    return result;
}
