/* SPDX-License-Identifier: MIT */
/*
 * Redis Streams: one stream for each agent, tasks as a consumer group, whose members are given each entry once. The server is started
 * here, on a socket in the working directory, and ends with this program. Its append-only file is written before the answer: with
 * appendfsync everysec that survives the death of processes, with always a power cut.
 */
#include <hiredis/hiredis.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "bench/peers/peer.h"
#include "harness/die.h"

#define SOCKET "redis.sock"
#define PAGE "1000"
#define START_MS 10000

struct store {
    redisContext *redis;
    char agent[64];
    char last[64]; /* entry seen */
};

static pid_t server;

/* The answer of a command, of the expected type; to be freed. */
static redisReply *checked(const redisContext *redis, void *answer, int type)
{
    redisReply *reply = answer;
    if (!reply)
        die("redis: %s", redis->errstr);
    if (reply->type != type)
        die("redis answered %s", reply->str ? reply->str : "with another type");
    return reply;
}

static void ended(const redisContext *redis, void *answer, int type)
{
    freeReplyObject(checked(redis, answer, type));
}

static redisContext *connect_server(void)
{
    redisContext *redis = redisConnectUnix(SOCKET);
    if (!redis)
        die("redisConnectUnix");
    if (redis->err) {
        redisFree(redis);
        return NULL;
    }
    return redis;
}

/* Debian's redis-tools has the server's program without its service: what it does depends on its name. */
static _Noreturn void run_server(void)
{
    static const char *const programs[] = {"redis-server", "redis-check-rdb"};
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (!freopen("redis.log", "w", stdout))
        die("redis.log");
    for (int i = 0; i < 2; i++)
        execlp(programs[i], "redis-server", "--port", "0", "--unixsocket", SOCKET, "--save", "",
               "--appendonly", "yes", "--appendfsync", durable() ? "always" : "everysec", "--dir",
               ".", (char *)NULL);
    die("redis-server");
}

static void create(void)
{
    struct timespec moment = {0, 1000000};
    redisContext *redis = NULL;
    server = fork();
    if (server < 0)
        die("fork");
    if (server == 0)
        run_server();
    for (int i = 0; i < START_MS && !(redis = connect_server()); i++)
        nanosleep(&moment, NULL);
    if (!redis)
        die("redis-server did not start");
    redisFree(redis);
}

static void destroy(void)
{
    kill(server, SIGKILL);
    waitpid(server, NULL, 0);
}

static void *open_store(const char *agent)
{
    struct store *store = calloc(1, sizeof *store);
    if (!store)
        die("calloc");
    store->redis = connect_server();
    if (!store->redis)
        die(SOCKET);
    snprintf(store->agent, sizeof store->agent, "%s", agent);
    return store;
}

static void close_store(void *opened)
{
    struct store *store = opened;
    redisFree(store->redis);
    free(store);
}

static void send_message(void *opened, const char *to, int64_t stamp)
{
    const struct store *store = opened;
    char record[RECORD_BYTES + 1];
    format_record(record, to, stamp);
    ended(store->redis,
          redisCommand(store->redis, "XADD inbox:%s * m %b", to, record, (size_t)RECORD_BYTES),
          REDIS_REPLY_STRING);
}

static void listen_to(void *opened)
{
    struct store *store = opened;
    redisReply *reply = checked(
        store->redis, redisCommand(store->redis, "XREVRANGE inbox:%s + - COUNT 1", store->agent),
        REDIS_REPLY_ARRAY);
    snprintf(store->last, sizeof store->last, "%s",
             reply->elements > 0 ? reply->element[0]->element[0]->str : "0");
    freeReplyObject(reply);
}

static int64_t receive(void *opened)
{
    struct store *store = opened;
    redisReply *reply =
        checked(store->redis,
                redisCommand(store->redis, "XREAD COUNT 1 BLOCK 0 STREAMS inbox:%s %s",
                             store->agent, store->last),
                REDIS_REPLY_ARRAY);
    const redisReply *entry =
        reply->element[0]->element[1]->element[0]; /* stream, entries, the first */
    snprintf(store->last, sizeof store->last, "%s", entry->element[0]->str);
    int64_t stamp = stamp_of(entry->element[1]->element[1]->str);
    freeReplyObject(reply);
    return stamp;
}

static void fill(void *opened, int64_t count)
{
    const struct store *store = opened;
    char record[RECORD_BYTES + 1];
    int64_t batch = atoll(PAGE);
    for (int64_t i = 0; i < count; i++) {
        format_record(record, addressee_in_history(i), i);
        redisAppendCommand(store->redis, "XADD inbox:%s * m %b", addressee_in_history(i), record,
                           (size_t)RECORD_BYTES);
        int64_t answers = i + 1 == count         ? count - (i / batch) * batch
                          : (i + 1) % batch == 0 ? batch
                                                 : 0;
        for (void *reply; answers > 0; answers--) {
            if (redisGetReply(store->redis, &reply) != REDIS_OK)
                die("redis: %s", store->redis->errstr);
            ended(store->redis, reply, REDIS_REPLY_STRING);
        }
    }
}

static int64_t read_history(void *opened)
{
    struct store *store = opened;
    int64_t found = 0;
    size_t got;
    snprintf(store->last, sizeof store->last, "-");
    do {
        redisReply *reply = checked(store->redis,
                                    redisCommand(store->redis, "XRANGE inbox:%s %s + COUNT " PAGE,
                                                 store->agent, store->last),
                                    REDIS_REPLY_ARRAY);
        got = reply->elements;
        found += (int64_t)got;
        if (got > 0)
            snprintf(store->last, sizeof store->last, "(%s",
                     reply->element[got - 1]->element[0]->str);
        freeReplyObject(reply);
    } while (got > 0);
    return found;
}

static void post_tasks(void *opened, int count)
{
    const struct store *store = opened;
    for (int i = 0; i < count; i++)
        ended(store->redis, redisCommand(store->redis, "XADD tasks * id %d", i),
              REDIS_REPLY_STRING);
    ended(store->redis, redisCommand(store->redis, "XGROUP CREATE tasks workers 0"),
          REDIS_REPLY_STATUS);
}

static bool claim(void *opened)
{
    const struct store *store = opened;
    redisReply *reply = redisCommand(
        store->redis, "XREADGROUP GROUP workers %s COUNT 1 STREAMS tasks >", store->agent);
    if (!reply || reply->type == REDIS_REPLY_ERROR)
        die("redis: %s", reply ? reply->str : store->redis->errstr);
    bool claimed = reply->type == REDIS_REPLY_ARRAY;
    freeReplyObject(reply);
    return claimed;
}

static const char *const send_command[] = {
    "redis-cli", "-s", SOCKET, "XADD", "inbox:" NOBODY, "*", "m", "Auth ready at /api/auth", NULL};
static const char *const claim_command[] = {"redis-cli", "-s",    SOCKET,  "XREADGROUP", "GROUP",
                                            "workers",   "alice", "COUNT", "1",          "STREAMS",
                                            "tasks",     ">",     NULL};

const struct peer peer = {
    .create = create,
    .destroy = destroy,
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
