/* SPDX-License-Identifier: MIT */
/*
 * Waiting: an own_wait stands in the log, and the fold grants it when what is before it is over. So
 * whoever waits only looks at the log as it grows. Who died or let his lease run out writes
 * nothing; the one who waits behind him finds that out and says it (own_expire). A lock file may
 * still be there when the log grants: of the last holder, who removes it in a moment, or of a
 * foreign one, for whom the wait goes on.
 */
#include "own_wait.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "await.h"
#include "claim.h"
#include "lease.h"
#include "own_files.h"
#include "own_rules.h"
#include "own_take.h"

#define FIRST_QUESTION_MS 20

static int64_t sooner(int64_t a, int64_t b)
{
    return a < 0 ? b : b < 0 || a < b ? a : b;
}

/* ---- Evidence ---- */

/* By what it says of itself. */
static int is_held_no_more(struct society *s, const struct soc_own *own, int64_t *ret_left_ms)
{
    char what[32];
    snprintf(what, sizeof what, "own:%" PRId64, own->token);
    const struct soc_holding holding = {.what = what,
                                        .holder = own->holder,
                                        .session = own->session,
                                        .present = own->present,
                                        .token = own->token,
                                        .renewed = own->renewed,
                                        .lease_ms = own->lease_ms};
    return soc_lease_is_over(s, &holding, ret_left_ms);
}

/* Nobody tells those who wait for paths what became of the task, if whoever ended the claim is no
 * program of ours. */
#define CLAIM_AGAIN_MS 5000

/* Of one that belongs to a claim. */
static int is_gone_with_claim(struct society *s, const struct soc_own *own, int64_t *ret_left_ms)
{
    SOC_AUTO_JSON soc_json *glimpse = NULL;
    const soc_json *task = NULL;
    int result = soc_claim_glimpse(s, own, &glimpse);
    if (result == 0)
        result = soc_claim_is_void(s, own, &task);
    else if (result == 1)
        task = glimpse;
    if (result < 0 || (result == 1 && !glimpse))
        return result;
    if (task) {
        result = soc_claim_is_over(s, task, ret_left_ms);
        *ret_left_ms = sooner(*ret_left_ms, CLAIM_AGAIN_MS);
        return result;
    }
    return is_held_no_more(s, own, ret_left_ms);
}

/* Of one that a process waits for, or was granted and has not noticed yet: 1 that process is gone. */
static int is_gone_with_waiter(struct society *s, const struct soc_own *own)
{
    int alive = own->waiter < 0 ? 1 : soc_act_is_under_way(s, own->waiter);
    return alive < 0 ? alive : !alive;
}

int soc_own_is_gone(struct society *s, const struct soc_own *own, int64_t *ret_left_ms)
{
    *ret_left_ms = -1;
    int gone = is_gone_with_waiter(s, own);
    if (gone != 0)
        return gone;
    return own->act < 0 ? is_held_no_more(s, own, ret_left_ms)
                        : is_gone_with_claim(s, own, ret_left_ms);
}

int soc_own_add_evidence(struct soc_own_request *request, const struct soc_own *own,
                         struct soc_error *error)
{
    struct soc_own_evidence *gone =
        realloc(request->gone, (request->gone_count + 1) * sizeof *gone);
    if (!gone)
        return soc_fail_memory(error);
    request->gone = gone;
    gone[request->gone_count++] =
        (struct soc_own_evidence){own->token, own->renewed, soc_json_retain(own->fields)};
    return 0;
}

static int note_holder(const struct soc_own *own, soc_json *known, struct soc_error *error)
{
    for (size_t i = 0; i < soc_json_count(own->paths); i++)
        if (soc_json_set_string(known, soc_json_string(soc_json_item(own->paths, i)), own->holder) <
            0)
            return soc_fail_memory(error);
    return 0;
}

