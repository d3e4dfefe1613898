/* SPDX-License-Identifier: MIT */
/*
 * A wait for a reservation (<society/wait.h>): taken at once, or from a place in the log's queue.
 */
#ifndef SOC_OWN_PULL_H
#define SOC_OWN_PULL_H

#include "own_wait.h"
#include "wait.h"

/* Begins a wait for what is asked. Takes the request over, and `fields`, which its reason and task
 * are part of (NULL: none). 0; -ENOMEM, when both are freed. */
int soc_own_pull_new(struct society *s, struct soc_own_request *request, soc_json *fields,
                     society_wait **ret_wait);

#endif
