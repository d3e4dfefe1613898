/* SPDX-License-Identifier: MIT */
/*
 * A search for several short strings at once, in much text: of a long history, the lines that need a
 * look. What an agent is addressed by stands in a line as it is, in quotes, or with an escape: a line
 * with none of that is for somebody else, and nobody has to read it.
 */
#ifndef SOC_SIEVE_H
#define SOC_SIEVE_H

#include <stdbool.h>
#include <stddef.h>

#include "path.h"

#define SOC_SIEVE_NEEDLES 8
#define SOC_SIEVE_NEEDLE_MAX (SOC_ID_MAX + 2)
#define SOC_SIEVE_SPAN 3 /* bytes of each needle that the search looks at */

struct soc_needle {
    char text[SOC_SIEVE_NEEDLE_MAX];
    unsigned char length;
    unsigned char from; /* where the bytes that are looked at begin */
};

/* A byte's bit n says that needle n has such a byte at this place; by the byte, and by its halves:
 * a byte is in both tables of halves, or in none of the needles. */
struct soc_sieve {
    size_t count;
    struct soc_needle needles[SOC_SIEVE_NEEDLES];
    unsigned char by_byte[SOC_SIEVE_SPAN][256];
    unsigned char by_low[SOC_SIEVE_SPAN][16];
    unsigned char by_high[SOC_SIEVE_SPAN][16];
};

/* For the lines in which the JSON string `word` may stand, a word of ASCII letters, digits, '.', '_'
 * and '-': in quotes, or with an escape that may spell a part of it. */
void soc_sieve_for_word(struct soc_sieve *sieve, const char *word);
/* For the lines that may be addressed to the agent (address.h). */
void soc_sieve_for_agent(struct soc_sieve *sieve, const char *agent);

/* Where the first needle stands in the text: the offset of one of its bytes, or `length`. */
size_t soc_sieve_find(const struct soc_sieve *sieve, const char *text, size_t length);
/* The same on a processor without AVX2. */
size_t soc_sieve_find_by_16(const struct soc_sieve *sieve, const char *text, size_t length);

#endif
