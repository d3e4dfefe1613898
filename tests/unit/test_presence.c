/* SPDX-License-Identifier: MIT */
/*
 * Presence by lock files, looked at from inside: holders that live and die, short calls on a clock
 * that the test moves, and files that are not what they should be.
 */
#include "presence.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/wait.h>
#include <unistd.h>

#include "harness/files.h"
#include "harness/internal/faults_pair.h"
#include "harness/unit.h"

static struct soc_presence look(const char *agent)
{
    struct soc_presence presence = {0};
    int result = soc_presence_look(w2, agent, &presence);

    if (result < 0)
        fail_msg("%s", society_last_message(w2));
    return presence;
}

static void test_unknown(void **state)
{
    struct soc_presence presence = look("w1");

    (void)state;
    assert_false(presence.known);
    assert_false(presence.online);
    assert_int_equal(society_online(w2, "w1"), 0);
    assert_int_equal(society_online(w2, "all"), SOCIETY_E_INVALID);
    assert_int_equal(society_online(w2, NULL), SOCIETY_E_INVALID);
    assert_string_equal(society_last_message(w2), "\"\" is not an agent id");
}

static void test_joining(void **state)
{
    struct soc_presence presence;

    (void)state;
    assert_int_equal(society_join(w1), 0);
    assert_int_equal(society_join(w1), 0);
    presence = look("w1");
    assert_true(presence.online);
    assert_true(presence.held);
    assert_int_equal(presence.pid, getpid());
    assert_string_equal(presence.session, w1->session);
    assert_int_equal(presence.until_ms, 0);
    assert_int_equal(file_mode(member_path("locks/agent-w1.lock")), 0600);
    assert_int_equal(society_identify(w1, "w3"), -EBUSY);
    assert_int_equal(society_part(w1), 0);
    assert_int_equal(society_part(w1), 0);
    presence = look("w1");
    assert_false(presence.online);
    assert_string_equal(presence.session, w1->session);
    assert_int_equal(society_identify(w1, "w3"), 0);
}

static void test_a_second_one_is_refused(void **state)
{
    society *again = member_open("w1");
    char words[80];

    (void)state;
    assert_int_equal(society_join(w1), 0);
    assert_int_equal(society_join(again), SOCIETY_E_HELD);
    snprintf(words, sizeof(words), "w1 is held by another live process (pid %d on host ", getpid());
    assert_non_null(strstr(society_last_message(again), words));
    assert_non_null(strstr(society_last_message(again), w1->session));
    assert_int_equal(society_part(w1), 0);
    assert_int_equal(society_join(again), 0);
    /* With nothing written in the file there is nobody to name. */
    write_text(member_path("locks/agent-w1.lock"), "");
    assert_int_equal(society_join(w1), SOCIETY_E_HELD);
    assert_non_null(strstr(society_last_message(w1), "(pid 0 on host unknown, session unknown)"));
    society_close(again);
}

static void test_short_calls(void **state)
{
    (void)state;
    faults_clock_stop();
    /* The file's time is the kernel's: the clock of the test is put there, and moved from there. */
    assert_int_equal(society_set_status(w1, "busy", NULL), 0);
    faults_clock_move(look("w1").seen_ms - FAULTS_STOPPED_MS);
    assert_true(look("w1").online);
    assert_false(look("w1").held);
    assert_int_equal(look("w1").until_ms, look("w1").seen_ms + 120000);
    faults_clock_move(119999);
    assert_int_equal(society_online(w2, "w1"), 1);
    faults_clock_move(1);
    assert_int_equal(society_online(w2, "w1"), 0);
    assert_true(look("w1").known);
    assert_int_equal(look("w1").until_ms, 0);
}

static void test_a_call_of_the_future(void **state)
{
    (void)state;
    faults_clock_stop();
    assert_int_equal(society_set_status(w1, "busy", NULL), 0);
    faults_clock_move(look("w1").seen_ms - FAULTS_STOPPED_MS - 2000);
    assert_int_equal(society_online(w2, "w1"), 1); /* clocks may differ by so much */
    faults_clock_move(-1);
    assert_int_equal(society_online(w2, "w1"), 0);
    assert_int_equal(look("w1").until_ms, 0);
}

