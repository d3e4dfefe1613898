/* SPDX-License-Identifier: MIT */
/*
 * File ownership through the door, also between processes: who waits is woken by a release, by a
 * death, by the end of a lease, and nobody else holds what one holds.
 */
#include <errno.h>
#include <fcntl.h>
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
#include "harness/unit.h"

#define DEADLINE_MS 10000
#define FIGHTERS 16
#define ROUNDS 12

/* ---- Tools ---- */

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

static void kill_now(pid_t pid)
{
    kill(pid, SIGKILL);
    assert_int_equal(end_of(pid), 128 + SIGKILL);
}

static int acquire(society *s, const char *patterns, int32_t timeout_ms)
{
    return society_own_acquire(s, patterns, 0, NULL, timeout_ms, NULL);
}

/* "w1:["a"] w2:["b"]?": holders and paths in order, with a question mark behind what waits. */
static const char *live(society *s)
{
    static char text[4096];
    society_list *list;
    size_t length = 0;

    text[0] = '\0';
    assert_true(society_own_list(s, &list) >= 0);
    for (int64_t i = 0; i < society_list_count(list); i++) {
        const char *item = society_list_item(list, i);
        length += (size_t)snprintf(text + length, sizeof text - length, "%s%s:%s%s", i ? " " : "",
                                   member_text(item, "holder"), member_field(item, "paths"),
                                   *member_field(item, "waiting") ? "?" : "");
    }
    society_list_free(list);
    return text;
}

/* Waits until the list says so. */
static void await_live(society *s, const char *wanted)
{
    society_tail *tail;
    const char *record;

    assert_int_equal(society_tail_open(s, "ownership", SOCIETY_FROM_START, 0, &tail), 0);
    while (strcmp(live(s), wanted) != 0) {
        if (society_tail_wait(tail, DEADLINE_MS) != 1)
            fail_msg("it is \"%s\", and never became \"%s\"", live(s), wanted);
        society_tail_next(tail, &record, NULL);
    }
    society_tail_close(tail);
}

/* A process that holds "a" as w1, under presence where the argument says so, until it is killed. */
static int hold_a(int present)
{
    society *s = member_open("w1");

    if ((present && society_join(s) < 0) || acquire(s, "[\"a\"]", 0) < 0)
        return 1;
    for (;;)
        pause();
}

static void ignore_signal(int signal)
{
    (void)signal;
}

/* A process that waits for "a" as an agent, and ends with 0 when it has it. */
static int wait_for_a(int number)
{
    char agent[16];
    struct sigaction action = {.sa_handler = ignore_signal};

    sigaction(SIGUSR1, &action, NULL);
    snprintf(agent, sizeof agent, "w%d", number);
    society *s = member_open(agent);
    int result = acquire(s, "[\"a\"]", DEADLINE_MS);
    bool held = result == 0 && society_own_release(s, NULL) == 1;
    society_close(s);
    return held ? 0 : result == -EINTR ? 4 : 1;
}

/* ---- One process ---- */

