/* SPDX-License-Identifier: MIT */
/* A merge in memory, and its conflicts as JSON: see merge.h. */
#include "merge.h"

#include "conflict.h"
#include "moves.h"
#include "quick.h"

/* As many files that might be renames of each other as git compares by default. */
#define RENAME_LIMIT 7000

static int append_conflicts(struct society_git *git, git_index *index, soc_json *paths)
{
    struct soc_unmerged_list list;
    int result = soc_unmerged_read(git, index, &list);
    if (result < 0)
        return result;
    for (size_t i = 0; result == 0 && i < list.count; i++)
        if (!list.items[i].gone)
            result = soc_conflict_append(git, paths, &list.items[i]);
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

static int merge_slowly(struct society_git *git, const git_oid *a, const git_oid *b,
                        const git_oid *base, soc_json *paths, git_oid *ret_tree)
{
    struct pair p = {0};
    int result = load_pair(git, a, b, base, &p);
    if (result == 0 && !trivial(&p, a, b, base, ret_tree))
        result = merge_pair(git, &p, paths, ret_tree);
    free_pair(&p);
    return result;
}

/* Whoever wants the tree has to have it made. */
static int merge(struct society_git *git, const git_oid *a, const git_oid *b, const git_oid *base,
                 soc_json *paths, git_oid *ret_tree)
{
    int result = base && !ret_tree ? soc_quick_merge(git, base, a, b, paths) : 0;
    return result == 0 ? merge_slowly(git, a, b, base, paths, ret_tree) : result;
}

int soc_merge_tree(struct society_git *git, const git_oid *a, const git_oid *b,
                   soc_json **ret_paths, git_oid *ret_tree)
{
    git_oidarray bases = {0};
    int found = git_merge_bases(&bases, git->repository, a, b);
    if (found < 0 && found != GIT_ENOTFOUND)
        return soc_fail_git(git, "looking for a merge base");
    soc_json *paths = soc_json_new_array();
    const git_oid *base = bases.count == 1 ? bases.ids : NULL;
    int result = paths ? merge(git, a, b, base, paths, ret_tree) : soc_fail_memory(&git->error);
    git_oidarray_dispose(&bases);
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
