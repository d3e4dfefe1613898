/* SPDX-License-Identifier: MIT */
/* The presence feed: see feed.h. */
#include "feed.h"

#include <string.h>

#include "presence.h"

#define AGAIN_FIRST_MS 1
#define AGAIN_LAST_MS 32

static void watch_locks(struct society *s, struct soc_subscription *subscription)
{
    SOC_AUTO_FD int locks = soc_fs_open_dir(&s->dir, "locks", NULL);
    if (locks < 0) { /* a read-only society without any: its directory says when there are */
        soc_watch_directory(subscription, s->dir.fd, SOC_WATCH_NAMES);
        return;
    }
    soc_watch_directory(subscription, locks, SOC_WATCH_PRESENCE);
}

int soc_feed_open(struct society *s, struct soc_subscription *subscription, struct soc_feed *feed)
{
    feed->known = soc_json_new_object();
    feed->queue = soc_json_new_array();
    if (!feed->known || !feed->queue)
        return soc_fail_memory(&s->error);
    soc_fs_mkdir(&s->dir, "locks", NULL);
    watch_locks(s, subscription);
    return 0;
}

void soc_feed_close(struct soc_feed *feed)
{
    soc_json_free(feed->known);
    soc_json_free(feed->queue);
    *feed = (struct soc_feed){0};
}

static int enqueue(struct soc_feed *feed, const char *agent, const struct soc_presence *presence)
{
    char now[SOC_TIME_SIZE];
    soc_format_time(now, soc_now_ms());
    soc_json *event = soc_json_new_object();
    if (!event || soc_json_set_string(event, "type", "presence") < 0 ||
        soc_json_set_string(event, "agentId", agent) < 0 ||
        soc_json_set(event, "online", soc_json_new_bool(presence->online)) < 0 ||
        soc_json_set_string(event, "session", presence->session[0] ? presence->session : NULL) <
            0 ||
        soc_json_set_string(event, "timestamp", now) < 0) {
        soc_json_free(event);
        return -1;
    }
    return soc_json_append(feed->queue, event);
}

/* One agent as it is now against what was known of it. */
static int compare(struct society *s, struct soc_feed *feed, const char *agent, int64_t *next_ms)
{
    struct soc_presence presence;
    if (soc_presence_look(s, agent, &presence) < 0)
        return 0; /* a planted file is nobody */
    if (presence.until_ms != 0 && (*next_ms == 0 || presence.until_ms < *next_ms))
        *next_ms = presence.until_ms;
    bool before = soc_json_get_bool(feed->known, agent, false);
    if (before == presence.online)
        return 0;
    /* In this order: when memory runs out an event is told twice, and not never. */
    if (enqueue(feed, agent, &presence) < 0)
        return -1;
    return soc_json_set(feed->known, agent, soc_json_new_bool(presence.online));
}

/* Those who are known but have no lock file any more. */
static int compare_known(struct society *s, struct soc_feed *feed, int64_t *next_ms)
{
    SOC_AUTO_JSON soc_json *known = soc_json_copy(feed->known);
    const char *agent;
    const soc_json *value;
    int result = known ? 0 : -1;
    for (void *i = NULL; result == 0 && (i = soc_json_next(known, i, &agent, &value));)
        result = compare(s, feed, agent, next_ms);
    return result;
}

static int scan(struct society *s, struct soc_subscription *subscription, struct soc_feed *feed)
{
    char **agents;
    int64_t next_ms = 0;
    int result = soc_presence_list(s, &agents);
    if (result < 0)
        return result;
    for (size_t i = 0; result == 0 && agents[i]; i++)
        result = compare(s, feed, agents[i], &next_ms);
    soc_fs_free_names(agents);
    if (result == 0)
        result = compare_known(s, feed, &next_ms);
    if (result < 0)
        return soc_fail_memory(&s->error);
    int64_t wait = next_ms == 0 ? subscription->period_ms : next_ms - soc_now_ms() + 1;
    if (feed->again_ms != 0 && feed->again_ms < wait)
        wait = feed->again_ms;
    feed->again_ms = feed->again_ms * 2 > AGAIN_LAST_MS ? 0 : feed->again_ms * 2;
    if (wait < subscription->period_ms)
        soc_watch_soon(subscription, (int32_t)wait);
    return 0;
}

static int give(struct soc_feed *feed, struct soc_strbuf *out)
{
    soc_json_dump(soc_json_item(feed->queue, feed->given++), out);
    return 1;
}

static int renew_queue(struct society *s, struct soc_feed *feed)
{
    if (feed->given == 0)
        return 0;
    soc_json_free(feed->queue);
    feed->given = 0;
    feed->queue = soc_json_new_array();
    return feed->queue ? 0 : soc_fail_memory(&s->error);
}

int soc_feed_next(struct society *s, struct soc_subscription *subscription, struct soc_feed *feed,
                  struct soc_strbuf *out)
{
    if (feed->given < soc_json_count(feed->queue))
        return give(feed, out);
    int result = renew_queue(s, feed);
    while (result == 0 && soc_watch_take(subscription)) {
        if (!soc_dir_exists(&s->dir))
            return soc_fail(&s->error, SOCIETY_E_GONE, "%s was removed", s->dir.path);
        if (subscription->lost || subscription->changed) {
            feed->again_ms = AGAIN_FIRST_MS;
            watch_locks(s, subscription);
        }
        subscription->lost = false;
        subscription->changed = false;
        result = scan(s, subscription, feed);
        if (result < 0)
            soc_watch_soon(subscription, AGAIN_LAST_MS); /* what was to be seen is still there */
        if (result == 0 && soc_json_count(feed->queue) > 0)
            return give(feed, out);
    }
    return result;
}