static void test_acquire(void **state)
{
    society *w1 = member_open("w1");
    society *w2 = member_open("w2");
    char *reservation;

    (void)state;
    assert_int_equal(society_own_acquire(w1, "[\"src//*.c\",\"./docs/\"]", 0,
                                         "{\"reason\":\"tidy\",\"task\":\"t1\",\"leaseMs\":5000}",
                                         0, &reservation),
                     0);
    assert_string_equal(member_field(reservation, "paths"), "[\"src/*.c\",\"docs/**\"]");
    assert_string_equal(member_text(reservation, "mode"), "exclusive");
    assert_string_equal(member_text(reservation, "holder"), "w1");
    assert_string_equal(member_field(reservation, "token"), "0");
    assert_string_equal(member_field(reservation, "leaseMs"), "5000");
    assert_string_equal(member_text(reservation, "reason"), "tidy");
    assert_string_equal(member_text(reservation, "task"), "t1");
    assert_int_equal(strlen(member_text(reservation, "since")), 24);
    assert_string_equal(member_field(reservation, "waiting"), "");
    assert_string_equal(member_field(reservation, "session"), "");
    society_free(reservation);
    assert_int_equal(acquire(w2, "[\"x\",\"docs/a\"]", 0), SOCIETY_E_HELD);
    assert_non_null(strstr(society_last_message(w2), "docs/** is held by w1 (exclusive, since 2"));
    assert_int_equal(acquire(w2, "[\"src/a.h\"]", 0), 0);
    assert_string_equal(live(w2), "w1:[\"src/*.c\",\"docs/**\"] w2:[\"src/a.h\"]");
    assert_int_equal(society_own_release(w1, "[\"docs/**\"]"), 1);
    assert_int_equal(acquire(w2, "[\"docs/a\"]", 0), 0);
    assert_int_equal(society_own_release(w1, NULL), SOCIETY_E_NOT_FOUND);
    assert_int_equal(society_own_release(w2, "[\"none\"]"), SOCIETY_E_NOT_FOUND);
    assert_int_equal(society_own_release(w2, NULL), 2);
    assert_string_equal(live(w2), "");
    society_close(w1);
    society_close(w2);
}

static void test_arguments(void **state)
{
    society *s = member_open("w1");
    society *nobody = member_open(NULL);
    society_list *list;

    (void)state;
    assert_int_equal(acquire(s, NULL, 0), SOCIETY_E_INVALID);
    assert_int_equal(acquire(s, "[]", 0), SOCIETY_E_INVALID);
    assert_int_equal(acquire(s, "[\"../x\"]", 0), SOCIETY_E_INVALID);
    assert_int_equal(acquire(s, "[\"a[\"]", 0), SOCIETY_E_INVALID);
    assert_non_null(strstr(society_last_message(s), "a["));
    assert_int_equal(society_own_acquire(s, "[\"a\"]", 2, NULL, 0, NULL), SOCIETY_E_INVALID);
    assert_int_equal(society_own_acquire(s, "[\"a\"]", 0, "[]", 0, NULL), SOCIETY_E_INVALID);
    assert_int_equal(society_own_acquire(s, "[\"a\"]", 0, "{", 0, NULL), SOCIETY_E_INVALID);
    assert_int_equal(society_own_acquire(s, "[\"a\"]", 0, "{\"leaseMs\":0}", 0, NULL),
                     SOCIETY_E_INVALID);
    assert_int_equal(society_own_acquire(s, "[\"a\"]", 0, "{\"task\":\"../t\"}", 0, NULL),
                     SOCIETY_E_INVALID);
    assert_int_equal(society_own_acquire(s, "[\"a\"]", 0, "{\"mode\":\"shared\"}", 0, NULL),
                     SOCIETY_E_INVALID);
    assert_int_equal(acquire(nobody, "[\"a\"]", 0), SOCIETY_E_NO_AGENT);
    assert_int_equal(society_own_release(nobody, NULL), SOCIETY_E_NO_AGENT);
    assert_int_equal(society_own_check(nobody, "[\"a\"]", NULL), SOCIETY_E_NO_AGENT);
    assert_int_equal(society_own_check(s, "[\"a\",7]", NULL), SOCIETY_E_INVALID);
    assert_int_equal(society_own_renew(s, NULL, -1), SOCIETY_E_INVALID);
    assert_int_equal(society_own_renew(s, NULL, INT64_MAX), SOCIETY_E_INVALID);
    assert_int_equal(society_own_handover(s, "a", "all"), SOCIETY_E_INVALID);
    assert_int_equal(society_own_handover(s, NULL, "w2"), SOCIETY_E_INVALID);
    assert_int_equal(society_own_list(nobody, &list), 0);
    society_list_free(list);
    assert_false(file_exists(member_path("ownership.jsonl")) &&
                 file_size(member_path("ownership.jsonl")) > 0);
    society_close(nobody);
    society_close(s);
}

