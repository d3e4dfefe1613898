/* SPDX-License-Identifier: MIT */
/*
 * Tasks claimed together with their paths, through the door: what is refused, what ends with the
 * claim, and what is taken up again.
 */
#include <fcntl.h>
#include <signal.h>
#include <society/ownership.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "harness/die.h"
#include "harness/files.h"
#include "harness/tasks.h"

#define DEADLINE_MS 10000

static char *text;

static int claim_own(society *s, const char *id, int32_t timeout_ms)
{
    return society_task_claim_with(s, id, SOCIETY_CLAIM_OWN, 0, timeout_ms, NULL);
}

static int is_kept_from(society *s, const char *path)
{
    char list[80];

    snprintf(list, sizeof list, "[\"%s\"]", path);
    return society_own_check(s, list, NULL);
}

/* How many reservations there are. */
static int reservations(void)
{
    society_list *list;
    int count = society_own_list(lead, &list);

    assert_ok(lead, count);
    society_list_free(list);
    return count;
}

/* How many records of this type the ownership log has. */
static int records(const char *type)
{
    char quoted[40];

    snprintf(quoted, sizeof quoted, "\"type\":\"%s\"", type);
    return (int)count_text(member_path("ownership.jsonl"), quoted);
}

static void test_both_or_neither(void **state)
{
    (void)state;
    task_add("{\"title\":\"T\",\"paths\":[\"src/**\"]}");
    task_add("{\"title\":\"T\",\"paths\":[\"src/a.c\",\"doc/*\"]}");
    task_add("{\"title\":\"T\"}");
    assert_ok(w1, claim_own(w1, "t1", 0));
    assert_int_equal(is_kept_from(w2, "src/a.c"), 1);
    assert_int_equal(is_kept_from(w1, "src/a.c"), 0);
    assert_refused(w2, claim_own(w2, "t2", 0), SOCIETY_E_HELD, "src/** is held by w1");
    assert_field("t2", "state", "\"open\"");
    assert_int_equal(is_kept_from(w1, "doc/x"), 0);
    /* A task that can't be had costs nobody its paths, nor a record. */
    assert_refused(w2, claim_own(w2, "t1", 0), SOCIETY_E_HELD, "t1 is held by w1");
    assert_int_equal(records("own_acquire"), 1);
    assert_ok(w2, claim_own(w2, NULL, 0));
    assert_field("t3", "holder", "\"w2\"");
    assert_refused(w2, claim_own(w2, NULL, 0), SOCIETY_E_NOT_FOUND, "with its paths free");
    assert_refused(w2, society_task_claim_with(w2, "t2", 8, 0, 0, NULL), SOCIETY_E_INVALID,
                   "flags");
}

static void test_paths_that_are_none(void **state)
{
    (void)state;
    /* Another program wrote it; ours refuse such paths. */
    append_text(member_path("tasks.jsonl"),
                "{\"type\":\"task_create\",\"from\":\"x\",\"task\":{\"id\":\"bad\",\"title\":\"B\","
                "\"priority\":0,\"paths\":[\"../../etc\"]}}\n");
    task_add("{\"title\":\"T\",\"paths\":[\"src/**\"]}");
    assert_refused(w1, claim_own(w1, "bad", 0), SOCIETY_E_INVALID, "../../etc");
    assert_field("bad", "state", "\"open\"");
    assert_ok(w1, claim_own(w1, NULL, 0));
    assert_field("t1", "holder", "\"w1\"");
}

