/* SPDX-License-Identifier: MIT */
/*
 * A repository of git in a directory of its own, made and changed by the git of this machine, with
 * nobody's configuration.
 */
#ifndef HARNESS_GIT_REPO_H
#define HARNESS_GIT_REPO_H

/* Setup and teardown of a test: a repository with one commit on `main`, and in *state a new handle,
 * not open. */
int repo_setup(void **state);
int repo_teardown(void **state);

/* The absolute path of a name in the repository ("": itself); good for the next sixteen calls. */
const char *repo_path(const char *name);

/* Runs a shell command, formatted as by printf, in the repository. What fails ends the program. */
void repo_run(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* What a command prints, without its last newline; good for the next eight calls. */
const char *repo_says(const char *format, ...) __attribute__((format(printf, 1, 2)));

#endif
