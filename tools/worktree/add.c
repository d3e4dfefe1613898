/* SPDX-License-Identifier: MIT */
/*
 * society-worktree add: all of a slot, or nothing.
 *
 * What was made is noted as it is made, and taken back in reverse when a later step fails: git leaves the branch of a worktree
 * that it could not check out behind, and so does libgit2. A slot is one when the file with its name is written, for a clone when
 * it is recorded, which is the last step; what an add that was killed before has left is completed by the next add of the slot. A
 * clone gets its name when it is one: before that it stands beside its place, and is thrown away.
 */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/child.h"
#include "common/git.h"
#include "common/output.h"
#include "common/verbs.h"
#include "files.h"
#include "layout.h"
#include "quiet.h"
#include "report.h"
#include "unfinished.h"

struct addition {
    struct worktree *w;
    const char *slot;
    char *path, *branch, *base, *parent;
    char *start;      /* the commit of a branch that was made; NULL: it was there */
    int parents_made; /* directories above the working copy */
    int clone;        /* is what is wanted */
    int made;         /* the working copy */
    int resumed;      /* it was made in part by an add that was killed */
    int first;        /* of the repository's worktrees: its maintenance was quieted for it */
};

static void undo(struct addition *a)
{
    struct worktree *w = a->w;
    if (a->made && a->clone) {
        char *record = worktree_text("%s/society/clones/%s", w->dir, a->slot);
        files_remove_tree(a->path);
        unlink(record);
        free(record);
    } else if (a->made) {
        free(git_ask(w->dir, "worktree", "unlock", a->path));
        char *removed = git_ask(w->dir, "worktree", "remove", "--force", a->path);
        if (!removed)
            files_remove_tree(a->path);
        free(removed);
        free(git_ask(w->dir, "worktree", "prune"));
    }
    if (a->start && !a->clone) {
        /* Only if nothing was committed to it meanwhile. */
        char *ref = worktree_text("refs/heads/%s", a->branch);
        free(git_ask(w->dir, "update-ref", "-d", ref, a->start));
        free(ref);
    }
    files_remove_directories(a->parent, a->parents_made);
    if (a->first)
        quiet_end(w);
}

static void fail(struct addition *a, const char *what) __attribute__((noreturn));
static void fail(struct addition *a, const char *what)
{
    undo(a);
    tool_fail(STATUS_SYSTEM, "slot %s: %s; %s", a->slot, what,
              a->resumed ? "what an add that was killed has left is there still"
                         : "nothing was left behind");
}

/* ---- A worktree ---- */

static int branch_exists(const struct addition *a)
{
    char *ref = worktree_text("refs/heads/%s", a->branch);
    char *commit = git_ask(a->w->dir, "rev-parse", "--verify", "--quiet", ref);
    free(ref);
    free(commit);
    return commit != NULL;
}

static void make_worktree(struct addition *a)
{
    struct worktree *w = a->w;
    char *reason = unfinished_lock_reason(a->slot);
    int failed;
    a->made = 1; /* git may fail half way, in a hook for instance */
    child_follow(SIGKILL);
    if (branch_exists(a)) {
        failed = git_run(w->dir, "worktree", "add", "--quiet", "--lock", "--reason", reason,
                         a->path, a->branch);
    } else {
        char *expression = worktree_text("%s^{commit}", a->base);
        a->start = git_ask(w->dir, "rev-parse", "--verify", "--quiet", expression);
        free(expression);
        failed = git_run(w->dir, "worktree", "add", "--quiet", "--lock", "--reason", reason,
                         "--no-track", "-b", a->branch, a->path, a->base);
    }
    child_follow(0);
    free(reason);
    if (failed)
        fail(a, "git could not make the worktree");
}

/* ---- A clone ---- */

/* Where it is made, before it has its name. */
static char *beside(const struct addition *a)
{
    return worktree_text("%s/.%s.society-adding", a->parent, strrchr(a->path, '/') + 1);
}

static void set_remote(struct addition *a, const char *clone, const char *origin)
{
    /* What the agent pushes goes where it would go from the repository itself. */
    if (origin && git_run(clone, "remote", "add", "origin", origin) != 0)
        fail(a, "git could not set the clone's origin");
}

static void fail_clone(struct addition *a, const char *clone, const char *what)
{
    files_remove_tree(clone);
    fail(a, what);
}

