/* SPDX-License-Identifier: MIT */
/*
 * Leases and sessions: a session that lives or died, and leases measured on a clock that the test
 * moves, over several short calls, renewals, reboots and damaged notes.
 */
#include "lease.h"

#include <errno.h>
#include <society/task.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "harness/files.h"
#include "harness/internal/faults_pair.h"
#include "harness/unit.h"
#include "own_state.h"

#define NOTES "cursors/.leases-w1.json"
#define LEASE 1000

static struct soc_holding held;
static int64_t left;

static int setup(void **state)
{
    member_setup(state);
    faults_install();
    faults_clock_stop();
    pair_open();
    held = (struct soc_holding){.what = "task:t1", .holder = "w2", .session = "s2", .token = 7};
    held.renewed = 7;
    held.lease_ms = LEASE;
    return 0;
}

static int is_over(void)
{
    left = -2;
    int result = soc_lease_is_over(w1, &held, &left);

    if (result < 0)
        fail_msg("%s: %s", society_error_name(result), society_last_message(w1));
    return result;
}

/* As the agent's next short call. */
static void call_again(void)
{
    society_close(w1);
    w1 = member_open("w1");
}

static void test_a_lease_runs_out(void **state)
{
    (void)state;
    assert_int_equal(is_over(), 0);
    assert_int_equal(left, LEASE);
    faults_clock_move(LEASE - 1);
    call_again();
    assert_int_equal(is_over(), 0);
    assert_int_equal(left, 1);
    faults_clock_move(1);
    call_again();
    assert_int_equal(is_over(), 1);
    assert_int_equal(left, 0);
}

static void test_it_begins_when_it_was_seen(void **state)
{
    (void)state;
    faults_clock_move(10 * LEASE);
    assert_int_equal(is_over(), 0);
    assert_int_equal(left, LEASE);
    faults_clock_move(LEASE / 2);
    held.renewed = 9; /* a renewal */
    assert_int_equal(is_over(), 0);
    assert_int_equal(left, LEASE);
    faults_clock_move(LEASE / 2);
    held.token = 11; /* another claim */
    held.renewed = 11;
    assert_int_equal(is_over(), 0);
    assert_int_equal(left, LEASE);
    faults_clock_move(LEASE);
    assert_int_equal(is_over(), 1);
}

static void test_jumps_of_the_wall_clock(void **state)
{
    (void)state;
    assert_int_equal(is_over(), 0);
    faults_wall_clock_move(10 * LEASE);
    assert_int_equal(is_over(), 0);
    assert_int_equal(left, LEASE);
    faults_wall_clock_move(-20 * LEASE);
    faults_clock_move(LEASE);
    assert_int_equal(is_over(), 1);
}

static void test_each_agent_measures_for_itself(void **state)
{
    (void)state;
    assert_int_equal(is_over(), 0);
    faults_clock_move(LEASE);
    assert_int_equal(soc_lease_is_over(w2, &held, &left), 0);
    assert_int_equal(left, LEASE);
    assert_int_equal(is_over(), 1);
}

static void test_several_things(void **state)
{
    struct soc_holding other = held;

    (void)state;
    other.what = "own:4711";
    assert_int_equal(is_over(), 0);
    faults_clock_move(LEASE / 2);
    assert_int_equal(soc_lease_is_over(w1, &other, &left), 0);
    faults_clock_move(LEASE / 2);
    assert_int_equal(is_over(), 1);
    assert_int_equal(soc_lease_is_over(w1, &other, &left), 0);
    assert_int_equal(left, LEASE / 2);
}

static void test_the_projects_lease(void **state)
{
    (void)state;
    held.lease_ms = 0;
    assert_int_equal(is_over(), 0);
    assert_int_equal(left, 600000);
    held.lease_ms = -5;
    faults_clock_move(600000);
    assert_int_equal(is_over(), 1);
}

