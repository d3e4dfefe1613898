/* SPDX-License-Identifier: MIT */
/*
 * Who is speaking, when a program does not say.
 */
#ifndef SOC_IDENTITY_H
#define SOC_IDENTITY_H

#include "error.h"
#include "path.h"

/* In the git directory of a linked worktree or a clone: one line, the id of the agent that it was
 * made for. */
#define SOC_SLOT_FILE "society-agent"

/* The agent id by the rules of society_identify(). 0; SOCIETY_E_NO_AGENT; SOCIETY_E_INVALID, naming
 * the source; -ENOMEM. */
int soc_identify(const char *agent, char ret_id[SOC_ID_MAX + 1], struct soc_error *error);

#endif