/* The entry for a reservation, made where there is none; NULL: no memory. */
static struct soc_own_patient *patient(struct soc_own_patience *patience, const struct soc_own *own)
{
    for (size_t i = 0; i < patience->count; i++)
        if (patience->items[i].token == own->token)
            return &patience->items[i];
    struct soc_own_patient *items = realloc(patience->items, (patience->count + 1) * sizeof *items);
    if (!items)
        return NULL;
    patience->items = items;
    items[patience->count] = (struct soc_own_patient){own->token, -1, 0};
    return &items[patience->count++];
}

/* As soc_own_is_gone(), but asked no more often than it can make a difference. */
static int is_gone_by_now(struct society *s, const struct soc_own *own,
                          struct soc_own_patience *patience, int64_t *ret_left_ms)
{
    int64_t now = soc_monotonic_ms();
    if (!patience || own->act >= 0 || (own->present && own->session))
        return soc_own_is_gone(s, own, ret_left_ms);
    int gone = is_gone_with_waiter(s, own);
    if (gone != 0)
        return gone;
    struct soc_own_patient *entry = patient(patience, own);
    if (!entry)
        return soc_fail_memory(&s->error);
    if (entry->renewed != own->renewed) {
        entry->renewed = own->renewed;
        entry->ask_ms = now + FIRST_QUESTION_MS;
    }
    *ret_left_ms = entry->ask_ms - now;
    if (*ret_left_ms > 0)
        return 0;
    int result = soc_own_is_gone(s, own, ret_left_ms);
    entry->ask_ms = now + *ret_left_ms;
    return result;
}

int soc_own_gather(struct society *s, struct soc_own_request *request, const struct soc_own *asked,
                   size_t end, soc_json *known, struct soc_own_patience *patience,
                   int64_t *ret_left_ms)
{
    const struct soc_owns *owns = s->ownership.data;
    int result = 0;
    *ret_left_ms = -1;
    soc_own_forget(request);
    for (size_t i = 0; result == 0 && i < end; i++) {
        const struct soc_own *own = &owns->items[i];
        int64_t left = -1;
        if (!soc_own_conflict(own, asked))
            continue;
        int gone = is_gone_by_now(s, own, patience, &left);
        if (gone == 1)
            result = soc_own_add_evidence(request, own, &s->error);
        else if (gone == 0)
            *ret_left_ms = sooner(*ret_left_ms, left);
        else
            result = gone;
        if (result == 0)
            result = note_holder(own, known, &s->error);
    }
    return result;
}

void soc_own_bury(struct society *s, const struct soc_own_request *request)
{
    const struct soc_owns *owns = s->ownership.data;
    for (size_t i = 0; i < request->gone_count; i++)
        if (soc_own_find(owns, request->gone[i].token) == owns->count)
            soc_own_files_remove_of(s, request->gone[i].fields);
}

/* ---- The queue ---- */

/* Says of those who were found gone that they are. */
static int say_gone(struct soc_own_queue *q)
{
    struct society *s = q->s;
    int result = soc_transact(&s->ownership, soc_own_decide_expire, q->request, &s->error);
    /* Another was faster to say so. */
    if (result == SOCIETY_E_VOID || result == SOCIETY_E_FENCED)
        result = 0;
    if (result == 0)
        soc_own_bury(s, q->request);
    return result;
}

/* The same of those before us. */
static int expire_gone(struct soc_own_queue *q, size_t at, int64_t *ret_limit_ms)
{
    struct society *s = q->s;
    const struct soc_owns *owns = s->ownership.data;
    int result =
        soc_own_gather(s, q->request, &owns->items[at], at, q->known, &q->patience, ret_limit_ms);
    if (result < 0 || q->request->gone_count == 0)
        return result;
    *ret_limit_ms = 0;
    return say_gone(q);
}

/* The same of all that wait: who died in the queue waits for nobody, and closes no cycle. Their
 * number. */
