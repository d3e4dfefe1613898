/* SPDX-License-Identifier: MIT */
/*
 * Up to 2025-11-25 a client subscribes to one resource after another, for the connection. From
 * 2026-07-28 on a `subscriptions/listen` is a call that never ends by itself and is told of
 * several; what it is told carries its id.
 */
#include "mcp/subscribe.h"

#include <stdlib.h>
#include <string.h>

#include "mcp/call.h"
#include "mcp/feed.h"
#include "mcp/methods.h"
#include "mcp/resources.h"
#include "mcp/rpc.h"

#define SUBSCRIPTION_ID "io.modelcontextprotocol/subscriptionId"

enum { SUBSCRIPTIONS_MAX = 64 };

struct subscription {
    struct subscription *next;
    char *uri;
    unsigned feeds;
};

/* `meta` NULL: it belongs to the connection. */
static void tell(struct mcp *m, const char *uri, json_value *meta)
{
    json_value *params = json_new_map();
    json_put_text(params, "uri", uri);
    json_put(params, "_meta", meta);
    rpc_notify(m, "notifications/resources/updated", params);
}

/* ---- For the connection ---- */

/* Where the subscription of a resource is linked, or would be. */
static struct subscription **place(struct mcp *m, const char *uri, int *ret_count)
{
    struct subscription **at = &m->subscriptions;
    for (*ret_count = 0; *at && strcmp((*at)->uri, uri) != 0; at = &(*at)->next)
        ++*ret_count;
    return at;
}

static const char *uri_of(struct mcp *m, const struct request *r)
{
    const char *uri = json_member_text(r->params, "uri", NULL);
    if (!uri)
        rpc_error(m, r->id, RPC_INVALID_PARAMS, "%s: uri must be a string", r->method);
    return uri;
}

void method_subscribe(struct mcp *m, struct request *r)
{
    const char *uri = uri_of(m, r);
    int count;
    if (!uri)
        return;
    unsigned feeds = resource_feeds(m, uri);
    struct subscription **at = place(m, uri, &count);
    if (feeds == 0) {
        rpc_error(m, r->id, RPC_NO_RESOURCE, "Resource not found");
        return;
    }
    if (!*at && count >= SUBSCRIPTIONS_MAX) {
        rpc_error(m, r->id, RPC_INTERNAL, "there are %d subscriptions already", count);
        return;
    }
    if (!*at) {
        struct subscription *subscription = calloc(1, sizeof *subscription);
        if (!subscription)
            tool_fail(STATUS_SYSTEM, "out of memory");
        subscription->uri = strdup(uri);
        subscription->feeds = feeds;
        *at = subscription;
    }
    if (feeds_open(m, feeds) < 0)
        rpc_log(m, r, LOG_WARNING, "changes of %s may be told late", uri);
    rpc_result(m, r, json_new_map());
}

static void unlink_at(struct subscription **at)
{
    struct subscription *gone = *at;
    *at = gone->next;
    free(gone->uri);
    free(gone);
}

void method_unsubscribe(struct mcp *m, struct request *r)
{
    const char *uri = uri_of(m, r);
    int count;
    if (!uri)
        return;
    struct subscription **at = place(m, uri, &count);
    if (*at)
        unlink_at(at);
    rpc_result(m, r, json_new_map());
}

unsigned subscriptions_feeds(const struct mcp *m)
{
    unsigned feeds = 0;
    for (const struct subscription *s = m->subscriptions; s; s = s->next)
        feeds |= s->feeds;
    return feeds;
}

void subscriptions_tell(struct mcp *m)
{
    for (const struct subscription *s = m->subscriptions; s; s = s->next)
        if (feeds_changed(m, s->feeds))
            tell(m, s->uri, NULL);
}

void subscriptions_end(struct mcp *m)
{
    while (m->subscriptions)
        unlink_at(&m->subscriptions);
}

/* ---- For a request ---- */

static void end(struct mcp *m, struct call *call)
{
    (void)m;
    json_release(call->state);
}

static json_value *meta_of(json_value *id)
{
    json_value *meta = json_new_map();
    json_put(meta, SUBSCRIPTION_ID, json_share(id));
    return meta;
}

/* A stream that ends for a reason of ours ends with a result. */
static void finish(struct mcp *m, const struct call *call)
{
    json_value *result = json_new_map();
    json_put(result, "_meta", meta_of(call->request.id));
    rpc_result(m, &call->request, result);
}

static int step(struct mcp *m, struct call *call, enum step why)
{
    json_value *uris = call->state;
    if (why != STEP_CHANGE || out_is_full(&m->out))
        return 0; /* the feeds stay changed */
    for (size_t i = 0; i < json_count(uris); i++) {
        const char *uri = json_text(json_element(uris, i));
        if (feeds_changed(m, resource_feeds(m, uri)))
            tell(m, uri, meta_of(call->request.id));
    }
    return 0;
}

/* Those of the resources asked for that there are. */
static json_value *honoured(struct mcp *m, json_value *wanted, unsigned *ret_feeds)
{
    json_value *uris = json_new_list();
    for (size_t i = 0; i < json_count(wanted) && json_count(uris) < SUBSCRIPTIONS_MAX; i++) {
        const char *uri = json_text(json_element(wanted, i));
        unsigned feeds = uri ? resource_feeds(m, uri) : 0;
        *ret_feeds |= feeds;
        if (feeds != 0)
            json_add(uris, json_new_text(uri));
    }
    return uris;
}

void method_listen(struct mcp *m, struct request *r)
{
    json_value *filter = json_member(r->params, "notifications");
    json_value *wanted = json_member(filter, "resourceSubscriptions");
    if (!json_is_map(filter) || (wanted && !json_is_list(wanted))) {
        rpc_error(m, r->id, RPC_INVALID_PARAMS,
                  "subscriptions/listen: notifications must be an object, and its "
                  "resourceSubscriptions an array");
        return;
    }
    struct call *call = call_new(m, r, step, -1);
    if (!call)
        return;
    json_value *uris = honoured(m, wanted, &call->feeds);
    call->state = uris;
    call->end = end;
    call->finish = finish;
    /* The lists of tools, prompts and resources never change, so there is nothing to agree to about
     * them. */
    json_value *agreed = json_new_map();
    if (json_count(uris) > 0)
        json_put(agreed, "resourceSubscriptions", json_share(uris));
    json_value *params = json_new_map();
    json_put(params, "_meta", meta_of(r->id));
    json_put(params, "notifications", agreed);
    rpc_notify(m, "notifications/subscriptions/acknowledged", params);
    call_start(m, call);
}
