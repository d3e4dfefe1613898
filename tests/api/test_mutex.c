/* SPDX-License-Identifier: MIT */
/*
 * Named mutexes, between handles and between processes.
 */
#include <errno.h>
#include <signal.h>
#include <society/ownership.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "harness/die.h"
#include "harness/files.h"
#include "harness/member.h"
#include "harness/tmp.h"
#include "harness/unit.h"

#define DEADLINE_MS 10000
#define PROCESSES 8
#define ROUNDS 40

/* Runs `work` in a process of its own, whose exit status is the result. */
static pid_t start(int (*work)(int), int argument)
{
    pid_t pid = fork();

    if (pid < 0)
        die("fork");
    if (pid > 0)
        return pid;
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    _exit(work(argument));
}

static int end_of(pid_t pid)
{
    int status = 0;

    assert_int_equal(waitpid(pid, &status, 0), pid);
    return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

static void test_one_holder(void **state)
{
    society *w1 = member_open("w1");
    society *w2 = member_open(NULL);
    society_mutex *mutex;
    society_mutex *other;

    (void)state;
    assert_int_equal(society_mutex_lock(w1, "gc", 0, &mutex), 0);
    assert_true(file_exists(member_path("locks/mutex-gc.lock")));
    assert_int_equal(society_mutex_lock(w2, "gc", 0, &other), SOCIETY_E_HELD);
    assert_non_null(strstr(society_last_message(w2), "mutex gc is held by w1 (pid "));
    assert_int_equal(society_mutex_lock(w1, "gc", 20, &other), SOCIETY_E_TIMEOUT);
    assert_int_equal(society_mutex_lock(w2, "other", 0, &other), 0);
    society_mutex_unlock(other);
    society_mutex_unlock(mutex);
    assert_int_equal(society_mutex_lock(w2, "gc", 0, &other), 0);
    society_close(w2); /* the mutex outlives the handle */
    assert_int_equal(society_mutex_lock(w1, "gc", 0, &mutex), SOCIETY_E_HELD);
    society_mutex_unlock(other);
    society_mutex_unlock(NULL);
    society_close(w1);
}

static void test_names(void **state)
{
    society *s = member_open("w1");
    society_mutex *mutex;

    (void)state;
    assert_int_equal(society_mutex_lock(s, NULL, 0, &mutex), SOCIETY_E_INVALID);
    assert_int_equal(society_mutex_lock(s, "", 0, &mutex), SOCIETY_E_INVALID);
    assert_int_equal(society_mutex_lock(s, "../x", 0, &mutex), SOCIETY_E_INVALID);
    assert_int_equal(society_mutex_lock(s, ".x", 0, &mutex), SOCIETY_E_INVALID);
    society_close(s);
}

static int hold(int gate)
{
    society *s = member_open("w1");
    society_mutex *mutex;
    char byte = 'x';

    if (society_mutex_lock(s, "gc", 0, &mutex) != 0 || write(gate, &byte, 1) != 1)
        return 1;
    for (;;)
        pause();
}

static int take(int gate)
{
    society *s = member_open("w2");
    society_mutex *mutex;
    char byte = 'x';

    if (write(gate, &byte, 1) != 1 || society_mutex_lock(s, "gc", DEADLINE_MS, &mutex) != 0)
        return 1;
    society_mutex_unlock(mutex);
    society_close(s);
    return 0;
}

/* A file outside that was given the mutex's name would be written to. */
static void test_a_planted_hard_link(void **state)
{
    char *outside = tmp_path(member_project(), "outside");
    society_mutex *mutex;
    society *s = member_open("w1");

    (void)state;
    assert_int_equal(society_mutex_lock(s, "gate", 0, &mutex), 0);
    society_mutex_unlock(mutex);
    assert_int_equal(unlink(member_path("locks/mutex-gate.lock")), 0);
    write_text(outside, "outside");
    assert_int_equal(link(outside, member_path("locks/mutex-gate.lock")), 0);
    assert_int_equal(society_mutex_lock(s, "gate", 0, &mutex), SOCIETY_E_UNSAFE_FILE);
    assert_string_equal(society_last_message(s), "locks/mutex-gate.lock has 2 hard links");
    assert_int_equal(file_size(outside), 7);
    assert_int_equal(unlink(outside), 0);
    assert_int_equal(society_mutex_lock(s, "gate", 0, &mutex), 0);
    society_mutex_unlock(mutex);
    society_close(s);
    free(outside);
}

static void test_woken_by_death(void **state)
{
    int gate[2];
    char byte;

    (void)state;
    assert_int_equal(pipe(gate), 0);
    pid_t holder = start(hold, gate[1]);
    assert_int_equal(read(gate[0], &byte, 1), 1);
    pid_t waiter = start(take, gate[1]);
    assert_int_equal(read(gate[0], &byte, 1), 1);
    kill(holder, SIGKILL);
    assert_int_equal(end_of(holder), 128 + SIGKILL);
    assert_int_equal(end_of(waiter), 0);
    close(gate[0]);
    close(gate[1]);
}

/* What a child gives back, or takes with it, is not its parent's. */
static void test_children(void **state)
{
    society *s = member_open("w1");
    society_mutex *mutex;
    society_mutex *other;

    (void)state;
    assert_int_equal(society_mutex_lock(s, "gc", 0, &mutex), 0);
    pid_t child = fork();
    if (child == 0) {
        int result = society_mutex_lock(s, "x", 0, &other);
        society_mutex_unlock(mutex);
        _exit(result == -ECHILD ? 0 : 1);
    }
    assert_int_equal(end_of(child), 0);
    society *later = member_open("w2");
    assert_int_equal(society_mutex_lock(later, "gc", 0, &other), SOCIETY_E_HELD);
    society_mutex_unlock(mutex);
    assert_int_equal(society_mutex_lock(later, "gc", 0, &other), 0);
    society_mutex_unlock(other);
    society_close(later);
    society_close(s);
}

/* A counter that is read and written without any other care. */
static int count_up(int number)
{
    society *s = member_open(NULL);
    society_mutex *mutex;
    char path[600];

    (void)number;
    snprintf(path, sizeof path, "%s/counter", member_project());
    for (int i = 0; i < ROUNDS; i++) {
        int value = 0;
        if (society_mutex_lock(s, "counter", DEADLINE_MS, &mutex) != 0)
            return 1;
        FILE *file = fopen(path, "r");
        if (!file || fscanf(file, "%d", &value) != 1 || fclose(file) != 0)
            return 2;
        file = fopen(path, "w");
        if (!file || fprintf(file, "%d\n", value + 1) < 0 || fclose(file) != 0)
            return 3;
        society_mutex_unlock(mutex);
    }
    society_close(s);
    return 0;
}

static void test_counter(void **state)
{
    pid_t children[PROCESSES];
    char path[600];
    char wanted[32];

    (void)state;
    snprintf(path, sizeof path, "%s/counter", member_project());
    write_text(path, "0\n");
    for (int i = 0; i < PROCESSES; i++)
        children[i] = start(count_up, i);
    for (int i = 0; i < PROCESSES; i++)
        assert_int_equal(end_of(children[i]), 0);
    snprintf(wanted, sizeof wanted, "%d\n", PROCESSES * ROUNDS);
    assert_int_equal(count_text(path, wanted), 1);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, member_setup, member_teardown)
    const struct CMUnitTest tests[] = {
        TEST(test_one_holder),     TEST(test_names),    TEST(test_a_planted_hard_link),
        TEST(test_woken_by_death), TEST(test_children), TEST(test_counter),
    };

    return cmocka_run_group_tests_name("mutex", tests, NULL, NULL);
}
