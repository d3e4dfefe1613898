/* SPDX-License-Identifier: MIT */
/*
 * A seeded simulation: agents of one society, each with a handle of its own, take turns as the seed says, and it says too who
 * dies in the middle of a call, which call fails, and how the clocks jump. After each turn a model of who may hold what must
 * agree: nobody takes over from who is alive or whose lease still runs, and nobody finishes what is another's. Now and then all
 * must see the same tasks, those who have read all the way and one who comes new.
 *
 * The same seed makes the same run: every claim with the same token at the same time. SOCIETY_SEED repeats a run; SOCIETY_TURNS
 * sets the number of turns (in the long run 400,000).
 */
#include <errno.h>
#include <society/task.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "harness/internal/faults.h"
#include "harness/limit.h"
#include "harness/member.h"
#include "harness/tasks.h"
#include "harness/unit.h"
#include "sys.h"

enum { AGENTS = 5, TASKS = 4, TURNS = 6000, TURNS_OF_A_RUN = 300, LEASE_MS = 10000, NOBODY = -1 };

static struct agent {
    society *s;
    char name[8];
    bool joined;
    int session; /* grows with each life */
} agents[AGENTS];

/* What is known of each task. */
static struct claim {
    int holder;
    int64_t token;
    int64_t since_ms;
    int session; /* made under presence, in this life; 0: by a short call */
} claims[TASKS];

static uint64_t random_state;
static uint64_t trace; /* of all that happened in a run */
static unsigned counts[8];
enum { CLAIMED, TAKEN_OVER, COMPLETED, REFUSED_LATE, DIED, FAILED, JUMPED };

/* xorshift64* (S. Vigna, public domain) */
static unsigned below(unsigned end)
{
    random_state ^= random_state >> 12;
    random_state ^= random_state << 25;
    random_state ^= random_state >> 27;
    return (unsigned)((random_state * UINT64_C(0x2545F4914F6CDD1D) >> 33) % end);
}

/* The library's own sleeps move the clock as well. */
static int64_t now(void)
{
    struct timespec time;

    soc_sys->clock_gettime(CLOCK_BOOTTIME, &time);
    return (int64_t)time.tv_sec * 1000 + time.tv_nsec / 1000000;
}

static void begin_agent(int who)
{
    struct agent *agent = &agents[who];

    snprintf(agent->name, sizeof agent->name, "a%d", who);
    agent->s = member_open(agent->name);
    agent->joined = below(2) == 0 && society_join(agent->s) == 0;
    agent->session++;
}

/* Its claims under presence are anybody's from here on. */
static void end_agent(int who)
{
    society_close(agents[who].s);
    agents[who].joined = false;
}

/* ---- The model ---- */

static const char *id_of(int task)
{
    static char id[8];

    snprintf(id, sizeof id, "k%d", task);
    return id;
}

/* 0: it has not joined. */
static int session_of(int who)
{
    return agents[who].joined ? agents[who].session : 0;
}

/* After a call whose outcome is not known: what one who comes new sees. */
static void learn(int task)
{
    society *s = member_open("observer");
    char *text = NULL;

    assert_int_equal(society_task_get(s, id_of(task), &text), 0);
    const char *holder = member_text(text, "holder");
    int who = holder[0] == 'a' ? holder[1] - '0' : NOBODY;
    int64_t token = who == NOBODY ? 0 : json_number(text, "token");
    if (claims[task].holder != who || claims[task].token != token)
        claims[task] = (struct claim){who, token, now(), who == NOBODY ? 0 : session_of(who)};
    society_free(text);
    society_close(s);
}

static bool may_be_taken(int task, int by)
{
    const struct claim *claim = &claims[task];

    if (claim->holder == NOBODY || claim->holder == by)
        return true;
    if (claim->session > 0)
        return session_of(claim->holder) != claim->session;
    return now() - claim->since_ms >= LEASE_MS;
}

/* ---- Turns ---- */

static void turn_claim(int who, int task)
{
    bool free_before = claims[task].holder == NOBODY;
    char *text;
    int result = society_task_claim(agents[who].s, id_of(task), LEASE_MS, &text);

    if (result < 0)
        return;
    if (!may_be_taken(task, who))
        fail_msg("%s took over %s from a%d, who is alive", agents[who].name, id_of(task),
                 claims[task].holder);
    claims[task] = (struct claim){who, json_number(text, "token"), now(), session_of(who)};
    society_free(text);
    counts[free_before ? CLAIMED : TAKEN_OVER]++;
}

static void turn_change(int who, int task, const char *change)
{
    bool own = claims[task].holder == who;
    int result = society_task_change(agents[who].s, id_of(task), change, NULL, SOCIETY_NO_TOKEN);

    if (result == 0 && !own)
        fail_msg("%s could %s %s, which a%d holds", agents[who].name, change, id_of(task),
                 claims[task].holder);
    if (result < 0) {
        counts[REFUSED_LATE] += !own;
        return;
    }
    if (strcmp(change, "renew") == 0) {
        claims[task].since_ms = now();
        return; /* it stays bound to the session under which it was made */
    }
    claims[task] = (struct claim){.holder = NOBODY};
    counts[COMPLETED]++;
    if (strcmp(change, "complete") == 0)
        assert_int_equal(
            society_task_change(agents[who].s, id_of(task), "reopen", NULL, SOCIETY_NO_TOKEN), 0);
}

static void act(int who, int task)
{
    static const char *const changes[] = {"complete", "release", "renew"};

    switch (below(8)) {
    case 0: society_compact(agents[who].s, "tasks", SOCIETY_COMPACT_FORCE, NULL); break;
    case 1:
    case 2: turn_change(who, task, changes[below(3)]); break;
    default: turn_claim(who, task); break;
    }
}

