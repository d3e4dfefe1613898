/* SPDX-License-Identifier: MIT */
/*
 * Writing a record: one JSON object on one line, with its id, timestamp and checksum.
 *
 *     soc_record_begin(&text, "agent_leave");
 *     soc_record_string(&text, "from", "backend-001");
 *     soc_record_end(&text, start, NULL);
 */
#ifndef SOC_RECORD_H
#define SOC_RECORD_H

#include <stdint.h>

#include "clock.h"
#include "strbuf.h"

/* `{"type":"<type>"` */
void soc_record_begin(struct soc_strbuf *out, const char *type);
void soc_record_string(struct soc_strbuf *out, const char *key, const char *text);
void soc_record_integer(struct soc_strbuf *out, const char *key, int64_t value);
/* A member whose value is JSON text already, on one line. */
void soc_record_raw(struct soc_strbuf *out, const char *key, const char *json, size_t length);
/* A member as it stands, a key with its quotes and a value of one line. */
void soc_record_copy(struct soc_strbuf *out, const char *key, size_t key_length, const char *value,
                     size_t length);
/* Adds id (NULL: a new UUIDv7), timestamp (now) and crc, closes the object that began at offset
 * `start` of `out`, and ends the line. 0; -ENOMEM; -errno of getrandom; SOCIETY_E_TOO_BIG when the
 * line is over 256 KiB. */
int soc_record_end(struct soc_strbuf *out, size_t start, const char *id);
/* The same at this time, with an id. */
int soc_record_end_at(struct soc_strbuf *out, size_t start, const char *id,
                      const struct soc_moment *now);

#endif
