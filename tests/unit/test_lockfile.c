/* SPDX-License-Identifier: MIT */
/*
 * Lock files: their names, whom they keep out and whom not, and that none is ever there without its
 * content or left behind.
 */
#include "lockfile.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "harness/files.h"
#include "harness/internal/faults_pair.h"
#include "harness/unit.h"

#define FILE_T1 "locks/task-claim-t1.lock"
#define LEASE 60000

static void assert_name(enum soc_lockfile_kind kind, const char *subject, const char *expected)
{
    char name[SOC_LOCKFILE_NAME_MAX];

    assert_int_equal(soc_lockfile_name(kind, subject, name), 0);
    assert_string_equal(name, expected);
}

static void test_names(void **state)
{
    char path[512];
    char other[512];
    char name[SOC_LOCKFILE_NAME_MAX];
    char other_name[SOC_LOCKFILE_NAME_MAX];

    (void)state;
    assert_name(SOC_LOCKFILE_TASK, "t1", FILE_T1);
    assert_name(SOC_LOCKFILE_PATH, "src/a b.c", "locks/file-write-src%2Fa%20b.c.lock");
    assert_name(SOC_LOCKFILE_PATH, "../\xc3\xa9%", "locks/file-write-..%2F%C3%A9%25.lock");
    memset(path, 'a', 200);
    path[200] = '\0';
    assert_int_equal(soc_lockfile_name(SOC_LOCKFILE_PATH, path, name), 0);
    assert_int_equal(strlen(name), strlen("locks/file-write-.lock") + 200);
    assert_null(strchr(name + 6, '/'));
    memset(path, '/', 400);
    path[400] = '\0';
    memcpy(other, path, sizeof path);
    other[399] = 'x';
    assert_int_equal(soc_lockfile_name(SOC_LOCKFILE_PATH, path, name), 0);
    assert_int_equal(soc_lockfile_name(SOC_LOCKFILE_PATH, other, other_name), 0);
    assert_int_equal(strlen(name), strlen("locks/file-write-.lock") + 200);
    assert_string_not_equal(name, other_name);
    assert_memory_equal(name, other_name, 100);
}

static int make(society *s, int64_t token, const char *known)
{
    return soc_lockfile_make(s, SOC_LOCKFILE_TASK, "t1", "sess", token, LEASE, known);
}

static void drop(society *s, int64_t token)
{
    soc_lockfile_remove(s, SOC_LOCKFILE_TASK, "t1", token);
}

static void assert_content(const char *agent, const char *token)
{
    char *text = read_file(member_path(FILE_T1), NULL);

    assert_string_equal(member_text(text, "agent"), agent);
    assert_string_equal(member_field(text, "token"), token);
    assert_string_equal(member_text(text, "session"), "sess");
    assert_string_equal(member_field(text, "leaseMs"), "60000");
    assert_int_equal(strlen(member_text(text, "since")), 24);
    free(text);
}

/* Only the file itself is there: no temporary one. */
static void assert_alone(size_t files)
{
    size_t agents = (size_t)file_exists(member_path("locks/agent-w1.lock")) +
                    (size_t)file_exists(member_path("locks/agent-w2.lock"));

    assert_int_equal(count_entries(member_path("locks")), agents + files);
}

static void test_making_and_removing(void **state)
{
    (void)state;
    assert_int_equal(make(w1, 7, NULL), 0);
    assert_content("w1", "7");
    assert_int_equal(file_mode(member_path(FILE_T1)), 0600);
    drop(w1, 8);
    drop(w1, SOC_LOCKFILE_ATTEMPT);
    assert_alone(1);
    drop(w2, 7); /* of this token, whoever says so */
    assert_alone(0);
    drop(w1, 7);
    assert_int_equal(make(w1, 7, NULL), 0);
    assert_int_equal(make(w1, 9, NULL), 0); /* one's own is replaced */
    assert_content("w1", "9");
    assert_alone(1);
}

static void test_another_holds_it(void **state)
{
    (void)state;
    assert_int_equal(make(w1, 7, NULL), 0);
    assert_int_equal(make(w2, 9, NULL), SOCIETY_E_HELD);
    assert_non_null(strstr(society_last_message(w2), FILE_T1 " says that w1 holds it since 20"));
    assert_int_equal(make(w2, SOC_LOCKFILE_ATTEMPT, "w3"), SOCIETY_E_HELD);
    assert_content("w1", "7");
    assert_int_equal(make(w2, 9, "w1"), 0); /* whom the log knows */
    assert_content("w2", "9");
    assert_alone(1);
}

static void test_attempts_stand_in_nobodys_way(void **state)
{
    (void)state;
    assert_int_equal(make(w1, SOC_LOCKFILE_ATTEMPT, NULL), 0);
    assert_content("w1", "-1");
    assert_int_equal(make(w2, SOC_LOCKFILE_POLITE, NULL), -EBUSY);
    assert_int_equal(make(w2, SOC_LOCKFILE_ATTEMPT, NULL), 0);
    assert_content("w2", "-1");
    drop(w1, SOC_LOCKFILE_ATTEMPT); /* it is not his any more */
    assert_content("w2", "-1");
    assert_int_equal(make(w1, 5, NULL), 0); /* the log has decided */
    drop(w2, SOC_LOCKFILE_ATTEMPT);
    assert_content("w1", "5");
    drop(w1, 5);
    assert_int_equal(make(w2, SOC_LOCKFILE_POLITE, NULL), 0);
    assert_content("w2", "-1");
    faults_clock_move(10001); /* whoever was trying has died */
    assert_int_equal(make(w1, SOC_LOCKFILE_POLITE, NULL), 0);
    assert_content("w1", "-1");
    drop(w1, SOC_LOCKFILE_ATTEMPT);
    assert_alone(0);
}

