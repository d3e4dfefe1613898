/* SPDX-License-Identifier: MIT */
/*
 * In which order to merge, so that the fewest merges conflict.
 *
 * A merge conflicts if the branch conflicts with the base or with one that was merged before it. So
 * the most that can go in cleanly is the largest set of branches of which no two conflict: they come
 * first, those that will need work after them. Up to EXACT branches every set is looked at, above
 * that the one with the fewest conflicts left is taken, again and again.
 *
 * Then the merges are tried, one on top of the other: the steps tell what really comes of it, also
 * where three agree in pairs and not together.
 */
#include <stdlib.h>
#include <string.h>

#include "contenders.h"
#include "merge.h"

#define EXACT 16

struct problem {
    const struct soc_contenders *all;
    size_t count;
    int *
        paths; /* [i * count + j]: in how many paths i and j conflict; [i * count + i]: i and base */
    int *total; /* of each with all others */
    size_t *order;
    bool *clean;     /* goes in without a conflict */
    bool *candidate; /* may still */
};

static int count_conflicts(struct society_git *git, const git_oid *a, const git_oid *b,
                           int *ret_count)
{
    soc_json *paths = NULL;
    int result = soc_merge(git, a, b, &paths);
    if (result < 0)
        return result;
    *ret_count = (int)soc_json_count(paths);
    soc_json_free(paths);
    return 0;
}

static int fill(struct society_git *git, struct problem *p, const git_oid *base)
{
    int result = 0;
    for (size_t i = 0; result == 0 && i < p->count; i++) {
        const git_oid *a = &p->all->items[i].commit;
        result = count_conflicts(git, a, base, &p->paths[i * p->count + i]);
        for (size_t j = i + 1; result == 0 && j < p->count; j++) {
            int *cell = &p->paths[i * p->count + j];
            result = count_conflicts(git, a, &p->all->items[j].commit, cell);
            p->paths[j * p->count + i] = *cell;
            p->total[i] += *cell;
            p->total[j] += *cell;
        }
    }
    return result;
}

/* ---- Which go in cleanly ---- */

static bool clean_set(const struct problem *p, unsigned set)
{
    for (size_t i = 0; i < p->count; i++)
        for (size_t j = i; j < p->count; j++)
            if ((set >> i & 1) && (set >> j & 1) && p->paths[i * p->count + j] > 0)
                return false;
    return true;
}

/* Of the largest sets, the one whose members conflict least with those that stay out. */
static void choose_exactly(struct problem *p)
{
    unsigned best = 0;
    int best_size = 0, best_total = 0;
    for (unsigned set = 1; set < 1U << p->count; set++) {
        int size = __builtin_popcount(set), total = 0;
        for (size_t i = 0; i < p->count; i++)
            total += (set >> i & 1) ? p->total[i] : 0;
        if ((size > best_size || (size == best_size && total < best_total)) && clean_set(p, set)) {
            best = set;
            best_size = size;
            best_total = total;
        }
    }
    for (size_t i = 0; i < p->count; i++)
        p->clean[i] = best >> i & 1;
}

/* In how many of the candidates a branch has a conflict. */
static int rivals(const struct problem *p, size_t i)
{
    int count = 0;
    for (size_t j = 0; j < p->count; j++)
        count += j != i && p->candidate[j] && p->paths[i * p->count + j] > 0;
    return count;
}

/* The candidate with the fewest rivals; p->count: there is none any more. */
static size_t best_candidate(const struct problem *p)
{
    size_t best = p->count;
    for (size_t i = 0; i < p->count; i++)
        if (p->candidate[i] && (best == p->count || rivals(p, i) < rivals(p, best)))
            best = i;
    return best;
}

static void choose_greedily(struct problem *p)
{
    for (size_t i = 0; i < p->count; i++)
        p->candidate[i] = p->paths[i * p->count + i] == 0;
    for (size_t best; (best = best_candidate(p)) < p->count;) {
        p->clean[best] = true;
        p->candidate[best] = false;
        for (size_t j = 0; j < p->count; j++)
            if (p->paths[best * p->count + j] > 0)
                p->candidate[j] = false;
    }
}

/* Whether x goes before y: what goes in cleanly, by name, before the others, the least trouble
 * first. */
