/* SPDX-License-Identifier: MIT */
/*
 * Claiming: see <society/task.h>. Who may be taken over is found out before the transaction
 * (lease.h: presence and clocks) and goes into the decision as evidence: a task and the token that
 * may be replaced. Under the log's lock the decision looks at the state alone, so if the token has
 * changed meanwhile, or the claim was renewed, the evidence is worth nothing and the search begins
 * again.
 *
 * With SOCIETY_CLAIM_OWN the task's paths are taken first (task_paths.h), and given back if the claim
 * is refused.
 *
 * The lock file is made before the record is appended, so the task is chosen before the
 * transaction; the decision agrees only if it is still the best.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "claim.h"
#include "claim_wait.h"
#include "lease.h"
#include "lockfile.h"
#include "presence.h"
#include "sys.h"
#include "task.h"
#include "task_wish.h"

#define ALL_FLAGS (SOCIETY_CLAIM_OWN | SOCIETY_CLAIM_RESUME | SOCIETY_CLAIM_FAMILIAR)
#define LOST_MAX 1000 /* so often others may be faster */

/* ---- Decision ---- */

/* The reservation that belongs to the claim; -1: none. Who takes his own claim up again, without
 * asking for its paths anew, keeps those that he had. */
static int64_t own_for(const struct soc_wish *wish, const struct soc_tasks *tasks)
{
    int64_t own = wish->paths.token;
    if (own >= 0 || !wish->takeover)
        return own;
    const soc_json *task = soc_tasks_get(tasks, wish->id);
    if (soc_wish_is_mine(wish, task))
        soc_json_get_integer(task, "own", &own);
    return own;
}

/* The claim of what was chosen. */
static struct soc_task_bid make_bid(const struct soc_wish *wish, const struct soc_tasks *tasks,
                                    int64_t end)
{
    struct soc_task_bid bid = {.task = wish->id, .from = wish->s->agent, .session = wish->session};
    bid.present = wish->present;
    bid.takes_over = wish->takeover;
    bid.replaces = wish->replaces;
    bid.token = end;
    bid.lease_ms = wish->lease_ms;
    bid.own = own_for(wish, tasks);
    return bid;
}

/* Whether what was chosen without the lock is still the best with it. */
static bool is_still_best(const struct soc_wish *wish, const struct soc_tasks *tasks)
{
    if (wish->asked || wish->resumed)
        return true;
    const soc_json *best = soc_wish_best(wish, tasks);
    const char *id = soc_json_get_string(best, "id");
    return wish->takeover ? !best : id && strcmp(id, wish->id) == 0;
}

/* Whether the claim to be taken over is as it was when its lease was over: not renewed since. */
static bool is_as_seen(const struct soc_wish *wish, const struct soc_tasks *tasks)
{
    int64_t renewed = -1;
    soc_json_get_integer(soc_tasks_get(tasks, wish->id), "renewed", &renewed);
    return !wish->takeover || renewed == wish->renewed;
}

static int decide(const void *state, int64_t end, void *argument, struct soc_strbuf *out,
                  struct soc_error *error)
{
    struct soc_wish *wish = argument;
    if (!is_still_best(wish, state) || !is_as_seen(wish, state))
        return -EAGAIN;
    struct soc_task_bid bid = make_bid(wish, state, end);
    int result = soc_task_check_bid(state, &bid, end, error);
    if (result == SOCIETY_E_FENCED) /* the evidence is of yesterday */
        return -EAGAIN;
    wish->token = end;
    return result < 0 ? result
                      : soc_task_bid_write(&bid, &wish->s->random, &wish->s->now, out, error);
}

