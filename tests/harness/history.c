/* SPDX-License-Identifier: MIT */
/* Whether a history can be put in order: see history.h. */
#include "harness/history.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "harness/die.h"

#define CLOCK_GRAIN_NS 1000000 /* leases are measured in whole milliseconds */
#define NOBODY INT64_C(-1)

/* The task, at one place of one order. There is no padding: states are compared as bytes. */
enum { OPEN, CLAIMED, DONE };
struct task {
    int64_t status;
    int64_t token;         /* the last that was given and told */
    int64_t token_untold;  /* 1: one above it was given, which nobody was told */
    int64_t holder;        /* a process */
    int64_t holder_dead;   /* 1, 0 */
    int64_t holder_joined; /* 1, 0 */
    int64_t lease_ns;
    int64_t seen_from; /* nobody can have seen the claim, as it is now, before */
};

struct state {
    uint64_t applied; /* which of the running operations have had their effect */
    struct task task;
};

struct states {
    struct state *items;
    size_t count;
    size_t room;
};

struct event {
    int64_t time;
    bool is_return;
    const struct history_operation *operation;
};

/* Each process has two places among the running operations: its own, and that of its death. */
static unsigned slot_of(const struct history_operation *operation)
{
    return operation->process * 2 + (operation->what == HISTORY_DEATH);
}

static uint64_t bit_of(const struct history_operation *operation)
{
    return UINT64_C(1) << slot_of(operation);
}

/* ---- What each operation does ---- */

static bool is_told(const struct history_operation *operation)
{
    return operation->outcome != HISTORY_UNKNOWN;
}

static bool may_take_over(const struct task *task, const struct history_operation *claim)
{
    if (task->holder_joined)
        return task->holder_dead;
    return task->holder == claim->process ||
           claim->ended - task->seen_from > task->lease_ns - CLOCK_GRAIN_NS;
}

static bool may_claim(const struct task *task, const struct history_operation *claim)
{
    if (!is_told(claim))
        return task->status == OPEN || (task->status == CLAIMED && may_take_over(task, claim));
    if (claim->token <= task->token)
        return false;
    if (claim->took_over == HISTORY_NO_TOKEN)
        return task->status == OPEN;
    bool names_it = task->token_untold
                        ? claim->took_over > task->token && claim->took_over < claim->token
                        : claim->took_over == task->token;
    return task->status == CLAIMED && names_it && may_take_over(task, claim);
}

static void apply_claim(struct task *task, const struct history_operation *claim)
{
    task->status = CLAIMED;
    task->token_untold = !is_told(claim);
    if (is_told(claim))
        task->token = claim->token;
    task->holder = claim->process;
    task->holder_dead = 0;
    task->holder_joined = claim->present;
    task->lease_ns = claim->lease_ns;
    task->seen_from = claim->began;
}

static void end_claim(struct task *task, int64_t status)
{
    *task = (struct task){.status = status,
                          .token = task->token,
                          .token_untold = task->token_untold,
                          .holder = NOBODY};
}

static bool is_current(const struct task *task, const struct history_operation *operation)
{
    return !task->token_untold && operation->token == task->token;
}

static void apply_change(struct task *task, const struct history_operation *change)
{
    if (change->what == HISTORY_RENEW) {
        task->lease_ns = change->lease_ns;
        task->seen_from = change->began;
    } else {
        end_claim(task, change->what == HISTORY_COMPLETE ? DONE : OPEN);
    }
}

/* A refusal holds or does not, and changes nothing. */
static bool is_refused(const struct task *task, const struct history_operation *operation)
{
    if (operation->what == HISTORY_CLAIM)
        return operation->outcome == HISTORY_HELD && task->status != OPEN;
    if (operation->what == HISTORY_REOPEN)
        return operation->outcome == HISTORY_HELD && task->status != DONE;
    bool current = is_current(task, operation);
    return operation->outcome == HISTORY_FENCED ? !current : current && task->status != CLAIMED;
}

static bool apply_to_task(struct task *task, const struct history_operation *operation)
{
    if (operation->what == HISTORY_DEATH) {
        task->holder_dead |= task->holder == operation->process;
        return true;
    }
    if (is_told(operation) && operation->outcome != HISTORY_DONE)
        return is_refused(task, operation);
    if (operation->what == HISTORY_CLAIM) {
        if (!may_claim(task, operation))
            return false;
        apply_claim(task, operation);
    } else if (operation->what == HISTORY_REOPEN) {
        if (task->status != DONE)
            return false;
        end_claim(task, OPEN);
    } else {
        if (task->status != CLAIMED || !is_current(task, operation))
            return false;
        apply_change(task, operation);
    }
    return true;
}

/* The dead do nothing. */
static bool apply(struct state *state, const struct history_operation *operation)
{
    uint64_t death = UINT64_C(2) << operation->process * 2;
    if ((state->applied & (bit_of(operation) | death)) != 0 ||
        !apply_to_task(&state->task, operation))
        return false;
    state->applied |= bit_of(operation);
    return true;
}

/* ---- The search ---- */

