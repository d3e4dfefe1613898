/* SPDX-License-Identifier: MIT */
/* What each record does to the reservations, where its rule (own_rules.c) lets it: see own_state.h. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "own_rules.h"
#include "own_state.h"
#include "record.h"

/* ---- The list ---- */

static void *make_state(void)
{
    struct soc_owns *owns = calloc(1, sizeof *owns);
    if (owns)
        owns->last = -1;
    return owns;
}

static void free_state(void *state)
{
    struct soc_owns *owns = state;
    for (size_t i = 0; i < owns->count; i++)
        soc_own_free(&owns->items[i]);
    free(owns->items);
    free(owns);
}

size_t soc_own_find(const struct soc_owns *owns, int64_t token)
{
    size_t i = 0;
    while (i < owns->count && owns->items[i].token != token)
        i++;
    return i;
}

/* Takes what the change has made over. */
static int append(struct soc_owns *owns, struct soc_own *made)
{
    if (owns->count == owns->capacity) {
        size_t capacity = owns->capacity ? owns->capacity * 2 : 16;
        struct soc_own *items = realloc(owns->items, capacity * sizeof *items);
        if (!items)
            return -ENOMEM;
        owns->items = items;
        owns->capacity = capacity;
    }
    owns->items[owns->count++] = *made;
    made->fields = NULL;
    return 0;
}

/* ---- Granting ---- */

static int grant(struct soc_own *own, const char *since)
{
    int result = soc_own_set(own, "waiting", soc_json_new_bool(false));
    if (result == 0 && since)
        result = soc_own_set(own, "since", soc_json_new_string(since, strlen(since)));
    return result;
}

/* Grants what waits from `from` on and has nothing before it any more. `gone`: what it may have
 * waited for; NULL: anything. */
static int grant_waiting(struct soc_owns *owns, size_t from, const struct soc_own *gone,
                         const char *since)
{
    int result = 0;
    for (size_t i = from; result == 0 && i < owns->count; i++) {
        struct soc_own *own = &owns->items[i];
        if (own->waiting && (!gone || soc_own_conflict(gone, own)) &&
            !soc_own_is_blocked(owns, own, i, NULL))
            result = grant(own, since);
    }
    return result;
}

static int remove_at(struct soc_owns *owns, size_t at, const char *since)
{
    struct soc_own gone = owns->items[at];
    owns->count--;
    memmove(&owns->items[at], &owns->items[at + 1], (owns->count - at) * sizeof gone);
    int result = grant_waiting(owns, at, &gone, since);
    soc_own_free(&gone);
    return result;
}

/* ---- Records ---- */

static int add(struct soc_owns *owns, struct soc_own_change *change, const char *since)
{
    int result = 0;
    for (size_t i = 0; result == 0 && i < soc_json_count(change->takeover); i++) {
        int64_t token = -1;
        soc_json_integer(soc_json_item(change->takeover, i), &token);
        size_t at = soc_own_find(owns, token);
        if (at < owns->count) /* named twice, it is gone already */
            result = remove_at(owns, at, since);
    }
    bool blocked = soc_own_is_blocked(owns, &change->made, owns->count, NULL);
    if (result == 0 && blocked)
        result = soc_own_set(&change->made, "waiting", soc_json_new_bool(true));
    owns->last = change->token;
    return result == 0 ? append(owns, &change->made) : result;
}

static int restore(struct soc_owns *owns, struct soc_own_change *change)
{
    const soc_json *own = soc_json_get(change->record->json, "own");
    bool waiting = soc_json_get_bool(own, "waiting", false);
    int64_t last = change->record->position; /* every token so far is below it */
    int64_t said;
    if (soc_json_get_integer(change->record->json, "last", &said) && said < last)
        last = said;
    if (last > owns->last)
        owns->last = last;
    if (!own)
        return 0;
    int result = soc_own_set(&change->made, "waiting", soc_json_new_bool(waiting));
    if (result < 0 || change->at == owns->count)
        return result < 0 ? result : append(owns, &change->made);
    soc_own_free(&owns->items[change->at]);
    owns->items[change->at] = change->made;
    change->made.fields = NULL;
    return 0;
}

/* Copies the members that say under which session something is held from now on. */
static int set_session(struct soc_own *own, const soc_json *json)
{
    const char *session = soc_json_get_string(json, "session");
    bool present = session && soc_json_get_bool(json, "presence", false);
    int result =
        soc_own_set(own, "session",
                    session ? soc_json_new_string(session, strlen(session)) : soc_json_new_null());
    return result == 0 ? soc_own_set(own, "presence", soc_json_new_bool(present)) : result;
}

