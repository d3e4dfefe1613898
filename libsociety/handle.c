/* SPDX-License-Identifier: MIT */
/* What every public function begins with, see handle.h. */
#include "handle.h"

#include <errno.h>
#include <sys/mman.h>
#include <unistd.h>

#define MARK_SIZE 1 /* a page, then */

void soc_handle_mark(struct society *s)
{
    void *memory =
        mmap(NULL, MARK_SIZE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (memory == MAP_FAILED)
        return;
    if (madvise(memory, MARK_SIZE, MADV_WIPEONFORK) < 0) {
        munmap(memory, MARK_SIZE);
        return;
    }
    s->mark = memory;
    *s->mark = 1;
}

void soc_handle_unmark(struct society *s)
{
    if (s->mark)
        munmap((void *)(uintptr_t)s->mark, MARK_SIZE);
}

static bool is_ours(const struct society *s)
{
    return s->mark ? *s->mark != 0 : s->pid == getpid();
}

int soc_enter(struct society *s)
{
    if (!is_ours(s))
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