static void test_every_end_ends_both(void **state)
{
    static const struct {
        const char *change, *fields;
    } ends[] = {
        {"release", NULL},  {"submit", NULL}, {"fail", NULL},
        {"complete", NULL}, {"cancel", NULL}, {"block", "{\"reason\":\"R\"}"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof ends / sizeof ends[0]; i++) {
        char id[8];
        snprintf(id, sizeof id, "t%zu", i + 1);
        task_add("{\"title\":\"T\",\"paths\":[\"src/**\"]}");
        assert_ok(w1, claim_own(w1, id, 0));
        assert_int_equal(reservations(), 1);
        assert_int_equal(access(member_path("locks/file-write-src%2F%2A%2A.lock"), F_OK), 0);
        /* What does not end the claim, ends nothing. */
        assert_ok(w1, task_change(w1, id, "note", "{\"text\":\"N\"}"));
        assert_int_equal(is_kept_from(w2, "src/a"), 1);
        assert_ok(w1, task_change(w1, id, ends[i].change, ends[i].fields));
        assert_int_equal(is_kept_from(w2, "src/a"), 0);
        assert_int_equal(reservations(), 0);
        assert_int_equal(records("own_expire"), (int)i + 1);
        assert_int_equal(access(member_path("locks/file-write-src%2F%2A%2A.lock"), F_OK), -1);
    }
}

static void test_what_stands_for_itself_stays(void **state)
{
    (void)state;
    task_add("{\"title\":\"T\",\"paths\":[\"src/**\"]}");
    assert_ok(w1, society_own_acquire(w1, "[\"src/**\"]", 0, "{\"task\":\"t1\"}", 0, NULL));
    assert_ok(w1, claim_own(w1, "t1", 0));
    assert_int_equal(reservations(), 2);
    assert_ok(w1, society_own_acquire(w1, "[\"src/**\"]", 0, "{\"task\":\"t1\"}", 0, NULL));
    assert_int_equal(reservations(), 2); /* renewed, the one that is its own */
    assert_ok(w1, task_change(w1, "t1", "complete", NULL));
    assert_int_equal(reservations(), 1);
    assert_int_equal(is_kept_from(w2, "src/a"), 1);
}

static void test_what_was_handed_over_is_the_receivers(void **state)
{
    (void)state;
    task_add("{\"title\":\"T\",\"paths\":[\"src/**\"]}");
    assert_ok(w1, claim_own(w1, "t1", 0));
    assert_ok(w1, society_own_handover(w1, "src/**", "w2"));
    assert_ok(w1, task_change(w1, "t1", "complete", NULL));
    assert_int_equal(is_kept_from(w1, "src/a"), 1);
    assert_int_equal(is_kept_from(w2, "src/a"), 0);
}

static void test_a_foreign_end(void **state)
{
    char line[200];

    (void)state;
    task_add("{\"title\":\"T\",\"paths\":[\"src/**\"]}");
    assert_ok(w1, claim_own(w1, "t1", 0));
    /* It knows nothing of paths. */
    snprintf(line, sizeof line, "{\"type\":\"task_complete\",\"from\":\"w1\",\"task\":\"t1\"}\n");
    append_text(member_path("tasks.jsonl"), line);
    assert_int_equal(is_kept_from(w2, "src/a"), 0);
    assert_int_equal(reservations(), 0);
    assert_ok(w2, society_own_acquire(w2, "[\"src/a\"]", 0, NULL, 0, NULL));
}

/* A process that claims and is killed. */
static void claim_and_die(const char *agent, bool join)
{
    int status = 0;
    pid_t child = fork();

    if (child < 0)
        die("fork");
    if (child == 0) {
        prctl(PR_SET_PDEATHSIG, SIGKILL);
        society *s = member_open(agent);
        if ((join && society_join(s) < 0) || claim_own(s, "t1", 0) < 0)
            _exit(1);
        raise(SIGKILL);
    }
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFSIGNALED(status));
}

static void test_a_takeover_ends_both(void **state)
{
    (void)state;
    task_add("{\"title\":\"T\",\"paths\":[\"src/**\"]}");
    claim_and_die("w3", true);
    assert_int_equal(is_kept_from(w2, "src/a"), 0);
    /* Without the paths, which are free now for others. */
    assert_ok(w1, society_task_claim(w1, "t1", 0, NULL));
    assert_int_equal(reservations(), 0);
    assert_int_equal(records("own_expire"), 1);
    assert_ok(w2, society_own_acquire(w2, "[\"src/**\"]", 0, NULL, 0, NULL));
    /* With them: refused, and nothing changed. */
    assert_ok(w1, task_change(w1, "t1", "release", NULL));
    assert_refused(w1, claim_own(w1, "t1", 0), SOCIETY_E_HELD, "w2");
    assert_field("t1", "holder", "null");
}

