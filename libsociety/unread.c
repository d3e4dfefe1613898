/* SPDX-License-Identifier: MIT */
/*
 * Counting unread messages: see unread.h. One pass begins at the cursor that is furthest back. A
 * message to one agent costs one look-up however many agents there are, and the receipts are read
 * only when something stands behind a cursor, and kept only of agents whose cursor is not at the
 * end.
 */
#include "unread.h"

#include <errno.h>
#include <string.h>

#include "address.h"
#include "cursor.h"
#include "receipts.h"
#include "registry.h"

struct reading {
    const char *agent;
    int64_t from;  /* its cursor, or the start */
    int64_t given; /* position of the message counted last: an array may name the agent twice */
    int64_t count;
    const soc_json *receipts; /* NULL: none */
};

struct tally {
    struct society *s;
    struct reading *agents;
    size_t count;
    soc_json *index; /* agent -> its place in `agents` */
    int64_t end;     /* of the log */
    soc_json *receipts;
    const soc_json *registry;
};

struct message {
    int64_t position;
    const char *from; /* "": unknown */
    const char *id;   /* "": none */
};

/* ---- Setting up ---- */

static int64_t position_of(struct society *s, const char *agent)
{
    struct soc_reader reader;
    int result = agent
                     ? soc_cursor_begin(&s->dir, agent, &reader, &s->error)
                     : soc_reader_open(&reader, &s->dir, "messages", SOC_READ_FROM_END, &s->error);
    if (result < 0)
        return result;
    int64_t position = reader.position;
    soc_reader_close(&reader);
    return position;
}

static int set_up(struct tally *tally, const soc_json *agents)
{
    tally->count = soc_json_count(agents);
    tally->agents = calloc(tally->count + 1, sizeof *tally->agents);
    tally->index = soc_json_new_object();
    if (!tally->agents || !tally->index)
        return soc_fail_memory(&tally->s->error);
    for (size_t i = 0; i < tally->count; i++) {
        const char *agent = soc_json_get_string(soc_json_item(agents, i), "agentId");
        int64_t from = position_of(tally->s, agent);
        if (from < 0)
            return (int)from;
        tally->agents[i] = (struct reading){.agent = agent, .from = from, .given = -1};
        if (soc_json_set(tally->index, agent, soc_json_new_integer((int64_t)i)) < 0)
            return soc_fail_memory(&tally->s->error);
    }
    tally->end = position_of(tally->s, NULL);
    return tally->end < 0 ? (int)tally->end : 0;
}

static int load_receipts(struct tally *tally)
{
    SOC_AUTO_JSON soc_json *behind = soc_json_new_object();
    int result = behind ? 0 : -1;
    for (size_t i = 0; result == 0 && i < tally->count; i++)
        if (tally->agents[i].from < tally->end)
            result = soc_json_set(behind, tally->agents[i].agent, soc_json_new_null());
    if (result < 0)
        return soc_fail_memory(&tally->s->error);
    tally->receipts = soc_receipts_of_agents(tally->s, behind, &result);
    for (size_t i = 0; tally->receipts && i < tally->count; i++)
        tally->agents[i].receipts = soc_json_get(tally->receipts, tally->agents[i].agent);
    return tally->receipts ? 0 : result;
}

/* ---- Counting ---- */

static int give(struct tally *tally, struct reading *to, const struct message *message)
{
    if (message->position < to->from || message->position == to->given)
        return 0;
    int result = tally->receipts ? 0 : load_receipts(tally);
    if (result < 0)
        return result;
    to->given = message->position;
    if (!to->receipts || !soc_json_get(to->receipts, message->id))
        to->count++;
    return 0;
}

/* By the rules of address.h; who has a role is asked for only where one is named. */
static int give_group(struct tally *tally, const char *to, const struct message *message)
{
    struct society *s = tally->s;
    int result = 0;
    bool everyone = strcmp(to, "all") == 0 || strcmp(to, "broadcast") == 0;
    if (!everyone && strncmp(to, "role:", 5) != 0 && strcmp(to, "supervisor") != 0)
        return 0;
    if (!everyone && !tally->registry)
        tally->registry = soc_registry(s, &result);
    if (!everyone && !tally->registry)
        return result;
    for (size_t i = 0; result == 0 && i < tally->count; i++)
        if (soc_registry_is_for(tally->registry, to, message->from, tally->agents[i].agent,
                                s->config.supervisor))
            result = give(tally, &tally->agents[i], message);
    return result;
}

