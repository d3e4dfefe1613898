/* SPDX-License-Identifier: MIT */
/*
 * A tail that fails is closed, and its feed counts as changed: whoever looks at it finds out why.
 */
#include "mcp/feed.h"

#include "mcp/rpc.h"

static const char *const logs[FEED_KINDS] = {"messages", "tasks", "ownership", "registry",
                                             "presence"};

static void drain(struct mcp *m, struct feed *feed, const char *log)
{
    const char *record;
    int result;
    while ((result = society_tail_next(feed->tail, &record, NULL)) == 1)
        feed->changed = 1;
    const char *incident = society_tail_incident(feed->tail);
    if (incident)
        rpc_log(m, NULL, LOG_WARNING, "%s: %s", log, incident);
    if (result == 0)
        return;
    if (result == SOCIETY_E_GONE)
        m->gone = 1;
    society_tail_close(feed->tail);
    feed->tail = NULL;
    feed->changed = 1;
}

int feeds_open(struct mcp *m, unsigned set)
{
    int failed = 0;
    for (int i = 0; i < FEED_KINDS; i++) {
        struct feed *feed = &m->feeds[i];
        if (!(set & FEED_BIT(i)) || feed->tail || !m->society)
            continue;
        /* Without an agent there are no messages of its own to wait for. */
        uint32_t flags =
            i == FEED_MESSAGES && !society_agent(m->society) ? SOCIETY_TAIL_EVERYONE : 0;
        int result = society_tail_open(m->society, logs[i], SOCIETY_FROM_END, flags, &feed->tail);
        if (result < 0) {
            feed->tail = NULL;
            failed = -1;
            if (!m->blind)
                rpc_log(m, NULL, LOG_WARNING, "%s can't be followed: %s", logs[i],
                        society_last_message(m->society));
            continue;
        }
        if (i == FEED_PRESENCE) { /* who is here already is no change */
            int changed = feed->changed;
            drain(m, feed, logs[i]);
            feed->changed = changed;
        }
    }
    return failed;
}

void feeds_close(struct mcp *m, unsigned keep)
{
    for (int i = 0; i < FEED_KINDS; i++) {
        if (keep & FEED_BIT(i))
            continue;
        society_tail_close(m->feeds[i].tail);
        m->feeds[i] = (struct feed){0};
    }
}

void feeds_drain(struct mcp *m)
{
    for (int i = 0; i < FEED_KINDS; i++)
        if (m->feeds[i].tail)
            drain(m, &m->feeds[i], logs[i]);
}

int feeds_changed(const struct mcp *m, unsigned set)
{
    for (int i = 0; i < FEED_KINDS; i++)
        if ((set & FEED_BIT(i)) && m->feeds[i].changed)
            return 1;
    return 0;
}

void feeds_settle(struct mcp *m)
{
    for (int i = 0; i < FEED_KINDS; i++)
        m->feeds[i].changed = 0;
}

int feeds_poll(const struct mcp *m, struct pollfd *descriptors)
{
    int count = 0;
    for (int i = 0; i < FEED_KINDS; i++)
        if (m->feeds[i].tail)
            descriptors[count++] =
                (struct pollfd){.fd = society_tail_fd(m->feeds[i].tail), .events = POLLIN};
    return count;
}
