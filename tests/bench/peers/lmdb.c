/* SPDX-License-Identifier: MIT */
/*
 * LMDB: messages under ascending numbers, tasks in a table of the free and one of the claimed ones. MDB_NOSYNC survives the death of
 * processes; without it, a power cut. LMDB wakes nobody, so who sends rings a bell after the commit. It has no command of its own; this
 * program is it.
 */
#include <lmdb.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/inotify.h>
#include <unistd.h>

#include "bench/peers/peer.h"
#include "harness/die.h"

#define FILE_NAME "queue.mdb"
#define MAP_BYTES ((size_t)8 << 30)
#define READERS_MAX 256

struct store {
    MDB_env *env;
    MDB_dbi messages, free_tasks, claimed_tasks;
    char agent[64];
    char wanted[80];
    size_t last; /* message seen */
    int bell, watch;
};

static bool creating;

static void must(int result, const char *what)
{
    if (result != MDB_SUCCESS)
        die("%s: %s", what, mdb_strerror(result));
}

static MDB_txn *begin(const struct store *store, unsigned int flags)
{
    MDB_txn *txn;
    must(mdb_txn_begin(store->env, NULL, flags, &txn), "mdb_txn_begin");
    return txn;
}

static MDB_cursor *open_cursor(MDB_txn *txn, MDB_dbi table)
{
    MDB_cursor *cursor;
    must(mdb_cursor_open(txn, table, &cursor), "mdb_cursor_open");
    return cursor;
}

static void *open_store(const char *agent)
{
    struct store *store = calloc(1, sizeof *store);
    const unsigned int table = MDB_CREATE | MDB_INTEGERKEY;
    if (!store)
        die("calloc");
    must(mdb_env_create(&store->env), "mdb_env_create");
    mdb_env_set_mapsize(store->env, MAP_BYTES);
    mdb_env_set_maxdbs(store->env, 3);
    mdb_env_set_maxreaders(store->env, READERS_MAX);
    must(mdb_env_open(store->env, FILE_NAME, MDB_NOSUBDIR | (durable() ? 0 : MDB_NOSYNC), 0600),
         "mdb_env_open");
    MDB_txn *txn = begin(store, creating ? 0 : MDB_RDONLY);
    must(mdb_dbi_open(txn, "messages", table, &store->messages), "messages");
    must(mdb_dbi_open(txn, "free", table, &store->free_tasks), "free");
    must(mdb_dbi_open(txn, "claimed", table, &store->claimed_tasks), "claimed");
    must(mdb_txn_commit(txn), "mdb_txn_commit");
    snprintf(store->agent, sizeof store->agent, "%s", agent);
    snprintf(store->wanted, sizeof store->wanted, "\"to\":\"%s\"", agent);
    store->bell = listened ? bell_open() : -1;
    store->watch = -1;
    return store;
}

static void close_store(void *opened)
{
    struct store *store = opened;
    mdb_env_close(store->env);
    if (store->bell >= 0)
        close(store->bell);
    if (store->watch >= 0)
        close(store->watch);
    free(store);
}

static void create(void)
{
    creating = true;
    close_store(open_store("alice"));
    creating = false;
}

static size_t last_key(MDB_txn *txn, MDB_dbi table)
{
    MDB_val key, data;
    MDB_cursor *cursor = open_cursor(txn, table);
    size_t last = 0;
    int result = mdb_cursor_get(cursor, &key, &data, MDB_LAST);
    if (result == MDB_SUCCESS)
        memcpy(&last, key.mv_data, sizeof last);
    else if (result != MDB_NOTFOUND)
        must(result, "mdb_cursor_get");
    mdb_cursor_close(cursor);
    return last;
}

static void put(MDB_txn *txn, MDB_dbi table, size_t number, const char *text, size_t length,
                unsigned int flags)
{
    MDB_val key = {sizeof number, &number};
    MDB_val data = {length, (void *)(uintptr_t)text};
    must(mdb_put(txn, table, &key, &data, flags), "mdb_put");
}

static void send_message(void *opened, const char *to, int64_t stamp)
{
    const struct store *store = opened;
    char record[RECORD_BYTES + 1];
    format_record(record, to, stamp);
    MDB_txn *txn = begin(store, 0);
    put(txn, store->messages, last_key(txn, store->messages) + 1, record, RECORD_BYTES, MDB_APPEND);
    must(mdb_txn_commit(txn), "mdb_txn_commit");
    if (listened)
        bell_ring(store->bell);
}