static void test_at_most_once_a_second(void **state)
{
    unsigned before;

    (void)state;
    assert_int_equal(society_set_status(w1, "busy", NULL), 0);
    assert_int_equal(faults_count(FAULT_UTIMENSAT), 0); /* the file was made just now */
    faults_clock_move(1000);
    assert_int_equal(society_set_status(w1, "busy", NULL), 0);
    assert_int_equal(faults_count(FAULT_UTIMENSAT), 1);
    before = faults_count(FAULT_UTIMENSAT);
    for (int i = 0; i < 20; i++)
        soc_presence_touch(w1);
    assert_true(faults_count(FAULT_UTIMENSAT) <= before + 1);
}

static void test_a_dead_session_comes_back(void **state)
{
    (void)state;
    assert_int_equal(society_join(w1), 0);
    assert_int_equal(society_part(w1), 0);
    assert_int_equal(society_online(w2, "w1"), 0);
    faults_clock_move(1000);
    assert_int_equal(society_set_status(w1, "idle", NULL), 0);
    assert_int_equal(file_size(member_path("locks/agent-w1.lock")), 0);
    faults_clock_move(-1000);
    assert_int_equal(society_online(w2, "w1"), 1);
}

static void test_a_call_beside_the_holder(void **state)
{
    society *again = member_open("w1");

    (void)state;
    assert_int_equal(society_join(w1), 0);
    faults_clock_move(1000);
    assert_int_equal(society_set_status(again, "idle", NULL), 0);
    assert_true(look("w1").held);
    assert_string_equal(look("w1").session, w1->session);
    society_close(again);
}

static void test_the_holders_own_calls_wake_nobody(void **state)
{
    unsigned before;

    (void)state;
    assert_int_equal(society_join(w1), 0);
    faults_clock_move(1000);
    before = faults_count(FAULT_LOCK);
    soc_presence_touch(w1);
    assert_int_equal(faults_count(FAULT_UTIMENSAT), 1);
    assert_int_equal(faults_count(FAULT_LOCK), before);
}

static void test_leaving(void **state)
{
    (void)state;
    assert_int_equal(society_register(w1, NULL), 0);
    assert_int_equal(society_join(w1), 0);
    assert_int_equal(society_leave(w1), 0);
    assert_false(file_exists(member_path("locks/agent-w1.lock")));
    assert_int_equal(society_online(w2, "w1"), 0);
    assert_int_equal(society_leave(w1), 0);
}

static void test_leaving_beside_the_holder(void **state)
{
    society *again = member_open("w1");

    (void)state;
    assert_int_equal(society_join(w1), 0);
    assert_int_equal(society_leave(again), 0);
    assert_int_equal(society_online(w2, "w1"), 1);
    society_close(again);
}

/* A child that joins and says so; with a pipe that ends when it does. */
static pid_t start_holder(void)
{
    int said[2];
    char byte;
    pid_t child;

    assert_int_equal(pipe(said), 0);
    child = fork();
    if (child == 0) {
        society *s = member_open("w1");

        if (society_join(s) < 0 || write(said[1], "x", 1) != 1)
            _exit(1);
        for (;;)
            pause();
    }
    close(said[1]);
    assert_int_equal(read(said[0], &byte, 1), 1);
    close(said[0]);
    return child;
}

static void test_a_holder_that_is_killed(void **state)
{
    pid_t child = start_holder();

    (void)state;
    assert_int_equal(look("w1").pid, child);
    assert_int_equal(society_online(w2, "w1"), 1);
    kill(child, SIGSTOP);
    assert_int_equal(society_online(w2, "w1"), 1);
    kill(child, SIGKILL);
    assert_int_equal(waitpid(child, NULL, 0), child);
    assert_int_equal(society_online(w2, "w1"), 0);
    assert_int_equal(society_join(w1), 0);
}

static void test_a_child_that_shares_the_lock(void **state)
{
    int go[2];
    pid_t child;

    (void)state;
    assert_int_equal(pipe(go), 0);
    assert_int_equal(society_join(w1), 0);
    child = fork();
    if (child == 0) {
        char byte;

        close(go[1]);
        _exit(read(go[0], &byte, 1) == 0 ? 0 : 1);
    }
    close(go[0]);
    /* Parting gives the lock back, whoever else has the descriptor. */
    assert_int_equal(society_part(w1), 0);
    assert_int_equal(society_online(w2, "w1"), 0);
    close(go[1]);
    assert_int_equal(waitpid(child, NULL, 0), child);
}

