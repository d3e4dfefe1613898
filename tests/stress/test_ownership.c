/* SPDX-License-Identifier: MIT */
/*
 * Processes that fight for overlapping paths, while others of them are killed, also in the middle
 * of a call. Two witnesses that no two ever hold them together: a word in shared memory that
 * whoever holds sets and clears, and the fold of the log, record by record.
 *
 * The same by processes without presence, of which a dead one keeps what it holds for its lease, and
 * its place in the queue no longer than it lived. The same while two more, who are killed as well, compact the log again and again, and look at it,
 * sometimes as who has been there and sometimes as who has just come: what is held all the time is
 * there whenever they look.
 */
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <society/ownership.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "harness/die.h"
#include "harness/member.h"
#include "harness/unit.h"
#include "own_rules.h"
#include "own_state.h"

#define FIGHTERS 16
#define GRANTS 1500
#define GRANTS_LONG 30000
#define KILL_EVERY 10
#define LONGEST_PAUSE_MS 100
#define OTHERS 2 /* who compacts, who looks */
#define LIVES (FIGHTERS + OTHERS + GRANTS_LONG / KILL_EVERY + 1)

/* Every pattern fits x/a.c. */
static const char *const patterns[] = {"[\"x/*.c\"]", "[\"x/a.c\",\"y\"]", "[\"x/**\"]",
                                       "[\"x/a*\"]", "[\"x/[ab].?\",\"z\"]"};

static struct {
    atomic_int holder; /* the life that holds; 0: none */
    atomic_int bad;    /* what went wrong, by the number of the step */
    atomic_bool over;
    atomic_int compactions;
    atomic_int looks;
    atomic_bool condemned[LIVES]; /* set before a life is ended by force */
} * shared;

static bool joined; /* all of them are under presence */

/* One life: reserves, proves that it is alone, releases, until all is over. */
static int live(int life, int report)
{
    char agent[16];
    char byte = 'x';
    const char *fields = joined ? NULL : "{\"leaseMs\":4000}";

    snprintf(agent, sizeof agent, "f%d", life);
    society *s = member_open(agent);
    if (joined && society_join(s) < 0)
        return 1;
    for (unsigned i = (unsigned)life; !shared->over; i++) {
        if (society_own_acquire(s, patterns[i % 5], 0, fields, 30000, NULL) != 0) {
            print_error("%s: %s\n", agent, society_last_message(s));
            return 2;
        }
        int before = atomic_exchange(&shared->holder, life);
        if (before != 0 && !shared->condemned[before])
            shared->bad = before;
        if (write(report, &byte, 1) != 1)
            return 3;
        int expected = life;
        if (!atomic_compare_exchange_strong(&shared->holder, &expected, 0))
            shared->bad = life;
        if (society_own_release(s, NULL) != 1)
            return 4;
    }
    society_close(s);
    return 0;
}

static int compact(void)
{
    society *s = member_open("compactor");
    while (!shared->over) {
        int result = society_compact(s, "ownership", SOCIETY_COMPACT_FORCE, NULL);
        if (result < 0) {
            print_error("compact: %s\n", society_last_message(s));
            return 5;
        }
        shared->compactions += result;
        poll(NULL, 0, LONGEST_PAUSE_MS * (shared->looks % 8) / 8); /* others want the lock, too */
    }
    society_close(s);
    return 0;
}

/* Whether the list has what is held all the time, once. */
static bool is_kept(society *s)
{
    society_list *list = NULL;
    int kept = 0;
    if (society_own_list(s, &list) < 0)
        print_error("list: %s\n", society_last_message(s));
    for (int64_t i = 0; i < society_list_count(list); i++)
        kept += strstr(society_list_item(list, i), "\"holder\":\"keeper\"") != NULL;
    society_list_free(list);
    return kept == 1;
}

static int look(void)
{
    society *old = member_open("reader");
    for (int i = 0; !shared->over; i++) {
        society *s = i % 2 ? member_open("reader") : old;
        bool kept = is_kept(s);
        if (s != old)
            society_close(s);
        if (!kept) {
            print_error("what is held all the time was not seen\n");
            return 6;
        }
        shared->looks++;
    }
    society_close(old);
    return 0;
}

/* Who fights, or does another thing in the places behind those. */
static pid_t begin_life(int place, int life, int report)
{
    pid_t pid = fork();

    if (pid < 0)
        die("fork");
    if (pid > 0)
        return pid;
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    _exit(place < FIGHTERS ? live(life, report) : place == FIGHTERS ? compact() : look());
}

