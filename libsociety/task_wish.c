/* SPDX-License-Identifier: MIT */
/* Which task a wish is for: see task_wish.h. */
#include "task_wish.h"

#include <string.h>

#include "claim.h"
#include "task.h"

void soc_wish_note_left(struct soc_wish *wish, int64_t left)
{
    if (left >= 0 && (wish->left_ms < 0 || left < wish->left_ms))
        wish->left_ms = left;
}

bool soc_wish_is_mine(const struct soc_wish *wish, const soc_json *task)
{
    const char *holder = soc_json_get_string(task, "holder");
    return holder && strcmp(holder, wish->s->agent) == 0;
}

/* The agent's own: not what this very handle has, which is being worked on. */
static bool may_resume(const struct soc_wish *wish, const soc_json *task)
{
    const char *session = soc_json_get_string(task, "session");
    return soc_wish_is_mine(wish, task) && (!session || strcmp(session, wish->s->session) != 0);
}

/* Whether a claim may be taken over: 1, 0; errnos. One's own may, where it was named and no live
 * session has it. (Who asks for something to do is not given what he has.) */
static int is_over(struct soc_wish *wish, const soc_json *task)
{
    int64_t left;
    bool present = soc_json_get_bool(task, "present", false);
    if (wish->asked && soc_wish_is_mine(wish, task) && !present)
        return 1;
    if (wish->asked && (wish->flags & SOCIETY_CLAIM_RESUME) != 0 && may_resume(wish, task))
        return 1;
    if (!wish->asked && soc_wish_is_mine(wish, task) && !present)
        return 0;
    int result = soc_claim_is_over(wish->s, task, &left);
    if (result == 0)
        soc_wish_note_left(wish, left);
    return result;
}

static bool is_claimed(const soc_json *task)
{
    const char *state = soc_json_get_string(task, "state");
    return state && strcmp(state, "claimed") == 0;
}

static void choose(struct soc_wish *wish, const soc_json *task, bool takeover)
{
    const char *id = soc_json_get_string(task, "id");
    memcpy(wish->id, id, strlen(id) + 1); /* of a task, so it has room */
    wish->takeover = takeover;
    wish->old_own = -1;
    if (!takeover)
        return;
    soc_json_get_integer(task, "token", &wish->replaces);
    soc_json_get_integer(task, "renewed", &wish->renewed);
    soc_json_get_integer(task, "own", &wish->old_own);
}

/* The best of the agent's own claims of an earlier run: 1 chosen, 0 there is none. */
static int choose_own(struct soc_wish *wish, const struct soc_tasks *tasks)
{
    const struct soc_ranks *claimed = &tasks->index.claimed;
    const soc_json *best = NULL;
    for (size_t i = claimed->first; i < claimed->end; i++) {
        const soc_json *task = claimed->items[i].task;
        if ((!best || soc_task_priority(task) < soc_task_priority(best)) &&
            may_resume(wish, task) && !soc_json_get(wish->passed, soc_json_get_string(task, "id")))
            best = task;
    }
    if (best)
        choose(wish, best, true);
    wish->resumed = best != NULL;
    return best != NULL;
}

/* The best claim that may be taken over: 1 chosen, 0 there is none. */
static int choose_takeover(struct soc_wish *wish, const struct soc_tasks *tasks)
{
    const struct soc_ranks *claimed = &tasks->index.claimed;
    const soc_json *best = NULL;
    for (size_t i = claimed->first; i < claimed->end; i++) {
        const soc_json *task = claimed->items[i].task;
        if ((best && soc_task_priority(task) >= soc_task_priority(best)) ||
            soc_json_get(wish->passed, soc_json_get_string(task, "id")) ||
            !soc_task_is_for(task, wish->s->agent, wish->role))
            continue;
        int over = is_over(wish, task);
        if (over < 0)
            return over;
        if (over == 1)
            best = task;
    }
    if (best)
        choose(wish, best, true);
    return best != NULL;
}

const struct soc_rank *soc_wish_best_rank(const struct soc_wish *wish,
                                          const struct soc_tasks *tasks, bool *asks_role)
{
    const struct society *s = wish->s;
    struct soc_task_seeker seeker = {.agent = s->agent, .role = wish->role};
    seeker.asks_role = asks_role;
    if ((wish->flags & SOCIETY_CLAIM_FAMILIAR) != 0)
        seeker.familiar = soc_task_familiar(s, tasks);
    return soc_task_best_rank(tasks, &seeker, wish->passed);
}

const soc_json *soc_wish_best(const struct soc_wish *wish, const struct soc_tasks *tasks)
{
    const struct soc_rank *best = soc_wish_best_rank(wish, tasks, NULL);
    return best ? best->task : NULL;
}

/* A task that was named may be open and yet for others. (A claim may be taken over by anyone who
 * names it: else nobody could free what was assigned to the dead.) */
static int check_for(const struct soc_wish *wish, const soc_json *task)
{
    const char *assignee = soc_json_get_string(task, "assignee");
    const char *role = soc_json_get_string(task, "role");
    const char *state = soc_json_get_string(task, "state");
    if (!state || strcmp(state, "open") != 0 || soc_task_is_for(task, wish->s->agent, wish->role))
        return 0;
    return soc_fail(&wish->s->error, SOCIETY_E_HELD, "%s is for %s%s", wish->asked,
                    assignee ? "" : "the role ", assignee ? assignee : role);
}

int soc_wish_choose(struct soc_wish *wish)
{
    struct society *s = wish->s;
    int result = 0;
    wish->role = soc_task_role(s);
    const struct soc_tasks *tasks = soc_tasks(s, &result);
    if (!tasks)
        return result;
    if (!wish->asked && (wish->flags & SOCIETY_CLAIM_RESUME) != 0 && choose_own(wish, tasks))
        return 1;
    const soc_json *task =
        wish->asked ? soc_tasks_get(tasks, wish->asked) : soc_wish_best(wish, tasks);
    if (wish->asked && !task)
        return soc_tasks_fail_absent(tasks, wish->asked, &s->error);
    if (!wish->asked && !task)
        return choose_takeover(wish, tasks);
    result = wish->asked ? check_for(wish, task) : 0;
    if (result == 0 && is_claimed(task))
        result = is_over(wish, task);
    if (result < 0)
        return result;
    choose(wish, task, result == 1);
    return 1;
}
