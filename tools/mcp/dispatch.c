/* SPDX-License-Identifier: MIT */
/*
 * From bytes to methods: frames, JSON, the shape of JSON-RPC 2.0, the method.
 *
 * What is no request gets an error without an `id` if none could be read: the protocol allows no
 * null there, and a client takes a made-up one for the answer to something else. Notifications and
 * answers that make no sense are passed over, as the specification asks.
 */
#include <stdlib.h>
#include <string.h>

#include "mcp/call.h"
#include "mcp/handshake.h"
#include "mcp/mcp.h"
#include "mcp/methods.h"
#include "mcp/rpc.h"
#include "mcp/salvage.h"

enum { LEGACY = 1, MODERN = 2, BOTH = 3 };

static const struct {
    const char *name;
    int era;
    void (*run)(struct mcp *, struct request *);
} methods[] = {
    {"initialize", LEGACY, method_initialize},
    {"ping", LEGACY, method_ping},
    {"logging/setLevel", LEGACY, method_set_level},
    {"resources/subscribe", LEGACY, method_subscribe},
    {"resources/unsubscribe", LEGACY, method_unsubscribe},
    {"server/discover", MODERN, method_discover},
    {"subscriptions/listen", MODERN, method_listen},
    {"tools/list", BOTH, method_tools_list},
    {"tools/call", BOTH, method_tools_call},
    {"resources/list", BOTH, method_resources_list},
    {"resources/templates/list", BOTH, method_templates_list},
    {"resources/read", BOTH, method_resources_read},
    {"prompts/list", BOTH, method_prompts_list},
    {"prompts/get", BOTH, method_prompts_get},
};

static void run_method(struct mcp *m, struct request *r)
{
    int era = r->revision >= REVISION_2026_07 ? MODERN : LEGACY;
    for (size_t i = 0; i < sizeof methods / sizeof *methods; i++) {
        if (strcmp(methods[i].name, r->method) == 0 && (methods[i].era & era)) {
            methods[i].run(m, r);
            return;
        }
    }
    rpc_error(m, r->id, RPC_NO_METHOD, "there is no method %s", r->method);
}

/* The lists have one page: a cursor is none that was given out here. */
static int has_strange_cursor(struct mcp *m, const struct request *r)
{
    size_t length = strlen(r->method);
    if (length < 5 || strcmp(r->method + length - 5, "/list") != 0 ||
        !json_member(r->params, "cursor"))
        return 0;
    rpc_error(m, r->id, RPC_INVALID_PARAMS, "%s: the cursor is none that was given out", r->method);
    return 1;
}

static void take_request(struct mcp *m, json_value *frame, json_value *id)
{
    struct request r = {.frame = json_share(frame),
                        .id = id,
                        .method = json_member_text(frame, "method", NULL),
                        .params = json_member(frame, "params"),
                        .log_level = LOG_OFF};
    if (!json_is_text(id) && !json_is_whole(id))
        rpc_error(m, NULL, RPC_INVALID_REQUEST, "id must be a string or a whole number");
    else if (r.params && !json_is_map(r.params))
        rpc_error(m, id, RPC_INVALID_REQUEST, "params must be an object");
    else if (call_find(m, id))
        rpc_error(m, id, RPC_INVALID_REQUEST, "a request with this id is under way");
    else if (handshake_classify(m, &r) == 0 && !has_strange_cursor(m, &r))
        run_method(m, &r);
    request_release(&r);
}

static void take_notification(struct mcp *m, json_value *frame)
{
    json_value *params = json_member(frame, "params");
    if (strcmp(json_member_text(frame, "method", ""), "notifications/cancelled") == 0)
        call_cancel(m, json_member(params, "requestId"));
}

static void take_message(struct mcp *m, json_value *frame)
{
    json_value *id = json_member(frame, "id");
    if (!json_is_map(frame) || strcmp(json_member_text(frame, "jsonrpc", ""), "2.0") != 0)
        rpc_error(m, NULL, RPC_INVALID_REQUEST, "a message is an object with \"jsonrpc\": \"2.0\"");
    else if (json_is_text(json_member(frame, "method")) && json_has(frame, "id"))
        take_request(m, frame, id);
    else if (json_is_text(json_member(frame, "method")))
        take_notification(m, frame);
    else if (id && (json_member(frame, "result") || json_member(frame, "error")))
        call_reply(m, id, json_member(frame, "result"));
    else
        rpc_error(m, json_is_text(id) || json_is_whole(id) ? id : NULL, RPC_INVALID_REQUEST,
                  "method must be a string");
}

/* A batch is answered message by message, so that one that waits does not hold up the others. */
static void take_batch(struct mcp *m, json_value *batch)
{
    if (m->revision != REVISION_2025_03) {
        rpc_error(m, NULL, RPC_INVALID_REQUEST, "batches belong to revision 2025-03-26 alone");
        return;
    }
    if (json_count(batch) == 0)
        rpc_error(m, NULL, RPC_INVALID_REQUEST, "the batch is empty");
    for (size_t i = 0; i < json_count(batch); i++)
        take_message(m, json_element(batch, i));
}

static int is_blank(const char *line, size_t length)
{
    for (size_t i = 0; i < length; i++)
        if (!strchr(" \t\r", line[i]) || line[i] == '\0')
            return 0;
    return 1;
}

static void refuse_line(struct mcp *m, const char *line, size_t length, int column, const char *why)
{
    struct salvage looked = {0};
    salvage_scan(&looked, line, length);
    json_value *id = salvage_id(&looked);
    rpc_error(m, id, RPC_PARSE, "the frame is no JSON: column %d: %s", column, why);
    json_release(id);
}

static void refuse_long(struct mcp *m)
{
    json_value *id = salvage_id(&m->frames.passed);
    rpc_error(m, id, RPC_INVALID_REQUEST, "the frame is longer than %zu bytes, and was passed over",
              FRAME_MAX);
    json_release(id);
}

static void take_line(struct mcp *m, char *line, size_t length)
{
    const char *why = NULL;
    int row = 0;
    int column = 0;
    if (is_blank(line, length))
        return;
    salvage_text(line, length);
    json_value *frame = json_read_bytes(line, length, &why, &row, &column);
    if (!frame)
        refuse_line(m, line, length, column, why);
    else if (json_is_list(frame))
        take_batch(m, frame);
    else
        take_message(m, frame);
    json_release(frame);
}

void dispatch_bytes(struct mcp *m, const char *bytes, size_t length)
{
    char *line = NULL;
    size_t line_length = 0;
    frames_add(&m->frames, bytes, length);
    for (;;) {
        int found = frames_next(&m->frames, &line, &line_length);
        if (found == FRAME_NONE)
            return;
        if (found == FRAME_TOO_LONG)
            refuse_long(m);
        else
            take_line(m, line, line_length);
    }
}
