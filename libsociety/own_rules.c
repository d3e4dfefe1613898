/* SPDX-License-Identifier: MIT */
/*
 * The rules of ownership, one for each type of record: see own_rules.h.
 */
#include "own_rules.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

typedef int rule(struct soc_own_change *change, struct soc_error *error);

/* ---- What is in the way ---- */

bool soc_own_is_named(const soc_json *tokens, int64_t token)
{
    int64_t named;
    for (size_t i = 0; i < soc_json_count(tokens); i++)
        if (soc_json_integer(soc_json_item(tokens, i), &named) && named == token)
            return true;
    return false;
}

bool soc_own_is_blocked(const struct soc_owns *owns, const struct soc_own *own, size_t end,
                        const soc_json *ignored)
{
    for (size_t i = 0; i < end; i++)
        if (soc_own_conflict(&owns->items[i], own) &&
            !soc_own_is_named(ignored, owns->items[i].token))
            return true;
    return false;
}

/* ---- Words ---- */

static void tell_one(const struct soc_own *own, struct soc_strbuf *out)
{
    const char *since = soc_json_get_string(own->fields, "since");
    if (out->length > 0)
        soc_strbuf_add_string(out, "; ");
    for (size_t i = 0; i < soc_json_count(own->paths); i++) {
        soc_strbuf_add_string(out, i == 0 ? "" : ", ");
        soc_strbuf_add_string(out, soc_json_string(soc_json_item(own->paths, i)));
    }
    soc_strbuf_add_format(out, " %s %s (%s, since %s, token %" PRId64 ")",
                          own->waiting ? "is waited for by" : "is held by", own->holder,
                          own->shared ? "shared" : "exclusive", since ? since : "unknown",
                          own->token);
}

void soc_own_tell(const struct soc_owns *owns, const struct soc_own *own, size_t end,
                  const soc_json *ignored, struct soc_strbuf *out)
{
    for (size_t i = 0; i < end; i++)
        if (soc_own_conflict(&owns->items[i], own) &&
            !soc_own_is_named(ignored, owns->items[i].token))
            tell_one(&owns->items[i], out);
}

static int refuse_held(const struct soc_own_change *change, const struct soc_owns *owns,
                       const struct soc_own *own, struct soc_error *error)
{
    SOC_AUTO_STRBUF struct soc_strbuf words = SOC_STRBUF_INIT;
    soc_own_tell(owns, own, owns->count, change->takeover, &words);
    return soc_fail(error, SOCIETY_E_HELD, "%s", words.data ? words.data : "held by another");
}

static int refuse_cycle(const struct soc_owns *owns, const char *agent, const struct soc_own *asked,
                        const soc_json *ignored, struct soc_error *error)
{
    SOC_AUTO_STRBUF struct soc_strbuf cycle = SOC_STRBUF_INIT;
    int found = soc_own_cycle(owns, agent, asked, ignored, &cycle);
    if (found < 0)
        return soc_fail_memory(error);
    return found == 0 ? 0
                      : soc_fail(error, SOCIETY_E_DEADLOCK, "agents would wait for each other: %s",
                                 cycle.data);
}

/* ---- New reservations ---- */

/* A token is above all before it, and not one of the future. */
static int check_token(const struct soc_own_change *change, struct soc_error *error)
{
    if (change->token > change->owns->last && change->token <= change->record->position)
        return 0;
    return soc_fail(error, SOCIETY_E_FENCED, "token %" PRId64 " is not above %" PRId64,
                    change->token, change->owns->last);
}

/* What is taken over must be there, and in the way. */
static int check_takeover(const struct soc_own_change *change, struct soc_error *error)
{
    for (size_t i = 0; i < soc_json_count(change->takeover); i++) {
        int64_t token = -1;
        soc_json_integer(soc_json_item(change->takeover, i), &token);
        size_t at = soc_own_find(change->owns, token);
        if (at == change->owns->count || !soc_own_conflict(&change->owns->items[at], &change->made))
            return soc_fail(error, SOCIETY_E_FENCED,
                            "the reservation with token %" PRId64 " is not there to be taken over",
                            token);
    }
    return 0;
}

static int judge_new(struct soc_own_change *change, struct soc_error *error)
{
    const soc_json *json = change->record->json;
    const char *time = soc_json_get_string(json, "timestamp");
    int result = soc_own_make(json, change->from, change->token, change->record->position, time,
                              &change->made, error);
    if (result == 0)
        result = check_token(change, error);
    return result == 0 ? check_takeover(change, error) : result;
}

static bool is_blocked(const struct soc_own_change *change)
{
    return soc_own_is_blocked(change->owns, &change->made, change->owns->count, change->takeover);
}

static int judge_acquire(struct soc_own_change *change, struct soc_error *error)
{
    int result = judge_new(change, error);
    if (result == 0 && is_blocked(change))
        result = refuse_held(change, change->owns, &change->made, error);
    return result;
}

static int judge_wait(struct soc_own_change *change, struct soc_error *error)
{
    int result = judge_new(change, error);
    if (result == 0 && is_blocked(change))
        result = refuse_cycle(change->owns, change->from, &change->made, change->takeover, error);
    return result;
}

/* Compaction wrote it: it says what the state is; where nothing was left, only which tokens were
 * given. */