static void test_notes_of_another_boot(void **state)
{
    char *text;

    (void)state;
    is_over();
    text = read_file(member_path(NOTES), NULL);
    memset(strstr(text, "\"boot\":\"") + 8, '0', 8);
    write_text(member_path(NOTES), text);
    free(text);
    faults_clock_move(LEASE);
    assert_int_equal(is_over(), 0);
    assert_int_equal(left, LEASE);
}

static void test_notes_of_the_future(void **state)
{
    (void)state;
    is_over();
    faults_clock_move(-10000); /* no boot id, and a clock that began anew */
    assert_int_equal(is_over(), 0);
    assert_int_equal(left, LEASE);
    faults_clock_move(LEASE);
    assert_int_equal(is_over(), 1);
}

static void test_damaged_notes(void **state)
{
    char boot[SOC_UUID_SIZE];
    char text[512];
    static const char *const seen[] = {
        "",
        ",\"seen\":null",
        ",\"seen\":[]",
        ",\"seen\":{\"task:t1\":5}",
        ",\"seen\":{\"task:t1\":{\"token\":7,\"renewed\":\"7\",\"seen\":0}}",
        ",\"seen\":{\"task:t1\":{\"token\":7,\"renewed\":7,\"seen\":{}},\"x\":{}}"};

    (void)state;
    soc_boot_id(boot);
    assert_int_equal(is_over(), 0);
    for (size_t i = 0; i < sizeof seen / sizeof seen[0]; i++) {
        snprintf(text, sizeof text, "{\"boot\":\"%s\"%s}", boot, seen[i]);
        write_text(member_path(NOTES), text);
        assert_int_equal(is_over(), 0);
        assert_int_equal(left, LEASE);
    }
    write_text(member_path(NOTES), "{\"boot\":");
    assert_int_equal(is_over(), 0);
    faults_clock_move(LEASE);
    assert_int_equal(is_over(), 1);
}

static void test_old_notes_are_forgotten(void **state)
{
    (void)state;
    is_over();
    faults_clock_move(INT64_C(86400001));
    held.what = "task:t2";
    assert_int_equal(is_over(), 0);
    assert_int_equal(count_text(member_path(NOTES), "task:t1"), 0);
    assert_int_equal(count_text(member_path(NOTES), "task:t2"), 1);
}

/* Several questions are one reading and one writing; what changes nothing is not written. */
static void test_written_once(void **state)
{
    struct soc_holding other = held;

    (void)state;
    other.what = "task:t2";
    for (int round = 0; round < 2; round++) {
        faults_reset();
        faults_clock_stop();
        soc_lease_begin(w1);
        assert_int_equal(is_over(), 0);
        soc_lease_begin(w1);
        assert_int_equal(soc_lease_is_over(w1, &other, &left), 0);
        assert_int_equal(soc_lease_end(w1), 0);
        assert_int_equal(faults_count(FAULT_RENAMEAT), 0);
        assert_int_equal(soc_lease_end(w1), 0);
        assert_int_equal(faults_count(FAULT_RENAMEAT), round == 0 ? 1 : 0);
    }
    assert_int_equal(count_text(member_path(NOTES), "task:t1"), 1);
    assert_int_equal(count_text(member_path(NOTES), "task:t2"), 1);
    /* What was seen counts within, too. */
    faults_clock_move(LEASE);
    soc_lease_begin(w1);
    assert_int_equal(is_over(), 1);
    assert_int_equal(soc_lease_end(w1), 0);
}

static void test_what_ended_is_forgotten(void **state)
{
    struct soc_holding own = held;
    char *id;
    int result;

    (void)state;
    own.what = "own:4711";
    own.token = 4711;
    is_over();
    assert_int_equal(soc_lease_is_over(w1, &own, &left), 0);
    assert_int_equal(society_task_create(w2, "{\"title\":\"T\",\"id\":\"t3\"}", &id), 0);
    society_free(id);
    assert_int_equal(society_task_claim(w2, "t3", LEASE, NULL), 0);
    /* The tasks were read: t1 is none, t3 is held, and of reservations nothing is known. */
    assert_int_equal(society_task_claim(w1, "t3", 0, NULL), SOCIETY_E_HELD);
    assert_int_equal(count_text(member_path(NOTES), "task:t1"), 0);
    assert_int_equal(count_text(member_path(NOTES), "task:t3"), 1);
    assert_int_equal(count_text(member_path(NOTES), "own:4711"), 1);
    assert_non_null(soc_owns(w1, &result));
    held.what = "task:t3";
    held.token = 5;
    is_over();
    assert_int_equal(count_text(member_path(NOTES), "own:4711"), 0);
}