static void end_life(pid_t pid, int life)
{
    int status;

    shared->condemned[life] = true;
    kill(pid, SIGKILL);
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_true(WIFSIGNALED(status));
}

/* No state of the log, from its first record on, had two that conflict, or a vain wait. */
static void check_log(int wanted)
{
    society *s = member_open(NULL);
    struct soc_owns *owns = soc_own_fold.make();
    society_tail *tail;
    const char *text;
    int64_t position;
    int granted = 0;

    assert_int_equal(society_tail_open(s, "ownership", SOCIETY_FROM_START, 0, &tail), 0);
    while (society_tail_next(tail, &text, &position) == 1) {
        SOC_AUTO_JSON soc_json *json = soc_json_parse(text, strlen(text), NULL);
        const char *type = soc_json_get_string(json, "type");
        struct soc_record record = {json, type, position, position + 1};
        assert_int_equal(soc_own_fold.apply(owns, &record), 1); /* nothing void was written */
        granted += strcmp(type, "own_release") == 0 || strcmp(type, "own_expire") == 0;
        for (size_t i = 0; i < owns->count; i++) {
            const struct soc_own *own = &owns->items[i];
            assert_int_equal(own->waiting, soc_own_is_blocked(owns, own, i, NULL));
        }
    }
    assert_true(granted >= wanted);
    soc_own_fold.free(owns);
    society_close(s);
}

static void kill_one(pid_t *pids, int *lives, int victim, int life, int report)
{
    end_life(pids[victim], lives[victim]);
    lives[victim] = life;
    pids[victim] = begin_life(victim, life, report);
}

/* `members`: the fighters, and the others or not. */
static void fight(int members)
{
    int wanted = getenv("SOCIETY_LONG") ? GRANTS_LONG : GRANTS;
    wanted = joined ? wanted : wanted / 5; /* here and there one dies who holds, for his lease */
    pid_t pids[FIGHTERS + OTHERS];
    int lives[FIGHTERS + OTHERS];
    int born = 0;
    int pipe_fds[2];
    int kills = 0;
    uint32_t seed = 7;

    memset(shared, 0, sizeof *shared);
    assert_int_equal(pipe(pipe_fds), 0);
    for (int i = 0; i < members; i++)
        pids[i] = begin_life(i, lives[i] = ++born, pipe_fds[1]);
    for (int grants = 1; grants <= wanted; grants++) {
        char byte;
        if (read(pipe_fds[0], &byte, 1) != 1)
            die("read");
        if (grants % KILL_EVERY != 0)
            continue;
        seed = seed * 1664525u + 1013904223u;
        kill_one(pids, lives, (int)(seed >> 16) % members, ++born, pipe_fds[1]);
        kills++;
    }
    shared->over = true;
    for (int i = 0; i < members; i++) {
        int status;
        assert_int_equal(waitpid(pids[i], &status, 0), pids[i]);
        assert_int_equal(status, 0);
    }
    assert_int_equal(shared->bad, 0);
    print_message("# %d reservations by %d agents, %d killed; %d compactions, %d looks\n", wanted,
                  born, kills, shared->compactions, shared->looks);
    check_log(wanted - kills);
    close(pipe_fds[0]);
    close(pipe_fds[1]);
}

static void test_fight(void **state)
{
    (void)state;
    joined = true;
    fight(FIGHTERS);
}

/* Of whose lives in the queue only an act tells. */
static void test_fight_without_presence(void **state)
{
    (void)state;
    joined = false;
    fight(FIGHTERS);
}

static void test_fight_while_compacted(void **state)
{
    society *keeper = member_open("keeper");

    (void)state;
    joined = true;
    assert_int_equal(
        society_own_acquire(keeper, "[\"keep/**\"]", 0, "{\"leaseMs\":86400000}", 0, NULL), 0);
    fight(FIGHTERS + OTHERS);
    assert_true(shared->compactions >= 3 && shared->looks >= 3);
    assert_true(is_kept(keeper));
    society_close(keeper);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_fight, member_setup, member_teardown),
        cmocka_unit_test_setup_teardown(test_fight_without_presence, member_setup, member_teardown),
        cmocka_unit_test_setup_teardown(test_fight_while_compacted, member_setup, member_teardown),
    };

    shared = mmap(NULL, sizeof *shared, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (shared == MAP_FAILED)
        die("mmap");
    return cmocka_run_group_tests_name("ownership", tests, NULL, NULL);
}