static void make_clone(struct addition *a)
{
    struct worktree *w = a->w;
    char *origin = git_ask(w->dir, "config", "--get", "remote.origin.url");
    char *clone = beside(a);
    char *git_dir = worktree_text("%s/.git", clone);
    if (files_remove_tree(clone) < 0)
        fail(a, "what an add that was killed has left is in the way");
    child_follow(SIGKILL);
    int failed = git_run(w->dir, "clone", "--quiet", "--local", "--no-checkout", "--origin",
                         origin ? "society" : "origin", w->dir, clone);
    child_follow(0);
    if (failed)
        fail_clone(a, clone, "git could not clone the repository");
    set_remote(a, clone, origin);
    if (files_write(git_dir, "society-repository", w->dir) < 0 ||
        files_write(git_dir, UNFINISHED_CLONE, a->slot) < 0 || rename(clone, a->path) < 0)
        fail_clone(a, clone, "the clone could not be put in its place");
    a->made = 1;
    free(git_dir);
    free(clone);
    free(origin);
}

/* Its files; what an add that was killed has checked out is written again. */
static void check_out_clone(struct addition *a)
{
    char *git_dir = worktree_text("%s/.git", a->path);
    char *expression = worktree_text("%s^{commit}", a->base);
    char *start = git_ask(a->w->dir, "rev-parse", "--verify", "--quiet", expression);
    child_follow(SIGKILL);
    if (unfinished_checkout(git_dir) && git_run(a->path, "checkout", "--quiet", "--force",
                                                "--no-track", "-B", a->branch, start) != 0)
        fail(a, "git could not check the clone out");
    child_follow(0);
    free(git_dir);
    free(expression);
    free(start);
}

static void record_clone(struct addition *a)
{
    char *adding = worktree_text("%s/.git/%s", a->path, UNFINISHED_CLONE);
    char *records = worktree_text("%s/society/clones", a->w->dir);
    if (files_make_directories(records) < 0 || files_write(records, a->slot, a->path) < 0)
        fail(a, "its record could not be written");
    unlink(adding);
    free(records);
    free(adding);
}

/* ---- Both ---- */

/* A clone has hooks of its own, and is guarded if the repository is. */
static void guard_clone(struct addition *a)
{
    char *guarded = git_ask(a->w->dir, "config", "--local", "--get", "society.guard");
    char *program = guarded ? verbs_find("guard") : NULL;
    const char *const words[] = {"env", "-C", a->path, program, "install", NULL};
    if (guarded && (!program || child_run(words) != 0))
        fail(a, "the guard could not be installed in it");
    free(program);
    free(guarded);
}

static void mark(struct addition *a)
{
    char *git_dir = git_read(a->path, "rev-parse", "--absolute-git-dir");
    if (a->clone)
        guard_clone(a);
    if (!git_dir || files_mark(a->w, git_dir, a->slot, a->base, a->clone) < 0)
        fail(a, "its name could not be recorded");
    free(git_dir);
}

/* As much of it as an add that was killed has made. */
static void resume(struct addition *a)
{
    char *git_dir = unfinished_worktree(a->w, a->slot);
    char *path = git_dir ? unfinished_complete(git_dir) : NULL;
    if (path) {
        free(a->path);
        a->path = path;
        a->clone = 0;
        a->resumed = 1;
    } else if (a->clone && unfinished_clone(a->w, a->slot, a->path)) {
        a->resumed = 1;
        check_out_clone(a);
    }
    free(git_dir);
}

/* In the working copy of another it would be one of that one's files, unless it is ignored there. */
static void refuse_within(struct addition *a)
{
    char *place = worktree_text("%s", a->parent);
    while (access(place, F_OK) != 0 && strrchr(place, '/') > place)
        *strrchr(place, '/') = '\0';
    char *common = git_ask(place, "rev-parse", "--path-format=absolute", "--git-common-dir");
    char *top = git_ask(place, "rev-parse", "--show-toplevel");
    char *inner = worktree_text("%s/", a->path);
    char *ignored = top ? git_ask(top, "check-ignore", "--", inner) : NULL;
    if (top && common && strcmp(common, a->w->dir) == 0 && !ignored)
        tool_fail(STATUS_NO,
                  "slot %s: %s is within the working copy %s, whose files it would be among; "
                  "have git ignore it there first, or name another place",
                  a->slot, a->path, top);
    free(ignored);
    free(inner);
    free(top);
    free(common);
    free(place);
}