static void test_taken_up_again(void **state)
{
    (void)state;
    task_add("{\"title\":\"T\",\"paths\":[\"src/**\"]}");
    claim_and_die("w1", false);
    assert_int_equal(is_kept_from(w2, "src/a"), 1); /* for its lease */
    assert_ok(w1, society_task_claim_with(w1, NULL, SOCIETY_CLAIM_RESUME, 0, 0, &text));
    assert_string_equal(member_text(text, "task"), "t1");
    society_free(text);
    /* It keeps its paths, and they end with it. */
    assert_int_equal(is_kept_from(w2, "src/a"), 1);
    assert_int_equal(reservations(), 1);
    assert_ok(w1, task_change(w1, "t1", "complete", NULL));
    assert_int_equal(reservations(), 0);
}

static void test_taken_up_again_with_paths(void **state)
{
    (void)state;
    task_add("{\"title\":\"T\",\"paths\":[\"src/**\"]}");
    claim_and_die("w1", true);
    assert_ok(w2, society_own_acquire(w2, "[\"src/b\"]", 0, NULL, 0, NULL));
    assert_refused(
        w1, society_task_claim_with(w1, "t1", SOCIETY_CLAIM_OWN | SOCIETY_CLAIM_RESUME, 0, 0, NULL),
        SOCIETY_E_HELD, "src/b is held by w2");
    assert_ok(w2, society_own_release(w2, NULL));
    assert_ok(w1, society_task_claim_with(w1, "t1", SOCIETY_CLAIM_OWN | SOCIETY_CLAIM_RESUME, 0, 0,
                                          NULL));
    assert_int_equal(reservations(), 1);
}

/* A session that lives has it: only who means to go on with it gets it. */
static void test_taken_up_under_a_live_session(void **state)
{
    (void)state;
    task_add("{\"title\":\"T\"}");
    society *keeper = member_open("w1");
    assert_ok(keeper, society_join(keeper));
    task_claim(w1, "t1"); /* a short call, under the keeper's session */
    assert_refused(w1, society_task_claim(w1, "t1", 0, NULL), SOCIETY_E_HELD, "t1 is held by w1");
    assert_ok(w1, society_task_claim_with(w1, "t1", SOCIETY_CLAIM_RESUME, 0, 0, NULL));
    /* The one that joined made it, as far as can be seen. */
    assert_int_equal(society_task_claim_with(keeper, NULL, SOCIETY_CLAIM_RESUME, 0, 0, NULL),
                     SOCIETY_E_NOT_FOUND);
    society_close(keeper);
}

/* A process that waits with its claim; ends with 0 when it has both. */
static pid_t start_waiter(const char *agent, const char *id)
{
    pid_t child = fork();

    if (child < 0)
        die("fork");
    if (child == 0) {
        prctl(PR_SET_PDEATHSIG, SIGKILL);
        society *s = member_open(agent);
        _exit(claim_own(s, id, DEADLINE_MS) == 0 ? 0 : 1);
    }
    return child;
}

static void assert_it_ends_well(pid_t child)
{
    int status = -1;

    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFEXITED(status));
    assert_int_equal(WEXITSTATUS(status), 0);
}

/* Until somebody stands in the queue for paths. */
static void await_queue(void)
{
    society_tail *tail;
    const char *record;

    assert_ok(lead, society_tail_open(lead, "ownership", SOCIETY_FROM_START, 0, &tail));
    do {
        assert_int_equal(society_tail_wait(tail, DEADLINE_MS), 1);
        assert_ok(lead, society_tail_next(tail, &record, NULL));
    } while (!strstr(record, "\"own_wait\""));
    society_tail_close(tail);
}

static void test_waiting_for_paths(void **state)
{
    (void)state;
    task_add("{\"title\":\"T\",\"paths\":[\"src/**\"]}");
    assert_ok(w1, society_own_acquire(w1, "[\"src/a\"]", 0, NULL, 0, NULL));
    pid_t named = start_waiter("w3", "t1");
    await_queue();
    assert_field("t1", "state", "\"open\"");
    assert_ok(w1, society_own_release(w1, NULL));
    assert_it_ends_well(named);
    assert_field("t1", "holder", "\"w3\"");
    assert_int_equal(reservations(), 1);
}

