/* SPDX-License-Identifier: MIT */
/*
 * The rules of tasks, one for each type of record: see task_state.h. A rule answers whether the
 * record takes effect on the state as it stands.
 */
#include "task_rules.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "path.h"

typedef int rule(const struct soc_task_change *change, struct soc_error *error);

static const char *text_of(const soc_json *task, const char *key)
{
    const char *text = soc_json_get_string(task, key);
    return text ? text : "";
}

enum { QUOTED_MOST = 80, QUOTED_SIZE = QUOTED_MOST + 8 };

static bool is_state(const struct soc_task_change *change, const char *state)
{
    return strcmp(text_of(change->task, "state"), state) == 0;
}

/* ---- Refusals ---- */

/* Somebody's words inside of ours: they can't end their quotes, nor fill the message. */
static void quote_words(const char *words, char ret_quoted[QUOTED_SIZE])
{
    size_t length = strlen(words);
    size_t shown = length;
    size_t used = 0;
    if (length > QUOTED_MOST)
        for (shown = QUOTED_MOST; shown > 0 && ((unsigned char)words[shown] & 0xc0) == 0x80;)
            shown--;
    ret_quoted[used++] = '"';
    for (size_t i = 0; i < shown; i++)
        ret_quoted[used++] = words[i] == '"' ? '\'' : words[i];
    snprintf(ret_quoted + used, QUOTED_SIZE - used, "%s\"", shown < length ? "..." : "");
}

/* What a task must be for a change that is refused for its state. Of what is about a claim nothing is
 * said where there is one: who has it is reason enough. */
static const struct {
    const char *type;
    const char *wanted;
    bool of_claim;
} needs[] = {
    {"task_renew", "claimed", true},
    {"task_release", "claimed", true},
    {"task_submit", "claimed", true},
    {"task_fail", "claimed", true},
    {"task_complete", "claimed or in review", true},
    {"task_block", "open or claimed", true},
    {"task_unblock", "blocked", false},
    {"task_cancel", "not over", false},
    {"task_reopen", "over or in review", false},
    {"task_assign", "neither claimed nor over", false},
    {"task_depend", "neither claimed nor over", false},
};

/* `; unblock needs a task that is blocked`. (A bid is no record yet, and a claim needs a task that is
 * ready, of which the rest of the words tell.) */
static void tell_need(const struct soc_task_change *change, bool held, struct soc_strbuf *out)
{
    if (!change->record)
        return;
    const char *type = change->record->type;
    for (size_t i = 0; i < sizeof needs / sizeof needs[0]; i++)
        if (strcmp(type, needs[i].type) == 0 && !(held && needs[i].of_claim))
            soc_strbuf_add_format(out, "; %s needs a task that is %s", type + strlen("task_"),
                                  needs[i].wanted);
}

static int refuse_state(const struct soc_task_change *change, struct soc_error *error)
{
    SOC_AUTO_STRBUF struct soc_strbuf need = SOC_STRBUF_INIT;
    const char *holder = soc_json_get_string(change->task, "holder");
    int64_t token = 0;
    const char *since = soc_json_get_string(change->task, "claimedAt");
    bool held = holder && soc_json_get_integer(change->task, "token", &token);
    tell_need(change, held, &need);
    const char *more = need.data ? need.data : "";
    if (held)
        return soc_fail(error, SOCIETY_E_HELD, "%s is held by %s (since %s, token %" PRId64 ")%s",
                        change->id, holder, since ? since : "an unknown time", token, more);
    const char *reason = soc_json_get_string(change->task, "reason");
    char quoted[QUOTED_SIZE] = "";
    if (reason)
        quote_words(reason, quoted);
    return soc_fail(error, SOCIETY_E_HELD, "%s is %s%s%s%s%s", change->id,
                    is_state(change, "review") ? "in " : "", text_of(change->task, "state"),
                    reason ? ": " : "", quoted, more);
}

