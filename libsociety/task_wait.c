/* SPDX-License-Identifier: MIT */
/* Other ways to a claim than task_claim.c: without flags, and waited for in somebody else's loop
 * (<society/wait.h>). */
#include <stdlib.h>
#include <string.h>

#include "lease.h"
#include "presence.h"
#include "task.h"
#include "wait.h"

SOC_PUBLIC int society_task_claim(society *s, const char *id, int64_t lease_ms, char **ret_claim)
{
    return society_task_claim_with(s, id, 0, lease_ms, 0, ret_claim);
}

SOC_PUBLIC int society_task_claim_wait(society *s, const char *id, int64_t lease_ms,
                                       int32_t timeout_ms, char **ret_claim)
{
    return society_task_claim_with(s, id, 0, lease_ms, timeout_ms, ret_claim);
}

/* ---- In somebody else's loop ---- */

struct claim_wait {
    struct society_wait wait;
    char *asked; /* the task that was named; NULL: the best */
    uint32_t flags;
    int64_t lease_ms;
    char *claim; /* what was given */
};

static int look(struct society_wait *wait, int64_t *ret_limit_ms)
{
    struct claim_wait *own = (struct claim_wait *)wait;
    int64_t left = -1;
    bool may_come = false;
    int result = soc_task_claim_once(wait->s, own->asked, own->flags, own->lease_ms, &own->claim,
                                     &left, &may_come);
    if (result == 0)
        return 1;
    if (!may_come)
        return result;
    *ret_limit_ms = left < 0 ? -1 : left + 1;
    return 0;
}

static int tell(struct society_wait *wait, char **ret_text)
{
    char *copy = strdup(((struct claim_wait *)wait)->claim);
    if (!copy)
        return soc_fail_memory(&wait->s->error);
    *ret_text = copy;
    return 0;
}

static void free_wait(struct society_wait *wait)
{
    struct claim_wait *own = (struct claim_wait *)wait;
    free(own->asked);
    free(own->claim);
    free(own);
}

static const struct soc_wait_kind kind = {.look = look, .tell = tell, .free = free_wait};

static int check_arguments(struct society *s, uint32_t flags, int64_t lease_ms)
{
    int result = soc_enter_as(s);
    if (result == 0)
        result = soc_lease_check(s, lease_ms);
    /* A try to take paths writes lock files, and would wake itself and all who wait likewise. */
    if (result == 0 && (flags & SOCIETY_CLAIM_OWN) != 0)
        result = soc_fail(&s->error, SOCIETY_E_INVALID,
                          "flags: a claim with its paths is waited for by society_task_claim_with");
    if (result == 0 && (flags & ~(SOCIETY_CLAIM_RESUME | SOCIETY_CLAIM_FAMILIAR)) != 0)
        result = soc_fail(&s->error, SOCIETY_E_INVALID, "unknown flags %#x", (unsigned)flags);
    return result;
}

SOC_PUBLIC int society_task_wait(society *s, const char *id, uint32_t flags, int64_t lease_ms,
                                 society_wait **ret_wait)
{
    int result = check_arguments(s, flags, lease_ms);
    if (result < 0)
        return result;
    struct claim_wait *own = calloc(1, sizeof *own);
    char *asked = id ? strdup(id) : NULL;
    if (!own || (id && !asked)) {
        free(own);
        free(asked);
        return soc_fail_memory(&s->error);
    }
    own->asked = asked;
    own->flags = flags;
    own->lease_ms = lease_ms;
    soc_wait_begin(&own->wait, s, &kind, &s->tasks.reader);
    *ret_wait = &own->wait;
    return 0;
}
