/* SPDX-License-Identifier: MIT */
/*
 * Claiming several tasks: see society_task_claim_several(). Without lock files those that are ready
 * are one decision, with one token: the log's end is above all that any of them was ever given. With
 * lock files each is claimed by itself, for its file comes before its record; and so is what is most
 * like the work of the agent.
 */
#include <errno.h>
#include <string.h>

#include "lease.h"
#include "list.h"
#include "presence.h"
#include "task.h"

struct order {
    struct society *s;
    int32_t count; /* how many are wanted */
    uint32_t flags;
    int64_t lease_ms; /* as it was given */
    const char *role;
    char session[SOC_UUID_SIZE];
    bool present;
    char chosen[SOCIETY_CLAIMS_MAX][SOC_ID_MAX + 1]; /* what was claimed together */
    size_t together;                                 /* how many */
    int64_t token;                                   /* theirs */
    society_list *claims;
};

static int64_t lease_of(const struct order *order)
{
    return order->lease_ms > 0 ? order->lease_ms : order->s->config.lease_seconds * INT64_C(1000);
}

static struct soc_task_bid make_bid(const struct order *order, const char *id)
{
    return (struct soc_task_bid){.task = id,
                                 .from = order->s->agent,
                                 .session = order->session,
                                 .present = order->present,
                                 .token = order->token,
                                 .lease_ms = lease_of(order),
                                 .own = -1};
}

/* ---- Together ---- */

static int claim_one(struct order *order, const char *id, struct soc_strbuf *out,
                     struct soc_error *error)
{
    struct soc_task_bid bid = make_bid(order, id);
    memcpy(order->chosen[order->together++], id, strlen(id) + 1);
    return soc_task_bid_write(&bid, &order->s->random, &order->s->now, out, error);
}

static int decide(const void *state, int64_t end, void *argument, struct soc_strbuf *out,
                  struct soc_error *error)
{
    struct order *order = argument;
    struct soc_task_seeker seeker = {.agent = order->s->agent, .role = order->role};
    const struct soc_rank *best[SOCIETY_CLAIMS_MAX];
    size_t count = soc_task_best_several(state, &seeker, best, (size_t)order->count);
    int result = 0;
    order->together = 0;
    order->token = end;
    for (size_t i = 0; result == 0 && i < count; i++)
        if (soc_task_index_accepts(best[i], order->s->agent, end, end))
            result = claim_one(order, best[i]->id, out, error);
    return result;
}

/* Whether one that was claimed together is ours: where a writer without a lock was faster, not all
 * are. */
static bool is_ours(const struct order *order, const struct soc_tasks *tasks, const char *id)
{
    int64_t token = -1;
    const soc_json *task = soc_tasks_get(tasks, id);
    const char *holder = soc_json_get_string(task, "holder");
    return holder && strcmp(holder, order->s->agent) == 0 &&
           soc_json_get_integer(task, "token", &token) && token == order->token;
}

/* `tasks` NULL: all of them took effect. */
static int give(struct order *order, const struct soc_tasks *tasks)
{
    for (size_t i = 0; i < order->together; i++) {
        struct soc_strbuf text = SOC_STRBUF_INIT;
        struct soc_task_bid bid = make_bid(order, order->chosen[i]);
        if (tasks && !is_ours(order, tasks, bid.task))
            continue;
        soc_task_bid_describe(&bid, &text);
        if (soc_list_add(order->claims, text.failed ? NULL : soc_strbuf_steal(&text)) < 0)
            return soc_fail_memory(&order->s->error);
    }
    return 0;
}

static int claim_together(struct order *order)
{
    struct society *s = order->s;
    int failed = 0;
    int result = soc_tasks_open(s);
    if (result == 0)
        result = soc_lease_session(s, order->session, &order->present);
    if (result < 0)
        return result;
    order->role = soc_task_role(s);
    result = soc_transact_unsettled(&s->tasks, decide, order, &s->error);
    if (result < 0 && result != SOCIETY_E_VOID)
        return result;
    soc_renew_within(s, lease_of(order));
    const struct soc_tasks *tasks = result < 0 ? soc_tasks(s, &failed) : NULL;
    return failed < 0 ? failed : give(order, tasks);
}

/* ---- One by one ---- */

/* What is left to be had: each with its lock file, or taken over. */
static int claim_singly(struct order *order)
{
    int result = 0;
    while (result == 0 && society_list_count(order->claims) < order->count) {
        char *claim = NULL;
        result = society_task_claim_with(order->s, NULL, order->flags, order->lease_ms, 0, &claim);
        if (result == 0 && soc_list_add(order->claims, claim) < 0)
            result = soc_fail_memory(&order->s->error);
    }
    return result;
}

static int check(struct order *order)
{
    struct society *s = order->s;
    int result = soc_enter_as(s);
    if (result == 0)
        result = soc_lease_check(s, order->lease_ms);
    if (result == 0 && (order->count < 1 || order->count > SOCIETY_CLAIMS_MAX))
        result = soc_fail(&s->error, SOCIETY_E_INVALID, "the count must be from 1 to %d",
                          SOCIETY_CLAIMS_MAX);
    if (result == 0 && (order->flags & ~SOCIETY_CLAIM_FAMILIAR) != 0)
        result = soc_fail(&s->error, SOCIETY_E_INVALID, "several are claimed without flags %#x",
                          (unsigned)order->flags);
    return result;
}

SOC_PUBLIC int society_task_claim_several(society *s, int32_t count, uint32_t flags,
                                          int64_t lease_ms, society_list **ret_claims)
{
    struct order order = {.s = s, .count = count, .flags = flags, .lease_ms = lease_ms};
    int result = check(&order);
    if (result < 0)
        return result;
    SOC_AUTO_LIST society_list *claims = order.claims = soc_list_new();
    if (!claims)
        return soc_fail_memory(&s->error);
    bool together = !s->config.lock_files && flags == 0;
    result = together ? claim_together(&order) : 0;
    if (result == 0)
        result = claim_singly(&order);
    int claimed = (int)society_list_count(claims);
    /* What was claimed is the caller's; a failure behind it meets the next call. */
    if (claimed == 0)
        return result;
    if (ret_claims) {
        *ret_claims = claims;
        claims = NULL;
    }
    return claimed;
}
