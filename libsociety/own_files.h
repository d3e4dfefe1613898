/* SPDX-License-Identifier: MIT */
/*
 * The lock files of reservations, one for each pattern of an exclusive one: see lockfile.h.
 */
#ifndef SOC_OWN_FILES_H
#define SOC_OWN_FILES_H

#include "lockfile.h"
#include "own_state.h"

/* Makes them, all or none, with the state caught up; before the log has decided with the token
 * SOC_LOCKFILE_ATTEMPT. `known`: pattern -> the agent that the log says has or had it last. 0;
 * SOCIETY_E_HELD a foreign holder has one, whose words say who; errnos. */
int soc_own_files_make(struct society *s, const soc_json *paths, const char *session, int64_t token,
                       int64_t lease_ms, const soc_json *known);

/* The same for a reservation that stands, as its holder's, who has it from `giver` or had it before. */
int soc_own_files_give(struct society *s, const struct soc_own *own, int64_t lease_ms,
                       const char *giver);

/* Removes those of this token. */
void soc_own_files_remove(struct society *s, const soc_json *paths, int64_t token);

/* The same for a reservation that is over, by its fields. */
void soc_own_files_remove_of(struct society *s, const soc_json *fields);

#endif
