/* SPDX-License-Identifier: MIT */
/* Reserving paths and giving them back: see own_take.h. */
#include "own_take.h"

#include <string.h>

#include "lease.h"
#include "own_files.h"
#include "own_path.h"
#include "own_wait.h"

/* So often a request begins anew that lost its token or its place to others. */
#define ATTEMPTS 64

/* ---- Requests ---- */

int soc_own_prepare(struct society *s, const char *patterns, struct soc_own_request *ret_request)
{
    struct soc_own_root root;
    *ret_request = (struct soc_own_request){.agent = s->agent, .token = -1, .waiter = -1};
    ret_request->lease_ms = s->config.lease_seconds * INT64_C(1000);
    int result = soc_own_root(s, &root);
    if (result < 0)
        return result;
    ret_request->paths = soc_own_patterns(s, &root, patterns, &result);
    ret_request->ignore_case = root.ignore_case;
    soc_own_root_free(&root);
    return result < 0 ? result : soc_lease_session(s, ret_request->session, &ret_request->present);
}

void soc_own_request_end(struct soc_own_request *request)
{
    soc_json_free(request->paths);
    soc_own_forget(request);
}

/* ---- Taking ---- */

static int make_files(struct society *s, const struct soc_own_request *request, int64_t token,
                      const soc_json *known)
{
    return request->shared ? 0
                           : soc_own_files_make(s, request->paths, request->session, token,
                                                request->lease_ms, known);
}

/* What can be had at once. First the decision is tried on what was read, without the lock: mostly
 * it is final, and no lock file is made in vain. The files, which are made before the record, get
 * their token when it is known. */
static int take_now(struct society *s, struct soc_own_request *request, const soc_json *known)
{
    SOC_AUTO_STRBUF struct soc_strbuf tried = SOC_STRBUF_INIT;
    int64_t end = s->ownership.reader.position;
    int result = soc_own_decide_request(s->ownership.data, end, request, &tried, &s->error);
    if (result == 0)
        result = make_files(s, request, SOC_LOCKFILE_ATTEMPT, known);
    if (result < 0)
        return result;
    result = soc_transact(&s->ownership, soc_own_decide_request, request, &s->error);
    if (result < 0 && !request->shared)
        soc_own_files_remove(s, request->paths, SOC_LOCKFILE_ATTEMPT);
    if (result < 0)
        return result;
    soc_own_bury(s, request);
    soc_renew_within(s, request->lease_ms);
    result = make_files(s, request, request->token, known);
    if (result < 0)
        soc_own_give_back(s, request->token);
    return result;
}

static int attempt(struct society *s, struct soc_own_request *request, soc_json *known,
                   int32_t timeout_ms, int64_t deadline_ms)
{
    const struct soc_own asked = {.paths = request->paths,
                                  .holder = request->agent,
                                  .shared = request->shared,
                                  .ignore_case = request->ignore_case};
    int64_t left;
    int result = 0;
    const struct soc_owns *owns = soc_owns(s, &result);
    if (!owns)
        return result;
    result = soc_own_gather(s, request, &asked, owns->count, known, NULL, &left);
    request->left_ms = left;
    if (result == 0)
        result = take_now(s, request, known);
    if (result == SOCIETY_E_HELD && timeout_ms != 0)
        result = soc_own_queue(s, request, known, deadline_ms);
    return result;
}

/* What was seen is of use only to who was refused. */
static int end_notes(struct society *s, int result)
{
    struct soc_error first = s->error;
    int written = soc_lease_end(s);
    if (result == SOCIETY_E_HELD && written < 0)
        return written;
    s->error = first;
    return result;
}

int soc_own_take(struct society *s, struct soc_own_request *request, int32_t timeout_ms)
{
    int64_t deadline = timeout_ms < 0 ? -1 : soc_monotonic_ms() + timeout_ms;
    SOC_AUTO_JSON soc_json *known = soc_json_new_object();
    if (!known)
        return soc_fail_memory(&s->error);
    int result = SOCIETY_E_VOID;
    soc_lease_begin(s);
    for (int i = 0; i < ATTEMPTS && (result == SOCIETY_E_VOID || result == SOCIETY_E_FENCED); i++)
        result = attempt(s, request, known, timeout_ms, deadline);
    return end_notes(s, result);
}

/* ---- Orders ---- */

/* The lock files say when the lease began: after a renewal, and after a handover, whose is what is
 * held now. A program that knows only lock files may have taken a stale one; the log has not changed
 * for that. */
static int renew_files(struct society *s, const struct soc_own *own, const char *giver)
{
    int64_t lease = own->lease_ms > 0 ? own->lease_ms : s->config.lease_seconds * INT64_C(1000);
    if (own->waiting || own->shared)
        return 0;
    int result = soc_own_files_give(s, own, lease, giver);
    return result == SOCIETY_E_HELD ? 0 : result;
}

/* The reservation as it is now that had these fields before. */
static const struct soc_own *find_after(const struct soc_owns *owns, const soc_json *fields,
                                        const char *to)
{
    int64_t token = -1;
    soc_json_get_integer(fields, "token", &token);
    for (size_t i = owns->count; i > 0; i--) {
        const struct soc_own *own = &owns->items[i - 1];
        bool is_it = to ? strcmp(own->holder, to) == 0 &&
                              soc_own_is_same_list(own->paths, soc_json_get(fields, "paths"))
                        : own->token == token;
        if (is_it)
            return own;
    }
    return NULL;
}

static int settle_files(struct society *s, const struct soc_own_order *order,
                        const soc_json *fields)
{
    if (strcmp(order->type, "own_release") == 0) {
        soc_own_files_remove_of(s, fields);
        return 0;
    }
    const struct soc_own *own = find_after(s->ownership.data, fields, order->to);
    return own ? renew_files(s, own, order->agent) : 0;
}

int soc_own_carry_out(struct society *s, struct soc_own_order *order)
{
    int result = 0;
    if (!soc_owns(s, &result))
        return result;
    result = soc_transact(&s->ownership, soc_own_decide_order, order, &s->error);
    if (result < 0)
        return result;
    for (size_t i = 0; result >= 0 && i < soc_json_count(order->done); i++)
        result = settle_files(s, order, soc_json_item(order->done, i));
    return result < 0 ? result : (int)soc_json_count(order->done);
}

int soc_own_give_back(struct society *s, int64_t token)
{
    struct soc_own_order order = {.type = "own_release", .agent = s->agent, .token = token};
    int result = soc_own_carry_out(s, &order);
    soc_json_free(order.done);
    return result < 0 ? result : 0;
}
