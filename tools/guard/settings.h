/* SPDX-License-Identifier: MIT */
/*
 * The settings by which a coding agent calls the guard.
 */
#ifndef TOOLS_GUARD_SETTINGS_H
#define TOOLS_GUARD_SETTINGS_H

#include "common/tool.h"
#include "guard/agent.h"

/* Prints what the agent's file needs. The exit status. */
int settings_print(const struct tool *t, const struct agent *agent);

/* Writes it into the project's file, and leaves there what others wrote. The exit status. */
int settings_install(const struct tool *t, const struct agent *agent);

#endif
