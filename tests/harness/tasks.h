/* SPDX-License-Identifier: MIT */
/*
 * Tasks by the public interface, for tests: three members and what is often asked of them.
 */
#ifndef HARNESS_TASKS_H
#define HARNESS_TASKS_H

#include <society/task.h>

#include "harness/pair.h"
#include "harness/unit.h"

extern society *lead;

/* Setup and teardown of a test: a society with these three. */
int tasks_setup(void **state);
int tasks_teardown(void **state);

#define assert_ok(s, call)                                                                       \
    do {                                                                                         \
        int result_ = (call);                                                                    \
        if (result_ < 0)                                                                         \
            fail_msg("%s: %s: %s", #call, society_error_name(result_), society_last_message(s)); \
    } while (0)

#define assert_refused(s, call, code, words)                              \
    do {                                                                  \
        int result_ = (call);                                             \
        if (result_ != (code) || !strstr(society_last_message(s), words)) \
            fail_msg("%s: %s: %s", #call, society_error_name(result_),    \
                     result_ < 0 ? society_last_message(s) : "");         \
    } while (0)

/* Makes a task. */
void task_add(const char *task);
/* A member of a task as it stands in its JSON, and of a JSON text as a number; good for the next
 * eight calls. */
const char *task_field(const char *id, const char *key);
int64_t json_number(const char *json, const char *key);
#define assert_field(id, key, value) assert_string_equal(task_field(id, key), value)
/* Claims it and gives the token. */
int64_t task_claim(society *s, const char *id);
/* Changes it, with no token. */
int task_change(society *s, const char *id, const char *what, const char *fields);
/* The ids of tasks, in order, with a blank between; good until the next call. */
const char *task_ids(society *s, uint32_t flags, const char *state);

#endif