static void begin(struct addition *a)
{
    struct worktree *w = a->w;
    struct stat st;
    refuse_within(a);
    if (lstat(a->path, &st) == 0 && rmdir(a->path) != 0)
        tool_fail(STATUS_NO, "slot %s: %s is there already; nothing was changed", a->slot, a->path);
    a->parents_made = files_make_directories(a->parent);
    if (a->parents_made < 0)
        fail(a, "its directory could not be made");
    if (a->clone) {
        make_clone(a);
        check_out_clone(a);
        return;
    }
    char *quiet = git_ask(w->dir, "config", "--local", "--get", "society.savedGcAuto");
    a->first = !quiet;
    free(quiet);
    if (quiet_begin(w) < 0)
        fail(a, "git's maintenance could not be turned off");
    make_worktree(a);
}

static void make(struct addition *a)
{
    resume(a);
    if (!a->resumed)
        begin(a);
    mark(a);
    if (a->clone)
        record_clone(a);
}

static void check_name(const char *slot)
{
    society *probe = NULL;
    int result = society_new(&probe);
    if (result == 0)
        result = society_identify(probe, slot);
    if (result < 0)
        tool_usage("%s", probe ? society_last_message(probe) : society_strerror(result));
    society_close(probe);
}

/* A slot that is known by its folder's name alone, of a worktree made by hand, is told what it is. */
static void adopt(struct worktree *w, json_value *item)
{
    const char *git_dir = json_member_text(item, "gitDir", "");
    const char *slot = json_member_text(item, "slot", "");
    char *own = files_read(git_dir, "society-agent");
    char *place = files_read(git_dir, "society-dir");
    /* One that was made before there was a society learns of it. */
    if (!own || (w->t->society && !place)) {
        char *known = files_read(git_dir, "society-base");
        char *base = known ? known : layout_base(w);
        if (files_mark(w, git_dir, slot, base, json_member_true(item, "clone")) < 0)
            tool_fail(STATUS_SYSTEM, "slot %s: its name could not be recorded", slot);
        free(base);
    }
    if (!json_member_true(item, "clone") && !json_member_text(item, "locked", NULL)) {
        char *reason = unfinished_lock_reason(slot);
        if (git_run(w->dir, "worktree", "lock", "--reason", reason,
                    json_member_text(item, "path", "")) != 0)
            tool_warn("slot %s: git could not lock the worktree", slot);
        free(reason);
    }
    free(place);
    free(own);
    tool_warn("slot %s is there already; nothing in it was changed", slot);
}

static void add_one(struct worktree *w, const char *slot)
{
    struct addition a = {.w = w, .slot = slot, .clone = w->clone};
    check_name(slot);
    char *unfinished = unfinished_worktree(w, slot);
    /* A folder's name may make a slot of what is half made. */
    if (!unfinished && worktree_find(w, slot)) {
        adopt(w, worktree_need_whole(w, slot));
    } else {
        a.path = layout_path(w, slot);
        a.branch = layout_branch(w, slot);
        a.base = layout_base(w);
        a.parent = worktree_text("%s", a.path);
        char *slash = strrchr(a.parent, '/');
        slash[slash == a.parent] = '\0';
        make(&a);
        worktree_slots(w, 0);
    }
    free(unfinished);
    if (w->t->json)
        report_slot(w, worktree_need(w, slot));
    else
        report_path(worktree_need(w, slot), '\n');
    free(a.path);
    free(a.branch);
    free(a.base);
    free(a.parent);
    free(a.start);
}

int worktree_add(struct worktree *w)
{
    if (w->clone)
        worktree_need_society(w);
    worktree_lock(w);
    if (w->count == 0) {
        tool_expect_arguments(w->t, 2, -1, "the slot's name, or --count N");
        if (w->t->count > 2 && w->path)
            tool_usage("--path is for one slot");
        for (int i = 1; i < w->t->count; i++)
            add_one(w, w->t->arguments[i]);
        return STATUS_DONE;
    }
    tool_expect_arguments(w->t, 1, 1, "");
    if (w->path || w->count > 99)
        tool_usage(w->path ? "--path is for one slot" : "--count is at most 99");
    for (int64_t i = 1; i <= w->count; i++) {
        char *slot = worktree_text("agent-%02d", (int)i);
        add_one(w, slot);
        free(slot);
    }
    return STATUS_DONE;
}
