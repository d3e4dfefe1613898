/* SPDX-License-Identifier: MIT */
/*
 * Lock files: `locks/task-claim-<id>.lock` and `locks/file-write-<path>.lock` exist while a claim
 * or an exclusive reservation is held, so that `ls` shows who holds what, and programs that know
 * only such files take part. They are not the truth, the log is; but one that no record explains
 * belongs to a foreign holder and is respected until its age passes the lease. project.json's
 * `"lockFiles": false` turns them off: then these functions do nothing.
 */
#ifndef SOC_LOCKFILE_H
#define SOC_LOCKFILE_H

#include <stdint.h>

#include "handle.h"

#define SOC_LOCKFILE_NAME_MAX 240

/* Tokens of a file that is made before the log has decided: an attempt is nobody's, and stands in
 * no other's way. A polite one gives way to another's that is fresh, with -EBUSY. */
#define SOC_LOCKFILE_ATTEMPT INT64_C(-1)
#define SOC_LOCKFILE_POLITE INT64_C(-2)

enum soc_lockfile_kind { SOC_LOCKFILE_TASK, SOC_LOCKFILE_PATH };

/* "locks/task-claim-t1.lock"; a path is percent-encoded, and one whose encoding is longer than 200
 * bytes ends in its SHA-256 instead. 0; -ENOMEM. */
int soc_lockfile_name(enum soc_lockfile_kind kind, const char *subject,
                      char out[SOC_LOCKFILE_NAME_MAX]);

/* Makes the file, with `{"agent","session","token","since","leaseMs"}`. `known_holder`: whom the
 * log says holds it now (an older file of that agent is replaced), NULL: nobody. 0; SOCIETY_E_HELD
 * a foreign holder has it, whose words name who and since when; -EBUSY (SOC_LOCKFILE_POLITE)
 * another is trying; errnos. */
int soc_lockfile_make(struct society *s, enum soc_lockfile_kind kind, const char *subject,
                      const char *session, int64_t token, int64_t lease_ms,
                      const char *known_holder);

/* The same for what `agent` holds by a record that stands already, its own or of `giver`, from whom
 * it comes: an older file of either is replaced, without a moment in which there is none. */
int soc_lockfile_give(struct society *s, enum soc_lockfile_kind kind, const char *subject,
                      const char *agent, const char *session, int64_t token, int64_t lease_ms,
                      const char *giver);

/* The token that the file names; -1: there is none, it can't be read, or it is an attempt. */
int64_t soc_lockfile_token(struct society *s, enum soc_lockfile_kind kind, const char *subject);

/* Whether the file of this name ("locks/…") is older than its lease, or an attempt that was left
 * behind: 1; 0; errnos. */
int soc_lockfile_is_stale(struct society *s, const char *name);

/* Removes the file, if it is the one of this token; with SOC_LOCKFILE_ATTEMPT, if it is the agent's
 * own attempt. Failures leave a file that its age makes void. */
void soc_lockfile_remove(struct society *s, enum soc_lockfile_kind kind, const char *subject,
                         int64_t token);

#endif
