/* SPDX-License-Identifier: MIT */
/*
 * Which working copies are slots, what is said of them, and what is wrong with those that can't be read.
 */
#include <errno.h>
#include <society/git.h>
#include <society/society.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "harness/git/repo.h"
#include "harness/unit.h"
#include "json.h"

static soc_json *slots;
static char *text;

static int read_slots(society_git *git, uint32_t flags)
{
    if (!society_git_dir(git))
        assert_int_equal(society_git_open(git, repo_path("")), 0);
    soc_json_free(slots);
    society_free(text);
    text = NULL;
    int count = society_git_slots(git, flags, &text);
    slots = text ? soc_json_parse(text, strlen(text), NULL) : NULL;
    return count;
}

static int teardown(void **state)
{
    soc_json_free(slots);
    society_free(text);
    slots = NULL;
    text = NULL;
    return repo_teardown(state);
}

static const char *member(size_t index, const char *name)
{
    const char *value = soc_json_get_string(soc_json_item(slots, index), name);
    return value ? value : "";
}

static int64_t number(size_t index, const char *name)
{
    int64_t value = -1;
    soc_json_get_integer(soc_json_item(slots, index), name, &value);
    return value;
}

static void test_worktrees(void **state)
{
    repo_run(
        "git worktree add -q -b b ../other && echo backend >.git/worktrees/other/society-agent && "
        "git worktree add -q -b a ../my-agent-07-copy && git worktree add -q -b c ../nobody");
    assert_int_equal(read_slots(*state, 0), 2);
    assert_string_equal(member(0, "slot"), "agent-07");
    assert_string_equal(member(0, "path"), repo_path("../my-agent-07-copy"));
    assert_string_equal(member(0, "branch"), "a");
    assert_string_equal(member(0, "trouble"), "");
    assert_int_equal(number(0, "bytes"), -1);
    assert_int_equal(number(0, "ahead"), -1);
    assert_int_equal(number(0, "changed"), 0);
    assert_string_equal(member(1, "slot"), "backend");
    assert_string_equal(member(1, "gitDir"), repo_path(".git/worktrees/other"));
    assert_int_equal(read_slots(*state, SOCIETY_GIT_BYTES), 2);
    assert_true(number(0, "bytes") > 0);
    assert_int_equal(read_slots(*state, 2), SOCIETY_E_INVALID);
}

static void test_ahead_and_behind(void **state)
{
    repo_run(
        "git worktree add -q -b a ../agent-01 && echo main >.git/worktrees/agent-01/society-base "
        "&& "
        "git commit -q --allow-empty -m x && cd ../agent-01 && git commit -q --allow-empty -m y && "
        "git commit -q --allow-empty -m z && echo x >x && echo y >>numbers && git add numbers && "
        "rm -f none");
    assert_int_equal(read_slots(*state, 0), 1);
    assert_int_equal(number(0, "ahead"), 2);
    assert_int_equal(number(0, "behind"), 1);
    assert_int_equal(number(0, "changed"), 2);
    assert_string_equal(member(0, "base"), "main");
    repo_run(
        "cd ../agent-01 && git checkout -q --detach && git worktree lock --reason 'a stick' .");
    assert_int_equal(read_slots(*state, 0), 1);
    assert_string_equal(member(0, "branch"), "");
    assert_string_equal(member(0, "locked"), "a stick");
    repo_run("echo gone >.git/worktrees/agent-01/society-base");
    assert_int_equal(read_slots(*state, 0), 1);
    assert_int_equal(number(0, "ahead"), -1);
}

static void test_clones(void **state)
{
    repo_run("git clone -q . ../clone && mkdir -p .git/society/clones && cd ../clone && pwd -P "
             ">../repo/.git/society/clones/agent-02 && "
             "echo agent-02 >.git/society-agent && echo c >c && git add . && git commit -qm c && "
             "echo main >.git/society-base");
    assert_int_equal(read_slots(*state, 0), 1);
    assert_string_equal(member(0, "path"), repo_path("../clone"));
    assert_int_equal(number(0, "ahead"), 1);
    assert_true(soc_json_get_bool(soc_json_item(slots, 0), "clone", false));
}

