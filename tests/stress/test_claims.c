/* SPDX-License-Identifier: MIT */
/*
 * Processes that claim, renew, release, complete, fail, reopen and take over a few tasks, while
 * others of them are killed. Each notes when every call of it began and ended and what it was told,
 * in a file of its own that survives it, and history.h says whether all of it can be true of tasks
 * that are claimed under fencing tokens. Beside that the log's fold must agree with what each was
 * told: no record is void, each one told of is there, in the order of real time, and one that nobody
 * was told of is of somebody who was killed.
 *
 * Half of the workers have joined. The others hold by leases of LEASE_MS, forget claims and come
 * back to them when they may be another's. The same seed gives the same choices; what the workers
 * are doing when one is killed is the machine's affair. SEED and ROUNDS change the choices and the
 * number of rounds.
 */
#include <fcntl.h>
#include <inttypes.h>
#include <poll.h>
#include <signal.h>
#include <society/agent.h>
#include <society/task.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "harness/die.h"
#include "harness/files.h"
#include "harness/history.h"
#include "harness/limit.h"
#include "harness/member.h"
#include "harness/unit.h"
#include "json.h"
#include "reader.h"
#include "task_state.h"

#define WORKERS 8
#define TASKS 3
#define LEASE_MS 5
#define ROUND 2500 /* operations: the log stays below the size at which it is compacted */
#define KILL_EVERY 30
#define REPORT_MS 30000
#define ROUNDS 8
#define ROUNDS_LONG 400

/* What has happened in a round: all that stands in the files, and the deaths. */
static struct history_operation operations[ROUND * 2];
static size_t count;

static atomic_bool *over; /* shared by all processes */

static int64_t now_ns(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return now.tv_sec * INT64_C(1000000000) + now.tv_nsec;
}

/* xorshift64* (S. Vigna, public domain) */
static uint64_t next_random(uint64_t *state)
{
    *state ^= *state >> 12;
    *state ^= *state << 25;
    *state ^= *state >> 27;
    return (*state * UINT64_C(0x2545F4914F6CDD1D)) >> 33;
}

/* ---- A worker ---- */

struct worker {
    society *s;
    uint64_t random;
    uint32_t process;
    bool joined;
    bool lock_files;
    int file;   /* its history: each operation when it begins, and again when it is told */
    int report; /* a byte for each operation */
    int64_t tokens[TASKS]; /* the last that it was given, perhaps another's by now */
};

static const char *name_of(uint32_t task)
{
    static const char *const names[] = {"a", "b", "c"};
    return names[task];
}

static const char *change_of(enum history_what what)
{
    static const char *const changes[] = {"claim",    "renew", "release",
                                          "complete", "fail",  "reopen"};
    return changes[what];
}

static void note(const struct worker *worker, const struct history_operation *operation)
{
    if (write(worker->file, operation, sizeof *operation) != sizeof *operation)
        die("cannot note what was done");
}

static enum history_outcome outcome_of(const struct worker *worker,
                                       const struct history_operation *operation, int result)
{
    bool claim = operation->what == HISTORY_CLAIM;
    if (result == 0)
        return HISTORY_DONE;
    if (result == SOCIETY_E_FENCED && !claim)
        return HISTORY_FENCED;
    /* Who is about to claim makes the lock file first, and another is refused for it. */
    if (result == SOCIETY_E_HELD)
        return claim && worker->lock_files ? HISTORY_NOTHING : HISTORY_HELD;
    if (claim && (result == SOCIETY_E_NOT_FOUND || result == SOCIETY_E_TIMEOUT))
        return HISTORY_NOTHING;
    die("w%" PRIu32 ": %s: %s: %s", worker->process, change_of(operation->what),
        society_error_name(result), society_last_message(worker->s));
}

static void claim(struct worker *worker, struct history_operation *operation)
{
    char *text = NULL;
    bool any = operation->task == HISTORY_ANY_TASK;
    int result =
        society_task_claim(worker->s, any ? NULL : name_of(operation->task), LEASE_MS, &text);
    operation->ended = now_ns();
    operation->outcome = outcome_of(worker, operation, result);
    if (result < 0)
        return;
    const char *taken = member_field(text, "takeover");
    operation->task = (uint32_t)(member_text(text, "task")[0] - 'a');
    operation->token = strtoll(member_field(text, "token"), NULL, 10);
    operation->took_over = strcmp(taken, "null") == 0 ? HISTORY_NO_TOKEN : strtoll(taken, NULL, 10);
    worker->tokens[operation->task] = operation->token;
    society_free(text);
}

