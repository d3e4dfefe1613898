/* SPDX-License-Identifier: MIT */
/*
 * society-worktree repair: working copies and their repository find each other again.
 *
 * A linked worktree and its repository name each other by absolute paths: the worktree's .git names a directory in worktrees/ of
 * the repository, and that directory's file `gitdir` names the worktree's .git. Either can be moved, or be mounted elsewhere in a
 * container. What a slot's working copy is now called is looked for beside the repository and where it stood; or the user says.
 * Then git repairs the two names, and the files of ours are written again.
 */
#include <dirent.h>
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/child.h"
#include "common/git.h"
#include "common/output.h"
#include "common/verbs.h"
#include "files.h"

/* Whether `path` is the working copy that lost touch: its .git ends in the same worktrees/<name>, or it is the slot's clone. */
static int is_it(json_value *slot, const char *path)
{
    const char *git_dir = json_member_text(slot, "gitDir", "");
    int same;
    if (json_member_true(slot, "clone")) {
        char *inner = worktree_text("%s/.git", path);
        char *id = files_read(inner, "society-agent");
        same = id && strcmp(id, json_member_text(slot, "slot", "")) == 0;
        free(inner);
        free(id);
        return same;
    }
    char *line = files_read(path, ".git");
    const char *tail = strstr(git_dir, "/worktrees/");
    size_t length = tail ? strlen(tail) : 0;
    same = line && tail && strlen(line) > length && strcmp(line + strlen(line) - length, tail) == 0;
    /* One that leads to another repository that is there is that one's. */
    if (same && strncmp(line, "gitdir: ", 8) == 0 && strcmp(line + 8, git_dir) != 0)
        same = access(line + 8, F_OK) != 0;
    free(line);
    return same;
}

static char *search_in(json_value *slot, const char *directory)
{
    DIR *stream = opendir(directory);
    char *found = NULL;
    for (struct dirent *entry; stream && !found && (entry = readdir(stream));) {
        if (entry->d_name[0] == '.')
            continue;
        char *path = worktree_text("%s/%s", directory, entry->d_name);
        if (is_it(slot, path))
            found = path;
        else
            free(path);
    }
    if (stream)
        closedir(stream);
    return found;
}

/* The directory above, to be given to free(). */
static char *above(const char *path)
{
    char *copy = worktree_text("%s", path);
    char *slash = strrchr(copy, '/');
    if (slash)
        slash[slash == copy] = '\0';
    return copy;
}

/* The working tree is where it was, without its .git: whoever removed it was stopped half way. */
static int has_lost_link(json_value *slot)
{
    const char *path = json_member_text(slot, "path", "");
    char *link = worktree_text("%s/.git", path);
    int lost = access(path, F_OK) == 0 && access(link, F_OK) != 0 && errno == ENOENT;
    free(link);
    return lost && !json_member_true(slot, "clone");
}

/* Where the working copy is now, to be given to free(); NULL: not found. */
static char *search(const struct worktree *w, json_value *slot)
{
    const char *path = json_member_text(slot, "path", "");
    char *places[] = {above(path), above(w->root), NULL};
    int is_there = is_it(slot, path) || has_lost_link(slot);
    char *found = is_there ? worktree_text("%s", path) : NULL;
    for (int i = 0; !found && places[i]; i++)
        found = search_in(slot, places[i]);
    for (int i = 0; places[i]; i++)
        free(places[i]);
    return found;
}

int worktree_relink(const struct worktree *w, json_value *slot)
{
    return has_lost_link(slot) && git_run(w->dir, "worktree", "repair") == 0;
}

static int repair_worktree(const struct worktree *w, json_value *slot, const char *path)
{
    const char *git_dir = json_member_text(slot, "gitDir", "");
    /* Where there is no .git, git does not take the path for a worktree's; it knows it by itself. */
    int result = worktree_relink(w, slot) ? 0 : git_run(w->dir, "worktree", "repair", path);
    /* git says so only when it is asked again. */
    char *there = result == 0 ? git_ask(path, "rev-parse", "--absolute-git-dir") : NULL;
    char *real = realpath(git_dir, NULL);
    if (!there || !real || strcmp(there, real) != 0)
        result = -1;
    free(there);
    free(real);
    return result;
}

static int repair_clone(const struct worktree *w, json_value *slot, const char *path)
{
    char *records = worktree_text("%s/society/clones", w->dir);
    int result = files_write(records, json_member_text(slot, "slot", ""), path);
    free(records);
    return result;
}

/* The files of ours that hold absolute paths. */
static int refresh(const struct worktree *w, json_value *slot, const char *path)
{
    const char *base = json_member_text(slot, "base", "HEAD");
    char *git_dir = git_read(path, "rev-parse", "--absolute-git-dir");
    int result = git_dir ? files_mark(w, git_dir, json_member_text(slot, "slot", ""), base,
                                      json_member_true(slot, "clone"))
                         : -1;
    free(git_dir);
    return result;
}

/* 1 repaired, 0 nothing was wrong; -1 not repaired, and said why. */
static int repair_one(struct worktree *w, json_value *slot, const char *given)
{
    const char *id = json_member_text(slot, "slot", "");
    const char *trouble = json_member_text(slot, "trouble", NULL);
    if (!trouble)
        return refresh(w, slot, json_member_text(slot, "path", ""));
    tool_warn("slot %s: %s", id, trouble);
    char *path = given ? realpath(given, NULL) : search(w, slot);
    if (!path) {
        tool_warn(
            "slot %s: not found beside %s nor where it was; name its path, or give it up with "
            "`society-worktree remove --force %s`",
            id, w->root, id);
        return -1;
    }
    int result = json_member_true(slot, "clone") ? repair_clone(w, slot, path)
                                                 : repair_worktree(w, slot, path);
    if (result == 0)
        result = refresh(w, slot, path);
    if (result == 0)
        tool_warn("slot %s: repaired, it is %s", id, path);
    else
        tool_warn("slot %s: %s could not be repaired", id, path);
    free(path);
    return result == 0 ? 1 : -1;
}

/* A repository that is guarded names its hooks by an absolute path, too, and without them git runs none. */
static int repair_guard(const struct worktree *w)
{
    char *guarded = git_ask(w->dir, "config", "--local", "--get", "society.guard");
    char *hooks =
        guarded ? git_ask(w->dir, "config", "--type=path", "--get", "core.hooksPath") : NULL;
    char *program = hooks && access(hooks, F_OK) != 0 ? verbs_find("guard") : NULL;
    const char *const words[] = {"env", "-C", w->root, program, "install", NULL};
    int result = program ? child_run(words) : 0;
    free(program);
    free(hooks);
    free(guarded);
    return result == 0 ? 0 : -1;
}

int worktree_repair(struct worktree *w)
{
    int failed = 0;
    tool_expect_arguments(w->t, 1, 3, "");
    if (w->t->count > 1) {
        json_value *slot = worktree_need(w, w->t->arguments[1]);
        failed = repair_one(w, slot, w->t->count > 2 ? w->t->arguments[2] : NULL) < 0;
    } else {
        json_value *slots = worktree_slots(w, 0);
        for (size_t i = 0; i < json_count(slots); i++)
            failed |= repair_one(w, json_element(slots, i), NULL) < 0;
    }
    failed |= repair_guard(w) < 0;
    return failed ? STATUS_NO : STATUS_DONE;
}
