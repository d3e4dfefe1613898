/* SPDX-License-Identifier: MIT */
/*
 * File ownership: the fold of ownership.jsonl. Its state is the list of live reservations, in the
 * order in which they came.
 *
 *     own_acquire ─────────────────────────▶ held ──────▶ over: own_release by the holder,
 *                                            ▲   │              own_expire by who found it gone,
 *     own_wait ──▶ waiting ──────────────────┘   │              or taken over by another's record
 *                  when nothing before it        └──▶ own_handover: another holder, another token
 *                  conflicts any more
 *
 * Two reservations conflict when they are of different agents, either is exclusive, and some path
 * could be matched by a pattern of each. What waits counts like what is held for everyone who comes
 * later, so nobody is overtaken. Invariant: nothing that is held conflicts with what is held, or
 * with what waits before it.
 *
 * Whether a record takes effect is decided by one function, soc_own_judge() (own_rules.h), for the
 * fold and for whoever is about to write one. It looks at the state and the record alone. So
 * whether case counts, which a file system knows and no log, stands in the record (`ignoreCase`).
 */
#ifndef SOC_OWN_STATE_H
#define SOC_OWN_STATE_H

#include <stdbool.h>
#include <stdint.h>

#include "handle.h"

#define SOC_OWN_PATHS_MAX 256 /* patterns of one reservation */

/* A reservation. All but `fields` is read out of that, and borrowed from it. */
struct soc_own {
    soc_json *fields; /* the public object's, and `session presence renewed ignoreCase act
                       * tasksAt waiter` */
    const soc_json *paths;
    const char *holder;
    const char *session; /* NULL unknown */
    const char *task;    /* NULL none */
    int64_t act;         /* it belongs to a claim of the task (claim.h); -1: it stands for itself */
    int64_t tasks_at;    /* with an act: where the tasks' log ended before it; -1: unknown */
    int64_t
        waiter; /* it counts while this act (claim.h) is under way, in which a process waits; -1 */
    int64_t token;
    int64_t renewed;  /* position of the record that made or renewed it */
    int64_t lease_ms; /* 0 unknown */
    bool shared;
    bool waiting;
    bool present; /* made under presence */
    bool ignore_case;
};

struct soc_owns {
    struct soc_own *items;
    size_t count;
    size_t capacity;
    int64_t last; /* the highest token given so far; -1 none */
};

extern const struct soc_fold soc_own_fold;

/* The state, caught up, borrowed from the handle; NULL on failure, with *ret_error. */
const struct soc_owns *soc_owns(struct society *s, int *ret_error);

/* Makes a reservation of what `json` says in `paths mode leaseMs reason task session presence
 * ignoreCase`, with its patterns in their normal form. 0; SOCIETY_E_INVALID with the field;
 * -ENOMEM. */
int soc_own_make(const soc_json *json, const char *holder, int64_t token, int64_t renewed,
                 const char *since, struct soc_own *ret_own, struct soc_error *error);
void soc_own_free(struct soc_own *own);
/* Sets a field (taking `value` over) and reads the reservation anew. 0; -ENOMEM. */
int soc_own_set(struct soc_own *own, const char *key, soc_json *value);
void soc_own_remove(struct soc_own *own, const char *key);

/* Where the reservation with this token stands; owns->count: there is none. */
size_t soc_own_find(const struct soc_owns *owns, int64_t token);

bool soc_own_conflict(const struct soc_own *a, const struct soc_own *b);

/* Whether one of its patterns is `pattern`, letter for letter. */
bool soc_own_has(const struct soc_own *own, const char *pattern);

/* The patterns that an agent holds, as an array; NULL on failure, with *ret_error. */
soc_json *soc_owns_of(struct society *s, const char *agent, int *ret_error);

/* The object for the public; NULL: no memory. */
soc_json *soc_own_object(const struct soc_own *own);

#endif
