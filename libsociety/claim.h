/* SPDX-License-Identifier: MIT */
/*
 * A claim together with the reservation that was taken with it.
 *
 * The reservation comes first, in its own log, and names the task and an act: a number, whose byte
 * of locks/acts.lock the taker holds until both records stand. The claim's record names the
 * reservation's token (`own`). So of a reservation with an act, everybody who has read both logs
 * says the same:
 *
 *     the task is claimed, and its claim names this token     it lasts as long as the claim
 *     else, the act is under way                              it is being taken
 *     else                                                    it is void
 *
 * A taker who dies between the records leaves a reservation that is void at once: the kernel frees
 * the byte, and the close of the file wakes those who wait. A claim that ends, however it does,
 * makes its reservation void; who ends it says so in the ownership log, and if he dies before he
 * can, the next one who meets the reservation does. The byte is looked at before the task, for it
 * is freed after the claim was written.
 */
#ifndef SOC_CLAIM_H
#define SOC_CLAIM_H

#include "own_state.h"
#include "task_state.h"

/* A claim that is being made with its paths. */
struct soc_act {
    int fd; /* -1: none */
    int64_t number;
};

/* Begins an act: 0; errnos. */
int soc_act_begin(struct society *s, struct soc_act *ret_act);
/* Ends it, and wakes those who wait. */
void soc_act_end(struct soc_act *act);
/* Whether an act is under way, elsewhere or here: 1, 0; errnos. */
int soc_act_is_under_way(struct society *s, int64_t number);

/* Of a reservation that belongs to a claim: 1 void; 0 it counts, and *ret_task is the task whose
 * claim it belongs to, NULL while the act is under way; errnos. */
int soc_claim_is_void(struct society *s, const struct soc_own *own, const soc_json **ret_task);

/* Whether the claim of a claimed task may be taken over: as soc_lease_is_over(). */
int soc_claim_is_over(struct society *s, const soc_json *task, int64_t *ret_left_ms);

/* A quick look at a reservation with an act, where the tasks were not read yet: 1 its claim stands,
 * and *ret_task, to be freed, has what soc_claim_is_over() wants; 0 only soc_claim_is_void() can say;
 * errnos. */
int soc_claim_glimpse(struct society *s, const struct soc_own *own, soc_json **ret_task);

/* Says in the ownership log which reservations are void: the one with this token, -1: all of them.
 * The number; errors of soc_transact(). */
int soc_claim_bury(struct society *s, int64_t token);

#endif
