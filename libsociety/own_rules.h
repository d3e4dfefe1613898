/* SPDX-License-Identifier: MIT */
/*
 * The rules of ownership: whether a record takes effect on the state as it stands. See own_state.h.
 */
#ifndef SOC_OWN_RULES_H
#define SOC_OWN_RULES_H

#include "own_state.h"

/* A record taken apart against the state. */
struct soc_own_change {
    const struct soc_owns *owns;
    const struct soc_record *record;
    const char *from;         /* "" unknown */
    int64_t token;            /* that it names: its own position where it names none */
    size_t at;                /* the reservation that it is about; owns->count: none */
    const soc_json *takeover; /* tokens of what it replaces; NULL: none */
    struct soc_own made;      /* what it would make; fields NULL: nothing */
};

/* Takes the record apart, and judges it: 0 it takes effect; SOCIETY_E_HELD what it asks for is
 * another's (the words say whose, since when); SOCIETY_E_DEADLOCK with the cycle; SOCIETY_E_FENCED
 * its token, or one that it would take over, is not a current one; SOCIETY_E_INVALID a field;
 * -ENOMEM. In any case the change is to be ended. */
int soc_own_judge(const struct soc_owns *owns, const struct soc_record *record,
                  struct soc_own_change *ret_change, struct soc_error *error);
void soc_own_change_end(struct soc_own_change *change);

/* Whether an array of tokens (NULL: none) has this one. */
bool soc_own_is_named(const soc_json *tokens, int64_t token);

/* Whether something before `end` that is not in `ignored` (an array of tokens; NULL) conflicts. */
bool soc_own_is_blocked(const struct soc_owns *owns, const struct soc_own *own, size_t end,
                        const soc_json *ignored);

/* "src/a is held by w1 (exclusive, since …, token 17); …": what conflicts, before `end`. */
void soc_own_tell(const struct soc_owns *owns, const struct soc_own *own, size_t end,
                  const soc_json *ignored, struct soc_strbuf *out);

/* "w1 → w2 → w1" into `out`, when the agent waits for itself, over others: 1; 0; -ENOMEM. `asked`:
 * a reservation that it would wait for behind all others; NULL. Found in breadth first: the
 * shortest cycle is named. */
int soc_own_cycle(const struct soc_owns *owns, const char *agent, const struct soc_own *asked,
                  const soc_json *ignored, struct soc_strbuf *out);

#endif
