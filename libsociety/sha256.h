/* SPDX-License-Identifier: MIT */
/*
 * SHA-256 (FIPS 180-4), by libmd: the small, BSD-licensed digest library that dpkg itself uses.
 */
#ifndef SOC_SHA256_H
#define SOC_SHA256_H

#include <stddef.h>

#define SOC_SHA256_HEX 65

struct soc_sha256; /* opaque, made by soc_sha256_new */

struct soc_sha256 *soc_sha256_new(void); /* NULL when out of memory */
void soc_sha256_update(struct soc_sha256 *sum, const void *data, size_t length);
/* Writes 64 lower-case hexadecimal digits and NUL, and frees `sum`. */
void soc_sha256_finish(struct soc_sha256 *sum, char out[SOC_SHA256_HEX]);
void soc_sha256_free(struct soc_sha256 *sum);

#endif