static void change(struct worker *worker, struct history_operation *operation)
{
    char fields[40] = "{}";
    if (operation->what == HISTORY_RENEW)
        snprintf(fields, sizeof fields, "{\"leaseMs\":%d}", LEASE_MS);
    if (operation->what == HISTORY_REOPEN) /* it has no token to be known by */
        snprintf(fields, sizeof fields, "{\"text\":\"%" PRId64 "\"}", operation->began);
    int result = society_task_change(worker->s, name_of(operation->task),
                                     change_of(operation->what), fields, operation->token);
    operation->ended = now_ns();
    operation->outcome = outcome_of(worker, operation, result);
}

/* Half of what is done is claiming; the rest is about the last claim of the task, if there was one. */
static enum history_what choose(struct worker *worker, uint32_t task)
{
    static const enum history_what changes[] = {HISTORY_RENEW,    HISTORY_RENEW, HISTORY_RELEASE,
                                                HISTORY_COMPLETE, HISTORY_FAIL,  HISTORY_REOPEN,
                                                HISTORY_COMPLETE, HISTORY_REOPEN};
    if (next_random(&worker->random) % 2 == 0)
        return HISTORY_CLAIM;
    enum history_what what = changes[next_random(&worker->random) % 8];
    return worker->tokens[task] == HISTORY_NO_TOKEN && what != HISTORY_REOPEN ? HISTORY_CLAIM
                                                                              : what;
}

static void do_one(struct worker *worker)
{
    uint32_t task = (uint32_t)(next_random(&worker->random) % TASKS);
    struct history_operation operation = {.process = worker->process,
                                          .task = task,
                                          .outcome = HISTORY_UNKNOWN,
                                          .present = worker->joined,
                                          .lease_ns = LEASE_MS * INT64_C(1000000),
                                          .token = HISTORY_NO_TOKEN,
                                          .took_over = HISTORY_NO_TOKEN};
    operation.what = choose(worker, task);
    if (operation.what != HISTORY_CLAIM && operation.what != HISTORY_REOPEN)
        operation.token = worker->tokens[task];
    if (operation.what == HISTORY_CLAIM && next_random(&worker->random) % 4 == 0)
        operation.task = HISTORY_ANY_TASK;
    operation.began = now_ns();
    note(worker, &operation);
    if (operation.what == HISTORY_CLAIM)
        claim(worker, &operation);
    else
        change(worker, &operation);
    note(worker, &operation);
}

static const char *history_path(int life)
{
    char name[32];
    snprintf(name, sizeof name, "history-%d", life);
    return member_path(name);
}

static void work(uint32_t process, int life, uint64_t seed, bool lock_files, int report)
{
    char agent[16];
    snprintf(agent, sizeof agent, "w%" PRIu32, process);
    struct worker worker = {.random = seed * 1000 + (uint64_t)life * 2 + 1,
                            .process = process,
                            .joined = process % 2 == 0,
                            .lock_files = lock_files,
                            .report = report};
    for (int i = 0; i < TASKS; i++)
        worker.tokens[i] = HISTORY_NO_TOKEN;
    worker.file = open(history_path(life), O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0600);
    worker.s = member_open(agent);
    if (worker.file < 0 || (worker.joined && society_join(worker.s) < 0))
        die("%s: %s", agent, society_last_message(worker.s));
    while (!*over) {
        do_one(&worker);
        if (write(report, "x", 1) != 1)
            die("cannot report");
    }
    society_close(worker.s);
    _exit(0);
}

static pid_t start(uint32_t process, int life, uint64_t seed, bool lock_files, int report)
{
    pid_t parent = getpid();
    pid_t pid = fork();
    if (pid < 0)
        die("fork");
    if (pid > 0)
        return pid;
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (getppid() == parent)
        work(process, life, seed, lock_files, report);
    _exit(1);
}

/* ---- What was told ---- */

/* The operations of one life. `died`: when it was gone; 0: it ended by itself. */
static void read_history(int life, int64_t died)
{
    struct history_operation next;
    bool told = true;
    int file = open(history_path(life), O_RDONLY | O_CLOEXEC);
    if (file < 0) /* killed before it began */
        return;
    while (read(file, &next, sizeof next) == sizeof next) {
        count -= !told; /* the same again, now told */
        if (count == sizeof operations / sizeof *operations)
            die("more operations than there is room for");
        operations[count++] = next;
        told = !told;
    }
    close(file);
    if (!told && died == 0)
        die("life %d ended without saying what it was told", life);
    if (!told)
        operations[count - 1].ended = died;
}

/* The end of a life: it was killed, or ends by itself, as all do once a round is over. */
static void end_life(pid_t pid, uint32_t process, int life, int64_t since, bool killed)
{
    int status;
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_true(killed ? WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL : status == 0);
    struct history_operation death = {.process = process,
                                      .what = HISTORY_DEATH,
                                      .outcome = HISTORY_DONE,
                                      .began = since,
                                      .ended = now_ns()};
    read_history(life, killed ? death.ended : 0);
    operations[count++] = death;
}

