/* SPDX-License-Identifier: MIT */
/*
 * A directory counts as renamed when nothing of it is left on that side and most of its files that
 * were renamed went to one and the same directory. Looking for renames costs, so it is done only
 * when there is a file that it could matter for.
 */
#include "moves.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "path.h"

/* The length of the directory that a path stands in, 0 at the top. */
static size_t directory_length(const char *path, size_t length)
{
    while (length > 0 && path[length - 1] != '/')
        length--;
    return length > 0 ? length - 1 : 0;
}

static bool has_path(git_tree *tree, const char *path, size_t length)
{
    git_tree_entry *entry = NULL;
    SOC_AUTO_STRBUF struct soc_strbuf name = SOC_STRBUF_INIT;
    soc_strbuf_add(&name, path, length);
    bool found = !name.failed && git_tree_entry_bypath(&entry, tree, name.data) == 0;
    git_tree_entry_free(entry);
    return found;
}

/* The nearest directory above `path` that `base` has and `side` has not; its length, 0: none. */
static size_t removed_directory(git_tree *base, git_tree *side, const char *path)
{
    size_t length = strlen(path);
    while ((length = directory_length(path, length)) > 0) {
        if (has_path(side, path, length))
            return 0;
        if (has_path(base, path, length))
            return length;
    }
    return 0;
}

/* Where the files of a directory went: a name, and how many went there. */
struct target {
    char *name;
    size_t count;
};

struct targets {
    struct target *items;
    size_t count;
};

static int count_target(struct targets *targets, const char *name, size_t length)
{
    for (size_t i = 0; i < targets->count; i++)
        if (strlen(targets->items[i].name) == length &&
            memcmp(targets->items[i].name, name, length) == 0) {
            targets->items[i].count++;
            return 0;
        }
    struct target *items = realloc(targets->items, (targets->count + 1) * sizeof *items);
    char *copy = strndup(name, length);
    if (items)
        targets->items = items;
    if (!items || !copy) {
        free(copy);
        return -ENOMEM;
    }
    items[targets->count++] = (struct target){copy, 1};
    return 0;
}

static void free_targets(struct targets *targets)
{
    for (size_t i = 0; i < targets->count; i++)
        free(targets->items[i].name);
    free(targets->items);
}

/* A file of `directory` that was renamed says where the directory went, if what stands below the
 * directory kept its name: a/x/f to b/x/f moved a to b. */
static int count_rename(struct targets *targets, const git_diff_delta *delta, const char *directory,
                        size_t length)
{
    const char *from = delta->old_file.path;
    const char *to = delta->new_file.path;
    if (strncmp(from, directory, length) != 0 || from[length] != '/')
        return 0;
    const char *below = from + length; /* "/x/f" */
    size_t below_length = directory_length(below, strlen(below));
    size_t to_length = directory_length(to, strlen(to));
    if (to_length >= below_length &&
        memcmp(to + to_length - below_length, below, below_length) == 0)
        return count_target(targets, to, to_length - below_length);
    if (to_length + 1 == below_length && memcmp(to, below + 1, to_length) == 0)
        return count_target(targets, to, 0);
    return 0;
}

/* Where `directory` went; NULL: nowhere in particular. */
static char *find_target(git_diff *renames, const char *directory, size_t length)
{
    struct targets targets = {0};
    char *name = NULL;
    int result = 0;
    for (size_t i = 0; result == 0 && i < git_diff_num_deltas(renames); i++) {
        const git_diff_delta *delta = git_diff_get_delta(renames, i);
        if (delta->status == GIT_DELTA_RENAMED)
            result = count_rename(&targets, delta, directory, length);
    }
    const struct target *best = NULL;
    for (size_t i = 0; result == 0 && i < targets.count; i++)
        if (!best || targets.items[i].count > best->count)
            best = &targets.items[i];
    if (best)
        name = strdup(best->name);
    free_targets(&targets);
    return name;
}

static int find_renames(struct society_git *git, git_tree *base, git_tree *side, git_diff **ret)
{
    git_diff_find_options find;
    git_diff *diff = NULL;
    git_diff_find_options_init(&find, GIT_DIFF_FIND_OPTIONS_VERSION);
    find.flags = GIT_DIFF_FIND_RENAMES;
    find.rename_limit = 1000;
    if (git_diff_tree_to_tree(&diff, git->repository, base, side, NULL) < 0 ||
        git_diff_find_similar(diff, &find) < 0) {
        git_diff_free(diff);
        return soc_fail_git(git, "comparing two trees");
    }
    *ret = diff;
    return 0;
}

static int append(struct society_git *git, soc_json *paths, const char *path, const char *kind)
{
    soc_json *object = soc_json_new_object();
    if (soc_json_set_string(object, "path", path) < 0 ||
        soc_json_set_string(object, "kind", kind) < 0 ||
        soc_json_set(object, "lines", soc_json_new_null()) < 0) {
        soc_json_free(object);
        return soc_fail_memory(&git->error);
    }
    return soc_json_append(paths, object) < 0 ? soc_fail_memory(&git->error) : 0;
}

/* What a check of one file needs; the renames are looked for at the first that asks. */
struct check {
    struct society_git *git;
    git_tree *base, *side;
    git_diff *renames;
    soc_json *paths;
};

static int need_renames(struct check *c)
{
    return c->renames ? 0 : find_renames(c->git, c->base, c->side, &c->renames);
}

static int check_addition(struct check *c, const char *path)
{
    size_t length = removed_directory(c->base, c->side, path);
    if (length == 0)
        return 0;
    int result = need_renames(c);
    if (result < 0)
        return result;
    SOC_AUTO_FREE char *target = find_target(c->renames, path, length);
    if (!target)
        return 0;
    SOC_AUTO_STRBUF struct soc_strbuf moved = SOC_STRBUF_INIT;
    soc_strbuf_add_format(&moved, "%s%s%s", target, *target ? "/" : "", path + length + 1);
    return moved.failed ? soc_fail_memory(&c->git->error)
                        : append(c->git, c->paths, moved.data, "location");
}

static int check_type(struct check *c, const char *path)
{
    if (has_path(c->side, path, strlen(path)))
        return 0;
    int result = need_renames(c);
    for (size_t i = 0; result == 0 && i < git_diff_num_deltas(c->renames); i++) {
        const git_diff_delta *delta = git_diff_get_delta(c->renames, i);
        if (delta->status == GIT_DELTA_RENAMED && strcmp(delta->old_file.path, path) == 0)
            return append(c->git, c->paths, delta->new_file.path, "rename");
    }
    return result;
}

int soc_moves_conflicts(struct society_git *git, git_tree *base, git_tree *side, git_tree *other,
                        soc_json *paths)
{
    struct check c = {.git = git, .base = base, .side = side, .paths = paths};
    git_diff_options options;
    git_diff *changes = NULL;
    int result = 0;
    git_diff_options_init(&options, GIT_DIFF_OPTIONS_VERSION);
    options.flags = GIT_DIFF_INCLUDE_TYPECHANGE;
    if (git_diff_tree_to_tree(&changes, git->repository, base, other, &options) < 0)
        return soc_fail_git(git, "comparing two trees");
    for (size_t i = 0; result == 0 && i < git_diff_num_deltas(changes); i++) {
        const git_diff_delta *delta = git_diff_get_delta(changes, i);
        if (delta->status == GIT_DELTA_ADDED)
            result = check_addition(&c, delta->new_file.path);
        else if (delta->status == GIT_DELTA_TYPECHANGE)
            result = check_type(&c, delta->new_file.path);
    }
    git_diff_free(changes);
    git_diff_free(c.renames);
    return result;
}
