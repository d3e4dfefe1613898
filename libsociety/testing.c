/* SPDX-License-Identifier: MIT */
/*
 * A society in memory: see <society/testing.h>. The parts are laid over the table that is in force,
 * each over the one before: numbers from a seed, the clock, the files. All above it, from the logs
 * to the handles, is the library as it is.
 */
#include <errno.h>
#include <inttypes.h>
#include <society/testing.h>
#include <stdlib.h>
#include <string.h>

#include "handle.h"
#include "memfs.h"
#include "seeded.h"
#include "simclock.h"
#include "sys.h"

#define DIR SOC_MEMFS_ROOT "/.society-agent"
#define LATEST_MS INT64_C(221845392000000) /* 9000-01-01 */

/* An agent that was opened once. It stays where it is, since handles know their slots. */
struct agent {
    struct agent *next;
    char id[SOC_ID_MAX + 1];
    uint32_t number; /* from 1 on; the owner of its descriptors */
    bool stopped;
    society *s; /* NULL: it died or was closed */
};

struct society_test {
    struct soc_error error;
    const struct soc_sys *before;
    struct soc_sys table;
    struct soc_seeded ids;
    struct soc_seeded turns;
    struct soc_simclock clock;
    struct soc_memfs fs;
    struct soc_dir dir;
    struct agent *agents; /* in the order of their first opening */
};

static struct society_test *present;

/* ---- The society ---- */

static int make_society(struct society_test *test)
{
    society *s;
    int result = society_new(&s);
    if (result < 0)
        return result;
    result = society_init(s, SOC_MEMFS_ROOT, NULL, 0);
    society_close(s);
    return result < 0 ? result : soc_dir_open(&test->dir, DIR, &test->error);
}

SOC_PUBLIC int society_test_new(uint64_t seed, society_test **ret_test)
{
    if (present)
        return -EBUSY;
    struct society_test *test = calloc(1, sizeof *test);
    if (!test)
        return -ENOMEM;
    present = test;
    test->dir = (struct soc_dir)SOC_DIR_INIT;
    test->before = soc_sys;
    test->table = *soc_sys;
    test->ids.state = seed;
    test->turns.state = ~seed; /* so that an id more or less does not change the order */
    soc_seeded_fill(&test->ids, &test->table);
    soc_simclock_begin(&test->clock, &test->table);
    int result = soc_memfs_begin(&test->fs, &test->table);
    if (result == 0) {
        soc_sys = &test->table;
        result = make_society(test);
    }
    if (result < 0) {
        society_test_free(test);
        return result;
    }
    *ret_test = test;
    return 0;
}

SOC_PUBLIC void society_test_free(society_test *test)
{
    struct agent *next;
    if (!test)
        return;
    for (struct agent *agent = test->agents; agent; agent = next) {
        next = agent->next;
        society_close(agent->s);
        free(agent);
    }
    soc_dir_close(&test->dir);
    soc_sys = test->before;
    soc_memfs_end(&test->fs);
    soc_simclock_end(&test->clock);
    free(test);
    present = NULL;
}

/* ---- Agents ---- */

static struct agent *find(const struct society_test *test, const char *id)
{
    struct agent *agent = test->agents;
    while (agent && strcmp(agent->id, id) != 0)
        agent = agent->next;
    return agent;
}

static struct agent *add(struct society_test *test, const char *id)
{
    struct agent **link = &test->agents;
    uint32_t number = 1;
    for (; *link; link = &(*link)->next)
        number++;
    *link = calloc(1, sizeof **link);
    if (!*link)
        return NULL;
    memcpy((*link)->id, id, strlen(id));
    (*link)->number = number;
    return *link;
}

/* Its directory's descriptor is the agent's, and so is all that is opened by way of it. */
static int open_handle(struct society_test *test, struct agent *agent)
{
    society *s;
    int result = society_new(&s);
    if (result < 0)
        return soc_fail(&test->error, result, "%s", society_strerror(result));
    test->fs.owner = agent->number;
    result = society_open(s, DIR);
    test->fs.owner = 0;
    if (result == 0)
        result = society_identify(s, agent->id);
    if (result < 0) {
        soc_fail(&test->error, result, "%s", society_last_message(s));
        society_close(s);
        return result;
    }
    agent->s = s;
    agent->stopped = false;
    s->slot = &agent->s;
    return 0;
}