/* Names what is not done yet: `t3 waits for t1 (claimed), t2 (absent)`. */
static int refuse_waiting(const struct soc_task_change *change, struct soc_error *error)
{
    const soc_json *depends = soc_json_get(change->task, "dependsOn");
    SOC_AUTO_STRBUF struct soc_strbuf words = SOC_STRBUF_INIT;
    for (size_t i = 0; i < soc_json_count(depends); i++) {
        const char *on = soc_json_string(soc_json_item(depends, i));
        if (!on || soc_task_is_satisfied(change->tasks, on))
            continue;
        const soc_json *task = soc_tasks_get(change->tasks, on);
        const char *state =
            task ? soc_json_get_string(task, "state") : soc_tasks_archived(change->tasks, on);
        soc_strbuf_add_format(&words, "%s%s (%s)", words.length > 0 ? ", " : "", on,
                              state ? state : "absent");
    }
    return soc_fail(error, SOCIETY_E_HELD, "%s waits for %s", change->id,
                    words.data ? words.data : "what it depends on");
}

static int refuse_field(const struct soc_task_change *change, const char *field,
                        struct soc_error *error)
{
    return soc_fail(error, SOCIETY_E_INVALID, "%s: field %s is missing or not what it should be",
                    change->id, field);
}

static int refuse_token(const struct soc_task_change *change, int64_t current,
                        struct soc_error *error)
{
    const char *holder = soc_json_get_string(change->task, "holder");
    return soc_fail(error, SOCIETY_E_FENCED,
                    "%s: token %" PRId64 " is not the current one, which is %" PRId64 "%s%s",
                    change->id, change->token, current, holder ? " of " : "", holder ? holder : "");
}

/* Whether the record is about a claim that another one has followed. */
static bool is_stale(const struct soc_task_change *change, int64_t *ret_last)
{
    *ret_last = -1;
    soc_json_get_integer(change->task, "lastToken", ret_last);
    return change->has_token && change->token != *ret_last;
}

/* The token must be the current one; a foreign record without any counts from the holder alone. */
static int check_token(const struct soc_task_change *change, struct soc_error *error)
{
    int64_t last;
    const char *holder = soc_json_get_string(change->task, "holder");
    if (is_stale(change, &last))
        return refuse_token(change, last, error);
    if (!holder || (!change->has_token && strcmp(holder, change->from) != 0))
        return refuse_state(change, error);
    return 0;
}

/* ---- Dependencies ---- */

/* The way from where the search began to `id`, read backwards from `id`: each was reached from the
 * one that `seen` names. */
static void describe_cycle(const soc_json *seen, const char *id, struct soc_strbuf *out)
{
    SOC_AUTO_JSON soc_json *way = soc_json_new_array();
    for (const char *at = id; way && at; at = soc_json_get_string(seen, at))
        soc_json_append(way, soc_json_new_string(at, strlen(at)));
    soc_strbuf_add_string(out, id);
    for (size_t i = soc_json_count(way); i > 0; i--) {
        soc_strbuf_add_string(out, " → ");
        soc_strbuf_add_string(out, soc_json_string(soc_json_item(way, i - 1)));
    }
}

/* Looks at what `task` depends on: what was not seen yet goes to the end of the queue. */
static int look_at(const soc_json *task, soc_json *queue, soc_json *seen)
{
    const char *id = soc_json_get_string(task, "id");
    const soc_json *depends = soc_json_get(task, "dependsOn");
    int result = 0;
    for (size_t i = 0; result == 0 && i < soc_json_count(depends); i++) {
        const char *on = soc_json_string(soc_json_item(depends, i));
        if (!on || soc_json_get(seen, on))
            continue;
        result = soc_json_set_string(seen, on, id);
        if (result == 0)
            result = soc_json_append(queue, soc_json_new_string(on, strlen(on)));
    }
    return result;
}

/* Breadth first: the shortest cycle is the easiest to read. */
bool soc_task_cycle(const struct soc_tasks *tasks, const char *id, const char *on,
                    struct soc_strbuf *out)
{
    SOC_AUTO_JSON soc_json *queue = soc_json_new_array();
    SOC_AUTO_JSON soc_json *seen = soc_json_new_object(); /* id -> from where it was reached */
    int result = queue && seen ? soc_json_set_string(seen, on, NULL) : -1;
    if (result == 0)
        result = soc_json_append(queue, soc_json_new_string(on, strlen(on)));
    for (size_t i = 0; result == 0 && i < soc_json_count(queue); i++) {
        const char *at = soc_json_string(soc_json_item(queue, i));
        if (strcmp(at, id) == 0) {
            describe_cycle(seen, id, out);
            return true;
        }
        result = look_at(soc_tasks_get(tasks, at), queue, seen);
    }
    return false;
}

