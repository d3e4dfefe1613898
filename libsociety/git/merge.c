/* SPDX-License-Identifier: MIT */
/* A merge in memory, and its conflicts as JSON: see merge.h. */
#include "merge.h"

#include <errno.h>
#include <string.h>

#include "hunks.h"
#include "moves.h"
#include "unmerged.h"

/* As many files that might be renames of each other as git compares by default. */
#define RENAME_LIMIT 7000

/* ---- What kind of conflict ---- */

static bool is_kind(const git_index_entry *entry, unsigned mode)
{
    return entry && (entry->mode & 0170000U) == mode;
}

static bool is_blob(const git_index_entry *entry)
{
    return is_kind(entry, 0100000U);
}

static const char *kind_of(const git_index_entry *ancestor, const git_index_entry *a,
                           const git_index_entry *b)
{
    if (is_kind(a, GIT_FILEMODE_COMMIT) || is_kind(b, GIT_FILEMODE_COMMIT))
        return "submodule";
    if (a && b && (!is_blob(a) || !is_blob(b)))
        return "mode";
    if (a && b && git_oid_equal(&a->id, &b->id))
        return "mode";
    if (a && b)
        return ancestor ? "content" : "add";
    return ancestor && (a || b) ? "delete" : "rename";
}

static void free_blobs(git_blob **blobs)
{
    for (int i = 0; i < 3; i++)
        git_blob_free(blobs[i]);
}

/* The lines of a conflict between two files. A file that is not text has none: its kind is binary. */
static soc_json *lines_of(struct society_git *git, const git_index_entry *ancestor,
                          const git_index_entry *a, const git_index_entry *b, const char **kind)
{
    git_blob *blobs[3] = {NULL, NULL, NULL};
    soc_json *lines = NULL;
    if ((ancestor && is_blob(ancestor) &&
         git_blob_lookup(&blobs[0], git->repository, &ancestor->id) < 0) ||
        git_blob_lookup(&blobs[1], git->repository, &a->id) < 0 ||
        git_blob_lookup(&blobs[2], git->repository, &b->id) < 0) {
        free_blobs(blobs);
        return NULL; /* the lines are not to be had; the conflict stands */
    }
    if ((blobs[0] && git_blob_is_binary(blobs[0])) || git_blob_is_binary(blobs[1]) ||
        git_blob_is_binary(blobs[2]))
        *kind = "binary";
    else
        lines = soc_hunks_meet(blobs[0], blobs[1], blobs[2]);
    free_blobs(blobs);
    return lines;
}

static int append_conflict(struct society_git *git, soc_json *paths,
                           const struct soc_unmerged *conflict)
{
    const git_index_entry *ancestor = conflict->ancestor, *a = conflict->a, *b = conflict->b;
    const char *kind = kind_of(ancestor, a, b);
    soc_json *lines = NULL;
    if (strcmp(kind, "content") == 0 || strcmp(kind, "add") == 0)
        lines = lines_of(git, ancestor, a, b, &kind);
    soc_json *object = soc_json_new_object();
    if (soc_json_set_string(object, "path", conflict->path) < 0 ||
        soc_json_set_string(object, "kind", kind) < 0 ||
        soc_json_set(object, "lines", lines ? lines : soc_json_new_null()) < 0) {
        soc_json_free(object);
        return soc_fail_memory(&git->error);
    }
    return soc_json_append(paths, object) < 0 ? soc_fail_memory(&git->error) : 0;
}

static int append_conflicts(struct society_git *git, git_index *index, soc_json *paths)
{
    struct soc_unmerged_list list;
    int result = soc_unmerged_read(git, index, &list);
    if (result < 0)
        return result;
    for (size_t i = 0; result == 0 && i < list.count; i++)
        if (!list.items[i].gone)
            result = append_conflict(git, paths, &list.items[i]);
    soc_unmerged_free(&list);
    return result;
}

/* ---- Merging ---- */

struct pair {
    git_commit *a, *b;
    git_tree *a_tree, *b_tree,
        *base_tree; /* base_tree: of the one merge base; NULL: none, several */
};

