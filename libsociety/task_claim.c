/* SPDX-License-Identifier: MIT */
/*
 * Claiming: see <society/task.h>. Who may be taken over is found out before the transaction
 * (lease.h: presence and clocks) and goes into the decision as evidence: a task and the token that
 * may be replaced. Under the log's lock the decision looks at the state alone, so if the token has
 * changed meanwhile, the evidence is worth nothing and the search begins again.
 *
 * The lock file is made before the record is appended, so the task is chosen before the
 * transaction; the decision agrees only if it is still the best.
 */
#include <errno.h>
#include <inttypes.h>
#include <society/tail.h>
#include <stdio.h>
#include <string.h>

#include "lease.h"
#include "lockfile.h"
#include "presence.h"
#include "sys.h"
#include "task.h"

#define LOST_MAX 1000 /* so often others may be faster */

struct wish {
    struct society *s;
    const char *asked; /* the task that was named; NULL: the best */
    const char *role;
    int64_t lease_ms;
    char id[SOC_ID_MAX + 1]; /* the task chosen */
    bool takeover;
    int64_t replaces; /* its token, with takeover */
    char session[SOC_UUID_SIZE];
    bool present;
    soc_json *passed; /* ids of tasks that others are trying to claim, or foreign holders have */
    bool contend;     /* nothing else is left: try them too */
    int lost;         /* how often another was faster */
    int64_t token;    /* given */
    int64_t left_ms;  /* when to look again at the latest; -1: when something happens */
};

/* ---- Evidence ---- */

static void note_left(struct wish *wish, int64_t left)
{
    if (left >= 0 && (wish->left_ms < 0 || left < wish->left_ms))
        wish->left_ms = left;
}

/* One's own, under no live session: of an earlier run, or named. (Who asks for something to do is
 * not given what he has.) */
static bool is_own(const struct wish *wish, const struct soc_holding *holding)
{
    return !holding->present && strcmp(holding->holder, wish->s->agent) == 0 &&
           (wish->asked || !holding->session || strcmp(holding->session, wish->session) != 0);
}

/* Whether a claim may be taken over: 1, 0; errnos. */
static int is_over(struct wish *wish, const soc_json *task)
{
    char what[SOC_ID_MAX + 8];
    struct soc_holding holding = {.what = what,
                                  .holder = soc_json_get_string(task, "holder"),
                                  .session = soc_json_get_string(task, "session"),
                                  .present = soc_json_get_bool(task, "present", false)};
    int64_t left;
    if (!holding.holder)
        return 0;
    snprintf(what, sizeof what, "task:%s", soc_json_get_string(task, "id"));
    soc_json_get_integer(task, "token", &holding.token);
    soc_json_get_integer(task, "renewed", &holding.renewed);
    soc_json_get_integer(task, "leaseMs", &holding.lease_ms);
    if (is_own(wish, &holding))
        return 1;
    int result = soc_lease_is_over(wish->s, &holding, &left);
    if (result == 0)
        note_left(wish, left);
    return result;
}

static bool is_claimed(const soc_json *task)
{
    const char *state = soc_json_get_string(task, "state");
    return state && strcmp(state, "claimed") == 0;
}

static void choose(struct wish *wish, const soc_json *task, bool takeover)
{
    snprintf(wish->id, sizeof wish->id, "%s", soc_json_get_string(task, "id"));
    wish->takeover = takeover;
    if (takeover)
        soc_json_get_integer(task, "token", &wish->replaces);
}

/* The best claim that may be taken over: 1 chosen, 0 there is none. */
static int choose_takeover(struct wish *wish, const struct soc_tasks *tasks)
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

static const soc_json *best_of(const struct wish *wish, const struct soc_tasks *tasks)
{
    const struct society *s = wish->s;
    struct soc_task_seeker seeker = {s->agent, wish->role,
                                     soc_task_familiar(s, tasks, s->preference)};
    return soc_task_best(tasks, &seeker, wish->passed);
}

/* A task that was named may be open and yet for others. (A claim may be taken over by anyone who
 * names it: else nobody could free what was assigned to the dead.) */
