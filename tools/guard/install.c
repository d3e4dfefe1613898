/* SPDX-License-Identifier: MIT */
/*
 * society-guard install, uninstall and status: the guard in a repository.
 *
 * Nobody's hooks are touched. A directory of scripts in the git directory becomes core.hooksPath,
 * and each script runs the hook of its name where git would have found it before: in .git/hooks, or
 * in what core.hooksPath said, which is noted (society.savedHooksPath) and put back. That is one
 * setting of the repository for all its worktrees. The clones that are slots are repositories of
 * their own, and each gets the same.
 */
#include <dirent.h>
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/config_file.h"
#include "common/git.h"
#include "common/output.h"
#include "guard/changes.h"
#include "guard/guard.h"
#include "guard/scripts.h"

#define KEY "core.hooksPath"
#define SAVED "society.savedHooksPath"
#define INSTALLED "society.guard"

struct repository {
    char *common;  /* its common directory */
    char *scripts; /* where ours are, or are to be */
    char *now;     /* core.hooksPath, as it counts; NULL: it is not set */
    char *before;  /* where git's hooks are without us */
    char *present; /* the same, absolute */
    int installed;
    int moved; /* they were, before the repository was moved */
};

/* `place`: any directory of it. */
static void find(const char *place, struct repository *r)
{
    r->common = git_read(place, "rev-parse", "--path-format=absolute", "--git-common-dir");
    if (!r->common)
        tool_fail(STATUS_SYSTEM, "%s is in no git repository", place);
    r->scripts = guard_text("%s/society/hooks", r->common);
    r->now = git_ask(place, "config", "--type=path", "--get", KEY);
    r->installed = r->now && strcmp(r->now, r->scripts) == 0;
    char *noted = git_ask(place, "config", "--local", "--type=path", "--get", INSTALLED);
    /* A repository that was moved: what it says of us is where we are not any more. */
    r->moved = noted && r->now && !r->installed && access(r->now, F_OK) != 0;
    if (r->installed || (r->moved && access(noted, F_OK) == 0))
        r->before = noted ? guard_text("%s", noted) : NULL;
    else if (r->now && !r->moved)
        r->before = guard_text("%s", r->now);
    free(noted);
    if (!r->before)
        r->before = guard_text("%s/hooks", r->common);
    /* git takes a relative one from the top of the working tree. */
    char *top = *r->before == '/' ? NULL : git_ask(place, "rev-parse", "--show-toplevel");
    r->present = top ? guard_text("%s/%s", top, r->before) : guard_text("%s", r->before);
    free(top);
}

static void forget(struct repository *r)
{
    free(r->common);
    free(r->scripts);
    free(r->now);
    free(r->before);
    free(r->present);
}

static void set(const struct repository *r, const char *key, const char *value)
{
    if (git_run(r->common, "config", "--local", key, value) != 0)
        tool_fail(STATUS_SYSTEM, "git could not set %s", key);
}

/* A worktree may have a setting of its own (extensions.worktreeConfig). It comes before that of the
 * repository, so that the guard would seem to be installed and not be asked there. */
static void refuse_own_settings(const struct repository *r)
{
    char *extended = git_ask(r->common, "config", "--type=bool", "extensions.worktreeConfig");
    char *lines = git_ask(r->common, "worktree", "list", "--porcelain");
    char *rest = extended && strcmp(extended, "true") == 0 ? lines : NULL;
    for (char *line; (line = strsep(&rest, "\n")) != NULL;) {
        if (strncmp(line, "worktree ", 9) != 0)
            continue;
        char *own = git_ask(line + 9, "config", "--worktree", "--get", KEY);
        if (own)
            tool_fail(STATUS_NO,
                      "%s has a " KEY
                      " of its own, %s, before which the guard can't stand; nothing "
                      "was installed. In that worktree: git config --worktree --unset " KEY,
                      line + 9, own);
    }
    free(lines);
    free(extended);
}

static void install_one(const struct guard *g, const char *place)
{
    struct repository r = {0};
    char *program = realpath("/proc/self/exe", NULL);
    (void)g;
    find(place, &r);
    refuse_own_settings(&r);
    scripts_write(r.scripts, program ? program : "society-guard", r.before, r.present);
    set(&r, INSTALLED, r.before);
    if (!r.installed) {
        char *local = git_ask(r.common, "config", "--local", "--get", KEY);
        if (local && !r.moved)
            set(&r, SAVED, local);
        free(local);
        set(&r, KEY, r.scripts); /* from here on they count */
    }
    output_text(stdout, r.scripts);
    putchar('\n');
    forget(&r);
    free(program);
}

