/* SPDX-License-Identifier: MIT */
/*
 * PROCESSES workers race for TASKS tasks of the working directory's society, through the library,
 * and KILLS of them are killed at random moments and started again. Every other worker has joined;
 * those that have not take their own claims back when they are started again. Afterwards what each
 * was told is compared with what the log's fold says:
 *
 *     a task has one completion that took effect, and without kills one claim;
 *     a claim or completion that a worker was told of stands in the log, by that worker;
 *     one in the log that nobody was told of belongs to a worker that was killed.
 *
 * With COMPACT=1 two more are among those that are killed: one that compacts the log again and
 * again, and one that looks at it, sometimes as who has been there and sometimes as who has just
 * come: a task that is not over is never missing, and of those that are the last 1,000 are there.
 * A worker compacts as well, after every hundredth task: that is independent of how fast they are.
 *
 * With `check` only the comparison is made: others have worked, KILLS of them were killed, and they
 * have written what they were told into told-0, told-1, … as "claim <id> <token>" and
 * "done <id> <token>".
 *
 * The same seed gives the same choices and pauses; what the workers are doing at those moments is
 * the machine's affair.
 */
#include <fcntl.h>
#include <inttypes.h>
#include <poll.h>
#include <signal.h>
#include <society/agent.h>
#include <society/task.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "harness/die.h"
#include "json.h"
#include "reader.h"
#include "task_state.h"

#define WORKERS_MAX 256
#define LONGEST_PAUSE_US 4000

static pid_t workers[WORKERS_MAX]; /* 0: has ended */
static unsigned processes;
static unsigned actors; /* with those that are no workers */
static unsigned tasks;
static unsigned complaints;
static bool compacting;

/* xorshift64* (S. Vigna, public domain) */
static uint64_t random_state;

static uint64_t next_random(void)
{
    random_state ^= random_state >> 12;
    random_state ^= random_state << 25;
    random_state ^= random_state >> 27;
    return random_state * UINT64_C(0x2545F4914F6CDD1D);
}

static void complain(const char *what, const char *about)
{
    printf("%s: %s\n", what, about);
    complaints++;
}

static society *open_as(const char *agent)
{
    society *s;
    if (society_new(&s) < 0 || society_open(s, ".") < 0 || society_identify(s, agent) < 0)
        die("%s cannot open the society", agent);
    return s;
}

/* ---- A worker ---- */

static void tell(int told, const char *what, const char *id, int64_t token)
{
    char line[128];
    int length = snprintf(line, sizeof line, "%s %s %" PRId64 "\n", what, id, token);
    if (write(told, line, (size_t)length) != length)
        die("cannot say what was told");
}

/* How many are not done, and how many are listed, of one and the same state. */
static int count_live(society *s, int *ret_listed)
{
    society_list *list = NULL;
    int result = society_tasks(s, 0, NULL, &list);
    int live = 0;
    if (result < 0)
        die("tasks: %s", society_last_message(s));
    for (int64_t i = 0; i < society_list_count(list); i++)
        live += !strstr(society_list_item(list, i), "\"state\":\"done\"");
    society_list_free(list);
    *ret_listed = result;
    return live;
}

static bool is_done(society *s)
{
    int listed;
    return count_live(s, &listed) == 0;
}

/* Claims something, waiting for it; false when everything is done. The log may stay locked for 5 s
 * where a machine has more to do than this: then nothing was written. */
static bool claim_next(society *s, int told, char id[80], int64_t *ret_token)
{
    char *text;
    int result = society_task_claim_with(s, NULL, SOCIETY_CLAIM_RESUME, 0, 0, &text);
    while ((result == SOCIETY_E_NOT_FOUND || result == SOCIETY_E_TIMEOUT) && !is_done(s))
        result = society_task_claim_with(s, NULL, SOCIETY_CLAIM_RESUME, 0, 20, &text);
    if (result == SOCIETY_E_TIMEOUT)
        return false;
    if (result == SOCIETY_E_NOT_FOUND)
        return false;
    if (result < 0)
        die("claim: %s: %s", society_error_name(result), society_last_message(s));
    SOC_AUTO_JSON soc_json *claim = soc_json_parse(text, strlen(text), NULL);
    snprintf(id, 80, "%s", soc_json_get_string(claim, "task"));
    if (!soc_json_get_integer(claim, "token", ret_token))
        die("a claim without a token: %s", text);
    society_free(text);
    tell(told, "claim", id, *ret_token);
    return true;
}

static void compact_once(society *s)
{
    int result;
    do
        result = society_compact(s, "tasks", SOCIETY_COMPACT_FORCE, NULL);
    while (result == SOCIETY_E_TIMEOUT);
    if (result < 0)
        die("compact: %s", society_last_message(s));
}

