/* SPDX-License-Identifier: MIT */
/*
 * Who is speaking: by name, by environment, by the worktree.
 */
#include "identity.h"

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
static char id[SOC_ID_MAX + 1];
static struct soc_error error;

static void forget(void)
{
    unsetenv("SOCIETY_AGENT");
    unsetenv("SOCIETY_AGENT_ID");
    unsetenv("AMEIDE_AGENT_ID");
}

static int setup(void **state)
{
    (void)state;
    tmp = tmp_make();
    forget();
    before = open(".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    return before < 0 || chdir(tmp) < 0 ? -1 : 0;
}

static int teardown(void **state)
{
    (void)state;
    forget();
    if (fchdir(before) < 0)
        return -1;
    close(before);
    tmp_remove(tmp);
    return 0;
}

static const char *identify(const char *agent)
{
    int result = soc_identify(agent, id, &error);

    return result == 0 ? id : society_error_name(result);
}

static void test_by_name(void **state)
{
    char longest[66];

    (void)state;
    assert_string_equal(identify("backend-001"), "backend-001");
    assert_string_equal(identify(""), "INVALID");
    assert_string_equal(identify("all"), "INVALID");
    assert_string_equal(identify("a/b"), "INVALID");
    assert_non_null(strstr(error.text, "agent: \"a/b\" is not an agent id"));
    memset(longest, 'a', 65);
    longest[65] = '\0';
    assert_string_equal(identify(longest), "INVALID");
    longest[64] = '\0';
    assert_string_equal(identify(longest), longest);
}

static void test_by_environment(void **state)
{
    (void)state;
    assert_string_equal(identify(NULL), "NO_AGENT");
    assert_string_equal(error.text,
                        "no agent: say who is speaking with --agent ID or SOCIETY_AGENT=ID");
    setenv("AMEIDE_AGENT_ID", "host-agent-07-x", 1);
    assert_string_equal(identify(NULL), "agent-07");
    setenv("AMEIDE_AGENT_ID", "plain", 1);
    assert_string_equal(identify(NULL), "plain");
    setenv("SOCIETY_AGENT_ID", "second-agent-01", 1);
    assert_string_equal(identify(NULL), "second-agent-01");
    setenv("SOCIETY_AGENT", "", 1);
    assert_string_equal(identify(NULL), "second-agent-01");
    setenv("SOCIETY_AGENT", "first", 1);
    assert_string_equal(identify(NULL), "first");
    assert_string_equal(identify("named"), "named");
    setenv("SOCIETY_AGENT", "not an id", 1);
    assert_string_equal(identify(NULL), "INVALID");
    assert_non_null(strstr(error.text, "SOCIETY_AGENT: \"not an id\""));
}

static void test_by_worktree(void **state)
{
    (void)state;
    assert_int_equal(mkdir("main", 0700), 0);
    assert_int_equal(mkdir("main/.git", 0700), 0);
    assert_int_equal(mkdir("main/.git/worktrees", 0700), 0);
    assert_int_equal(mkdir("main/.git/worktrees/side", 0700), 0);
    assert_int_equal(mkdir("project-agent-03", 0700), 0);
    write_text("project-agent-03/.git", "gitdir: ../main/.git/worktrees/side\n");
    write_text("main/.git/worktrees/side/commondir", "../..\n");
    assert_int_equal(chdir("project-agent-03"), 0);
    assert_string_equal(identify(NULL), "agent-03");
    write_text("../main/.git/worktrees/side/society-agent", "reviewer\n");
    assert_string_equal(identify(NULL), "reviewer");
    write_text("../main/.git/worktrees/side/society-agent", "not an id\n");
    assert_string_equal(identify(NULL), "INVALID");
    assert_non_null(strstr(error.text, "worktrees/side/society-agent: \"not an id\""));
    /* The main worktree is nobody's, whatever its name is. */
    assert_int_equal(rename("../main", "../agent-01"), 0);
    assert_int_equal(chdir("../agent-01"), 0);
    assert_string_equal(identify(NULL), "NO_AGENT");
    /* But a clone that was made for an agent. */
    write_text(".git/society-agent", "agent-05\n");
    assert_string_equal(identify(NULL), "agent-05");
    assert_int_equal(mkdir("../agent-09", 0700), 0);
    assert_int_equal(chdir("../agent-09"), 0);
    assert_string_equal(identify(NULL), "NO_AGENT");
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
    const struct CMUnitTest tests[] = {
        TEST(test_by_name),
        TEST(test_by_environment),
        TEST(test_by_worktree),
    };

    return cmocka_run_group_tests_name("identity", tests, NULL, NULL);
}
