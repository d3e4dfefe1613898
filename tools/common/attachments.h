/* SPDX-License-Identifier: MIT */
/*
 * Copying a message's attachments out of the society.
 */
#ifndef TOOLS_COMMON_ATTACHMENTS_H
#define TOOLS_COMMON_ATTACHMENTS_H

#include "json.h"
#include "tool.h"

/* Copies each under its own name into an existing directory, and ends the process at the first that can't be. */
void attachments_save(struct tool *t, json_value *message, const char *directory);

#endif
