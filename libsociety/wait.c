/* SPDX-License-Identifier: MIT */
/* Waits: see <society/wait.h>. A look that finds nothing settles: it takes in what has happened,
 * looks again if that was anything, and else leaves the descriptor to the caller's poll loop. */
#include "wait.h"

#include <unistd.h>

void soc_wait_begin(struct society_wait *wait, struct society *s, const struct soc_wait_kind *kind,
                    const struct soc_reader *reader)
{
    wait->s = s;
    wait->kind = kind;
    wait->reader = reader;
    wait->next = s->waits;
    s->waits = wait;
}

/* What can be had at once needs no descriptors. */
static int settle(struct society_wait *wait, int64_t limit)
{
    int result = wait->sleeps ? 0 : soc_await_begin(wait->s, &wait->await);
    if (result < 0)
        return result;
    wait->sleeps = true;
    return soc_await_settle(wait->s, &wait->await, wait->reader, limit);
}

int soc_wait_look(struct society_wait *wait)
{
    for (;;) {
        int64_t limit = -1;
        int result = wait->kind->look(wait, &limit);
        wait->had = result == 1;
        if (result == 0)
            result = settle(wait, limit);
        if (result == 0)
            wait->s->keep(wait->s, &(int64_t){-1});
        if (result <= 0 || wait->had)
            return result;
    }
}

int64_t soc_wait_deadline(int32_t timeout_ms)
{
    return timeout_ms < 0 ? -1 : soc_monotonic_ms() + timeout_ms;
}

int soc_wait_until(struct society_wait *wait, int64_t deadline_ms)
{
    int result;
    while ((result = soc_wait_look(wait)) == 0) {
        int64_t left = deadline_ms < 0 ? -1 : deadline_ms - soc_monotonic_ms();
        if (deadline_ms >= 0 && left <= 0)
            return 0;
        wait->s->keep(wait->s, &left);
        result =
            soc_watch_wait(&wait->await.subscription, left > INT32_MAX ? INT32_MAX : (int32_t)left);
        if (result < 0)
            return soc_fail(&wait->s->error, result, "the wait was interrupted: %s",
                            society_strerror(result));
    }
    return result;
}

static void release(struct society_wait *wait)
{
    if (wait->sleeps)
        soc_await_end(&wait->await);
    wait->kind->free(wait);
}

void soc_wait_close_all(struct society *s)
{
    struct society_wait *next;
    for (struct society_wait *wait = s->waits; wait; wait = next) {
        next = wait->next;
        release(wait);
    }
    s->waits = NULL;
}

/* ---- The public functions ---- */

SOC_PUBLIC int32_t society_wait_fd(const society_wait *wait)
{
    return wait->sleeps ? wait->await.subscription.poll_fd : -1;
}

SOC_PUBLIC int society_wait_take(society_wait *wait, char **ret_text)
{
    int result = soc_enter(wait->s);
    if (result < 0)
        return result;
    if (!wait->kind->tell)
        return soc_fail(&wait->s->error, SOCIETY_E_INVALID,
                        "a wait for a mutex is taken with society_wait_mutex");
    result = wait->had ? 1 : soc_wait_look(wait);
    if (result != 1 || !ret_text)
        return result;
    result = wait->kind->tell(wait, ret_text);
    return result < 0 ? result : 1;
}

SOC_PUBLIC void society_wait_close(society_wait *wait)
{
    if (!wait)
        return;
    struct society_wait **link = &wait->s->waits;
    while (*link != wait)
        link = &(*link)->next;
    *link = wait->next;
    if (!wait->had && wait->s->pid == getpid() && wait->kind->leave)
        wait->kind->leave(wait);
    release(wait);
}