static void add(struct states *states, const struct state *state)
{
    for (size_t i = 0; i < states->count; i++)
        if (memcmp(&states->items[i], state, sizeof *state) == 0)
            return;
    if (states->count == states->room) {
        states->room = states->room ? states->room * 2 : 64;
        states->items = realloc(states->items, states->room * sizeof *states->items);
        if (!states->items)
            die("no memory for states");
    }
    states->items[states->count++] = *state;
}

/* The states in which `returned` has had its effect, and if it may have had none, the others. */
static struct states settle(const struct states *before,
                            const struct history_operation *const *running,
                            const struct history_operation *returned)
{
    struct states after = {0};
    struct states open = {0}; /* without it so far */
    uint64_t bit = bit_of(returned);
    for (size_t i = 0; i < before->count; i++)
        add(before->items[i].applied & bit ? &after : &open, &before->items[i]);
    for (size_t i = 0; i < open.count; i++) {
        for (unsigned slot = 0; slot < HISTORY_PROCESSES * 2; slot++) {
            struct state next = open.items[i];
            if (running[slot] && apply(&next, running[slot]))
                add(next.applied & bit ? &after : &open, &next);
        }
    }
    for (size_t i = 0; i < open.count && !is_told(returned); i++)
        add(&after, &open.items[i]);
    free(open.items);
    for (size_t i = 0; i < after.count; i++)
        after.items[i].applied &= ~bit;
    return after;
}

/* The place becomes free, and with it states become the same. */
static struct states without_doubles(struct states states)
{
    struct states distinct = {0};
    for (size_t i = 0; i < states.count; i++)
        add(&distinct, &states.items[i]);
    free(states.items);
    return distinct;
}

static const char *name_status(int64_t status)
{
    return status == OPEN ? "open" : status == CLAIMED ? "claimed" : "done";
}

static void explain(char why[HISTORY_WHY], const struct history_operation *operation,
                    const struct states *before)
{
    static const char *const what[] = {"claim", "renew",  "release", "complete",
                                       "fail",  "reopen", "death"};
    static const char *const outcome[] = {"unknown", "done", "held", "fenced", "nothing"};
    const struct task *task = &before->items[0].task;
    snprintf(why, HISTORY_WHY,
             "task %" PRIu32 ": process %" PRIu32 " %s, token %" PRId64 " in place of %" PRId64
             ", told %s, from %" PRId64 " to %" PRId64 ", fits no order; the task may be %s"
             " with token %" PRId64 "%s of process %" PRId64 " (one of %zu states)",
             operation->task, operation->process, what[operation->what], operation->token,
             operation->took_over, outcome[operation->outcome], operation->began, operation->ended,
             name_status(task->status), task->token, task->token_untold ? " or above" : "",
             task->holder, before->count);
}

static struct history_verdict search(const struct event *events, size_t count)
{
    const struct history_operation *running[HISTORY_PROCESSES * 2] = {NULL};
    struct history_verdict verdict = {.sound = true};
    struct state first = {.task = {.status = OPEN, .token = -1, .holder = NOBODY}};
    struct states states = {0};
    add(&states, &first);
    for (size_t i = 0; i < count && verdict.sound; i++) {
        const struct history_operation *operation = events[i].operation;
        unsigned slot = slot_of(operation);
        if (!events[i].is_return) {
            if (running[slot])
                die("process %" PRIu32 " does two things at once", operation->process);
            running[slot] = operation;
            continue;
        }
        struct states after = settle(&states, running, operation);
        running[slot] = NULL;
        verdict.sound = after.count > 0;
        if (!verdict.sound)
            explain(verdict.why, operation, &states);
        free(states.items);
        states = without_doubles(after);
        if (states.count > verdict.states)
            verdict.states = states.count;
    }
    free(states.items);
    return verdict;
}

/* ---- The history ---- */

/* At the same moment one begins before another ends: they are taken as concurrent. The death of a
 * process ends after its last operation. */
static int compare_events(const void *a, const void *b)
{
    const struct event *left = a;
    const struct event *right = b;
    if (left->time != right->time)
        return left->time < right->time ? -1 : 1;
    if (left->is_return != right->is_return)
        return left->is_return ? 1 : -1;
    return (left->operation->what == HISTORY_DEATH) - (right->operation->what == HISTORY_DEATH);
}

static bool concerns(const struct history_operation *operation, uint32_t task)
{
    if (operation->outcome == HISTORY_NOTHING)
        return false;
    return operation->task == task || operation->what == HISTORY_DEATH ||
           (operation->task == HISTORY_ANY_TASK && !is_told(operation));
}

struct history_verdict history_check(const struct history_operation *operations, size_t count,
                                     uint32_t task)
{
    struct event *events = calloc(count * 2 + 1, sizeof *events);
    size_t filled = 0;
    if (!events)
        die("no memory for events");
    for (size_t i = 0; i < count; i++) {
        const struct history_operation *operation = &operations[i];
        if (operation->process >= HISTORY_PROCESSES || operation->ended < operation->began)
            die("operation %zu is not sound", i);
        if (!concerns(operation, task))
            continue;
        events[filled++] = (struct event){operation->began, false, operation};
        events[filled++] = (struct event){operation->ended, true, operation};
    }
    qsort(events, filled, sizeof *events, compare_events);
    struct history_verdict verdict = search(events, filled);
    free(events);
    return verdict;
}
