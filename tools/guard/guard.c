/* SPDX-License-Identifier: MIT */
/*
 * Whether there is a society, and who is judged: see guard.h.
 *
 * Nothing is guarded where there is no society. A working copy that was made for a slot has one, so
 * that one which can't be found there is an error and not "none".
 */
#include "guard/guard.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "common/git.h"

char *guard_text(const char *format, ...)
{
    char *text = NULL;
    va_list arguments;
    va_start(arguments, format);
    if (vasprintf(&text, format, arguments) < 0)
        tool_fail(STATUS_SYSTEM, "out of memory");
    va_end(arguments);
    return text;
}

static int is_slot(void)
{
    char *record = git_ask(".", "rev-parse", "--git-path", "society-agent");
    int is_there = record && access(record, F_OK) == 0;
    free(record);
    return is_there;
}

static int is_named(const struct tool *t)
{
    const char *variable = getenv("SOCIETY_DIR");
    return t->dir || (variable && *variable);
}

static void identify(struct guard *g)
{
    int result = society_identify(g->t->society, g->t->agent);
    g->person = result == SOCIETY_E_NO_AGENT;
    if (g->person)
        result = society_identify(g->t->society, GUARD_PERSON);
    if (result < 0)
        tool_fail_result(g->t, result);
    g->agent = society_agent(g->t->society);
}

int guard_open(struct guard *g)
{
    const char *reason = getenv(GUARD_OVERRIDE);
    int result = society_new(&g->t->society);
    if (result == 0)
        result = society_open(g->t->society, g->t->dir);
    if (result == SOCIETY_E_NO_SOCIETY && !is_named(g->t) && !is_slot()) {
        society_close(g->t->society);
        g->t->society = NULL;
        return 0;
    }
    if (result < 0)
        tool_fail(STATUS_SYSTEM, "%s", tool_reason(g->t, result));
    identify(g);
    g->override = reason && *reason ? reason : NULL;
    return 1;
}
