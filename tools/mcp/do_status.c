/* SPDX-License-Identifier: MIT */
/*
 * status and join: the society in one call, and one's own place in it.
 */
#include <stdlib.h>
#include <string.h>

#include <society/agent.h>
#include <society/ownership.h>
#include <society/task.h>

#include "common/foreign.h"
#include "mcp/answer.h"
#include "mcp/member.h"
#include "mcp/tools.h"
#include "mcp/view.h"

/* More than these no model reads; the resources have all. */
enum { AGENTS = 50, CLAIMS = 20, FILES = 50 };

static int is_me(const struct mcp *m, json_value *agent)
{
    const char *me = society_agent(m->society);
    return me && strcmp(json_member_text(agent, "agentId", ""), me) == 0;
}

static void show_agents(json_value *agents, struct answer *a)
{
    json_value *list = json_new_list();
    size_t left = FOREIGN_ALL;
    size_t count = json_count(agents);
    fprintf(a->out, "Agents: %zu%s\n", count, count > AGENTS ? "; the first of them" : "");
    for (size_t i = 0; i < count; i++) {
        json_value *agent = json_element(agents, i);
        if (i < AGENTS && left > FOREIGN_ITEM)
            json_add(list, view_agent(agent, &left, a->out));
    }
    json_put(a->data, "agents", list);
}

static void show_tasks(json_value *tasks, struct answer *a)
{
    json_value *counts = json_new_map();
    fputs("Tasks:", a->out);
    for (const char *state = json_next_key(tasks, NULL); state;
         state = json_next_key(tasks, state)) {
        int64_t count = json_member_number(tasks, state, 0);
        if (count == 0)
            continue;
        json_put_number(counts, state, count);
        fprintf(a->out, " %s %lld", state, (long long)count);
    }
    fputs(json_next_key(counts, NULL) ? "\n" : " none\n", a->out);
    json_put(a->data, "tasks", counts);
}

static int show_claims(struct mcp *m, struct answer *a)
{
    society_list *tasks = NULL;
    json_value *list = json_new_list();
    size_t left = FOREIGN_ALL;
    json_put(a->data, "claims", list);
    if (!society_agent(m->society))
        return 0;
    int result = society_tasks(m->society, SOCIETY_TASKS_MINE, "claimed", &tasks);
    for (int64_t i = 0; result >= 0 && i < result && i < CLAIMS; i++) {
        json_value *task = json_read(society_list_item(tasks, i), NULL);
        if (strcmp(json_member_text(task, "holder", ""), society_agent(m->society)) == 0) {
            fputs(json_count(list) == 0 ? "Your claims:" : "", a->out);
            json_add(list, view_task(task, &left, a->out));
        }
        json_release(task);
    }
    society_list_free(tasks);
    return result;
}

static int show_files(struct mcp *m, struct answer *a)
{
    society_list *reservations = NULL;
    json_value *list = json_new_list();
    size_t left = FOREIGN_ALL;
    json_put(a->data, "files", list);
    int result = society_own_list(m->society, &reservations);
    int64_t count = society_list_count(reservations);
    if (result >= 0)
        fprintf(a->out, "Files reserved: %lld\n", (long long)count);
    for (int64_t i = 0; i < count && i < FILES && left > FOREIGN_ITEM; i++) {
        json_value *reservation = json_read(society_list_item(reservations, i), NULL);
        json_add(list, view_reservation(reservation, &left, a->out));
        json_release(reservation);
    }
    society_list_free(reservations);
    return result;
}

static void show_me(struct mcp *m, json_value *agents, struct answer *a)
{
    const char *me = society_agent(m->society);
    if (!me) {
        fputs("Nobody has said which agent you are: join.\n", a->out);
        return;
    }
    json_put_text(a->data, "agent", me);
    fprintf(a->out, "You are %s%s.", me, m->joined ? "" : ", not joined yet");
    for (size_t i = 0; i < json_count(agents); i++) {
        if (!is_me(m, json_element(agents, i)))
            continue;
        int64_t unread = json_member_number(json_element(agents, i), "unread", 0);
        json_put_number(a->data, "unread", unread);
        fprintf(a->out, " Unread messages: %lld.", (long long)unread);
    }
    fputc('\n', a->out);
}

void do_status(struct mcp *m, const struct request *r, json_value *arguments)
{
    char *text = NULL;
    struct answer a;
    (void)arguments;
    if (member_reads(m, r) < 0)
        return;
    int result = society_status(m->society, &text);
    if (result < 0) {
        answer_failure(m, r, result);
        return;
    }
    json_value *status = json_read(text, NULL);
    answer_begin(&a);
    show_me(m, json_member(status, "agents"), &a);
    answer_foreign(&a);
    show_agents(json_member(status, "agents"), &a);
    show_tasks(json_member(status, "tasks"), &a);
    result = show_claims(m, &a);
    if (result >= 0)
        result = show_files(m, &a);
    json_release(status);
    society_free(text);
    if (result >= 0)
        answer_send(m, r, &a);
    else
        answer_drop(&a);
    if (result < 0)
        answer_failure(m, r, result);
}

/* What the arguments say of the agent that belongs into its registration; NULL: nothing. */
static char *registration(json_value *arguments)
{
    json_value *fields = json_new_map();
    static const char *const names[] = {"role", "capabilities", NULL};
    for (size_t i = 0; names[i]; i++) {
        json_value *value = json_member(arguments, names[i]);
        json_put(fields, names[i], value ? json_share(value) : NULL);
    }
    char *text = json_next_key(fields, NULL) ? json_compact(fields) : NULL;
    json_release(fields);
    return text;
}

void do_join(struct mcp *m, const struct request *r, json_value *arguments)
{
    const char *name = json_member_text(arguments, "agent", NULL);
    const char *status = json_member_text(arguments, "status", NULL);
    const char *note = json_member_text(arguments, "note", NULL);
    struct answer a;
    if (member_reads(m, r) < 0)
        return;
    const char *me = society_agent(m->society);
    if (name && me && strcmp(name, me) != 0) {
        answer_refuse(m, r, "this connection speaks as %s, and keeps that name", me);
        return;
    }
    const char *problem = name && !me ? member_name(m, name) : NULL;
    if (problem) {
        answer_refuse(m, r, "%s", problem);
        return;
    }
    if (member_acts(m, r) < 0)
        return;
    char *fields = registration(arguments);
    int result = fields ? society_register(m->society, fields) : 0;
    if (result == 0 && (status || note))
        result = society_set_status(m->society, status ? status : "busy", note);
    free(fields);
    if (result < 0) {
        answer_failure(m, r, result);
        return;
    }
    answer_begin(&a);
    json_put_text(a.data, "agent", society_agent(m->society));
    json_put_flag(a.data, "joined", m->joined);
    fprintf(a.out, "You are %s.", society_agent(m->society));
    if (m->presence_problem) {
        char *why = foreign_line(m->presence_problem, 300);
        fputs(" Another process is online as this agent, and you speak beside it: ", a.out);
        foreign_word(a.out, why);
        free(why);
    }
    fputc('\n', a.out);
    answer_send(m, r, &a);
}
