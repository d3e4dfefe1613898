/* SPDX-License-Identifier: MIT */
/*
 * Of each needle three bytes are looked at, chosen so that they are rare in JSON: the tables say
 * which needles a byte may belong to at each of the three places, and what is left of the three sets
 * is compared as a whole. With AVX2 that is done for 32 places at a time, a byte's set being what its
 * two halves have in common ("Teddy", of the Hyperscan library; X. Wang et al., NSDI 2019); elsewhere
 * for 16, by comparing with the bytes of each needle, which takes twice as long.
 */
#include "sieve.h"

#include <stdint.h>
#include <stdio.h>
#include <string.h>

#ifdef __x86_64__
#include <immintrin.h>
#endif

#define ESCAPE "\\u00" /* the escape of an ASCII character begins so */

/* ---- Making ---- */

/* From `from` on the needle's bytes are looked at. */
static void add(struct soc_sieve *sieve, const char *text, size_t from)
{
    unsigned char bit = (unsigned char)(1u << sieve->count);
    struct soc_needle *needle = &sieve->needles[sieve->count++];
    needle->length = (unsigned char)strlen(text);
    needle->from = (unsigned char)from;
    memcpy(needle->text, text, needle->length);
    for (size_t place = 0; place < SOC_SIEVE_SPAN; place++) {
        unsigned char byte = (unsigned char)text[from + place];
        sieve->by_byte[place][byte] |= bit;
        sieve->by_low[place][byte & 15] |= bit;
        sieve->by_high[place][byte >> 4] |= bit;
    }
}

/* Agents are called backend-1, backend-2, …: the end tells them apart. */
void soc_sieve_for_word(struct soc_sieve *sieve, const char *word)
{
    char quoted[SOC_SIEVE_NEEDLE_MAX + 1];
    int length = snprintf(quoted, sizeof quoted, "\"%s\"", word);
    memset(sieve, 0, sizeof *sieve);
    add(sieve, quoted, (size_t)length - SOC_SIEVE_SPAN);
    add(sieve, ESCAPE, 0);
}

void soc_sieve_for_agent(struct soc_sieve *sieve, const char *agent)
{
    soc_sieve_for_word(sieve, agent);
    add(sieve, "\"all\"", 2);        /* ll" */
    add(sieve, "\"broadcast\"", 4);  /* adc */
    add(sieve, "\"role:", 0);        /* "ro */
    add(sieve, "\"supervisor\"", 7); /* iso */
}

/* ---- Searching ---- */

/* Whether one of the needles of the set stands where its bytes were seen at `at`. */
static bool is_any(const struct soc_sieve *sieve, unsigned set, const char *text, size_t length,
                   size_t at)
{
    for (; set != 0; set &= set - 1) {
        const struct soc_needle *needle = &sieve->needles[__builtin_ctz(set)];
        if (at >= needle->from && length - (at - needle->from) >= needle->length &&
            memcmp(text + at - needle->from, needle->text, needle->length) == 0)
            return true;
    }
    return false;
}

static size_t find_from(const struct soc_sieve *sieve, const char *text, size_t length, size_t at)
{
    const unsigned char *bytes = (const unsigned char *)text;
    for (; length - at >= SOC_SIEVE_SPAN; at++) {
        unsigned set = sieve->by_byte[2][bytes[at + 2]];
        if (set == 0 || (set &= sieve->by_byte[1][bytes[at + 1]]) == 0)
            continue;
        if (is_any(sieve, set & sieve->by_byte[0][bytes[at]], text, length, at))
            return at;
    }
    return length;
}

#define SMALL 16

typedef unsigned char small __attribute__((vector_size(SMALL)));

static small load(const char *text)
{
    small bytes;
    memcpy(&bytes, text, sizeof bytes);
    return bytes;
}

/* In which of 16 places all looked-at bytes of one of the needles stand: not 0 there. */
static inline small sets_of_16(const small wanted[][SOC_SIEVE_SPAN], size_t count, const char *text)
{
    small first = load(text);
    small second = load(text + 1);
    small third = load(text + 2);
    small found = {0};
    for (size_t i = 0; i < count; i++)
        found |= (small)(first == wanted[i][0]) & (small)(second == wanted[i][1]) &
                 (small)(third == wanted[i][2]);
    return found;
}

