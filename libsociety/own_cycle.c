/* SPDX-License-Identifier: MIT */
/*
 * Agents that wait for agents: see own_rules.h. Who has a reservation waiting waits for the holders
 * of all that conflicts before it, be that held or waiting itself.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "own_rules.h"

/* The agents reached so far, in the order in which they are looked at. */
struct search {
    const struct soc_owns *owns;
    const char *agent; /* whom the cycle is to close on */
    const soc_json *ignored;
    const char **agents;
    size_t *reached_from; /* index of the one who waits for it */
    size_t count;
    soc_json *seen;
};

/* Most of the time nobody waits for the one who asks, and there is nothing to search. */
static bool is_waited_for(const struct soc_owns *owns, const char *agent)
{
    for (size_t i = 0; i < owns->count; i++)
        for (size_t j = 0; owns->items[i].waiting && j < i; j++)
            if (strcmp(owns->items[j].holder, agent) == 0 &&
                soc_own_conflict(&owns->items[j], &owns->items[i]))
                return true;
    return false;
}

static int reach(struct search *search, const char *agent, size_t from)
{
    if (soc_json_get(search->seen, agent))
        return 0;
    if (soc_json_set(search->seen, agent, soc_json_new_null()) < 0)
        return -1;
    search->agents[search->count] = agent;
    search->reached_from[search->count++] = from;
    return 0;
}

/* Reaches whomever a waiting reservation of agent `i` waits for: 1 that closes the cycle; 0;
 * -1 no memory. */
static int follow(struct search *search, size_t i, const struct soc_own *waiter, size_t end)
{
    for (size_t j = 0; j < end; j++) {
        const struct soc_own *before = &search->owns->items[j];
        if (!soc_own_conflict(before, waiter) || soc_own_is_named(search->ignored, before->token))
            continue;
        if (strcmp(before->holder, search->agent) == 0)
            return 1;
        if (reach(search, before->holder, i) < 0)
            return -1;
    }
    return 0;
}

static int follow_agent(struct search *search, size_t i)
{
    const struct soc_owns *owns = search->owns;
    int result = 0;
    for (size_t w = 0; result == 0 && w < owns->count; w++)
        if (owns->items[w].waiting && strcmp(owns->items[w].holder, search->agents[i]) == 0 &&
            !soc_own_is_named(search->ignored, owns->items[w].token))
            result = follow(search, i, &owns->items[w], w);
    return result;
}

/* The way from the first agent to `last`, and back to the first. */
static void tell(const struct search *search, size_t last, struct soc_strbuf *out)
{
    size_t length = 0;
    for (size_t i = last; i != 0; i = search->reached_from[i])
        length++;
    soc_strbuf_add_string(out, search->agent);
    for (; length > 0; length--) {
        size_t i = last;
        for (size_t back = 1; back < length; back++)
            i = search->reached_from[i];
        soc_strbuf_add_string(out, " → ");
        soc_strbuf_add_string(out, search->agents[i]);
    }
    soc_strbuf_add_string(out, " → ");
    soc_strbuf_add_string(out, search->agent);
}

static int find(struct search *search, const struct soc_own *asked, struct soc_strbuf *out)
{
    int result = reach(search, search->agent, 0);
    if (result == 0 && asked)
        result = follow(search, 0, asked, search->owns->count);
    size_t i = 0;
    for (; result == 0 && i < search->count; i++)
        result = follow_agent(search, i);
    if (result == 1)
        tell(search, i == 0 ? 0 : i - 1, out);
    return result < 0 || out->failed ? -ENOMEM : result;
}

int soc_own_cycle(const struct soc_owns *owns, const char *agent, const struct soc_own *asked,
                  const soc_json *ignored, struct soc_strbuf *out)
{
    if (!is_waited_for(owns, agent))
        return 0;
    SOC_AUTO_JSON soc_json *seen = soc_json_new_object();
    struct search search = {.owns = owns, .agent = agent, .ignored = ignored, .seen = seen};
    search.agents = malloc((owns->count + 1) * sizeof *search.agents);
    search.reached_from = malloc((owns->count + 1) * sizeof *search.reached_from);
    int result = -ENOMEM;
    if (seen && search.agents && search.reached_from)
        result = find(&search, asked, out);
    free(search.agents);
    free(search.reached_from);
    return result;
}
