/* SPDX-License-Identifier: MIT */
/*
 * A command that works on a task. Presence is joined, so that the death of this process is known at once and others may have
 * the task; where another process is here as the agent already (`society-agent hold`, an editor), the claim is under its
 * session and lasts as long as that.
 *
 * The command may end the claim itself, by submitting, blocking or completing with a result; then nothing is added here. Its
 * own record is told from another's by the token, in the log from the claim on.
 */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <society/agent.h>
#include <society/tail.h>
#include <society/task.h>

#include "hold.h"
#include "json.h"
#include "task.h"

struct work {
    struct tool *t;
    char id[65];
    int64_t token;
    int64_t lease_ms;
    society_tail *tail; /* of the tasks, where others end the claim */
    int ended;          /* by the command itself: there is nothing to keep any more */
};

static int change(const struct work *w, const char *verb, const char *name, const char *text)
{
    struct compose c;
    compose_begin(&c);
    if (strcmp(verb, "renew") == 0)
        compose_number(&c, "leaseMs", w->lease_ms);
    else
        compose_text(&c, name, text);
    char *fields = compose_end(&c);
    int result = society_task_change(w->t->society, w->id, verb, fields, w->token);
    free(fields);
    return result;
}

/* Whether the record, at or behind the claim, ended it in the claim's own name. */
static int is_end_of(const struct work *w, const char *text)
{
    static const char *const ends[] = {"task_release", "task_block", "task_submit", "task_complete",
                                       "task_fail"};
    json_value *record = json_read(text, NULL);
    int found = 0;
    for (size_t i = 0; i < sizeof ends / sizeof *ends; i++)
        found |= strcmp(json_member_text(record, "type", ""), ends[i]) == 0;
    found = found && strcmp(json_member_text(record, "task", ""), w->id) == 0 &&
            json_member_number(record, "token", -1) == w->token;
    json_release(record);
    return found;
}

static int was_ended_by_command(const struct work *w)
{
    society_tail *tail = NULL;
    const char *record = NULL;
    int found = 0;
    if (society_tail_open(w->t->society, "tasks", w->token, 0, &tail) < 0)
        return 0; /* then the refusal stands as it is */
    while (!found && society_tail_next(tail, &record, NULL) == 1)
        found = is_end_of(w, record);
    society_tail_close(tail);
    return found;
}

static int64_t third(const struct work *w)
{
    return w->lease_ms > 3 ? w->lease_ms / 3 : 1;
}

/* How long the lease may run before the next time; -1: the task is another's, or no longer to be done, and the command
 * should end. */
static int64_t renew(void *context)
{
    struct work *w = context;
    int result = w->ended ? 0 : change(w, "renew", NULL, NULL);
    if (result >= 0)
        return third(w);
    int lost =
        result == SOCIETY_E_FENCED || result == SOCIETY_E_HELD || result == SOCIETY_E_NOT_FOUND;
    char *reason = strdup(tool_reason(w->t, result));
    w->ended = lost && was_ended_by_command(w);
    if (w->ended)
        lost = 0;
    else
        tool_warn("not renewed: %s", reason ? reason : society_strerror(result));
    free(reason);
    return lost ? -1 : third(w);
}

/* Whether the claim stands; also where that can't be read, for then the next renewal says. */
static int is_held(const struct work *w)
{
    char *text = NULL;
    if (society_task_get(w->t->society, w->id, &text) < 0)
        return 1;
    json_value *task = json_read(text, NULL);
    int held = strcmp(json_member_text(task, "state", ""), "claimed") == 0 &&
               json_member_number(task, "token", -1) == w->token;
    json_release(task);
    society_free(text);
    return held;
}

/* Something was said about tasks. A claim that is gone is not to be found out only when it should be renewed: with the
 * usual lease that is minutes later. */
static int look(void *context)
{
    struct work *w = context;
    const char *record;
    int said = 0;
    while (society_tail_next(w->tail, &record, NULL) == 1)
        said = 1;
    /* What can't be read now, the next renewal meets as well, and tells. */
    return !said || w->ended || is_held(w) || renew(w) >= 0 ? 0 : -1;
}

static void announce(const struct work *w)
{
    char token[24];
    snprintf(token, sizeof token, "%" PRId64, w->token);
    if (setenv("SOCIETY_AGENT", society_agent(w->t->society), 1) != 0 ||
        setenv("SOCIETY_DIR", society_dir(w->t->society), 1) != 0 ||
        setenv("SOCIETY_TASK", w->id, 1) != 0 || setenv("SOCIETY_TOKEN", token, 1) != 0)
        tool_fail(STATUS_SYSTEM, "out of memory");
}

static void claim(struct work *w, const struct task_request *r, const char *id)
{
    int result = society_join(w->t->society);
    if (result < 0 && result != SOCIETY_E_HELD)
        tool_fail_result(w->t, result);
    char *text = task_take(w->t, r, id);
    json_value *object = json_read(text, NULL);
    snprintf(w->id, sizeof w->id, "%s", json_member_text(object, "task", ""));
    w->token = json_member_number(object, "token", -1);
    w->lease_ms = json_member_number(object, "leaseMs", 1);
    json_release(object);
    society_free(text);
}

/* Says how it went, and returns the exit status: that of the command, unless its success could not be told. */
static int finish(const struct work *w, int status)
{
    char reason[64];
    if (status > 128)
        snprintf(reason, sizeof reason, "the command was killed by signal %d", status - 128);
    else
        snprintf(reason, sizeof reason, "the command returned %d", status);
    int result =
        status == 0 ? change(w, "complete", NULL, NULL) : change(w, "fail", "reason", reason);
    if (result >= 0)
        return status;
    char *why = strdup(tool_reason(w->t, result));
    int ended = was_ended_by_command(w);
    if (!ended)
        tool_warn("%s", why ? why : society_strerror(result));
    free(why);
    return ended || status != 0 ? status : tool_status(result);
}

int task_run(struct tool *t, const struct task_request *r)
{
    struct work w = {.t = t};
    /* `run -- CMD` names no task; without `--` the first argument is one. */
    int named = t->separator != 1;
    tool_expect_arguments(t, named ? 3 : 2, -1, "the command to run");
    if (t->separator > 2)
        tool_usage("unexpected argument '%s'", t->arguments[2]);
    tool_open_as_agent(t);
    int result = society_tail_open(t->society, "tasks", SOCIETY_FROM_END, 0, &w.tail);
    if (result < 0)
        tool_fail_result(t, result);
    claim(&w, r, named ? t->arguments[1] : NULL);
    announce(&w);
    t->argv[t->argc] = NULL;
    t->arguments[t->count] = NULL;
    struct hold_duty duty = {third(&w), renew, society_tail_fd(w.tail), look, &w};
    int status = hold_run_on_duty(t->arguments + (named ? 2 : 1), &duty);
    society_tail_close(w.tail);
    return finish(&w, status);
}