static int check_dependencies(const struct soc_task_change *change, const soc_json *depends,
                              struct soc_error *error)
{
    if (!depends)
        return 0;
    if (soc_json_kind(depends) != SOC_JSON_ARRAY)
        return refuse_field(change, "dependsOn", error);
    for (size_t i = 0; i < soc_json_count(depends); i++) {
        const char *on = soc_json_string(soc_json_item(depends, i));
        SOC_AUTO_STRBUF struct soc_strbuf cycle = SOC_STRBUF_INIT;
        if (!on)
            return refuse_field(change, "dependsOn", error);
        if (!soc_is_id(on, strlen(on)))
            return soc_fail(error, SOCIETY_E_INVALID,
                            "%s: field dependsOn: \"%.80s\" is not a task's id", change->id, on);
        /* A new task closes a cycle only if somebody waits for it already. */
        bool possible = change->task || strcmp(on, change->id) == 0 ||
                        soc_tasks_is_needed(change->tasks, change->id);
        if (possible && soc_task_cycle(change->tasks, change->id, on, &cycle))
            return soc_fail(error, SOCIETY_E_INVALID, "%s can't depend on %s: %s", change->id, on,
                            cycle.data ? cycle.data : "a cycle");
    }
    return 0;
}

/* ---- Parents ---- */

#define PARENTS_MAX 1000 /* so far the way up is followed: what another wrote may be a circle */

/* A task that would be above itself. */
static int check_parent(const struct soc_task_change *change, const soc_json *given,
                        struct soc_error *error)
{
    SOC_AUTO_STRBUF struct soc_strbuf way = SOC_STRBUF_INIT;
    const char *parent = soc_json_get_string(given, "parent");
    soc_strbuf_add_string(&way, change->id);
    for (int i = 0; parent && i < PARENTS_MAX; i++) {
        soc_strbuf_add_format(&way, " → %s", parent);
        if (strcmp(parent, change->id) == 0)
            return soc_fail(error, SOCIETY_E_INVALID, "%s can't be part of %s: %s", change->id,
                            soc_json_get_string(given, "parent"), way.data ? way.data : "a cycle");
        parent = soc_json_get_string(soc_tasks_get(change->tasks, parent), "parent");
    }
    return 0;
}

/* ---- One rule for each type ---- */

static int judge_create(const struct soc_task_change *change, struct soc_error *error)
{
    const soc_json *made = soc_json_get(change->record->json, "task");
    if (change->task)
        return soc_fail(error, SOCIETY_E_HELD, "there is a task %s already", change->id);
    if (soc_tasks_archived(change->tasks, change->id))
        return soc_fail(error, SOCIETY_E_HELD, "there was a task %s, which is archived",
                        change->id);
    if (soc_json_kind(made) != SOC_JSON_OBJECT)
        return refuse_field(change, "task", error);
    int result = check_parent(change, made, error);
    return result < 0 ? result : check_dependencies(change, soc_json_get(made, "dependsOn"), error);
}

/* Compaction wrote it: it says what the state is. Its tokens were given before it. */
static int judge_state(const struct soc_task_change *change, struct soc_error *error)
{
    static const char *const keys[] = {"token", "lastToken", "renewed", "position", "ended"};
    const soc_json *task = soc_json_get(change->record->json, "task");
    if (soc_json_kind(task) != SOC_JSON_OBJECT)
        return refuse_field(change, "task", error);
    for (size_t i = 0; i < sizeof keys / sizeof keys[0]; i++) {
        int64_t position = 0;
        soc_json_get_integer(task, keys[i], &position);
        if (position > change->record->position)
            return refuse_field(change, keys[i], error);
    }
    return 0;
}

static int judge_claim(const struct soc_task_change *change, struct soc_error *error)
{
    int64_t last = -1;
    int64_t current = -1;
    const char *assignee = soc_json_get_string(change->task, "assignee");
    soc_json_get_integer(change->task, "lastToken", &last);
    if (change->token <= last || change->token > change->position)
        return soc_fail(error, SOCIETY_E_FENCED,
                        "%s: token %" PRId64 " is not above %" PRId64 " and at most %" PRId64,
                        change->id, change->token, last, change->position);
    if (change->takes_over) {
        soc_json_get_integer(change->task, "token", &current);
        if (is_state(change, "claimed") && change->replaces == current)
            return 0;
        return soc_fail(error, SOCIETY_E_FENCED,
                        "%s: the claim with token %" PRId64 " is not there to be taken over",
                        change->id, change->replaces);
    }
    if (!is_state(change, "open"))
        return refuse_state(change, error);
    if (!soc_task_is_ready(change->tasks, change->task))
        return refuse_waiting(change, error);
    if (assignee && strncmp(assignee, "role:", 5) != 0 && strcmp(assignee, change->from) != 0)
        return soc_fail(error, SOCIETY_E_HELD, "%s is assigned to %s", change->id, assignee);
    return 0;
}

