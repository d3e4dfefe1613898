/* SPDX-License-Identifier: MIT */
/*
 * society-worktree remove: nothing is ever lost.
 *
 * Refused while there is something that no commit holds, a live agent, or somebody's lock. With --force, and for ignored files
 * also without, everything is saved to a ref first. The branch stays in any case. A repository within the working copy can't be
 * saved by this one, and stands against --force too.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "common/git.h"
#include "common/output.h"
#include "files.h"
#include "quiet.h"
#include "unsaved.h"

/* The locks that society-worktree add sets. */
#define OWN_LOCK "society: "

static int is_locked_by_others(json_value *slot)
{
    const char *locked = json_member_text(slot, "locked", NULL);
    return locked && strncmp(locked, OWN_LOCK, strlen(OWN_LOCK)) != 0;
}

/* ---- Whether it may be ---- */

/* Several lines on standard error. */
static void print_lines(const char *text)
{
    output_lines(stderr, text, "");
    fputc('\n', stderr);
}

static void refuse(const struct worktree *w, json_value *slot, const struct unsaved *u)
{
    const char *id = json_member_text(slot, "slot", "");
    int refused = 0;
    if (u->changes + u->detached + u->commits + u->nested + u->put_by > 0) {
        tool_warn("slot %s holds what no commit of the repository does:", id);
        print_lines(u->text + 1);
        refused = 1;
    }
    if (worktree_online(w, id) > 0) {
        tool_warn("agent %s is online", id);
        refused = 1;
    }
    if (is_locked_by_others(slot)) {
        const char *reason = json_member_text(slot, "locked", "");
        tool_warn("the worktree is locked%s%s", *reason ? ": " : "", reason);
        refused = 1;
    }
    if (refused)
        tool_fail(STATUS_NO, "slot %s is not removed; --force saves everything to a ref first", id);
}

/* ---- Saving ---- */

/* Refs of a clone for everything that the repository has not: the stashes have none of their own. */
static int collect_from_clone(const struct worktree *w, const char *path, const char *saved)
{
    int count = 0;
    char *lines = git_read(path, "for-each-ref", "--format=%(objectname) %(refname:lstrip=1)",
                           "refs/heads", "refs/tags", "refs/notes");
    char *stashes = git_read(path, "stash", "list", "--format=%H stash/%gd");
    char *all = worktree_text("%s\n%s", lines ? lines : "", stashes ? stashes : "");
    int failed = !lines || !stashes;
    for (char *line = all, *next; line && !failed; line = next) {
        next = strchr(line, '\n');
        if (next)
            *next++ = '\0';
        char *name = strchr(line, ' ');
        if (!name)
            continue;
        *name++ = '\0';
        /* stash@{0} can't stand in a ref. */
        for (char *at = name; *at; at++)
            *at = strchr("@{}", *at) ? '-' : *at;
        char *ref = worktree_text("%s-refs/%s", saved, name);
        if (!unsaved_is_kept(w->dir, line)) {
            failed = git_run(path, "update-ref", ref, line) != 0;
            count++;
        }
        free(ref);
    }
    free(lines);
    free(stashes);
    free(all);
    return failed ? -1 : count;
}

/* What the other refs are called after: that of the files, or what it would be. */
static char *name_saved(const char *id, const char *ref)
{
    char stamp[32];
    struct tm tm;
    time_t now = time(NULL);
    strftime(stamp, sizeof stamp, "%Y%m%dT%H%M%SZ", gmtime_r(&now, &tm));
    return ref ? worktree_text("%s", ref) : worktree_text("refs/society/saved/%s/%s", id, stamp);
}

static void save_put_by(json_value *slot, const char *name)
{
    for (int i = 0; i < UNSAVED_PUT_BY; i++) {
        char *commit = unsaved_put_by(slot, i);
        char *ref = worktree_text("%s-put-by-%d", name, i + 1);
        if (commit && git_run(json_member_text(slot, "path", ""), "update-ref", ref, commit) != 0)
            tool_fail(STATUS_SYSTEM, "%s could not be kept as %s; nothing was removed", commit,
                      ref);
        if (commit)
            tool_warn("what a rebase or merge had put by is kept as %s, a stash", ref);
        free(ref);
        free(commit);
    }
}

static void save_clone(const struct worktree *w, const char *id, const char *path, const char *name)
{
    int count = collect_from_clone(w, path, name);
    if (count < 0 || git_run(w->dir, "fetch", "--quiet", "--no-tags", path,
                             "+refs/society/*:refs/society/*") != 0)
        tool_fail(STATUS_SYSTEM, "slot %s: its commits could not be fetched; nothing was removed",
                  id);
    if (count > 0)
        tool_warn("its branches and stashes are kept as %s-refs/...", name);
}

static void save(struct worktree *w, json_value *slot, const struct unsaved *u)
{
    const char *id = json_member_text(slot, "slot", "");
    const char *path = json_member_text(slot, "path", "");
    char *ref = NULL;
    if (u->changes + u->detached > 0 || (u->ignored > 0 && !w->drop_ignored)) {
        int result = society_git_save(w->git, id, "saved", NULL,
                                      w->drop_ignored ? 0 : SOCIETY_GIT_IGNORED, &ref);
        if (result < 0)
            tool_fail(STATUS_SYSTEM, "%s; nothing was removed", society_git_last_message(w->git));
    }
    char *name = name_saved(id, ref);
    save_put_by(slot, name);
    if (json_member_true(slot, "clone"))
        save_clone(w, id, path, name);
    free(name);
    if (ref)
        tool_warn("saved as %s; to get it back: git worktree add --detach PATH %s^1, and there "
                  "git stash apply --index %s",
                  ref, ref, ref);
    society_free(ref);
}

