/* SPDX-License-Identifier: MIT */
/*
 * Several processes that begin at the same moment and report through shared memory.
 */
#ifndef CREW_H
#define CREW_H

#include <stdint.h>
#include <sys/types.h>

#define CREW_MAX 64
#define BUCKETS 1024

struct crew_member {
    int64_t done;  /* operations */
    int64_t ended; /* when the last of them did */
};

/* In memory that all of them share. */
struct crew_board {
    int64_t began, deadline; /* set when the gate opens */
    int64_t left;            /* for the members to count down */
    struct crew_member members[CREW_MAX];
    int64_t histogram[BUCKETS]; /* of nanoseconds, 16 buckets an octave */
};

struct crew {
    struct crew_board *board;
    int count;
    pid_t pids[CREW_MAX];
    int ready[2], gate[2], word[2]; /* pipes */
};

/* Forks `count` processes that run `work`, which calls crew_await_start() when it is prepared. */
struct crew *crew_start(int count, void (*work)(struct crew *crew, int number));
void crew_await_start(struct crew *crew);
/* Waits until all are prepared, and lets them begin; they may go on for `ms`. */
void crew_go(struct crew *crew, int ms);
/* Waits for their ends. */
void crew_finish(struct crew *crew);
/* Kills them. */
void crew_kill(struct crew *crew);

/* After either. */
void crew_free(struct crew *crew);

/* A number from a member to whoever started the crew, who waits 20 s at most. */
void crew_tell(struct crew *crew, int64_t value);
int64_t crew_hear(struct crew *crew);

void crew_count(struct crew *crew, int64_t nanoseconds);
int64_t crew_percentile(const struct crew *crew, int percent);

#endif
