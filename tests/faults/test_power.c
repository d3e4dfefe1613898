/* SPDX-License-Identifier: MIT */
/*
 * Power cuts at any moment of some agents' work: sending with rotation, tasks with compaction, reservations, cursors, processes
 * that die in the middle. What was acknowledged at durability `power` is there in every state that the cut could leave, the
 * society opens, can be repaired, and works on. Controls show that a missing fdatasync or fsync would be seen.
 *
 * SOCIETY_SEED repeats a run; POWER_STATES sets the number of states (in the long run 200,000).
 */
#include <society/ownership.h>
#include <society/task.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "harness/files.h"
#include "harness/internal/power.h"
#include "harness/limit.h"
#include "harness/member.h"
#include "harness/tmp.h"
#include "harness/unit.h"
#include "sys.h"

enum { AGENTS = 3, STEPS = 80, STATES_OF_A_RUN = 100, STATES = 2000, MARKS = 4096 };

static const char *const names[AGENTS] = {"lead", "w1", "w2"};
static society *agents[AGENTS];
static char *cut_project;

/* What is known to be done from a moment on. */
static struct mark {
    enum { SENT, TASK, TITLE, HELD, RELEASING, COMMITTING } what;
    unsigned moment;
    int number; /* of the message, task or path */
    int value;  /* the title's version */
} marks[MARKS];
static int mark_count;
static int messages, tasks, paths, versions, handed;

static void mark(int what, int number, int value)
{
    assert_true(mark_count < MARKS);
    marks[mark_count] = (struct mark){.moment = power_now(), .number = number, .value = value};
    marks[mark_count++].what = what;
}

/* ---- What the agents do ---- */

static void step_send(society *s)
{
    char text[800];
    int number = ++messages;
    int width = 1 + (int)(power_below(600) % 600); /* said twice, for gcc sees no other bound */

    snprintf(text, sizeof text, "{\"to\":\"w1\",\"id\":\"m%d\",\"content\":\"%0*d\"}", number,
             width, number);
    if (society_send(s, text, NULL) == 0)
        mark(SENT, number, 0);
}

static void step_task(society *s)
{
    char text[80];
    int number = ++tasks;

    snprintf(text, sizeof text, "{\"id\":\"k%d\",\"title\":\"v0\"}", number);
    if (society_task_create(s, text, NULL) == 0)
        mark(TASK, number, 0);
}

static void step_title(society *s)
{
    char id[16];
    char fields[64];
    int number = tasks ? (int)power_below((unsigned)tasks) + 1 : 1;
    int version = ++versions;

    snprintf(id, sizeof id, "k%d", number);
    snprintf(fields, sizeof fields, "{\"fields\":{\"title\":\"v%d\"}}", version);
    if (society_task_change(s, id, "edit", fields, SOCIETY_NO_TOKEN) == 0)
        mark(TITLE, number, version);
}

static void step_own(society *s)
{
    char pattern[32];
    bool again = paths > 0 && power_below(2) == 0;
    int number = again ? (int)power_below((unsigned)paths) + 1 : ++paths;

    snprintf(pattern, sizeof pattern, "[\"p%d\"]", number);
    if (again) {
        mark(RELEASING, number, 0); /* from here on it may be gone */
        society_own_release(s, pattern);
    } else if (society_own_acquire(s, pattern, 0, NULL, 0, NULL) == 0) {
        mark(HELD, number, 0);
    }
}

/* w1 reads on; the cursor may be stored from the commit's beginning on. */
static void step_read(void)
{
    society_tail *tail;
    const char *record;

    if (society_tail_open(agents[1], "messages", SOCIETY_FROM_CURSOR, 0, &tail) < 0)
        return;
    while (society_tail_next(tail, &record, NULL) == 1) {
        int number = atoi(member_text(record, "id") + 1);
        handed = number > handed ? number : handed;
    }
    mark(COMMITTING, handed, 0);
    society_tail_commit(tail);
    society_tail_close(tail);
}

static void reopen(unsigned who)
{
    society_close(agents[who]);
    power_die_after(0);
    agents[who] = member_open(names[who]);
}