static void test_check(void **state)
{
    society *w1 = member_open("w1");
    society *w2 = member_open("w2");
    society_list *owners;

    (void)state;
    assert_int_equal(acquire(w1, "[\"src/*.c\"]", 0), 0);
    assert_int_equal(society_own_acquire(w1, "[\"docs/**\"]", SOCIETY_OWN_SHARED, NULL, 0, NULL),
                     0);
    assert_int_equal(society_own_check(w1, "[\"src/a.c\",\"docs/x\"]", &owners), 0);
    society_list_free(owners);
    assert_int_equal(society_own_check(w2, "[\"src/b.h\",\"src/a.c\",\"docs/x\",\"y\"]", &owners),
                     2);
    assert_string_equal(member_text(society_list_item(owners, 0), "path"), "src/a.c");
    assert_string_equal(member_text(society_list_item(owners, 0), "holder"), "w1");
    assert_string_equal(member_text(society_list_item(owners, 1), "path"), "docs/x");
    society_list_free(owners);
    assert_int_equal(society_own_acquire(w2, "[\"docs/**\"]", SOCIETY_OWN_SHARED, NULL, 0, NULL),
                     0);
    assert_int_equal(society_own_check(w2, "[\"docs/x\"]", NULL), 0);  /* they share it */
    assert_int_equal(society_own_check(w2, "[\"src/*.c\"]", NULL), 1); /* a file of that name */
    society_close(w1);
    society_close(w2);
}

static void test_again_is_a_renewal(void **state)
{
    society *s = member_open("w1");
    char *first;
    char *second;

    (void)state;
    assert_int_equal(society_own_acquire(s, "[\"a\"]", 0, NULL, 0, &first), 0);
    assert_int_equal(society_own_acquire(s, "[\"a\"]", 0, "{\"leaseMs\":77}", 0, &second), 0);
    assert_string_equal(member_field(second, "token"), member_field(first, "token"));
    assert_string_equal(member_field(second, "leaseMs"), "77");
    assert_string_equal(live(s), "w1:[\"a\"]");
    assert_int_equal(society_own_renew(s, NULL, 88), 1);
    assert_int_equal(society_own_renew(s, "[\"b\"]", 0), SOCIETY_E_NOT_FOUND);
    society_free(first);
    society_free(second);
    assert_int_equal(society_own_acquire(s, "[\"a\"]", SOCIETY_OWN_SHARED, NULL, 0, NULL), 0);
    assert_string_equal(live(s), "w1:[\"a\"] w1:[\"a\"]"); /* of another mode */
    society_close(s);
}

static void test_handover(void **state)
{
    society *w1 = member_open("w1");
    society *w2 = member_open("w2");

    (void)state;
    assert_int_equal(acquire(w1, "[\"a\",\"b\"]", 0), 0);
    assert_int_equal(society_own_handover(w1, "c", "w2"), SOCIETY_E_NOT_FOUND);
    assert_int_equal(society_own_handover(w1, "b", "w2"), 0);
    assert_string_equal(live(w1), "w2:[\"a\",\"b\"]");
    assert_int_equal(society_own_release(w1, NULL), SOCIETY_E_NOT_FOUND);
    assert_int_equal(society_own_check(w1, "[\"a\"]", NULL), 1);
    assert_int_equal(society_own_release(w2, NULL), 1);
    assert_int_equal(acquire(w1, "[\"a\"]", 0), 0);
    society_close(w1);
    society_close(w2);
}

