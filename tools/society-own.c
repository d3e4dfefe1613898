/* SPDX-License-Identifier: MIT */
/*
 * society-own: who may write which files. Reserves paths by patterns, waits for them, gives them back, hands them over, and
 * tells a script or a hook whether a file is somebody else's.
 */
#include <errno.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <society/ownership.h>

#include "common/child.h"
#include "common/compose.h"
#include "common/duration.h"
#include "common/json.h"
#include "common/output.h"
#include "common/place.h"
#include "common/table.h"
#include "common/tool.h"
#include "common/verbs.h"

static const char help[] =
    "Usage: society-own acquire GLOB...|--changed [--shared] [--wait D] [--lease D] [--reason R]\n"
    "                   [--task ID]\n"
    "       society-own release [GLOB...]     all of the agent's without GLOB\n"
    "       society-own renew [GLOB...] [--lease D]\n"
    "       society-own handover GLOB --to AGENT\n"
    "       society-own list\n"
    "       society-own check PATH...         exits 1 and names the owner if one is another's\n"
    "\n"
    "A GLOB (*, ?, [...], **) or PATH starts from the working directory, or from the\n"
    "project's root outside of the project. All of an acquire are had together or not at all.\n"
    "\n"
    "  -c, --changed      what the slot's working copy has touched against its base\n"
    "  -s, --shared       others may hold it shared too\n"
    "  -w, --wait D       wait so long, such as 90s, 15m or 2h, until it can be had\n"
    "  -l, --lease D      hold it so long without a sign of life (project.json: leaseSeconds)\n"
    "  -r, --reason R     a line of text for people      -t, --task ID   for this task\n"
    "      --to AGENT     who receives it\n"
    "\n";

enum { TO = 256 };

static const struct tool_option options[] = {
    {'c', "changed", 0}, {'s', "shared", 0}, {'w', "wait", 1}, {'l', "lease", 1},
    {'r', "reason", 1},  {'t', "task", 1},   {TO, "to", 1},    {0, NULL, 0},
};

/* What the options said. */
struct request {
    const char *reason;
    const char *task;
    const char *to;
    int32_t wait_ms;
    int32_t lease_ms;
    int shared;
    int changed;
};

static int32_t read_duration(const char *option, const char *text, int32_t least)
{
    int32_t milliseconds = duration_parse(text);
    if (milliseconds < least)
        tool_usage("%s needs a duration such as 90s, 15m or 2h, not '%s'", option, text);
    return milliseconds;
}

static void read_options(struct tool *t, struct request *r)
{
    const char *value;
    for (int code; (code = tool_next_option(t, &value)) != 0;) {
        switch (code) {
        case 'c': r->changed = 1; break;
        case 's': r->shared = 1; break;
        case 'w': r->wait_ms = read_duration("--wait", value, 0); break;
        case 'l': r->lease_ms = read_duration("--lease", value, 1); break;
        case 'r': r->reason = value; break;
        case 't': r->task = value; break;
        default: r->to = value; break;
        }
    }
}

/* The patterns behind the verb; NULL: none. */
static char *patterns_of(const struct tool *t)
{
    return t->count > 1 ? place_arguments(t, 1, 1) : NULL;
}

/* ---- Waiting ---- */

/* Who is told to end while it waits gives its place in the queue up: nobody would come for what it is granted. */
static volatile sig_atomic_t ended_by;

/* The next second again: the signal may have come just before the sleep that it is to end. */
static void note_end(int signal)
{
    if (signal != SIGALRM)
        ended_by = signal;
    alarm(1);
}

static const int ends[] = {SIGINT, SIGTERM, SIGHUP, SIGALRM};

static void catch_ends(void)
{
    for (size_t i = 0; i < sizeof ends / sizeof *ends; i++) {
        struct sigaction old;
        struct sigaction action = {.sa_handler = note_end};
        if (sigaction(ends[i], NULL, &old) == 0 && old.sa_handler != SIG_IGN)
            sigaction(ends[i], &action, NULL);
    }
}

