/* SPDX-License-Identifier: MIT */
/*
 * Names turned into paths of the project: by text, over links, and in the worktrees of a repository
 * that is laid out by hand.
 */
#include "own_path.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "harness/die.h"
#include "harness/files.h"
#include "harness/tmp.h"
#include "harness/unit.h"

static char *base;
static society *s;
static struct soc_own_root root;
static struct soc_error error;

static const char *in_base(const char *name)
{
    static char paths[8][1024];
    static int next;
    char *path = paths[next++ % 8];

    snprintf(path, sizeof paths[0], "%s/%s", base, name);
    return path;
}

static void make_directory(const char *name)
{
    if (mkdir(in_base(name), 0777) < 0)
        die("mkdir %s", in_base(name));
}

/* A repository in `main` with a linked worktree beside it and one inside it, and another project. */
static void lay_out(void)
{
    static const char *const directories[] = {
        "main",     "main/.git", "main/.git/worktrees",   "main/.git/worktrees/a",
        "main/sub", "wt",        "main/.git/worktrees/b", "main/slots",
        "wt/sub",   "other",     "main/slots/b",          "main/[x]",
    };
    char text[1100];

    for (size_t i = 0; i < sizeof directories / sizeof directories[0]; i++)
        make_directory(directories[i]);
    write_text(in_base("main/.git/worktrees/a/commondir"), "../..\n");
    write_text(in_base("main/.git/worktrees/b/commondir"), "../..\n");
    snprintf(text, sizeof text, "gitdir: %s/main/.git/worktrees/a\n", base);
    write_text(in_base("wt/.git"), text);
    snprintf(text, sizeof text, "gitdir: %s/main/.git/worktrees/b\n", base);
    write_text(in_base("main/slots/b/.git"), text);
    if (symlink("main", in_base("link")) < 0)
        die("symlink");
}

static void open_in(const char *directory)
{
    assert_int_equal(society_new(&s), 0);
    assert_true(society_init(s, in_base(directory), "test", 0) >= 0);
    assert_int_equal(soc_own_root(s, &root), 0);
}

static int setup(void **state)
{
    (void)state;
    base = tmp_make();
    lay_out();
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    soc_own_root_free(&root);
    society_close(s);
    tmp_remove(base);
    return 0;
}

/* "@/…" lies in the test's directory. */
static const char *convert(const char *text, bool is_pattern)
{
    static char got[1024];
    SOC_AUTO_STRBUF struct soc_strbuf out = SOC_STRBUF_INIT;
    const char *given = text[0] == '@' ? in_base(text + 2) : text;
    int result = is_pattern ? soc_own_pattern(&root, given, &out, &error)
                            : soc_own_path(&root, given, &out, &error);

    snprintf(got, sizeof got, "%s", result < 0 ? society_error_name(result) : out.data);
    return got;
}

static const char *pattern(const char *text)
{
    return convert(text, true);
}

static const char *path(const char *text)
{
    return convert(text, false);
}

static void test_relative(void **state)
{
    (void)state;
    open_in("main");
    assert_string_equal(pattern("src/*.c"), "src/*.c");
    assert_string_equal(pattern("./src//x/"), "src/x/**");
    assert_string_equal(pattern("."), "**");
    assert_string_equal(pattern("../other/x"), "INVALID");
    assert_string_equal(pattern("src/../../x"), "INVALID");
    assert_string_equal(pattern(""), "INVALID");
    assert_string_equal(path("src/a[1].c"), "src/a[1].c");
    assert_string_equal(path("./src//a.c"), "src/a.c");
    assert_string_equal(path("src/..c"), "src/..c");
    assert_string_equal(path("src/.."), "INVALID");
    assert_string_equal(path("."), "INVALID");
    assert_string_equal(path(""), "INVALID");
}

static void test_absolute(void **state)
{
    (void)state;
    open_in("main");
    assert_string_equal(pattern("@/main/src/**"), "src/**");
    assert_string_equal(pattern("@/main"), "**");
    assert_string_equal(pattern("@/main/"), "**");
    assert_string_equal(pattern("@/mainly/x"), "INVALID");
    assert_non_null(strstr(error.text, "lies outside the project"));
    assert_string_equal(pattern("@/other/x"), "INVALID");
    assert_string_equal(pattern("/etc/passwd"), "INVALID");
    assert_string_equal(pattern("/"), "INVALID");
    assert_string_equal(path("@/main/src/a.c"), "src/a.c");
    assert_string_equal(path("@/main/new/dir/a.c"), "new/dir/a.c");
}

static void test_links(void **state)
{
    (void)state;
    open_in("link");
    assert_string_equal(root.path.data, in_base("main"));
    assert_string_equal(pattern("@/link/src/*.c"), "src/*.c");
    assert_string_equal(path("@/link/new/a.c"), "new/a.c");
    assert_string_equal(path("@/link/sub"), "sub");
}