/* A claim, or giving it back, while a call fails, or all from one on: then the process is dead. */
static void turn_with_a_fault(int who, int task)
{
    static const int errors[] = {EIO, ENOSPC, EDQUOT, EINTR, EMFILE, ENOLCK, EAGAIN, ESTALE};
    bool dies = below(2) == 0;

    if (dies)
        faults_from(FAULT_CALLS, below(80) + 1, EIO);
    else
        faults_at(FAULT_CALLS, below(80) + 1, errors[below(8)]);
    struct claim before = claims[task];
    if (below(2) == 0 || before.holder != who)
        society_task_claim(agents[who].s, id_of(task), LEASE_MS, NULL);
    else
        society_task_change(agents[who].s, id_of(task), "release", NULL, SOCIETY_NO_TOKEN);
    faults_forget();
    bool allowed = may_be_taken(task, who);
    learn(task);
    if (claims[task].holder == who && before.holder != who && !allowed)
        fail_msg("with a fault %s took over %s from a%d, who is alive", agents[who].name,
                 id_of(task), before.holder);
    counts[dies ? DIED : FAILED]++;
    if (dies) {
        end_agent(who);
        begin_agent(who);
    }
}

/* Everybody sees the same. */
static void compare(void)
{
    char *first = NULL;
    char *text = NULL;

    for (int task = 0; task < TASKS; task++) {
        society *fresh = member_open("observer");
        assert_int_equal(society_task_get(fresh, id_of(task), &first), 0);
        society_close(fresh);
        for (int who = 0; who < AGENTS; who++) {
            assert_int_equal(society_task_get(agents[who].s, id_of(task), &text), 0);
            assert_string_equal(text, first);
            society_free(text);
        }
        society_free(first);
    }
}

/* FNV-1a (G. Fowler, L. C. Noll, K.-P. Vo; public domain), with numbers in place of bytes. */
static void note_claims(void)
{
    for (int task = 0; task < TASKS; task++) {
        trace = (trace ^ (uint64_t)claims[task].holder) * UINT64_C(1099511628211);
        trace = (trace ^ (uint64_t)claims[task].token) * UINT64_C(1099511628211);
        trace = (trace ^ (uint64_t)claims[task].since_ms) * UINT64_C(1099511628211);
    }
}

static void turn(void)
{
    int who = (int)below(AGENTS);
    int task = (int)below(TASKS);

    faults_clock_move(below(400));
    switch (below(24)) {
    case 0:
        end_agent(who);
        begin_agent(who);
        break;
    case 1: faults_clock_move(below(3 * LEASE_MS)); break;
    case 2:
        faults_wall_clock_move(((int64_t)below(2000) - 1000) * 86400000); /* years, to and fro */
        counts[JUMPED]++;
        break;
    case 3:
    case 4: turn_with_a_fault(who, task); break;
    case 5: compare(); break;
    default: act(who, task); break;
    }
    note_claims();
}

static void run(uint64_t seed)
{
    char text[64];

    random_state = seed * 2 + 1;
    trace = UINT64_C(14695981039346656037);
    member_setup(NULL);
    faults_install();
    faults_skip_sync(true);
    faults_clock_stop();
    for (int who = 0; who < AGENTS; who++)
        begin_agent(who);
    for (int task = 0; task < TASKS; task++) {
        snprintf(text, sizeof text, "{\"id\":\"%s\",\"title\":\"T\"}", id_of(task));
        assert_int_equal(society_task_create(agents[0].s, text, NULL), 0);
        claims[task] = (struct claim){.holder = NOBODY};
    }
    for (int i = 0; i < TURNS_OF_A_RUN; i++)
        turn();
    compare();
    for (int who = 0; who < AGENTS; who++)
        end_agent(who);
    faults_remove();
    member_teardown(NULL);
}

static void test_a_seed_repeats_its_run(void **state)
{
    (void)state;
    run(1);
    uint64_t first = trace;
    run(2);
    assert_true(trace != first);
    run(1);
    assert_true(trace == first);
}

static void test_simulation(void **state)
{
    const char *given = getenv("SOCIETY_SEED");
    const char *wanted = getenv("SOCIETY_TURNS");
    uint64_t seed = given ? strtoull(given, NULL, 10) : (uint64_t)time(NULL) * 1000;
    int turns = wanted ? atoi(wanted) : getenv("SOCIETY_LONG") ? 400000 : TURNS;

    int done;

    (void)state;
    limit_begin();
    for (done = 0; done < turns && !limit_over(); done += TURNS_OF_A_RUN, seed++) {
        print_message("# SOCIETY_SEED=%llu SOCIETY_TURNS=%d\n", (unsigned long long)seed,
                      TURNS_OF_A_RUN);
        run(seed);
    }
    limit_end(done, turns, "turns");
    print_message("# %u claims, %u takeovers, %u given back, %u refused as another's, %u deaths, "
                  "%u faults, %u jumps\n",
                  counts[CLAIMED], counts[TAKEN_OVER], counts[COMPLETED], counts[REFUSED_LATE],
                  counts[DIED], counts[FAILED], counts[JUMPED]);
    assert_true(given ||
                (counts[CLAIMED] > 0 && counts[TAKEN_OVER] > 0 && counts[REFUSED_LATE] > 0));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_seed_repeats_its_run),
        cmocka_unit_test(test_simulation),
    };

    return cmocka_run_group_tests_name("simulation", tests, NULL, NULL);
}
