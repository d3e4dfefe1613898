/* SPDX-License-Identifier: MIT */
/*
 * cmocka, with the headers it wants before it.
 */
#ifndef HARNESS_UNIT_H
#define HARNESS_UNIT_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

/* Strings with a length of their own. */
#define assert_text(data, length, expected)                    \
    do {                                                       \
        assert_int_equal(length, strlen(expected));            \
        assert_memory_equal(data, expected, strlen(expected)); \
    } while (0)

#endif
