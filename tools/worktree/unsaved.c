/* SPDX-License-Identifier: MIT */
/* Before anything is removed: see unsaved.h. */
#include "unsaved.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/child.h"
#include "common/config_file.h"
#include "common/git.h"

/* As many names of a kind are listed; the number of the others is. */
#define LISTED 10

struct listing {
    FILE *out;
    const char *what;
    int count;
};

static void begin(struct listing *l, FILE *out, const char *what)
{
    *l = (struct listing){out, what, 0};
}

static void name_one(struct listing *l, const char *name)
{
    if (l->count++ < LISTED)
        fprintf(l->out, "\n  %s: %s", l->what, name);
}

static int end(struct listing *l)
{
    if (l->count > LISTED)
        fprintf(l->out, "\n  %s: and %d more", l->what, l->count - LISTED);
    return l->count;
}

/* ---- Files ---- */

static json_value *read_changes(struct worktree *w, const char *slot)
{
    char *text = NULL;
    /* What need not be saved may be anything, a repository too. */
    uint32_t flags = w->drop_ignored ? 0 : SOCIETY_GIT_IGNORED;
    int result = society_git_changes(w->git, slot, flags, &text);
    if (result < 0)
        worktree_fail(w, result);
    json_value *changes = json_read(text, NULL);
    society_free(text);
    if (!changes)
        tool_fail(STATUS_SYSTEM, "out of memory");
    return changes;
}

static int list_state(FILE *out, json_value *changes, const char *state)
{
    struct listing l;
    begin(&l, out, state);
    for (size_t i = 0; i < json_count(changes); i++) {
        json_value *change = json_element(changes, i);
        if (strcmp(json_member_text(change, "state", ""), state) == 0)
            name_one(&l, json_member_text(change, "path", ""));
    }
    return end(&l);
}

/* ---- Commits ---- */

int unsaved_is_kept(const char *directory, const char *commit)
{
    char *ref = git_ask(directory, "for-each-ref", "--count=1", "--contains", commit);
    int kept = ref && *ref;
    free(ref);
    return kept;
}

static int is_detached_alone(const struct worktree *w, json_value *slot)
{
    const char *head = json_member_text(slot, "head", NULL);
    return head && !json_member_text(slot, "branch", NULL) && !unsaved_is_kept(w->dir, head);
}

/* Lines `<commit> <name>`: those whose commit the repository has not. */
static void list_commits(const struct worktree *w, struct listing *l, char *lines)
{
    for (char *line = lines; line && *line;) {
        char *next = strchr(line, '\n');
        if (next)
            *next++ = '\0';
        char *name = strchr(line, ' ');
        if (name)
            *name++ = '\0';
        if (name && !unsaved_is_kept(w->dir, line))
            name_one(l, name);
        line = next;
    }
    free(lines);
}

static int list_clone(const struct worktree *w, FILE *out, const char *path)
{
    struct listing l;
    begin(&l, out, "only in this clone");
    list_commits(w, &l,
                 git_ask(path, "for-each-ref", "--format=%(objectname) %(refname)", "refs/heads",
                         "refs/tags", "refs/notes", "refs/society"));
    list_commits(w, &l, git_ask(path, "stash", "list", "--format=%H %gd"));
    return end(&l);
}

char *unsaved_put_by(json_value *slot, int at)
{
    static const char *const names[UNSAVED_PUT_BY] = {"rebase-merge/autostash",
                                                      "rebase-apply/autostash", "MERGE_AUTOSTASH"};
    mode_t mode;
    char *file = worktree_text("%s/%s", json_member_text(slot, "gitDir", ""), names[at]);
    char *commit = config_read(file, &mode);
    commit[strcspn(commit, "\n")] = '\0';
    free(file);
    if (*commit)
        return commit;
    free(commit);
    return NULL;
}

static int list_put_by(FILE *out, json_value *slot)
{
    struct listing l;
    begin(&l, out, "put by (autostash)");
    for (int i = 0; i < UNSAVED_PUT_BY; i++) {
        char *commit = unsaved_put_by(slot, i);
        if (commit)
            name_one(&l, commit);
        free(commit);
    }
    return end(&l);
}

/* ---- Repositories within ---- */

/* Commits, stashed ones too, that did not come from elsewhere. */
static int has_own_commits(const char *path, const char *option)
{
    char *commits = git_ask(path, option, "rev-list", "--max-count=1", "HEAD",
                            "--exclude=refs/tags/*", "--all", "--not", "--remotes");
    int has = !commits || *commits;
    free(commits);
    return has;
}

static int is_lost_with(const char *path)
{
    char *status = git_ask(path, "status", "--porcelain", "--ignored");
    int lost = !status || *status || has_own_commits(path, "--no-pager");
    free(status);
    return lost;
}

