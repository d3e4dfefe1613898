/* SPDX-License-Identifier: MIT */
/*
 * What is saved is a stash that git takes for one; what there is nothing of is not saved; and what can't be saved is named.
 */
#include <society/git.h>
#include <society/society.h>
#include <stdlib.h>
#include <string.h>

#include "harness/git/repo.h"
#include "harness/unit.h"

static char *ref;

static int setup(void **state)
{
    int result = repo_setup(state);
    ref = NULL;
    repo_run("echo '*.o' >.gitignore && git add . && git commit -qm ignore && git worktree add -q "
             "-b a ../agent-01");
    return result < 0 ? result : society_git_open(*state, repo_path(""));
}

static int teardown(void **state)
{
    society_free(ref);
    return repo_teardown(state);
}

static void test_nothing(void **state)
{
    repo_run("echo i >../agent-01/i.o");
    assert_int_equal(society_git_save(*state, "agent-01", "saved", NULL, 0, &ref), 0);
    assert_null(ref);
    assert_string_equal(repo_says("git for-each-ref refs/society"), "");
}

static void test_a_stash(void **state)
{
    repo_run("cd ../agent-01 && echo s >s && git add s && echo m >>s && echo u >u && echo i >i.o "
             "&& rm numbers");
    const char *index = repo_says("cd ../agent-01 && git ls-files -s && git status --porcelain");
    assert_int_equal(
        society_git_save(*state, "agent-01", "saved", "a word", SOCIETY_GIT_IGNORED, &ref), 1);
    assert_string_equal(repo_says("cd ../agent-01 && git ls-files -s && git status --porcelain"),
                        index);
    assert_string_equal(repo_says("git show -s --format=%%s %s", ref), "On slot agent-01: a word");
    assert_string_equal(repo_says("git show %s:s", ref), "s\nm");
    assert_string_equal(repo_says("git show %s^2:s", ref), "s");
    assert_string_equal(repo_says("git ls-tree --name-only %s^3", ref), "i.o\nu");
    assert_string_equal(repo_says("git rev-parse %s^1", ref), repo_says("git rev-parse a"));
    repo_run("git checkout -q main && git stash apply -q --index %s", ref);
    assert_string_equal(repo_says("git status --porcelain --ignored"),
                        " D numbers\nAM s\n?? u\n!! i.o");
}

/* Two in one second are two. */
static void test_twice(void **state)
{
    char *second = NULL;
    repo_run("echo u >../agent-01/u");
    assert_int_equal(society_git_save(*state, "agent-01", "stash", NULL, 0, &ref), 1);
    assert_int_equal(society_git_save(*state, "agent-01", "stash", NULL, 0, &second), 1);
    assert_string_not_equal(ref, second);
    assert_string_equal(repo_says("git for-each-ref refs/society/stash/agent-01 | wc -l"), "2");
    society_free(second);
}

static void test_a_detached_head(void **state)
{
    repo_run("cd ../agent-01 && git checkout -q --detach && git commit -q --allow-empty -m alone");
    assert_int_equal(society_git_save(*state, "agent-01", "saved", NULL, 0, &ref), 1);
    assert_string_equal(repo_says("git show -s --format=%%s %s^1", ref), "alone");
}

static void test_a_merge(void **state)
{
    repo_run("sed -i 1d numbers && git commit -qam main && cd ../agent-01 && sed -i 1s/1/one/ "
             "numbers && git commit -qam a && "
             "! git merge -q main >../log && echo u >u");
    const char *stages =
        repo_says("cd ../agent-01 && git ls-files -u | awk '{ print $2, $3 \"/\" $4 }'");
    assert_int_equal(society_git_save(*state, "agent-01", "saved", NULL, 0, &ref), 1);
    assert_string_equal(repo_says("git ls-tree -r %s^4 | awk '{ print $3, $4 }'", ref), stages);
    assert_string_equal(repo_says("git rev-parse %s^4^1", ref), repo_says("git rev-parse main"));
    assert_string_equal(repo_says("git show %s:numbers", ref),
                        repo_says("cat ../agent-01/numbers"));
    assert_string_equal(repo_says("git ls-tree --name-only %s^3", ref), "u");
}

static void test_what_cannot_be_saved(void **state)
{
    repo_run("git init -q ../agent-01/inner && echo x >../agent-01/inner/x");
    assert_int_equal(society_git_save(*state, "agent-01", "saved", NULL, 0, &ref), SOCIETY_E_GIT);
    assert_non_null(strstr(society_git_last_message(*state), "inner/ is a repository of its own"));
    assert_int_equal(society_git_save(*state, "agent-01", "no/word", NULL, 0, &ref),
                     SOCIETY_E_INVALID);
    assert_int_equal(society_git_save(*state, "agent-01", NULL, NULL, 0, &ref), SOCIETY_E_INVALID);
    assert_int_equal(society_git_save(*state, "agent-01", "saved", NULL, 8, &ref),
                     SOCIETY_E_INVALID);
    assert_int_equal(society_git_save(*state, "agent-02", "saved", NULL, 0, &ref),
                     SOCIETY_E_NOT_FOUND);
    assert_null(ref);
    assert_string_equal(repo_says("git for-each-ref refs/society"), "");
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(test_##name, setup, teardown)
    const struct CMUnitTest tests[] = {
        TEST(nothing),         TEST(a_stash), TEST(twice),
        TEST(a_detached_head), TEST(a_merge), TEST(what_cannot_be_saved),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
