/* SPDX-License-Identifier: MIT */
/*
 * What the verbs of society-guard share: the society, if there is one, and who is judged.
 */
#ifndef TOOLS_GUARD_GUARD_H
#define TOOLS_GUARD_GUARD_H

#include "common/compose.h"
#include "common/json.h"
#include "common/tool.h"

/* Who does what nobody said who does it: a person. */
#define GUARD_PERSON "user"

/* The reason why somebody commits, edits or pushes all the same. */
#define GUARD_OVERRIDE "SOCIETY_GUARD_OVERRIDE"

struct guard {
    struct tool *t;       /* t->society is NULL where there is none */
    const char *agent;    /* who is judged */
    int person;           /* nobody said who it is */
    const char *override; /* the reason; NULL: none was given */
    int print, install;   /* what the options said */
};

/*
 * Opens the society and finds out who is judged. 1; 0: there is none here. A society that is there
 * and can't be read ends the process, and so whatever waits for the guard's word is refused.
 */
int guard_open(struct guard *g);

/* A formatted text, to be given to free(); the end if memory runs out. */
char *guard_text(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* The verbs; each returns the exit status. */
int guard_install(struct guard *g);
int guard_uninstall(struct guard *g);
int guard_status(struct guard *g);
int guard_git_hook(struct guard *g);
int guard_agent_hook(struct guard *g);
int guard_watch(struct guard *g);

#endif
