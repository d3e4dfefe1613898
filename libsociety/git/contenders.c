/* SPDX-License-Identifier: MIT */
/* The states that are to be merged: see contenders.h. */
#include "contenders.h"

#include <stdlib.h>
#include <string.h>

static struct soc_contender *new_contender(struct soc_contenders *all, const char *name)
{
    struct soc_contender *items = realloc(all->items, (all->count + 1) * sizeof *items);
    if (!items)
        return NULL;
    all->items = items;
    items[all->count] = (struct soc_contender){.name = strdup(name)};
    return items[all->count].name ? &items[all->count++] : NULL;
}

/* A base that is no longer there, or was never recorded, is merged with nobody. */
static int find_base(struct society_git *git, const struct soc_slot *slot,
                     struct soc_contender *contender)
{
    struct soc_error before = git->error;
    if (slot->base.length == 0)
        return 0;
    if (soc_resolve(git, slot->base.data, &contender->base_commit) < 0) {
        git->error = before;
        return 0;
    }
    contender->base = strdup(slot->base.data);
    return contender->base ? 0 : soc_fail_memory(&git->error);
}

static int add_slot(struct society_git *git, struct soc_slot *slot, struct soc_contenders *all)
{
    git_oid commit;
    int result = soc_snapshot(git, slot, &commit);
    if (result < 0)
        return result;
    struct soc_contender *contender = new_contender(all, slot->id);
    if (!contender)
        return soc_fail_memory(&git->error);
    git_oid_cpy(&contender->commit, &commit);
    return find_base(git, slot, contender);
}

static int add_name(struct society_git *git, const char *name, struct soc_contenders *all)
{
    git_oid commit;
    struct soc_slot *slot = soc_slot_find(git, name);
    if (slot)
        return add_slot(git, slot, all);
    int result = soc_resolve(git, name, &commit);
    if (result < 0)
        return result;
    struct soc_contender *contender = new_contender(all, name);
    if (!contender)
        return soc_fail_memory(&git->error);
    git_oid_cpy(&contender->commit, &commit);
    return 0;
}

static int add_names(struct society_git *git, const char *names, struct soc_contenders *all)
{
    SOC_AUTO_JSON soc_json *list = soc_json_parse(names, strlen(names), &git->error);
    if (!list || soc_json_kind(list) != SOC_JSON_ARRAY)
        return soc_fail(&git->error, SOCIETY_E_INVALID, "names: not a JSON array of names");
    int result = 0;
    for (size_t i = 0; result == 0 && i < soc_json_count(list); i++) {
        const char *name = soc_json_string(soc_json_item(list, i));
        result =
            name ? add_name(git, name, all)
                 : soc_fail(&git->error, SOCIETY_E_INVALID, "names: item %zu is no string", i + 1);
    }
    return result;
}

static int add_all(struct society_git *git, struct soc_contenders *all)
{
    int result = 0;
    for (struct soc_slot *slot = git->slots; result == 0 && slot; slot = slot->next) {
        if (slot->trouble.length > 0)
            continue; /* society_git_slots() names it */
        result = add_slot(git, slot, all);
        if (result == SOCIETY_E_NOT_FOUND)
            result = 0;
    }
    return result;
}

int soc_contenders_read(struct society_git *git, const char *names, struct soc_contenders *ret)
{
    *ret = (struct soc_contenders){0};
    int result = soc_slots_read(git);
    if (result == 0)
        result = names ? add_names(git, names, ret) : add_all(git, ret);
    if (result < 0)
        soc_contenders_free(ret);
    return result;
}

void soc_contenders_free(struct soc_contenders *all)
{
    for (size_t i = 0; i < all->count; i++) {
        free(all->items[i].name);
        free(all->items[i].base);
    }
    free(all->items);
    *all = (struct soc_contenders){0};
}