static int judge_state(struct soc_own_change *change, struct soc_error *error)
{
    const soc_json *own = soc_json_get(change->record->json, "own");
    const char *holder = soc_json_get_string(own, "holder");
    int64_t renewed = change->record->position;
    if (!own && soc_json_get(change->record->json, "last"))
        return 0;
    if (!soc_json_get_integer(own, "token", &change->token) || change->token < 0)
        return soc_fail(error, SOCIETY_E_INVALID, "field token is missing or no position");
    soc_json_get_integer(own, "renewed", &renewed);
    change->at = soc_own_find(change->owns, change->token);
    return soc_own_make(own, holder ? holder : "", change->token, renewed,
                        soc_json_get_string(own, "since"), &change->made, error);
}

/* ---- Reservations that are there ---- */

static int check_there(const struct soc_own_change *change, struct soc_error *error)
{
    if (change->at < change->owns->count)
        return 0;
    return soc_fail(error, SOCIETY_E_FENCED, "there is no reservation with token %" PRId64,
                    change->token);
}

static int judge_own(struct soc_own_change *change, struct soc_error *error)
{
    int result = check_there(change, error);
    if (result < 0)
        return result;
    const struct soc_own *own = &change->owns->items[change->at];
    if (strcmp(own->holder, change->from) == 0)
        return 0;
    return soc_fail(error, SOCIETY_E_FENCED, "token %" PRId64 " is of %s, not of %s", change->token,
                    own->holder, change->from);
}

/* Whoever writes it has found the holder gone, by what no log shows. */
static int judge_expire(struct soc_own_change *change, struct soc_error *error)
{
    return check_there(change, error);
}

/* In the new holder's hands it may stand against what the old one has beside it. */
static int check_receiver(const struct soc_own_change *change, const struct soc_owns *after,
                          struct soc_error *error)
{
    const struct soc_own *own = &after->items[change->at];
    for (size_t i = 0; i < after->count; i++) {
        bool before = !after->items[i].waiting || i < change->at;
        if (i != change->at && before && soc_own_conflict(&after->items[i], own))
            return refuse_held(change, after, own, error);
    }
    return refuse_cycle(after, own->holder, NULL, NULL, error);
}

static int judge_handover(struct soc_own_change *change, struct soc_error *error)
{
    const char *to = soc_json_get_string(change->record->json, "to");
    int result = judge_own(change, error);
    if (result < 0)
        return result;
    if (!to || !soc_is_agent_id(to, strlen(to)))
        return soc_fail(error, SOCIETY_E_INVALID, "field to is missing or not an agent id");
    if (change->owns->items[change->at].waiting)
        return soc_fail(error, SOCIETY_E_HELD, "the reservation with token %" PRId64 " still waits",
                        change->token);
    struct soc_owns after = *change->owns;
    struct soc_own *items = malloc(after.count * sizeof *items);
    if (!items)
        return soc_fail_memory(error);
    memcpy(items, after.items, after.count * sizeof *items);
    items[change->at].holder = to;
    after.items = items;
    result = check_receiver(change, &after, error);
    free(items);
    return result;
}

/* ---- All of them ---- */

static const struct {
    const char *type;
    rule *judge;
} rules[] = {
    {"own_acquire", judge_acquire},   {"own_wait", judge_wait}, {"own_state", judge_state},
    {"own_release", judge_own},       {"own_renew", judge_own}, {"own_expire", judge_expire},
    {"own_handover", judge_handover},
};

/* Without a token, which a foreign program may not know, the agent's first reservation of just
 * these patterns is meant. */
static size_t find_by_paths(const struct soc_own_change *change)
{
    const soc_json *paths = soc_json_get(change->record->json, "paths");
    for (size_t i = 0; i < change->owns->count; i++) {
        const struct soc_own *own = &change->owns->items[i];
        size_t same = 0;
        while (same < soc_json_count(paths)) {
            const char *path = soc_json_string(soc_json_item(paths, same));
            if (!path || !soc_own_has(own, path))
                break;
            same++;
        }
        if (same > 0 && same == soc_json_count(paths) && same == soc_json_count(own->paths) &&
            strcmp(own->holder, change->from) == 0)
            return i;
    }
    return change->owns->count;
}

static void take_apart(struct soc_own_change *change)
{
    const soc_json *json = change->record->json;
    const char *from = soc_json_get_string(json, "from");
    bool named = soc_json_get(json, "token") != NULL;
    change->from = from ? from : "";
    change->token = change->record->position;
    /* A token that is no integer is one that never was. */
    if (named && !soc_json_get_integer(json, "token", &change->token))
        change->token = -1;
    change->takeover = soc_json_get(json, "takeover");
    change->at = named ? soc_own_find(change->owns, change->token) : find_by_paths(change);
}

int soc_own_judge(const struct soc_owns *owns, const struct soc_record *record,
                  struct soc_own_change *ret_change, struct soc_error *error)
{
    *ret_change = (struct soc_own_change){.owns = owns, .record = record};
    for (size_t i = 0; i < sizeof rules / sizeof rules[0]; i++) {
        if (strcmp(record->type, rules[i].type) != 0)
            continue;
        take_apart(ret_change);
        return rules[i].judge(ret_change, error);
    }
    return soc_fail(error, SOCIETY_E_INVALID, "\"%.40s\" is no type of an ownership record",
                    record->type);
}

void soc_own_change_end(struct soc_own_change *change)
{
    soc_own_free(&change->made);
}