static void test_worktrees(void **state)
{
    (void)state;
    open_in("main");
    assert_string_equal(pattern("@/wt/src/*.c"), "src/*.c");
    assert_string_equal(path("@/wt/sub/a.c"), "sub/a.c");
    assert_string_equal(pattern("@/wt"), "**");
    assert_string_equal(path("@/main/slots/b/src/a.c"), "src/a.c");
    assert_string_equal(path("slots/b/src/a.c"), "src/a.c");
    assert_string_equal(path("slots/c/src/a.c"), "slots/c/src/a.c");
    assert_string_equal(pattern("slots/*/src/a.c"), "slots/*/src/a.c");
    /* Another repository within has files of the project, as one in the main worktree has. */
    make_directory("wt/module");
    make_directory("wt/module/.git");
    assert_string_equal(path("@/wt/module/a.c"), "module/a.c");
    assert_string_equal(pattern("@/wt/module/**"), "module/**");
    make_directory("main/module");
    make_directory("main/module/.git");
    assert_string_equal(path("@/main/module/a.c"), "module/a.c");
}

/* A clone that was made for an agent has the project's files, too; any other clone is elsewhere. */
static void test_clones(void **state)
{
    char text[600];

    (void)state;
    open_in("main");
    assert_int_equal(mkdir(in_base("clone"), 0700), 0);
    assert_int_equal(mkdir(in_base("clone/.git"), 0700), 0);
    assert_string_equal(path("@/clone/src/a.c"), "INVALID");
    snprintf(text, sizeof text, "%s/main/.git\n", base);
    write_text(in_base("clone/.git/society-repository"), text);
    assert_string_equal(path("@/clone/src/a.c"), "src/a.c");
    assert_string_equal(pattern("@/clone/src/*"), "src/*");
}

/* The society lies in a directory of the repository, not at its top. */
static void test_inside(void **state)
{
    (void)state;
    open_in("main/sub");
    assert_string_equal(root.inside.data, "sub");
    assert_string_equal(path("@/main/sub/a.c"), "a.c");
    assert_string_equal(path("@/wt/sub/a.c"), "a.c");
    assert_string_equal(path("@/wt/a.c"), "INVALID");
    assert_string_equal(path("@/main/a.c"), "INVALID");
}

/* A directory's name may hold what is special in a pattern. */
static void test_special_names(void **state)
{
    (void)state;
    open_in("main/[x]");
    assert_string_equal(pattern("@/main/[x]/*.c"), "*.c");
    assert_string_equal(pattern("@/main/\\[x]/*.c"), "*.c");
    assert_string_equal(path("@/main/[x]/*.c"), "*.c");
    assert_string_equal(pattern("a\\*b"), "a\\*b");
}

static void test_case(void **state)
{
    struct stat st;

    (void)state;
    open_in("main");
    assert_int_equal(root.ignore_case, stat(in_base("main/.SOCIETY-AGENT"), &st) == 0);
    soc_own_root_free(&root);
    /* What a file system that ignores case would answer. */
    if (symlink(".society-agent", in_base("main/.SOCIETY-AGENT")) == 0) {
        assert_int_equal(soc_own_root(s, &root), 0);
        assert_true(root.ignore_case);
    }
}

static void test_lists(void **state)
{
    int result = 0;

    (void)state;
    open_in("main");
    assert_null(soc_own_patterns(s, &root, NULL, &result));
    assert_int_equal(result, SOCIETY_E_INVALID);
    assert_null(soc_own_patterns(s, &root, "[]", &result));
    assert_null(soc_own_patterns(s, &root, "{\"a\":1}", &result));
    assert_null(soc_own_patterns(s, &root, "[1]", &result));
    assert_null(soc_own_patterns(s, &root, "[\"a\"", &result));
    assert_null(soc_own_paths(s, &root, "[\"a\",\"../b\"]", &result));
    assert_int_equal(result, SOCIETY_E_INVALID);
    SOC_AUTO_JSON soc_json *list = soc_own_patterns(s, &root, "[\"a/\",\"b\"]", &result);
    assert_int_equal(result, 0);
    assert_string_equal(soc_json_string(soc_json_item(list, 0)), "a/**");
    assert_int_equal(soc_json_count(list), 2);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
    const struct CMUnitTest tests[] = {
        TEST(test_relative),      TEST(test_absolute), TEST(test_links),
        TEST(test_worktrees),     TEST(test_clones),   TEST(test_inside),
        TEST(test_special_names), TEST(test_case),     TEST(test_lists),
    };

    return cmocka_run_group_tests_name("own_path", tests, NULL, NULL);
}
