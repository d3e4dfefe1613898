/* SPDX-License-Identifier: MIT */
/*
 * task_claim: one try after another, whenever tasks or agents have changed, until it succeeds or
 * the time is over. A try that fails writes nothing.
 */
#include <stdlib.h>
#include <string.h>

#include <society/task.h>

#include "common/foreign.h"
#include "mcp/answer.h"
#include "mcp/call.h"
#include "mcp/member.h"
#include "mcp/tools.h"
#include "mcp/view.h"

/* A lease ends by the clock, which tells nobody. */
enum { LEASE_LOOK_MS = 2000 };

struct wish {
    char *id; /* NULL: the best */
    int own;
};

static void end(struct mcp *m, struct call *call)
{
    struct wish *w = call->state;
    (void)m;
    free(w->id);
    free(w);
}

static void say_claimed(struct mcp *m, const struct request *r, const char *claim)
{
    struct answer a;
    char *text = NULL;
    json_value *c = json_read(claim, NULL);
    answer_begin(&a);
    json_put_flag(a.data, "claimed", 1);
    json_put_number(a.data, "token", json_member_number(c, "token", -1));
    fprintf(a.out, "Claimed%s.\n",
            json_member(c, "takeover") ? ", taken over from an agent that is gone" : "");
    answer_foreign(&a);
    if (society_task_get(m->society, json_member_text(c, "task", ""), &text) == 0) {
        json_value *task = json_read(text, NULL);
        json_put(a.data, "task", view_whole_task(task, 0, a.out));
        json_release(task);
        society_free(text);
    }
    answer_send(m, r, &a);
    json_release(c);
}

static void say_refused(struct mcp *m, const struct request *r, int result)
{
    struct answer a;
    char *reason = foreign_line(member_reason(m, result), 1000);
    answer_begin(&a);
    json_put_flag(a.data, "claimed", 0);
    json_put_text(a.data, "reason", reason);
    fprintf(a.out, "Not claimed: %s\n", reason);
    free(reason);
    answer_send(m, r, &a);
}

static int step(struct mcp *m, struct call *call, enum step why)
{
    const struct wish *w = call->state;
    char *claim = NULL;
    /* What an earlier run of this agent had claimed comes first, unless another process is that
     * agent just now. */
    uint32_t flags = (w->own ? SOCIETY_CLAIM_OWN : 0) | (m->joined ? SOCIETY_CLAIM_RESUME : 0);
    int result = society_task_claim_with(m->society, w->id, flags, 0, 0, &claim);
    int is_no = result == SOCIETY_E_HELD || (result == SOCIETY_E_NOT_FOUND && !w->id);
    if (result == 0)
        say_claimed(m, &call->request, claim);
    else if (!is_no)
        answer_failure(m, &call->request, result);
    else if (why == STEP_TIMEOUT)
        say_refused(m, &call->request, result);
    society_free(claim);
    return result == 0 || !is_no || why == STEP_TIMEOUT;
}

void do_task_claim(struct mcp *m, const struct request *r, json_value *arguments)
{
    const char *id = json_member_text(arguments, "id", NULL);
    if (member_acts(m, r) < 0)
        return;
    struct call *call = call_new(m, r, step, tools_wait_ms(arguments, 0));
    struct wish *w = call ? calloc(1, sizeof *w) : NULL;
    if (!call)
        return;
    if (!w)
        tool_fail(STATUS_SYSTEM, "out of memory");
    w->id = id ? strdup(id) : NULL;
    w->own = json_member_true(arguments, "own");
    call->state = w;
    call->end = end;
    call->waiting_for = "waiting for a task";
    call->look_again_ms = LEASE_LOOK_MS;
    if (call->deadline_ms > call->began_ms) /* else the first look is the last */
        call->feeds = FEED_BIT(FEED_TASKS) | FEED_BIT(FEED_REGISTRY) | FEED_BIT(FEED_PRESENCE) |
                      (w->own ? FEED_BIT(FEED_OWNERSHIP) : 0);
    call_start(m, call);
}
