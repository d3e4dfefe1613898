/* SPDX-License-Identifier: MIT */
/*
 * Conflicts of every kind, in paths and lines; states that are not committed; and bad names.
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

static soc_json *pairs;

/* A branch `name` from main, with what the command leaves in the working tree. */
static void branch(const char *name, const char *command)
{
    repo_run(
        "git checkout -q -B %s main && { %s\n} && git add -A && git commit -qm %s --allow-empty && "
        "git checkout -q main",
        name, command, name);
}

/* The conflicts of these names as `a/b/base: path kind lines; ...`, a line a pair. */
static const char *conflicts(society_git *git, const char *names)
{
    static char out[4096];
    size_t at = 0;
    char *text = NULL;
    if (!society_git_dir(git))
        assert_int_equal(society_git_open(git, repo_path("")), 0);
    int result = society_git_conflicts(git, names, &text);
    assert_true(result >= 0);
    pairs = soc_json_parse(text, strlen(text), NULL);
    assert_int_equal(soc_json_count(pairs), result);
    out[0] = '\0';
    for (int i = 0; i < result; i++) {
        const soc_json *pair = soc_json_item(pairs, (size_t)i);
        const soc_json *paths = soc_json_get(pair, "paths");
        at += (size_t)snprintf(out + at, sizeof out - at, "%s%s/%s%s:", i > 0 ? "\n" : "",
                               soc_json_get_string(pair, "a"), soc_json_get_string(pair, "b"),
                               soc_json_get_bool(pair, "base", false) ? "/base" : "");
        for (size_t j = 0; j < soc_json_count(paths); j++) {
            const soc_json *path = soc_json_item(paths, j);
            struct soc_strbuf lines = SOC_STRBUF_INIT;
            if (soc_json_kind(soc_json_get(path, "lines")) == SOC_JSON_OBJECT)
                soc_json_dump(soc_json_get(path, "lines"), &lines);
            at += (size_t)snprintf(out + at, sizeof out - at, " %s %s %s;",
                                   soc_json_get_string(path, "path"),
                                   soc_json_get_string(path, "kind"), lines.data ? lines.data : "");
            soc_strbuf_free(&lines);
        }
    }
    soc_json_free(pairs);
    society_free(text);
    return out;
}

static void test_lines(void **state)
{
    branch("a", "sed -i '3s/.*/three/; 10d; 18,19s/^/a/' numbers");
    branch("b", "sed -i '3s/.*/drei/; 10s/.*/zehn/; 15s/.*/fifteen/; 19s/^/b/' numbers");
    assert_string_equal(
        conflicts(*state, "[\"a\",\"b\"]"),
        "a/b: numbers content {\"a\":[[3,3],[10,9],[17,18]],\"b\":[[3,3],[10,10],[19,19]]};");
    /* The same change on both sides is none; touching ones are. */
    branch("c", "sed -i '3s/.*/three/; 5s/.*/five/' numbers");
    branch("d", "sed -i '3s/.*/three/; 6s/.*/six/' numbers");
    assert_string_equal(conflicts(*state, "[\"c\",\"d\"]"),
                        "c/d: numbers content {\"a\":[[5,5]],\"b\":[[6,6]]};");
    branch("e", "sed -i '3s/.*/three/; 12s/.*/twelve/' numbers");
    assert_string_equal(conflicts(*state, "[\"c\",\"e\"]"), "");
}

static void test_kinds(void **state)
{
    repo_run("printf 'a\\0b' >binary && seq 40 >moved && seq 50 60 >gone && mkdir dir && seq 70 99 "
             ">dir/x && "
             "echo t >t && git add . && git commit -qm more");
    branch("a",
           "printf 'a\\0c' >binary; git mv moved there; rm gone; echo new >new; git mv dir other; "
           "rm t; ln -s numbers t");
    branch("b", "printf 'a\\0d' >binary; git mv moved elsewhere; echo 61 >>gone; echo neu >new; "
                "echo y >dir/y; echo more >>t");
    assert_string_equal(
        conflicts(*state, "[\"a\",\"b\"]"),
        "a/b: binary binary ; elsewhere rename ; gone delete ; moved rename ; "
        "new add {\"a\":[[1,1]],\"b\":[[1,1]]}; t mode ; there rename ; other/y location ;");
}

static void test_a_renamed_file(void **state)
{
    branch("a", "git mv numbers renamed && sed -i '5s/.*/five/' renamed");
    branch("b", "sed -i '5s/.*/cinq/' numbers");
    branch("c", "sed -i '15s/.*/quinze/' numbers");
    assert_string_equal(conflicts(*state, "[\"a\",\"b\"]"),
                        "a/b: renamed content {\"a\":[[5,5]],\"b\":[[5,5]]};");
    assert_string_equal(conflicts(*state, "[\"a\",\"c\"]"), "");
}

static void test_the_mode_of_a_binary_file(void **state)
{
    repo_run("printf 'a\\0b' >binary && git add . && git commit -qm more");
    branch("a", "printf 'a\\0c' >binary");
    branch("b", "chmod 755 binary");
    assert_string_equal(conflicts(*state, "[\"a\",\"b\"]"), "");
}