static void work(unsigned number)
{
    char agent[16];
    char name[32];
    char id[80];
    int64_t token;
    snprintf(agent, sizeof agent, "w%u", number);
    snprintf(name, sizeof name, "told-%u", number);
    int told = open(name, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0600);
    society *s = open_as(agent);
    if (told < 0 || (number % 2 == 0 && society_join(s) < 0))
        die("%s: %s", agent, society_last_message(s));
    while (claim_next(s, told, id, &token)) {
        int result;
        do
            result = society_task_change(s, id, "complete", NULL, token);
        while (result == SOCIETY_E_TIMEOUT);
        if (result < 0)
            die("complete %s: %s", society_error_name(result), society_last_message(s));
        tell(told, "done", id, token);
        if (compacting && atoi(id + 1) % 100 == 0)
            compact_once(s);
    }
    society_close(s);
    exit(0);
}

static void pause_for(int64_t microseconds)
{
    struct timespec wait = {0, microseconds * 1000};
    ppoll(NULL, 0, &wait, NULL); /* nothing is waited for: it is the moment that is random */
}

static void compact(void)
{
    society *s = open_as("compactor");
    while (!is_done(s)) {
        compact_once(s);
        pause_for((int64_t)(next_random() % (100 * LONGEST_PAUSE_US)));
    }
    society_close(s);
    exit(0);
}

/* What is listed by whom: never fewer than are live and were over last, and the live never more
 * than before. */
static void look(void)
{
    society *old = open_as("reader");
    int live = (int)tasks;
    for (int i = 0; live > 0; i++) {
        society *s = i % 2 ? open_as("reader") : old;
        int listed;
        int now_live = count_live(s, &listed);
        int least = now_live + 1000 < (int)tasks ? now_live + 1000 : (int)tasks;
        if (listed < least || now_live > live)
            die("%d listed, %d live after %d", listed, now_live, live);
        live = now_live;
        if (s != old)
            society_close(s);
    }
    society_close(old);
    exit(0);
}

static void start(unsigned number)
{
    pid_t parent = getpid();
    workers[number] = fork();
    if (workers[number] < 0)
        die("fork");
    if (workers[number] > 0)
        return;
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (getppid() != parent)
        exit(1);
    if (number < processes)
        work(number);
    random_state += (uint64_t)getpid(); /* another pause each time */
    if (number == processes)
        compact();
    look();
    exit(1);
}

/* ---- Killing ---- */

static unsigned reap(int flags)
{
    int status;
    unsigned running = 0;
    for (unsigned i = 0; i < actors; i++) {
        if (workers[i] > 0 && waitpid(workers[i], &status, flags) == workers[i]) {
            workers[i] = 0;
            if (status != 0)
                complain("a worker ended badly", WIFSIGNALED(status) ? "by a signal" : "by itself");
        }
        running += workers[i] > 0;
    }
    return running;
}

static unsigned kill_some(unsigned kills)
{
    unsigned done = 0;
    while (done < kills && reap(WNOHANG) > 0) {
        pause_for((int64_t)(next_random() % LONGEST_PAUSE_US));
        unsigned victim = (unsigned)(next_random() / 2 % actors);
        int status;
        if (workers[victim] <= 0)
            continue;
        kill(workers[victim], SIGKILL);
        waitpid(workers[victim], &status, 0);
        done += WIFSIGNALED(status);
        start(victim);
    }
    return done;
}

/* ---- The account ---- */

/* What the log says: "<what> <id> <token>" -> agent, of what took effect; and how often each task
 * was claimed and done. */
struct account {
    soc_json *events;
    soc_json *claims;
    soc_json *completions;
    struct soc_tasks *state;
};

static void count_one(soc_json *counts, const char *id)
{
    int64_t count = 0;
    soc_json_get_integer(counts, id, &count);
    soc_json_set(counts, id, soc_json_new_integer(count + 1));
}

static void take_in(struct account *account, const struct soc_line *line)
{
    SOC_AUTO_JSON soc_json *json = soc_json_parse(line->text, line->length, NULL);
    const char *type = soc_json_get_string(json, "type");
    struct soc_record record = {json, type ? type : "", line->position, line->end};
    char event[128];
    int64_t token = -1;
    if (soc_tasks_fold.apply(account->state, &record) != 1)
        return;
    const char *id = soc_json_get_string(json, "task");
    bool claim = strcmp(record.type, "task_claim") == 0;
    if (!claim && strcmp(record.type, "task_complete") != 0)
        return;
    soc_json_get_integer(json, "token", &token);
    snprintf(event, sizeof event, "%s %s %" PRId64, claim ? "claim" : "done", id, token);
    soc_json_set_string(account->events, event, soc_json_get_string(json, "from"));
    count_one(claim ? account->claims : account->completions, id);
}