/* The best as the lock finds it: -ENOENT without words there is none, or the role matters. */
static int decide_best(const void *state, int64_t end, void *argument, struct soc_strbuf *out,
                       struct soc_error *error)
{
    struct soc_wish *wish = argument;
    const struct soc_rank *best = soc_wish_best_rank(wish, state, &wish->asks_role);
    if (!best || !soc_task_index_accepts(best, wish->s->agent, end, end))
        return soc_fail(error, -ENOENT, "nothing is ready for %s", wish->s->agent);
    memcpy(wish->id, best->id, strlen(best->id) + 1); /* of a task, so it has room */
    wish->takeover = false;
    wish->old_own = -1;
    struct soc_task_bid bid = make_bid(wish, state, end);
    wish->token = end;
    return soc_task_bid_write(&bid, &wish->s->random, &wish->s->now, out, error);
}

/* Whether there is a point in trying: what the decision says of what was read without the lock. A
 * lock file that is made in vain wakes everybody who waits. */
static int try_decision(struct soc_wish *wish)
{
    const struct soc_state *state = &wish->s->tasks;
    SOC_AUTO_STRBUF struct soc_strbuf unused = SOC_STRBUF_INIT;
    return decide(state->data, state->reader.position, wish, &unused, &wish->s->error);
}

static int make_attempt(struct soc_wish *wish)
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
static int pass_over(struct soc_wish *wish)
{
    if (!wish->passed && !(wish->passed = soc_json_new_object()))
        return soc_fail_memory(&wish->s->error);
    return soc_json_set(wish->passed, wish->id, soc_json_new_null()) < 0
               ? soc_fail_memory(&wish->s->error)
               : -EAGAIN;
}

/* For how long the paths may be waited for: only those of a task that was named. Who would have any
 * keeps no place in a queue. */
static int32_t patience(const struct soc_wish *wish)
{
    if (!wish->asked || wish->deadline_ms == 0)
        return 0;
    if (wish->deadline_ms < 0)
        return -1;
    int64_t left = wish->deadline_ms - soc_monotonic_ms();
    return left < 0 ? 0 : left > INT32_MAX ? INT32_MAX : (int32_t)left;
}

static int take_paths(struct soc_wish *wish)
{
    struct society *s = wish->s;
    if ((wish->flags & SOCIETY_CLAIM_OWN) == 0)
        return 0;
    int result = soc_task_paths_take(s, soc_tasks_get(s->tasks.data, wish->id), wish->lease_ms,
                                     patience(wish), &wish->paths);
    if (result == SOCIETY_E_HELD)
        soc_wish_note_left(wish, wish->paths.left_ms);
    return result;
}

/* Lock file and record. */
static int write_claim(struct soc_wish *wish)
{
    struct society *s = wish->s;
    int result = make_attempt(wish);
    if (result < 0)
        return result;
    result = soc_transact(&s->tasks, decide, wish, &s->error);
    if (result == SOCIETY_E_VOID)
        result = -EAGAIN;
    wish->lost += result == -EAGAIN;
    if (result < 0)
        soc_lockfile_remove(s, SOC_LOCKFILE_TASK, wish->id, SOC_LOCKFILE_ATTEMPT);
    return result;
}

/* The claim stands in the log; what is left is for others, and each of them can do without: a lock
 * file with the token that was given, and a word that the paths of the claim before are free. */
static void tell(const struct soc_wish *wish)
{
    struct society *s = wish->s;
    soc_renew_within(s, wish->lease_ms);
    if (!s->config.lock_files && wish->old_own < 0)
        return;
    struct soc_error kept = s->error;
    soc_lockfile_make(s, SOC_LOCKFILE_TASK, wish->id, wish->session, wish->token, wish->lease_ms,
                      s->agent);
    if (wish->old_own >= 0)
        soc_claim_bury(s, wish->old_own);
    s->error = kept;
}

/* Only what is whole is kept. */
static int settle(struct soc_wish *wish)
{
    struct society *s = wish->s;
    int result = soc_task_paths_keep(s, &wish->paths);
    tell(wish);
    if (result == 0)
        return 0;
    struct soc_error first = s->error;
    society_task_change(s, wish->id, "release", NULL, wish->token);
    s->error = first;
    wish->lost++;
    return result == SOCIETY_E_FENCED ? -EAGAIN : result;
}