/* Two merges each way: more than one merge base. */
static void test_criss_cross(void **state)
{
    branch("a", "sed -i '5s/.*/five/' numbers");
    branch("b", "sed -i '15s/.*/fifteen/' numbers");
    repo_run("git checkout -q a && git tag was-a && git merge -q -m m b && git checkout -q b && "
             "git merge -q -m m was-a && sed -i '5s/.*/funf/' numbers && git commit -qam x && "
             "git checkout -q a && sed -i '10s/.*/ten/' numbers && git commit -qam y && git "
             "checkout -q main");
    assert_string_equal(conflicts(*state, "[\"a\",\"b\"]"), "");
    repo_run("git checkout -q a && sed -i '5s/.*/cinq/' numbers && git commit -qam z && git "
             "checkout -q main");
    assert_string_equal(conflicts(*state, "[\"a\",\"b\"]"),
                        "a/b: numbers content {\"a\":[[5,5]],\"b\":[[5,5]]};");
}

static void make_slots(void)
{
    repo_run("git worktree add -q -b one ../agent-01 && git worktree add -q -b two ../agent-02 && "
             "echo main >.git/worktrees/agent-01/society-base");
}

static void test_uncommitted(void **state)
{
    make_slots();
    assert_string_equal(conflicts(*state, NULL), "");
    repo_run("cd ../agent-01 && sed -i '5s/.*/five/' numbers && git add numbers && sed -i "
             "'6s/.*/six/' numbers && "
             "echo x >untracked && rm -f z && chmod 755 numbers");
    repo_run("cd ../agent-02 && sed -i '6s/.*/sechs/' numbers && echo y >untracked && echo "
             "untracked2 >only");
    assert_string_equal(conflicts(*state, NULL),
                        "agent-01/agent-02: numbers content {\"a\":[[5,6]],\"b\":[[6,6]]}; "
                        "untracked add {\"a\":[[1,1]],\"b\":[[1,1]]};");
    /* What is ignored is nobody's business. */
    repo_run("echo untracked >.git/info/exclude; cd ../agent-02 && git checkout -q numbers");
    assert_string_equal(conflicts(*state, NULL), "");
    repo_run("rm ../agent-01/numbers && echo 21 >>../agent-02/numbers");
    assert_string_equal(conflicts(*state, NULL), "agent-01/agent-02: numbers delete ;");
    repo_run("echo 22 >>numbers && git commit -qam base");
    assert_string_equal(
        conflicts(*state, NULL),
        "agent-01/main/base: numbers delete ;\nagent-01/agent-02: numbers delete ;");
}

static void test_a_merge_under_way(void **state)
{
    make_slots();
    repo_run("sed -i '5s/.*/five/' numbers && git commit -qam five");
    repo_run("cd ../agent-01 && sed -i '5s/.*/cinq/' numbers && git commit -qam cinq && ! git "
             "merge -q main >../log");
    repo_run("cd ../agent-01 && printf '1\\n2\\n3\\n4\\nboth\\n' >numbers && seq 6 20 >>numbers");
    /* Solved in the working tree, if not yet committed. */
    assert_string_equal(conflicts(*state, "[\"agent-01\",\"main\"]"), "");
    assert_string_equal(repo_says("cd ../agent-01 && git ls-files --unmerged | wc -l"), "3");
}

static void test_what_is_no_text_file(void **state)
{
    make_slots();
    repo_run("mkfifo ../agent-01/fifo && ln -s nowhere ../agent-01/link && ln -s elsewhere "
             "../agent-02/link && "
             "git init -q ../agent-02/inner && echo x >../agent-02/inner/x");
    assert_string_equal(conflicts(*state, NULL), "agent-01/agent-02: link mode ;");
    repo_run(
        "head -c 40000000 /dev/zero >../agent-01/large && cp ../agent-01/large ../agent-02/large");
    assert_string_equal(conflicts(*state, NULL), "agent-01/agent-02: link mode ;");
    repo_run("echo >>../agent-02/large");
    assert_string_equal(conflicts(*state, NULL), "agent-01/agent-02: large binary ; link mode ;");
    assert_string_equal(repo_says("find .git -newer ../agent-02/large -type f"), "");
}

static void test_bad_names(void **state)
{
    society_git *git = *state;
    char *text = (char *)state;
    assert_int_equal(society_git_conflicts(git, NULL, &text), SOCIETY_E_GIT);
    assert_int_equal(society_git_open(git, repo_path("")), 0);
    assert_int_equal(society_git_conflicts(git, "[\"nothing\"]", &text), SOCIETY_E_NOT_FOUND);
    assert_non_null(
        strstr(society_git_last_message(git), "nothing is neither a slot nor a commit"));
    assert_int_equal(society_git_conflicts(git, "{}", &text), SOCIETY_E_INVALID);
    assert_int_equal(society_git_conflicts(git, "[1]", &text), SOCIETY_E_INVALID);
    assert_int_equal(society_git_conflicts(git, "[", &text), SOCIETY_E_INVALID);
    assert_int_equal(society_git_conflicts(git, "[\"main:numbers\"]", &text), SOCIETY_E_NOT_FOUND);
    assert_ptr_equal(text, state);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(test_##name, repo_setup, repo_teardown)
    const struct CMUnitTest tests[] = {
        TEST(lines),
        TEST(kinds),
        TEST(a_renamed_file),
        TEST(the_mode_of_a_binary_file),
        TEST(criss_cross),
        TEST(uncommitted),
        TEST(a_merge_under_way),
        TEST(what_is_no_text_file),
        TEST(bad_names),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
