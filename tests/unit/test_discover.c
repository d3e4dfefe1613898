/* SPDX-License-Identifier: MIT */
/*
 * Which directory is meant: by name, by environment, by where the program stands, and by the main
 * worktree of where it stands.
 */
#include "discover.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "harness/files.h"
#include "harness/tmp.h"
#include "harness/unit.h"

static char *tmp;
static int before; /* the working directory */
static struct soc_strbuf found;
static struct soc_error error;

static const char *path(const char *name)
{
    static char paths[8][512];
    static int next;
    char *out = paths[next++ % 8];

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
    unsetenv("SOCIETY_DIR");
    before = open(".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    return before < 0 ? -1 : 0;
}

static int teardown(void **state)
{
    (void)state;
    unsetenv("SOCIETY_DIR");
    if (fchdir(before) < 0)
        return -1;
    close(before);
    soc_strbuf_free(&found);
    tmp_remove(tmp);
    return 0;
}

static int discover(const char *dir)
{
    soc_strbuf_clear(&found);
    return soc_discover(dir, &found, &error);
}

static void test_by_name(void **state)
{
    (void)state;
    make("p");
    assert_int_equal(discover(path("missing")), SOCIETY_E_NO_SOCIETY);
    assert_non_null(strstr(error.text, "missing is not a directory"));
    assert_int_equal(discover(path("p")), SOCIETY_E_NO_SOCIETY);
    assert_non_null(strstr(error.text, "is not a society; make one with society-init"));
    make("p/.society-agent");
    assert_int_equal(discover(path("p")), 0);
    assert_string_equal(found.data, path("p/.society-agent"));
    assert_int_equal(discover(path("p/.society-agent")), 0);
    assert_string_equal(found.data, path("p/.society-agent"));
    /* A directory of another name, by what it holds. */
    make("other");
    write_text(path("other/messages.jsonl"), "");
    assert_int_equal(discover(path("other")), 0);
    assert_string_equal(found.data, path("other"));
}

static void test_through_a_link(void **state)
{
    (void)state;
    make("real");
    make("p");
    assert_int_equal(symlink(path("real"), path("p/.society-agent")), 0);
    assert_int_equal(discover(path("p")), 0);
    assert_string_equal(found.data, path("p/.society-agent"));
}

static void test_by_environment(void **state)
{
    (void)state;
    make("p");
    make("p/.society-agent");
    setenv("SOCIETY_DIR", path("p"), 1);
    assert_int_equal(discover(NULL), 0);
    assert_string_equal(found.data, path("p/.society-agent"));
    setenv("SOCIETY_DIR", path("missing"), 1);
    assert_int_equal(discover(NULL), SOCIETY_E_NO_SOCIETY);
    assert_int_equal(strncmp(error.text, "SOCIETY_DIR: ", 13), 0);
    assert_int_equal(discover(path("p")), 0);
    setenv("SOCIETY_DIR", "", 1);
    assert_int_equal(chdir(path("p")), 0);
    assert_int_equal(discover(NULL), 0);
}

static void test_upwards(void **state)
{
    (void)state;
    make("p");
    make("p/a");
    make("p/a/b");
    assert_int_equal(chdir(path("p/a/b")), 0);
    assert_int_equal(discover(NULL), SOCIETY_E_NO_SOCIETY);
    assert_non_null(strstr(error.text, "no society: no .society-agent at or above "));
    write_text(path("p/a/.society-agent"), "no directory");
    make("p/.society-agent");
    assert_int_equal(discover(NULL), 0);
    assert_string_equal(found.data, path("p/.society-agent"));
    make("p/a/b/.society-agent");
    assert_int_equal(discover(NULL), 0);
    assert_string_equal(found.data, path("p/a/b/.society-agent"));
    assert_int_equal(chdir("/"), 0);
    assert_int_equal(discover(NULL), SOCIETY_E_NO_SOCIETY);
}

/* Whoever made the link did not mean the society above. */
static void test_a_link_to_nothing(void **state)
{
    (void)state;
    make("p");
    make("p/.society-agent");
    make("p/a");
    assert_int_equal(symlink("nowhere", path("p/a/.society-agent")), 0);
    assert_int_equal(chdir(path("p/a")), 0);
    assert_int_equal(discover(NULL), SOCIETY_E_NO_SOCIETY);
    assert_non_null(strstr(error.text, "leads to no directory"));
    make("p/a/nowhere");
    assert_int_equal(discover(NULL), 0);
    assert_string_equal(found.data, path("p/a/.society-agent"));
}

static void test_the_main_worktree(void **state)
{
    char text[600];

    (void)state;
    make("main");
    make("main/.git");
    make("main/.git/worktrees");
    make("main/.git/worktrees/side");
    make("side");
    snprintf(text, sizeof(text), "gitdir: %s\n", path("main/.git/worktrees/side"));
    write_text(path("side/.git"), text);
    write_text(path("main/.git/worktrees/side/commondir"), "../..\n");
    assert_int_equal(chdir(path("side")), 0);
    assert_int_equal(discover(NULL), SOCIETY_E_NO_SOCIETY);
    make("main/.society-agent");
    assert_int_equal(discover(NULL), 0);
    assert_string_equal(found.data, path("main/.society-agent"));
    make("side/.society-agent");
    assert_int_equal(discover(NULL), 0);
    assert_string_equal(found.data, path("side/.society-agent"));
    /* In a bare repository's worktree there is no main one. */
    assert_int_equal(rmdir(path("side/.society-agent")), 0);
    write_text(path("main/.git/worktrees/side/commondir"), "/");
    assert_int_equal(discover(NULL), SOCIETY_E_NO_SOCIETY);
}

/* A clone, or a worktree of a bare repository, that was told. */
static void test_the_recorded_one(void **state)
{
    (void)state;
    make("p");
    make("p/.society-agent");
    make("clone");
    make("clone/.git");
    make("clone/src");
    assert_int_equal(chdir(path("clone/src")), 0);
    assert_int_equal(discover(NULL), SOCIETY_E_NO_SOCIETY);
    write_text(path("clone/.git/society-dir"), path("p/.society-agent"));
    assert_int_equal(discover(NULL), 0);
    assert_string_equal(found.data, path("p/.society-agent"));
    /* What was moved is not what another society is. */
    assert_int_equal(rename(path("p"), path("moved")), 0);
    assert_int_equal(discover(NULL), SOCIETY_E_NO_SOCIETY);
    assert_non_null(strstr(error.text, "/society-dir names "));
    assert_non_null(strstr(error.text, "society-worktree repair"));
    /* A relative path means nothing, and is passed over. */
    write_text(path("clone/.git/society-dir"), "../moved/.society-agent");
    assert_int_equal(discover(NULL), SOCIETY_E_NO_SOCIETY);
    assert_non_null(strstr(error.text, "make one with society-init"));
    make("clone/.society-agent");
    assert_int_equal(discover(NULL), 0);
    assert_string_equal(found.data, path("clone/.society-agent"));
}

static void test_a_repository_out_of_reach(void **state)
{
    (void)state;
    make("side");
    write_text(path("side/.git"), "gitdir: /nowhere/.git/worktrees/side\n");
    assert_int_equal(chdir(path("side")), 0);
    assert_int_equal(discover(NULL), SOCIETY_E_NO_SOCIETY);
    assert_non_null(
        strstr(error.text, "leads to /nowhere/.git/worktrees/side, which is not there"));
}

static void test_a_working_directory_that_is_gone(void **state)
{
    (void)state;
    make("gone");
    assert_int_equal(chdir(path("gone")), 0);
    assert_int_equal(rmdir(path("gone")), 0);
    assert_int_equal(discover(NULL), -ENOENT);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
    const struct CMUnitTest tests[] = {
        TEST(test_by_name),           TEST(test_through_a_link),
        TEST(test_by_environment),    TEST(test_upwards),
        TEST(test_by_environment),    TEST(test_a_link_to_nothing),
        TEST(test_the_recorded_one),  TEST(test_a_repository_out_of_reach),
        TEST(test_the_main_worktree), TEST(test_a_working_directory_that_is_gone),
    };

    return cmocka_run_group_tests_name("discover", tests, NULL, NULL);
}
