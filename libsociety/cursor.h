/* SPDX-License-Identifier: MIT */
/*
 * Cursors: how far each agent has read messages.jsonl, in cursors/<agent>.json. Replaced atomically
 * after the messages before the position were handled, so that delivery is at least once. `check`
 * is the CRC-32C of the up to 256 bytes before the position in its segment: whether the log is
 * still the one that was read.
 */
#ifndef SOC_CURSOR_H
#define SOC_CURSOR_H

#include <stdint.h>

#include "error.h"
#include "fs.h"
#include "path.h"
#include "reader.h"

struct soc_cursor {
    int64_t position;
    char last[SOC_ID_MAX + 1]; /* id of the last record before the position; "" unknown */
    char check[9];
};

/* 0; -ENOENT without words: the agent has none; SOCIETY_E_CORRUPT with the field;
 * SOCIETY_E_UNSAFE_FILE; errnos. */
int soc_cursor_load(const struct soc_dir *dir, const char *agent, struct soc_cursor *ret_cursor,
                    struct soc_error *error);

/* Replaces the agent's cursor. 0; errnos. */
int soc_cursor_store(const struct soc_dir *dir, const char *agent, const struct soc_cursor *cursor,
                     struct soc_error *error);

/* Opens a reader at the cursor. When the log does not match it, reading starts over and
 * reader->incident says so. */
int soc_cursor_open_reader(const struct soc_cursor *cursor, const struct soc_dir *dir,
                           struct soc_reader *reader, struct soc_error *error);

/* Opens a reader of messages at the agent's cursor, or at the start when it has none or a damaged one, which
 * is an incident and no reason to stay deaf. 0; errors of reading. */
int soc_cursor_begin(const struct soc_dir *dir, const char *agent, struct soc_reader *reader,
                     struct soc_error *error);

/* Whether the agent's stored cursor is ahead: another tail of the agent was faster. One that the log
 * that is read does not bear out does not count. */
bool soc_cursor_is_behind(const struct soc_cursor *cursor, const struct soc_dir *dir,
                          const char *agent, const struct soc_reader *reader);

#endif