static void uninstall_one(const struct guard *g, const char *place)
{
    struct repository r = {0};
    (void)g;
    find(place, &r);
    char *saved = git_ask(r.common, "config", "--local", "--get", SAVED);
    if (r.installed && saved)
        set(&r, KEY, saved);
    else if (r.installed && git_run(r.common, "config", "--local", "--unset", KEY) != 0)
        tool_fail(STATUS_SYSTEM, "git could not take " KEY " back");
    /* They fail where nothing is set, which is as it should be. */
    free(git_ask(r.common, "config", "--local", "--unset", SAVED));
    free(git_ask(r.common, "config", "--local", "--unset", INSTALLED));
    char *left = git_ask(r.common, "config", "--local", "--get-regexp", "^society\\.");
    if (!left) /* git leaves the section behind, empty */
        free(git_ask(r.common, "config", "--local", "--remove-section", "society"));
    if (access(r.scripts, F_OK) == 0)
        scripts_remove(r.scripts);
    free(left);
    free(saved);
    forget(&r);
}

/* `what` for the repository of the working directory, and for each of its clones that are slots. */
static void for_all(const struct guard *g, void (*what)(const struct guard *, const char *))
{
    char *common = git_read(".", "rev-parse", "--path-format=absolute", "--git-common-dir");
    if (!common)
        tool_fail(STATUS_SYSTEM, "the working directory is in no git repository");
    char *records = guard_text("%s/society/clones", common);
    DIR *stream = opendir(records);
    what(g, ".");
    for (struct dirent *entry; stream && (entry = readdir(stream)) != NULL;) {
        mode_t mode;
        if (entry->d_name[0] == '.')
            continue;
        char *record = guard_text("%s/%s", records, entry->d_name);
        char *path = config_read(record, &mode);
        path[strcspn(path, "\n")] = '\0';
        if (access(path, F_OK) == 0)
            what(g, path);
        else
            tool_warn("slot %s: there is nothing at %s", entry->d_name, path);
        free(path);
        free(record);
    }
    if (stream)
        closedir(stream);
    free(records);
    free(common);
}

/* git runs hooks at the top of the working tree, and a society further down is not found there. */
static void warn_of_place(const struct guard *g)
{
    society *s = NULL;
    char *top = git_ask(".", "rev-parse", "--show-toplevel");
    char *record = git_ask(".", "rev-parse", "--git-path", "society-dir");
    size_t length = top ? strlen(top) : 0;
    /* Without a society, or one that can't be read, there is nothing to say yet. */
    const char *dir = society_new(&s) == 0 && society_open(s, g->t->dir) == 0 ? society_dir(s) : "";
    if (top && strncmp(dir, top, length) == 0 && dir[length] == '/' &&
        strcmp(dir + length, "/.society-agent") != 0 && (!record || access(record, F_OK) != 0))
        tool_warn("warning: %s is not found from %s, where git runs hooks: nothing is guarded", dir,
                  top);
    society_close(s);
    free(record);
    free(top);
}

int guard_install(struct guard *g)
{
    tool_expect_arguments(g->t, 1, 1, "");
    for_all(g, install_one);
    warn_of_place(g);
    return STATUS_DONE;
}

int guard_uninstall(struct guard *g)
{
    tool_expect_arguments(g->t, 1, 1, "");
    for_all(g, uninstall_one);
    return STATUS_DONE;
}

/* ---- Status ---- */

static int incomplete; /* of the repositories that were looked at */

static void print_status(const struct guard *g, const struct repository *r, const char *missing)
{
    struct texts names = {0};
    struct compose c;
    changes_protected(&names);
    if (g->t->json) {
        compose_begin(&c);
        compose_text(&c, "repository", r->common);
        compose_json(&c, "installed", r->installed ? "true" : "false");
        compose_text(&c, "before", r->before);
        compose_list(&c, "protected", names.items, names.count);
        compose_text(&c, "missing", missing);
        char *text = compose_end(&c);
        output_json(text);
        free(text);
    } else {
        output_text(stdout, r->common);
        fputs(r->installed ? ": installed, before the hooks in " : ": not installed; hooks in ",
              stdout);
        output_text(stdout, r->before);
        if (missing)
            fputs("; without ", stdout);
        output_text(stdout, missing ? missing : "");
        putchar('\n');
    }
    texts_free(&names);
}

static void status_one(const struct guard *g, const char *place)
{
    struct repository r = {0};
    find(place, &r);
    char *missing = r.installed ? scripts_missing(r.scripts, r.present) : NULL;
    print_status(g, &r, missing);
    if (r.installed && missing)
        tool_warn("run `society-guard install` again");
    incomplete += !r.installed || missing;
    free(missing);
    forget(&r);
}

int guard_status(struct guard *g)
{
    tool_expect_arguments(g->t, 1, 1, "");
    for_all(g, status_one);
    return incomplete ? STATUS_NO : STATUS_DONE;
}