static void test_waiting_for_any(void **state)
{
    (void)state;
    task_add("{\"title\":\"T\",\"paths\":[\"src/**\"]}");
    assert_ok(w1, society_own_acquire(w1, "[\"src/a\"]", 0, NULL, 0, NULL));
    pid_t any = start_waiter("w3", NULL);
    assert_int_equal(records("own_wait"), 0);
    assert_ok(w1, society_own_release(w1, NULL));
    assert_it_ends_well(any);
    assert_field("t1", "holder", "\"w3\"");
}

/* Who dies while it waits for the paths of a claim holds up nobody behind it. */
static void test_death_in_the_queue(void **state)
{
    (void)state;
    task_add("{\"title\":\"T\",\"paths\":[\"src/**\"]}");
    assert_ok(w1, society_own_acquire(w1, "[\"src/a\"]", 0, NULL, 0, NULL));
    pid_t waiter = start_waiter("w3", "t1");
    await_queue();
    kill(waiter, SIGKILL);
    waitpid(waiter, NULL, 0);
    assert_ok(w1, society_own_release(w1, NULL));
    assert_ok(w2, society_own_acquire(w2, "[\"src/b\"]", 0, NULL, DEADLINE_MS, NULL));
}

static void test_compaction_keeps_them_together(void **state)
{
    (void)state;
    task_add("{\"title\":\"T\",\"paths\":[\"src/**\"]}");
    assert_ok(w1, claim_own(w1, "t1", 0));
    assert_ok(lead, society_compact(lead, "tasks", SOCIETY_COMPACT_FORCE, NULL));
    assert_ok(lead, society_compact(lead, "ownership", SOCIETY_COMPACT_FORCE, NULL));
    society *fresh = member_open("w4");
    assert_int_equal(is_kept_from(fresh, "src/a"), 1);
    assert_ok(w1, task_change(w1, "t1", "complete", NULL));
    assert_int_equal(is_kept_from(fresh, "src/a"), 0);
    society_close(fresh);
}

/* Whether t1's paths are kept: by who has read all tasks, and by who only looks. */
static void assert_kept(int kept)
{
    society *fresh = member_open("w5");
    society_list *all;

    assert_int_equal(is_kept_from(fresh, "src/a"), kept);
    society_close(fresh);
    fresh = member_open("w5");
    assert_ok(fresh, society_tasks(fresh, 0, NULL, &all));
    society_list_free(all);
    assert_int_equal(is_kept_from(fresh, "src/a"), kept);
    society_close(fresh);
}

static void test_a_look_says_what_the_state_says(void **state)
{
    static const char *const lines[] = {
        /* Of others, of no effect, and of the task in other words. */
        "{\"type\":\"task_create\",\"from\":\"x\",\"task\":{\"id\":\"t5\",\"title\":\"t1\"}}\n",
        "{\"type\":\"task_note\",\"from\":\"x\",\"task\":\"t1\",\"text\":\"\\u00e4\"}\n",
        "{\"type\":\"task_complete\",\"from\":\"x\",\"task\":\"t1\"}\n",
        "{\"type\":\"task_renew\",\"from\":\"x\",\"task\":\"t1\",\"token\":1}\n",
        ("{\"type\":\"task_edit\",\"from\":\"x\",\"task\":{\"id\":\"t1\"},"
         "\"fields\":{\"title\":\"U\"}}\n"),
        "no record: \"t1\"\n"};

    (void)state;
    task_add("{\"title\":\"T\",\"paths\":[\"src/**\"]}");
    assert_ok(w1, claim_own(w1, "t1", 0));
    assert_kept(1);
    assert_ok(w1, task_change(w1, "t1", "renew", NULL));
    assert_ok(w1, task_change(w1, "t1", "note", "{\"text\":\"N\"}"));
    assert_kept(1);
    for (size_t i = 0; i < sizeof lines / sizeof lines[0]; i++) {
        append_text(member_path("tasks.jsonl"), lines[i]);
        assert_kept(1);
    }
    /* An end that only decoding shows. */
    append_text(member_path("tasks.jsonl"),
                "{\"type\":\"task_release\",\"from\":\"w1\",\"task\":\"\\u00741\"}\n");
    assert_kept(0);
    assert_ok(w1, claim_own(w1, "t1", 0));
    assert_kept(1);
    assert_ok(lead, society_compact(lead, "tasks", SOCIETY_COMPACT_FORCE, NULL));
    assert_kept(1);
    append_text(member_path("tasks.jsonl"),
                "{\"type\":\"task_cancel\",\"from\":\"x\",\"task\":\"t1\"}\n");
    assert_kept(0);
}

