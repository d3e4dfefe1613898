/* SPDX-License-Identifier: MIT */
/*
 * The layout of git repositories, laid out by hand as git does it: main worktrees, linked ones,
 * submodules, and damage.
 */
#include "git.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "harness/files.h"
#include "harness/internal/faults.h"
#include "harness/tmp.h"
#include "harness/unit.h"

static char *tmp;
static struct soc_git git;

static const char *path(const char *name)
{
    static char paths[32][512];
    static int next;
    char *out = paths[next++ % 32];

    snprintf(out, sizeof(paths[0]), "%s%s%s", tmp, *name ? "/" : "", name);
    return out;
}

static void make(const char *name)
{
    assert_int_equal(mkdir(path(name), 0700), 0);
}

static int setup(void **state)
{
    (void)state;
    tmp = tmp_make();
    git = (struct soc_git)SOC_GIT_INIT;
    faults_install();
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    faults_remove();
    soc_git_free(&git);
    tmp_remove(tmp);
    return 0;
}

/* A repository `main` with a linked worktree `side`. */
static void make_worktrees(const char *commondir)
{
    char text[600];

    make("main");
    make("main/.git");
    make("main/.git/worktrees");
    make("main/.git/worktrees/side");
    make("side");
    make("side/deep");
    snprintf(text, sizeof(text), "gitdir: %s\n", path("main/.git/worktrees/side"));
    write_text(path("side/.git"), text);
    write_text(path("main/.git/worktrees/side/commondir"), commondir);
}

static void test_nothing(void **state)
{
    (void)state;
    make("a");
    assert_int_equal(soc_git_find(path("a"), &git), 0);
    assert_int_equal(soc_git_find("/", &git), 0);
    assert_int_equal(soc_git_find("", &git), 0);
}

static void test_a_main_worktree(void **state)
{
    SOC_AUTO_STRBUF struct soc_strbuf root = SOC_STRBUF_INIT;

    (void)state;
    make_worktrees("../..\n");
    assert_int_equal(soc_git_find(path("main"), &git), 1);
    assert_string_equal(git.root.data, path("main"));
    assert_string_equal(git.dir.data, path("main/.git"));
    assert_string_equal(git.common.data, path("main/.git"));
    assert_false(git.linked);
    assert_true(soc_git_main_root(&git, &root));
    assert_string_equal(root.data, path("main"));
}

static void test_a_linked_worktree(void **state)
{
    SOC_AUTO_STRBUF struct soc_strbuf root = SOC_STRBUF_INIT;

    (void)state;
    make_worktrees("../..\n");
    assert_int_equal(soc_git_find(path("side/deep"), &git), 1);
    assert_string_equal(git.root.data, path("side"));
    assert_string_equal(git.dir.data, path("main/.git/worktrees/side"));
    assert_true(git.linked);
    assert_true(soc_git_main_root(&git, &root));
    assert_string_equal(root.data, path("main"));
}

static void test_relative_and_absolute_paths(void **state)
{
    SOC_AUTO_STRBUF struct soc_strbuf root = SOC_STRBUF_INIT;

    (void)state;
    make_worktrees(path("main/.git"));
    write_text(path("side/.git"), "gitdir: ../main/.git/worktrees/side");
    assert_int_equal(soc_git_find(path("side"), &git), 1);
    assert_true(git.linked);
    assert_true(soc_git_main_root(&git, &root));
    assert_string_equal(root.data, path("main"));
}

static void test_a_submodule(void **state)
{
    SOC_AUTO_STRBUF struct soc_strbuf root = SOC_STRBUF_INIT;

    (void)state;
    make_worktrees("../..\n");
    assert_int_equal(unlink(path("main/.git/worktrees/side/commondir")), 0);
    assert_int_equal(soc_git_find(path("side"), &git), 1);
    assert_false(git.linked);
    assert_string_equal(git.common.data, git.dir.data);
    assert_false(soc_git_main_root(&git, &root));
}

static void test_a_bare_repository(void **state)
{
    SOC_AUTO_STRBUF struct soc_strbuf root = SOC_STRBUF_INIT;

    (void)state;
    make_worktrees(path("bare"));
    assert_int_equal(soc_git_find(path("side"), &git), 1);
    assert_false(soc_git_main_root(&git, &root)); /* it does not exist */
    make("bare");
    assert_false(soc_git_main_root(&git, &root)); /* it is not called .git */
}

static void test_what_it_is_of(void **state)
{
    struct soc_strbuf of = SOC_STRBUF_INIT;

    (void)state;
    make("clone");
    make("clone/.git");
    assert_int_equal(soc_git_find(path("clone"), &git), 1);
    assert_false(soc_git_origin(&git, &of));
    write_text(path("clone/.git/society-repository"), "/some/where/.git\n");
    assert_true(soc_git_origin(&git, &of));
    assert_string_equal(of.data, "/some/where/.git");
    soc_git_free(&git);
    make_worktrees("../..\n");
    assert_int_equal(soc_git_find(path("side"), &git), 1);
    assert_true(soc_git_origin(&git, &of));
    assert_string_equal(of.data, git.common.data);
    soc_strbuf_free(&of);
}

static void test_damage(void **state)
{
    (void)state;
    make("a");
    write_text(path("a/.git"), "");
    assert_int_equal(soc_git_find(path("a"), &git), 0);
    write_text(path("a/.git"), "nonsense\n");
    assert_int_equal(soc_git_find(path("a"), &git), 0);
    assert_int_equal(unlink(path("a/.git")), 0);
    assert_int_equal(mkfifo(path("a/.git"), 0600), 0);
    assert_int_equal(soc_git_find(path("a"), &git), 0);
    /* What is damaged is passed over on the way up. */
    make(".git");
    assert_int_equal(soc_git_find(path("a"), &git), 1);
    assert_string_equal(git.root.data, path(""));
}

static void test_reading_a_line(void **state)
{
    SOC_AUTO_STRBUF struct soc_strbuf line = SOC_STRBUF_INIT;

    (void)state;
    assert_false(soc_git_read_line(path("missing"), &line));
    write_text(path("f"), "one\ntwo\n");
    assert_true(soc_git_read_line(path("f"), &line));
    assert_string_equal(line.data, "one");
    write_text(path("f"), "one");
    assert_true(soc_git_read_line(path("f"), &line));
    assert_string_equal(line.data, "one");
    write_text(path("f"), "\ntwo\n");
    assert_false(soc_git_read_line(path("f"), &line));
    write_file(path("f"), "a\0b\n", 4);
    assert_false(soc_git_read_line(path("f"), &line));
    write_text(path("f"), "one\n");
    faults_at(FAULT_READ, 1, EIO);
    assert_false(soc_git_read_line(path("f"), &line));
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
    const struct CMUnitTest tests[] = {
        TEST(test_nothing),           TEST(test_a_main_worktree),
        TEST(test_a_linked_worktree), TEST(test_relative_and_absolute_paths),
        TEST(test_a_submodule),       TEST(test_a_bare_repository),
        TEST(test_what_it_is_of),     TEST(test_damage),
        TEST(test_reading_a_line),
    };

    return cmocka_run_group_tests_name("git", tests, NULL, NULL);
}
