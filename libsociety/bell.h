/* SPDX-License-Identifier: MIT */
/*
 * Bells: how a message wakes the one agent that it is for, and lets the others sleep. Every listener
 * watches messages.jsonl, and one that slept through an append would have to be woken by each: with
 * 64 of them a send takes many times as long, for nothing.
 *
 * So an agent that listens has an empty file bells/<agent>, and watches for its being opened. Who
 * appends a message opens and closes the bell of whom it names, which changes nothing on disk. Of the
 * log itself a listener asks to be told only when somebody who could write to it closes it, as
 * `echo >>`, Node's appendFile() and a process that dies all do.
 *
 * A bell is a hint and never the truth. A message to everybody, to a role or to the supervisor, and
 * a bell that can't be rung, are told to all by opening and closing the log. An agent that can't
 * have a bell, or whose bell was just taken away, watches every write, and the clock of watch.h sees
 * the rest.
 *
 * The order is the same on both sides as for every watch: a listener sets its watch before it looks
 * at the log, and a writer rings when the record stands there. So nothing falls between.
 */
#ifndef SOC_BELL_H
#define SOC_BELL_H

#include "fs.h"
#include "log.h"
#include "peek.h"

/* The agent's own bell, made where it is missing: a descriptor, to be watched and closed; errnos,
 * SOCIETY_E_UNSAFE_FILE. */
int soc_bell_hang(const struct soc_dir *dir, const char *agent, struct soc_error *error);

/* Wakes those for whom a message is that stands in the log now. `to` is that field as it was written.
 * No error is the caller's: whom a bell does not reach the log does. */
void soc_bell_ring(struct soc_log *log, struct soc_slice to);
/* Wakes everybody who listens to the log. */
void soc_bell_ring_all(struct soc_log *log);

#endif