static void test_trouble(void **state)
{
    repo_run("git worktree add -q -b a ../agent-01 && git worktree add -q -b b ../agent-02 && "
             "git worktree add -q -b c ../agent-03 && git worktree add -q -b d ../agent-04");
    repo_run("mv ../agent-01 ../moved && rm ../agent-02/.git && "
             "echo 'gitdir: /nowhere/worktrees/agent-03' >../agent-03/.git && cp ../moved/.git "
             "../agent-04/.git");
    assert_int_equal(read_slots(*state, SOCIETY_GIT_BYTES), 4);
    assert_non_null(
        strstr(member(0, "trouble"), "agent-01 is not there: moved, deleted or not mounted"));
    assert_non_null(strstr(member(1, "trouble"), "agent-02 has no .git"));
    assert_non_null(
        strstr(member(2, "trouble"), "leads to /nowhere/worktrees/agent-03, which is not there"));
    assert_non_null(strstr(member(3, "trouble"), "worktrees/agent-01, and not to "));
    char *list = NULL;
    assert_int_equal(society_git_changes(*state, "agent-01", 0, &list), SOCIETY_E_GIT);
    assert_non_null(strstr(society_git_last_message(*state), "slot agent-01"));
    assert_int_equal(society_git_conflicts(*state, NULL, &list), 0);
    society_free(list);
}

/* What others have written into worktrees/ is no reason to fail. */
static void test_damage(void **state)
{
    repo_run(
        "mkdir -p .git/worktrees/empty .git/worktrees/odd .git/society/clones && echo nonsense "
        ">.git/worktrees/odd/gitdir && "
        "echo 'not an id!' >.git/worktrees/odd/society-agent && : >.git/society/clones/agent-09 && "
        "echo /x >'.git/society/clones/no id' && echo file >.git/worktrees/file");
    assert_int_equal(read_slots(*state, 0), 0);
}

static void test_changes(void **state)
{
    char *list = NULL;
    repo_run("git worktree add -q -b a ../agent-01 && echo '*.o' >.git/info/exclude && cd "
             "../agent-01 && echo s >s && git add s && "
             "echo m >>numbers && echo u >u && echo i >i.o && mkdir d && echo x >d/x && echo o "
             ">d/x.o && git init -q inner && echo x >inner/x");
    assert_int_equal(society_git_open(*state, repo_path("../agent-01")), 0);
    assert_int_equal(society_git_changes(*state, "agent-01", SOCIETY_GIT_IGNORED, &list), 7);
    assert_string_equal(
        list,
        "[{\"path\":\"d/x\",\"state\":\"untracked\"},{\"path\":\"d/x.o\",\"state\":\"ignored\"},"
        "{\"path\":\"i.o\",\"state\":\"ignored\"},{\"path\":\"inner/\",\"state\":\"nested\"},"
        "{\"path\":\"numbers\",\"state\":\"modified\"},{\"path\":\"s\",\"state\":\"staged\"},"
        "{\"path\":\"u\",\"state\":\"untracked\"}]");
    society_free(list);
    assert_int_equal(society_git_changes(*state, "agent-01", 0, &list), 5);
    society_free(list);
    assert_int_equal(society_git_touched(*state, "agent-01", &list), 4);
    assert_string_equal(list, "[\"d/x\",\"numbers\",\"s\",\"u\"]");
    society_free(list);
    assert_int_equal(society_git_touched(*state, "agent-02", &list), SOCIETY_E_NOT_FOUND);
    assert_int_equal(society_git_touched(*state, NULL, &list), SOCIETY_E_NOT_FOUND);
    assert_int_equal(society_git_changes(*state, "agent-01", 4, &list), SOCIETY_E_INVALID);
}

/* A sparse checkout leaves files out of the working tree; they are not deleted. */
static void test_sparse(void **state)
{
    char *list = NULL;
    repo_run("mkdir x y && echo x >x/x && echo y >y/y && git add . && git commit -qm dirs && git "
             "worktree add -q -b a ../agent-01 && "
             "cd ../agent-01 && git sparse-checkout set x 2>/dev/null && test ! -e y");
    assert_int_equal(society_git_open(*state, repo_path("")), 0);
    assert_int_equal(society_git_changes(*state, "agent-01", 0, &list), 0);
    society_free(list);
    assert_int_equal(society_git_touched(*state, "agent-01", &list), 0);
    society_free(list);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(test_##name, repo_setup, teardown)
    const struct CMUnitTest tests[] = {
        TEST(worktrees), TEST(ahead_and_behind), TEST(clones), TEST(trouble),
        TEST(damage),    TEST(changes),          TEST(sparse),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