/* Ends as the signal would have, if one ended the wait. One that came too late for that ends nothing. */
static void end_by_signal(int result)
{
    alarm(0);
    if (result != -EINTR || ended_by == 0)
        return;
    signal(ended_by, SIG_DFL);
    raise(ended_by);
}

/* ---- Changing ---- */

/* Puts what the working copy has touched behind the arguments. society-worktree knows: it is linked with libgit2, and this program,
 * which is called often, is not. */
static void add_changed(struct tool *t, struct texts *all)
{
    char *program = verbs_find("worktree");
    if (!program)
        tool_fail(STATUS_SYSTEM, "--changed needs society-worktree, which is not here");
    const char *const words[] = {program, "changed", "--null", "--absolute", NULL};
    size_t size = 0;
    int status = 0;
    char *paths = child_read(words, CHILD_LOUD, &size, &status);
    if (!paths)
        tool_fail(status, "what the working copy has touched is not known");
    if (size == 0)
        tool_fail(STATUS_NO, "the working copy has touched nothing");
    for (int i = 0; i < t->count; i++)
        texts_add(all, t->arguments[i]);
    for (const char *path = paths; path < paths + size; path += strlen(path) + 1) {
        char *pattern = place_quote(path);
        texts_add(all, pattern);
        free(pattern);
    }
    t->arguments = all->items;
    t->count = all->count;
    free(paths);
    free(program);
}

static int do_acquire(struct tool *t, const struct request *r)
{
    struct compose c;
    struct texts all = {0};
    char *text = NULL;
    if (!r->changed)
        tool_expect_arguments(t, 2, -1, "what to acquire");
    tool_open_as_agent(t);
    if (r->changed)
        add_changed(t, &all);
    compose_begin(&c);
    compose_text(&c, "reason", r->reason);
    compose_text(&c, "task", r->task);
    if (r->lease_ms > 0)
        compose_number(&c, "leaseMs", r->lease_ms);
    char *fields = compose_end(&c);
    char *patterns = patterns_of(t);
    if (r->wait_ms > 0)
        catch_ends();
    int result = society_own_acquire(t->society, patterns, r->shared ? SOCIETY_OWN_SHARED : 0,
                                     fields, r->wait_ms, &text);
    free(fields);
    free(patterns);
    end_by_signal(result);
    texts_free(&all);
    t->count = 0;
    if (result < 0)
        tool_fail_result(t, result);
    json_value *reservation = json_read(text, NULL);
    char *paths = json_show(json_member(reservation, "paths"));
    if (t->json) {
        output_json(text);
    } else {
        printf("%" PRId64 " ", json_member_number(reservation, "token", -1));
        output_text(stdout, paths);
        putchar('\n');
    }
    free(paths);
    json_release(reservation);
    society_free(text);
    return STATUS_DONE;
}

static int finish_change(struct tool *t, char *patterns, int result)
{
    free(patterns);
    if (result < 0)
        tool_fail_result(t, result);
    return STATUS_DONE;
}

static int do_release(struct tool *t, const struct request *r)
{
    (void)r;
    tool_open_as_agent(t);
    char *patterns = patterns_of(t);
    return finish_change(t, patterns, society_own_release(t->society, patterns));
}

static int do_renew(struct tool *t, const struct request *r)
{
    tool_open_as_agent(t);
    char *patterns = patterns_of(t);
    return finish_change(t, patterns, society_own_renew(t->society, patterns, r->lease_ms));
}

static int do_handover(struct tool *t, const struct request *r)
{
    tool_expect_arguments(t, 2, 2, "what to hand over");
    if (!r->to)
        tool_usage("say who receives it: --to AGENT");
    tool_open_as_agent(t);
    char *pattern = place_argument(t, t->arguments[1], 1);
    return finish_change(t, pattern, society_own_handover(t->society, pattern, r->to));
}

/* ---- Looking ---- */

