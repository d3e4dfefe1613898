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
#include "harness/owners.h"
#include "harness/unit.h"

#define FIGHTERS 16
#define ROUNDS 12

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
    assert_int_equal(owner_acquire(w2, "[\"x\",\"docs/a\"]", 0), SOCIETY_E_HELD);
    assert_non_null(strstr(society_last_message(w2), "docs/** is held by w1 (exclusive, since 2"));
    assert_int_equal(owner_acquire(w2, "[\"src/a.h\"]", 0), 0);
    assert_string_equal(owner_live(w2), "w1:[\"src/*.c\",\"docs/**\"] w2:[\"src/a.h\"]");
    assert_int_equal(society_own_release(w1, "[\"docs/**\"]"), 1);
    assert_int_equal(owner_acquire(w2, "[\"docs/a\"]", 0), 0);
    assert_int_equal(society_own_release(w1, NULL), SOCIETY_E_NOT_FOUND);
    assert_int_equal(society_own_release(w2, "[\"none\"]"), SOCIETY_E_NOT_FOUND);
    assert_int_equal(society_own_release(w2, NULL), 2);
    assert_string_equal(owner_live(w2), "");
    society_close(w1);
    society_close(w2);
}

static void test_arguments(void **state)
{
    society *s = member_open("w1");
    society *nobody = member_open(NULL);
    society_list *list;

    (void)state;
    assert_int_equal(owner_acquire(s, NULL, 0), SOCIETY_E_INVALID);
    assert_int_equal(owner_acquire(s, "[]", 0), SOCIETY_E_INVALID);
    assert_int_equal(owner_acquire(s, "[\"../x\"]", 0), SOCIETY_E_INVALID);
    assert_int_equal(owner_acquire(s, "[\"a[\"]", 0), SOCIETY_E_INVALID);
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
    assert_int_equal(owner_acquire(nobody, "[\"a\"]", 0), SOCIETY_E_NO_AGENT);
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
    assert_int_equal(owner_acquire(w1, "[\"src/*.c\"]", 0), 0);
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
    assert_string_equal(owner_live(s), "w1:[\"a\"]");
    assert_int_equal(society_own_renew(s, NULL, 88), 1);
    assert_int_equal(society_own_renew(s, "[\"b\"]", 0), SOCIETY_E_NOT_FOUND);
    society_free(first);
    society_free(second);
    assert_int_equal(society_own_acquire(s, "[\"a\"]", SOCIETY_OWN_SHARED, NULL, 0, NULL), 0);
    assert_string_equal(owner_live(s), "w1:[\"a\"] w1:[\"a\"]"); /* of another mode */
    society_close(s);
}

static void test_handover(void **state)
{
    society *w1 = member_open("w1");
    society *w2 = member_open("w2");

    (void)state;
    assert_int_equal(owner_acquire(w1, "[\"a\",\"b\"]", 0), 0);
    assert_int_equal(society_own_handover(w1, "c", "w2"), SOCIETY_E_NOT_FOUND);
    assert_int_equal(society_own_handover(w1, "b", "w2"), 0);
    assert_string_equal(owner_live(w1), "w2:[\"a\",\"b\"]");
    assert_int_equal(society_own_release(w1, NULL), SOCIETY_E_NOT_FOUND);
    assert_int_equal(society_own_check(w1, "[\"a\"]", NULL), 1);
    assert_int_equal(society_own_release(w2, NULL), 1);
    assert_int_equal(owner_acquire(w1, "[\"a\"]", 0), 0);
    society_close(w1);
    society_close(w2);
}

static void test_lock_files(void **state)
{
    society *w1 = member_open("w1");
    society *w2 = member_open("w2");
    char *content;

    (void)state;
    assert_int_equal(owner_acquire(w1, "[\"src/*.c\",\"b\"]", 0), 0);
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
    assert_int_equal(owner_acquire(w2, "[\"a\",\"b\"]", 0), SOCIETY_E_HELD);
    assert_non_null(strstr(society_last_message(w2), "foreign"));
    assert_false(file_exists(member_path("locks/file-write-a.lock")));
    assert_string_equal(owner_live(w2), "");
    assert_int_equal(owner_acquire(w2, "[\"b\"]", 20), SOCIETY_E_TIMEOUT);
    assert_non_null(strstr(society_last_message(w2), "foreign"));
    assert_string_equal(owner_live(w2), "");
    assert_int_equal(society_own_acquire(w2, "[\"b\"]", SOCIETY_OWN_SHARED, NULL, 0, NULL), 0);
    society_close(w1);
    society_close(w2);
}

