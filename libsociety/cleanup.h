/* SPDX-License-Identifier: MIT */
/*
 * Scope-bound release, by the compiler's cleanup attribute: a function that returns early, on any
 * path, gives back what it took. To hand an object on, steal it.
 */
#ifndef SOC_CLEANUP_H
#define SOC_CLEANUP_H

#include <stdlib.h>

#include "sys.h"

#define SOC_CLEANUP(function) __attribute__((cleanup(function)))

static inline void soc_cleanup_free(void *slot)
{
    free(*(void **)slot);
}

static inline void soc_cleanup_fd(const int *fd)
{
    if (*fd >= 0)
        soc_sys->close(*fd);
}

/* A pointer that is freed, and a descriptor that is closed, at the end of its scope. */
#define SOC_AUTO_FREE SOC_CLEANUP(soc_cleanup_free)
#define SOC_AUTO_FD SOC_CLEANUP(soc_cleanup_fd)

/* Takes the descriptor out of an SOC_AUTO_FD variable. */
static inline int soc_steal_fd(int *fd)
{
    int taken = *fd;
    *fd = -1;
    return taken;
}

#endif