static void add_row(struct table *table, json_value *own)
{
    char *paths = json_show(json_member(own, "paths"));
    int waiting = json_member_true(own, "waiting");
    table_add(table, NULL, json_member_text(own, "holder", NULL));
    table_add(table, waiting ? STYLE_DIM : STYLE_GOOD, waiting ? "waiting" : "held");
    table_add(table, NULL, json_member_text(own, "mode", NULL));
    table_add(table, NULL, json_member_text(own, "since", NULL));
    table_add(table, NULL, json_member_text(own, "task", NULL));
    table_add(table, NULL, paths);
    table_add(table, NULL, json_member_text(own, "reason", NULL));
    free(paths);
}

static int do_list(struct tool *t, const struct request *r)
{
    static const char *const headings[] = {"AGENT", "STATE", "MODE",   "SINCE",
                                           "TASK",  "PATHS", "REASON", NULL};
    struct table table;
    society_list *list = NULL;
    (void)r;
    tool_expect_arguments(t, 1, 1, "");
    tool_open(t);
    int result = society_own_list(t->society, &list);
    if (result < 0)
        tool_fail_result(t, result);
    table_begin(&table, headings);
    for (int64_t i = 0; i < society_list_count(list); i++) {
        const char *text = society_list_item(list, i);
        json_value *own = json_read(text, NULL);
        if (t->json)
            output_json(text);
        else
            add_row(&table, own);
        json_release(own);
    }
    table_end(&table);
    society_list_free(list);
    return STATUS_DONE;
}

/* `src/a.c is held by w1 since 2026-02-10T10:00:00.000Z (src): reason` */
static void print_owner(const char *text)
{
    json_value *item = json_read(text, NULL);
    json_value *owner = json_member(item, "owner");
    char *paths = json_show(json_member(owner, "paths"));
    const char *reason = json_member_text(owner, "reason", NULL);
    output_text(stdout, json_member_text(item, "path", ""));
    fputs(" is held by ", stdout);
    output_text(stdout, json_member_text(owner, "holder", ""));
    fputs(" since ", stdout);
    output_text(stdout, json_member_text(owner, "since", "unknown"));
    fputs(" (", stdout);
    output_text(stdout, paths);
    putchar(')');
    if (reason) {
        fputs(": ", stdout);
        output_text(stdout, reason);
    }
    putchar('\n');
    free(paths);
    json_release(item);
}

static int do_check(struct tool *t, const struct request *r)
{
    society_list *owners = NULL;
    (void)r;
    tool_expect_arguments(t, 2, -1, "what to check");
    tool_open_as_agent(t);
    char *paths = place_arguments(t, 1, 0);
    int result = society_own_check(t->society, paths, &owners);
    free(paths);
    if (result < 0)
        tool_fail_result(t, result);
    for (int64_t i = 0; i < society_list_count(owners); i++) {
        if (t->json)
            output_json(society_list_item(owners, i));
        else
            print_owner(society_list_item(owners, i));
    }
    society_list_free(owners);
    return result > 0 ? STATUS_NO : STATUS_DONE;
}

/* Each with the options that mean something to it. */
static const struct {
    const char *verb;
    int (*run)(struct tool *, const struct request *);
    const char *options;
} verbs[] = {
    {"acquire", do_acquire, "changed shared wait lease reason task"},
    {"release", do_release, ""},
    {"renew", do_renew, "lease"},
    {"handover", do_handover, "to"},
    {"list", do_list, ""},
    {"check", do_check, ""},
};

int main(int argc, char **argv)
{
    struct tool t = {.name = "society-own", .help = help, .options = options};
    struct request request = {0};
    tool_start(&t, argc, argv);
    read_options(&t, &request);
    if (t.count == 0)
        tool_usage("say what to do: acquire, release, renew, handover, list or check");
    for (size_t i = 0; i < sizeof verbs / sizeof *verbs; i++) {
        if (strcmp(t.arguments[0], verbs[i].verb) != 0)
            continue;
        tool_expect_options(&t, verbs[i].verb, verbs[i].options);
        return tool_finish(&t, verbs[i].run(&t, &request));
    }
    tool_usage("'%s' is none of acquire, release, renew, handover, list, check", t.arguments[0]);
}