static void free_pair(struct pair *p)
{
    git_commit_free(p->a);
    git_commit_free(p->b);
    git_tree_free(p->a_tree);
    git_tree_free(p->b_tree);
    git_tree_free(p->base_tree);
}

static int load_pair(struct society_git *git, const git_oid *a, const git_oid *b,
                     const git_oid *base, struct pair *p)
{
    git_commit *commit = NULL;
    if (git_commit_lookup(&p->a, git->repository, a) < 0 ||
        git_commit_lookup(&p->b, git->repository, b) < 0 || git_commit_tree(&p->a_tree, p->a) < 0 ||
        git_commit_tree(&p->b_tree, p->b) < 0)
        return soc_fail_git(git, "reading two commits");
    if (base && (git_commit_lookup(&commit, git->repository, base) < 0 ||
                 git_commit_tree(&p->base_tree, commit) < 0)) {
        git_commit_free(commit);
        return soc_fail_git(git, "reading a merge base");
    }
    git_commit_free(commit);
    return 0;
}

static int merge_pair(struct society_git *git, struct pair *p, soc_json *paths, git_oid *ret_tree)
{
    git_merge_options options;
    git_index *index = NULL;
    int result = 0;
    git_merge_options_init(&options, GIT_MERGE_OPTIONS_VERSION);
    options.flags = GIT_MERGE_FIND_RENAMES;
    options.target_limit = RENAME_LIMIT;
    if (git_merge_commits(&index, git->repository, p->a, p->b, &options) < 0)
        return soc_fail_git(git, "merging two commits");
    if (git_index_has_conflicts(index))
        result = append_conflicts(git, index, paths);
    if (result == 0 && p->base_tree)
        result = soc_moves_conflicts(git, p->base_tree, p->a_tree, p->b_tree, paths);
    if (result == 0 && p->base_tree)
        result = soc_moves_conflicts(git, p->base_tree, p->b_tree, p->a_tree, paths);
    if (result == 0 && ret_tree && soc_json_count(paths) == 0 &&
        git_index_write_tree_to(ret_tree, index, git->repository) < 0)
        result = soc_fail_git(git, "writing a merged tree");
    git_index_free(index);
    return result;
}

/* When one commit holds the other, or both have the same tree, there is nothing to merge. 1: so it
 * is, with the tree; 0. */
static int trivial(struct pair *p, const git_oid *a, const git_oid *b, const git_oid *base,
                   git_oid *ret_tree)
{
    const git_tree *tree = NULL;
    if (base && git_oid_equal(base, a))
        tree = p->b_tree;
    else if ((base && git_oid_equal(base, b)) ||
             git_oid_equal(git_tree_id(p->a_tree), git_tree_id(p->b_tree)))
        tree = p->a_tree;
    if (tree && ret_tree)
        git_oid_cpy(ret_tree, git_tree_id(tree));
    return tree != NULL;
}

int soc_merge_tree(struct society_git *git, const git_oid *a, const git_oid *b,
                   soc_json **ret_paths, git_oid *ret_tree)
{
    git_oidarray bases = {0};
    struct pair p = {0};
    int found = git_merge_bases(&bases, git->repository, a, b);
    if (found < 0 && found != GIT_ENOTFOUND)
        return soc_fail_git(git, "looking for a merge base");
    soc_json *paths = soc_json_new_array();
    const git_oid *base = bases.count == 1 ? bases.ids : NULL;
    int result = paths ? load_pair(git, a, b, base, &p) : soc_fail_memory(&git->error);
    if (result == 0 && !trivial(&p, a, b, base, ret_tree))
        result = merge_pair(git, &p, paths, ret_tree);
    git_oidarray_dispose(&bases);
    free_pair(&p);
    if (result < 0) {
        soc_json_free(paths);
        return result;
    }
    *ret_paths = paths;
    return 0;
}

int soc_merge(struct society_git *git, const git_oid *a, const git_oid *b, soc_json **ret_paths)
{
    return soc_merge_tree(git, a, b, ret_paths, NULL);
}
