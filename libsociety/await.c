/* SPDX-License-Identifier: MIT */
/* Waiting for others to act: see await.h. */
#include "await.h"

#include <limits.h>

#define AGAIN_FIRST_MS 1
#define AGAIN_LAST_MS 32

int soc_await_begin(struct society *s, struct soc_await *await)
{
    *await = (struct soc_await){0};
    if (!s->watch)
        s->watch = soc_watch_new();
    if (!s->watch)
        return soc_fail_memory(&s->error);
    return soc_watch_subscribe(s->watch, s->dir.polled, &await->subscription, &s->error);
}

void soc_await_end(struct soc_await *await)
{
    soc_watch_unsubscribe(&await->subscription);
}

/* A log that is not there yet comes as a name. */
static void watch_log(const struct society *s, struct soc_subscription *subscription,
                      const struct soc_reader *reader)
{
    if (reader->segment.fd < 0)
        soc_watch_file(subscription, s->dir.fd, SOC_WATCH_NAMES);
    else
        soc_watch_file(subscription, reader->archived ? -1 : reader->segment.fd, SOC_WATCH_WRITES);
}

static void set_watches(struct society *s, struct soc_await *await, const struct soc_reader *reader)
{
    soc_fs_mkdir(&s->dir, "locks", NULL); /* where that fails, the timer looks */
    SOC_AUTO_FD int locks = soc_fs_open_dir(&s->dir, "locks", NULL);
    soc_watch_directory(&await->subscription, locks < 0 ? -1 : locks, SOC_WATCH_PRESENCE);
    if (reader) {
        watch_log(s, &await->subscription, reader);
        await->switches = reader->switches;
    }
    await->subscription.lost = false;
    await->watching = true;
}

static int64_t smaller(int64_t a, int64_t b)
{
    return a < b ? a : b;
}

/* What an event means for the pauses. */
static void take_in(struct soc_await *await)
{
    await->again_ms = await->again_ms * 2 > AGAIN_LAST_MS ? 0 : await->again_ms * 2;
    if (await->subscription.changed)
        await->again_ms = AGAIN_FIRST_MS;
    await->subscription.changed = false;
}

/* The timer is set anew only for what comes before its next round: else it would never come. */
static void set_alarm(struct soc_await *await, int64_t limit_ms)
{
    int64_t limit = limit_ms < 0 ? INT_MAX : smaller(limit_ms, INT_MAX);
    if (await->again_ms != 0)
        limit = smaller(limit, await->again_ms);
    if (limit < await->subscription.period_ms)
        soc_watch_soon(&await->subscription, (int32_t)limit);
}

int soc_await_settle(struct society *s, struct soc_await *await, const struct soc_reader *reader,
                     int64_t limit_ms)
{
    struct soc_subscription *subscription = &await->subscription;
    if (!await->watching || subscription->lost || (reader && await->switches != reader->switches)) {
        set_watches(s, await, reader);
        return 1;
    }
    if (limit_ms == 0)
        return 1;
    if (!soc_watch_take(subscription)) {
        set_alarm(await, limit_ms);
        return 0;
    }
    take_in(await);
    if (!soc_dir_exists(&s->dir))
        return soc_fail(&s->error, SOCIETY_E_GONE, "%s was removed", s->dir.path);
    return 1;
}

int soc_await_change(struct society *s, struct soc_await *await, const struct soc_reader *reader,
                     int64_t limit_ms)
{
    struct soc_subscription *subscription = &await->subscription;
    if (!await->watching || subscription->lost || (reader && await->switches != reader->switches)) {
        set_watches(s, await, reader);
        return 0;
    }
    int64_t limit = limit_ms < 0 ? INT_MAX : smaller(limit_ms, INT_MAX);
    if (await->again_ms != 0)
        limit = smaller(limit, await->again_ms);
    s->keep(s, &limit);
    int result = soc_watch_wait(subscription, (int32_t)limit);
    if (result < 0)
        return soc_fail(&s->error, result, "the wait was interrupted: %s",
                        society_strerror(result));
    soc_watch_take(subscription);
    take_in(await);
    if (!soc_dir_exists(&s->dir))
        return soc_fail(&s->error, SOCIETY_E_GONE, "%s was removed", s->dir.path);
    return 0;
}