static void test_lock_files(void **state)
{
    society *w1 = member_open("w1");
    society *w2 = member_open("w2");
    char *content;

    (void)state;
    assert_int_equal(acquire(w1, "[\"src/*.c\",\"b\"]", 0), 0);
    content = read_file(member_path("locks/file-write-src%2F%2A.c.lock"), NULL);
    assert_string_equal(member_text(content, "agent"), "w1");
    assert_string_equal(member_field(content, "token"), "0");
    free(content);
    assert_true(file_exists(member_path("locks/file-write-b.lock")));
    assert_int_equal(society_own_release(w1, NULL), 1);
    assert_false(file_exists(member_path("locks/file-write-b.lock")));
    assert_false(file_exists(member_path("locks/file-write-src%2F%2A.c.lock")));
    /* A program that knows only lock files. */
    write_text(member_path("locks/file-write-b.lock"), "{\"agent\":\"foreign\"}\n");
    assert_int_equal(acquire(w2, "[\"a\",\"b\"]", 0), SOCIETY_E_HELD);
    assert_non_null(strstr(society_last_message(w2), "foreign"));
    assert_false(file_exists(member_path("locks/file-write-a.lock")));
    assert_string_equal(live(w2), "");
    assert_int_equal(acquire(w2, "[\"b\"]", 20), SOCIETY_E_TIMEOUT);
    assert_non_null(strstr(society_last_message(w2), "foreign"));
    assert_string_equal(live(w2), "");
    assert_int_equal(society_own_acquire(w2, "[\"b\"]", SOCIETY_OWN_SHARED, NULL, 0, NULL), 0);
    society_close(w1);
    society_close(w2);
}

static void test_timeout(void **state)
{
    society *w1 = member_open("w1");
    society *w2 = member_open("w2");

    (void)state;
    assert_int_equal(acquire(w1, "[\"a\"]", 0), 0);
    assert_int_equal(acquire(w2, "[\"*\"]", 30), SOCIETY_E_TIMEOUT);
    assert_non_null(strstr(society_last_message(w2), "a is held by w1"));
    assert_string_equal(live(w2), "w1:[\"a\"]"); /* its place is given up */
    society_close(w1);
    society_close(w2);
}

/* Without presence: by the lease, on the clock of the one who wants it. */
static void test_lease(void **state)
{
    society *w1 = member_open("w1");
    society *w2 = member_open("w2");

    (void)state;
    assert_int_equal(society_own_acquire(w1, "[\"a\"]", 0, "{\"leaseMs\":60}", 0, NULL), 0);
    assert_int_equal(acquire(w2, "[\"a\"]", 0), SOCIETY_E_HELD);
    assert_int_equal(acquire(w2, "[\"a\"]", DEADLINE_MS), 0);
    assert_string_equal(live(w2), "w2:[\"a\"]");
    assert_int_equal(society_own_release(w1, NULL), SOCIETY_E_NOT_FOUND);
    assert_true(file_exists(member_path("locks/file-write-a.lock")));
    assert_int_equal(society_own_check(w1, "[\"a\"]", NULL), 1);
    society_close(w1);
    society_close(w2);
}

/* ---- Several processes ---- */

static void test_woken_by_release(void **state)
{
    society *w1 = member_open("w1");

    (void)state;
    assert_int_equal(acquire(w1, "[\"a\"]", 0), 0);
    pid_t second = start(wait_for_a, 2);
    await_live(w1, "w1:[\"a\"] w2:[\"a\"]?");
    pid_t third = start(wait_for_a, 3);
    await_live(w1, "w1:[\"a\"] w2:[\"a\"]? w3:[\"a\"]?");
    assert_int_equal(society_own_release(w1, NULL), 1);
    assert_int_equal(end_of(second), 0);
    assert_int_equal(end_of(third), 0);
    assert_string_equal(live(w1), "");
    society_close(w1);
}

static void test_woken_by_death(void **state)
{
    society *s = member_open(NULL);

    (void)state;
    pid_t holder = start(hold_a, true);
    await_live(s, "w1:[\"a\"]");
    pid_t waiter = start(wait_for_a, 2);
    await_live(s, "w1:[\"a\"] w2:[\"a\"]?");
    kill_now(holder);
    assert_int_equal(end_of(waiter), 0);
    assert_string_equal(live(s), "");
    society_close(s);
}

/* A dead holder's paths are had at once, without waiting, and are free to write before. */
static void test_taken_from_the_dead(void **state)
{
    society *w2 = member_open("w2");

    (void)state;
    pid_t holder = start(hold_a, true);
    await_live(w2, "w1:[\"a\"]");
    assert_int_equal(acquire(w2, "[\"a\"]", 0), SOCIETY_E_HELD);
    assert_int_equal(society_own_check(w2, "[\"a\"]", NULL), 1);
    kill_now(holder);
    assert_int_equal(society_own_check(w2, "[\"a\"]", NULL), 0);
    assert_int_equal(acquire(w2, "[\"a\"]", 0), 0);
    assert_string_equal(live(w2), "w2:[\"a\"]");
    society_close(w2);
}

