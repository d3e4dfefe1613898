/* SPDX-License-Identifier: MIT */
/*
 * The hooks that are put into a repository.
 */
#ifndef TOOLS_GUARD_SCRIPTS_H
#define TOOLS_GUARD_SCRIPTS_H

/*
 * Writes a script for every hook of git into a directory, which is made. Those at whose door the
 * guard stands call `program`; all run the hook of the same name in the directory `before`, which
 * may be relative to wherever git runs hooks and is at `present` now. The end if it can't be done.
 */
void scripts_write(const char *directory, const char *program, const char *before,
                   const char *present);

/* Removes what scripts_write() has written, and the directory. */
void scripts_remove(const char *directory);

/* The guard's scripts, and those for hooks in `present`, that are not there, to be given to free();
 * NULL: all are. */
char *scripts_missing(const char *directory, const char *present);

#endif
