/* SPDX-License-Identifier: MIT */
/*
 * The search for several strings, by 32 and by 16 places, beside one that compares at every
 * place.
 */
#include "sieve.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "harness/unit.h"

#define TEXTS 4000
#define TEXT_MAX 400

static uint32_t seed = 20261201;

static unsigned below(unsigned end)
{
    seed = seed * 1664525u + 1013904223u;
    return (seed >> 8) % end;
}

/* Where the bytes that are looked at of the first needle stand. */
static size_t find_slowly(const struct soc_sieve *sieve, const char *text, size_t length)
{
    size_t first = length;
    for (size_t i = 0; i < sieve->count; i++) {
        const struct soc_needle *needle = &sieve->needles[i];
        const char *at = memmem(text, length, needle->text, needle->length);
        if (at && (size_t)(at - text) + needle->from < first)
            first = (size_t)(at - text) + needle->from;
    }
    return first;
}

/* In memory of its own, so that the tools see what is read beyond it. */
static void check(const struct soc_sieve *sieve, const char *text, size_t length)
{
    char *copy = malloc(length + 1);

    assert_non_null(copy);
    memcpy(copy + 1, text, length); /* at an odd address */
    size_t expected = find_slowly(sieve, text, length);
    assert_int_equal(soc_sieve_find(sieve, copy + 1, length), expected);
    assert_int_equal(soc_sieve_find_by_16(sieve, copy + 1, length), expected);
    free(copy);
}

static void test_what_addresses_an_agent(void **state)
{
    static const char *const found[] = {
        "{\"to\":\"w1\"}",
        "{\"to\":\"all\"}",
        "{\"to\":\"broadcast\"}",
        "{\"to\":\"role:tester\"}",
        "{\"to\":\"supervisor\"}",
        "{\"to\":[\"w2\",\"w1\"]}",
        "{\"to\":\"\\u0077\\u0031\"}",
    };
    static const char *const passed[] = {
        "",  "\"",  "\"w1",          "w1\"",      "{\"to\":\"w12\"}",         "{\"to\":\"1w1\"}",
        "w", "all", "{\"all\\\":1}", "\"roles\"", "{\"to\":\"supervisor2\"}", "\\u4e00",
    };
    struct soc_sieve sieve;

    (void)state;
    soc_sieve_for_agent(&sieve, "w1");
    for (size_t i = 0; i < sizeof(found) / sizeof(found[0]); i++) {
        assert_true(soc_sieve_find(&sieve, found[i], strlen(found[i])) < strlen(found[i]));
        check(&sieve, found[i], strlen(found[i]));
    }
    for (size_t i = 0; i < sizeof(passed) / sizeof(passed[0]); i++) {
        assert_int_equal(soc_sieve_find(&sieve, passed[i], strlen(passed[i])), strlen(passed[i]));
        check(&sieve, passed[i], strlen(passed[i]));
    }
}

static void test_words_of_every_length(void **state)
{
    char word[SOC_ID_MAX + 1];
    char text[4 * SOC_ID_MAX];
    struct soc_sieve sieve;

    (void)state;
    for (int length = 1; length <= SOC_ID_MAX; length++) {
        for (int i = 0; i < length; i++)
            word[i] = "abcXYZ019._-"[below(12)];
        word[length] = '\0';
        soc_sieve_for_word(&sieve, word);
        for (int before = 0; before < 70; before++) {
            int size = snprintf(text, sizeof(text), "%*s\"%s\" ", before, "", word);

            /* Whole, and cut at every byte of it. */
            for (int cut = 0; cut <= size; cut += 1 + cut / 20)
                check(&sieve, text, (size_t)(size - cut));
        }
    }
}

/* Texts out of the needles' own pieces, which almost match. */
static void test_random_texts(void **state)
{
    static const char *const pieces[] = {
        "\"all\"", "\"al",     "l\"",   "\"role:", "\"rol", "\\u00",
        "\\u0",    "super",    "\"iso", "visor\"", "adc",   "\"broadcast\"",
        "\"",      "\x80\xff", "a",     "\\",      "\n",    "\"supervisor\""};
    char text[TEXT_MAX];
    struct soc_sieve sieve;

    (void)state;
    soc_sieve_for_agent(&sieve, "l-al");
    for (int i = 0; i < TEXTS; i++) {
        size_t length = 0;
        size_t wanted = below(TEXT_MAX - 16);

        while (length < wanted) {
            const char *piece = pieces[below(i % 2 ? 17 : 4) % 18];
            size_t size = below(5) == 0 ? strlen(piece) : below((unsigned)strlen(piece)) + 1;

            if (below(3) > 0) {
                text[length++] = (char)below(256);
                continue;
            }
            memcpy(text + length, piece, size);
            length += size;
        }
        check(&sieve, text, length);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_what_addresses_an_agent),
        cmocka_unit_test(test_words_of_every_length),
        cmocka_unit_test(test_random_texts),
    };

    return cmocka_run_group_tests_name("sieve", tests, NULL, NULL);
}
