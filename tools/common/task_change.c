/* SPDX-License-Identifier: MIT */
/*
 * What the command line says becomes one object of fields, and one call of the library, which judges it. Nothing is looked
 * up before: between a look and the change the task may be another's.
 *
 * Inside `society-task run` the claim's token is in the environment. It goes before the agent's current claim, so that a command
 * whose task was taken over meanwhile is refused, whatever the agent holds by then.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <society/task.h>

#include "json.h"
#include "output.h"
#include "record.h"
#include "task.h"

/* The task's object, for --json. */
static void print_task(struct tool *t, const char *id)
{
    char *task = NULL;
    if (!t->json)
        return;
    int result = society_task_get(t->society, id, &task);
    if (result < 0)
        tool_fail_result(t, result);
    output_json(task);
    society_free(task);
}

/* ---- What a task is ---- */

/* An empty value clears what was there. */
static void write_text(struct compose *c, const char *name, const char *text)
{
    if (text && *text == '\0')
        compose_json(c, name, "null");
    else
        compose_text(c, name, text);
}

static void write_list(struct compose *c, const char *name, const struct texts *list)
{
    if (list->count == 1 && *list->items[0] == '\0')
        compose_json(c, name, "[]");
    else
        compose_list(c, name, list->items, list->count);
}

/* The fields that both making and editing a task know. */
static void write_fields(struct compose *c, const struct task_request *r)
{
    write_text(c, "description", r->description);
    if (r->priority >= 0)
        compose_number(c, "priority", r->priority);
    write_text(c, "role", r->role);
    write_list(c, "labels", &r->labels);
    write_list(c, "paths", &r->paths);
    write_text(c, "parent", r->parent);
    write_text(c, "acceptance", r->acceptance);
    if (r->retries >= 0)
        compose_number(c, "maxRetries", r->retries);
}

int task_add(struct tool *t, const struct task_request *r)
{
    struct compose c;
    char *id = NULL;
    tool_expect_arguments(t, 2, 2, "the title");
    tool_open_as_agent(t);
    compose_begin(&c);
    compose_text(&c, "id", r->id);
    compose_text(&c, "title", t->arguments[1]);
    write_fields(&c, r);
    compose_list(&c, "dependsOn", r->needs.items, r->needs.count);
    compose_text(&c, "assignee", r->to);
    char *task = compose_end(&c);
    int result = society_task_create(t->society, task, &id);
    free(task);
    if (result < 0)
        tool_fail_result(t, result);
    if (!t->json)
        printf("%s\n", id);
    print_task(t, id);
    society_free(id);
    return STATUS_DONE;
}

/* ---- Changes ---- */

static int64_t token_for(const struct task_request *r, const char *id)
{
    const char *task = getenv("SOCIETY_TASK");
    const char *token = getenv("SOCIETY_TOKEN");
    if (r->token != SOCIETY_NO_TOKEN || !task || !token || strcmp(task, id) != 0)
        return r->token;
    return tool_number("SOCIETY_TOKEN", token);
}

/* Does it, and frees the fields. */
static int change(struct tool *t, const char *verb, struct compose *c, int64_t token)
{
    char *fields = compose_end(c);
    int result = society_task_change(t->society, t->arguments[1], verb, fields, token);
    free(fields);
    if (result < 0)
        tool_fail_result(t, result);
    print_task(t, t->arguments[1]);
    return STATUS_DONE;
}

static const struct about {
    const char *verb;
    const char *field; /* what TEXT is; NULL: it takes none */
    int needs_text;
    int of_claim;
} changes[] = {
    {"renew", NULL, 0, 1},    {"release", NULL, 0, 1},    {"block", "reason", 1, 1},
    {"unblock", NULL, 0, 0},  {"submit", "result", 0, 1}, {"complete", "result", 0, 1},
    {"fail", "reason", 0, 1}, {"cancel", "reason", 0, 0}, {"reopen", "text", 0, 0},
    {"note", "text", 1, 1},
};

/* The text that was given in one way or another, to be given to free(); NULL: none. */
static char *read_text(const struct tool *t, const struct task_request *r, const struct about *a)
{
    const char *const given[] = {t->count > 2 ? t->arguments[2] : NULL, r->reason, r->result,
                                 r->note};
    const char *const fields[] = {a->field, "reason", "result", "text"};
    const char *const names[] = {"", "--reason", "--result", "--note"};
    const char *text = NULL;
    for (size_t i = 0; i < sizeof given / sizeof *given; i++) {
        if (!given[i])
            continue;
        if (!a->field || strcmp(fields[i], a->field) != 0)
            tool_usage("%s takes no %s", a->verb, names[i]);
        if (text)
            tool_usage("%s takes one text", a->verb);
        text = given[i];
    }
    if (a->needs_text && !text)
        tool_usage("%s needs a %s", a->verb, strcmp(a->field, "text") == 0 ? "text" : a->field);
    return text ? record_read_text(text) : NULL;
}

