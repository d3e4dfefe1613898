/* SPDX-License-Identifier: MIT */
/*
 * The end of a test program whose own footing fails: no room in /tmp, no fork. Nothing that is
 * tested ends here.
 */
#ifndef HARNESS_DIE_H
#define HARNESS_DIE_H

/* Prints the words and what errno means, and aborts. */
void die(const char *format, ...) __attribute__((format(printf, 1, 2), noreturn));

#endif
