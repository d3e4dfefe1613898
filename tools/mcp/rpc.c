/* SPDX-License-Identifier: MIT */
/*
 * A text that can't be encoded never leaves: jansson writes UTF-8 alone and escapes control
 * characters, so a message is one line.
 */
#include "mcp/rpc.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/foreign.h"

static void send_message(struct mcp *m, json_value *message)
{
    char *text = json_compact(message);
    out_line(&m->out, text);
    free(text);
    json_release(message);
}

static json_value *envelope(json_value *id)
{
    json_value *message = json_new_map();
    json_put_text(message, "jsonrpc", "2.0");
    json_put(message, "id", id ? json_share(id) : NULL);
    return message;
}

static json_value *server_info(void)
{
    json_value *info = json_new_map();
    json_put_text(info, "name", "society-mcp");
    json_put_text(info, "version", SOCIETY_VERSION_STRING);
    return info;
}

void rpc_result(struct mcp *m, const struct request *r, json_value *result)
{
    if (r->revision >= REVISION_2026_07) {
        json_value *meta = json_member(result, "_meta");
        if (!json_member(result, "resultType"))
            json_put_text(result, "resultType", "complete");
        if (!meta) {
            meta = json_new_map();
            json_put(result, "_meta", meta);
        }
        json_put(meta, "io.modelcontextprotocol/serverInfo", server_info());
    }
    json_value *message = envelope(r->id);
    json_put(message, "result", result);
    send_message(m, message);
}

void rpc_cacheable(struct mcp *m, const struct request *r, json_value *result, int64_t ttl_ms)
{
    if (r->revision >= REVISION_2026_07) {
        json_put_number(result, "ttlMs", ttl_ms);
        json_put_text(result, "cacheScope", ttl_ms > 0 ? "public" : "private");
    }
    rpc_result(m, r, result);
}

void rpc_error_data(struct mcp *m, json_value *id, int code, json_value *data, const char *message)
{
    json_value *answer = envelope(id);
    json_value *error = json_new_map();
    json_put_number(error, "code", code);
    char *line = foreign_line(message, 1000);
    json_put_text(error, "message", line);
    free(line);
    json_put(error, "data", data);
    json_put(answer, "error", error);
    send_message(m, answer);
}

static char *print(const char *format, va_list arguments) __attribute__((format(printf, 1, 0)));

static char *print(const char *format, va_list arguments)
{
    char *text = NULL;
    if (vasprintf(&text, format, arguments) < 0)
        tool_fail(STATUS_SYSTEM, "out of memory");
    return text;
}

void rpc_error(struct mcp *m, json_value *id, int code, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    char *text = print(format, arguments);
    va_end(arguments);
    rpc_error_data(m, id, code, NULL, text);
    free(text);
}

void rpc_notify(struct mcp *m, const char *method, json_value *params)
{
    json_value *message = envelope(NULL);
    json_put_text(message, "method", method);
    json_put(message, "params", params);
    send_message(m, message);
}

void rpc_ask(struct mcp *m, int64_t number, const char *method, json_value *params)
{
    json_value *id = json_new_number(number);
    json_value *message = envelope(id);
    json_release(id);
    json_put_text(message, "method", method);
    json_put(message, "params", params);
    send_message(m, message);
}

void request_copy(struct request *to, const struct request *from)
{
    *to = *from;
    json_share(to->frame);
    if (to->capabilities)
        json_share(to->capabilities);
}

void request_release(struct request *r)
{
    json_release(r->capabilities);
    json_release(r->frame);
}

static const char *const levels[] = {"debug", "info",     "notice", "warning",
                                     "error", "critical", "alert",  "emergency"};

int rpc_log_level(const char *name)
{
    for (int i = 0; name && i < LOG_OFF; i++)
        if (strcmp(name, levels[i]) == 0)
            return i;
    return -1;
}

void rpc_log(struct mcp *m, const struct request *r, enum log_level level, const char *format, ...)
{
    /* From 2026-07-28 on a message belongs to the request that asked for it. */
    enum log_level least = m->revision != REVISION_NONE ? m->log_level : LOG_OFF;
    if (r && r->revision >= REVISION_2026_07)
        least = r->log_level;
    if (level < least)
        return;
    va_list arguments;
    va_start(arguments, format);
    char *text = print(format, arguments);
    va_end(arguments);
    char *line = foreign_line(text, 1000);
    json_value *params = json_new_map();
    json_put_text(params, "level", levels[level]);
    json_put_text(params, "logger", "society-mcp");
    json_put_text(params, "data", line);
    rpc_notify(m, "notifications/message", params);
    free(line);
    free(text);
}
