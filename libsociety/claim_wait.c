/* SPDX-License-Identifier: MIT */
/* Waiting for a claim: see claim_wait.h. */
#include "claim_wait.h"

#include "sys.h"

/* Takes in what woke the wait, so that the next one sleeps. */
static int drain(society_tail *tail)
{
    const char *record;
    int result;
    while ((result = society_tail_next(tail, &record, NULL)) == 1)
        ;
    return result;
}

int soc_claim_wait_sleep(struct society *s, const struct soc_claim_wait *wait, int64_t deadline_ms,
                         int64_t left_ms)
{
    struct pollfd fds[SOC_CLAIM_TAILS];
    int64_t pause = deadline_ms < 0 ? -1 : deadline_ms - soc_monotonic_ms();
    if (deadline_ms >= 0 && pause <= 0)
        return soc_fail(&s->error, SOCIETY_E_TIMEOUT, "nothing could be claimed in time");
    if (left_ms >= 0 && (pause < 0 || left_ms < pause))
        pause = left_ms + 1;
    s->keep(s, &pause);
    for (int i = 0; i < SOC_CLAIM_TAILS; i++)
        fds[i] = (struct pollfd){.fd = wait->tails[i] ? society_tail_fd(wait->tails[i]) : -1,
                                 .events = POLLIN};
    if (soc_sys->poll(fds, SOC_CLAIM_TAILS, pause > INT32_MAX ? INT32_MAX : (int)pause) < 0)
        return soc_fail_errno(&s->error, "the wait was interrupted");
    int result = 0;
    for (int i = 0; result == 0 && i < SOC_CLAIM_TAILS; i++)
        result = wait->tails[i] ? drain(wait->tails[i]) : 0;
    return result;
}

int soc_claim_wait_open(struct society *s, bool owns, struct soc_claim_wait *wait)
{
    static const char *const logs[SOC_CLAIM_TAILS] = {"tasks", "presence", "registry", "ownership"};
    int count = owns ? SOC_CLAIM_TAILS : SOC_CLAIM_TAILS - 1;
    int result = 0;
    for (int i = 0; result == 0 && i < count; i++)
        result = society_tail_open(s, logs[i], SOCIETY_FROM_END, 0, &wait->tails[i]);
    return result;
}

void soc_claim_wait_close(struct soc_claim_wait *wait)
{
    for (int i = 0; i < SOC_CLAIM_TAILS; i++)
        society_tail_close(wait->tails[i]);
}
