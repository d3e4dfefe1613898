/* SPDX-License-Identifier: MIT */
/*
 * society-worktree gc and stash: what git shares between all worktrees of a repository, made safe for several agents.
 *
 * A stash of git's own is one stack for all worktrees, and a pop takes whatever is on top. Here each slot has its own, as refs
 * under refs/society/stash/<slot>/. What is saved is what git stash saves, and git stash puts it back.
 */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <society/ownership.h>

#include "common/child.h"
#include "common/compose.h"
#include "common/git.h"
#include "common/output.h"
#include "unsaved.h"

#define MUTEX "git-gc"
#define WORDS_MAX 32

/* ---- gc ---- */

int worktree_gc(struct worktree *w)
{
    const char *words[WORDS_MAX + 1] = {"gc"};
    society_mutex *mutex = NULL;
    worktree_need_society(w);
    if (w->t->count > WORDS_MAX)
        tool_usage("too many options for git gc");
    for (int i = 1; i < w->t->count; i++)
        words[i] = w->t->arguments[i];
    /* Who holds it is told to others, where that is known. */
    if (!society_agent(w->t->society))
        society_identify(w->t->society, NULL);
    int result = society_mutex_lock(w->t->society, MUTEX, 0, &mutex);
    if (result < 0)
        tool_fail_result(w->t, result);
    child_follow(
        SIGTERM); /* the mutex ends with this process, and git is not to go on without it */
    int status = git_run_words(w->dir, words);
    society_mutex_unlock(mutex);
    return status == 0 ? STATUS_DONE : STATUS_SYSTEM;
}

/* ---- stash ---- */

/* Whether there is something to stash; the end where git stash could not keep it. */
static int has_changes(struct worktree *w, json_value *slot)
{
    struct unsaved unsaved;
    w->drop_ignored = 1; /* nor does git stash keep what is ignored */
    unsaved_find(w, slot, &unsaved);
    if (unsaved.text && strstr(unsaved.text, "\n  unmerged: "))
        tool_fail(STATUS_NO, "slot %s: a merge is under way, and git stash can't keep one",
                  json_member_text(slot, "slot", ""));
    if (!json_member_text(slot, "head", NULL))
        tool_fail(STATUS_NO, "slot %s: its branch has no commit yet, and git stash needs one",
                  json_member_text(slot, "slot", ""));
    int changes = unsaved.changes;
    unsaved_free(&unsaved);
    return changes > 0;
}

static int push(struct worktree *w, json_value *slot)
{
    const char *path = json_member_text(slot, "path", "");
    char *ref = NULL;
    if (!has_changes(w, slot)) {
        tool_warn("there is nothing to stash");
        return STATUS_NO;
    }
    int result =
        society_git_save(w->git, json_member_text(slot, "slot", ""), "stash", w->message, 0, &ref);
    if (result <= 0)
        worktree_fail(w, result);
    /* All of it is saved: the working copy goes back to its last commit. */
    if (git_run(path, "reset", "--quiet", "--hard") != 0 ||
        git_run(path, "clean", "--quiet", "-d", "--force") != 0)
        tool_fail(STATUS_SYSTEM, "the working copy could not be cleaned; %s has all of it", ref);
    output_text(stdout, ref);
    putchar('\n');
    society_free(ref);
    return STATUS_DONE;
}

/* The slot's stashes, `<ref> <message>` a line, the latest first; to be given to free(). */
static char *read_refs(struct worktree *w, json_value *slot)
{
    char *pattern = worktree_text("refs/society/stash/%s/", json_member_text(slot, "slot", ""));
    /* By name: it is the time, and -2 and so on for those of the same second. */
    char *refs =
        git_read(json_member_text(slot, "path", w->dir), "for-each-ref", "--sort=-version:refname",
                 "--format=%(refname) %(contents:subject)", pattern);
    free(pattern);
    if (!refs)
        tool_fail(STATUS_SYSTEM, "the stashes could not be listed");
    return refs;
}

static int pop(struct worktree *w, json_value *slot)
{
    const char *path = json_member_text(slot, "path", "");
    char *ref = read_refs(w, slot);
    ref[strcspn(ref, " \n")] = '\0';
    if (*ref == '\0')
        tool_fail(STATUS_NO, "slot %s has no stash", json_member_text(slot, "slot", ""));
    char *commit = git_read(path, "rev-parse", "--verify", ref);
    if (!commit || git_run(path, "stash", "apply", "--quiet", "--index", commit) != 0)
        tool_fail(STATUS_NO, "%s could not be applied, and is kept", ref);
    if (git_run(path, "update-ref", "-d", ref, commit) != 0)
        tool_fail(STATUS_SYSTEM, "%s was applied, and could not be deleted", ref);
    free(commit);
    free(ref);
    return STATUS_DONE;
}

static void print_stash(const struct worktree *w, const char *ref, const char *message)
{
    struct compose c;
    if (!w->t->json) {
        output_text(stdout, ref);
        putchar(' ');
        output_text(stdout, message);
        putchar('\n');
        return;
    }
    compose_begin(&c);
    compose_text(&c, "ref", ref);
    compose_text(&c, "message", message);
    char *text = compose_end(&c);
    output_json(text);
    free(text);
}

static int list(struct worktree *w, json_value *slot)
{
    char *refs = read_refs(w, slot);
    for (char *ref = refs, *next; ref && *ref; ref = next) {
        next = strchr(ref, '\n');
        if (next)
            *next++ = '\0';
        char *message = strchr(ref, ' ');
        if (message)
            *message++ = '\0';
        print_stash(w, ref, message ? message : "");
    }
    free(refs);
    return STATUS_DONE;
}

int worktree_stash(struct worktree *w)
{
    tool_expect_arguments(w->t, 2, 3, "what to do: push, pop or list");
    const char *what = w->t->arguments[1];
    json_value *slot = worktree_need_whole(w, worktree_slot_argument(w, 2));
    if (strcmp(what, "push") == 0)
        return push(w, slot);
    if (strcmp(what, "pop") == 0)
        return pop(w, slot);
    if (strcmp(what, "list") == 0)
        return list(w, slot);
    tool_usage("'%s' is none of push, pop, list", what);
}
