/* SPDX-License-Identifier: MIT */
/*
 * SQLite in WAL mode as a queue: a table of messages, a table of tasks; one statement is one transaction. synchronous=NORMAL survives
 * the death of processes, FULL a power cut. The table has no index by addressee: it would make every send dearer. SQLite wakes nobody,
 * so who sends rings a bell after the commit.
 */
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/inotify.h>
#include <unistd.h>

#include "bench/peers/peer.h"
#include "harness/die.h"

#define FILE_NAME "queue.db"
#define BUSY_MS 60000

struct store {
    sqlite3 *db;
    sqlite3_stmt *insert, *next, *all, *claim;
    char agent[64];
    int64_t last; /* message seen */
    int bell, watch;
};

static void run(sqlite3 *db, const char *sql)
{
    if (sqlite3_exec(db, sql, NULL, NULL, NULL) != SQLITE_OK)
        die("%s: %s", sql, sqlite3_errmsg(db));
}

static sqlite3 *open_database(void)
{
    sqlite3 *db;
    if (sqlite3_open(FILE_NAME, &db) != SQLITE_OK)
        die(FILE_NAME);
    sqlite3_busy_timeout(db, BUSY_MS);
    run(db, "PRAGMA journal_mode=WAL");
    run(db, durable() ? "PRAGMA synchronous=FULL" : "PRAGMA synchronous=NORMAL");
    return db;
}

static void create(void)
{
    sqlite3 *db = open_database();
    run(db, "CREATE TABLE messages(id INTEGER PRIMARY KEY, recipient TEXT NOT NULL, body TEXT NOT "
            "NULL)");
    run(db, "CREATE TABLE tasks(id INTEGER PRIMARY KEY, holder TEXT)");
    run(db, "CREATE INDEX free_tasks ON tasks(id) WHERE holder IS NULL");
    sqlite3_close(db);
}

static sqlite3_stmt *prepare(const struct store *store, const char *sql)
{
    sqlite3_stmt *statement;
    if (sqlite3_prepare_v3(store->db, sql, -1, SQLITE_PREPARE_PERSISTENT, &statement, NULL) !=
        SQLITE_OK)
        die("%s: %s", sql, sqlite3_errmsg(store->db));
    return statement;
}

static void *open_store(const char *agent)
{
    struct store *store = calloc(1, sizeof *store);
    if (!store)
        die("calloc");
    store->db = open_database();
    snprintf(store->agent, sizeof store->agent, "%s", agent);
    store->bell = listened ? bell_open() : -1;
    store->watch = -1;
    return store;
}

static void close_store(void *opened)
{
    struct store *store = opened;
    sqlite3_finalize(store->insert);
    sqlite3_finalize(store->next);
    sqlite3_finalize(store->all);
    sqlite3_finalize(store->claim);
    sqlite3_close(store->db);
    if (store->bell >= 0)
        close(store->bell);
    if (store->watch >= 0)
        close(store->watch);
    free(store);
}

/* One step of a statement; SQLITE_ROW or SQLITE_DONE. */
static int step(const struct store *store, sqlite3_stmt *statement)
{
    int result = sqlite3_step(statement);
    if (result != SQLITE_ROW && result != SQLITE_DONE)
        die("SQLite: %s", sqlite3_errmsg(store->db));
    return result;
}

static void insert_message(struct store *store, const char *to, int64_t stamp)
{
    char record[RECORD_BYTES + 1];
    format_record(record, to, stamp);
    if (!store->insert)
        store->insert = prepare(store, "INSERT INTO messages(recipient, body) VALUES(?, ?)");
    sqlite3_bind_text(store->insert, 1, to, -1, SQLITE_STATIC);
    sqlite3_bind_text(store->insert, 2, record, RECORD_BYTES, SQLITE_STATIC);
    step(store, store->insert);
    sqlite3_reset(store->insert);
}

static void send_message(void *opened, const char *to, int64_t stamp)
{
    struct store *store = opened;
    insert_message(store, to, stamp);
    if (listened)
        bell_ring(store->bell);
}

static void listen_to(void *opened)
{
    struct store *store = opened;
    close(bell_open());
    store->watch = bell_watch("bell", IN_MODIFY);
    sqlite3_stmt *end = prepare(store, "SELECT max(id) FROM messages");
    if (step(store, end) == SQLITE_ROW)
        store->last = sqlite3_column_int64(end, 0);
    sqlite3_finalize(end);
}

/* The next message's stamp, -1 when there is none. */
static int64_t look(struct store *store)
{
    int64_t stamp = -1;
    if (!store->next)
        store->next = prepare(
            store,
            "SELECT id, body FROM messages WHERE id > ? AND recipient = ? ORDER BY id LIMIT 1");
    sqlite3_bind_int64(store->next, 1, store->last);
    sqlite3_bind_text(store->next, 2, store->agent, -1, SQLITE_STATIC);
    if (step(store, store->next) == SQLITE_ROW) {
        store->last = sqlite3_column_int64(store->next, 0);
        stamp = stamp_of((const char *)sqlite3_column_text(store->next, 1));
    }
    sqlite3_reset(store->next);
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
    struct store *store = opened;
    run(store->db, "BEGIN");
    for (int64_t i = 0; i < count; i++)
        insert_message(store, addressee_in_history(i), i);
    run(store->db, "COMMIT");
    run(store->db, "PRAGMA wal_checkpoint(TRUNCATE)");
}

static int64_t read_history(void *opened)
{
    struct store *store = opened;
    int64_t found = 0;
    if (!store->all)
        store->all = prepare(store, "SELECT body FROM messages WHERE recipient = ?");
    sqlite3_bind_text(store->all, 1, store->agent, -1, SQLITE_STATIC);
    for (; step(store, store->all) == SQLITE_ROW; found++)
        (void)sqlite3_column_text(store->all, 0);
    sqlite3_reset(store->all);
    return found;
}

static void post_tasks(void *opened, int count)
{
    const struct store *store = opened;
    sqlite3_stmt *insert = prepare(store, "INSERT INTO tasks(holder) VALUES(NULL)");
    run(store->db, "BEGIN");
    for (int i = 0; i < count; i++) {
        step(store, insert);
        sqlite3_reset(insert);
    }
    run(store->db, "COMMIT");
    sqlite3_finalize(insert);
}

static bool claim(void *opened)
{
    struct store *store = opened;
    if (!store->claim)
        store->claim = prepare(
            store, "UPDATE tasks SET holder = ? WHERE id = "
                   "(SELECT id FROM tasks WHERE holder IS NULL ORDER BY id LIMIT 1) RETURNING id");
    sqlite3_bind_text(store->claim, 1, store->agent, -1, SQLITE_STATIC);
    bool claimed = step(store, store->claim) == SQLITE_ROW;
    if (claimed)
        step(store, store->claim);
    sqlite3_reset(store->claim);
    return claimed;
}

static const char *const send_command[] = {
    "sqlite3", FILE_NAME,
    "PRAGMA synchronous=NORMAL; INSERT INTO messages(recipient, body) VALUES('nobody', 'Auth ready "
    "at /api/auth')",
    NULL};
static const char *const claim_command[] = {
    "sqlite3", FILE_NAME,
    "PRAGMA synchronous=NORMAL; UPDATE tasks SET holder = 'alice' WHERE id = "
    "(SELECT id FROM tasks WHERE holder IS NULL ORDER BY id LIMIT 1) RETURNING id",
    NULL};

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
