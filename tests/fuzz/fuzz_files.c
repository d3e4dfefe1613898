/* SPDX-License-Identifier: MIT */
/*
 * The small files of a society with any content: project.json, a cursor, what others left in locks/. The library opens, works,
 * or says with the file's name what is wrong; and works again once the file is gone.
 */
#include <fcntl.h>
#include <society/agent.h>
#include <society/message.h>
#include <society/ownership.h>
#include <society/tail.h>
#include <society/task.h>
#include <unistd.h>

#include "fuzz/fuzz.h"
#include "harness/files.h"
#include "harness/member.h"

static const char *const names[] = {
    "project.json",          "cursors/w1.json",          "cursors/.leases-w1.json",
    "locks/agent-w2.lock",   "locks/task-claim-t1.lock", "locks/file-write-a.lock",
    "locks/mutex-gate.lock",
};

enum { PROJECT, CURSOR, LEASES, AGENT, CLAIM, WRITE, MUTEX, NAMES };

static void clean_up(void)
{
    member_teardown(NULL);
}

static void begin(void)
{
    member_setup(NULL);
    atexit(clean_up);
    society *s = member_open("w2");
    member_send(s, "w1", "m1");
    must(society_task_create(s, "{\"title\":\"T\",\"id\":\"t1\"}", NULL) == 0);
    must(society_own_acquire(s, "[\"b\"]", 0, NULL, 0, NULL) == 0);
    society_close(s);
}

/* Every result is 0 or more, or comes with words. */
static int asked(society *s, int result)
{
    must(result >= 0 || society_last_message(s)[0] != '\0');
    must(result >= 0 || strcmp(society_error_name(result), "UNKNOWN") != 0);
    return result;
}

static void check_tail(society *s)
{
    society_tail *tail;
    const char *record;
    int count = 0;

    if (asked(s, society_tail_open(s, "messages", SOCIETY_FROM_CURSOR, 0, &tail)) < 0)
        return;
    while (asked(s, society_tail_next(tail, &record, NULL)) == 1)
        count++;
    must(count <= 1);
    society_tail_close(tail);
}

static void check_agents(society *s)
{
    society_list *list;
    char *text;

    if (asked(s, society_agents(s, &list)) >= 0)
        society_list_free(list);
    if (asked(s, society_status(s, &text)) == 0)
        society_free(text);
    if (asked(s, society_online(s, "w2")) == 1)
        must(asked(s, society_join(s)) == 0);
    society_part(s);
}

static void check_holding(society *s)
{
    society_mutex *mutex;

    asked(s, society_task_claim(s, "t1", 0, NULL));
    asked(s, society_task_change(s, "t1", "release", NULL, SOCIETY_NO_TOKEN));
    if (asked(s, society_own_acquire(s, "[\"a\"]", 0, NULL, 0, NULL)) == 0)
        must(asked(s, society_own_release(s, "[\"a\"]")) == 1);
    asked(s, society_own_acquire(s, "[\"b\"]", 0, NULL, 0, NULL));
    if (asked(s, society_mutex_lock(s, "gate", 0, &mutex)) == 0)
        society_mutex_unlock(mutex);
}

static void check_opened(society *s, unsigned which)
{
    switch (which) {
    case CURSOR: check_tail(s); break;
    case AGENT: check_agents(s); break;
    case PROJECT:
        check_tail(s);
        check_agents(s);
        break;
    default: check_holding(s); break;
    }
}

/* The logs would grow with every run. */
static void forget(void)
{
    static const char *const logs[] = {"tasks.jsonl", "ownership.jsonl"};
    static char *kept[2];
    static size_t lengths[2];

    for (int i = 0; i < 2; i++) {
        if (!kept[i])
            kept[i] = read_file(member_path(logs[i]), &lengths[i]);
        write_file(member_path(logs[i]), kept[i], lengths[i]);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static bool begun;
    struct feed feed = {data, size};
    society *s;

    if (!begun)
        begin();
    begun = true;
    forget();
    unsigned which = feed_below(&feed, NAMES);
    write_file(member_path(names[which]), feed.left ? feed.data : (const uint8_t *)"", feed.left);
    must(society_new(&s) == 0);
    int result = asked(s, society_open(s, member_project()));
    must(result == 0 || which == PROJECT);
    if (result < 0)
        must(strstr(society_last_message(s), "project.json"));
    if (result == 0) {
        must(society_identify(s, "w1") == 0);
        check_opened(s, which);
    }
    society_close(s);
    unlink(member_path(names[which]));
    return 0;
}
