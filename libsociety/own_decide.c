/* SPDX-License-Identifier: MIT */
/* Decisions on the reservations: see own_decide.h. */
#include "own_decide.h"

#include <errno.h>
#include <string.h>

#include "own_rules.h"
#include "record.h"

/* ---- Composing ---- */

/* Ends the record that began at `start`, and has it judged as the fold will judge it. */
static int end_record(const struct soc_owns *owns, const char *type, int64_t end, size_t start,
                      struct soc_strbuf *out, struct soc_error *error)
{
    int result = soc_record_end(out, start, NULL);
    if (result == SOCIETY_E_TOO_BIG)
        return soc_fail(error, result, "the record is over 256 KiB");
    if (result < 0)
        return soc_fail(error, result, "cannot make the record");
    SOC_AUTO_JSON soc_json *json =
        soc_json_parse(out->data + start, out->length - start - 1, error);
    if (!json)
        return error && error->code == -ENOMEM ? -ENOMEM : SOCIETY_E_INVALID;
    int64_t length = (int64_t)(out->length - start);
    struct soc_record record = {json, type, end + (int64_t)start, end + (int64_t)start + length};
    struct soc_own_change change;
    result = soc_own_judge(owns, &record, &change, error);
    soc_own_change_end(&change);
    return result;
}

static void add_json(struct soc_strbuf *out, const char *key, const soc_json *value)
{
    SOC_AUTO_STRBUF struct soc_strbuf text = SOC_STRBUF_INIT;
    soc_json_dump(value, &text);
    soc_record_raw(out, key, text.data ? text.data : "", text.length);
    out->failed |= text.failed;
}

static void add_session(struct soc_strbuf *out, const char *session, bool present)
{
    if (!session)
        return;
    soc_record_string(out, "session", session);
    if (present)
        soc_record_raw(out, "presence", "true", 4);
}

/* ---- Asking ---- */

/* The evidence on a reservation, while it is what was looked at; NULL: none. */
static const struct soc_own_evidence *evidence_on(const struct soc_own_request *request,
                                                  const struct soc_own *own)
{
    for (size_t i = 0; i < request->gone_count; i++)
        if (request->gone[i].token == own->token && request->gone[i].renewed == own->renewed)
            return &request->gone[i];
    return NULL;
}

bool soc_own_is_same_list(const soc_json *a, const soc_json *b)
{
    bool same = soc_json_count(a) == soc_json_count(b);
    for (size_t i = 0; same && i < soc_json_count(a); i++)
        same =
            strcmp(soc_json_string(soc_json_item(a, i)), soc_json_string(soc_json_item(b, i))) == 0;
    return same;
}

static bool is_same_text(const soc_json *fields, const char *key, const char *text)
{
    const char *own = soc_json_get_string(fields, key);
    return !text || (own && strcmp(own, text) == 0);
}

/* What the agent holds and asks for again; NULL: nothing. */
static const struct soc_own *find_same(const struct soc_owns *owns,
                                       const struct soc_own_request *request)
{
    for (size_t i = 0; i < owns->count; i++) {
        const struct soc_own *own = &owns->items[i];
        if (!own->waiting && own->act < 0 && own->shared == request->shared &&
            strcmp(own->holder, request->agent) == 0 &&
            soc_own_is_same_list(own->paths, request->paths) &&
            is_same_text(own->fields, "reason", request->reason) &&
            is_same_text(own->fields, "task", request->task))
            return own;
    }
    return NULL;
}

static int renew_same(const struct soc_owns *owns, int64_t end, struct soc_own_request *request,
                      const struct soc_own *own, struct soc_strbuf *out, struct soc_error *error)
{
    request->token = own->token;
    soc_record_begin(out, "own_renew");
    soc_record_string(out, "from", request->agent);
    soc_record_integer(out, "token", own->token);
    soc_record_integer(out, "leaseMs", request->lease_ms);
    add_session(out, request->session, request->present);
    return end_record(owns, "own_renew", end, 0, out, error);
}

/* Names what is in the way and gone. */
static void add_takeover(const struct soc_owns *owns, const struct soc_own_request *request,
                         const struct soc_own *asked, struct soc_strbuf *out)
{
    SOC_AUTO_STRBUF struct soc_strbuf tokens = SOC_STRBUF_INIT;
    for (size_t i = 0; i < owns->count; i++) {
        const struct soc_own *own = &owns->items[i];
        if (!soc_own_conflict(own, asked) || !evidence_on(request, own))
            continue;
        soc_strbuf_add_format(&tokens, "%s%lld", tokens.length == 0 ? "[" : ",",
                              (long long)own->token);
    }
    soc_strbuf_add_char(&tokens, ']');
    if (tokens.failed || tokens.length > 1)
        soc_record_raw(out, "takeover", tokens.data ? tokens.data : "", tokens.length);
    out->failed |= tokens.failed;
}

