/* SPDX-License-Identifier: MIT */
/* What a tail sleeps on: see tail_watch.h. */
#include "tail_watch.h"

#include <stdio.h>
#include <string.h>

#include "bell.h"

#define AGAIN_FIRST_MS 2
#define AGAIN_LAST_MS 256
#define RESTLESS_MS 60000 /* a pause of a writer that rings no bell */

int soc_tail_watch_begin(struct society *s, struct soc_tail_watch *watch)
{
    watch->s = s;
    if (!s->watch)
        s->watch = soc_watch_new();
    if (!s->watch)
        return soc_fail_memory(&s->error);
    return soc_watch_subscribe(s->watch, s->dir.polled, &watch->subscription, &s->error);
}

/* Has the agent's bell watched, if the tail can do with one. */
static bool watch_bell(struct soc_tail_watch *watch)
{
    bool wants = watch->personal && watch->restless_until_ms == 0;
    SOC_AUTO_FD int bell = wants ? soc_bell_hang(&watch->s->dir, watch->s->agent, NULL) : -1;
    soc_watch_bell(&watch->subscription, bell);
    snprintf(watch->bell, sizeof watch->bell, "%s", watch->s->agent);
    watch->rung = watch->subscription.bell >= 0;
    return watch->rung;
}

void soc_tail_watch_set(struct soc_tail_watch *watch, const struct soc_reader *reader)
{
    struct soc_subscription *subscription = &watch->subscription;
    bool bell = watch_bell(watch);
    soc_watch_directory(subscription, watch->s->dir.fd, SOC_WATCH_NAMES);
    soc_watch_file(subscription, -1, SOC_WATCH_CLOSES); /* a watch is widened, never narrowed */
    soc_watch_file(subscription, reader->archived ? -1 : reader->segment.fd,
                   bell ? SOC_WATCH_CLOSES : SOC_WATCH_WRITES);
    subscription->lost = false;
    watch->switches = reader->switches;
}

void soc_tail_watch_given(struct soc_tail_watch *watch, const struct soc_line *line)
{
    watch->foreign |= line->foreign;
}

/* A line without a checksum, that neither a bell nor a close has told of when the clock does: its
 * writer keeps the file open. While it goes on, every write is watched. */
static void mind_open_writer(struct soc_tail_watch *watch)
{
    if (watch->foreign && (watch->subscription.by_clock || watch->restless_until_ms != 0))
        watch->restless_until_ms = soc_monotonic_ms() + RESTLESS_MS;
    watch->foreign = false;
}

/* Somebody has taken the bell away, perhaps with all of the directory: another is not hung at once,
 * for it would stand in the way of that. */
static void mind_lost_bell(struct soc_tail_watch *watch)
{
    if (watch->rung && watch->subscription.bell < 0)
        watch->restless_until_ms = soc_monotonic_ms() + RESTLESS_MS;
}

static bool is_outdated(struct soc_tail_watch *watch, const struct soc_reader *reader)
{
    mind_lost_bell(watch);
    bool rests = watch->restless_until_ms != 0 && soc_monotonic_ms() > watch->restless_until_ms;
    if (rests)
        watch->restless_until_ms = 0;
    bool wakes = watch->restless_until_ms != 0 && watch->subscription.bell >= 0;
    return rests || wakes || watch->subscription.lost || watch->switches != reader->switches ||
           (watch->personal && strcmp(watch->bell, watch->s->agent) != 0);
}

/* The removal of the directory itself sends no event while somebody has it open, but that of the
 * names in it did just before: so after such an event the tail looks again for a while, with
 * growing pauses. */
static void look_again(struct soc_tail_watch *watch)
{
    if (watch->subscription.changed)
        watch->again_ms = AGAIN_FIRST_MS;
    watch->subscription.changed = false;
    if (watch->again_ms > 0)
        soc_watch_soon(&watch->subscription, watch->again_ms);
    watch->again_ms = watch->again_ms >= AGAIN_LAST_MS ? 0 : watch->again_ms * 2;
}

int soc_tail_watch_settle(struct soc_tail_watch *watch, const struct soc_reader *reader)
{
    struct soc_subscription *subscription = &watch->subscription;
    struct society *s = watch->s;
    if (is_outdated(watch, reader)) {
        soc_tail_watch_set(watch, reader);
        return 1;
    }
    if (!soc_watch_take(subscription)) {
        watch->foreign = false; /* what told of it was taken in before it was read */
        return 0;
    }
    mind_open_writer(watch);
    bool news = subscription->changed || subscription->lost || subscription->by_clock;
    if (news && !soc_dir_exists(&s->dir))
        return soc_fail(&s->error, SOCIETY_E_GONE, "%s was removed", s->dir.path);
    look_again(watch);
    return 1;
}