static void test_damaged_content(void **state)
{
    static const char *const texts[] = {"x", "[]", "{\"session\":17,\"pid\":\"x\",\"host\":null}"};
    char *filler = malloc(3000);

    (void)state;
    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
        write_text(member_path("locks/agent-w1.lock"), texts[i]);
        assert_false(look("w1").online);
        assert_true(look("w1").known);
        assert_string_equal(look("w1").session, "");
        assert_int_equal(look("w1").pid, 0);
    }
    memset(filler, 'x', 3000);
    write_file(member_path("locks/agent-w1.lock"), filler, 3000);
    assert_false(look("w1").online);
    free(filler);
}

static void test_what_is_no_file(void **state)
{
    const char *path = member_path("locks/agent-w1.lock");

    (void)state;
    write_text(member_path("precious"), "precious");
    assert_int_equal(symlink("../precious", path), 0);
    assert_int_equal(society_online(w2, "w1"), SOCIETY_E_UNSAFE_FILE);
    assert_int_equal(society_join(w1), SOCIETY_E_UNSAFE_FILE);
    assert_int_equal(society_set_status(w1, "idle", NULL), 0); /* being seen is no failure */
    assert_int_equal(file_size(member_path("precious")), 8);
    assert_int_equal(unlink(path), 0);
    assert_int_equal(mkfifo(path, 0600), 0);
    assert_int_equal(society_online(w2, "w1"), SOCIETY_E_UNSAFE_FILE);
    assert_int_equal(society_join(w1), SOCIETY_E_UNSAFE_FILE);
    assert_int_equal(unlink(path), 0);
    assert_int_equal(mkdir(path, 0700), 0);
    assert_int_equal(society_join(w1), SOCIETY_E_UNSAFE_FILE);
    assert_int_equal(rmdir(path), 0);
    if (mknod(path, S_IFCHR | 0600, makedev(1, 3)) == 0)
        assert_int_equal(society_join(w1), SOCIETY_E_UNSAFE_FILE);
}

static void test_listing(void **state)
{
    static const char *const names[] = {
        "agent-b.lock",   "agent-a.lock",  "agent-.lock",        "agent-x",
        "agent-all.lock", "agent- y.lock", "task-claim-t1.lock", "x.lock"};
    char **agents;
    char name[80];

    (void)state;
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        snprintf(name, sizeof(name), "locks/%s", names[i]);
        write_text(member_path(name), "");
    }
    assert_int_equal(soc_presence_list(w2, &agents), 0);
    assert_string_equal(agents[0], "a");
    assert_string_equal(agents[1], "b");
    assert_null(agents[2]);
    soc_fs_free_names(agents);
}

static void test_no_agent(void **state)
{
    society *nobody = member_open(NULL);

    (void)state;
    assert_int_equal(society_join(nobody), SOCIETY_E_NO_AGENT);
    assert_string_equal(society_last_message(nobody),
                        "no agent: this handle was not told who is speaking");
    society_close(nobody);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, faults_pair_setup, faults_pair_teardown)
    const struct CMUnitTest tests[] = {
        TEST(test_unknown),
        TEST(test_joining),
        TEST(test_a_second_one_is_refused),
        TEST(test_short_calls),
        TEST(test_a_call_of_the_future),
        TEST(test_at_most_once_a_second),
        TEST(test_a_dead_session_comes_back),
        TEST(test_a_call_beside_the_holder),
        TEST(test_the_holders_own_calls_wake_nobody),
        TEST(test_leaving),
        TEST(test_leaving_beside_the_holder),
        TEST(test_a_holder_that_is_killed),
        TEST(test_a_child_that_shares_the_lock),
        TEST(test_damaged_content),
        TEST(test_what_is_no_file),
        TEST(test_listing),
        TEST(test_no_agent),
    };

    return cmocka_run_group_tests_name("presence", tests, NULL, NULL);
}
