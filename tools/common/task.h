/* SPDX-License-Identifier: MIT */
/*
 * The verbs of society-task, a function each. They open the society, do what the command line says, and return the exit
 * status; `arguments[0]` is the verb.
 */
#ifndef TOOLS_COMMON_TASK_H
#define TOOLS_COMMON_TASK_H

#include <stdint.h>

#include "compose.h"
#include "tool.h"

/* What the options said; NULL or -1: nothing. */
struct task_request {
    const char *id, *title, *description, *role, *to, *parent, *acceptance, *state;
    const char *reason, *result, *note;
    struct texts needs, remove, labels, paths;
    int64_t priority, retries, token;
    int64_t count;    /* of claims; -1: not given */
    int64_t lease_ms; /* 0: the project's */
    int32_t wait_ms;  /* 0: do not wait */
    int mine, dot, nobody, own, resume, familiar, archived;
};

/* task_change.c: what writes one record. */
int task_add(struct tool *t, const struct task_request *r);
int task_edit(struct tool *t, const struct task_request *r);
int task_claim(struct tool *t, const struct task_request *r);
int task_assign(struct tool *t, const struct task_request *r);
int task_depend(struct tool *t, const struct task_request *r);
/* renew, release, block, unblock, submit, complete, fail, cancel, reopen, note */
int task_change(struct tool *t, const struct task_request *r);

/* task_show.c */
int task_list(struct tool *t, const struct task_request *r);
int task_ready(struct tool *t, const struct task_request *r);
int task_show(struct tool *t, const struct task_request *r);

/* task_graph.c */
int task_graph(struct tool *t, const struct task_request *r);

/* task_import.c, task_export.c */
int task_import(struct tool *t, const struct task_request *r);
int task_export(struct tool *t, const struct task_request *r);

/* task_run.c */
int task_run(struct tool *t, const struct task_request *r);

/* Claims `id` (NULL: the best), waiting if asked; the claim's object, to be given to society_free(), or the end. */
char *task_take(struct tool *t, const struct task_request *r, const char *id);

#endif
