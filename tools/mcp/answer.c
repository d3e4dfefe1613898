/* SPDX-License-Identifier: MIT */
/*
 * Text comes first and structure second: clients that know no structured results (before
 * 2025-06-18) get the text alone.
 */
#include "mcp/answer.h"

#include <stdarg.h>
#include <stdlib.h>

#include "common/foreign.h"
#include "mcp/member.h"
#include "mcp/rpc.h"

void answer_begin(struct answer *a)
{
    *a = (struct answer){.data = json_new_map()};
    a->out = open_memstream(&a->text, &a->size);
    if (!a->out)
        tool_fail(STATUS_SYSTEM, "out of memory");
}

void answer_foreign(struct answer *a)
{
    fputs(FOREIGN_NOTICE "\n", a->out);
    json_put_flag(a->data, "verified", 0);
}

static json_value *content(const char *text)
{
    json_value *part = json_new_map();
    json_value *list = json_new_list();
    json_put_text(part, "type", "text");
    json_put_text(part, "text", text);
    json_add(list, part);
    return list;
}

void answer_send(struct mcp *m, const struct request *r, struct answer *a)
{
    json_value *result = json_new_map();
    if (fclose(a->out) != 0)
        tool_fail(STATUS_SYSTEM, "out of memory");
    json_put(result, "content", content(a->text));
    if (r->revision >= REVISION_2025_06)
        json_put(result, "structuredContent", a->data);
    else
        json_release(a->data);
    free(a->text);
    rpc_result(m, r, result);
}

void answer_drop(struct answer *a)
{
    if (fclose(a->out) != 0)
        tool_fail(STATUS_SYSTEM, "out of memory");
    json_release(a->data);
    free(a->text);
}

void answer_refuse(struct mcp *m, const struct request *r, const char *format, ...)
{
    va_list arguments;
    char *text = NULL;
    va_start(arguments, format);
    if (vasprintf(&text, format, arguments) < 0)
        tool_fail(STATUS_SYSTEM, "out of memory");
    va_end(arguments);
    char *line = foreign_line(text, 2000);
    json_value *result = json_new_map();
    json_put(result, "content", content(line));
    json_put_flag(result, "isError", 1);
    rpc_result(m, r, result);
    free(line);
    free(text);
}

void answer_failure(struct mcp *m, const struct request *r, int result)
{
    answer_refuse(m, r, "%s", member_reason(m, result));
}

void answer_input_required(struct mcp *m, const struct request *r, const char *name,
                           json_value *elicitation)
{
    json_value *ask = json_new_map();
    json_put_text(ask, "method", "elicitation/create");
    json_put(ask, "params", elicitation);
    json_value *requests = json_new_map();
    json_put(requests, name, ask);
    json_value *result = json_new_map();
    json_put_text(result, "resultType", "input_required");
    json_put(result, "inputRequests", requests);
    rpc_result(m, r, result);
}
