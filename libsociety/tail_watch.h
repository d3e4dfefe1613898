/* SPDX-License-Identifier: MIT */
/*
 * What a tail of a log sleeps on: the names in the directory, the file that it reads, and, where only
 * the messages of one agent are wanted, the agent's bell (bell.h), in whose stead every write to the
 * file is watched while there is a writer that rings none.
 *
 * A tail reads to the end first, and asks soc_tail_watch_settle() then.
 */
#ifndef SOC_TAIL_WATCH_H
#define SOC_TAIL_WATCH_H

#include "handle.h"
#include "reader.h"

struct soc_tail_watch {
    struct society *s;
    struct soc_subscription subscription;
    bool personal;             /* a bell will do */
    char bell[SOC_ID_MAX + 1]; /* the agent whose bell was wanted last */
    bool rung;                 /* its bell is watched; else every write is */
    bool foreign;              /* a line without a checksum was given since it was asked last */
    int64_t restless_until_ms; /* every write is watched till then; 0: it need not be */
    uint64_t switches;         /* of the reader, when the watches were set */
    int32_t again_ms;          /* the next pause before a look without an event; 0: none */
};

/* 0; -EMFILE and other errnos. To be ended by soc_watch_unsubscribe(). */
int soc_tail_watch_begin(struct society *s, struct soc_tail_watch *watch);
/* Sets the watches for what the reader reads now. */
void soc_tail_watch_set(struct soc_tail_watch *watch, const struct soc_reader *reader);
/* A line was given. */
void soc_tail_watch_given(struct soc_tail_watch *watch, const struct soc_line *line);
/* At the end of the log: 1 look again, 0 nothing more for now; SOCIETY_E_GONE. */
int soc_tail_watch_settle(struct soc_tail_watch *watch, const struct soc_reader *reader);

#endif