static void test_a_look_sees_leases(void **state)
{
    (void)state;
    task_add("{\"title\":\"T\",\"paths\":[\"src/**\"]}");
    assert_ok(w1, society_join(w1));
    assert_ok(w1, claim_own(w1, "t1", 0));
    assert_kept(1);
    assert_ok(w1, society_part(w1));
    assert_kept(0);
}

#define FIGHTERS 6
#define ROUNDS 12

/* Claims what it can get, and makes a file that only who has the paths may make. */
static int fight(const char *agent)
{
    society *s = member_open(agent);

    for (int round = 0; round < ROUNDS;) {
        char *claim;
        int result = society_task_claim_with(s, NULL, SOCIETY_CLAIM_OWN, 0, DEADLINE_MS, &claim);
        if (result < 0)
            return 2;
        const char *mark = member_path("mark");
        int fd = open(mark, O_WRONLY | O_CREAT | O_EXCL, 0600);
        if (fd < 0)
            return 3;
        close(fd);
        if (society_task_change(s, member_text(claim, "task"), "note", "{\"text\":\"N\"}",
                                json_number(claim, "token")) < 0 ||
            unlink(mark) < 0)
            return 4;
        if (society_task_change(s, member_text(claim, "task"), "release", NULL,
                                json_number(claim, "token")) < 0)
            return 5;
        society_free(claim);
        round++;
    }
    society_close(s);
    return 0;
}

/* Tasks that all touch one path: one of them is worked on at a time, whoever claims. */
static void test_fight(void **state)
{
    pid_t fighters[FIGHTERS];
    char agent[16];
    int status;

    (void)state;
    for (int i = 0; i < FIGHTERS; i++)
        task_add("{\"title\":\"T\",\"paths\":[\"src/**\"]}");
    for (int i = 0; i < FIGHTERS; i++) {
        fighters[i] = fork();
        if (fighters[i] < 0)
            die("fork");
        if (fighters[i] == 0) {
            prctl(PR_SET_PDEATHSIG, SIGKILL);
            snprintf(agent, sizeof agent, "f%d", i);
            _exit(fight(agent));
        }
    }
    for (int i = 0; i < FIGHTERS; i++) {
        assert_int_equal(waitpid(fighters[i], &status, 0), fighters[i]);
        assert_true(WIFEXITED(status));
        assert_int_equal(WEXITSTATUS(status), 0);
    }
    assert_int_equal(reservations(), 0);
    assert_string_equal(task_ids(lead, 0, "open"), "t1 t2 t3 t4 t5 t6");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, tasks_setup, tasks_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_both_or_neither),
        TEST(test_paths_that_are_none),
        TEST(test_every_end_ends_both),
        TEST(test_what_stands_for_itself_stays),
        TEST(test_what_was_handed_over_is_the_receivers),
        TEST(test_a_foreign_end),
        TEST(test_a_takeover_ends_both),
        TEST(test_taken_up_again),
        TEST(test_taken_up_again_with_paths),
        TEST(test_taken_up_under_a_live_session),
        TEST(test_waiting_for_paths),
        TEST(test_waiting_for_any),
        TEST(test_death_in_the_queue),
        TEST(test_compaction_keeps_them_together),
        TEST(test_a_look_says_what_the_state_says),
        TEST(test_a_look_sees_leases),
        TEST(test_fight),
    };

    return cmocka_run_group_tests_name("claims with their paths", tests, NULL, NULL);
}