/* An operation was done. Those of workers that have all ended badly would be waited for without end. */
static void await_report(int report)
{
    struct pollfd fd = {report, POLLIN, 0};
    char byte;
    if (poll(&fd, 1, REPORT_MS) != 1)
        fail_msg("no worker has done anything for %d ms: they have ended", REPORT_MS);
    if (read(report, &byte, 1) != 1)
        die("read");
}

/* A round: the number of kills. */
static int run_round(uint64_t seed, bool lock_files)
{
    pid_t pids[WORKERS];
    int lives[WORKERS];
    int report[2];
    int born = 0;
    int kills = 0;
    uint64_t random = seed * 2 + 1;
    char byte;
    /* A packet for each operation, a page each: no worker runs far ahead of the count. */
    assert_int_equal(pipe2(report, O_DIRECT | O_CLOEXEC), 0);
    *over = false;
    for (uint32_t i = 0; i < WORKERS; i++)
        pids[i] = start(i, lives[i] = ++born, seed, lock_files, report[1]);
    for (int done = 1; done <= ROUND; done++) {
        await_report(report[0]);
        if (done % KILL_EVERY != 0)
            continue;
        uint32_t victim = (uint32_t)(next_random(&random) % WORKERS);
        int64_t killed = now_ns();
        kill(pids[victim], SIGKILL);
        end_life(pids[victim], victim, lives[victim], killed, true);
        pids[victim] = start(victim, lives[victim] = ++born, seed, lock_files, report[1]);
        kills++;
    }
    int64_t ended = now_ns();
    *over = true;
    close(report[1]);
    while (read(report[0], &byte, 1) == 1) /* until the last has ended */
        ;
    for (uint32_t i = 0; i < WORKERS; i++)
        end_life(pids[i], i, lives[i], ended, false);
    close(report[0]);
    return kills;
}

/* ---- What the log says ---- */

static int compare_began(const void *a, const void *b)
{
    const struct history_operation *left = a;
    const struct history_operation *right = b;
    return (left->began > right->began) - (left->began < right->began);
}

/* Whether the record can be this operation's. */
static bool is_of(const struct history_operation *operation, const soc_json *json, const char *type)
{
    char from[16];
    const char *task = soc_json_get_string(json, "task");
    int64_t token = HISTORY_NO_TOKEN;
    snprintf(from, sizeof from, "w%" PRIu32, operation->process);
    if (operation->what == HISTORY_DEATH || strcmp(type, change_of(operation->what)) != 0 ||
        strcmp(soc_json_get_string(json, "from"), from) != 0)
        return false;
    if (operation->outcome == HISTORY_UNKNOWN && operation->what == HISTORY_CLAIM)
        return operation->task == HISTORY_ANY_TASK || strcmp(task, name_of(operation->task)) == 0;
    const char *began = soc_json_get_string(json, "text");
    if (began && strtoll(began, NULL, 10) != operation->began)
        return false;
    soc_json_get_integer(json, "token", &token);
    return (operation->outcome == HISTORY_DONE || operation->outcome == HISTORY_UNKNOWN) &&
           strcmp(task, name_of(operation->task)) == 0 && token == operation->token;
}

/* Finds the operation that wrote the record, and takes it out. `latest`: when the latest so far of
 * those in the log before it began. One that was told is looked for first. */
static void account_for(const struct soc_line *line, const char *type, bool *found, int64_t *latest)
{
    SOC_AUTO_JSON soc_json *json = soc_json_parse(line->text, line->length, NULL);
    size_t own = count;
    for (size_t i = 0; i < count && (own == count || operations[own].outcome == HISTORY_UNKNOWN);
         i++)
        if (!found[i] && is_of(&operations[i], json, type) && operations[i].ended >= *latest &&
            (own == count || operations[i].outcome == HISTORY_DONE))
            own = i;
    if (own == count)
        fail_msg("nobody did this, or not then: %.*s", (int)line->length, line->text);
    found[own] = true;
    if (operations[own].began > *latest)
        *latest = operations[own].began;
}