static int renew(struct soc_own *own, const struct soc_record *record)
{
    int64_t lease;
    int result = soc_own_set(own, "renewed", soc_json_new_integer(record->position));
    if (result == 0 && soc_json_get_integer(record->json, "leaseMs", &lease) && lease > 0)
        result = soc_own_set(own, "leaseMs", soc_json_new_integer(lease));
    if (result < 0 || !soc_json_get_string(record->json, "session"))
        return result;
    /* Who waited says under which session he has it; without one he only keeps it. */
    if (!own->waiting)
        soc_own_remove(own, "waiter");
    return set_session(own, record->json);
}

static int hand_over(struct soc_owns *owns, size_t at, const struct soc_record *record,
                     const char *since)
{
    struct soc_own *own = &owns->items[at];
    const char *to = soc_json_get_string(record->json, "to");
    int result = soc_own_set(own, "holder", soc_json_new_string(to, strlen(to)));
    if (result == 0)
        result = soc_own_set(own, "token", soc_json_new_integer(record->position));
    if (result == 0)
        result = soc_own_set(own, "renewed", soc_json_new_integer(record->position));
    if (result == 0 && since)
        result = soc_own_set(own, "since", soc_json_new_string(since, strlen(since)));
    if (result == 0)
        result = set_session(own, record->json);
    /* The claim that it belonged to is not the receiver's, nor is the process that waited for it. */
    soc_own_remove(own, "act");
    soc_own_remove(own, "waiter");
    owns->last = record->position;
    return result == 0 ? grant_waiting(owns, 0, NULL, since) : result;
}

static int change_owns(struct soc_owns *owns, struct soc_own_change *change)
{
    const char *type = change->record->type + sizeof "own_" - 1;
    const char *since = soc_json_get_string(change->record->json, "timestamp");
    if (strcmp(type, "state") == 0)
        return restore(owns, change);
    if (strcmp(type, "renew") == 0)
        return renew(&owns->items[change->at], change->record);
    if (strcmp(type, "handover") == 0)
        return hand_over(owns, change->at, change->record, since);
    if (strcmp(type, "acquire") == 0 || strcmp(type, "wait") == 0)
        return add(owns, change, since);
    return remove_at(owns, change->at, since); /* release, expire */
}

static int apply(void *state, const struct soc_record *record)
{
    struct soc_owns *owns = state;
    struct soc_own_change change;
    int result = soc_own_judge(owns, record, &change, NULL);
    bool counts = result == 0;
    if (counts)
        result = change_owns(owns, &change);
    soc_own_change_end(&change);
    if (result == -ENOMEM)
        return result;
    return counts && result == 0;
}

/* One record: a reservation, or (NULL) none. */
static int dump_one(const struct soc_owns *owns, const struct soc_own *own, struct soc_strbuf *out)
{
    SOC_AUTO_STRBUF struct soc_strbuf text = SOC_STRBUF_INIT;
    size_t start = out->length;
    if (own)
        soc_json_dump(own->fields, &text);
    soc_record_begin(out, "own_state");
    if (own)
        soc_record_raw(out, "own", text.data ? text.data : "", text.length);
    out->failed |= text.failed;
    soc_record_integer(out, "last", owns->last);
    return soc_record_end(out, start, NULL);
}

/* Which tokens were given is part of the state: who reads on behind the compaction and who begins
 * with it must refuse the same. */
static int dump(const void *state, struct soc_strbuf *out)
{
    const struct soc_owns *owns = state;
    int result = 0;
    for (size_t i = 0; result == 0 && i < owns->count; i++)
        result = dump_one(owns, &owns->items[i], out);
    return owns->count == 0 && owns->last >= 0 ? dump_one(owns, NULL, out) : result;
}

const struct soc_fold soc_own_fold = {"ownership", make_state, free_state, apply,
                                      dump,        NULL,       NULL,       NULL};

const struct soc_owns *soc_owns(struct society *s, int *ret_error)
{
    int result = 0;
    if (!s->ownership.fold)
        result = soc_state_open(&s->ownership, &soc_own_fold, &s->dir,
                                soc_config_durable(&s->config, "ownership"), &s->error);
    if (result < 0)
        s->ownership.fold = NULL;
    else
        result = soc_state_refresh(&s->ownership, &s->error);
    *ret_error = result;
    return result < 0 ? NULL : s->ownership.data;
}