SOC_PUBLIC int society_test_open(society_test *test, const char *agent, society **ret_society)
{
    soc_simclock_allow(&test->clock);
    if (!agent || !soc_is_agent_id(agent, strlen(agent)))
        return soc_fail(&test->error, SOCIETY_E_INVALID, "\"%.80s\" is not an agent id",
                        agent ? agent : "");
    struct agent *known = find(test, agent);
    if (known && known->s)
        return soc_fail(&test->error, SOCIETY_E_HELD, "%s lives, and has a handle", agent);
    if (!known)
        known = add(test, agent);
    if (!known)
        return soc_fail_memory(&test->error);
    int result = open_handle(test, known);
    if (result == 0)
        *ret_society = known->s;
    return result;
}

/* The agent, if it lives; NULL with the words. */
static struct agent *living(struct society_test *test, const char *id)
{
    struct agent *agent = id ? find(test, id) : NULL;
    soc_simclock_allow(&test->clock);
    if (agent && agent->s)
        return agent;
    soc_fail(&test->error, SOCIETY_E_NOT_FOUND, "there is no living agent \"%.80s\"", id ? id : "");
    return NULL;
}

SOC_PUBLIC int society_test_kill(society_test *test, const char *agent)
{
    struct agent *victim = living(test, agent);
    if (!victim)
        return SOCIETY_E_NOT_FOUND;
    society_close(victim->s); /* which writes nothing */
    soc_memfs_kill(&test->fs, victim->number);
    return 0;
}

static int set_stopped(struct society_test *test, const char *id, bool stopped)
{
    struct agent *agent = living(test, id);
    if (!agent)
        return SOCIETY_E_NOT_FOUND;
    agent->stopped = stopped;
    return 0;
}

SOC_PUBLIC int society_test_stop(society_test *test, const char *agent)
{
    return set_stopped(test, agent, true);
}

SOC_PUBLIC int society_test_continue(society_test *test, const char *agent)
{
    return set_stopped(test, agent, false);
}

static bool may_step(const struct agent *agent)
{
    return agent->s && !agent->stopped;
}

SOC_PUBLIC society *society_test_next(society_test *test)
{
    uint64_t count = 0;
    soc_simclock_allow(&test->clock);
    for (const struct agent *agent = test->agents; agent; agent = agent->next)
        count += may_step(agent);
    if (count == 0)
        return NULL;
    uint64_t turn = soc_seeded_below(&test->turns, count);
    const struct agent *agent = test->agents;
    while (!may_step(agent) || turn-- > 0)
        agent = agent->next;
    return agent->s;
}

/* ---- Time ---- */

SOC_PUBLIC int society_test_advance(society_test *test, int64_t ms)
{
    if (ms < 0 || ms > LATEST_MS - test->clock.now_ms)
        return soc_fail(&test->error, SOCIETY_E_INVALID,
                        "the clock can't be moved by %" PRId64 " milliseconds", ms);
    soc_simclock_move(&test->clock, ms);
    soc_simclock_allow(&test->clock);
    return 0;
}

SOC_PUBLIC int64_t society_test_now(society_test *test)
{
    soc_simclock_allow(&test->clock);
    return test->clock.now_ms;
}

/* ---- Files ---- */

SOC_PUBLIC int society_test_text(society_test *test, const char *name, char **ret_text)
{
    SOC_AUTO_STRBUF struct soc_strbuf text = SOC_STRBUF_INIT;
    soc_simclock_allow(&test->clock);
    int result = soc_fs_read(&test->dir, name, SIZE_MAX, &text, &test->error);
    if (result == -ENOENT)
        return soc_fail(&test->error, result, "there is no %s", name);
    if (result < 0)
        return result;
    soc_strbuf_add(&text, "", 0); /* a string, also when the file is empty */
    if (text.failed)
        return soc_fail_memory(&test->error);
    *ret_text = soc_strbuf_steal(&text);
    return 0;
}

SOC_PUBLIC int society_test_write(society_test *test, const char *name, const char *text)
{
    soc_simclock_allow(&test->clock);
    return soc_fs_replace(&test->dir, name, text, strlen(text), false, &test->error);
}

SOC_PUBLIC int society_test_append(society_test *test, const char *name, const char *text)
{
    soc_simclock_allow(&test->clock);
    SOC_AUTO_FD int fd = soc_fs_open(&test->dir, name, O_WRONLY | O_APPEND | O_CREAT, &test->error);
    if (fd == -ENOENT)
        return soc_fail(&test->error, fd, "the directory of %s is missing", name);
    return fd < 0 ? fd : soc_fs_write_all(fd, text, strlen(text), name, &test->error);
}

SOC_PUBLIC const char *society_test_last_message(const society_test *test)
{
    return test->error.text;
}
