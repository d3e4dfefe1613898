/* SPDX-License-Identifier: MIT */
/*
 * Time and identifiers.
 */
#ifndef SOC_CLOCK_H
#define SOC_CLOCK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "strbuf.h"

int64_t soc_now_ms(void);       /* milliseconds since 1970, UTC */
int64_t soc_monotonic_ms(void); /* milliseconds on CLOCK_BOOTTIME: for deadlines */
void soc_sleep_us(int64_t microseconds);

#define SOC_TIME_SIZE 25 /* "2026-02-10T10:00:00.000Z" and its NUL */
/* RFC 3339, UTC, milliseconds, `Z`. Years 0 to 9999; others are clamped. */
void soc_format_time(char out[SOC_TIME_SIZE], int64_t ms);
/* A time, and how it is written: {0} at first. Where only the milliseconds have changed, only they
 * are written anew. */
struct soc_moment {
    int64_t ms;
    char text[SOC_TIME_SIZE];
};
void soc_moment_now(struct soc_moment *moment);
/* Reads RFC 3339 with any fraction and any offset; false when it is none. */
bool soc_parse_time(const char *text, size_t length, int64_t *ret_ms);

#define SOC_UUID_SIZE 37
/* A UUID of version 7 (RFC 9562, 5.7): milliseconds, then 74 random bits; no state is kept, so ids
 * of one millisecond are in no order. Returns 0, or -errno of getrandom(2). */
int soc_uuid7(char out[SOC_UUID_SIZE]);

/* Random bytes for many ids, fetched by one call, which costs as much as making twenty ids does: { 0
 * } at first, for one process alone. */
struct soc_random {
    unsigned char bytes[128 * 10];
    size_t left;
};
/* The same with the pool's bytes, at this time. */
int soc_uuid7_of(struct soc_random *pool, int64_t now_ms, char out[SOC_UUID_SIZE]);

/* The kernel's boot id (/proc/sys/kernel/random/boot_id) and the host's name, "" when unknown. */
void soc_boot_id(char out[SOC_UUID_SIZE]);
void soc_host_name(char out[65]);

#endif
