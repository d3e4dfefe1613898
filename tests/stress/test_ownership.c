/* SPDX-License-Identifier: MIT */
/*
 * Processes that fight for overlapping paths, while others of them are killed, also in the middle
 * of a call. Two witnesses that no two ever hold them together: a word in shared memory that
 * whoever holds sets and clears, and the fold of the log, record by record.
 */
#include <errno.h>
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
#define LIVES (FIGHTERS + GRANTS_LONG / KILL_EVERY + 1)

/* Every pattern fits x/a.c. */
static const char *const patterns[] = {"[\"x/*.c\"]", "[\"x/a.c\",\"y\"]", "[\"**\"]", "[\"x/a*\"]",
                                       "[\"x/[ab].?\",\"z\"]"};

static struct {
    atomic_int holder; /* the life that holds; 0: none */
    atomic_int bad;    /* what went wrong, by the number of the step */
    atomic_bool over;
    atomic_bool condemned[LIVES]; /* set before a life is ended by force */
} * shared;

/* One life: reserves, proves that it is alone, releases, until all is over. */
static int live(int life, int report)
{
    char agent[16];
    char byte = 'x';

    snprintf(agent, sizeof agent, "f%d", life);
    society *s = member_open(agent);
    if (society_join(s) < 0)
        return 1;
    for (unsigned i = (unsigned)life; !shared->over; i++) {
        if (society_own_acquire(s, patterns[i % 5], 0, NULL, 30000, NULL) != 0) {
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

static pid_t begin_life(int life, int report)
{
    pid_t pid = fork();

    if (pid < 0)
        die("fork");
    if (pid > 0)
        return pid;
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    _exit(live(life, report));
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

static void test_fight(void **state)
{
    int wanted = getenv("SOCIETY_LONG") ? GRANTS_LONG : GRANTS;
    pid_t pids[FIGHTERS];
    int lives[FIGHTERS];
    int born = 0;
    int pipe_fds[2];
    int kills = 0;
    uint32_t seed = 7;

    (void)state;
    assert_int_equal(pipe(pipe_fds), 0);
    for (int i = 0; i < FIGHTERS; i++)
        pids[i] = begin_life(lives[i] = ++born, pipe_fds[1]);
    for (int grants = 1; grants <= wanted; grants++) {
        char byte;
        if (read(pipe_fds[0], &byte, 1) != 1)
            die("read");
        if (grants % KILL_EVERY != 0)
            continue;
        seed = seed * 1664525u + 1013904223u;
        int victim = (int)(seed >> 16) % FIGHTERS;
        end_life(pids[victim], lives[victim]);
        pids[victim] = begin_life(lives[victim] = ++born, pipe_fds[1]);
        kills++;
    }
    shared->over = true;
    for (int i = 0; i < FIGHTERS; i++) {
        int status;
        assert_int_equal(waitpid(pids[i], &status, 0), pids[i]);
        assert_int_equal(status, 0);
    }
    assert_int_equal(shared->bad, 0);
    print_message("# %d reservations by %d agents, %d killed\n", wanted, born, kills);
    check_log(wanted - kills);
    close(pipe_fds[0]);
    close(pipe_fds[1]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_fight, member_setup, member_teardown),
    };

    shared = mmap(NULL, sizeof *shared, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (shared == MAP_FAILED)
        die("mmap");
    return cmocka_run_group_tests_name("ownership", tests, NULL, NULL);
}
