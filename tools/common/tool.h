/* SPDX-License-Identifier: MIT */
/*
 * What every tool does the same way: options, errors, exit status, opening the society.
 *
 * A tool fills in the first three fields of a `struct tool`, calls tool_start(), takes its options one by one from
 * tool_next_option() and finds its arguments in `arguments` afterwards. The common options (-C -a -j -h -V) never reach it.
 * Whatever goes wrong ends the process here, with one line on standard error.
 */
#ifndef TOOLS_COMMON_TOOL_H
#define TOOLS_COMMON_TOOL_H

#include <stdint.h>

#include <society/society.h>

/* Exit status: done; an expected "no"; wrong usage; the system said no. */
enum { STATUS_DONE = 0, STATUS_NO = 1, STATUS_USAGE = 2, STATUS_SYSTEM = 3 };

/* A code below 128 is also the option's letter. A table ends with a code of 0. */
struct tool_option {
    int code;
    const char *name;
    int takes_value;
};

struct tool {
    const char *name;
    const char *help; /* usage and the tool's own options; the common ones are added */
    const struct tool_option *options;

    char **arguments; /* what is no option, in order */
    int count;
    int separator; /* how many arguments stood before `--`; -1: there was none */
    const char *dir;
    const char *agent;
    int json;
    society *society;

    /* the parser's own */
    int argc;
    char **argv;
    int at;
    int ended;
    const char *bundle;
    uint64_t given; /* which of `options`, by their places */
};

/* Begins. Also makes sure that descriptors 0 to 2 are taken, so that no log is ever opened as standard output. */
void tool_start(struct tool *t, int argc, char **argv);

/* The code of the next option of the tool's own table, with its value; 0 when all of the command line is read. */
int tool_next_option(struct tool *t, const char **ret_value);

/* Ends as a usage error unless there are `min` to `max` arguments (max -1: any number). `what` names them. */
void tool_expect_arguments(const struct tool *t, int min, int max, const char *what);

/* Ends as a usage error if an option was given that is none of `names`, which stand between spaces; `verb` does not take it. */
void tool_expect_options(const struct tool *t, const char *verb, const char *names);

/* A whole number of 0 or more, or a usage error that names the option. */
int64_t tool_number(const char *option, const char *text);

/* Opens the society; with -a also says who is speaking. */
void tool_open(struct tool *t);

/* The same for a tool that speaks or reads as an agent. */
void tool_open_as_agent(struct tool *t);

/* One escaped line on standard error. */
void tool_warn(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* The same, and the end. */
void tool_fail(int status, const char *format, ...) __attribute__((format(printf, 2, 3), noreturn));

/* The same for a wrong command line: exit status 2. */
void tool_usage(const char *format, ...) __attribute__((format(printf, 1, 2), noreturn));

/* Ends with what the library said about its last failure, and the status that belongs to the result. */
void tool_fail_result(const struct tool *t, int result) __attribute__((noreturn));

/* What the library said about its last failure. */
const char *tool_reason(const struct tool *t, int result);

/* The exit status that belongs to a result of the library. */
int tool_status(int result);

/* Closes the society, makes sure that standard output took everything, and returns `status`. */
int tool_finish(struct tool *t, int status);

#endif
