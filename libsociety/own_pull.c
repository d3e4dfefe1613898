/* SPDX-License-Identifier: MIT */
/* Waiting for a reservation in somebody else's loop: see own_pull.h. */
#include "own_pull.h"

#include <stdlib.h>

#include "lease.h"
#include "own_state.h"
#include "own_take.h"

/* So often a wait begins anew that lost its place to others, in one look. */
#define ATTEMPTS 64

struct own_pull {
    struct society_wait wait;
    struct soc_own_request request; /* its token is the reservation's, once it is had */
    soc_json *fields;
    struct soc_own_queue queue;
    bool queued;
};

/* What can't be had at once takes a place in the queue. */
static int look_once(struct own_pull *own, int64_t *ret_limit_ms)
{
    if (!own->queued) {
        int result = soc_own_take(own->wait.s, &own->request, 0);
        if (result != SOCIETY_E_HELD)
            return result < 0 ? result : 1;
        result = soc_own_queue_enter(&own->queue);
        if (result < 0)
            return result;
        own->queued = true;
    }
    return soc_own_queue_look(&own->queue, ret_limit_ms);
}

/* One that lost its place begins anew. */
static int look(struct society_wait *wait, int64_t *ret_limit_ms)
{
    struct own_pull *own = (struct own_pull *)wait;
    int result = SOCIETY_E_FENCED;
    soc_lease_begin(wait->s);
    for (int i = 0; i < ATTEMPTS && (result == SOCIETY_E_FENCED || result == SOCIETY_E_VOID); i++) {
        result = look_once(own, ret_limit_ms);
        own->queued = own->queued && result != SOCIETY_E_FENCED;
    }
    /* What was seen of leases is of use only to who waits on. */
    int written = soc_lease_end(wait->s);
    return result == 0 && written < 0 ? written : result;
}

static int tell(struct society_wait *wait, char **ret_text)
{
    struct society *s = wait->s;
    const struct soc_owns *owns = s->ownership.data;
    SOC_AUTO_STRBUF struct soc_strbuf text = SOC_STRBUF_INIT;
    size_t at = soc_own_find(owns, ((struct own_pull *)wait)->request.token);
    if (at == owns->count)
        return soc_fail(&s->error, SOCIETY_E_FENCED, "the reservation was taken over");
    SOC_AUTO_JSON soc_json *object = soc_own_object(&owns->items[at]);
    if (object)
        soc_json_dump(object, &text);
    if (!object || text.failed)
        return soc_fail_memory(&s->error);
    *ret_text = soc_strbuf_steal(&text);
    return 0;
}

static void leave(struct society_wait *wait)
{
    struct own_pull *own = (struct own_pull *)wait;
    if (own->queued)
        soc_own_queue_leave(&own->queue);
}

static void free_wait(struct society_wait *wait)
{
    struct own_pull *own = (struct own_pull *)wait;
    soc_own_request_end(&own->request);
    soc_json_free(own->fields);
    soc_json_free(own->queue.known);
    soc_own_queue_end(&own->queue);
    free(own->queue.patience.items);
    free(own);
}

static const struct soc_wait_kind kind = {look, tell, leave, free_wait};

int soc_own_pull_new(struct society *s, struct soc_own_request *request, soc_json *fields,
                     society_wait **ret_wait)
{
    struct own_pull *own = calloc(1, sizeof *own);
    soc_json *known = soc_json_new_object();
    if (!own || !known) {
        soc_own_request_end(request);
        soc_json_free(fields);
        soc_json_free(known);
        free(own);
        return soc_fail_memory(&s->error);
    }
    own->request = *request;
    own->fields = fields;
    own->queue =
        (struct soc_own_queue){.s = s, .request = &own->request, .known = known, .act = {.fd = -1}};
    soc_wait_begin(&own->wait, s, &kind, &s->ownership.reader);
    *ret_wait = &own->wait;
    return 0;
}
