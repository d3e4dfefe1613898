/* SPDX-License-Identifier: MIT */
/* What every public function begins with, see handle.h. */
#include "handle.h"

#include <errno.h>
#include <unistd.h>

int soc_enter(struct society *s)
{
    if (s->pid != getpid())
        return soc_fail(&s->error, -ECHILD,
                        "this handle belongs to the parent process; a child opens its own");
    if (s->dir.fd < 0)
        return soc_fail(&s->error, SOCIETY_E_NO_SOCIETY, "no society is open");
    return 0;
}

void soc_renew_within(struct society *s, int64_t lease_ms)
{
    int64_t at = soc_monotonic_ms() + lease_ms / 3;
    if (at < s->renew_at_ms)
        s->renew_at_ms = at;
}