static void test_foreign_files(void **state)
{
    static const char *const contents[] = {"",
                                           "4711\n",
                                           "{\"agent\":\"x\"}",
                                           "{\"agent\":5,\"token\":\"-1\",\"leaseMs\":null}",
                                           "{\"agent\":\"../x\",\"leaseMs\":1e300}",
                                           "{\"agent\":\"w9\",\"token\":3,\"leaseMs\":600000}"};

    (void)state;
    for (size_t i = 0; i < sizeof contents / sizeof contents[0]; i++) {
        write_text(member_path(FILE_T1), contents[i]);
        assert_int_equal(make(w1, 1, NULL), SOCIETY_E_HELD);
        assert_int_equal(make(w1, SOC_LOCKFILE_ATTEMPT, NULL), SOCIETY_E_HELD);
        assert_int_equal(make(w1, SOC_LOCKFILE_POLITE, NULL), SOCIETY_E_HELD);
        drop(w1, SOC_LOCKFILE_ATTEMPT);
        faults_clock_move(599000);
        assert_int_equal(make(w1, 1, NULL), SOCIETY_E_HELD);
        faults_clock_move(2000); /* its age passes the lease */
        assert_int_equal(make(w1, 1, NULL), 0);
        assert_content("w1", "1");
        faults_clock_move(-601000);
        drop(w1, 1);
        assert_alone(0);
    }
    write_text(member_path(FILE_T1), "{\"agent\":\"x\",\"leaseMs\":50}");
    faults_clock_move(100);
    assert_int_equal(make(w1, 1, NULL), 0);
}

static void test_planted_files(void **state)
{
    (void)state;
    write_text(member_path("victim"), "precious");
    assert_int_equal(symlink("../victim", member_path(FILE_T1)), 0);
    assert_true(make(w1, 1, NULL) < 0);
    drop(w1, 1);
    assert_int_equal(unlink(member_path(FILE_T1)), 0);
    assert_int_equal(mkfifo(member_path(FILE_T1), 0600), 0);
    assert_true(make(w1, 1, NULL) < 0);
    drop(w1, 1);
    assert_int_equal(file_size(member_path("victim")), 8);
}

static void test_turned_off(void **state)
{
    (void)state;
    write_text(member_path("project.json"), "{\"version\":1,\"lockFiles\":false}");
    society_close(w1);
    w1 = member_open("w1");
    write_text(member_path(FILE_T1), "");
    assert_int_equal(make(w1, 1, NULL), 0);
    drop(w1, 1);
    assert_int_equal(file_size(member_path(FILE_T1)), 0);
}

/* Whatever fails, there is no file without its content, and no temporary one. */
static void test_failures(void **state)
{
    static const enum fault_call calls[] = {FAULT_OPENAT2, FAULT_WRITE, FAULT_LINKAT,
                                            FAULT_GETRANDOM, FAULT_MKDIRAT};
    unsigned failures = 0;

    (void)state;
    for (int there = 0; there < 2; there++)
        for (size_t c = 0; c < sizeof calls / sizeof calls[0]; c++)
            for (unsigned nth = 1; nth < 8; nth++) {
                if (there)
                    assert_int_equal(make(w1, 3, NULL), 0);
                faults_reset();
                faults_at(calls[c], nth, EIO);
                int result = make(w1, 5, NULL);
                faults_reset();
                failures += result < 0;
                if (result == 0 || there)
                    assert_content("w1", result == 0 ? "5" : "3");
                assert_alone(result == 0 || there);
                drop(w1, 3);
                drop(w1, 5);
            }
    assert_true(failures > 10);
}

static void remove_it(void *unused)
{
    (void)unused;
    unlink(member_path(FILE_T1));
}

static void test_it_goes_meanwhile(void **state)
{
    (void)state;
    for (unsigned nth = 1; nth < 6; nth++) {
        assert_int_equal(make(w1, 3, NULL), 0);
        faults_reset();
        faults_hook(FAULT_OPENAT2, nth, remove_it, NULL);
        int result = make(w2, 5, NULL);
        faults_reset();
        assert_true(result == 0 || result == SOCIETY_E_HELD);
        if (result == 0)
            assert_content("w2", "5");
        unlink(member_path(FILE_T1));
        assert_alone(0);
    }
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, faults_pair_setup, faults_pair_teardown)
    const struct CMUnitTest tests[] = {
        TEST(test_names),
        TEST(test_making_and_removing),
        TEST(test_another_holds_it),
        TEST(test_attempts_stand_in_nobodys_way),
        TEST(test_foreign_files),
        TEST(test_planted_files),
        TEST(test_turned_off),
        TEST(test_failures),
        TEST(test_it_goes_meanwhile),
    };
    return cmocka_run_group_tests_name("lockfile", tests, NULL, NULL);
}
