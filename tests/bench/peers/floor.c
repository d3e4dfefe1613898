/* SPDX-License-Identifier: MIT */
/*
 * The floor: no peer, but the least that the kernel charges. A file under one lock, every listener with inotify on it, a counter
 * for claims, a vectorised search of the mapped file for the history, /bin/true for a command.
 */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/inotify.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "bench/peers/peer.h"
#include "harness/die.h"

#define LOG "floor.jsonl"
#define BATCH 1000

struct store {
    int log, counter, watch;
    char wanted[64]; /* as it stands in a record */
    off_t read;
};

static void create(void)
{
    int64_t none = 0;
    int counter = open("counter", O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
    if (counter < 0 || write(counter, &none, sizeof none) != sizeof none)
        die("counter");
    close(counter);
}

static void *open_store(const char *agent)
{
    struct store *store = calloc(1, sizeof *store);
    if (!store)
        die("calloc");
    store->log = open(LOG, O_RDWR | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
    store->counter = open("counter", O_RDWR | O_CLOEXEC);
    store->watch = -1;
    if (store->log < 0 || store->counter < 0)
        die(LOG);
    snprintf(store->wanted, sizeof store->wanted, "\"to\":\"%s\"", agent);
    return store;
}

static void close_store(void *opened)
{
    struct store *store = opened;
    close(store->log);
    close(store->counter);
    if (store->watch >= 0)
        close(store->watch);
    free(store);
}

static void lock(int fd, short type)
{
    struct flock whole = {.l_type = type, .l_whence = SEEK_SET};
    if (fcntl(fd, F_OFD_SETLKW, &whole) < 0)
        die("lock");
}

static void send_message(void *opened, const char *to, int64_t stamp)
{
    const struct store *store = opened;
    char record[RECORD_BYTES + 1];
    char last;
    format_record(record, to, stamp);
    lock(store->log, F_WRLCK);
    off_t end = lseek(store->log, 0, SEEK_END);
    if (end > 0 && (pread(store->log, &last, 1, end - 1) != 1 || last != '\n'))
        die("pread");
    if (write(store->log, record, RECORD_BYTES) != RECORD_BYTES)
        die("write");
    if (durable() && fdatasync(store->log) < 0)
        die("fdatasync");
    lock(store->log, F_UNLCK);
}

static void listen_to(void *opened)
{
    struct store *store = opened;
    store->watch = bell_watch(LOG, IN_MODIFY);
    store->read = lseek(store->log, 0, SEEK_END);
}

static int64_t receive(void *opened)
{
    struct store *store = opened;
    char record[RECORD_BYTES + 1];
    for (;;) {
        while (pread(store->log, record, RECORD_BYTES, store->read) == RECORD_BYTES) {
            record[RECORD_BYTES] = '\0';
            store->read += RECORD_BYTES;
            if (strstr(record, store->wanted))
                return stamp_of(record);
        }
        bell_wait(store->watch);
    }
}

static void fill(void *opened, int64_t count)
{
    const struct store *store = opened;
    static char records[BATCH * RECORD_BYTES + 1];
    for (int64_t i = 0; i < count;) {
        size_t length = 0;
        for (; i < count && length < BATCH * RECORD_BYTES; i++, length += RECORD_BYTES)
            format_record(records + length, addressee_in_history(i), i);
        if (write(store->log, records, length) != (ssize_t)length)
            die("write");
    }
}

static int64_t read_history(void *opened)
{
    const struct store *store = opened;
    int64_t found = 0;
    size_t size = (size_t)lseek(store->log, 0, SEEK_END);
    const char *bytes = mmap(NULL, size, PROT_READ, MAP_SHARED, store->log, 0);
    const char *end = bytes + size;
    if (bytes == MAP_FAILED)
        die("mmap");
    for (const char *at = bytes;
         (at = memmem(at, (size_t)(end - at), store->wanted, strlen(store->wanted))); at++)
        found++;
    munmap((void *)(uintptr_t)bytes, size);
    return found;
}

static void post_tasks(void *opened, int count)
{
    const struct store *store = opened;
    int64_t left = count;
    if (pwrite(store->counter, &left, sizeof left, 0) != sizeof left)
        die("counter");
}

static bool claim(void *opened)
{
    const struct store *store = opened;
    int64_t left;
    lock(store->counter, F_WRLCK);
    if (pread(store->counter, &left, sizeof left, 0) != sizeof left)
        die("counter");
    bool free_task = left-- > 0;
    if (free_task && pwrite(store->counter, &left, sizeof left, 0) != sizeof left)
        die("counter");
    if (free_task && durable() && fdatasync(store->counter) < 0)
        die("fdatasync");
    lock(store->counter, F_UNLCK);
    return free_task;
}

static const char *const command[] = {"/bin/true", NULL};

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
    .send_command = command,
    .claim_command = command,
};
