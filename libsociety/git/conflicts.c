/* SPDX-License-Identifier: MIT */
/*
 * Which working copies would conflict: every pair, and each with its base.
 *
 * Every working copy is read once, and its state made a commit in memory; then the pairs are merged.
 * What was written to memory is forgotten when all is done.
 */
#include "contenders.h"
#include "merge.h"

static int append_pair(struct society_git *git, const struct soc_contender *a, const char *b,
                       bool base, soc_json *paths, soc_json *list)
{
    soc_json *object = soc_json_new_object();
    if (soc_json_set_string(object, "a", a->name) < 0 || soc_json_set_string(object, "b", b) < 0 ||
        soc_json_set(object, "base", soc_json_new_bool(base)) < 0) {
        soc_json_free(object);
        soc_json_free(paths);
        return soc_fail_memory(&git->error);
    }
    if (soc_json_set(object, "paths", paths) < 0 || soc_json_append(list, object) < 0)
        return soc_fail_memory(&git->error);
    return 0;
}

/* Merges one pair and appends it if it conflicts. */
static int merge_into(struct society_git *git, const struct soc_contender *a, const char *b,
                      const git_oid *b_commit, bool base, soc_json *list)
{
    soc_json *paths = NULL;
    int result = soc_merge(git, &a->commit, b_commit, &paths);
    if (result < 0)
        return result;
    if (soc_json_count(paths) > 0)
        return append_pair(git, a, b, base, paths, list);
    soc_json_free(paths);
    return 0;
}

static int merge_all(struct society_git *git, const struct soc_contenders *all, soc_json *list)
{
    int result = 0;
    for (size_t i = 0; result == 0 && i < all->count; i++) {
        const struct soc_contender *a = &all->items[i];
        if (a->base)
            result = merge_into(git, a, a->base, &a->base_commit, true, list);
        for (size_t j = i + 1; result == 0 && j < all->count; j++)
            result = merge_into(git, a, all->items[j].name, &all->items[j].commit, false, list);
    }
    return result;
}

SOC_PUBLIC int society_git_conflicts(society_git *git, const char *names, char **ret_json)
{
    struct soc_contenders all = {0};
    SOC_AUTO_JSON soc_json *list = soc_json_new_array();
    int result = soc_git_enter(git);
    if (result < 0)
        return result;
    result = list ? soc_contenders_read(git, names, &all) : soc_fail_memory(&git->error);
    if (result < 0)
        return result;
    result = merge_all(git, &all, list);
    soc_contenders_free(&all);
    int forgotten = soc_repository_forget(git);
    if (result == 0)
        result = forgotten;
    return result < 0 ? result : soc_git_return(git, list, ret_json);
}