static void step(void)
{
    static const char *const logs[] = {"tasks", "ownership", "messages", "registry"};
    unsigned who = power_below(AGENTS);
    society *s = agents[who];
    bool dies = power_below(6) == 0;

    if (dies)
        power_die_after(power_below(60) + 1);
    switch (power_below(12)) {
    case 0:
    case 1:
    case 2: step_send(s); break;
    case 3: step_task(s); break;
    case 4:
    case 5: step_title(s); break;
    case 6:
    case 7: step_own(s); break;
    case 8: step_read(); break;
    case 9: society_compact(s, logs[power_below(4)], SOCIETY_COMPACT_FORCE, NULL); break;
    case 10: reopen(who); break;
    default: society_register(s, "{\"role\":\"r\"}"); break;
    }
    if (dies)
        reopen(who);
}

/* ---- What must be there ---- */

static int lost;
static bool quiet; /* a control loses on purpose */

__attribute__((format(printf, 2, 3))) static void lose(unsigned moment, const char *format, ...)
{
    va_list arguments;

    lost++;
    if (quiet || lost > 20)
        return;
    printf("# cut at %u: ", moment);
    va_start(arguments, format);
    vprintf(format, arguments);
    va_end(arguments);
    printf("\n");
}

/* The last moment at or before `moment` at which such a mark was made for the number; its value; -1. */
static int value_of(int what, int number, unsigned moment)
{
    int value = -1;

    for (int i = 0; i < mark_count && marks[i].moment <= moment; i++)
        if ((int)marks[i].what == what && marks[i].number == number)
            value = marks[i].value;
    return value;
}

static void check_message(society *s, int number, unsigned moment)
{
    char id[16];
    char *text = NULL;

    snprintf(id, sizeof id, "m%d", number);
    if (society_message_get(s, id, &text) < 0)
        lose(moment, "message %s: %s", id, society_last_message(s));
    society_free(text);
}

static void check_task(society *s, int number, unsigned moment)
{
    char id[16];
    char *text = NULL;
    int wanted = value_of(TITLE, number, moment);

    snprintf(id, sizeof id, "k%d", number);
    if (society_task_get(s, id, &text) < 0)
        lose(moment, "task %s: %s", id, society_last_message(s));
    else if (atoi(member_text(text, "title") + 1) < wanted)
        lose(moment, "task %s: version %s instead of %d", id, member_text(text, "title"), wanted);
    society_free(text);
}

static void check_path(society *s, int number, unsigned moment)
{
    char quoted[32];
    society_list *list = NULL;
    bool there = false;

    if (value_of(RELEASING, number, moment) >= 0)
        return;
    snprintf(quoted, sizeof quoted, "\"p%d\"", number);
    if (society_own_list(s, &list) < 0)
        lose(moment, "reservations: %s", society_last_message(s));
    for (int64_t i = 0; i < society_list_count(list); i++)
        there |= strstr(society_list_item(list, i), quoted) != NULL;
    society_list_free(list);
    if (!there)
        lose(moment, "reservation %s", quoted);
}

/* Every message that is acknowledged and that no commit may have passed comes to w1. */
static void check_reading(society *s, unsigned moment)
{
    society_tail *tail;
    const char *record;
    bool seen[MARKS] = {false};
    int committed = 0;
    int result = society_tail_open(s, "messages", SOCIETY_FROM_CURSOR, 0, &tail);

    if (result < 0) {
        lose(moment, "the tail: %s", society_last_message(s));
        return;
    }
    while (society_tail_next(tail, &record, NULL) == 1) {
        int number = atoi(member_text(record, "id") + 1);
        if (number > 0 && number < MARKS)
            seen[number] = true;
    }
    society_tail_close(tail);
    for (int i = 0; i < mark_count && marks[i].moment <= moment; i++)
        if (marks[i].what == COMMITTING && marks[i].number > committed)
            committed = marks[i].number;
    for (int i = 0; i < mark_count && marks[i].moment <= moment; i++)
        if (marks[i].what == SENT && marks[i].number > committed && !seen[marks[i].number])
            lose(moment, "message m%d is not delivered", marks[i].number);
}

