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

static int acquire(struct society *s, const char *patterns, uint32_t flags, const soc_json *fields,
                   int32_t timeout_ms, char **ret_reservation)
{
    struct soc_own_request request;
    int result = soc_own_prepare(s, patterns, &request);
    request.shared = (flags & SOCIETY_OWN_SHARED) != 0;
    if (result == 0)
        result = read_fields(s, fields, &request);
    if (result == 0)
        result = soc_own_take(s, &request, timeout_ms);
    if (result == 0 && ret_reservation)
        result = give_reservation(s, request.token, ret_reservation);
    soc_own_request_end(&request);
    return result;
}

SOC_PUBLIC int society_own_acquire(society *s, const char *patterns, uint32_t flags,
                                   const char *fields, int32_t timeout_ms, char **ret_reservation)
{
    struct soc_error why = {0};
    int result = soc_enter_as(s);
    if (result < 0)
        return result;
    if (flags & ~SOCIETY_OWN_SHARED)
        return soc_fail(&s->error, SOCIETY_E_INVALID, "flags: unknown bits in %#x", flags);
    SOC_AUTO_JSON soc_json *json = fields ? soc_json_parse(fields, strlen(fields), &why) : NULL;
    if (fields && !json)
        return soc_fail(&s->error, why.code == -ENOMEM ? -ENOMEM : SOCIETY_E_INVALID,
                        "the fields of a reservation: %s", why.text);
    return acquire(s, patterns, flags, json, timeout_ms, ret_reservation);
}

/* ---- Changing ---- */

/* Carries an order out for those with one of the patterns (a JSON array as text; NULL: all). */
static int change(struct society *s, const char *patterns, struct soc_own_order *order)
{
    struct soc_own_root root;
    SOC_AUTO_JSON soc_json *normal = NULL;
    int result = 0;
    order->agent = s->agent;
    order->token = -1;
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
    struct soc_own_order order = {.type = "own_release"};
    int result = soc_enter_as(s);
    if (result == 0)
        result = change(s, patterns, &order);
    soc_json_free(order.done);
    return result;
}

SOC_PUBLIC int society_own_renew(society *s, const char *patterns, int64_t lease_ms)
{
    char session[SOC_UUID_SIZE];
    struct soc_own_order order = {.type = "own_renew", .lease_ms = lease_ms, .session = session};
    int result = soc_enter_as(s);
    if (result == 0 && lease_ms < 0)
        result = soc_fail(&s->error, SOCIETY_E_INVALID, "a lease can't be negative");
    if (result == 0)
        result = soc_lease_session(s, session, &order.present);
    if (result == 0)
        result = change(s, patterns, &order);
    soc_json_free(order.done);
    return result;
}

SOC_PUBLIC int society_own_handover(society *s, const char *pattern, const char *to)
{
    struct soc_presence presence = {0};
    SOC_AUTO_STRBUF struct soc_strbuf list = SOC_STRBUF_INIT;
    int result = soc_enter_as(s);
    if (result < 0)
        return result;
    if (!to || !soc_is_agent_id(to, strlen(to)))
        return soc_fail(&s->error, SOCIETY_E_INVALID, "\"%.80s\" is not an agent id", to ? to : "");
    if (!pattern)
        return soc_fail(&s->error, SOCIETY_E_INVALID, "a pattern is wanted");
    result = soc_presence_look(s, to, &presence);
    if (result < 0)
        return result;
    bool present = presence.held && presence.session[0] != '\0';
    struct soc_own_order order = {.type = "own_handover",
                                  .held = true,
                                  .first = true,
                                  .to = to,
                                  .session = present ? presence.session : NULL,
                                  .present = present};
    soc_strbuf_add_char(&list, '[');
    soc_json_quote(&list, pattern, strlen(pattern));
    soc_strbuf_add_char(&list, ']');
    result = list.failed ? soc_fail_memory(&s->error) : change(s, list.data, &order);
    soc_json_free(order.done);
    return result < 0 ? result : 0;
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

/* Who keeps the agent from writing the path: 1 and *ret_own; 0 nobody; errors. */
static int find_owner(struct society *s, const struct soc_owns *owns, const char *path,
                      bool ignore_case, const struct soc_own **ret_own)
{
    for (size_t i = 0; i < owns->count; i++) {
        const struct soc_own *own = &owns->items[i];
        int64_t left;
        if (own->waiting || strcmp(own->holder, s->agent) == 0 || !covers(own, path, ignore_case) ||
            (own->shared && shares(s, owns, path, ignore_case)))
            continue;
        int gone = soc_own_is_gone(s, own, &left);
        if (gone == 1)
            continue;
        *ret_own = own;
        return gone < 0 ? gone : 1;
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

static int check_all(struct society *s, const soc_json *paths, bool ignore_case, society_list *list)
{
    int result = 0;
    const struct soc_owns *owns = soc_owns(s, &result);
    soc_lease_begin(s);
    for (size_t i = 0; result >= 0 && i < soc_json_count(paths); i++) {
        const char *path = soc_json_string(soc_json_item(paths, i));
        const struct soc_own *own = NULL;
        result = find_owner(s, owns, path, ignore_case, &own);
        if (result == 1)
            result = add_owner(s, path, own, list);
    }
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