static bool before(const struct problem *p, size_t x, size_t y)
{
    if (p->clean[x] != p->clean[y])
        return p->clean[x];
    if (!p->clean[x] && p->total[x] != p->total[y])
        return p->total[x] < p->total[y];
    return x < y;
}

static void choose(struct problem *p)
{
    if (p->count <= EXACT)
        choose_exactly(p);
    else
        choose_greedily(p);
    for (size_t i = 0; i < p->count; i++) {
        size_t at = i;
        for (; at > 0 && before(p, i, p->order[at - 1]); at--)
            p->order[at] = p->order[at - 1];
        p->order[at] = i;
    }
}

/* ---- What comes of it ---- */

/* One more merge on top of `trunk`; a clean one becomes the new trunk. */
static int try_step(struct society_git *git, const struct soc_contender *next, git_oid *trunk,
                    soc_json *list)
{
    git_oid tree;
    soc_json *paths = NULL;
    int result = soc_merge_tree(git, trunk, &next->commit, &paths, &tree);
    if (result < 0)
        return result;
    if (soc_json_count(paths) == 0) {
        git_oid parents[2];
        git_oid_cpy(&parents[0], trunk);
        git_oid_cpy(&parents[1], &next->commit);
        result = soc_snapshot_commit(git, git->repository, &tree, parents, 2, "a merge", 0, trunk);
    }
    soc_json *object = result == 0 ? soc_json_new_object() : NULL;
    if (result < 0 || soc_json_set_string(object, "name", next->name) < 0) {
        soc_json_free(object);
        soc_json_free(paths);
        return result < 0 ? result : soc_fail_memory(&git->error);
    }
    if (soc_json_set(object, "paths", paths) < 0 || soc_json_append(list, object) < 0)
        return soc_fail_memory(&git->error);
    return 0;
}

static int find_base(struct society_git *git, const char *base, const struct soc_contenders *all,
                     git_oid *ret)
{
    if (base)
        return soc_resolve(git, base, ret);
    for (size_t i = 0; i < all->count; i++)
        if (all->items[i].base) {
            git_oid_cpy(ret, &all->items[i].base_commit);
            return 0;
        }
    return soc_resolve(git, "HEAD", ret);
}

static int try_all(struct society_git *git, const struct problem *p, git_oid *trunk, soc_json *list)
{
    int result = 0;
    for (size_t i = 0; result == 0 && i < p->count; i++)
        result = try_step(git, &p->all->items[p->order[i]], trunk, list);
    return result;
}

static int solve(struct society_git *git, struct problem *p, const char *base, soc_json *list)
{
    git_oid trunk;
    int result = find_base(git, base, p->all, &trunk);
    if (result == 0)
        result = fill(git, p, &trunk);
    if (result < 0)
        return result;
    choose(p);
    return try_all(git, p, &trunk, list);
}

static int propose(struct society_git *git, const char *base, const struct soc_contenders *all,
                   soc_json *list)
{
    size_t count = all->count;
    int *paths = calloc(count * count + 1, sizeof *paths);
    int *total = calloc(count + 1, sizeof *total);
    size_t *order = calloc(count + 1, sizeof *order);
    bool *clean = calloc(count + 1, sizeof *clean);
    bool *candidate = calloc(count + 1, sizeof *candidate);
    struct problem p = {all, count, paths, total, order, clean, candidate};
    int result = paths && total && order && clean && candidate ? solve(git, &p, base, list)
                                                               : soc_fail_memory(&git->error);
    free(paths);
    free(total);
    free(order);
    free(clean);
    free(candidate);
    return result;
}

SOC_PUBLIC int society_git_order(society_git *git, const char *names, const char *base,
                                 char **ret_json)
{
    struct soc_contenders all = {0};
    SOC_AUTO_JSON soc_json *list = soc_json_new_array();
    int result = soc_git_enter(git);
    if (result < 0)
        return result;
    result = list ? soc_contenders_read(git, names, &all) : soc_fail_memory(&git->error);
    if (result < 0)
        return result;
    result = propose(git, base, &all, list);
    soc_contenders_free(&all);
    int forgotten = soc_repository_forget(git);
    if (result == 0)
        result = forgotten;
    return result < 0 ? result : soc_git_return(git, list, ret_json);
}