/* Who died in the queue does not hold up those behind. */
static int wait_joined(int number)
{
    char agent[16];

    snprintf(agent, sizeof agent, "w%d", number);
    society *s = member_open(agent);
    return society_join(s) == 0 && acquire(s, "[\"a\"]", -1) == 0 ? 0 : 1;
}

static void test_death_in_the_queue(void **state)
{
    society *w1 = member_open("w1");

    (void)state;
    assert_int_equal(acquire(w1, "[\"a\"]", 0), 0);
    pid_t second = start(wait_joined, 2);
    await_live(w1, "w1:[\"a\"] w2:[\"a\"]?");
    pid_t third = start(wait_for_a, 3);
    await_live(w1, "w1:[\"a\"] w2:[\"a\"]? w3:[\"a\"]?");
    kill_now(second);
    assert_int_equal(society_own_release(w1, NULL), 1);
    assert_int_equal(end_of(third), 0);
    assert_string_equal(live(w1), "");
    society_close(w1);
}

static void test_interrupted(void **state)
{
    society *w1 = member_open("w1");

    (void)state;
    assert_int_equal(acquire(w1, "[\"a\"]", 0), 0);
    pid_t waiter = start(wait_for_a, 2);
    await_live(w1, "w1:[\"a\"] w2:[\"a\"]?");
    int status = 0;
    /* The signal may come just before the process sleeps: until it has heard one. */
    while (waitpid(waiter, &status, WNOHANG) == 0)
        kill(waiter, SIGUSR1);
    assert_int_equal(WEXITSTATUS(status), 4);
    assert_string_equal(live(w1), "w1:[\"a\"]");
    society_close(w1);
}

static int hold_and_want(int number)
{
    char agent[16];
    char own[16];
    char wanted[16];

    snprintf(agent, sizeof agent, "w%d", number);
    snprintf(own, sizeof own, "[\"%d\"]", number);
    snprintf(wanted, sizeof wanted, "[\"%d\"]", number + 1);
    society *s = member_open(agent);
    if (acquire(s, own, 0) < 0)
        return 1;
    int result = acquire(s, wanted, DEADLINE_MS);
    society_own_release(s, NULL);
    society_close(s);
    return result == 0 ? 0 : 1;
}

static void test_deadlock(void **state)
{
    society *w3 = member_open("w3");

    (void)state;
    assert_int_equal(acquire(w3, "[\"3\"]", 0), 0);
    pid_t second = start(hold_and_want, 2);
    await_live(w3, "w3:[\"3\"] w2:[\"2\"] w2:[\"3\"]?");
    pid_t first = start(hold_and_want, 1);
    await_live(w3, "w3:[\"3\"] w2:[\"2\"] w2:[\"3\"]? w1:[\"1\"] w1:[\"2\"]?");
    assert_int_equal(acquire(w3, "[\"1\"]", -1), SOCIETY_E_DEADLOCK);
    assert_non_null(strstr(society_last_message(w3), "w3 → w1 → w2 → w3"));
    assert_int_equal(acquire(w3, "[\"1\"]", 0), SOCIETY_E_HELD);
    assert_int_equal(society_own_release(w3, NULL), 1);
    assert_int_equal(end_of(second), 0);
    assert_int_equal(end_of(first), 0);
    society_close(w3);
}

/* Compaction leaves the queue as it is. */
static void test_compaction(void **state)
{
    society *w1 = member_open("w1");

    (void)state;
    assert_int_equal(acquire(w1, "[\"a\"]", 0), 0);
    pid_t waiter = start(wait_for_a, 2);
    await_live(w1, "w1:[\"a\"] w2:[\"a\"]?");
    assert_int_equal(society_compact(w1, "ownership", SOCIETY_COMPACT_FORCE, NULL), 1);
    society *later = member_open("w3");
    assert_string_equal(live(later), "w1:[\"a\"] w2:[\"a\"]?");
    assert_int_equal(society_own_release(w1, NULL), 1);
    assert_int_equal(end_of(waiter), 0);
    await_live(later, "");
    society_close(later);
    society_close(w1);
}

