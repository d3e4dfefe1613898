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
    *ret_request = (struct soc_own_request){.agent = s->agent, .token = -1};
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

int soc_own_take(struct society *s, struct soc_own_request *request, int32_t timeout_ms)
{
    int64_t deadline = timeout_ms < 0 ? -1 : soc_monotonic_ms() + timeout_ms;
    SOC_AUTO_JSON soc_json *known = soc_json_new_object();
    if (!known)
        return soc_fail_memory(&s->error);
    int result = SOCIETY_E_VOID;
    for (int i = 0; i < ATTEMPTS && (result == SOCIETY_E_VOID || result == SOCIETY_E_FENCED); i++)
        result = attempt(s, request, known, timeout_ms, deadline);
    return result;
}

/* ---- Orders ---- */

int soc_own_carry_out(struct society *s, struct soc_own_order *order)
{
    int result = 0;
    if (!soc_owns(s, &result))
        return result;
    result = soc_transact(&s->ownership, soc_own_decide_order, order, &s->error);
    if (result < 0)
        return result;
    for (size_t i = 0; i < soc_json_count(order->done); i++)
        if (strcmp(order->type, "own_release") == 0 || strcmp(order->type, "own_handover") == 0)
            soc_own_files_remove_of(s, soc_json_item(order->done, i));
    return (int)soc_json_count(order->done);
}

int soc_own_give_back(struct society *s, int64_t token)
{
    struct soc_own_order order = {.type = "own_release", .agent = s->agent, .token = token};
    int result = soc_own_carry_out(s, &order);
    soc_json_free(order.done);
    return result < 0 ? result : 0;
}
