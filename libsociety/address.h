/* SPDX-License-Identifier: MIT */
/*
 * Whom a message is for.
 */
#ifndef SOC_ADDRESS_H
#define SOC_ADDRESS_H

#include "handle.h"
#include "scan.h"

/* Whether a record whose bytes have no member "to" may have one whose key is written with escapes. */
bool soc_may_hide_to(const struct soc_line *line);

/* Whether the record is addressed to `agent`: 1, 0; errors of reading the registry, which is looked
 * at only where a role or "supervisor" is named. Most lines are decided by their bytes. */
int soc_is_addressed(struct society *s, const struct soc_line *line, const char *agent);

#endif
