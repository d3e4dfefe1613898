/* SPDX-License-Identifier: MIT */
/*
 * Presence: who is alive, by the kernel's word. A process that lives with an agent holds the lock
 * of locks/agent-<id>.lock and has written there who it is; the kernel drops the lock when it dies.
 * An agent that only makes short calls sets the file's modification time at each (by path: that
 * wakes nobody).
 *
 * So, of a lock file:   held                    online
 *                       free, not empty         offline: what is written there is the session that
 * died or parted free, empty             online while the modification time is not older than
 * onlineForSeconds
 *
 * A short call that finds a dead session's writing empties the file, under its lock: the agent is
 * back.
 */
#ifndef SOC_PRESENCE_H
#define SOC_PRESENCE_H

#include <stdbool.h>
#include <stdint.h>

#include "handle.h"

struct soc_presence {
    bool online;
    bool held;
    bool known;       /* there is a lock file */
    int64_t seen_ms;  /* its modification time */
    int64_t until_ms; /* when an agent that is not held goes offline; 0: held or offline */
    char session[SOC_UUID_SIZE];
    char host[65];
    int64_t pid; /* 0: unknown */
};

/* "locks/agent-w1.lock" */
#define SOC_PRESENCE_NAME_MAX (sizeof "locks/agent-.lock" + SOC_ID_MAX)
void soc_presence_name(char out[SOC_PRESENCE_NAME_MAX], const char *agent);

/* What the holder wrote of itself, from the open file `name`: 1; 0 nothing; -ENOMEM, errnos: it is not
 * known, which is another thing than a holder who is gone. */
int soc_presence_read(int fd, const char *name, struct soc_presence *presence,
                      struct soc_error *error);

/* soc_enter(), soc_need_agent(), and notes that the agent was seen. */
int soc_enter_as(struct society *s);
/* 0; SOCIETY_E_NO_AGENT. */
int soc_need_agent(struct society *s);

/* How the agent stands now. 0; errnos. What is written in the file is not trusted beyond being
 * shown. */
int soc_presence_look(struct society *s, const char *agent, struct soc_presence *ret_presence);
/* Ids of all agents that have a lock file, sorted; NULL-terminated, for soc_fs_free_names(). */
int soc_presence_list(struct society *s, char ***ret_agents);
/* Notes that the handle's agent was seen now, at most once a second. A failure (a read-only
 * directory) is no failure of the call that is made. */
void soc_presence_touch(struct society *s);
/* Removes the agent's lock file, unless somebody holds it. */
void soc_presence_forget(struct society *s, const char *agent);

#endif