static int expire_waiting(struct soc_own_queue *q)
{
    const struct soc_owns *owns = q->s->ownership.data;
    int result = 0;
    soc_own_forget(q->request);
    for (size_t i = 0; result == 0 && i < owns->count; i++) {
        int64_t left;
        if (!owns->items[i].waiting)
            continue;
        result = soc_own_is_gone(q->s, &owns->items[i], &left);
        if (result == 1)
            result = soc_own_add_evidence(q->request, &owns->items[i], &q->s->error);
    }
    int count = (int)q->request->gone_count;
    if (result == 0 && count > 0)
        result = say_gone(q);
    return result < 0 ? result : count;
}

/* Says that what was granted is had: from now on it lasts like anything that the agent holds. */
static int confirm(struct soc_own_queue *q)
{
    struct society *s = q->s;
    struct soc_own_order order = {.type = "own_renew",
                                  .agent = q->request->agent,
                                  .token = q->request->token,
                                  .session = q->request->session,
                                  .present = q->request->present};
    if (q->act.fd < 0)
        return 0;
    int result = soc_transact(&s->ownership, soc_own_decide_order, &order, &s->error);
    if (result == 0 && soc_json_count(order.done) == 0)
        result = soc_fail(&s->error, SOCIETY_E_FENCED, "it was taken over when it was granted");
    soc_json_free(order.done);
    if (result == 0)
        soc_own_queue_end(q);
    return result;
}

/* 1 it is held; 0 not yet, look again in *ret_limit_ms (-1: when something happens); errors. */
static int look(struct soc_own_queue *q, int64_t *ret_limit_ms)
{
    struct society *s = q->s;
    const struct soc_own_request *request = q->request;
    int result = 0;
    const struct soc_owns *owns = soc_owns(s, &result);
    *ret_limit_ms = -1;
    if (!owns)
        return result;
    size_t at = soc_own_find(owns, request->token);
    if (at == owns->count)
        return soc_fail(&s->error, SOCIETY_E_FENCED,
                        "the place in the queue was lost: the agent was thought to be gone");
    if (owns->items[at].waiting)
        return expire_gone(q, at, ret_limit_ms);
    if (!request->shared)
        result = soc_own_files_make(s, request->paths, request->session, request->token,
                                    request->lease_ms, q->known);
    if (result == SOCIETY_E_HELD)
        return 0;
    if (result == 0)
        result = confirm(q);
    return result < 0 ? result : 1;
}

/* Without presence the place in the queue is as good as its lease. */
static int keep_place(struct soc_own_queue *q, int64_t *limit_ms)
{
    const struct soc_own_request *request = q->request;
    if (request->present || request->of_claim)
        return 0;
    int64_t due = request->lease_ms / 3 - (soc_monotonic_ms() - q->renewed_ms);
    if (due > 0) {
        *limit_ms = sooner(*limit_ms, due);
        return 0;
    }
    struct soc_own_order order = {
        .type = "own_renew", .agent = request->agent, .token = request->token};
    int result = soc_own_carry_out(q->s, &order);
    soc_json_free(order.done);
    q->renewed_ms = soc_monotonic_ms();
    *limit_ms = 0;
    return result < 0 ? result : 0;
}

int soc_own_queue_look(struct soc_own_queue *q, int64_t *ret_limit_ms)
{
    int result = look(q, ret_limit_ms);
    return result == 0 ? keep_place(q, ret_limit_ms) : result;
}

static int fail_timeout(struct soc_own_queue *q)
{
    SOC_AUTO_STRBUF struct soc_strbuf words = SOC_STRBUF_INIT;
    struct society *s = q->s;
    const struct soc_owns *owns = s->ownership.data;
    size_t at = soc_own_find(owns, q->request->token);
    if (at < owns->count && owns->items[at].waiting)
        soc_own_tell(owns, &owns->items[at], at, NULL, &words);
    else if (at < owns->count) /* granted, but for a foreign lock file, of which the error tells */
        soc_strbuf_add_string(&words, s->error.text);
    return soc_fail(&s->error, SOCIETY_E_TIMEOUT, "the time is over: %s",
                    words.data ? words.data : "still waiting");
}

