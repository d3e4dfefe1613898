/* SPDX-License-Identifier: MIT */
/*
 * files_own and files_check.
 */
#include <stdlib.h>

#include <society/ownership.h>

#include "common/foreign.h"
#include "mcp/answer.h"
#include "mcp/call.h"
#include "mcp/member.h"
#include "mcp/tools.h"
#include "mcp/view.h"

struct wish {
    char *patterns;
    char *fields;
    uint32_t flags;
};

static void end(struct mcp *m, struct call *call)
{
    struct wish *w = call->state;
    (void)m;
    free(w->patterns);
    free(w->fields);
    free(w);
}

static void say(struct mcp *m, const struct call *call, int granted, const char *reason)
{
    const struct wish *w = call->state;
    const char *whose = w->flags & SOCIETY_OWN_SHARED
                            ? "Reserved for you and others that ask for it shared"
                            : "Reserved: only you write there";
    struct answer a;
    answer_begin(&a);
    json_put_flag(a.data, "granted", granted);
    json_put_text(a.data, "reason", reason);
    if (granted)
        fprintf(a.out, "%s, until you release it.\n", whose);
    else
        fprintf(a.out, "Not reserved: %s\n", reason);
    answer_send(m, &call->request, &a);
}

static void try_once(struct mcp *m, struct call *call)
{
    const struct wish *w = call->state;
    int result = society_own_acquire(m->society, w->patterns, w->flags, w->fields, 0, NULL);
    if (result == SOCIETY_E_HELD) {
        char *reason = foreign_line(society_last_message(m->society), 1000);
        say(m, call, 0, reason);
        free(reason);
    } else if (result < 0) {
        answer_failure(m, &call->request, result);
    } else {
        say(m, call, 1, NULL);
    }
}

/* Who waits stands in the queue, from the first look on; when the time is over, a last try says
 * who holds the paths. */
static int step(struct mcp *m, struct call *call, enum step why)
{
    int result = call->wait ? society_wait_take(call->wait, NULL) : 0;
    if (result == 0 && why != STEP_TIMEOUT)
        return 0;
    if (result < 0) {
        answer_failure(m, &call->request, result);
    } else if (result > 0) {
        say(m, call, 1, NULL);
    } else {
        society_wait_close(call->wait);
        call->wait = NULL;
        try_once(m, call);
    }
    return 1;
}

static void release(struct mcp *m, const struct request *r, json_value *paths)
{
    struct answer a;
    char *patterns = json_count(paths) > 0 ? json_compact(paths) : NULL;
    int result = society_own_release(m->society, patterns);
    free(patterns);
    if (result < 0 && result != SOCIETY_E_NOT_FOUND) {
        answer_failure(m, r, result);
        return;
    }
    int count = result < 0 ? 0 : result;
    answer_begin(&a);
    json_put_number(a.data, "released", count);
    fprintf(a.out, "Released: %d reservations.\n", count);
    answer_send(m, r, &a);
}

static char *fields_of(json_value *arguments)
{
    static const char *const names[] = {"task", "reason", NULL};
    json_value *fields = json_new_map();
    for (size_t i = 0; names[i]; i++)
        json_put_text(fields, names[i], json_member_text(arguments, names[i], NULL));
    char *text = json_compact(fields);
    json_release(fields);
    return text;
}

void do_files_own(struct mcp *m, const struct request *r, json_value *arguments)
{
    json_value *paths = json_member(arguments, "paths");
    int is_release = json_member_true(arguments, "release");
    if (member_acts(m, r) < 0)
        return;
    if (is_release) {
        release(m, r, paths);
        return;
    }
    if (json_count(paths) == 0) {
        answer_refuse(m, r, "files_own: paths is missing");
        return;
    }
    struct call *call = call_new(m, r, step, tools_wait_ms(arguments, 0));
    struct wish *w = call ? calloc(1, sizeof *w) : NULL;
    if (!call)
        return;
    if (!w)
        tool_fail(STATUS_SYSTEM, "out of memory");
    w->patterns = json_compact(paths);
    w->fields = fields_of(arguments);
    w->flags = json_member_true(arguments, "shared") ? SOCIETY_OWN_SHARED : 0;
    call->state = w;
    call->end = end;
    call->waiting_for = "waiting for the paths";
    int result = call->deadline_ms > call->began_ms
                     ? society_own_wait(m->society, w->patterns, w->flags, w->fields, &call->wait)
                     : 0;
    if (result == 0) {
        call_start(m, call);
        return;
    }
    answer_failure(m, r, result);
    call_drop(m, call);
}

static json_value *show_owner(json_value *item, size_t *left, FILE *out)
{
    json_value *owner = json_new_map();
    char *path = foreign_line(json_member_text(item, "path", ""), 1000);
    json_put_text(owner, "path", path);
    fprintf(out, "%s:", path);
    free(path);
    json_put(owner, "owner", view_reservation(json_member(item, "owner"), left, out));
    return owner;
}

void do_files_check(struct mcp *m, const struct request *r, json_value *arguments)
{
    society_list *owners = NULL;
    struct answer a;
    if (member_knows(m, r) < 0)
        return;
    char *paths = json_compact(json_member(arguments, "paths"));
    int result = society_own_check(m->society, paths, &owners);
    free(paths);
    if (result < 0) {
        answer_failure(m, r, result);
        return;
    }
    json_value *list = json_new_list();
    size_t left = FOREIGN_ALL;
    answer_begin(&a);
    fputs(result == 0 ? "You may write there.\n" : "Others hold some of these.\n", a.out);
    if (result != 0)
        answer_foreign(&a);
    for (int64_t i = 0; i < society_list_count(owners); i++) {
        json_value *item = json_read(society_list_item(owners, i), NULL);
        json_add(list, show_owner(item, &left, a.out));
        json_release(item);
    }
    society_list_free(owners);
    json_put_flag(a.data, "allowed", result == 0);
    json_put(a.data, "owners", list);
    answer_send(m, r, &a);
}
