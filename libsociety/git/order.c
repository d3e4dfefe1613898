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
        paths; /* [i * count + j]: the paths in which i and j conflict; [i * count + i]: i and base */
    int *total; /* of each with all others */
    size_t *order;
};

static int count_conflicts(struct society_git *git, const git_oid *a, const git_oid *b,
                           int *ret_count)
{
    soc_json *paths = NULL;
    int result = soc_merge(git, a, b, &paths);
    if (result == 0)
        *ret_count = (int)soc_json_count(paths);
    soc_json_free(paths);
    return result;
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
static void choose_exactly(const struct problem *p, bool *clean)
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
        clean[i] = best >> i & 1;
}

/* In how many of the candidates a branch has a conflict; -1: it is none itself. */
static int rivals(const struct problem *p, const bool *candidate, size_t i)
{
    int count = 0;
    if (!candidate[i])
        return -1;
    for (size_t j = 0; j < p->count; j++)
        count += j != i && candidate[j] && p->paths[i * p->count + j] > 0;
    return count;
}

static void choose_greedily(const struct problem *p, bool *clean, bool *candidate)
{
    for (size_t i = 0; i < p->count; i++)
        candidate[i] = p->paths[i * p->count + i] == 0;
    for (;;) {
        size_t best = p->count;
        for (size_t i = 0; i < p->count; i++)
            if (candidate[i] &&
                (best == p->count || rivals(p, candidate, i) < rivals(p, candidate, best)))
                best = i;
        if (best == p->count)
            return;
        clean[best] = true;
        candidate[best] = false;
        for (size_t j = 0; j < p->count; j++)
            if (p->paths[best * p->count + j] > 0)
                candidate[j] = false;
    }
}

/* Those that go in cleanly, then the others, the least trouble first; by name where it is the same. */
static int choose(struct society_git *git, struct problem *p)
{
    bool *clean = calloc(p->count + 1, 2 * sizeof *clean);
    if (!clean)
        return soc_fail_memory(&git->error);
    if (p->count <= EXACT)
        choose_exactly(p, clean);
    else
        choose_greedily(p, clean, clean + p->count);
    for (size_t i = 0; i < p->count; i++)
        p->order[i] = i;
    for (size_t i = 1; i < p->count; i++)
        for (size_t j = i; j > 0; j--) {
            size_t x = p->order[j - 1], y = p->order[j];
            if (clean[x] > clean[y] ||
                (clean[x] == clean[y] && (clean[x] || p->total[x] <= p->total[y])))
                break;
            p->order[j - 1] = y;
            p->order[j] = x;
        }
    free(clean);
    return 0;
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

static int propose(struct society_git *git, const char *base, const struct soc_contenders *all,
                   soc_json *list)
{
    struct problem p = {.all = all, .count = all->count};
    git_oid trunk;
    int result = find_base(git, base, all, &trunk);
    p.paths = calloc(p.count * p.count + 1, sizeof *p.paths);
    p.total = calloc(p.count + 1, sizeof *p.total);
    p.order = calloc(p.count + 1, sizeof *p.order);
    if (result == 0 && (!p.paths || !p.total || !p.order))
        result = soc_fail_memory(&git->error);
    if (result == 0)
        result = fill(git, &p, &trunk);
    if (result == 0)
        result = choose(git, &p);
    for (size_t i = 0; result == 0 && i < p.count; i++)
        result = try_step(git, &all->items[p.order[i]], &trunk, list);
    free(p.paths);
    free(p.total);
    free(p.order);
    return result;
}

SOC_PUBLIC int society_git_order(society_git *git, const char *names, const char *base,
                                 char **ret_json)
{
    struct soc_contenders all;
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