/* The working tree is gone; what was staged is still there. */
static void save_index(struct worktree *w, json_value *slot)
{
    const char *id = json_member_text(slot, "slot", "");
    const char *git_dir = json_member_text(slot, "gitDir", "");
    char *option = worktree_text("--git-dir=%s", git_dir);
    char *head = git_ask(w->dir, option, "rev-parse", "--verify", "--quiet", "HEAD");
    char *tree = git_ask(w->dir, option, "write-tree");
    char *head_tree = git_ask(w->dir, option, "rev-parse", "--verify", "--quiet", "HEAD^{tree}");
    if (head &&
        (!tree || !head_tree || strcmp(tree, head_tree) != 0 || !unsaved_is_kept(w->dir, head))) {
        char *commit = git_read(w->dir, option, "-c", "user.name=libsociety", "-c",
                                "user.email=society@localhost", "commit-tree", "-p", head, "-m",
                                "the index of a lost working copy", tree ? tree : "HEAD^{tree}");
        char *ref = worktree_text("refs/society/saved/%s/index-%.12s", id, commit ? commit : "");
        if (!commit || git_run(w->dir, "update-ref", ref, commit) != 0)
            tool_fail(STATUS_SYSTEM, "slot %s: its index could not be saved; nothing was removed",
                      id);
        tool_warn("what was staged is saved as %s", ref);
        free(commit);
        free(ref);
    }
    free(option);
    free(head);
    free(tree);
    free(head_tree);
}

/* ---- Removing ---- */

/* It goes from its place at once: a half of it could not be told from a damaged one. */
static void take_clone_away(const struct worktree *w, const char *id, const char *path)
{
    char *record = worktree_text("%s/society/clones/%s", w->dir, id);
    const char *name = strrchr(path, '/') + 1;
    char *aside = worktree_text("%.*s.%s.society-removing", (int)(name - path), path, name);
    /* What is there already was left by a remove that was killed. */
    if (files_remove_tree(aside) < 0 || (rename(path, aside) < 0 && errno != ENOENT))
        tool_fail(STATUS_SYSTEM, "slot %s can't be removed: %s", id, strerror(errno));
    if (files_remove_tree(aside) < 0)
        tool_fail(STATUS_SYSTEM, "slot %s is removed in part, and %s is left", id, aside);
    unlink(record); /* last: the slot is there until all of it is gone */
    free(aside);
    free(record);
}

static void take_away(const struct worktree *w, json_value *slot)
{
    const char *id = json_member_text(slot, "slot", "");
    const char *path = json_member_text(slot, "path", "");
    if (json_member_true(slot, "clone")) {
        take_clone_away(w, id, path);
        return;
    }
    if (json_member_text(slot, "locked", NULL))
        free(git_ask(w->dir, "worktree", "unlock", path));
    if (git_run(w->dir, "worktree", "remove", "--force", path) != 0)
        tool_fail(STATUS_SYSTEM, "slot %s: git could not remove %s", id, path);
}

static int has_worktrees(struct worktree *w)
{
    json_value *slots = worktree_slots(w, 0);
    for (size_t i = 0; i < json_count(slots); i++)
        if (!json_member_true(json_element(slots, i), "clone"))
            return 1;
    return 0;
}

/* Whether the working copy is gone, and not only moved as far as one can see. */
static int check_lost(struct worktree *w, json_value *slot)
{
    const char *id = json_member_text(slot, "slot", "");
    const char *trouble = json_member_text(slot, "trouble", NULL);
    if (!trouble)
        return 0;
    if (!w->force)
        tool_fail(
            STATUS_NO,
            "slot %s: %s; `society-worktree repair` finds one that was moved, --force gives it up",
            id, trouble);
    if (access(json_member_text(slot, "path", ""), F_OK) == 0)
        tool_fail(STATUS_SYSTEM, "slot %s: %s; repair it, so that it can be saved", id, trouble);
    return 1;
}

int worktree_remove(struct worktree *w)
{
    struct unsaved unsaved = {0};
    tool_expect_arguments(w->t, 2, 2, "the slot's name");
    worktree_lock(w);
    json_value *slot = worktree_need(w, w->t->arguments[1]);
    if (worktree_relink(w, slot)) {
        worktree_forget_slots(w);
        slot = worktree_need(w, w->t->arguments[1]);
    }
    if (check_lost(w, slot)) {
        if (!json_member_true(slot, "clone"))
            save_index(w, slot);
    } else {
        unsaved_find(w, slot, &unsaved);
        if (!w->force)
            refuse(w, slot, &unsaved);
        else if (unsaved.nested > 0) {
            tool_warn("slot %s has repositories of its own, which can't be saved:",
                      w->t->arguments[1]);
            print_lines(unsaved.text + 1);
            tool_fail(STATUS_NO, "slot %s is not removed; move them away", w->t->arguments[1]);
        }
        save(w, slot, &unsaved);
    }
    take_away(w, slot);
    unsaved_free(&unsaved);
    if (!has_worktrees(w))
        quiet_end(w);
    return STATUS_DONE;
}
