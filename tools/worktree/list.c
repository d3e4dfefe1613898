/* SPDX-License-Identifier: MIT */
/*
 * society-worktree list, open, exec, changed: what is there, and into it.
 */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/compose.h"
#include "common/output.h"
#include "common/table.h"
#include "report.h"

/* ---- Slots on standard output ---- */

static void compose_member(struct compose *c, json_value *slot, const char *name)
{
    json_value *member = json_member(slot, name);
    char *text = member ? json_compact(member) : NULL;
    compose_json(c, name, text ? text : "null");
    free(text);
}

void report_slot(const struct worktree *w, json_value *slot)
{
    static const char *const first[] = {"slot", "path", "branch"};
    static const char *const last[] = {"ahead", "behind", "changed", "bytes",  "head",
                                       "base",  "clone",  "locked",  "gitDir", "trouble"};
    const char *id = json_member_text(slot, "slot", "");
    int online = worktree_online(w, id);
    struct compose c;
    compose_begin(&c);
    for (size_t i = 0; i < sizeof first / sizeof *first; i++)
        compose_member(&c, slot, first[i]);
    compose_text(&c, "agent", id);
    compose_json(&c, "online", online < 0 ? "null" : online ? "true" : "false");
    for (size_t i = 0; i < sizeof last / sizeof *last; i++)
        compose_member(&c, slot, last[i]);
    char *text = compose_end(&c);
    output_json(text);
    free(text);
}

void report_path(json_value *slot, char end)
{
    const char *path = json_member_text(slot, "path", "");
    if (output_is_terminal())
        output_text(stdout, path);
    else
        fputs(path, stdout);
    putchar(end);
}

/* ---- list ---- */

static void add_number(struct table *table, json_value *slot, const char *name)
{
    int64_t number = json_member_number(slot, name, -1);
    char *text = number < 0 ? worktree_text("-") : worktree_text("%" PRId64, number);
    table_add(table, NULL, text);
    free(text);
}

static void add_size(struct table *table, int64_t bytes)
{
    static const char units[] = "KMGT";
    double size = (double)bytes / 1024;
    int unit = 0;
    while (size >= 1024 && units[unit + 1])
        size /= 1024, unit++;
    char *text = bytes < 0 ? worktree_text("-") : worktree_text("%.1f%c", size, units[unit]);
    table_add(table, NULL, text);
    free(text);
}

static void add_row(const struct worktree *w, struct table *table, json_value *slot)
{
    const char *id = json_member_text(slot, "slot", "");
    const char *trouble = json_member_text(slot, "trouble", NULL);
    int online = worktree_online(w, id);
    table_add(table, NULL, id);
    table_add(table, online > 0 ? STYLE_GOOD : STYLE_DIM,
              online < 0 ? "-"
              : online   ? "online"
                         : "offline");
    table_add(table, NULL, json_member_text(slot, "branch", trouble ? "-" : "(detached)"));
    add_number(table, slot, "ahead");
    add_number(table, slot, "behind");
    add_number(table, slot, "changed");
    add_size(table, json_member_number(slot, "bytes", -1));
    table_add(table, trouble ? STYLE_BAD : NULL,
              trouble ? trouble : json_member_text(slot, "path", ""));
}

int worktree_list(struct worktree *w)
{
    static const char *const headings[] = {"SLOT",    "AGENT", "BRANCH", "AHEAD", "BEHIND",
                                           "CHANGED", "DISK",  "PATH",   NULL};
    struct table table;
    tool_expect_arguments(w->t, 1, 1, "");
    json_value *slots = worktree_slots(w, 1);
    table_begin(&table, headings);
    for (size_t i = 0; i < json_count(slots); i++) {
        if (w->t->json)
            report_slot(w, json_element(slots, i));
        else
            add_row(w, &table, json_element(slots, i));
    }
    table_end(&table);
    return STATUS_DONE;
}

/* ---- open, exec ---- */

int worktree_show_path(struct worktree *w)
{
    tool_expect_arguments(w->t, 2, 2, "the slot's name");
    json_value *slot = worktree_need_whole(w, w->t->arguments[1]);
    if (w->t->json)
        report_slot(w, slot);
    else
        report_path(slot, '\n');
    return STATUS_DONE;
}

int worktree_exec(struct worktree *w)
{
    struct tool *t = w->t;
    tool_expect_arguments(t, 3, -1, "the slot's name and the command to run");
    const char *id = t->arguments[1];
    const char *path = json_member_text(worktree_need_whole(w, id), "path", "");
    if (chdir(path) < 0)
        tool_fail(STATUS_SYSTEM, "%s: %s", path, strerror(errno));
    if (setenv("SOCIETY_AGENT", id, 1) < 0 || setenv("AMEIDE_AGENT_ID", id, 1) < 0 ||
        (t->society && setenv("SOCIETY_DIR", society_dir(t->society), 1) < 0) ||
        setenv("PWD", path, 1) < 0)
        tool_fail(STATUS_SYSTEM, "the environment: %s", strerror(errno));
    output_flush();
    /* The arguments stand at the front of argv, which is longer than they are by `exec SLOT`. */
    t->argv[t->argc] = NULL;
    t->arguments[t->count] = NULL;
    execvp(t->arguments[2], t->arguments + 2);
    int missing = errno == ENOENT;
    tool_warn("%s: %s", t->arguments[2], strerror(errno));
    return missing ? 127 : 126;
}

/* ---- changed ---- */

static void print_changed(const struct worktree *w, const char *path)
{
    struct compose c;
    if (w->t->json) {
        compose_begin(&c);
        compose_text(&c, "path", path);
        char *text = compose_end(&c);
        output_json(text);
        free(text);
        return;
    }
    if (w->null)
        fputs(path, stdout);
    else
        output_text(stdout, path);
    putchar(w->null ? '\0' : '\n');
}

int worktree_changed(struct worktree *w)
{
    char *text = NULL;
    tool_expect_arguments(w->t, 1, 2, "");
    const char *slot = worktree_slot_argument(w, 1);
    int result = society_git_touched(w->git, slot, &text);
    if (result < 0)
        worktree_fail(w, result);
    json_value *paths = json_read(text, NULL);
    const char *root = json_member_text(worktree_need(w, slot), "path", "");
    for (size_t i = 0; i < json_count(paths); i++) {
        const char *path = json_text(json_element(paths, i));
        char *whole =
            worktree_text("%s%s%s", w->absolute ? root : "", w->absolute ? "/" : "", path);
        print_changed(w, whole);
        free(whole);
    }
    json_release(paths);
    society_free(text);
    return STATUS_DONE;
}
