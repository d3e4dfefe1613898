/* SPDX-License-Identifier: MIT */
/*
 * Whether what somebody holds (a claim, a reservation) may be taken over. Not a question of the
 * log: whoever wants to take over answers it for himself, from what he sees, before he decides
 * under the log's lock.
 *
 * Held under presence: alive while the holder's presence file names that session and is locked;
 * gone the moment it is not. Held by short calls: until the lease is over, measured on the clock of
 * the one who wants it (CLOCK_BOOTTIME: no jump of the wall clock counts) since he first saw the
 * present token or renewal. What an agent saw, it notes in cursors/.leases-<agent>.json, so that its
 * next short call goes on measuring; after a reboot it measures anew.
 */
#ifndef SOC_LEASE_H
#define SOC_LEASE_H

#include <stdbool.h>
#include <stdint.h>

#include "handle.h"

struct soc_holding {
    const char *what;    /* "task:t1", "own:4711": the key of the note */
    const char *holder;  /* an agent */
    const char *session; /* under which it holds; NULL unknown */
    bool present;        /* it was made under presence */
    int64_t token;
    int64_t renewed;  /* position of the record that made or renewed it */
    int64_t lease_ms; /* 0 or less: project.json's leaseSeconds */
};

/* A caller's lease, where 0 stands for another: 0; SOCIETY_E_INVALID. What no record can carry is
 * refused: nobody would read it there, and all would go by the usual lease instead. */
int soc_lease_check(struct society *s, int64_t lease_ms);

/* 1 it may be taken over, 0 it may not; errnos. *ret_left_ms: when it is 0, after how many
 * milliseconds to ask again at the latest, -1: not before something happens in locks/. */
int soc_lease_is_over(struct society *s, const struct soc_holding *holding, int64_t *ret_left_ms);

/* Around several such questions, nested or not: the notes are read once, and written once at the end
 * if something was seen for the first time; what is over is forgotten then. A process that is killed
 * before has only measured for itself. soc_lease_end(): 0; errnos of writing. */
void soc_lease_begin(struct society *s);
int soc_lease_end(struct society *s);

/* The session under which the handle's agent holds things: that of the process which holds the
 * agent's presence (*ret_present true), this one or another, or else the handle's own. 0; errnos.
 */
int soc_lease_session(struct society *s, char ret_session[SOC_UUID_SIZE], bool *ret_present);

#endif