/* Paths, lock file, record, and the lock file again with the token that was given. */
static int claim_chosen(struct soc_wish *wish)
{
    /* What a refusal under the lock costs: the lock for nothing, or a file and paths too. */
    bool costs =
        wish->asked || wish->s->config.lock_files || (wish->flags & SOCIETY_CLAIM_OWN) != 0;
    int result = costs ? try_decision(wish) : 0;
    wish->lost += result == -EAGAIN;
    if (result < 0)
        return result;
    result = take_paths(wish);
    if ((result == SOCIETY_E_HELD || result == SOCIETY_E_INVALID) && !wish->asked)
        return pass_over(wish);
    if (result < 0)
        return result;
    result = write_claim(wish);
    if (result == 0)
        return settle(wish);
    soc_task_paths_give_back(wish->s, &wish->paths);
    wish->busy |= result == -EBUSY;
    return result == -EBUSY || (result == SOCIETY_E_HELD && !wish->asked) ? pass_over(wish)
                                                                          : result;
}

/* ---- The public functions ---- */

static int begin(struct soc_wish *wish, struct society *s, const char *id, uint32_t flags,
                 int64_t lease_ms)
{
    int result = soc_enter_as(s);
    if (result == 0)
        result = soc_lease_check(s, lease_ms);
    if (result == 0 && (flags & ~ALL_FLAGS) != 0)
        result = soc_fail(&s->error, SOCIETY_E_INVALID, "unknown flags %#x", (unsigned)flags);
    if (result < 0)
        return result;
    *wish = (struct soc_wish){.s = s, .asked = id, .flags = flags, .left_ms = -1};
    wish->paths = (struct soc_task_paths)SOC_TASK_PATHS_NONE;
    wish->lease_ms = lease_ms > 0 ? lease_ms : s->config.lease_seconds * INT64_C(1000);
    return 0;
}

/* Whether one more round is worth it: those that others tried may be free after all. */
static bool contends(struct soc_wish *wish)
{
    bool again = wish->busy && !wish->contend;
    wish->contend |= again;
    if (again) {
        soc_json_free(wish->passed);
        wish->passed = NULL;
    }
    return again;
}

/* Whether there is something to take without a look at the rest: any task will do, it needs no lock
 * file and no paths, and as far as was read one is ready. */
static bool is_plain(struct soc_wish *wish)
{
    const struct society *s = wish->s;
    bool any = !wish->asked && !wish->passed && (wish->flags & ~SOCIETY_CLAIM_FAMILIAR) == 0;
    return any && !s->config.lock_files && s->tasks.fold && !s->tasks.stale && !wish->asks_role &&
           soc_wish_best_rank(wish, s->tasks.data, &wish->asks_role);
}

/* Chooses under the lock, where nobody can be faster. -ENOENT: it takes the longer way. */
static int claim_plainly(struct soc_wish *wish)
{
    struct society *s = wish->s;
    int result = soc_transact_unsettled(&s->tasks, decide_best, wish, &s->error);
    if (result == SOCIETY_E_VOID)
        result = -EAGAIN;
    wish->lost += result == -EAGAIN;
    if (result == 0)
        tell(wish);
    return result;
}

/* Searches and tries: 0 claimed; SOCIETY_E_NOT_FOUND nothing is ready; -EAGAIN; other errors. */
static int attempt_once(struct soc_wish *wish)
{
    wish->resumed = false;
    int result = soc_lease_session(wish->s, wish->session, &wish->present);
    if (result == 0 && is_plain(wish)) {
        result = claim_plainly(wish);
        if (result != -ENOENT)
            return result;
        result = 0;
    }
    if (result == 0)
        result = soc_wish_choose(wish);
    if (result == 1)
        return claim_chosen(wish);
    if (result < 0)
        return result;
    if (contends(wish))
        return -EAGAIN;
    return soc_fail(&wish->s->error, SOCIETY_E_NOT_FOUND, "nothing is ready for %s%s",
                    wish->s->agent,
                    (wish->flags & SOCIETY_CLAIM_OWN) != 0 ? ", with its paths free" : "");
}

