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

/* Ends a test that can show nothing here, and says why: tests/run prints such lines. */
#define skip_because(reason)                     \
    do {                                         \
        print_message("# skip: %s\n", (reason)); \
        skip();                                  \
    } while (0)

/* Strings with a length of their own. */
#define assert_text(data, length, expected)                    \
    do {                                                       \
        assert_int_equal(length, strlen(expected));            \
        assert_memory_equal(data, expected, strlen(expected)); \
    } while (0)

#endif
