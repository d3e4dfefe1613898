/* SPDX-License-Identifier: MIT */
/*
 * Whether a claim stands, without the state of all tasks, for short calls that ask about a path. The
 * reservation says where the tasks' log ended when it was taken; what happened to its claim stands
 * behind that. Only lines with the task's id in them are decoded. Anything but the claim, its
 * renewals and notes, or a log that was compacted since, is for the fold to judge.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "claim.h"
#include "reader.h"

struct glimpse {
    const struct soc_own *own;
    char quoted[SOC_ID_MAX + 3]; /* the task's id as it stands in a line */
    soc_json *task;              /* the members of a claimed task that its lease depends on */
    int64_t token;
};

/* Whether the line may be about the task: an id can also be written with escapes. */
static bool may_mean(const struct glimpse *g, const struct soc_line *line)
{
    return memmem(line->text, line->length, g->quoted, strlen(g->quoted)) ||
           memmem(line->text, line->length, "\\u", 2);
}

static bool is_about(const struct glimpse *g, const soc_json *json)
{
    const soc_json *subject = soc_json_get(json, "task");
    const char *id = soc_json_string(subject);
    if (!id)
        id = soc_json_get_string(subject, "id");
    return id && strcmp(id, g->own->task) == 0;
}

static int set_integer(soc_json *task, const char *key, int64_t value)
{
    return soc_json_set(task, key, soc_json_new_integer(value));
}

static int set_lease(struct glimpse *g, const soc_json *json, int64_t position)
{
    int64_t lease;
    int result = set_integer(g->task, "renewed", position);
    if (result == 0 && soc_json_get_integer(json, "leaseMs", &lease))
        result = set_integer(g->task, "leaseMs", lease);
    return result == 0 ? 1 : -ENOMEM;
}

/* The claim that the reservation was taken for: 1; 0 it is another record. */
static int take_claim(struct glimpse *g, const char *type, const soc_json *json, int64_t position)
{
    const char *from = soc_json_get_string(json, "from");
    int64_t own = -1;
    soc_json_get_integer(json, "own", &own);
    if (strcmp(type, "task_claim") != 0 || own != g->own->token || !from ||
        strcmp(from, g->own->holder) != 0 || !soc_json_get_integer(json, "token", &g->token))
        return 0;
    g->task = soc_json_new_object();
    bool present = soc_json_get_bool(json, "presence", false);
    if (!g->task || soc_json_set_string(g->task, "id", g->own->task) < 0 ||
        soc_json_set_string(g->task, "holder", from) < 0 ||
        soc_json_set_string(g->task, "session", soc_json_get_string(json, "session")) < 0 ||
        soc_json_set(g->task, "present", soc_json_new_bool(present)) < 0 ||
        set_integer(g->task, "token", g->token) < 0)
        return -ENOMEM;
    return set_lease(g, json, position);
}

/* 1 the claim stands behind this line as before it; 0 who knows; -ENOMEM. */
static int take_line(struct glimpse *g, const struct soc_line *line)
{
    int64_t token = -1;
    if (line->kind != SOC_LINE_RECORD || !may_mean(g, line))
        return 1;
    SOC_AUTO_JSON soc_json *json = soc_json_parse(line->text, line->length, NULL);
    const char *type = soc_json_get_string(json, "type");
    if (!json || !type)
        return 0;
    if (!is_about(g, json))
        return 1;
    if (!g->task)
        return take_claim(g, type, json, line->position);
    if (strcmp(type, "task_note") == 0)
        return 1;
    if (strcmp(type, "task_renew") == 0 && soc_json_get_integer(json, "token", &token) &&
        token == g->token)
        return set_lease(g, json, line->position);
    return 0;
}

int soc_claim_glimpse(struct society *s, const struct soc_own *own, soc_json **ret_task)
{
    struct glimpse g = {.own = own};
    struct soc_reader reader;
    struct soc_line line;
    if (s->tasks.fold || own->tasks_at < 0)
        return 0;
    snprintf(g.quoted, sizeof g.quoted, "\"%s\"", own->task);
    int result = soc_reader_open(&reader, &s->dir, "tasks", own->tasks_at, &s->error);
    if (result < 0)
        return result;
    bool known = !reader.archived && reader.position == own->tasks_at;
    int taken = 1;
    while (known && taken == 1 && (result = soc_reader_next(&reader, &line, &s->error)) == 1)
        taken = take_line(&g, &line);
    known = known && reader.incident[0] == '\0' && taken == 1 && g.task;
    soc_reader_close(&reader);
    if (result < 0 || taken < 0 || !known) {
        soc_json_free(g.task);
        return result < 0 ? result : taken < 0 ? soc_fail_memory(&s->error) : 0;
    }
    *ret_task = g.task;
    return 1;
}
