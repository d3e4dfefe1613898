/* SPDX-License-Identifier: MIT */
/*
 * The coding agents that call a hook: what they send, and what they understand.
 */
#ifndef TOOLS_GUARD_AGENT_H
#define TOOLS_GUARD_AGENT_H

#include "common/json.h"

/* What an agent is about to do, or has done. */
enum agent_event { AGENT_OTHER, AGENT_START, AGENT_PROMPT, AGENT_EDIT, AGENT_STOP };

struct agent {
    const char *name;
    const char *start, *prompt, *edit, *stop; /* what it calls the events; NULL: it has none */
    const char *tools;                        /* those that write files, joined by | */
    const char *active; /* a member that says that it was kept from stopping already */
    /* Each makes the answer from words for the model, to be given to json_release(); NULL: say
     * nothing. */
    json_value *(*allow)(void);
    json_value *(*deny)(const char *event, const char *words);
    json_value *(*tell)(const char *event, const char *words);
    json_value *(*keep)(const char *words);
};

/* The agent of this name; a usage error if there is none. */
const struct agent *agent_find(const char *name);

enum agent_event agent_event_of(const struct agent *agent, json_value *input);

#endif
