/* SPDX-License-Identifier: MIT */
/*
 * Running git itself, for what it does better than a library: checking files out with everyone's
 * filters and hooks, cloning, configuration, stashes.
 */
#ifndef TOOLS_COMMON_GIT_H
#define TOOLS_COMMON_GIT_H

/* Runs `git -C directory WORDS…`, ended by NULL; what it prints goes to standard error. Its exit status. */
int git_run_words(const char *directory, const char *const *words);

/* The same, and what it prints, without its last newline, to be given to free(); NULL: it failed (`quietly`: saying nothing). */
char *git_read_words(const char *directory, int quietly, const char *const *words);

#define git_run(directory, ...) git_run_words(directory, (const char *const[]){__VA_ARGS__, NULL})
#define git_read(directory, ...) \
    git_read_words(directory, 0, (const char *const[]){__VA_ARGS__, NULL})
#define git_ask(directory, ...) \
    git_read_words(directory, 1, (const char *const[]){__VA_ARGS__, NULL})

#endif