/* A result is JSON if it reads as such, else a text. */
static void write_result(struct compose *c, const char *text)
{
    json_value *json = text ? json_read(text, NULL) : NULL;
    if (json)
        compose_json(c, "result", text);
    else
        compose_text(c, "result", text);
    json_release(json);
}

int task_change(struct tool *t, const struct task_request *r)
{
    struct compose c;
    const struct about *a = changes;
    while (strcmp(a->verb, t->arguments[0]) != 0)
        a++; /* main() knows no other verbs */
    tool_expect_arguments(t, 2, a->field ? 3 : 2, "the task's id");
    char *text = read_text(t, r, a);
    tool_open_as_agent(t);
    compose_begin(&c);
    if (a->field && strcmp(a->field, "result") == 0)
        write_result(&c, text);
    else if (a->field)
        compose_text(&c, a->field, text);
    if (strcmp(a->verb, "renew") == 0 && r->lease_ms > 0)
        compose_number(&c, "leaseMs", r->lease_ms);
    free(text);
    return change(t, a->verb, &c, a->of_claim ? token_for(r, t->arguments[1]) : SOCIETY_NO_TOKEN);
}

int task_edit(struct tool *t, const struct task_request *r)
{
    struct compose fields, c;
    tool_expect_arguments(t, 2, 2, "the task's id");
    if (r->id || r->to || r->needs.count > 0)
        tool_usage("edit changes no id; for --to there is assign, for --needs depend");
    compose_begin(&fields);
    compose_text(&fields, "title", r->title);
    write_fields(&fields, r);
    if (fields.fields == 0)
        tool_usage("edit needs something to change");
    tool_open_as_agent(t);
    char *object = compose_end(&fields);
    compose_begin(&c);
    compose_json(&c, "fields", object);
    free(object);
    return change(t, "edit", &c, SOCIETY_NO_TOKEN);
}

int task_assign(struct tool *t, const struct task_request *r)
{
    struct compose c;
    tool_expect_arguments(t, 2, 3, "the task's id");
    const char *to = t->count > 2 ? t->arguments[2] : r->to;
    if ((t->count > 2) + (r->to != NULL) + r->nobody != 1)
        tool_usage("say to whom: --to AGENT, --to role:ROLE or --nobody");
    tool_open_as_agent(t);
    compose_begin(&c);
    if (to)
        compose_text(&c, "to", to);
    else
        compose_json(&c, "to", "null");
    return change(t, "assign", &c, SOCIETY_NO_TOKEN);
}

int task_depend(struct tool *t, const struct task_request *r)
{
    struct compose c;
    tool_expect_arguments(t, 2, 2, "the task's id");
    if (r->needs.count + r->remove.count == 0)
        tool_usage("depend needs --needs or --remove");
    tool_open_as_agent(t);
    compose_begin(&c);
    compose_list(&c, "dependsOn", r->needs.items, r->needs.count);
    compose_list(&c, "remove", r->remove.items, r->remove.count);
    return change(t, "depend", &c, SOCIETY_NO_TOKEN);
}

/* ---- Claims ---- */

char *task_take(struct tool *t, const struct task_request *r, const char *id)
{
    char *claim = NULL;
    uint32_t flags = (r->own ? SOCIETY_CLAIM_OWN : 0) | (r->resume ? SOCIETY_CLAIM_RESUME : 0) |
                     (r->familiar ? SOCIETY_CLAIM_FAMILIAR : 0);
    int result = society_task_claim_with(t->society, id, flags, r->lease_ms, r->wait_ms, &claim);
    if (result < 0)
        tool_fail_result(t, result);
    return claim;
}

static void print_claim(const struct tool *t, const char *text)
{
    json_value *claim = json_read(text, NULL);
    if (t->json)
        output_json(text);
    else
        printf("%s %" PRId64 "\n", json_member_text(claim, "task", "-"),
               json_member_number(claim, "token", -1));
    json_release(claim);
}

static int claim_several(struct tool *t, const struct task_request *r)
{
    society_list *claims;
    if (t->count > 1 || r->own || r->resume || r->wait_ms != 0)
        tool_usage("--count goes with --lease and --familiar alone, and with no id");
    if (r->count < 1 || r->count > SOCIETY_CLAIMS_MAX)
        tool_usage("--count must be from 1 to %d", SOCIETY_CLAIMS_MAX);
    tool_open_as_agent(t);
    uint32_t flags = r->familiar ? SOCIETY_CLAIM_FAMILIAR : 0;
    int result =
        society_task_claim_several(t->society, (int32_t)r->count, flags, r->lease_ms, &claims);
    if (result < 0)
        tool_fail_result(t, result);
    for (int64_t i = 0; i < society_list_count(claims); i++)
        print_claim(t, society_list_item(claims, i));
    society_list_free(claims);
    return STATUS_DONE;
}

int task_claim(struct tool *t, const struct task_request *r)
{
    tool_expect_arguments(t, 1, 2, "");
    if (r->count != -1)
        return claim_several(t, r);
    tool_open_as_agent(t);
    char *text = task_take(t, r, t->count > 1 ? t->arguments[1] : NULL);
    print_claim(t, text);
    society_free(text);
    return STATUS_DONE;
}