size_t soc_sieve_find_by_16(const struct soc_sieve *sieve, const char *text, size_t length)
{
    small wanted[SOC_SIEVE_NEEDLES][SOC_SIEVE_SPAN];
    size_t at = 0;
    for (size_t i = 0; i < sieve->count; i++)
        for (size_t j = 0; j < SOC_SIEVE_SPAN; j++)
            memset(&wanted[i][j], sieve->needles[i].text[sieve->needles[i].from + j], SMALL);
    for (; length - at >= SMALL + SOC_SIEVE_SPAN - 1; at += SMALL) {
        small found = sets_of_16(wanted, sieve->count, text + at);
        uint64_t halves[2];
        memcpy(halves, &found, sizeof halves);
        if ((halves[0] | halves[1]) == 0)
            continue;
        for (size_t place = 0; place < SMALL; place++)
            if (found[place] && is_any(sieve, (1u << sieve->count) - 1, text, length, at + place))
                return at + place;
    }
    return find_from(sieve, text, length, at);
}

#ifdef __x86_64__
#define AVX2 __attribute__((target("avx2")))
#define WIDTH 32

struct halves {
    __m256i low;
    __m256i high;
};

AVX2 static inline __m256i twice(const unsigned char table[16])
{
    return _mm256_broadcastsi128_si256(_mm_loadu_si128((const __m128i *)(const void *)table));
}

/* The sets of 32 bytes. (A byte from 0x80 on has none: the shuffle gives 0 for it.) */
AVX2 static inline __m256i sets_of(const struct halves *tables, const char *text)
{
    __m256i bytes = _mm256_loadu_si256((const __m256i *)(const void *)text);
    __m256i high = _mm256_and_si256(_mm256_srli_epi16(bytes, 4), _mm256_set1_epi8(15));
    return _mm256_and_si256(_mm256_shuffle_epi8(tables->low, bytes),
                            _mm256_shuffle_epi8(tables->high, high));
}

/* Which of the 32 places behind `at` is a needle's; WIDTH: none. */
AVX2 static size_t look(const struct soc_sieve *sieve, __m256i sets, const char *text,
                        size_t length, size_t at)
{
    unsigned char each[WIDTH];
    __m256i none = _mm256_cmpeq_epi8(sets, _mm256_setzero_si256());
    unsigned places = ~(unsigned)_mm256_movemask_epi8(none);
    _mm256_storeu_si256((__m256i *)(void *)each, sets);
    for (; places != 0; places &= places - 1) {
        unsigned place = (unsigned)__builtin_ctz(places);
        if (is_any(sieve, each[place], text, length, at + place))
            return place;
    }
    return WIDTH;
}

AVX2 static size_t find_by_32(const struct soc_sieve *sieve, const char *text, size_t length)
{
    struct halves tables[SOC_SIEVE_SPAN];
    size_t at = 0;
    for (size_t i = 0; i < SOC_SIEVE_SPAN; i++)
        tables[i] = (struct halves){twice(sieve->by_low[i]), twice(sieve->by_high[i])};
    for (; length - at >= WIDTH + SOC_SIEVE_SPAN - 1; at += WIDTH) {
        __m256i sets = _mm256_and_si256(
            _mm256_and_si256(sets_of(&tables[0], text + at), sets_of(&tables[1], text + at + 1)),
            sets_of(&tables[2], text + at + 2));
        if (__builtin_expect(_mm256_testz_si256(sets, sets), 1))
            continue;
        size_t place = look(sieve, sets, text, length, at);
        if (place < WIDTH)
            return at + place;
    }
    return find_from(sieve, text, length, at);
}
#endif

size_t soc_sieve_find(const struct soc_sieve *sieve, const char *text, size_t length)
{
#ifdef __x86_64__
    if (__builtin_cpu_supports("avx2"))
        return find_by_32(sieve, text, length);
#endif
    return soc_sieve_find_by_16(sieve, text, length);
}