static void check_log(void)
{
    static bool found[sizeof operations / sizeof *operations];
    struct soc_dir dir;
    struct soc_reader reader;
    struct soc_line line;
    struct soc_error error = {0};
    int64_t latest = 0;
    struct soc_tasks *fold = soc_tasks_over(NULL);
    memset(found, 0, sizeof found);
    assert_int_equal(soc_dir_open(&dir, member_path("."), &error), 0);
    assert_int_equal(soc_reader_open(&reader, &dir, "tasks", SOC_READ_FROM_START, &error), 0);
    while (soc_reader_next(&reader, &line, &error) == 1) {
        if (line.kind == SOC_LINE_MALFORMED) /* a kill cut it */
            continue;
        SOC_AUTO_JSON soc_json *json = soc_json_parse(line.text, line.length, NULL);
        const char *type = soc_json_get_string(json, "type");
        struct soc_record record = {json, type, line.position, line.end};
        if (soc_tasks_fold.apply(fold, &record) != 1)
            fail_msg("written in vain: %.*s", (int)line.length, line.text);
        if (strcmp(type, "task_create") != 0)
            account_for(&line, type + strlen("task_"), found, &latest);
    }
    assert_int_equal(error.code, 0);
    for (size_t i = 0; i < count; i++)
        if (operations[i].what != HISTORY_DEATH && operations[i].outcome == HISTORY_DONE &&
            !found[i])
            fail_msg("w%" PRIu32 " was told of a %s with token %" PRId64 " that is not in the log",
                     operations[i].process, change_of(operations[i].what), operations[i].token);
    soc_reader_close(&reader);
    soc_dir_close(&dir);
    soc_tasks_free(fold);
}

/* ---- Rounds ---- */

struct figures {
    size_t operations;
    size_t outcomes[5];
    size_t takeovers;
    size_t states;
    int kills;
};

static void check_histories(struct figures *figures)
{
    for (uint32_t task = 0; task < TASKS; task++) {
        struct history_verdict verdict = history_check(operations, count, task);
        if (!verdict.sound)
            fail_msg("%s", verdict.why);
        if (verdict.states > figures->states)
            figures->states = verdict.states;
    }
    for (size_t i = 0; i < count; i++) {
        if (operations[i].what == HISTORY_DEATH)
            continue;
        figures->operations++;
        figures->outcomes[operations[i].outcome]++;
        figures->takeovers += operations[i].took_over != HISTORY_NO_TOKEN;
    }
}

static void make_society(bool lock_files)
{
    const char *config = lock_files
                             ? "{\"durability\":{\"tasks\":\"process\"}}"
                             : "{\"durability\":{\"tasks\":\"process\"},\"lockFiles\":false}";
    write_text(member_path("project.json"), config);
    society *s = member_open("lead");
    for (uint32_t i = 0; i < TASKS; i++) {
        char task[80];
        snprintf(task, sizeof task, "{\"id\":\"%s\",\"title\":\"work\",\"maxRetries\":1000000}",
                 name_of(i));
        assert_int_equal(society_task_create(s, task, NULL), 0);
    }
    society_close(s);
}

static void run_rounds(bool lock_files, uint64_t seed, int rounds)
{
    struct figures figures = {0};
    int i;
    limit_begin();
    for (i = 0; i < rounds && (i == 0 || !limit_over()); i++) {
        void *state = NULL;
        count = 0;
        member_setup(&state);
        make_society(lock_files);
        figures.kills += run_round(seed + (uint64_t)i, lock_files);
        qsort(operations, count, sizeof *operations, compare_began);
        check_log();
        check_histories(&figures);
        member_teardown(&state);
    }
    limit_end(i, rounds, "rounds");
    print_message("# seed %" PRIu64 ": %d histories of %d processes, %zu operations (%zu done, %zu "
                  "held, %zu fenced), %zu takeovers, %d kills, at most %zu states at once\n",
                  seed, i * TASKS, WORKERS, figures.operations, figures.outcomes[HISTORY_DONE],
                  figures.outcomes[HISTORY_HELD], figures.outcomes[HISTORY_FENCED],
                  figures.takeovers, figures.kills, figures.states);
    /* A run in which nothing of it happened shows nothing. */
    assert_true(figures.takeovers > 0 && figures.outcomes[HISTORY_FENCED] > 0 &&
                figures.outcomes[HISTORY_HELD] > 0 && figures.kills > 0);
}

static int64_t number_from(const char *name, int64_t otherwise)
{
    const char *text = getenv(name);
    return text ? strtoll(text, NULL, 10) : otherwise;
}

static void run_half(bool lock_files)
{
    int rounds = (int)number_from("ROUNDS", getenv("SOCIETY_LONG") ? ROUNDS_LONG : ROUNDS);
    uint64_t seed = (uint64_t)number_from("SEED", now_ns() % 1000000);
    print_message("# SEED=%" PRIu64 "\n", seed);
    run_rounds(lock_files, seed, (rounds + 1) / 2);
}

static void test_claims(void **state)
{
    (void)state;
    run_half(false);
}

static void test_claims_with_lock_files(void **state)
{
    (void)state;
    run_half(true);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_claims),
        cmocka_unit_test(test_claims_with_lock_files),
    };

    over = mmap(NULL, sizeof *over, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (over == MAP_FAILED)
        die("mmap");
    return cmocka_run_group_tests_name("claims", tests, NULL, NULL);
}
