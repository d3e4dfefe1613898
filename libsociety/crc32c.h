/* SPDX-License-Identifier: MIT */
/*
 * CRC-32C (Castagnoli; RFC 3720, appendix B.4), and its inverse step: from the register after a
 * byte back to the one before it (M. Stigge et al., "Reversing CRC", 2006).
 */
#ifndef SOC_CRC32C_H
#define SOC_CRC32C_H

#include <stddef.h>
#include <stdint.h>

/* The checksum of `length` bytes. "123456789" gives e3069283. */
uint32_t soc_crc32c(const void *data, size_t length);

/* The raw register (no final inversion), going on from `state`; begin with SOC_CRC32C_START. */
#define SOC_CRC32C_START 0xffffffffu
uint32_t soc_crc32c_update(uint32_t state, const void *data, size_t length);
/* The same on a processor without an instruction for it. */
uint32_t soc_crc32c_by_table(uint32_t state, const void *data, size_t length);

/* The register before `byte` was taken in, given the register after it. */
uint32_t soc_crc32c_unstep(uint32_t state, unsigned char byte);

#endif