/* ---- A fight ---- */

static const char *const fought_for[] = {"[\"x/*.c\"]", "[\"x/a.c\",\"y\"]", "[\"**\"]",
                                         "[\"x/a*\"]"};

/* Every pattern fits x/a.c: whoever has one makes the marker, and nobody else can. */
static int fight(int number)
{
    char agent[16];
    char marker[600];
    int bad = 0;

    snprintf(agent, sizeof agent, "f%d", number);
    snprintf(marker, sizeof marker, "%s/marker", member_project());
    society *s = member_open(agent);
    for (int i = 0; i < ROUNDS; i++) {
        if (acquire(s, fought_for[(number + i) % 4], -1) != 0)
            return 1;
        int fd = open(marker, O_CREAT | O_EXCL | O_WRONLY, 0600);
        bad |= fd < 0 || close(fd) < 0 || unlink(marker) < 0;
        if (society_own_release(s, NULL) != 1)
            return 2;
    }
    society_close(s);
    return bad ? 3 : 0;
}

static void test_fight(void **state)
{
    society *s = member_open(NULL);
    pid_t fighters[FIGHTERS];

    (void)state;
    for (int i = 0; i < FIGHTERS; i++)
        fighters[i] = start(fight, i);
    for (int i = 0; i < FIGHTERS; i++)
        assert_int_equal(end_of(fighters[i]), 0);
    assert_string_equal(live(s), "");
    assert_int_equal(count_text(member_path("ownership.jsonl"), "\"own_expire\""), 0);
    assert_int_equal(count_text(member_path("ownership.jsonl"), "\"own_release\""),
                     FIGHTERS * ROUNDS);
    society_close(s);
}

/* The same, and each dies in its last round while it holds. */
static int fight_and_die(int number)
{
    char agent[16];
    char marker[600];

    snprintf(agent, sizeof agent, "f%d", number);
    snprintf(marker, sizeof marker, "%s/marker", member_project());
    society *s = member_open(agent);
    if (society_join(s) < 0)
        return 1;
    for (int i = 0; i < 3; i++) {
        if (acquire(s, fought_for[(number + i) % 4], -1) != 0)
            return 1;
        int fd = open(marker, O_CREAT | O_EXCL | O_WRONLY, 0600);
        if (fd < 0 || close(fd) < 0 || unlink(marker) < 0)
            return 3;
        if (i == 2)
            raise(SIGKILL);
        if (society_own_release(s, NULL) != 1)
            return 2;
    }
    return 0;
}

static void test_fight_with_deaths(void **state)
{
    society *s = member_open("survivor");
    pid_t fighters[FIGHTERS];

    (void)state;
    for (int i = 0; i < FIGHTERS; i++)
        fighters[i] = start(fight_and_die, i);
    for (int i = 0; i < FIGHTERS; i++)
        assert_int_equal(end_of(fighters[i]), 128 + SIGKILL);
    assert_int_equal(acquire(s, "[\"**\"]", 0), 0);
    assert_string_equal(live(s), "survivor:[\"**\"]");
    society_close(s);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, member_setup, member_teardown)
    const struct CMUnitTest tests[] = {
        TEST(test_acquire),
        TEST(test_arguments),
        TEST(test_check),
        TEST(test_again_is_a_renewal),
        TEST(test_handover),
        TEST(test_lock_files),
        TEST(test_timeout),
        TEST(test_lease),
        TEST(test_woken_by_release),
        TEST(test_woken_by_death),
        TEST(test_taken_from_the_dead),
        TEST(test_death_in_the_queue),
        TEST(test_interrupted),
        TEST(test_deadlock),
        TEST(test_compaction),
        TEST(test_fight),
        TEST(test_fight_with_deaths),
    };

    return cmocka_run_group_tests_name("ownership", tests, NULL, NULL);
}
