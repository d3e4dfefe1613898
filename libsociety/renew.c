/* SPDX-License-Identifier: MIT */
/*
 * Claims and reservations under the agent's present session are renewed when a third of their lease
 * is over, counted from when this handle first saw the record that made or last renewed them. There
 * is no thread: society_renew() is called by the program, or by the calls in which a handle that has
 * joined sleeps. What other processes took under the session is found when the next look is due,
 * after a third of the project's lease at the latest.
 */
#include "renew.h"

#include <errno.h>
#include <inttypes.h>
#include <limits.h>
#include <society/agent.h>
#include <stdio.h>
#include <string.h>

#include "lease.h"
#include "own_take.h"
#include "presence.h"
#include "task.h"

#define AGAIN_MS 1000 /* after a failure */

struct look {
    struct society *s;
    const char *session;
    bool present;
    soc_json *seen; /* what is held now -> {renewed, at} */
    soc_json *due;  /* what is to be renewed -> token */
    int64_t now;
    int64_t next; /* when to look again */
};

/* Takes in one thing that is held. */
static int take_in(struct look *look, const char *what, int64_t token, int64_t renewed,
                   int64_t lease_ms)
{
    const soc_json *before = soc_json_get(look->s->renew_seen, what);
    int64_t known = -1;
    int64_t at = look->now;
    int64_t lease = lease_ms > 0 ? lease_ms : look->s->config.lease_seconds * INT64_C(1000);
    soc_json_get_integer(before, "renewed", &known);
    if (known == renewed)
        soc_json_get_integer(before, "at", &at);
    int64_t due = at + lease / 3;
    if (due <= look->now && soc_json_set(look->due, what, soc_json_new_integer(token)) < 0)
        return soc_fail_memory(&look->s->error);
    if (due > look->now && due < look->next)
        look->next = due;
    soc_json *note = soc_json_new_object();
    if (!note || soc_json_set(note, "renewed", soc_json_new_integer(renewed)) < 0 ||
        soc_json_set(note, "at", soc_json_new_integer(at)) < 0) {
        soc_json_free(note);
        return soc_fail_memory(&look->s->error);
    }
    return soc_json_set(look->seen, what, note) < 0 ? soc_fail_memory(&look->s->error) : 0;
}

static bool is_ours(const struct look *look, const char *holder, const char *session)
{
    return holder && session && strcmp(holder, look->s->agent) == 0 &&
           strcmp(session, look->session) == 0;
}

static int look_at_tasks(struct look *look)
{
    int result = 0;
    const struct soc_tasks *tasks = soc_tasks(look->s, &result);
    const struct soc_ranks *claimed = tasks ? &tasks->index.claimed : NULL;
    for (size_t i = tasks ? claimed->first : 0; result == 0 && tasks && i < claimed->end; i++) {
        const soc_json *task = claimed->items[i].task;
        char what[SOC_ID_MAX + 8];
        int64_t token = -1;
        int64_t renewed = -1;
        int64_t lease = 0;
        if (!is_ours(look, soc_json_get_string(task, "holder"),
                     soc_json_get_string(task, "session")))
            continue;
        snprintf(what, sizeof what, "task:%s", soc_json_get_string(task, "id"));
        soc_json_get_integer(task, "token", &token);
        soc_json_get_integer(task, "renewed", &renewed);
        soc_json_get_integer(task, "leaseMs", &lease);
        result = take_in(look, what, token, renewed, lease);
    }
    return result;
}

static int look_at_owns(struct look *look)
{
    int result = 0;
    const struct soc_owns *owns = soc_owns(look->s, &result);
    for (size_t i = 0; result == 0 && owns && i < owns->count; i++) {
        const struct soc_own *own = &owns->items[i];
        char what[32];
        if (!is_ours(look, own->holder, own->session))
            continue;
        snprintf(what, sizeof what, "own:%" PRId64, own->token);
        result = take_in(look, what, own->token, own->renewed, own->lease_ms);
    }
    return result;
}

static int renew_own(const struct look *look, int64_t token)
{
    struct soc_own_order order = {.type = "own_renew",
                                  .agent = look->s->agent,
                                  .token = token,
                                  .session = look->session,
                                  .present = look->present};
    int result = soc_own_carry_out(look->s, &order);
    soc_json_free(order.done);
    return result;
}

/* The number of renewals. */
static int renew_due(const struct look *look)
{
    const char *what;
    const soc_json *value;
    int count = 0;
    for (void *i = NULL; (i = soc_json_next(look->due, i, &what, &value));) {
        int64_t token = -1;
        soc_json_integer(value, &token);
        int result = strncmp(what, "task:", 5) == 0 ? soc_task_renew(look->s, what + 5, token)
                                                    : renew_own(look, token);
        if (result < 0)
            return result;
        count += result;
    }
    return count;
}

static int look_and_renew(struct look *look)
{
    int result = look->seen && look->due ? look_at_tasks(look) : soc_fail_memory(&look->s->error);
    if (result == 0)
        result = look_at_owns(look);
    if (result < 0)
        return result;
    soc_json_free(look->s->renew_seen);
    look->s->renew_seen = soc_json_retain(look->seen);
    result = renew_due(look);
    /* What was renewed just now is counted from now on. */
    if (result > 0 && look_at_tasks(look) == 0)
        look_at_owns(look);
    return result;
}

SOC_PUBLIC int society_renew(society *s, int32_t *ret_next_ms)
{
    char session[SOC_UUID_SIZE];
    struct look look = {.s = s, .session = session};
    int result = soc_enter_as(s);
    if (result == 0)
        result = soc_lease_session(s, session, &look.present);
    if (result < 0)
        return result;
    look.now = soc_monotonic_ms();
    look.next = look.now + s->config.lease_seconds * INT64_C(1000) / 3;
    look.seen = soc_json_new_object();
    look.due = soc_json_new_object();
    result = look_and_renew(&look);
    soc_json_free(look.seen);
    soc_json_free(look.due);
    if (result < 0)
        return result;
    s->renew_at_ms = look.next;
    int64_t left = look.next - soc_monotonic_ms();
    if (ret_next_ms)
        *ret_next_ms = left < 1 ? 1 : left > INT32_MAX ? INT32_MAX : (int32_t)left;
    return result;
}

void soc_renew_keep(struct society *s, int64_t *left_ms)
{
    if (s->presence < 0)
        return;
    int64_t now = soc_monotonic_ms();
    if (now >= s->renew_at_ms) {
        struct soc_error kept = s->error;
        if (society_renew(s, NULL) < 0)
            s->renew_at_ms = now + AGAIN_MS;
        s->error = kept;
    }
    int64_t left = s->renew_at_ms - now;
    if (*left_ms < 0 || left < *left_ms)
        *left_ms = left > INT_MAX ? INT_MAX : left;
}
