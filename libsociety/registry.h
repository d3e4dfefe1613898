/* SPDX-License-Identifier: MIT */
/*
 * The registry: what agents say of themselves, folded from registry.jsonl. The state is one object:
 * agent id -> its fields as the last records left them.
 */
#ifndef SOC_REGISTRY_H
#define SOC_REGISTRY_H

#include <stdbool.h>

#include "handle.h"

extern const struct soc_fold soc_registry_fold;

/* The state, caught up, borrowed from the handle; NULL on failure, with *ret_error. */
const soc_json *soc_registry(struct society *s, int *ret_error);

/* The agent's fields; NULL when it is not registered. */
const soc_json *soc_registry_agent(const soc_json *registry, const char *agent);

/* Whether a message with this `to` (one addressee), sent by `from` ("" unknown), is for `agent`.
 * `supervisor` is project.json's, or NULL. */
bool soc_registry_is_for(const soc_json *registry, const char *to, const char *from,
                         const char *agent, const char *supervisor);

/* The public object of an agent: registry and presence together. NULL: no memory or *ret_error. */
soc_json *soc_agent_object(struct society *s, const soc_json *registry, const char *agent,
                           int *ret_error);
/* All agents, registered or seen, as an array sorted by id. */
soc_json *soc_agent_array(struct society *s, int *ret_error);

#endif
