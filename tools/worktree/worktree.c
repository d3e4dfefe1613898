/* SPDX-License-Identifier: MIT */
/* The repository, its slots, and the society: see worktree.h. */
#include "worktree.h"

#include <errno.h>
#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <society/agent.h>

char *worktree_text(const char *format, ...)
{
    char *text = NULL;
    va_list arguments;
    va_start(arguments, format);
    if (vasprintf(&text, format, arguments) < 0)
        tool_fail(STATUS_SYSTEM, "out of memory");
    va_end(arguments);
    return text;
}

void worktree_fail(const struct worktree *w, int result)
{
    const char *message = society_git_last_message(w->git);
    tool_fail(tool_status(result), "%s", *message ? message : society_strerror(result));
}

/* A society is of use, and not needed: the slots of a repository work without. */
static void open_society(struct worktree *w)
{
    struct tool *t = w->t;
    int result = society_new(&t->society);
    if (result == 0)
        result = society_open(t->society, t->dir);
    if (result == SOCIETY_E_NO_SOCIETY && !t->dir && !getenv("SOCIETY_DIR")) {
        society_close(t->society);
        t->society = NULL;
    } else if (result < 0) {
        tool_fail(STATUS_SYSTEM, "%s", tool_reason(t, result));
    }
}

static int open_repository(struct worktree *w)
{
    int result = society_git_open(w->git, NULL);
    if (result != SOCIETY_E_NOT_FOUND || !w->t->society)
        return result;
    /* Called from elsewhere with --dir: the project is where the society is. */
    char *project = worktree_text("%s/..", society_dir(w->t->society));
    result = society_git_open(w->git, project);
    free(project);
    return result;
}

void worktree_open(struct worktree *w)
{
    /* Those that git sets for its hooks would lead every git that is run here elsewhere. */
    static const char *const variables[] = {
        "GIT_DIR",        "GIT_WORK_TREE",        "GIT_INDEX_FILE",
        "GIT_COMMON_DIR", "GIT_OBJECT_DIRECTORY", "GIT_ALTERNATE_OBJECT_DIRECTORIES",
        "GIT_PREFIX",     "GIT_NAMESPACE",
    };
    for (size_t i = 0; i < sizeof variables / sizeof *variables; i++)
        unsetenv(variables[i]);
    open_society(w);
    int result = society_git_new(&w->git);
    if (result < 0)
        tool_fail(STATUS_SYSTEM, "%s", society_strerror(result));
    result = open_repository(w);
    if (result < 0)
        tool_fail(STATUS_SYSTEM, "%s%s", society_git_last_message(w->git),
                  result == SOCIETY_E_GIT
                      ? "; if this working copy was moved, run `society-worktree repair` in its "
                        "repository"
                      : "");
    w->dir = society_git_dir(w->git);
    w->root = society_git_root(w->git) ? society_git_root(w->git) : w->dir;
}

void worktree_close(struct worktree *w)
{
    worktree_forget_slots(w);
    society_git_close(w->git);
    society_mutex_unlock(w->mutex);
    w->git = NULL;
    w->mutex = NULL;
}

json_value *worktree_slots(struct worktree *w, int bytes)
{
    char *text = NULL;
    int result = society_git_slots(w->git, bytes ? SOCIETY_GIT_BYTES : 0, &text);
    if (result < 0)
        worktree_fail(w, result);
    json_release(w->slots);
    w->slots = json_read(text, NULL);
    society_free(text);
    if (!w->slots)
        tool_fail(STATUS_SYSTEM, "out of memory");
    return w->slots;
}

void worktree_forget_slots(struct worktree *w)
{
    json_release(w->slots);
    w->slots = NULL;
}

json_value *worktree_find(struct worktree *w, const char *slot)
{
    if (!w->slots)
        worktree_slots(w, 0);
    for (size_t i = 0; i < json_count(w->slots); i++) {
        json_value *item = json_element(w->slots, i);
        if (strcmp(json_member_text(item, "slot", ""), slot) == 0)
            return item;
    }
    return NULL;
}

json_value *worktree_need(struct worktree *w, const char *slot)
{
    json_value *item = worktree_find(w, slot);
    if (!item)
        tool_fail(STATUS_NO, "there is no slot %s in %s", slot, w->root);
    return item;
}

json_value *worktree_need_whole(struct worktree *w, const char *slot)
{
    json_value *item = worktree_need(w, slot);
    const char *trouble = json_member_text(item, "trouble", NULL);
    if (trouble)
        tool_fail(STATUS_SYSTEM, "slot %s: %s; try `society-worktree repair`", slot, trouble);
    return item;
}

/* Whether a directory is `path` or in it. */
static int is_within(const char *directory, const char *path)
{
    size_t length = strlen(path);
    return strncmp(directory, path, length) == 0 &&
           (directory[length] == '\0' || directory[length] == '/');
}

const char *worktree_slot_argument(struct worktree *w, int at)
{
    char here[PATH_MAX];
    if (w->t->count > at)
        return w->t->arguments[at];
    worktree_slots(w, 0);
    for (size_t i = 0; getcwd(here, sizeof here) && i < json_count(w->slots); i++) {
        json_value *item = json_element(w->slots, i);
        if (is_within(here, json_member_text(item, "path", "")))
            return json_member_text(item, "slot", "");
    }
    tool_usage("which slot? The working directory is in none");
}

int worktree_online(const struct worktree *w, const char *slot)
{
    if (!w->t->society)
        return -1;
    int result = society_online(w->t->society, slot);
    if (result < 0)
        tool_fail_result(w->t, result);
    return result;
}

void worktree_need_society(const struct worktree *w)
{
    if (!w->t->society)
        tool_fail(STATUS_SYSTEM, "no society here or above; make one with society-init");
}

/* Long enough for a checkout of many files. */
#define LOCK_WAIT_MS 600000

/* The society's mutex says who holds it, and ends with the process, too. */
static void lock_society(struct worktree *w)
{
    if (!w->t->society)
        return;
    int result = society_mutex_lock(w->t->society, "git-slots", LOCK_WAIT_MS, &w->mutex);
    if (result < 0)
        tool_fail_result(w->t, result);
}

void worktree_lock(struct worktree *w)
{
    lock_society(w);
    int result = society_git_lock(w->git, LOCK_WAIT_MS);
    if (result < 0)
        worktree_fail(w, result);
}