static int give_to(struct tally *tally, const char *to, const struct message *message)
{
    int64_t at;
    int result = to ? give_group(tally, to, message) : 0;
    if (result == 0 && to && soc_json_get_integer(tally->index, to, &at))
        result = give(tally, &tally->agents[at], message);
    return result;
}

static int give_decoded(struct tally *tally, const struct soc_line *line)
{
    struct soc_error why = {0};
    SOC_AUTO_JSON soc_json *json = soc_json_parse(line->text, line->length, &why);
    if (!json)
        return why.code == -ENOMEM ? soc_fail_memory(&tally->s->error) : 0;
    const char *from = soc_json_get_string(json, "from");
    const char *id = soc_json_get_string(json, "id");
    struct message message = {line->position, from ? from : "", id ? id : ""};
    const soc_json *to = soc_json_get(json, "to");
    if (soc_json_kind(to) != SOC_JSON_ARRAY)
        return give_to(tally, soc_json_string(to), &message);
    int result = 0;
    for (size_t i = 0; result == 0 && i < soc_json_count(to); i++)
        result = give_to(tally, soc_json_string(soc_json_item(to, i)), &message);
    return result;
}

/* Copies a string that needs no decoding; what is absent is "". */
static bool copy_plain(struct soc_slice slice, char *out, size_t size)
{
    struct soc_slice plain = soc_slice_plain(slice);
    if ((slice.data && !plain.data) || plain.length >= size)
        return false;
    if (plain.length > 0)
        memcpy(out, plain.data, plain.length);
    out[plain.length] = '\0';
    return true;
}

static int count_line(struct tally *tally, const struct soc_line *line)
{
    char to[SOC_ID_MAX + sizeof "role:"];
    char from[SOC_ID_MAX + 1];
    char id[SOC_ID_MAX + 1];
    if (line->kind == SOC_LINE_MALFORMED || (!line->peek.to.data && !soc_may_hide_to(line)))
        return 0;
    if (!line->peek.to.data || !copy_plain(line->peek.to, to, sizeof to) ||
        !copy_plain(line->peek.from, from, sizeof from) ||
        !copy_plain(line->peek.id, id, sizeof id))
        return give_decoded(tally, line);
    struct message message = {line->position, from, id};
    return give_to(tally, to, &message);
}

static int count_all(struct tally *tally)
{
    struct society *s = tally->s;
    struct soc_reader reader;
    struct soc_line line;
    int64_t first = tally->end;
    for (size_t i = 0; i < tally->count; i++)
        first = tally->agents[i].from < first ? tally->agents[i].from : first;
    int result = soc_reader_open(&reader, &s->dir, "messages", first, &s->error);
    if (result < 0)
        return result;
    while (result >= 0 && (result = soc_reader_next(&reader, &line, &s->error)) == 1)
        result = count_line(tally, &line);
    soc_reader_close(&reader);
    return result;
}

soc_json *soc_unread_counts(struct society *s, const soc_json *agents, int *ret_error)
{
    struct tally tally = {.s = s};
    SOC_AUTO_JSON soc_json *counts = soc_json_new_object();
    int result = counts ? set_up(&tally, agents) : -ENOMEM;
    if (result == 0)
        result = count_all(&tally);
    for (size_t i = 0; result == 0 && i < tally.count; i++)
        if (soc_json_set(counts, tally.agents[i].agent,
                         soc_json_new_integer(tally.agents[i].count)) < 0)
            result = soc_fail_memory(&s->error);
    free(tally.agents);
    soc_json_free(tally.index);
    soc_json_free(tally.receipts);
    *ret_error = result;
    return result < 0 ? NULL : soc_json_retain(counts);
}
