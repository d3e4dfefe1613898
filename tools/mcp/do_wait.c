/* SPDX-License-Identifier: MIT */
/*
 * wait: until there is something to do.
 */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include <society/ownership.h>
#include <society/task.h>

#include "common/foreign.h"
#include "mcp/answer.h"
#include "mcp/call.h"
#include "mcp/mail.h"
#include "mcp/member.h"
#include "mcp/tools.h"
#include "mcp/view.h"

/* Many clients give a tool a minute. */
enum { SECONDS = 50, MESSAGES = 20, TASKS = 10 };

/* A lease ends by the clock, which tells nobody. */
enum { LEASE_LOOK_MS = 5000 };

struct waiting {
    int message, task, release;
    char *paths; /* a JSON array */
};

static void free_wishes(struct waiting *w)
{
    free(w->paths);
    free(w);
}

static void end(struct mcp *m, struct call *call)
{
    (void)m;
    free_wishes(call->state);
}

/* The looks: 1 it is there, and was answered; 0 not yet; a result of the library. */

static int look_for_messages(struct mcp *m, struct call *call)
{
    struct answer a;
    if (!mail_ready(m))
        return 0;
    json_value *list = json_new_list();
    answer_begin(&a);
    json_put_text(a.data, "event", "message");
    answer_foreign(&a);
    int result = mail_take(m, MESSAGES, list, a.out);
    int count = (int)json_count(list);
    json_put(a.data, "messages", list);
    if (result > 0)
        fputs("\nThere are more: call inbox.\n", a.out);
    if (result < 0 || count == 0) {
        answer_drop(&a);
        return result < 0 ? result : 0;
    }
    answer_send(m, &call->request, &a);
    return 1;
}

static void say_tasks(struct mcp *m, const struct request *r, society_list *tasks, const char *what)
{
    struct answer a;
    json_value *list = json_new_list();
    size_t left = FOREIGN_ALL;
    int64_t count = society_list_count(tasks);
    answer_begin(&a);
    json_put_text(a.data, "event", "task");
    fprintf(a.out, "%" PRId64 " %s, best first: claim one.\n", count, what);
    answer_foreign(&a);
    for (int64_t i = 0; i < count && i < TASKS && left > FOREIGN_ITEM; i++) {
        json_value *task = json_read(society_list_item(tasks, i), NULL);
        json_add(list, view_task(task, &left, a.out));
        json_release(task);
    }
    json_put(a.data, "tasks", list);
    answer_send(m, r, &a);
}

/* Of one kind. */
static int look_for(struct mcp *m, const struct request *r, uint32_t flags, const char *what)
{
    society_list *tasks = NULL;
    int result = society_tasks(m->society, flags, NULL, &tasks);
    if (result > 0)
        say_tasks(m, r, tasks, what);
    society_list_free(tasks);
    return result > 0 ? 1 : result;
}

/* As task_claim would choose. */
static int look_for_tasks(struct mcp *m, struct call *call)
{
    const struct request *r = &call->request;
    int result = look_for(m, r, SOCIETY_TASKS_READY, "tasks are ready for you");
    return result != 0 ? result
                       : look_for(m, r, SOCIETY_TASKS_ABANDONED,
                                  "tasks are held by agents that are gone, and may be taken over");
}

/* Whether something may change by the clock alone: 1, 0; a result of the library. */
static int has_leases(struct mcp *m, const struct waiting *w)
{
    society_list *tasks = NULL;
    if (w->release || !w->task)
        return w->release;
    int result = society_tasks(m->society, 0, "claimed", &tasks);
    society_list_free(tasks);
    return result > 0 ? 1 : result;
}

static int look_for_release(struct mcp *m, struct call *call, const char *paths)
{
    struct answer a;
    int result = society_own_check(m->society, paths, NULL);
    if (result != 0)
        return result < 0 ? result : 0;
    answer_begin(&a);
    json_put_text(a.data, "event", "release");
    fputs("You may write these paths now; reserve them with files_own.\n", a.out);
    answer_send(m, &call->request, &a);
    return 1;
}

static int step(struct mcp *m, struct call *call, enum step why)
{
    const struct waiting *w = call->state;
    struct answer a;
    int leases = 0;
    int result = w->message ? look_for_messages(m, call) : 0;
    if (result == 0 && w->task)
        result = look_for_tasks(m, call);
    if (result == 0 && w->release)
        result = look_for_release(m, call, w->paths);
    if (result == 0)
        leases = has_leases(m, w);
    if (leases < 0)
        result = leases;
    call->look_again_ms = leases > 0 ? LEASE_LOOK_MS : 0;
    if (result < 0)
        answer_failure(m, &call->request, result);
    if (result != 0 || why != STEP_TIMEOUT)
        return result != 0;
    answer_begin(&a);
    json_put(a.data, "event", json_new_null());
    fputs("Nothing has happened. Call wait again if you have nothing else to do.\n", a.out);
    answer_send(m, &call->request, &a);
    return 1;
}

static void read_wishes(struct waiting *w, json_value *arguments)
{
    json_value *wishes = json_member(arguments, "for");
    json_value *paths = json_member(arguments, "paths");
    for (size_t i = 0; i < json_count(wishes); i++) {
        const char *wish = json_text(json_element(wishes, i));
        w->message |= strcmp(wish, "message") == 0;
        w->task |= strcmp(wish, "task") == 0;
        w->release |= strcmp(wish, "release") == 0;
    }
    if (!wishes && json_count(paths) > 0)
        w->release = 1;
    else if (!wishes)
        w->message = w->task = 1;
    w->paths = json_count(paths) > 0 ? json_compact(paths) : NULL;
}

static struct waiting *new_wishes(json_value *arguments)
{
    struct waiting *w = calloc(1, sizeof *w);
    if (!w)
        tool_fail(STATUS_SYSTEM, "out of memory");
    read_wishes(w, arguments);
    return w;
}

static void begin(struct mcp *m, const struct request *r, struct waiting *w, int64_t timeout_ms)
{
    struct call *call = call_new(m, r, step, timeout_ms);
    if (!call) {
        free_wishes(w);
        return;
    }
    call->state = w;
    call->end = end;
    call->waiting_for = "waiting for something to do";
    call->wants_mail = w->message;
    if (w->task)
        call->feeds |= FEED_BIT(FEED_TASKS) | FEED_BIT(FEED_REGISTRY) | FEED_BIT(FEED_PRESENCE);
    if (w->release)
        call->feeds |= FEED_BIT(FEED_OWNERSHIP) | FEED_BIT(FEED_PRESENCE);
    call_start(m, call);
}

void do_wait(struct mcp *m, const struct request *r, json_value *arguments)
{
    if (member_acts(m, r) < 0)
        return;
    struct waiting *w = new_wishes(arguments);
    int result = w->message ? mail_open(m) : 0;
    if (result == 0 && (!w->release || w->paths)) {
        begin(m, r, w, tools_wait_ms(arguments, SECONDS));
        return;
    }
    if (result < 0)
        answer_failure(m, r, result);
    else
        answer_refuse(m, r, "wait: to wait for a release, say of which paths");
    free_wishes(w);
}
