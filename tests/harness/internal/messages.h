/* SPDX-License-Identifier: MIT */
/*
 * The messages of a store (store.h), without a handle: one reader, records put there, and segments
 * moved into the archive, by the test's own hand or by the library's.
 */
#ifndef HARNESS_MESSAGES_H
#define HARNESS_MESSAGES_H

#include "harness/internal/store.h"

#define LOG "messages.jsonl"

extern struct soc_reader reader;

/* Opens the reader at a position or at SOC_READ_FROM_…. */
void open_at(int64_t position);
/* Appends a record of ours. */
void put_ours(const char *id);
/* Moves the present segment into the archive and begins a new one with these lines, with no seal
 * and no length in the header: what the format asks at the least. */
void rotate_by_hand(const char *states);
/* The same by soc_rotate(). */
void rotate(void);

#endif
