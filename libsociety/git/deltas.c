/* SPDX-License-Identifier: MIT */
/* Two trees compared, once: see deltas.h. */
#include "deltas.h"

#include <stdlib.h>
#include <string.h>

static git_index_entry make_entry(const git_diff_file *file, bool there)
{
    git_index_entry entry = {0};
    if (there) {
        entry.path = file->path;
        entry.mode = file->mode;
        git_oid_cpy(&entry.id, &file->id);
    }
    return entry;
}

static bool is_odd(const git_diff_delta *delta)
{
    return delta->status == GIT_DELTA_TYPECHANGE || delta->old_file.mode == GIT_FILEMODE_COMMIT ||
           delta->new_file.mode == GIT_FILEMODE_COMMIT;
}

static int compare(const void *a, const void *b)
{
    return strcmp(((const struct soc_delta *)a)->path, ((const struct soc_delta *)b)->path);
}

static int fill(struct society_git *git, struct soc_deltas *deltas)
{
    size_t count = git_diff_num_deltas(deltas->diff);
    deltas->items = calloc(count + 1, sizeof *deltas->items);
    if (!deltas->items)
        return soc_fail_memory(&git->error);
    for (size_t i = 0; i < count; i++) {
        const git_diff_delta *delta = git_diff_get_delta(deltas->diff, i);
        bool added = delta->status == GIT_DELTA_ADDED;
        bool deleted = delta->status == GIT_DELTA_DELETED;
        deltas->items[i] = (struct soc_delta){
            .path = delta->new_file.path,
            .before = make_entry(&delta->old_file, !added),
            .after = make_entry(&delta->new_file, !deleted),
        };
        deltas->added |= added;
        deltas->deleted |= deleted;
        deltas->odd |= is_odd(delta);
    }
    deltas->count = count;
    qsort(deltas->items, count, sizeof *deltas->items, compare);
    return 0;
}

static int tree_of(struct society_git *git, const git_oid *id, git_tree **ret)
{
    git_commit *commit = NULL;
    int result = 0;
    if (git_commit_lookup(&commit, git->repository, id) < 0 || git_commit_tree(ret, commit) < 0)
        result = soc_fail_git(git, "reading a commit");
    git_commit_free(commit);
    return result;
}

static int compare_trees(struct society_git *git, struct soc_deltas *deltas)
{
    git_diff_options options;
    git_tree *from = NULL;
    git_tree *to = NULL;
    git_diff_options_init(&options, GIT_DIFF_OPTIONS_VERSION);
    options.flags = GIT_DIFF_INCLUDE_TYPECHANGE;
    int result = tree_of(git, &deltas->base, &from);
    if (result == 0)
        result = tree_of(git, &deltas->commit, &to);
    if (result == 0 &&
        git_diff_tree_to_tree(&deltas->diff, git->repository, from, to, &options) < 0)
        result = soc_fail_git(git, "comparing two trees");
    git_tree_free(from);
    git_tree_free(to);
    return result;
}

static void free_deltas(struct soc_deltas *deltas)
{
    git_diff_free(deltas->diff);
    free(deltas->items);
    free(deltas);
}

int soc_deltas_read(struct society_git *git, const git_oid *base, const git_oid *commit,
                    const struct soc_deltas **ret)
{
    struct soc_deltas *deltas = git->deltas;
    while (deltas &&
           (!git_oid_equal(&deltas->base, base) || !git_oid_equal(&deltas->commit, commit)))
        deltas = deltas->next;
    if (deltas) {
        *ret = deltas;
        return 0;
    }
    deltas = calloc(1, sizeof *deltas);
    if (!deltas)
        return soc_fail_memory(&git->error);
    git_oid_cpy(&deltas->base, base);
    git_oid_cpy(&deltas->commit, commit);
    int result = compare_trees(git, deltas);
    if (result == 0)
        result = fill(git, deltas);
    if (result < 0) {
        free_deltas(deltas);
        return result;
    }
    deltas->next = git->deltas;
    git->deltas = deltas;
    *ret = deltas;
    return 0;
}

void soc_deltas_forget(struct society_git *git)
{
    while (git->deltas) {
        struct soc_deltas *deltas = git->deltas;
        git->deltas = deltas->next;
        free_deltas(deltas);
    }
}