/* One try: 0 claimed; SOCIETY_E_HELD, SOCIETY_E_NOT_FOUND not now; other errors. */
static int attempt(struct soc_wish *wish)
{
    int result = -EAGAIN;
    wish->lost = 0;
    wish->left_ms = -1;
    while (result == -EAGAIN && wish->lost < LOST_MAX)
        result = attempt_once(wish);
    soc_json_free(wish->passed);
    wish->passed = NULL;
    wish->contend = wish->busy = false;
    if (result == -EAGAIN)
        return soc_fail(&wish->s->error, SOCIETY_E_TIMEOUT, "others were faster, %d times",
                        LOST_MAX);
    return result;
}

static int give_claim(const struct soc_wish *wish, char **ret_claim)
{
    SOC_AUTO_STRBUF struct soc_strbuf text = SOC_STRBUF_INIT;
    const struct soc_task_bid bid = {.task = wish->id,
                                     .token = wish->token,
                                     .lease_ms = wish->lease_ms,
                                     .takes_over = wish->takeover,
                                     .replaces = wish->replaces};
    if (!ret_claim)
        return 0;
    soc_task_bid_describe(&bid, &text);
    if (text.failed)
        return soc_fail_memory(&wish->s->error);
    *ret_claim = soc_strbuf_steal(&text);
    return 0;
}

/* Whether waiting could help: the task is not over. */
static bool may_come(struct soc_wish *wish, int refusal)
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

static int wait_and_claim(struct soc_wish *wish, int32_t timeout_ms)
{
    struct soc_claim_wait wait = {{NULL}};
    wish->deadline_ms = timeout_ms < 0 ? -1 : soc_monotonic_ms() + timeout_ms;
    int result = soc_claim_wait_open(wish->s, (wish->flags & SOCIETY_CLAIM_OWN) != 0, &wait);
    if (result == 0)
        result = attempt(wish);
    while (result < 0 && may_come(wish, result)) {
        result = soc_claim_wait_sleep(wish->s, &wait, wish->deadline_ms, wish->left_ms);
        if (result < 0)
            break;
        result = attempt(wish);
    }
    soc_claim_wait_close(&wait);
    return result;
}

/* What was seen of leases is of use only to who was refused. */
static int end_notes(const struct soc_wish *wish, int result)
{
    if (!wish->s->lease_changed) {
        soc_lease_end(wish->s);
        return result;
    }
    struct soc_error first = wish->s->error;
    int written = soc_lease_end(wish->s);
    if ((result == SOCIETY_E_HELD || result == SOCIETY_E_NOT_FOUND) && written < 0)
        return written;
    wish->s->error = first;
    return result;
}

SOC_PUBLIC int society_task_claim_with(society *s, const char *id, uint32_t flags, int64_t lease_ms,
                                       int32_t timeout_ms, char **ret_claim)
{
    struct soc_wish wish;
    int result = begin(&wish, s, id, flags, lease_ms);
    if (result < 0)
        return result;
    soc_lease_begin(s);
    result = timeout_ms == 0 ? attempt(&wish) : wait_and_claim(&wish, timeout_ms);
    result = end_notes(&wish, result);
    return result == 0 ? give_claim(&wish, ret_claim) : result;
}

int soc_task_claim_once(struct society *s, const char *id, uint32_t flags, int64_t lease_ms,
                        char **ret_claim, int64_t *ret_left_ms, bool *ret_may_come)
{
    struct soc_wish wish;
    int result = begin(&wish, s, id, flags, lease_ms);
    if (result < 0)
        return result;
    soc_lease_begin(s);
    result = end_notes(&wish, attempt(&wish));
    *ret_left_ms = wish.left_ms;
    *ret_may_come = may_come(&wish, result);
    return result == 0 ? give_claim(&wish, ret_claim) : result;
}
