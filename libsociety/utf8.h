/* SPDX-License-Identifier: MIT */
/*
 * One look at UTF-8 for everyone who has to tell it from other bytes.
 */
#ifndef SOC_UTF8_H
#define SOC_UTF8_H

#include <stddef.h>

/* The length of the character that `text` begins with, 1 to 4; 0 when it is none: a stray or
 * missing continuation byte, an overlong form, a surrogate, beyond U+10FFFF, or no text left. */
size_t soc_utf8_length(const char *text, size_t length);

#endif
