/* SPDX-License-Identifier: MIT */
/*
 * The handle: what the parts above share. Each of them takes it as its first argument, and every
 * public function begins with soc_enter(), or with soc_enter_as() (presence.h) where it speaks as
 * an agent.
 */
#ifndef SOC_HANDLE_H
#define SOC_HANDLE_H

#include <society/society.h>
#include <sys/types.h>

#include "clock.h"
#include "config.h"
#include "error.h"
#include "fs.h"
#include "list.h"
#include "log.h"
#include "path.h"
#include "public.h"
#include "state.h"
#include "watch.h"

struct society_tail;
struct society_wait;

struct society {
    pid_t pid;              /* the process that made it */
    volatile char *mark;    /* not 0 in that process; NULL: the kernel has no such memory */
    struct soc_error error; /* the last failure */
    struct soc_dir dir;     /* fd -1: not open */
    struct soc_config config;
    char agent[SOC_ID_MAX + 1];  /* "": none */
    char session[SOC_UUID_SIZE]; /* of this run: what tells it from an earlier one of the agent */
    int presence;                /* the descriptor that holds the agent's presence; -1 */
    int64_t touched_ms;          /* when lastSeen was set last */
    struct soc_random random;    /* for the ids of messages */
    struct soc_moment now;       /* when a message or a claim was written last */
    struct soc_strbuf lines;     /* what is being sent; kept from call to call */
    struct soc_log messages;
    struct soc_log deliveries;
    struct soc_state registry;  /* opened at first use */
    struct soc_state tasks;     /* likewise */
    struct soc_state ownership; /* likewise */
    soc_json *lease_notes;      /* between soc_lease_begin() and soc_lease_end(), once read */
    int lease_depth;
    bool lease_changed;
    int64_t renew_at_ms;  /* joined: when to look for what is to be renewed */
    soc_json *renew_seen; /* what the agent holds -> {renewed, at}; see renew.c */
    void (*keep)(struct society *s, int64_t *left_ms); /* soc_renew_keep() */
    struct soc_watch *watch;                           /* made at first use */
    struct society_tail *tails;
    struct society_wait *waits;
    struct society **slot; /* NULL, or where it is noted: society_close() sets it to NULL */
};

/* Memory that a fork leaves empty in the child, so that whose process this is need not be asked of
 * the kernel at every call. */
void soc_handle_mark(struct society *s);
void soc_handle_unmark(struct society *s);

/* Checks that this is the process that made the handle and that a directory is open. 0; -ECHILD;
 * SOCIETY_E_NO_SOCIETY. */
int soc_enter(struct society *s);

/* Something is held from now on for so long: it is to be renewed after a third of that. */
void soc_renew_within(struct society *s, int64_t lease_ms);

#endif