static int add_request(const struct soc_owns *owns, int64_t end, struct soc_own_request *request,
                       const char *type, struct soc_strbuf *out, struct soc_error *error)
{
    const struct soc_own asked = {.paths = request->paths,
                                  .holder = request->agent,
                                  .shared = request->shared,
                                  .ignore_case = request->ignore_case};
    request->token = end;
    soc_record_begin(out, type);
    soc_record_string(out, "from", request->agent);
    add_json(out, "paths", request->paths);
    soc_record_string(out, "mode", request->shared ? "shared" : "exclusive");
    if (request->reason)
        soc_record_string(out, "reason", request->reason);
    if (request->task)
        soc_record_string(out, "task", request->task);
    if (request->of_claim) {
        soc_record_integer(out, "act", request->act);
        soc_record_integer(out, "tasksAt", request->tasks_at);
    }
    if (request->wait && request->waiter >= 0)
        soc_record_integer(out, "waiter", request->waiter);
    soc_record_integer(out, "leaseMs", request->lease_ms);
    soc_record_integer(out, "token", end);
    add_session(out, request->session, request->present);
    if (request->ignore_case)
        soc_record_raw(out, "ignoreCase", "true", 4);
    add_takeover(owns, request, &asked, out);
    return end_record(owns, type, end, 0, out, error);
}

int soc_own_decide_request(const void *state, int64_t end, void *argument, struct soc_strbuf *out,
                           struct soc_error *error)
{
    const struct soc_owns *owns = state;
    struct soc_own_request *request = argument;
    /* What is taken with a claim ends with it, whatever else the agent holds. */
    const struct soc_own *same = request->of_claim ? NULL : find_same(owns, request);
    if (same)
        return renew_same(owns, end, request, same, out, error);
    return add_request(owns, end, request, request->wait ? "own_wait" : "own_acquire", out, error);
}

void soc_own_forget(struct soc_own_request *request)
{
    for (size_t i = 0; i < request->gone_count; i++)
        soc_json_free(request->gone[i].fields);
    free(request->gone);
    request->gone = NULL;
    request->gone_count = 0;
}

int soc_own_decide_expire(const void *state, int64_t end, void *argument, struct soc_strbuf *out,
                          struct soc_error *error)
{
    const struct soc_owns *owns = state;
    const struct soc_own_request *request = argument;
    int result = 0;
    for (size_t i = 0; result == 0 && i < owns->count; i++) {
        size_t start = out->length;
        if (!evidence_on(request, &owns->items[i]))
            continue;
        soc_record_begin(out, "own_expire");
        soc_record_string(out, "from", request->agent);
        soc_record_integer(out, "token", owns->items[i].token);
        result = end_record(owns, "own_expire", end, start, out, error);
    }
    return result;
}

/* ---- Orders ---- */

static bool is_meant(const struct soc_own_order *order, const struct soc_own *own)
{
    bool named = !order->patterns;
    for (size_t i = 0; !named && i < soc_json_count(order->patterns); i++)
        named = soc_own_has(own, soc_json_string(soc_json_item(order->patterns, i)));
    return named && strcmp(own->holder, order->agent) == 0 &&
           (order->token == -1 || own->token == order->token) && !(order->held && own->waiting) &&
           !(order->waiting && !own->waiting);
}

static int add_order(const struct soc_owns *owns, int64_t end, struct soc_own_order *order,
                     const struct soc_own *own, struct soc_strbuf *out, struct soc_error *error)
{
    size_t start = out->length;
    soc_record_begin(out, order->type);
    soc_record_string(out, "from", order->agent);
    soc_record_integer(out, "token", own->token);
    if (order->to)
        soc_record_string(out, "to", order->to);
    if (order->lease_ms > 0)
        soc_record_integer(out, "leaseMs", order->lease_ms);
    add_session(out, order->session, order->present);
    if (soc_json_append(order->done, soc_json_copy(own->fields)) < 0)
        return soc_fail_memory(error);
    return end_record(owns, order->type, end, start, out, error);
}

int soc_own_decide_order(const void *state, int64_t end, void *argument, struct soc_strbuf *out,
                         struct soc_error *error)
{
    const struct soc_owns *owns = state;
    struct soc_own_order *order = argument;
    soc_json_free(order->done);
    order->done = soc_json_new_array();
    int result = order->done ? 0 : soc_fail_memory(error);
    for (size_t i = 0; result == 0 && i < owns->count; i++) {
        if (order->first && soc_json_count(order->done) > 0)
            break;
        if (is_meant(order, &owns->items[i]))
            result = add_order(owns, end, order, &owns->items[i], out, error);
    }
    return result;
}
