/* SPDX-License-Identifier: MIT */
/*
 * Reading a pattern, for those who check it and those who compile it: characters and sets.
 */
#ifndef SOC_GLOB_SCAN_H
#define SOC_GLOB_SCAN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* A byte that belongs to no character is the character SOC_GLOB_STRAY + byte. */
#define SOC_GLOB_STRAY 0x110000
#define SOC_GLOB_CHARACTER_MAX (SOC_GLOB_STRAY + 0xff)

struct soc_glob_range {
    uint32_t first;
    uint32_t last;
};

/* Takes one character of a text that has not ended. */
uint32_t soc_glob_take(const char **text);
/* The same; a backslash before it is skipped. */
uint32_t soc_glob_take_escaped(const char **text);

/* Behind the `]` of the set whose `[` this is; NULL when it stays open. */
const char *soc_glob_set_end(const char *set);
/* The set's first member, and whether the set is what is not in it. */
const char *soc_glob_set_members(const char *set, bool *ret_negated);
/* Takes one member: a character, or a range of them. `end` is soc_glob_set_end(). */
struct soc_glob_range soc_glob_take_range(const char **member, const char *end);

#endif
