/* SPDX-License-Identifier: MIT */
/*
 * Another process may be online as the agent already: what started the client, or a second client.
 * Then this one speaks as the agent without joining, says so, and tries again at each call.
 */
#include "mcp/member.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <society/agent.h>

#include "common/foreign.h"
#include "mcp/answer.h"
#include "mcp/elicit.h"
#include "mcp/feed.h"
#include "mcp/handshake.h"
#include "mcp/rpc.h"
#include "mcp/tools.h"

enum { RENEW_MS = 60000 };

const char *member_reason(struct mcp *m, int result)
{
    if (result == SOCIETY_E_GONE)
        m->gone = 1;
    const char *message = m->society ? society_last_message(m->society) : "";
    return *message ? message : society_strerror(result);
}

static void set_problem(struct mcp *m, const char *text)
{
    free(m->presence_problem);
    m->presence_problem = text ? strdup(text) : NULL;
}

/* Some clients start their servers in `/` or at home, and say where the project is. One that does
 * not know the variable in which it says so has left it as it stands. */
static int enter_workspace(struct mcp *m)
{
    if (m->workspace && strncmp(m->workspace, "${", 2) != 0 && chdir(m->workspace) < 0)
        return -1;
    m->workspace = NULL;
    return 0;
}

const char *member_open(struct mcp *m)
{
    static char problem[1024];
    if (m->society)
        return NULL;
    if (enter_workspace(m) < 0) {
        snprintf(problem, sizeof problem, "the workspace %s: %s", m->workspace, strerror(errno));
        return problem;
    }
    int result = society_new(&m->society);
    if (result == 0)
        result = society_open(m->society, m->tool->dir);
    if (result == 0) {
        /* Who speaks is known early, so that views can say so; it needs no society and leaves no
         * trace. */
        if (m->agent)
            result = society_identify(m->society, m->agent);
        else
            result = society_identify(m->society, m->tool->agent);
        if (result == SOCIETY_E_NO_AGENT)
            result = 0;
    }
    if (result == 0)
        return NULL;
    snprintf(problem, sizeof problem, "%s%s", member_reason(m, result),
             result == SOCIETY_E_NO_SOCIETY ? ": `society-init` in the project makes one" : "");
    society_close(m->society);
    m->society = NULL;
    return problem;
}

int member_reads(struct mcp *m, const struct request *r)
{
    const char *problem = member_open(m);
    if (!problem)
        return 0;
    answer_refuse(m, r, "%s", problem);
    return -1;
}

const char *member_name(struct mcp *m, const char *agent)
{
    const char *problem = member_open(m);
    if (problem)
        return problem;
    int result = society_identify(m->society, agent);
    if (result < 0)
        return member_reason(m, result);
    free(m->agent);
    m->agent = strdup(agent);
    /* A tail of everyone's messages becomes one of the agent's. */
    feeds_close(m, ~FEED_BIT(FEED_MESSAGES));
    return NULL;
}

static int registration(struct mcp *m, const struct request *r)
{
    json_value *fields = json_new_map();
    char *directory = getcwd(NULL, 0);
    const char *client = handshake_client(m, r);
    char *program = client ? foreign_line(client, 100) : NULL;
    json_put_text(fields, "role", m->role);
    json_put_text(fields, "workspace", directory);
    json_put_text(fields, "program", program);
    if (m->capability_count > 0) {
        json_value *list = json_new_list();
        for (int i = 0; i < m->capability_count; i++)
            json_add(list, json_new_text(m->capability[i]));
        json_put(fields, "capabilities", list);
    }
    char *text = json_compact(fields);
    int result = society_register(m->society, text);
    free(text);
    free(program);
    free(directory);
    json_release(fields);
    return result;
}

const char *member_join(struct mcp *m, const struct request *r)
{
    int result = m->joined ? 0 : society_join(m->society);
    if (result == 0 && !m->joined) {
        m->joined = 1;
        m->renew_at_ms = now_ms();
        set_problem(m, NULL);
        rpc_log(m, r, LOG_INFO, "joined as %s", society_agent(m->society));
    } else if (result == SOCIETY_E_HELD) {
        if (!m->presence_problem)
            rpc_log(m, r, LOG_WARNING, "%s", society_last_message(m->society));
        set_problem(m, society_last_message(m->society));
    } else if (result < 0) {
        return member_reason(m, result);
    }
    /* Whoever is online as the agent has registered it, in its own words. */
    if (!m->registered && m->joined) {
        result = registration(m, r);
        if (result < 0)
            return member_reason(m, result);
        m->registered = 1;
    }
    return NULL;
}

int member_knows(struct mcp *m, const struct request *r)
{
    if (member_reads(m, r) < 0)
        return -1;
    if (!society_agent(m->society)) {
        const char *name = elicit_text(r, "agent");
        const char *problem = name ? member_name(m, name) : NULL;
        if (problem) {
            answer_refuse(m, r, "%s", problem);
            return -1;
        }
        if (!name && handshake_can_elicit(r)) {
            elicit_name(m, r);
            return -1;
        }
        if (!name) {
            answer_refuse(m, r,
                          "nobody has said which agent this is: call join with a name of your own, "
                          "such as backend-001");
            return -1;
        }
    }
    return 0;
}

int member_acts(struct mcp *m, const struct request *r)
{
    if (member_knows(m, r) < 0)
        return -1;
    const char *problem = member_join(m, r);
    if (!problem)
        return 0;
    answer_refuse(m, r, "%s", problem);
    return -1;
}

int64_t member_renew(struct mcp *m)
{
    if (!m->joined)
        return -1;
    int64_t now = now_ms();
    if (now >= m->renew_at_ms) {
        int32_t next_ms = RENEW_MS;
        /* While the session lives nothing depends on it but programs that know only lock files. */
        if (society_renew(m->society, &next_ms) < 0)
            rpc_log(m, NULL, LOG_WARNING, "claims were not renewed: %s",
                    society_last_message(m->society));
        m->renew_at_ms = now + next_ms;
    }
    return m->renew_at_ms - now;
}
