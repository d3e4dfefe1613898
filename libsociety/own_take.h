/* SPDX-License-Identifier: MIT */
/*
 * Reserving paths, with all that belongs to it outside of the log: evidence that others are gone,
 * lock files, and waiting.
 *
 *     struct soc_own_request request;
 *     soc_own_prepare(s, patterns, &request);      then set shared, reason, task, lease_ms
 *     soc_own_take(s, &request, timeout_ms);       request.token is the reservation's
 *     soc_own_request_end(&request);
 */
#ifndef SOC_OWN_TAKE_H
#define SOC_OWN_TAKE_H

#include "own_decide.h"

/* Fills in who asks, under which session, for how long, and for what: `patterns` is a JSON array as
 * text. 0; SOCIETY_E_INVALID; errnos. The request is to be ended in any case. */
int soc_own_prepare(struct society *s, const char *patterns, struct soc_own_request *ret_request);
void soc_own_request_end(struct soc_own_request *request);

/* As society_own_acquire(). */
int soc_own_take(struct society *s, struct soc_own_request *request, int32_t timeout_ms);

/* Carries an order out: the number of reservations concerned; errors of soc_transact(). What is
 * released loses its lock files, what is renewed or handed over has them of its holder. order->done
 * is to be freed. */
int soc_own_carry_out(struct society *s, struct soc_own_order *order);

/* Releases the reservation of the handle's agent with this token. 0, also when it is over. */
int soc_own_give_back(struct society *s, int64_t token);

#endif
