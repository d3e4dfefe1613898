/* SPDX-License-Identifier: MIT */
/*
 * What comes back is a person's word by way of the client: it is used as a text and nothing else.
 */
#include "mcp/elicit.h"

#include <stdlib.h>
#include <string.h>

#include "common/foreign.h"
#include "mcp/answer.h"
#include "mcp/member.h"
#include "mcp/rpc.h"
#include "mcp/tools.h"

json_value *elicit_form(const struct request *r, const char *message, const char *field,
                        const char *title, json_value *choices)
{
    json_value *property = json_new_map();
    json_put_text(property, "type", "string");
    json_put_text(property, "title", title);
    if (json_count(choices) > 0)
        json_put(property, "enum", json_share(choices));
    json_value *properties = json_new_map();
    json_put(properties, field, property);
    json_value *required = json_new_list();
    json_add(required, json_new_text(field));
    json_value *schema = json_new_map();
    json_put_text(schema, "type", "object");
    json_put(schema, "properties", properties);
    json_put(schema, "required", required);
    json_value *params = json_new_map();
    if (r->revision >= REVISION_2025_11)
        json_put_text(params, "mode", "form");
    size_t next;
    char *shown = foreign_text(message, 0, strlen(message), &next); /* it may end on a terminal */
    json_put_text(params, "message", shown);
    free(shown);
    json_put(params, "requestedSchema", schema);
    return params;
}

const char *elicit_reply_action(json_value *reply)
{
    return json_member_text(reply, "action", NULL);
}

const char *elicit_reply_text(json_value *reply, const char *field)
{
    const char *action = elicit_reply_action(reply);
    if (!action || strcmp(action, "accept") != 0)
        return NULL;
    return json_member_text(json_member(reply, "content"), field, NULL);
}

static json_value *response(const struct request *r, const char *field)
{
    if (r->revision < REVISION_2026_07)
        return NULL;
    return json_member(json_member(r->params, "inputResponses"), field);
}

const char *elicit_action(const struct request *r, const char *field)
{
    return elicit_reply_action(response(r, field));
}

const char *elicit_text(const struct request *r, const char *field)
{
    return elicit_reply_text(response(r, field), field);
}

/* With the name known the call is begun once more, as another one. */
static int named(struct mcp *m, struct call *call, enum step why)
{
    if (why == STEP_CHANGE)
        return 0;
    const char *name = why == STEP_REPLY ? elicit_reply_text(call->reply, "agent") : NULL;
    const char *problem = NULL;
    if (!name)
        problem = "nobody has said which agent this is: call join with a name of your own, such as "
                  "backend-001";
    else if (!society_agent(m->society)) /* several calls may have asked */
        problem = member_name(m, name);
    if (problem) {
        answer_refuse(m, &call->request, "%s", problem);
        return 1;
    }
    struct request again;
    request_copy(&again, &call->request);
    tools_run(m, &again);
    request_release(&again);
    return 1;
}

void elicit_name(struct mcp *m, const struct request *r)
{
    static const char message[] = "Which agent of the society is this? Letters, digits, '.', '_' "
                                  "and '-', such as backend-001.";
    json_value *form = elicit_form(r, message, "agent", "Agent id", NULL);
    if (r->revision >= REVISION_2026_07) {
        answer_input_required(m, r, "agent", form);
        return;
    }
    struct call *call = call_new(m, r, named, -1);
    if (!call) {
        json_release(form);
        return;
    }
    call->waiting_for = "waiting for the agent's name";
    if (call_ask_along(m, call)) /* a person is asked once */
        json_release(form);
    else
        call_ask(m, call, "elicitation/create", form);
    call_start(m, call);
}