static void test_timeout(void **state)
{
    society *w1 = member_open("w1");
    society *w2 = member_open("w2");

    (void)state;
    assert_int_equal(owner_acquire(w1, "[\"a\"]", 0), 0);
    assert_int_equal(owner_acquire(w2, "[\"*\"]", 30), SOCIETY_E_TIMEOUT);
    assert_non_null(strstr(society_last_message(w2), "a is held by w1"));
    assert_string_equal(owner_live(w2), "w1:[\"a\"]"); /* its place is given up */
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
    assert_int_equal(owner_acquire(w2, "[\"a\"]", 0), SOCIETY_E_HELD);
    assert_int_equal(owner_acquire(w2, "[\"a\"]", OWNER_DEADLINE_MS), 0);
    assert_string_equal(owner_live(w2), "w2:[\"a\"]");
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
    assert_int_equal(owner_acquire(w1, "[\"a\"]", 0), 0);
    pid_t second = owner_start(owner_wait_for_a, 2);
    owner_await(w1, "w1:[\"a\"] w2:[\"a\"]?");
    pid_t third = owner_start(owner_wait_for_a, 3);
    owner_await(w1, "w1:[\"a\"] w2:[\"a\"]? w3:[\"a\"]?");
    assert_int_equal(society_own_release(w1, NULL), 1);
    assert_int_equal(owner_end(second), 0);
    assert_int_equal(owner_end(third), 0);
    assert_string_equal(owner_live(w1), "");
    society_close(w1);
}

static void test_interrupted(void **state)
{
    society *w1 = member_open("w1");

    (void)state;
    assert_int_equal(owner_acquire(w1, "[\"a\"]", 0), 0);
    pid_t waiter = owner_start(owner_wait_for_a, 2);
    owner_await(w1, "w1:[\"a\"] w2:[\"a\"]?");
    int status = 0;
    /* The signal may come just before the process sleeps: until it has heard one. */
    while (waitpid(waiter, &status, WNOHANG) == 0)
        kill(waiter, SIGUSR1);
    assert_int_equal(WEXITSTATUS(status), 4);
    assert_string_equal(owner_live(w1), "w1:[\"a\"]");
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
    if (owner_acquire(s, own, 0) < 0)
        return 1;
    int result = owner_acquire(s, wanted, OWNER_DEADLINE_MS);
    society_own_release(s, NULL);
    society_close(s);
    return result == 0 ? 0 : 1;
}

static void test_deadlock(void **state)
{
    society *w3 = member_open("w3");

    (void)state;
    assert_int_equal(owner_acquire(w3, "[\"3\"]", 0), 0);
    pid_t second = owner_start(hold_and_want, 2);
    owner_await(w3, "w3:[\"3\"] w2:[\"2\"] w2:[\"3\"]?");
    pid_t first = owner_start(hold_and_want, 1);
    owner_await(w3, "w3:[\"3\"] w2:[\"2\"] w2:[\"3\"]? w1:[\"1\"] w1:[\"2\"]?");
    assert_int_equal(owner_acquire(w3, "[\"1\"]", -1), SOCIETY_E_DEADLOCK);
    assert_non_null(strstr(society_last_message(w3), "w3 → w1 → w2 → w3"));
    assert_int_equal(owner_acquire(w3, "[\"1\"]", 0), SOCIETY_E_HELD);
    assert_int_equal(society_own_release(w3, NULL), 1);
    assert_int_equal(owner_end(second), 0);
    assert_int_equal(owner_end(first), 0);
    society_close(w3);
}

/* Compaction leaves the queue as it is. */
static void test_compaction(void **state)
{
    society *w1 = member_open("w1");

    (void)state;
    assert_int_equal(owner_acquire(w1, "[\"a\"]", 0), 0);
    pid_t waiter = owner_start(owner_wait_for_a, 2);
    owner_await(w1, "w1:[\"a\"] w2:[\"a\"]?");
    assert_int_equal(society_compact(w1, "ownership", SOCIETY_COMPACT_FORCE, NULL), 1);
    society *later = member_open("w3");
    assert_string_equal(owner_live(later), "w1:[\"a\"] w2:[\"a\"]?");
    assert_int_equal(society_own_release(w1, NULL), 1);
    assert_int_equal(owner_end(waiter), 0);
    owner_await(later, "");
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
        if (owner_acquire(s, fought_for[(number + i) % 4], -1) != 0)
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
        fighters[i] = owner_start(fight, i);
    for (int i = 0; i < FIGHTERS; i++)
        assert_int_equal(owner_end(fighters[i]), 0);
    assert_string_equal(owner_live(s), "");
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
        if (owner_acquire(s, fought_for[(number + i) % 4], -1) != 0)
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
        fighters[i] = owner_start(fight_and_die, i);
    for (int i = 0; i < FIGHTERS; i++)
        assert_int_equal(owner_end(fighters[i]), 128 + SIGKILL);
    assert_int_equal(owner_acquire(s, "[\"**\"]", 0), 0);
    assert_string_equal(owner_live(s), "survivor:[\"**\"]");
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
        TEST(test_interrupted),
        TEST(test_deadlock),
        TEST(test_compaction),
        TEST(test_fight),
        TEST(test_fight_with_deaths),
    };

    return cmocka_run_group_tests_name("ownership", tests, NULL, NULL);
}
