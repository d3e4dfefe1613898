/* SPDX-License-Identifier: MIT */
/*
 * The ids of the last 4,096 records: what tells a retried append. A UUID is kept as it is, any
 * other id as a 128-bit hash with a random key of this process, so that nobody can craft an id that
 * hides another's record.
 */
#ifndef SOC_SEEN_H
#define SOC_SEEN_H

#include <stdbool.h>
#include <stddef.h>

#define SOC_SEEN_WINDOW 4096

struct soc_seen;

struct soc_seen *soc_seen_new(void); /* NULL: no memory */
void soc_seen_free(struct soc_seen *seen);
void soc_seen_forget(struct soc_seen *seen); /* all of them */

/* Takes the next record's id (a plain string without quotes); true when it was among the 4,096
 * before. */
bool soc_seen_add(struct soc_seen *seen, const char *id, size_t length);
/* Whether it is among the last 4,096, and how many were taken. */
bool soc_seen_has(const struct soc_seen *seen, const char *id, size_t length);
size_t soc_seen_count(const struct soc_seen *seen);

/* Whether an id is one that only a writer like ours makes: a UUIDv7, in small letters. */
bool soc_seen_is_unique(const char *id, size_t length);

#endif