/* Whether the working tree of a submodule's repository is there, so that it is looked at itself. */
static int is_populated(const char *repository)
{
    char *tree = git_ask(repository, "config", "--file", "config", "core.worktree");
    char *link =
        worktree_text("%s/%s/.git", tree && *tree == '/' ? "" : repository, tree ? tree : "");
    int populated = tree && access(link, F_OK) == 0;
    free(link);
    free(tree);
    return populated;
}

/* Repositories of submodules that are not checked out: they go with the git directory. */
static void list_modules(struct listing *l, const char *directory)
{
    DIR *stream = opendir(directory);
    for (struct dirent *entry; stream && (entry = readdir(stream)) != NULL;) {
        if (entry->d_name[0] == '.')
            continue;
        char *child = worktree_text("%s/%s", directory, entry->d_name);
        char *head = worktree_text("%s/HEAD", child);
        char *within = worktree_text("%s/modules", child);
        int is_repository = access(head, F_OK) == 0;
        char *option = worktree_text("--git-dir=%s", child);
        if (is_repository && !is_populated(child) && has_own_commits(directory, option))
            name_one(l, child);
        list_modules(l, is_repository ? within : child);
        free(option);
        free(within);
        free(head);
        free(child);
    }
    if (stream)
        closedir(stream);
}

/* The repositories at a working tree's gitlinks, whether .gitmodules has them or not, and those within them. */
static void list_links(struct listing *l, const char *tree)
{
    const char *const words[] = {"git", "-C", tree, "ls-files", "--stage", "-z", NULL};
    size_t size = 0;
    char *text = child_read(words, CHILD_LOUD, &size, NULL);
    if (!text)
        tool_fail(STATUS_SYSTEM, "what %s tracks is not known", tree);
    for (const char *at = text; at < text + size; at += strlen(at) + 1) {
        const char *path = strchr(at, '\t'); /* `<mode> <object> <stage>` before it */
        if (strncmp(at, "160000 ", 7) != 0 || !path)
            continue;
        char *child = worktree_text("%s/%s", tree, path + 1);
        char *link = worktree_text("%s/.git", child);
        if (access(link, F_OK) == 0 && is_lost_with(child))
            name_one(l, child);
        else if (access(link, F_OK) == 0)
            list_links(l, child);
        free(link);
        free(child);
    }
    free(text);
}

/* Submodules with work of their own; those that are as they came can be had again. */
static int list_submodules(FILE *out, json_value *slot)
{
    struct listing l;
    char *modules = worktree_text("%s/modules", json_member_text(slot, "gitDir", ""));
    begin(&l, out, "submodule with work of its own");
    list_modules(&l, modules);
    list_links(&l, json_member_text(slot, "path", ""));
    free(modules);
    return end(&l);
}

/* Worktrees of a clone have their HEAD and their index in it, and would be lost with it. */
static int list_worktrees(FILE *out, const char *path)
{
    struct listing l;
    int first = 1; /* is the clone itself */
    begin(&l, out, "worktree of this clone");
    char *lines = git_ask(path, "worktree", "list", "--porcelain");
    char *rest = lines;
    for (char *line; (line = strsep(&rest, "\n")) != NULL;) {
        if (strncmp(line, "worktree ", 9) != 0)
            continue;
        if (!first)
            name_one(&l, line + 9);
        first = 0;
    }
    free(lines);
    return end(&l);
}

/* ---- All of it ---- */

void unsaved_find(struct worktree *w, json_value *slot, struct unsaved *ret)
{
    static const char *const states[] = {"unmerged", "staged", "modified", "untracked"};
    size_t size = 0;
    const char *path = json_member_text(slot, "path", "");
    json_value *changes = read_changes(w, json_member_text(slot, "slot", ""));
    *ret = (struct unsaved){0};
    FILE *out = open_memstream(&ret->text, &size);
    if (!out)
        tool_fail(STATUS_SYSTEM, "out of memory");
    for (size_t i = 0; i < sizeof states / sizeof *states; i++)
        ret->changes += list_state(out, changes, states[i]);
    ret->nested = list_state(out, changes, "nested") + list_submodules(out, slot);
    ret->put_by = list_put_by(out, slot);
    ret->detached = is_detached_alone(w, slot);
    if (ret->detached)
        fprintf(out, "\n  on no branch: %s", json_member_text(slot, "head", ""));
    if (json_member_true(slot, "clone")) {
        ret->commits = list_clone(w, out, path);
        ret->nested += list_worktrees(out, path);
    }
    /* Counted, and not named: they alone are no reason to refuse. */
    for (size_t i = 0; i < json_count(changes); i++)
        ret->ignored +=
            strcmp(json_member_text(json_element(changes, i), "state", ""), "ignored") == 0;
    json_release(changes);
    if (fclose(out) != 0)
        tool_fail(STATUS_SYSTEM, "out of memory");
}

void unsaved_free(struct unsaved *u)
{
    free(u->text);
    *u = (struct unsaved){0};
}
