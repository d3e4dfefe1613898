/* SPDX-License-Identifier: MIT */
/*
 * The paths of a task that is being claimed: taken before the claim, in an act (claim.h), and either
 * kept, when the claim stands, or given back.
 *
 *     struct soc_task_paths paths = SOC_TASK_PATHS_NONE;
 *     soc_task_paths_take(s, task, lease_ms, timeout_ms, &paths);
 *     … the claim, with paths.token …
 *     soc_task_paths_keep(s, &paths);    or    soc_task_paths_give_back(s, &paths);
 */
#ifndef SOC_TASK_PATHS_H
#define SOC_TASK_PATHS_H

#include "claim.h"

struct soc_task_paths {
    struct soc_act act;
    int64_t token;   /* of the reservation; -1: the task names no paths */
    int64_t left_ms; /* refused: when to ask again at the latest; -1: when something happens */
};
#define SOC_TASK_PATHS_NONE                           \
    {                                                 \
        .act = {.fd = -1}, .token = -1, .left_ms = -1 \
    }

/* Takes the paths that the task names, as society_own_acquire(); 0 also when it names none. After a
 * failure there is nothing to give back. */
int soc_task_paths_take(struct society *s, const soc_json *task, int64_t lease_ms,
                        int32_t timeout_ms, struct soc_task_paths *paths);

/* The claim stands: 0; SOCIETY_E_FENCED the paths were taken from us in between, as from somebody
 * gone; errnos. */
int soc_task_paths_keep(struct society *s, struct soc_task_paths *paths);

/* The claim was refused, or failed. The words of the handle's last failure stay. */
void soc_task_paths_give_back(struct society *s, struct soc_task_paths *paths);

#endif