static int judge_held(const struct soc_task_change *change, struct soc_error *error)
{
    int result = check_token(change, error);
    return result < 0 || is_state(change, "claimed") ? result : refuse_state(change, error);
}

/* A reviewer has no claim. Who names one wants to end it, and it must not be one that another
 * followed. */
static int judge_complete(const struct soc_task_change *change, struct soc_error *error)
{
    int64_t last;
    if (!is_state(change, "review"))
        return judge_held(change, error);
    if (is_stale(change, &last))
        return refuse_token(change, last, error);
    if (strcmp(text_of(change->task, "submitter"), change->from) == 0)
        return soc_fail(error, SOCIETY_E_HELD, "%s was submitted by %s: another reviews it",
                        change->id, change->from);
    return 0;
}

static int judge_block(const struct soc_task_change *change, struct soc_error *error)
{
    if (!soc_json_get_string(change->record->json, "reason"))
        return refuse_field(change, "reason", error);
    return is_state(change, "open") && !change->has_token ? 0 : judge_held(change, error);
}

static int judge_unblock(const struct soc_task_change *change, struct soc_error *error)
{
    return is_state(change, "blocked") ? 0 : refuse_state(change, error);
}

static int judge_cancel(const struct soc_task_change *change, struct soc_error *error)
{
    return soc_task_is_over(change->task) ? refuse_state(change, error) : 0;
}

static int judge_reopen(const struct soc_task_change *change, struct soc_error *error)
{
    return soc_task_is_over(change->task) || is_state(change, "review")
               ? 0
               : refuse_state(change, error);
}

static int judge_assign(const struct soc_task_change *change, struct soc_error *error)
{
    const soc_json *to = soc_json_get(change->record->json, "to");
    const char *whom = soc_json_string(to);
    bool nobody = to && soc_json_kind(to) == SOC_JSON_NULL;
    bool role = whom && strncmp(whom, "role:", 5) == 0 && soc_is_word(whom + 5, strlen(whom + 5));
    if (whom && !role && !soc_is_agent_id(whom, strlen(whom)))
        return soc_fail(error, SOCIETY_E_INVALID,
                        "%s: field to: \"%.80s\" is neither an agent id nor role:<role>",
                        change->id, whom);
    if (!whom && !nobody)
        return refuse_field(change, "to", error);
    return soc_task_is_over(change->task) || is_state(change, "claimed")
               ? refuse_state(change, error)
               : 0;
}

/* A note about a claim carries its token; anybody may write one without. */
static int judge_note(const struct soc_task_change *change, struct soc_error *error)
{
    if (!soc_json_get_string(change->record->json, "text"))
        return refuse_field(change, "text", error);
    return change->has_token ? check_token(change, error) : 0;
}

static int judge_depend(const struct soc_task_change *change, struct soc_error *error)
{
    const soc_json *remove = soc_json_get(change->record->json, "remove");
    const soc_json *add = soc_json_get(change->record->json, "dependsOn");
    if (!add && !remove)
        return refuse_field(change, "dependsOn", error);
    if (remove && soc_json_kind(remove) != SOC_JSON_ARRAY)
        return refuse_field(change, "remove", error);
    if (soc_task_is_over(change->task) || is_state(change, "claimed"))
        return refuse_state(change, error);
    return check_dependencies(change, add, error);
}

static int judge_edit(const struct soc_task_change *change, struct soc_error *error)
{
    const soc_json *fields = soc_json_get(change->record->json, "fields");
    bool sound = fields && soc_json_kind(fields) == SOC_JSON_OBJECT;
    return sound ? check_parent(change, fields, error) : refuse_field(change, "fields", error);
}

