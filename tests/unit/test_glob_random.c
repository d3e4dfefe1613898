/* SPDX-License-Identifier: MIT */
/*
 * Random patterns: whether two of them meet, held against brute force over all short paths, which a
 * second matcher judges that backtracks over the text. SEED chooses other patterns.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "glob.h"
#include "harness/unit.h"

#define LENGTH(array) (sizeof(array) / sizeof((array)[0]))

/*
 * Paths are those without empty components over a, b, c and the slash; c stands for
 * everything that no pattern names, so no larger alphabet could tell more.
 *
 * The length of 7 is enough for patterns of n and m elements, n + m <= 8. Proof: an element is a
 * letter, `?`, a set, a slash, `*`, or `**` with its slash, and the places between the elements are
 * the states of each automaton. Take a shortest common path and a run on it that repeats no state
 * of the product. Every step moves the left place on, or the right, or both, but for the steps
 * where both are at a `*` or `**` and stay: of them there is at most one in each pair of places (it
 * turns START into INSIDE or back, and then back again would repeat), and the step that leaves
 * that pair takes no character; charge it with that one. So there are no more characters than
 * moving steps, which are at most n + m; and n + m - 1 when one of them moves both. When none does,
 * the last one ends in the places (n, m), so the side that rests is at its end and takes nothing:
 * that step has no character either, nor is one charged to it.
 */
#define PATH_LENGTH 7
#define ELEMENTS (PATH_LENGTH + 1)
#define PATHS_MAX 10100
#define PATTERNS 800
#define PAIRS 150000

static struct {
    char text[PATH_LENGTH + 1];
} paths[PATHS_MAX];
static size_t path_count;

static struct {
    char *text;
    size_t elements;
    uint64_t matched[PATHS_MAX / 64 + 1];
} patterns[PATTERNS];

static uint32_t seed;

static uint32_t choose(uint32_t choices)
{
    seed = seed * 1664525u + 1013904223u;
    return (seed >> 8) % choices;
}

static void make_paths(char *path, size_t length)
{
    for (const char *c = "abc/"; *c && length < PATH_LENGTH; c++) {
        if (*c == '/' && (length == 0 || path[length - 1] == '/'))
            continue;
        path[length] = *c;
        path[length + 1] = '\0';
        if (*c != '/') {
            assert_true(path_count < PATHS_MAX);
            strcpy(paths[path_count++].text, path);
        }
        make_paths(path, length + 1);
    }
}

/* The second matcher, for the sets that are used here. The path has no empty component; `begins`:
 * the pattern is at the beginning of one. */
static bool backtrack(const char *pattern, const char *path, bool begins)
{
    const char *end = pattern + 1;
    bool fits = *path && *path != '/';

    if (*pattern == '\0')
        return *path == '\0';
    if (begins && strcmp(pattern, "**") == 0)
        return *path != '\0';
    if (begins && strncmp(pattern, "**/", 3) == 0) {
        const char *slash = strchr(path, '/');

        return backtrack(pattern + 3, path, true) || (slash && backtrack(pattern, slash + 1, true));
    }
    if (*pattern == '*')
        return backtrack(end, path, false) || (fits && backtrack(pattern, path + 1, false));
    if (strncmp(pattern, "[ab]", 4) == 0) {
        fits = *path == 'a' || *path == 'b';
        end = pattern + 4;
    } else if (strncmp(pattern, "[!a]", 4) == 0) {
        fits = fits && *path != 'a';
        end = pattern + 4;
    } else if (*pattern != '?') {
        fits = *path == *pattern;
    }
    return fits && backtrack(end, path + 1, *pattern == '/');
}

/* As the proof above counts them. */
static size_t count_elements(const char *pattern)
{
    size_t count = 0;

    for (const char *at = pattern; *at; count++) {
        if (*at == '[')
            at = strchr(at, ']') + 1;
        else if (strncmp(at, "**", 2) == 0)
            at += at[2] ? 3 : 2;
        else
            at++;
    }
    return count;
}

