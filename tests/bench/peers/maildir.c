/* SPDX-License-Identifier: MIT */
/*
 * Maildir: a message is a file, written in tmp/ and renamed into the addressee's new/; a claim is a rename out of tasks/new. With
 * DURABILITY=power the file and the directory are synced. Messages of the history are in cur/: they were seen. There is no history to
 * search: every agent has its own, in files. This program is its command.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/inotify.h>
#include <sys/stat.h>
#include <unistd.h>

#include "bench/peers/crew.h"
#include "bench/peers/peer.h"
#include "harness/die.h"

#define FILL_MAX 10000

struct store {
    char agent[64];
    DIR *tasks;
    int64_t number; /* of the files that this process made */
    int watch;
};

static void make_directory(const char *path)
{
    if (mkdir(path, 0700) < 0)
        die("%s", path);
}

static void make_maildir(const char *agent)
{
    char path[128];
    make_directory(agent);
    snprintf(path, sizeof path, "%s/new", agent);
    make_directory(path);
    snprintf(path, sizeof path, "%s/cur", agent);
    make_directory(path);
}

static void create(void)
{
    char agent[32];
    make_directory("tmp");
    make_maildir(NOBODY);
    make_maildir(READER);
    make_maildir("tasks");
    for (int i = 0; i < CREW_MAX; i++) {
        snprintf(agent, sizeof agent, "agent-%d", i);
        make_maildir(agent);
    }
}

static void *open_store(const char *agent)
{
    struct store *store = calloc(1, sizeof *store);
    if (!store)
        die("calloc");
    snprintf(store->agent, sizeof store->agent, "%s", agent);
    store->watch = -1;
    return store;
}

static void close_store(void *opened)
{
    struct store *store = opened;
    if (store->tasks)
        closedir(store->tasks);
    if (store->watch >= 0)
        close(store->watch);
    free(store);
}

static void sync_directory(const char *path)
{
    int directory = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (directory < 0 || fsync(directory) < 0)
        die("%s", path);
    close(directory);
}

static void deliver(struct store *store, const char *box, const char *state, const char *text,
                    size_t length)
{
    char directory[128], made[192], path[512];
    snprintf(directory, sizeof directory, "%s/%s", box, state);
    snprintf(made, sizeof made, "tmp/%d.%lld.%s", (int)getpid(), (long long)store->number++,
             store->agent);
    snprintf(path, sizeof path, "%s/%s", directory, made + 4);
    int file = open(made, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    if (file < 0 || write(file, text, length) != (ssize_t)length || (durable() && fsync(file) < 0))
        die("%s", made);
    close(file);
    if (rename(made, path) < 0)
        die("%s", path);
    if (durable())
        sync_directory(directory);
}

static void send_message(void *opened, const char *to, int64_t stamp)
{
    char record[RECORD_BYTES + 1];
    format_record(record, to, stamp);
    deliver(opened, to, "new", record, RECORD_BYTES);
}

static void listen_to(void *opened)
{
    struct store *store = opened;
    char path[128];
    snprintf(path, sizeof path, "%s/new", store->agent);
    store->watch = bell_watch(path, IN_MOVED_TO);
    DIR *unread = opendir(path);
    if (!unread)
        die("%s", path);
    while (readdir(unread))
        continue;
    closedir(unread);
}

/* The stamp of one new message, which is new no longer; -1 when there is none. */
static int64_t look(const struct store *store)
{
    char directory[128], from[512], to[512];
    char record[RECORD_BYTES + 1] = "";
    int64_t stamp = -1;
    snprintf(directory, sizeof directory, "%s/new", store->agent);
    DIR *unread = opendir(directory);
    if (!unread)
        die("%s", directory);
    for (const struct dirent *entry; stamp < 0 && (entry = readdir(unread));) {
        if (entry->d_name[0] == '.')
            continue;
        snprintf(from, sizeof from, "%s/%s", directory, entry->d_name);
        snprintf(to, sizeof to, "%s/cur/%s", store->agent, entry->d_name);
        int file = open(from, O_RDONLY | O_CLOEXEC);
        if (file < 0 || read(file, record, RECORD_BYTES) != RECORD_BYTES || rename(from, to) < 0)
            die("%s", from);
        close(file);
        stamp = stamp_of(record);
    }
    closedir(unread);
    return stamp;
}

static int64_t receive(void *opened)
{
    const struct store *store = opened;
    int64_t stamp;
    while ((stamp = look(store)) < 0)
        bell_wait(store->watch);
    return stamp;
}

static void fill(void *opened, int64_t count)
{
    char record[RECORD_BYTES + 1];
    for (int64_t i = 0; i < count; i++) {
        format_record(record, addressee_in_history(i), i);
        deliver(opened, addressee_in_history(i), "cur", record, RECORD_BYTES);
    }
}

static void post_tasks(void *opened, int count)
{
    for (int i = 0; i < count; i++)
        deliver(opened, "tasks", "new", "", 0);
}

static bool claim(void *opened)
{
    struct store *store = opened;
    char from[512], to[640];
    if (!store->tasks && !(store->tasks = opendir("tasks/new")))
        die("tasks/new");
    for (const struct dirent *entry; (entry = readdir(store->tasks));) {
        if (entry->d_name[0] == '.')
            continue;
        snprintf(from, sizeof from, "tasks/new/%s", entry->d_name);
        snprintf(to, sizeof to, "tasks/cur/%s:%s", entry->d_name, store->agent);
        if (rename(from, to) == 0) {
            if (durable())
                sync_directory("tasks/cur");
            return true;
        }
        if (errno != ENOENT)
            die("%s", from);
    }
    return false;
}

static const char *const send_command[] = {"maildir", "once", "send", NULL};
static const char *const claim_command[] = {"maildir", "once", "claim", NULL};

const struct peer peer = {
    .create = create,
    .open = open_store,
    .close = close_store,
    .send = send_message,
    .listen = listen_to,
    .receive = receive,
    .fill = fill,
    .fill_max = FILL_MAX,
    .post_tasks = post_tasks,
    .claim = claim,
    .send_command = send_command,
    .claim_command = claim_command,
};