static const struct {
    const char *type;
    rule *judge;
} rules[] = {
    {"task_create", judge_create}, {"task_state", judge_state},
    {"task_claim", judge_claim},   {"task_renew", judge_held},
    {"task_release", judge_held},  {"task_submit", judge_held},
    {"task_fail", judge_held},     {"task_complete", judge_complete},
    {"task_block", judge_block},   {"task_unblock", judge_unblock},
    {"task_cancel", judge_cancel}, {"task_reopen", judge_reopen},
    {"task_assign", judge_assign}, {"task_note", judge_note},
    {"task_depend", judge_depend}, {"task_edit", judge_edit},
};

int soc_tasks_fail_absent(const struct soc_tasks *tasks, const char *id, struct soc_error *error)
{
    const char *archived = soc_tasks_archived(tasks, id);
    if (archived)
        return soc_fail(error, SOCIETY_E_HELD, "%s is archived: it was %s, and stays so", id,
                        archived);
    return soc_fail(error, SOCIETY_E_NOT_FOUND, "there is no task %.80s", id);
}

/* What compaction writes of no task in particular. */
static bool is_of_no_task(const char *type)
{
    return strcmp(type, "task_archive_state") == 0 || strcmp(type, "task_work_state") == 0;
}

int soc_task_judge(const struct soc_task_change *change, struct soc_error *error)
{
    const char *type = change->record->type;
    bool makes = strcmp(type, "task_create") == 0 || strcmp(type, "task_state") == 0;
    rule *judge = NULL;
    if (is_of_no_task(type))
        return 0;
    for (size_t i = 0; i < sizeof rules / sizeof rules[0]; i++)
        if (strcmp(type, rules[i].type) == 0)
            judge = rules[i].judge;
    if (!judge)
        return soc_fail(error, SOCIETY_E_INVALID, "\"%.40s\" is no type of a task's record", type);
    if (!soc_is_id(change->id, strlen(change->id)))
        return soc_fail(error, SOCIETY_E_INVALID, "\"%.80s\" is not a task's id", change->id);
    if (judge != judge_state && change->record->end - change->record->position > SOC_TASK_LINE_MAX)
        return soc_fail(error, SOCIETY_E_TOO_BIG, "%s: the record is over %d bytes", change->id,
                        SOC_TASK_LINE_MAX);
    if (!change->task && !makes)
        return soc_tasks_fail_absent(change->tasks, change->id, error);
    return judge(change, error);
}

struct soc_task_change soc_task_change(const struct soc_tasks *tasks,
                                       const struct soc_record *record)
{
    const soc_json *json = record->json;
    const soc_json *subject = soc_json_get(json, "task");
    const char *id = soc_json_string(subject);
    const char *from = soc_json_get_string(json, "from");
    struct soc_task_change change = {.tasks = tasks, .record = record};
    if (!id)
        id = soc_json_get_string(subject, "id");
    change.id = id ? id : "";
    change.task = soc_tasks_get(tasks, change.id);
    change.from = from ? from : "";
    change.position = change.token = record->position;
    /* A token that is no integer is one that never was. */
    if (soc_json_get(json, "token"))
        change.has_token = true;
    if (change.has_token && !soc_json_get_integer(json, "token", &change.token))
        change.token = -1;
    change.takes_over = soc_json_get(json, "takeover");
    change.replaces = -1;
    if (change.takes_over)
        soc_json_get_integer(json, "takeover", &change.replaces);
    return change;
}

int soc_task_check(const struct soc_tasks *tasks, const struct soc_record *record,
                   struct soc_error *error)
{
    struct soc_task_change change = soc_task_change(tasks, record);
    return soc_task_judge(&change, error);
}

int soc_task_check_bid(const struct soc_tasks *tasks, const struct soc_task_bid *bid,
                       int64_t position, struct soc_error *error)
{
    const struct soc_task_change change = {.tasks = tasks,
                                           .id = bid->task,
                                           .task = soc_tasks_get(tasks, bid->task),
                                           .from = bid->from,
                                           .position = position,
                                           .has_token = true,
                                           .token = bid->token,
                                           .takes_over = bid->takes_over,
                                           .replaces = bid->replaces};
    if (!soc_is_id(bid->task, strlen(bid->task)))
        return soc_fail(error, SOCIETY_E_INVALID, "\"%.80s\" is not a task's id", bid->task);
    return change.task ? judge_claim(&change, error)
                       : soc_tasks_fail_absent(tasks, bid->task, error);
}