static int sleep_until_change(struct soc_own_queue *q, struct soc_await *await, int64_t limit_ms)
{
    int64_t left = q->deadline_ms < 0 ? -1 : q->deadline_ms - soc_monotonic_ms();
    if (limit_ms == 0)
        return 0;
    if (q->deadline_ms >= 0 && left <= 0)
        return fail_timeout(q);
    return soc_await_change(q->s, await, &q->s->ownership.reader, sooner(limit_ms, left));
}

static int wait_in_queue(struct soc_own_queue *q)
{
    struct soc_await await;
    int result = soc_await_begin(q->s, &await);
    if (result < 0)
        return result;
    while (result == 0) {
        int64_t limit = -1;
        result = soc_own_queue_look(q, &limit);
        if (result == 0)
            result = sleep_until_change(q, &await, limit);
    }
    soc_await_end(&await);
    return result < 0 ? result : 0;
}

/* Gives the place up. It may have been granted just now: then it is ours after all, unless the wait
 * ended for another reason than time. The words of the first failure stay. */
static int withdraw(struct soc_own_queue *q, int reason)
{
    struct soc_error first = q->s->error;
    struct soc_own_order order = {.type = "own_release",
                                  .agent = q->request->agent,
                                  .token = q->request->token,
                                  .waiting = reason == SOCIETY_E_TIMEOUT};
    int64_t limit;
    int done = soc_own_carry_out(q->s, &order);
    soc_json_free(order.done);
    if (done == 0 && order.waiting && look(q, &limit) == 1)
        return 0;
    /* A failure leaves a place in the queue: the next one behind it finds us gone, when we are. */
    if (done == 0 && order.waiting)
        soc_own_give_back(q->s, q->request->token);
    q->s->error = first;
    return reason;
}

void soc_own_queue_end(struct soc_own_queue *q)
{
    soc_act_end(&q->act);
}

static int begin_act(struct soc_own_queue *q)
{
    soc_own_queue_end(q);
    q->request->waiter = -1;
    /* What is taken with a claim has the claim's own act; who has joined is known to be alive. */
    if (q->request->of_claim || q->s->presence >= 0)
        return 0;
    int result = soc_act_begin(q->s, &q->act);
    if (result == 0)
        q->request->waiter = q->act.number;
    return result;
}

static int take_place(struct soc_own_queue *q)
{
    q->request->wait = true;
    int result = soc_transact(&q->s->ownership, soc_own_decide_request, q->request, &q->s->error);
    q->request->wait = false;
    return result;
}

int soc_own_queue_enter(struct soc_own_queue *q)
{
    struct society *s = q->s;
    int result = begin_act(q);
    if (result < 0)
        return result;
    result = take_place(q);
    if (result == SOCIETY_E_DEADLOCK) {
        struct soc_error cycle = s->error;
        if (expire_waiting(q) > 0)
            result = take_place(q);
        else
            s->error = cycle;
    }
    q->renewed_ms = soc_monotonic_ms();
    if (result == 0)
        soc_own_bury(s, q->request);
    else
        soc_own_queue_end(q);
    return result;
}

void soc_own_queue_leave(struct soc_own_queue *q)
{
    withdraw(q, -ECANCELED);
    soc_own_queue_end(q);
}

int soc_own_queue(struct society *s, struct soc_own_request *request, soc_json *known,
                  int64_t deadline_ms)
{
    struct soc_own_queue q = {
        .s = s, .request = request, .known = known, .deadline_ms = deadline_ms, .act = {.fd = -1}};
    int result = soc_own_queue_enter(&q);
    if (result < 0)
        return result;
    result = wait_in_queue(&q);
    if (result < 0 && result != SOCIETY_E_FENCED)
        result = withdraw(&q, result);
    soc_own_queue_end(&q);
    free(q.patience.items);
    return result;
}
