/* SPDX-License-Identifier: MIT */
/*
 * Every operation of the library, as a table, on a society that has something of everything: for tests that let each of them
 * fail in every way. Before each the society is put back as it was.
 */
#ifndef HARNESS_OPERATIONS_H
#define HARNESS_OPERATIONS_H

#include <society/society.h>
#include <stdbool.h>

struct operation {
    const char *name;
    /* Does it, as agent w1; 0 or more when done. */
    int (*run)(society *s);
    /* Whether a handle that was opened afterwards sees it done; NULL: there is nothing to see. */
    bool (*is_done)(society *s);
    /* What run() may say when it was done before without being told; 0: it says that it is done. */
    int again;
};

/* Ends with a name of NULL. */
extern const struct operation operations[];

/* Setup and teardown of a test: the society, with the table of faults in force and no disk synced. */
int operations_setup(void **state);
int operations_teardown(void **state);

/* The society as it was made. */
void operations_restore(void);

/* Whether all that the society held from the beginning is there: messages, tasks, reservations, and so on. Prints what is not. */
bool operations_kept(society *s);
/* Whether the logs are sound, after a repair, but for `torn` malformed lines at most. Prints what is wrong. */
bool operations_sound(society *s, int64_t torn);

#endif