/* A random pattern in normal form, of at most `elements`. */
static char *make_pattern(size_t elements)
{
    static const char *const tokens[] = {"a", "b",  "/",    "/",    "?",
                                         "*", "**", "/**/", "[ab]", "[!a]"};
    SOC_AUTO_STRBUF struct soc_strbuf raw = SOC_STRBUF_INIT, out = SOC_STRBUF_INIT;

    do {
        soc_strbuf_clear(&raw);
        for (uint32_t n = 1 + choose((uint32_t)elements + 1); n > 0; n--)
            soc_strbuf_add_string(&raw, tokens[choose(LENGTH(tokens))]);
        soc_strbuf_clear(&out);
    } while (soc_glob_normalise(raw.data, &out, NULL) < 0 || count_elements(out.data) > elements);
    return soc_strbuf_steal(&out);
}

static void make_patterns(void)
{
    for (size_t i = 0; i < PATTERNS; i++) {
        patterns[i].text = make_pattern(i % 4 ? 4 : ELEMENTS - 2);
        patterns[i].elements = count_elements(patterns[i].text);
        for (size_t j = 0; j < path_count; j++) {
            bool matched = soc_glob_matches(patterns[i].text, paths[j].text, false);

            if (matched != backtrack(patterns[i].text, paths[j].text, true))
                fail_msg("%s matches %s: wrong", patterns[i].text, paths[j].text);
            if (matched)
                patterns[i].matched[j / 64] |= (uint64_t)1 << j % 64;
        }
    }
}

static bool share_path(size_t i, size_t j)
{
    for (size_t k = 0; k < LENGTH(patterns[i].matched); k++) {
        if (patterns[i].matched[k] & patterns[j].matched[k])
            return true;
    }
    return false;
}

static void test_brute_force(void **state)
{
    char path[PATH_LENGTH + 1];
    size_t pairs = 0, shared = 0;

    (void)state;
    make_paths(path, 0);
    make_patterns();
    while (pairs < PAIRS) {
        size_t i = choose(PATTERNS), j = choose(PATTERNS);
        bool answer = share_path(i, j);

        if (patterns[i].elements + patterns[j].elements > ELEMENTS)
            continue;
        if (soc_glob_intersects(patterns[i].text, patterns[j].text, false) != answer)
            fail_msg("%s meets %s: wrong", patterns[i].text, patterns[j].text);
        pairs++;
        shared += answer;
    }
    for (size_t i = 0; i < PATTERNS; i++)
        free(patterns[i].text);
    printf("# %zu paths, %zu pairs, of which %zu meet\n", path_count, pairs, shared);
    assert_true(shared > PAIRS / 100 && shared < PAIRS / 100 * 99);
}

static void change_case(char *text)
{
    for (; *text; text++) {
        if (*text == 'a' || *text == 'b')
            *text = (char)(*text - (choose(2) ? 0 : 'a' - 'A'));
    }
}

/* Ignoring case, letters of any case are as good as those of one; and the sides may change. */
static void test_case_and_sides(void **state)
{
    (void)state;
    for (size_t i = 0; i < 20000; i++) {
        char *left = make_pattern(12), *right = make_pattern(12);
        bool answer = soc_glob_intersects(left, right, false);

        assert_int_equal(soc_glob_intersects(right, left, false), answer);
        assert_true(soc_glob_intersects(left, left, false));
        change_case(left);
        change_case(right);
        if (soc_glob_intersects(left, right, true) != answer)
            fail_msg("%s meets %s, ignoring case: wrong", left, right);
        free(left);
        free(right);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_brute_force),
        cmocka_unit_test(test_case_and_sides),
    };
    const char *chosen = getenv("SEED");

    seed = chosen ? (uint32_t)strtoul(chosen, NULL, 10) : (uint32_t)time(NULL);
    printf("# SEED=%u\n", seed);
    return cmocka_run_group_tests_name("glob_random", tests, NULL, NULL);
}
