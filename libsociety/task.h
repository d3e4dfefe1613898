/* SPDX-License-Identifier: MIT */
/*
 * Tasks inside: what the files behind <society/task.h> share.
 */
#ifndef SOC_TASK_H
#define SOC_TASK_H

#include <society/task.h>

#include "handle.h"
#include "task_state.h"

/* The handle's agent's role, borrowed until the registry is read again; NULL: none. */
const char *soc_task_role(struct society *s);

/* Who asks for something to do. */
struct soc_task_seeker {
    const char *agent;
    const char *role;         /* NULL: none */
    const soc_json *familiar; /* what the agent has completed, if that is to count; or NULL */
    bool *asks_role; /* `role` is not known: set, and nothing found, where it matters; or NULL */
};

/* What the handle's agent has completed; NULL: nothing. Borrowed. */
const soc_json *soc_task_familiar(const struct society *s, const struct soc_tasks *tasks);

/* Adds a record to `out`: `members` is an object with what belongs to the type; from, id, timestamp
 * and crc are added. 0; errors of soc_record_end(). */
int soc_task_emit(struct soc_strbuf *out, const char *type, const char *from,
                  const soc_json *members);

/* One try to claim, as society_task_claim_with() without waiting. When it is refused: when to try
 * again at the latest (-1: when something happens), and whether waiting could help. */
int soc_task_claim_once(struct society *s, const char *id, uint32_t flags, int64_t lease_ms,
                        char **ret_claim, int64_t *ret_left_ms, bool *ret_may_come);

/* The public object of a task, `with_notes` with their texts; NULL: no memory. */
soc_json *soc_task_view(const soc_json *task, bool with_notes);

/* Renews a claim of the handle's agent: 1; 0 it was lost meanwhile; errors as
 * society_task_change(). */
int soc_task_renew(struct society *s, const char *id, int64_t token);

/* The best task that is ready for the seeker, by priority, then by what it has done, then by age,
 * and is no member of `passed` (NULL: nothing is passed over); NULL: none. Borrowed. */
const soc_json *soc_task_best(const struct soc_tasks *tasks, const struct soc_task_seeker *seeker,
                              const soc_json *passed);
/* The same, as it stands in the index. */
const struct soc_rank *soc_task_best_rank(const struct soc_tasks *tasks,
                                          const struct soc_task_seeker *seeker,
                                          const soc_json *passed);
/* The first `count` that are ready for the seeker, by priority and age; how many there are. */
size_t soc_task_best_several(const struct soc_tasks *tasks, const struct soc_task_seeker *seeker,
                             const struct soc_rank **out, size_t count);

/* An archived task as it was at its end: 0, *ret_task NULL if the archive does not hold it; errors
 * of reading. Reads the archive back to where it ended. */
int soc_task_find_archived(struct society *s, const char *id, soc_json **ret_task);

/* All archived tasks by their ids, as they were at their ends, in no order, for the handle's state as
 * it was last caught up; NULL with *ret_error. Reads the whole archive. */
soc_json *soc_task_archive(struct society *s, int *ret_error);

/* An object of ids of the tasks that an agent holds, for its `claims`. */
soc_json *soc_task_claims_of(const struct soc_tasks *tasks, const char *agent);

#endif
