/* SPDX-License-Identifier: MIT */
/* The fold of the registry: see fold.h. */
#include "fuzz/fold.h"
#include "path.h"
#include "registry.h"

static const char *const types[] = {"agent_register", "agent_status",
                                    "agent_leave",    "agent_register",
                                    "agent_state",    "",
                                    "agent_status",   NULL};

static const char *const subjects[] = {"\"agentId\":\"w1\"",
                                       "\"agentId\":\"w2\",\"role\":\"tester\"",
                                       "\"agentId\":\"..\"",
                                       "\"agentId\":\"all\"",
                                       "\"agentId\":1",
                                       "\"agent\":{\"agentId\":\"w1\",\"role\":\"lead\",\"pid\":7}",
                                       "\"agent\":{\"from\":\"w2\",\"id\":\"x\"}",
                                       "\"note\":\"n\"",
                                       NULL};

static const char *const keys[] = {"role",          "capabilities", "status", "note",    "pid",
                                   "vsCodePid",     "supervisor",   "url",    "session", "unknown",
                                   "lastHeartbeat", "timestamp",    NULL};

static const char *const values[] = {"\"idle\"", "\"tester\"", "\"w1\"", "null",        "1",
                                     "-1",       "1e400",      "1.5",    "[\"a\"]",     "[1]",
                                     "[]",       "{}",         "true",   "\"\\ud800\"", NULL};

static void check(const void *state)
{
    const char *id;
    const soc_json *agent;

    for (void *i = NULL; (i = soc_json_next(state, i, &id, &agent));) {
        must(soc_is_agent_id(id, strlen(id)));
        must(soc_registry_agent(state, id) == agent);
        soc_registry_is_for(state, "supervisor", id, "w1", NULL);
        soc_registry_is_for(state, "role:tester", "w1", id, NULL);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const struct fold_words words = {
        &soc_registry_fold, types, subjects, keys, values, check};

    return fold_run(&words, data, size);
}
