/* SPDX-License-Identifier: MIT */
/*
 * The handle on a repository: what it opens, from where, and what it says when it can't.
 */
#include <errno.h>
#include <society/git.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "harness/git/repo.h"
#include "harness/unit.h"

static void test_main_worktree(void **state)
{
    society_git *git = *state;
    repo_run("mkdir sub");
    assert_null(society_git_dir(git));
    assert_int_equal(society_git_open(git, repo_path("sub")), 0);
    assert_string_equal(society_git_dir(git), repo_path(".git"));
    assert_string_equal(society_git_root(git), repo_path(""));
    assert_int_equal(society_git_open(git, repo_path("")), -EBUSY);
    assert_non_null(strstr(society_git_last_message(git), "is open already"));
}

static void test_linked_worktree(void **state)
{
    society_git *git = *state;
    repo_run("git worktree add -q -b side ../side");
    assert_int_equal(society_git_open(git, repo_path("../side")), 0);
    assert_string_equal(society_git_dir(git), repo_path(".git"));
    assert_string_equal(society_git_root(git), repo_path(""));
}

static void test_bare(void **state)
{
    society_git *git = *state;
    repo_run("git clone -q --bare . ../bare.git");
    assert_int_equal(society_git_open(git, repo_path("../bare.git")), 0);
    assert_null(society_git_root(git));
    assert_non_null(strstr(society_git_dir(git), "/bare.git"));
}

static void test_clone_of_a_slot(void **state)
{
    society_git *git = *state;
    repo_run(
        "git clone -q . ../clone && pwd -P | sed 's|$|/.git|' >../clone/.git/society-repository");
    assert_int_equal(society_git_open(git, repo_path("../clone")), 0);
    assert_string_equal(society_git_dir(git), repo_path(".git"));
}

static void test_none(void **state)
{
    society_git *git = *state;
    repo_run("mkdir ../plain");
    assert_int_equal(society_git_open(git, repo_path("../plain")), SOCIETY_E_NOT_FOUND);
    assert_non_null(strstr(society_git_last_message(git), "plain"));
    assert_int_equal(society_git_open(git, repo_path("missing")), -ENOENT);
    /* Damage is not absence. */
    repo_run("echo '[core' >.git/config");
    assert_int_equal(society_git_open(git, repo_path("")), SOCIETY_E_GIT);
    assert_null(society_git_dir(git));
}

static void test_extensions(void **state)
{
    society_git *git = *state;
    repo_run(
        "git config core.repositoryFormatVersion 1 && git config extensions.worktreeConfig true");
    assert_int_equal(society_git_open(git, repo_path("")), 0);
}

/* Another handle, and so another process, has to wait until the first is closed. */
static void test_lock(void **state)
{
    society_git *git = *state;
    society_git *other = NULL;
    assert_int_equal(society_git_lock(git, 0), SOCIETY_E_GIT);
    assert_int_equal(society_git_open(git, repo_path("")), 0);
    assert_int_equal(society_git_lock(git, 0), 0);
    assert_int_equal(society_git_lock(git, 0), 0);
    assert_int_equal(society_git_new(&other), 0);
    assert_int_equal(society_git_open(other, repo_path("")), 0);
    assert_int_equal(society_git_lock(other, 0), SOCIETY_E_TIMEOUT);
    assert_non_null(strstr(society_git_last_message(other), "society-slots.lock"));
    society_git_close(git);
    assert_int_equal(society_git_lock(other, 0), 0);
    *state = other;
}

static void test_fork(void **state)
{
    society_git *git = *state;
    int status = -1;
    pid_t pid = fork();
    if (pid == 0)
        _exit(society_git_open(git, repo_path("")) == -ECHILD ? 0 : 1);
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_int_equal(status, 0);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(test_##name, repo_setup, repo_teardown)
    const struct CMUnitTest tests[] = {
        TEST(main_worktree), TEST(linked_worktree), TEST(bare), TEST(clone_of_a_slot),
        TEST(none),          TEST(extensions),      TEST(lock), TEST(fork),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
