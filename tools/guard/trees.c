/* SPDX-License-Identifier: MIT */
/*
 * git lists its worktrees; clones are recorded by society-worktree. Whose one is stands in its git
 * directory, or in the name of its folder (agent-NN).
 */
#include "guard/trees.h"

#include <ctype.h>
#include <dirent.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/child.h"
#include "common/config_file.h"
#include "common/git.h"
#include "guard/guard.h"

/* The first line of a small file, to be given to free(); NULL: it is not there. */
static char *read_line(const char *path)
{
    mode_t mode;
    char *text = config_read(path, &mode);
    text[strcspn(text, "\n")] = '\0';
    if (*text)
        return text;
    free(text);
    return NULL;
}

/* `agent-NN` in a folder's name, to be given to free(); NULL: it is not in it. */
static char *agent_in(const char *path)
{
    const char *name = strrchr(path, '/');
    const char *at = name ? strstr(name, "agent-") : NULL;
    size_t digits = at ? strspn(at + 6, "0123456789") : 0;
    return digits > 0 ? strndup(at, 6 + digits) : NULL;
}

/* The tree of this path, which may be new. */
static struct tree *place_of(struct trees *t, const char *path)
{
    for (int i = 0; i < t->count; i++)
        if (strcmp(t->items[i].path, path) == 0)
            return &t->items[i];
    t->items = realloc(t->items, (size_t)(t->count + 1) * sizeof *t->items);
    if (!t->items)
        tool_fail(STATUS_SYSTEM, "out of memory");
    t->items[t->count] = (struct tree){.path = guard_text("%s", path)};
    return &t->items[t->count++];
}

static char *in_git_directory(const char *tree, const char *name)
{
    return git_ask(tree, "rev-parse", "--path-format=absolute", "--git-path", name);
}

static void add(struct trees *t, const char *path, int linked)
{
    struct stat st;
    char *real = realpath(path, NULL);
    char *record = real ? in_git_directory(real, "society-agent") : NULL;
    char *index = record ? in_git_directory(real, "index") : NULL;
    /* One without an index is being made: its files are git's, and are looked at when it is
     * done. */
    if (index && access(index, F_OK) == 0 && stat(real, &st) == 0) {
        struct tree *tree = place_of(t, real);
        free(tree->agent);
        tree->agent = read_line(record);
        if (!tree->agent && linked)
            tree->agent = agent_in(real);
        tree->fresh |= tree->inode != st.st_ino;
        tree->inode = st.st_ino;
    }
    free(index);
    free(record);
    free(real);
}

/* `worktree <path>` NUL, and more attributes, each with a NUL behind it; an empty one ends each
 * worktree. */
static void add_worktrees(struct trees *t)
{
    const char *const words[] = {"git",  "-C",          t->common, "worktree",
                                 "list", "--porcelain", "-z",      NULL};
    size_t size = 0;
    char *text = child_read(words, CHILD_LOUD, &size, NULL);
    const char *path = NULL;
    int bare = 0;
    int number = 0;
    if (!text)
        tool_fail(STATUS_SYSTEM, "git could not list the worktrees");
    for (const char *at = text; at < text + size; at += strlen(at) + 1) {
        if (strncmp(at, "worktree ", 9) == 0) {
            path = at + 9;
            bare = 0;
        }
        bare |= strcmp(at, "bare") == 0;
        if (*at == '\0' && path && !bare)
            add(t, path, number > 0);
        number += *at == '\0';
    }
    free(text);
}

static void add_clones(struct trees *t)
{
    char *records = guard_text("%s/society/clones", t->common);
    DIR *stream = opendir(records);
    for (struct dirent *entry; stream && (entry = readdir(stream)) != NULL;) {
        if (entry->d_name[0] == '.')
            continue;
        char *record = guard_text("%s/%s", records, entry->d_name);
        char *path = read_line(record);
        if (path)
            add(t, path, 0);
        free(path);
        free(record);
    }
    if (stream)
        closedir(stream);
    free(records);
}

static struct timespec changed_at(const char *common, const char *name)
{
    struct stat st;
    char *path = guard_text("%s/%s", common, name);
    struct timespec at = {0, 0};
    if (stat(path, &st) == 0)
        at = st.st_mtim;
    free(path);
    return at;
}

static const char *const lists[] = {"worktrees", "society/clones"};

static int same(struct timespec a, struct timespec b)
{
    return a.tv_sec == b.tv_sec && a.tv_nsec == b.tv_nsec;
}

void trees_find(struct trees *t)
{
    if (!t->common) {
        t->common = git_read(".", "rev-parse", "--path-format=absolute", "--git-common-dir");
        if (!t->common)
            tool_fail(STATUS_SYSTEM, "the working directory is in no git repository");
        /* A clone that is a slot names the repository that it is of. */
        char *record = guard_text("%s/society-repository", t->common);
        char *origin = read_line(record);
        if (origin) {
            free(t->common);
            t->common = origin;
        }
        free(record);
        t->stash = changed_at(t->common, "logs/refs/stash");
    }
    for (int i = 0; i < 2; i++)
        t->listed[i] = changed_at(t->common, lists[i]);
    add_worktrees(t);
    add_clones(t);
}

void trees_free(struct trees *t)
{
    for (int i = 0; i < t->count; i++) {
        free(t->items[i].path);
        free(t->items[i].agent);
    }
    free(t->items);
    free(t->common);
}

int trees_changed(const struct trees *t)
{
    return !same(t->listed[0], changed_at(t->common, lists[0])) ||
           !same(t->listed[1], changed_at(t->common, lists[1]));
}

int trees_stash_changed(struct trees *t)
{
    struct timespec now = changed_at(t->common, "logs/refs/stash");
    int changed = !same(now, t->stash);
    t->stash = now;
    return changed;
}

int trees_of(const struct trees *t, const char *path, const char **ret_rest)
{
    int found = -1;
    size_t longest = 0;
    for (int i = 0; i < t->count; i++) {
        size_t length = strlen(t->items[i].path);
        if (length < longest || strncmp(path, t->items[i].path, length) != 0 ||
            (path[length] != '/' && path[length] != '\0'))
            continue;
        found = i;
        longest = length;
        *ret_rest = path + length + (path[length] == '/');
    }
    return found;
}

int trees_has(const struct trees *t, const char *agent)
{
    for (int i = 0; i < t->count; i++)
        if (t->items[i].agent && strcmp(t->items[i].agent, agent) == 0)
            return 1;
    return 0;
}