static void listen_to(void *opened)
{
    struct store *store = opened;
    close(bell_open());
    store->watch = bell_watch("bell", IN_MODIFY);
    MDB_txn *txn = begin(store, MDB_RDONLY);
    store->last = last_key(txn, store->messages);
    mdb_txn_abort(txn);
}

/* Whether the record is for this agent. */
static bool is_wanted(const struct store *store, const MDB_val *data)
{
    return memmem(data->mv_data, data->mv_size, store->wanted, strlen(store->wanted)) != NULL;
}

/* The next message's stamp, -1 when there is none. */
static int64_t look(struct store *store)
{
    int64_t stamp = -1;
    size_t number = store->last + 1;
    MDB_val key = {sizeof number, &number};
    MDB_val data;
    char record[RECORD_BYTES + 1] = "";
    MDB_txn *txn = begin(store, MDB_RDONLY);
    MDB_cursor *cursor = open_cursor(txn, store->messages);
    int result = mdb_cursor_get(cursor, &key, &data, MDB_SET_RANGE);
    for (; result == MDB_SUCCESS && stamp < 0;
         result = mdb_cursor_get(cursor, &key, &data, MDB_NEXT)) {
        memcpy(&store->last, key.mv_data, sizeof store->last);
        if (is_wanted(store, &data)) {
            memcpy(record, data.mv_data, RECORD_BYTES);
            stamp = stamp_of(record);
            break;
        }
    }
    mdb_cursor_close(cursor);
    mdb_txn_abort(txn);
    return stamp;
}

static int64_t receive(void *opened)
{
    struct store *store = opened;
    int64_t stamp;
    while ((stamp = look(store)) < 0)
        bell_wait(store->watch);
    return stamp;
}

static void fill(void *opened, int64_t count)
{
    const struct store *store = opened;
    char record[RECORD_BYTES + 1];
    MDB_txn *txn = begin(store, 0);
    for (int64_t i = 0; i < count; i++) {
        format_record(record, addressee_in_history(i), i);
        put(txn, store->messages, (size_t)i + 1, record, RECORD_BYTES, MDB_APPEND);
    }
    must(mdb_txn_commit(txn), "mdb_txn_commit");
}

static int64_t read_history(void *opened)
{
    const struct store *store = opened;
    MDB_val key, data;
    int64_t found = 0;
    MDB_txn *txn = begin(store, MDB_RDONLY);
    MDB_cursor *cursor = open_cursor(txn, store->messages);
    while (mdb_cursor_get(cursor, &key, &data, MDB_NEXT) == MDB_SUCCESS)
        found += is_wanted(store, &data);
    mdb_cursor_close(cursor);
    mdb_txn_abort(txn);
    return found;
}

static void post_tasks(void *opened, int count)
{
    const struct store *store = opened;
    MDB_txn *txn = begin(store, 0);
    for (int i = 1; i <= count; i++)
        put(txn, store->free_tasks, (size_t)i, "", 0, MDB_APPEND);
    must(mdb_txn_commit(txn), "mdb_txn_commit");
}

static bool claim(void *opened)
{
    const struct store *store = opened;
    MDB_val key, data;
    size_t number;
    MDB_txn *txn = begin(store, 0);
    MDB_cursor *cursor = open_cursor(txn, store->free_tasks);
    int result = mdb_cursor_get(cursor, &key, &data, MDB_FIRST);
    if (result == MDB_NOTFOUND) {
        mdb_cursor_close(cursor);
        mdb_txn_abort(txn);
        return false;
    }
    must(result, "mdb_cursor_get");
    memcpy(&number, key.mv_data, sizeof number);
    must(mdb_cursor_del(cursor, 0), "mdb_cursor_del");
    mdb_cursor_close(cursor);
    put(txn, store->claimed_tasks, number, store->agent, strlen(store->agent), MDB_APPEND);
    must(mdb_txn_commit(txn), "mdb_txn_commit");
    return true;
}

static const char *const send_command[] = {"lmdb", "once", "send", NULL};
static const char *const claim_command[] = {"lmdb", "once", "claim", NULL};

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
