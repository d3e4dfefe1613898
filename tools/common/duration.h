/* SPDX-License-Identifier: MIT */
/*
 * Durations as people write them: 90, 90s, 15m, 2h, and 500ms. Without a unit they are seconds.
 */
#ifndef TOOLS_COMMON_DURATION_H
#define TOOLS_COMMON_DURATION_H

#include <stdint.h>

/* The milliseconds of a duration, at most those of an int32_t (24 days); -1: the text is none. */
int32_t duration_parse(const char *text);

#endif