static void test_notes_that_cannot_be_kept(void **state)
{
    (void)state;
    faults_from(FAULT_RENAMEAT, 1, EROFS);
    assert_int_equal(soc_lease_is_over(w1, &held, &left), -EROFS);
}

/* ---- Under presence ---- */

static void test_a_session_that_lives(void **state)
{
    (void)state;
    held.present = true;
    held.session = w2->session;
    assert_int_equal(is_over(), 1); /* it is not there */
    assert_int_equal(society_join(w2), 0);
    assert_int_equal(is_over(), 0);
    assert_int_equal(left, -1);
    faults_clock_move(1000 * LEASE); /* however long */
    assert_int_equal(is_over(), 0);
    held.session = "another";
    assert_int_equal(is_over(), 1);
    held.session = w2->session;
    assert_int_equal(society_part(w2), 0);
    assert_int_equal(is_over(), 1);
    assert_false(file_exists(member_path(NOTES)));
    held.session = NULL; /* nobody knows which: the lease counts */
    assert_int_equal(is_over(), 0);
    assert_int_equal(left, LEASE);
}

static void test_the_session_to_hold_under(void **state)
{
    char session[SOC_UUID_SIZE];
    bool present;
    society *other = member_open("w1");

    (void)state;
    assert_int_equal(soc_lease_session(w1, session, &present), 0);
    assert_false(present);
    assert_string_equal(session, w1->session);
    assert_int_equal(society_join(other), 0);
    assert_int_equal(soc_lease_session(w1, session, &present), 0);
    assert_true(present);
    assert_string_equal(session, other->session);
    society_close(other);
    assert_int_equal(soc_lease_session(w1, session, &present), 0);
    assert_false(present);
    assert_string_equal(session, w1->session);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_a_lease_runs_out, setup, faults_pair_teardown),
        cmocka_unit_test_setup_teardown(test_it_begins_when_it_was_seen, setup,
                                        faults_pair_teardown),
        cmocka_unit_test_setup_teardown(test_jumps_of_the_wall_clock, setup, faults_pair_teardown),
        cmocka_unit_test_setup_teardown(test_each_agent_measures_for_itself, setup,
                                        faults_pair_teardown),
        cmocka_unit_test_setup_teardown(test_several_things, setup, faults_pair_teardown),
        cmocka_unit_test_setup_teardown(test_the_projects_lease, setup, faults_pair_teardown),
        cmocka_unit_test_setup_teardown(test_notes_of_another_boot, setup, faults_pair_teardown),
        cmocka_unit_test_setup_teardown(test_notes_of_the_future, setup, faults_pair_teardown),
        cmocka_unit_test_setup_teardown(test_damaged_notes, setup, faults_pair_teardown),
        cmocka_unit_test_setup_teardown(test_old_notes_are_forgotten, setup, faults_pair_teardown),
        cmocka_unit_test_setup_teardown(test_written_once, setup, faults_pair_teardown),
        cmocka_unit_test_setup_teardown(test_what_ended_is_forgotten, setup, faults_pair_teardown),
        cmocka_unit_test_setup_teardown(test_notes_that_cannot_be_kept, setup,
                                        faults_pair_teardown),
        cmocka_unit_test_setup_teardown(test_a_session_that_lives, setup, faults_pair_teardown),
        cmocka_unit_test_setup_teardown(test_the_session_to_hold_under, setup,
                                        faults_pair_teardown),
    };
    return cmocka_run_group_tests_name("lease", tests, NULL, NULL);
}
