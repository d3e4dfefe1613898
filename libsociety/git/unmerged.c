/* SPDX-License-Identifier: MIT */
/* The conflicts of a merged index: see unmerged.h. */
#include "unmerged.h"

#include <git2/sys/index.h>
#include <stdlib.h>
#include <string.h>

static int collect(struct society_git *git, git_index *index, struct soc_unmerged_list *list)
{
    git_index_conflict_iterator *iterator = NULL;
    const git_index_entry *ancestor, *a, *b;
    int result = 0;
    if (git_index_conflict_iterator_new(&iterator, index) < 0)
        return soc_fail_git(git, "reading the conflicts of a merge");
    while (result == 0 && git_index_conflict_next(&ancestor, &a, &b, iterator) == 0) {
        struct soc_unmerged *items = realloc(list->items, (list->count + 1) * sizeof *list->items);
        if (!items) {
            result = soc_fail_memory(&git->error);
            break;
        }
        const git_index_entry *any = a ? a : b ? b : ancestor;
        list->items = items;
        items[list->count++] = (struct soc_unmerged){any->path, ancestor, a, b, false};
    }
    git_index_conflict_iterator_free(iterator);
    return result;
}

static struct soc_unmerged *find(struct soc_unmerged_list *list, const char *path)
{
    for (size_t i = 0; path && i < list->count; i++)
        if (strcmp(list->items[i].path, path) == 0)
            return &list->items[i];
    return NULL;
}

/* The new name of a file that one side has renamed, or both in the same way; NULL: each to another. */
static const char *new_name(const git_index_name_entry *names)
{
    bool a = names->ours && strcmp(names->ours, names->ancestor) != 0;
    bool b = names->theirs && strcmp(names->theirs, names->ancestor) != 0;
    if (a && b && strcmp(names->ours, names->theirs) != 0)
        return NULL;
    return a ? names->ours : b ? names->theirs : NULL;
}

static void join_renames(git_index *index, struct soc_unmerged_list *list)
{
    for (size_t i = 0; i < git_index_name_entrycount(index); i++) {
        const git_index_name_entry *names = git_index_name_get_byindex(index, i);
        if (!names->ancestor)
            continue;
        const char *name = new_name(names);
        struct soc_unmerged *old = find(list, names->ancestor);
        struct soc_unmerged *new = find(list, name);
        if (!old || !new || old == new)
            continue;
        if (!new->ancestor && !(new->a &&new->b))
            new->ancestor = old->ancestor;
        new->a = new->a ? new->a : old->a;
        new->b = new->b ? new->b : old->b;
        old->gone = true;
    }
}

/* ---- What is none ---- */

static bool is_blob(const git_index_entry *entry)
{
    return entry && (entry->mode & 0170000U) == 0100000U;
}

static int settle(struct society_git *git, git_index *index, struct soc_unmerged *conflict)
{
    const git_index_entry *ancestor = conflict->ancestor, *a = conflict->a, *b = conflict->b;
    if (!is_blob(ancestor) || !is_blob(a) || !is_blob(b))
        return 0;
    bool a_same = git_oid_equal(&ancestor->id, &a->id);
    if (!a_same && !git_oid_equal(&ancestor->id, &b->id) && !git_oid_equal(&a->id, &b->id))
        return 0;
    SOC_AUTO_STRBUF struct soc_strbuf path = SOC_STRBUF_INIT;
    SOC_AUTO_STRBUF struct soc_strbuf old = SOC_STRBUF_INIT;
    soc_strbuf_add_string(&path, conflict->path);
    soc_strbuf_add_string(&old, ancestor->path);
    if (path.failed || old.failed)
        return soc_fail_memory(&git->error);
    git_index_entry merged = *(a_same ? b : a);
    merged.mode = a->mode != ancestor->mode ? a->mode : b->mode;
    merged.flags = 0;
    merged.path = path.data;
    conflict->gone = true;
    /* Removing fails where there is none, which is as good. */
    git_index_conflict_remove(index, path.data);
    git_index_conflict_remove(index, old.data);
    return git_index_add(index, &merged) < 0 ? soc_fail_git(git, "%s", path.data) : 0;
}

int soc_unmerged_read(struct society_git *git, git_index *index, struct soc_unmerged_list *ret)
{
    *ret = (struct soc_unmerged_list){0};
    int result = collect(git, index, ret);
    if (result == 0)
        join_renames(index, ret);
    for (size_t i = 0; result == 0 && i < ret->count; i++)
        if (!ret->items[i].gone)
            result = settle(git, index, &ret->items[i]);
    if (result < 0)
        soc_unmerged_free(ret);
    return result;
}

void soc_unmerged_free(struct soc_unmerged_list *list)
{
    free(list->items);
    *list = (struct soc_unmerged_list){0};
}
