/* SPDX-License-Identifier: MIT */
/*
 * Open file description locks (fcntl(2), F_OFD_SETLK), exclusive, of the whole file or of one byte.
 * They belong to the open file, so threads and handles of one process exclude each other like processes do, and the
 * kernel drops them when the last descriptor is closed, however a process ends.
 */
#ifndef SOC_LOCK_H
#define SOC_LOCK_H

#include <stdint.h>

#include "error.h"

/* Takes the lock, trying until `timeout_ms` have passed (0: once): at first it gives the processor
 * away between its trials, then it sleeps, from 20 µs to 2 ms (the kernel's waiting call takes no
 * deadline, and a library may use no signal to break it). `name` is for messages. 0;
 * SOCIETY_E_TIMEOUT; -ENOLCK, -EBADF and other errnos. EINTR is passed over. */
int soc_lock(int fd, int32_t timeout_ms, const char *name, struct soc_error *error);
/* The same with a deadline that outlasts the call, for one wait for several locks: *deadline is 0 at
 * first, and is set, as by soc_monotonic_ms(), when the first of them is not free at once. */
int soc_lock_until(int fd, int64_t *deadline, int32_t timeout_ms, const char *name,
                   struct soc_error *error);
void soc_unlock(int fd);
/* 1 when another open file holds the lock, 0 when nobody does; errnos. Any descriptor of the file
 * will do. */
int soc_lock_held(int fd, const char *name, struct soc_error *error);

/* The same for one byte of the many of a file: whoever holds it is alive, and at what its number
 * stands for. 0; SOCIETY_E_TIMEOUT another holds it; errnos. It goes with the last descriptor of
 * the open file. */
int soc_lock_byte(int fd, int64_t at, const char *name, struct soc_error *error);
/* The same, together with others who share it. 0; errnos, and SOCIETY_E_TIMEOUT. */
int soc_share_byte(int fd, int64_t at);
void soc_unlock_byte(int fd, int64_t at);
/* 1 another open file holds the byte, alone or not, 0 nobody does; errnos. */
int soc_lock_byte_held(int fd, int64_t at, const char *name, struct soc_error *error);

#endif
