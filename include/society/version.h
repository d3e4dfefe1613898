/* SPDX-License-Identifier: MIT */
#ifndef SOCIETY_VERSION_H
#define SOCIETY_VERSION_H

#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* The version of these headers. The library that a program runs with may be newer: ask it. */
#define SOCIETY_VERSION_MAJOR 0
#define SOCIETY_VERSION_MINOR 1
#define SOCIETY_VERSION_PATCH 0
#define SOCIETY_VERSION_STRING "0.1.0"

/* The version of the format of the `.society-agent/` directory that these headers describe. */
#define SOCIETY_FORMAT_VERSION 1

/**
 * The version of the library that is loaded, such as "0.1.0".
 *
 * Does not block. The string is static. Since 0.1.0.
 */
const char *society_version(void);

/**
 * The version of the on-disk format that the loaded library reads and writes: 1 or more.
 *
 * Does not block. Since 0.1.0.
 */
int32_t society_format_version(void);

#ifdef __cplusplus
}
#endif

#endif
