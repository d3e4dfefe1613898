/* SPDX-License-Identifier: MIT */
/*
 * Memory that runs out. A program that is linked with this has a malloc() of its own, which fails
 * where it is told to. Only programs of tests/faults/ use it: valgrind sees nothing of such a
 * program's memory.
 */
#ifndef HARNESS_MEMORY_H
#define HARNESS_MEMORY_H

#include <stdbool.h>

/* Whether memory can run out on demand in this build; never under a sanitizer, which brings its own
 * malloc(). */
bool memory_possible(void);
#define NO_MEMORY_FAULTS "a sanitizer's malloc() cannot be made to fail"
/* The `nth` allocation from now on fails, and all after it, in any thread, until memory_restore().
 */
void memory_fail_from(unsigned nth);
/* The `nth` alone fails. */
void memory_fail_at(unsigned nth);
/* Blocks that are allocated now, and how often one was, by malloc() and its kin. */
long memory_live(void);
long memory_made(void);
/* Memory is there again. Whether an allocation failed since the order. */
bool memory_restore(void);

#endif