static void read_log(struct account *account)
{
    struct soc_dir dir;
    struct soc_reader reader;
    struct soc_line line;
    struct soc_error error = {0};
    int result;
    if (soc_dir_open(&dir, ".society-agent", &error) < 0 ||
        soc_reader_open(&reader, &dir, "tasks", SOC_READ_FROM_START, &error) < 0)
        die("%s", error.text);
    while ((result = soc_reader_next(&reader, &line, &error)) == 1)
        if (line.kind != SOC_LINE_MALFORMED)
            take_in(account, &line);
    if (result < 0)
        die("%s", error.text);
    soc_reader_close(&reader);
    soc_dir_close(&dir);
}

/* Compares what one worker was told with the log, and takes it out of the account. */
static void check_told(struct account *account, unsigned number)
{
    char name[32];
    char agent[16];
    char line[128];
    snprintf(name, sizeof name, "told-%u", number);
    snprintf(agent, sizeof agent, "w%u", number);
    FILE *told = fopen(name, "re");
    while (told && fgets(line, sizeof line, told)) {
        line[strcspn(line, "\n")] = '\0';
        const char *by = soc_json_get_string(account->events, line);
        if (!by || strcmp(by, agent) != 0)
            complain(agent, line);
        soc_json_remove(account->events, line);
    }
    if (told)
        fclose(told);
}

static void check_tasks(const struct account *account, unsigned kills)
{
    const char *id;
    const soc_json *task;
    if (soc_json_count(account->state->tasks) != tasks)
        complain("tasks", "not all of them are there");
    for (void *i = NULL; (i = soc_json_next(account->state->tasks, i, &id, &task));) {
        int64_t claims = 0;
        int64_t completions = 0;
        soc_json_get_integer(account->claims, id, &claims);
        soc_json_get_integer(account->completions, id, &completions);
        if (completions != 1)
            complain("not completed once", id);
        if (claims < 1 || (kills == 0 && claims != 1))
            complain("not claimed once", id);
        if (strcmp(soc_json_get_string(task, "state"), "done") != 0)
            complain("not done", id);
    }
}

static void check(unsigned kills)
{
    struct account account = {soc_json_new_object(), soc_json_new_object(), soc_json_new_object(),
                              soc_tasks_over(NULL)};
    read_log(&account);
    check_tasks(&account, kills);
    size_t events = soc_json_count(account.events);
    for (unsigned i = 0; i < processes; i++)
        check_told(&account, i);
    size_t untold = soc_json_count(account.events);
    if (untold > kills)
        complain("untold", "more stands in the log than workers were killed");
    fprintf(stderr,
            "%u tasks, %zu claims and completions, %u kills, %zu of them before it was told\n",
            tasks, events, kills, untold);
    soc_json_free(account.events);
    soc_json_free(account.claims);
    soc_json_free(account.completions);
    soc_tasks_free(account.state);
}

static void make_tasks(void)
{
    SOC_AUTO_STRBUF struct soc_strbuf lines = SOC_STRBUF_INIT;
    society *s = open_as("lead");
    for (unsigned i = 0; i < tasks; i++)
        soc_strbuf_add_format(&lines, "{\"title\":\"task %u\",\"priority\":%u}\n", i, i % 5);
    if (society_task_create_lines(s, lines.data, NULL) != (int)tasks)
        die("%s", society_last_message(s));
    society_close(s);
}

int main(int argc, char **argv)
{
    bool only_check = argc == 5 && strcmp(argv[3], "check") == 0;
    if (argc != 5) {
        fprintf(stderr, "usage: task_race PROCESSES TASKS KILLS SEED\n"
                        "       task_race PROCESSES TASKS check KILLS\n");
        return 2;
    }
    processes = (unsigned)strtoul(argv[1], NULL, 10);
    tasks = (unsigned)strtoul(argv[2], NULL, 10);
    compacting = getenv("COMPACT") != NULL;
    actors = processes + (compacting ? 2 : 0);
    if (processes == 0 || actors > WORKERS_MAX)
        die("%u processes", processes);
    if (only_check) {
        check((unsigned)strtoul(argv[4], NULL, 10));
        return complaints != 0;
    }
    unsigned kills = (unsigned)strtoul(argv[3], NULL, 10);
    random_state = strtoull(argv[4], NULL, 10) * 2 + 1;
    make_tasks();
    for (unsigned i = 0; i < actors; i++)
        start(i);
    kills = kill_some(kills);
    reap(0);
    check(kills);
    return complaints != 0;
}
