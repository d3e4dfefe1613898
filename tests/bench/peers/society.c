/* SPDX-License-Identifier: MIT */
/*
 * libsociety, measured as its peers are. Lock files are off: no peer shows its claims as files.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <society/agent.h>
#include <society/message.h>
#include <society/tail.h>
#include <society/task.h>

#include "bench/bench.h"
#include "bench/peers/peer.h"
#include "harness/die.h"

#define BATCH 500
#define MESSAGE_BYTES 64 /* of which the library makes a record of RECORD_BYTES */
#define TASK "{\"title\":\"Implement auth\"}\n"

struct store {
    society *s;
    society_tail *tail;
};

static void create(void)
{
    const char *word = durable() ? "power" : "process";
    society_close(open_society("alice"));
    FILE *file = fopen(".society-agent/project.json", "we");
    if (!file)
        die("project.json");
    fprintf(file,
            "{\"version\":1,\"lockFiles\":false,\"durability\":{\"messages\":\"%s\",\"tasks\":\"%"
            "s\"}}\n",
            word, word);
    fclose(file);
}

/* One that is there for long has joined, and has read which tasks there are. */
static void prepare(society *s)
{
    society_list *tasks;
    check(s, society_join(s), "society_join");
    check(s, society_tasks(s, 0, NULL, &tasks), "society_tasks");
    society_list_free(tasks);
}

static void *open_store(const char *agent)
{
    struct store *store = calloc(1, sizeof *store);
    if (!store)
        die("calloc");
    check(NULL, society_new(&store->s), "society_new");
    check(store->s, society_open(store->s, ".society-agent"), "society_open");
    check(store->s, society_identify(store->s, agent), "society_identify");
    if (strncmp(agent, "agent-", 6) == 0)
        prepare(store->s);
    return store;
}

static void close_store(void *opened)
{
    struct store *store = opened;
    society_close(store->s);
    free(store);
}

static int format_message(char *ret_message, size_t size, const char *to, int64_t stamp)
{
    int length = snprintf(ret_message, size, "{\"to\":\"%s\",\"sent\":%" PRId64 ",\"content\":\"",
                          to, stamp);
    int room = MESSAGE_BYTES - 2 - length;
    return length + snprintf(ret_message + length, size - (size_t)length, "%-*s\"}",
                             room > 0 ? room : 0, "Auth ready");
}

static void send_message(void *opened, const char *to, int64_t stamp)
{
    const struct store *store = opened;
    char message[2 * MESSAGE_BYTES];
    format_message(message, sizeof message, to, stamp);
    check(store->s, society_send(store->s, message, NULL), "society_send");
}

static void listen_to(void *opened)
{
    struct store *store = opened;
    check(store->s, society_tail_open(store->s, "messages", SOCIETY_FROM_END, 0, &store->tail),
          "society_tail_open");
}

static int64_t receive(void *opened)
{
    const struct store *store = opened;
    const char *record;
    int got;
    while ((got = society_tail_next(store->tail, &record, NULL)) == 0)
        check(store->s, society_tail_wait(store->tail, -1), "society_tail_wait");
    check(store->s, got, "society_tail_next");
    return stamp_of(record);
}

static void fill(void *opened, int64_t count)
{
    const struct store *store = opened;
    static char lines[BATCH * 2 * MESSAGE_BYTES];
    for (int64_t i = 0; i < count;) {
        size_t length = 0;
        for (int j = 0; j < BATCH && i < count; j++, i++) {
            length += (size_t)format_message(lines + length, sizeof lines - length,
                                             addressee_in_history(i), i);
            lines[length++] = '\n';
        }
        lines[length] = '\0';
        check(store->s, society_send_lines(store->s, lines, NULL), "society_send_lines");
    }
}

static int64_t read_history(void *opened)
{
    const struct store *store = opened;
    society_tail *tail;
    const char *record;
    int64_t found = 0;
    int got;
    check(store->s, society_tail_open(store->s, "messages", SOCIETY_FROM_START, 0, &tail),
          "society_tail_open");
    while ((got = society_tail_next(tail, &record, NULL)) == 1)
        found++;
    check(store->s, got, "society_tail_next");
    society_tail_close(tail);
    return found;
}

static void post_tasks(void *opened, int count)
{
    const struct store *store = opened;
    size_t one = sizeof TASK - 1;
    char *lines = malloc((size_t)count * one + 1);
    if (!lines)
        die("malloc");
    for (int i = 0; i <= count; i++)
        memcpy(lines + (size_t)i * one, TASK, i < count ? one : 0);
    lines[(size_t)count * one] = '\0';
    check(store->s, society_task_create_lines(store->s, lines, NULL), "society_task_create_lines");
    free(lines);
}

static bool claim(void *opened)
{
    const struct store *store = opened;
    int result = society_task_claim(store->s, NULL, 0, NULL);
    if (result == SOCIETY_E_NOT_FOUND)
        return false;
    check(store->s, result, "society_task_claim");
    return true;
}

static const char *const send_command[] = {"society-send", "-aalice", NOBODY,
                                           "Auth ready at /api/auth", NULL};
static const char *const claim_command[] = {"society-task", "-aalice", "claim", NULL};

const struct peer peer = {
    .create = create,
    .open = open_store,
    .close = close_store,
    .send = send_message,
    .listen = listen_to,
    .receive = receive,
    .fill = fill,
    .read_history = read_history,
    .post_tasks = post_tasks,
    .claim = claim,
    .send_command = send_command,
    .claim_command = claim_command,
};