static void check_going_on(society *s, unsigned moment)
{
    if (society_check(s, SOCIETY_CHECK_REPAIR, NULL) < 0)
        lose(moment, "the repair: %s", society_last_message(s));
    if (society_send(s, "{\"to\":\"w1\",\"id\":\"later\",\"content\":1}", NULL) < 0 ||
        society_task_create(s, "{\"id\":\"later\",\"title\":\"T\"}", NULL) < 0)
        lose(moment, "going on: %s", society_last_message(s));
}

static void check_cut(unsigned moment)
{
    society *s;
    const struct soc_sys *recording = power_look();

    assert_int_equal(society_new(&s), 0);
    if (society_open(s, cut_project) < 0 || society_identify(s, "w1") < 0) {
        lose(moment, "opening: %s", society_last_message(s));
    } else {
        for (int i = 0; i < mark_count && marks[i].moment <= moment; i++) {
            if (marks[i].what == SENT)
                check_message(s, marks[i].number, moment);
            else if (marks[i].what == TASK)
                check_task(s, marks[i].number, moment);
            else if (marks[i].what == HELD)
                check_path(s, marks[i].number, moment);
        }
        check_reading(s, moment);
        check_going_on(s, moment);
    }
    society_close(s);
    soc_sys = recording;
}

/* ---- Runs ---- */

static void begin_run(uint64_t seed)
{
    member_setup(NULL);
    mark_count = messages = tasks = paths = versions = handed = 0;
    write_text(member_path("project.json"),
               "{\"version\":1,\"rotateBytes\":4096,\"durability\":{\"messages\":\"power\"}}\n");
    cut_project = tmp_make();
    power_begin(member_path(""), seed);
    for (unsigned i = 0; i < AGENTS; i++)
        agents[i] = member_open(names[i]);
}

static void end_run(void)
{
    for (unsigned i = 0; i < AGENTS; i++)
        society_close(agents[i]);
    power_end();
    tmp_remove(cut_project);
    member_teardown(NULL);
}

/* Works, and then cuts at random moments. */
static void run(uint64_t seed, int states, bool without_data, bool without_names)
{
    begin_run(seed);
    power_drop(without_data, without_names);
    unsigned first = power_now();
    for (int i = 0; i < STEPS; i++)
        step();
    char *path = tmp_path(cut_project, ".society-agent");
    for (int i = 0; i < states; i++) {
        unsigned moment = first + power_below(power_now() - first + 1);
        power_cut(moment, path);
        check_cut(moment);
    }
    free(path);
    end_run();
}

static void test_power_cuts(void **state)
{
    const char *given = getenv("SOCIETY_SEED");
    const char *wanted = getenv("POWER_STATES");
    uint64_t seed = given ? strtoull(given, NULL, 10) : (uint64_t)time(NULL) * 1000;
    int states = wanted ? atoi(wanted) : getenv("SOCIETY_LONG") ? 200000 : STATES;

    int done;

    (void)state;
    lost = 0;
    limit_begin();
    for (done = 0; done < states && !limit_over(); done += STATES_OF_A_RUN, seed++) {
        run(seed, STATES_OF_A_RUN, false, false);
        if (lost > 0)
            fail_msg("SOCIETY_SEED=%llu: %d losses", (unsigned long long)seed, lost);
    }
    limit_end(done, states, "states");
    print_message("# %d states of power cuts, the last of SOCIETY_SEED=%llu\n", done,
                  (unsigned long long)seed - 1);
}

/* Without the calls that make things durable the same check finds losses. */
static void test_controls(void **state)
{
    (void)state;
    quiet = true;
    for (int names_too = 0; names_too < 2; names_too++) {
        lost = 0;
        run(7, STATES_OF_A_RUN, names_too == 0, names_too == 1);
        print_message("# without %s: %d losses\n", names_too ? "fsync of directories" : "fdatasync",
                      lost);
        assert_true(lost > 0);
    }
    quiet = false;
    lost = 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_controls),
        cmocka_unit_test(test_power_cuts),
    };

    return cmocka_run_group_tests_name("power", tests, NULL, NULL);
}
