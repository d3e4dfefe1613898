/* SPDX-License-Identifier: MIT */
/*
 * The order of merges has the fewest that conflict where that number is known, for few branches and for more than are looked at
 * exactly.
 */
#include <society/git.h>
#include <society/society.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "harness/git/repo.h"
#include "harness/unit.h"
#include "json.h"

/* Asks for an order of `count` branches b0, b1, …; how many merges conflict, and the names. */
static int ask(society_git *git, int count, char *ret_names, size_t size)
{
    char names[2048];
    char *text = NULL;
    int length = 0, conflicting = 0;
    for (int i = 0; i < count; i++)
        length +=
            snprintf(names + length, sizeof names - (size_t)length, "%s\"b%d\"", i ? "," : "[", i);
    snprintf(names + length, sizeof names - (size_t)length, "]");
    assert_int_equal(society_git_order(git, names, "main", &text), count);
    soc_json *steps = soc_json_parse(text, strlen(text), NULL);
    size_t at = 0;
    for (size_t i = 0; i < soc_json_count(steps); i++) {
        const soc_json *step = soc_json_item(steps, i);
        conflicting += soc_json_count(soc_json_get(step, "paths")) > 0;
        at += (size_t)snprintf(ret_names + at, size - at, "%s%s", i ? " " : "",
                               soc_json_get_string(step, "name"));
    }
    soc_json_free(steps);
    society_free(text);
    return conflicting;
}

/* Branch i sets line `line` of numbers. */
static void branch(int i, const char *lines)
{
    char script[256] = "";
    for (const char *at = lines; *at; at++)
        snprintf(script + strlen(script), sizeof script - strlen(script), "%ds/$/ b%d/;",
                 (*at - 'a') * 3 + 1, i);
    repo_run("git checkout -q -B b%d main && sed -i '%s' numbers && git commit -qam b%d && git "
             "checkout -q main",
             i, script, i);
}

/* b0 meets all others, which do not meet each other: it comes last. */
static void test_a_star(void **state)
{
    char names[256];
    assert_int_equal(society_git_open(*state, repo_path("")), 0);
    branch(0, "abcd");
    branch(1, "a");
    branch(2, "b");
    branch(3, "c");
    branch(4, "d");
    assert_int_equal(ask(*state, 5, names, sizeof names), 1);
    assert_string_equal(names, "b1 b2 b3 b4 b0");
}

/* A circle of five: two go in cleanly, whatever one does. */
static void test_a_circle(void **state)
{
    char names[256];
    assert_int_equal(society_git_open(*state, repo_path("")), 0);
    branch(0, "ab");
    branch(1, "bc");
    branch(2, "cd");
    branch(3, "de");
    branch(4, "ea");
    assert_int_equal(ask(*state, 5, names, sizeof names), 3);
}

/* What conflicts with the base conflicts in any order, and comes behind. */
static void test_the_base(void **state)
{
    char names[256];
    assert_int_equal(society_git_open(*state, repo_path("")), 0);
    branch(0, "a");
    branch(1, "b");
    repo_run("sed -i '1s/.*/one/' numbers && git commit -qam one");
    assert_int_equal(ask(*state, 2, names, sizeof names), 1);
    assert_string_equal(names, "b1 b0");
}

/* More than sixteen, in pairs of which one can go in cleanly. */
static void test_many(void **state)
{
    char names[512];
    repo_run("seq 200 >numbers && git commit -qam more");
    assert_int_equal(society_git_open(*state, repo_path("")), 0);
    for (int i = 0; i < 20; i++) {
        char line[2] = {(char)('a' + i / 2), '\0'};
        branch(i, line);
    }
    assert_int_equal(ask(*state, 20, names, sizeof names), 10);
}

static void test_nothing(void **state)
{
    char *text = NULL;
    assert_int_equal(society_git_open(*state, repo_path("")), 0);
    assert_int_equal(society_git_order(*state, NULL, NULL, &text), 0);
    assert_string_equal(text, "[]");
    society_free(text);
    assert_int_equal(society_git_order(*state, NULL, "nothing", &text), SOCIETY_E_NOT_FOUND);
    /* Looking leaves nothing behind. */
    assert_string_equal(repo_says("git for-each-ref --format='%%(refname)'"), "refs/heads/main");
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(test_##name, repo_setup, repo_teardown)
    const struct CMUnitTest tests[] = {
        TEST(a_star), TEST(a_circle), TEST(the_base), TEST(many), TEST(nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
