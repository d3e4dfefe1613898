/* SPDX-License-Identifier: MIT */
/*
 * The watch sees changes of files, of new directories, of refs and of slots; and nothing where nothing changes.
 */
#include <poll.h>
#include <society/git.h>
#include <society/society.h>
#include <stdbool.h>

#include "harness/git/repo.h"
#include "harness/unit.h"

static society_git_watch *following;

static int setup(void **state)
{
    int result = repo_setup(state);
    repo_run(
        "git worktree add -q -b a ../agent-01 && mkdir -p ../agent-01/src/deep && echo 'build/' "
        ">.git/info/exclude && "
        "mkdir ../agent-01/build && git clone -q . ../clone && mkdir -p .git/society/clones && "
        "(cd ../clone && pwd -P) >.git/society/clones/agent-02");
    if (result == 0)
        result = society_git_open(*state, repo_path(""));
    return result == 0 ? society_git_watch_open(*state, &following) : result;
}

static int teardown(void **state)
{
    society_git_watch_close(following);
    return repo_teardown(state);
}

/* Whether something is seen within the time. */
static bool seen_within(int ms)
{
    struct pollfd fd = {.fd = society_git_watch_fd(following), .events = POLLIN};
    int ready = poll(&fd, 1, ms);
    assert_true(ready >= 0);
    return ready == 1 && society_git_watch_take(following) == 1;
}

/* Runs a command, and everything it does is taken in. */
static bool sees(const char *command)
{
    repo_run("%s", command);
    bool seen = seen_within(10000);
    while (seen_within(250)) /* longer than it waits to watch new directories */
        continue;
    return seen;
}

static void test_files(void **state)
{
    (void)state;
    assert_false(seen_within(0));
    assert_true(sees("echo x >>../agent-01/numbers"));
    assert_true(sees("echo x >../agent-01/src/deep/new"));
    assert_true(sees("mv ../agent-01/src/deep/new ../agent-01/src/deep/old"));
    assert_true(sees("chmod 755 ../agent-01/src/deep/old"));
    assert_true(sees("rm ../agent-01/src/deep/old"));
    assert_true(sees("mkdir -p ../agent-01/a/b/c"));
    assert_true(sees("echo x >../agent-01/a/b/c/x"));
    assert_true(sees("mv ../agent-01/a ../agent-01/z"));
    assert_true(sees("echo y >../agent-01/z/b/c/x"));
    assert_true(sees("echo x >>../clone/numbers"));
}

static void test_refs(void **state)
{
    (void)state;
    assert_true(sees("git commit -q --allow-empty -m x"));
    assert_true(sees("git update-ref refs/heads/new/branch HEAD"));
    assert_true(sees("git update-ref refs/heads/new/branch HEAD^"));
    assert_true(sees("git pack-refs --all"));
    assert_true(sees("git -C ../clone commit -q --allow-empty -m y"));
    assert_true(sees("git -C ../agent-01 checkout -q --detach"));
}

static void test_slots(void **state)
{
    (void)state;
    assert_true(sees("git worktree add -q -b b ../agent-03"));
    assert_true(sees("echo x >>../agent-03/numbers"));
    assert_true(sees("git worktree remove --force ../agent-03"));
}

static void test_what_is_ignored(void **state)
{
    (void)state;
    repo_run("echo x >../agent-01/build/x");
    assert_false(seen_within(100));
    /* Looking is no change. */
    char *text = NULL;
    assert_int_equal(society_git_conflicts(*state, NULL, &text), 0);
    assert_false(seen_within(100));
    society_free(text);
    assert_int_equal(society_git_watch_take(following), 0);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(test_##name, setup, teardown)
    const struct CMUnitTest tests[] = {
        TEST(files),
        TEST(refs),
        TEST(slots),
        TEST(what_is_ignored),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
