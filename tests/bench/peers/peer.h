/* SPDX-License-Identifier: MIT */
/*
 * One way of passing messages and tasks between processes, to be measured beside the others. Each peer is a program: its file fills
 * in a struct peer, measure.c is its main(), and all speak one command line, in an empty working directory:
 *
 *     PEER append PROCESSES MS        nanoseconds for each message of PROCESSES at once, for MS milliseconds; their 99th percentile
 *     PEER latency LISTENERS COUNT    from just before a send until the handler of the one addressed has the message: p50, p99
 *     PEER claim PROCESSES TASKS MS   nanoseconds for each claim of the next free task, until none is left or MS are over
 *     PEER open RECORDS ROUNDS        opening, and listening, behind so many records
 *     PEER history MIB ROUNDS         finding the messages of one agent, every hundredth, in so much history
 *     PEER cold send|claim COUNT      a command that does it once, from its start to its end
 *
 * The answer is lines `ROW NANOSECONDS`; nothing, if the peer can't do it. DURABILITY=power: what returned survives a power cut;
 * otherwise it survives the death of any process. shell.sh and node.mjs speak the same.
 */
#ifndef PEER_H
#define PEER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define RECORD_BYTES 200
#define NOBODY "nobody"
#define READER "reader" /* every READER_SHARE-th message of the history is for this agent */
#define READER_SHARE 100

/* Every failure ends the program with its words. A member that is NULL is what the peer can't do. */
struct peer {
    void (*create)(void);  /* makes an empty store in the working directory, starts what it needs */
    void (*destroy)(void); /* stops that; NULL: there is nothing to stop */
    /* One process's access to the store, as this agent. */
    void *(*open)(const char *agent);
    void (*close)(void *store);
    /* A message of RECORD_BYTES that carries its stamp. */
    void (*send)(void *store, const char *to, int64_t stamp);
    /* From now on nothing that is sent to the agent is missed by receive(), which waits for the next one; its stamp. */
    void (*listen)(void *store);
    int64_t (*receive)(void *store);
    /* Stores so many messages as fast as can be; the number of the reader's among all of them. */
    void (*fill)(void *store, int64_t count);
    int64_t (*read_history)(void *store);
    int64_t fill_max; /* more is too slow to fill; 0: no limit */
    void (*post_tasks)(void *store, int count);
    bool (*claim)(void *store); /* the next free task; false: there is none */
    /* Commands, NULL-terminated, run in the working directory. */
    const char *const *send_command;
    const char *const *claim_command;
};

extern const struct peer peer;

/* DURABILITY=power */
bool durable(void);
/* Whether somebody listens, so that a peer which does not wake listeners by itself must ring. */
extern bool listened;

/* A line of RECORD_BYTES with its newline: what a sender without a library would write. */
void format_record(char ret_record[RECORD_BYTES + 1], const char *to, int64_t stamp);
int64_t stamp_of(const char *record);
/* Of the i-th message of a history. */
const char *addressee_in_history(int64_t i);

/* A doorbell of all listeners: a file that who has sent writes a byte to, watched with inotify. */
int bell_open(void);
void bell_ring(int bell);
int bell_watch(const char *path, uint32_t events); /* an inotify descriptor */
void bell_wait(int watch);

#endif