static int check_for(const struct wish *wish, const soc_json *task)
{
    const char *assignee = soc_json_get_string(task, "assignee");
    const char *role = soc_json_get_string(task, "role");
    const char *state = soc_json_get_string(task, "state");
    if (!state || strcmp(state, "open") != 0 || soc_task_is_for(task, wish->s->agent, wish->role))
        return 0;
    return soc_fail(&wish->s->error, SOCIETY_E_HELD, "%s is for %s%s", wish->asked,
                    assignee ? "" : "the role ", assignee ? assignee : role);
}

/* Chooses what to claim: 1 chosen, 0 nothing may be claimed now; SOCIETY_E_NOT_FOUND no such task.
 */
static int search(struct wish *wish)
{
    struct society *s = wish->s;
    int result = 0;
    wish->left_ms = -1;
    wish->role = soc_task_role(s);
    const struct soc_tasks *tasks = soc_tasks(s, &result);
    if (!tasks)
        return result;
    const soc_json *task = wish->asked ? soc_tasks_get(tasks, wish->asked) : best_of(wish, tasks);
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

/* ---- Decision ---- */

static soc_json *make_members(const struct wish *wish, int64_t token)
{
    SOC_AUTO_JSON soc_json *members = soc_json_new_object();
    int result = members ? soc_json_set_string(members, "task", wish->id) : -1;
    if (result == 0)
        result = soc_json_set_string(members, "from", wish->s->agent);
    if (result == 0)
        result = soc_json_set_string(members, "session", wish->session);
    if (result == 0 && wish->present)
        result = soc_json_set(members, "presence", soc_json_new_bool(true));
    if (result == 0)
        result = soc_json_set(members, "token", soc_json_new_integer(token));
    if (result == 0)
        result = soc_json_set(members, "leaseMs", soc_json_new_integer(wish->lease_ms));
    if (result == 0 && wish->takeover)
        result = soc_json_set(members, "takeover", soc_json_new_integer(wish->replaces));
    return result == 0 ? soc_json_retain(members) : NULL;
}

/* Whether what was chosen without the lock is still the best with it. */
static bool is_still_best(const struct wish *wish, const struct soc_tasks *tasks)
{
    if (wish->asked)
        return true;
    const soc_json *best = best_of(wish, tasks);
    const char *id = soc_json_get_string(best, "id");
    return wish->takeover ? !best : id && strcmp(id, wish->id) == 0;
}

static int decide(const void *state, int64_t end, void *argument, struct soc_strbuf *out,
                  struct soc_error *error)
{
    struct wish *wish = argument;
    if (!is_still_best(wish, state))
        return -EAGAIN;
    SOC_AUTO_JSON soc_json *members = make_members(wish, end);
    if (!members)
        return soc_fail_memory(error);
    struct soc_record record = {members, "task_claim", end, end};
    int result = soc_task_check(state, &record, error);
    if (result == SOCIETY_E_FENCED) /* the evidence is of yesterday */
        return -EAGAIN;
    wish->token = end;
    return result < 0 ? result : soc_task_emit(out, "task_claim", wish->s->agent, members);
}

/* Whether there is a point in trying: what the decision says of what was read without the lock. A
 * lock file that is made in vain wakes everybody who waits. */
static int try_decision(struct wish *wish)
{
    const struct soc_state *state = &wish->s->tasks;
    SOC_AUTO_STRBUF struct soc_strbuf unused = SOC_STRBUF_INIT;
    return decide(state->data, state->reader.position, wish, &unused, &wish->s->error);
}

static int make_attempt(struct wish *wish)
{
    struct society *s = wish->s;
    int64_t last = SOC_LOCKFILE_ATTEMPT;
    int64_t token = wish->asked || wish->contend ? SOC_LOCKFILE_ATTEMPT : SOC_LOCKFILE_POLITE;
    const soc_json *task = soc_tasks_get(s->tasks.data, wish->id);
    const char *holder = soc_json_get_string(task, "holder");
    int result = soc_lockfile_make(s, SOC_LOCKFILE_TASK, wish->id, wish->session, token,
                                   wish->lease_ms, holder);
    if (result != SOCIETY_E_HELD || !soc_json_get_integer(task, "lastToken", &last))
        return result;
    /* Perhaps the last holder died before he could remove it. */
    soc_lockfile_remove(s, SOC_LOCKFILE_TASK, wish->id, last);
    return soc_lockfile_make(s, SOC_LOCKFILE_TASK, wish->id, wish->session, token, wish->lease_ms,
                             holder);
}

/* Lets the choice go on to the next best. */
static int pass_over(struct wish *wish)
{
    if (!wish->passed && !(wish->passed = soc_json_new_object()))
        return soc_fail_memory(&wish->s->error);
    return soc_json_set(wish->passed, wish->id, soc_json_new_null()) < 0
               ? soc_fail_memory(&wish->s->error)
               : -EAGAIN;
}

/* Lock file, record, and the lock file again with the token that was given. */
static int claim_chosen(struct wish *wish)
{
    struct society *s = wish->s;
    int result = try_decision(wish);
    wish->lost += result == -EAGAIN;
    if (result < 0)
        return result;
    result = make_attempt(wish);
    if (result == -EBUSY || (result == SOCIETY_E_HELD && !wish->asked))
        return pass_over(wish);
    if (result < 0)
        return result;
    result = soc_transact(&s->tasks, decide, wish, &s->error);
    if (result == SOCIETY_E_VOID)
        result = -EAGAIN;
    wish->lost += result == -EAGAIN;
    if (result < 0) {
        soc_lockfile_remove(s, SOC_LOCKFILE_TASK, wish->id, SOC_LOCKFILE_ATTEMPT);
        return result;
    }
    /* The claim stands in the log; a lock file that can't be brought up to date is only less
     * helpful. */
    struct soc_error kept = s->error;
    if (soc_lockfile_make(s, SOC_LOCKFILE_TASK, wish->id, wish->session, wish->token,
                          wish->lease_ms, s->agent) < 0)
        s->error = kept;
    return 0;
}

/* ---- The public functions ---- */

static int begin(struct wish *wish, struct society *s, const char *id, int64_t lease_ms)
{
    int result = soc_enter_as(s);
    if (result == 0 && lease_ms < 0)
        result = soc_fail(&s->error, SOCIETY_E_INVALID, "a lease must be 1 millisecond or more");
    if (result < 0)
        return result;
    *wish = (struct wish){.s = s, .asked = id, .left_ms = -1};
    wish->lease_ms = lease_ms > 0 ? lease_ms : s->config.lease_seconds * INT64_C(1000);
    return 0;
}

/* Searches and tries: 0 claimed; SOCIETY_E_NOT_FOUND nothing is ready; -EAGAIN; other errors. */
static int attempt_once(struct wish *wish)
{
    int result = soc_lease_session(wish->s, wish->session, &wish->present);
    if (result == 0)
        result = search(wish);
    if (result == 1)
        return claim_chosen(wish);
    if (result < 0)
        return result;
    if (!wish->contend && wish->passed) {
        wish->contend = true;
        soc_json_free(wish->passed);
        wish->passed = NULL;
        return -EAGAIN;
    }
    return soc_fail(&wish->s->error, SOCIETY_E_NOT_FOUND, "nothing is ready for %s",
                    wish->s->agent);
}

/* One try: 0 claimed; SOCIETY_E_HELD, SOCIETY_E_NOT_FOUND not now; other errors. */
static int attempt(struct wish *wish)
{
    int result = -EAGAIN;
    wish->lost = 0;
    while (result == -EAGAIN && wish->lost < LOST_MAX)
        result = attempt_once(wish);
    soc_json_free(wish->passed);
    wish->passed = NULL;
    wish->contend = false;
    if (result == -EAGAIN)
        return soc_fail(&wish->s->error, SOCIETY_E_TIMEOUT, "others were faster, %d times",
                        LOST_MAX);
    return result;
}

static int give_claim(const struct wish *wish, char **ret_claim)
{
    SOC_AUTO_STRBUF struct soc_strbuf text = SOC_STRBUF_INIT;
    if (!ret_claim)
        return 0;
    soc_strbuf_add_string(&text, "{\"task\":");
    soc_json_quote(&text, wish->id, strlen(wish->id));
    soc_strbuf_add_format(&text, ",\"token\":%" PRId64 ",\"leaseMs\":%" PRId64 ",\"takeover\":",
                          wish->token, wish->lease_ms);
    if (wish->takeover)
        soc_strbuf_add_format(&text, "%" PRId64 "}", wish->replaces);
    else
        soc_strbuf_add_string(&text, "null}");
    if (text.failed)
        return soc_fail_memory(&wish->s->error);
    *ret_claim = soc_strbuf_steal(&text);
    return 0;
}

SOC_PUBLIC int society_task_claim(society *s, const char *id, int64_t lease_ms, char **ret_claim)
{
    struct wish wish;
    int result = begin(&wish, s, id, lease_ms);
    if (result == 0)
        result = attempt(&wish);
    return result == 0 ? give_claim(&wish, ret_claim) : result;
}

/* Whether waiting could help: the task is not over. */
static bool may_come(struct wish *wish, int refusal)
{
    if (refusal != SOCIETY_E_HELD && refusal != SOCIETY_E_NOT_FOUND)
        return false;
    if (!wish->asked)
        return true;
    const soc_json *task = soc_tasks_get(wish->s->tasks.data, wish->asked);
    const char *state = soc_json_get_string(task, "state");
    return state && strcmp(state, "done") != 0 && strcmp(state, "failed") != 0 &&
           strcmp(state, "cancelled") != 0;
}

/* Takes in what woke the wait, so that the next one sleeps. */
static int drain(society_tail *tail)
{
    const char *record;
    int result;
    while ((result = society_tail_next(tail, &record, NULL)) == 1)
        ;
    return result;
}

static int sleep_until(const struct wish *wish, society_tail *const tails[2], int64_t deadline)
{
    struct pollfd fds[2];
    int64_t wait = deadline < 0 ? -1 : deadline - soc_monotonic_ms();
    if (deadline >= 0 && wait <= 0)
        return soc_fail(&wish->s->error, SOCIETY_E_TIMEOUT, "nothing could be claimed in time");
    if (wish->left_ms >= 0 && (wait < 0 || wish->left_ms < wait))
        wait = wish->left_ms + 1;
    for (int i = 0; i < 2; i++)
        fds[i] = (struct pollfd){.fd = society_tail_fd(tails[i]), .events = POLLIN};
    if (soc_sys->poll(fds, 2, wait > INT32_MAX ? INT32_MAX : (int)wait) < 0)
        return soc_fail_errno(&wish->s->error, "the wait was interrupted");
    int result = drain(tails[0]);
    return result < 0 ? result : drain(tails[1]);
}

static int wait_and_claim(struct wish *wish, int32_t timeout_ms, society_tail *const tails[2])
{
    int64_t deadline = timeout_ms < 0 ? -1 : soc_monotonic_ms() + timeout_ms;
    int result = attempt(wish);
    while (result < 0 && may_come(wish, result)) {
        result = sleep_until(wish, tails, deadline);
        if (result == 0)
            result = attempt(wish);
        else
            break;
    }
    return result;
}

SOC_PUBLIC int society_task_claim_wait(society *s, const char *id, int64_t lease_ms,
                                       int32_t timeout_ms, char **ret_claim)
{
    struct wish wish;
    society_tail *tails[2] = {NULL, NULL};
    int result = begin(&wish, s, id, lease_ms);
    if (result ==
        0) /* they watch from now on, so that nothing falls between a look and the sleep */
        result = society_tail_open(s, "tasks", SOCIETY_FROM_END, 0, &tails[0]);
    if (result == 0)
        result = society_tail_open(s, "presence", SOCIETY_FROM_END, 0, &tails[1]);
    if (result == 0)
        result = wait_and_claim(&wish, timeout_ms, tails);
    society_tail_close(tails[0]);
    society_tail_close(tails[1]);
    return result == 0 ? give_claim(&wish, ret_claim) : result;
}
