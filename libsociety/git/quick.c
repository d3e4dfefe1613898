/* SPDX-License-Identifier: MIT */
/* Merging path by path: see quick.h. */
#include "quick.h"

#include <string.h>

#include "conflict.h"
#include "deltas.h"

/* Above that many pairs of new files the way without a look at all of them is as good. */
#define ADDED_MAX 100000

static bool is_blob(const git_index_entry *entry)
{
    return (entry->mode & 0170000U) == 0100000U;
}

static bool may_rename(const struct soc_deltas *deltas)
{
    return deltas->odd || (deltas->added && deltas->deleted);
}

static bool is_below(const char *path, const char *directory)
{
    size_t length = strlen(directory);
    return strncmp(path, directory, length) == 0 && path[length] == '/';
}

/* Whether a new file of one side is where the other has a new directory. */
static bool has_clash(const struct soc_deltas *a, const struct soc_deltas *b)
{
    if (!a->added || !b->added)
        return false;
    if (a->count * b->count > ADDED_MAX)
        return true; /* as far as we know */
    for (size_t i = 0; i < a->count; i++)
        for (size_t j = 0; j < b->count && a->items[i].before.mode == 0; j++)
            if (b->items[j].before.mode == 0 && (is_below(a->items[i].path, b->items[j].path) ||
                                                 is_below(b->items[j].path, a->items[i].path)))
                return true;
    return false;
}

/* A file whose merge somebody else is asked for, by .gitattributes. */
static bool has_driver(struct society_git *git, const char *path)
{
    const char *value = NULL;
    return git_attr_get(&value, git->repository, 0, path, "merge") < 0 ||
           git_attr_value(value) != GIT_ATTR_VALUE_UNSPECIFIED ||
           git_attr_get(&value, git->repository, 0, path, "binary") < 0 ||
           git_attr_value(value) != GIT_ATTR_VALUE_UNSPECIFIED;
}

static bool is_binary(struct society_git *git, const git_index_entry *entry)
{
    git_blob *blob = NULL;
    bool binary =
        git_blob_lookup(&blob, git->repository, &entry->id) < 0 || git_blob_is_binary(blob);
    git_blob_free(blob);
    return binary;
}

/* 1 the contents can be merged, 0 they conflict. */
static int merge_contents(struct society_git *git, const git_index_entry *before,
                          const git_index_entry *a, const git_index_entry *b)
{
    git_merge_file_result merged = {0};
    if (git_oid_equal(&a->id, &b->id) || git_oid_equal(&before->id, &a->id) ||
        git_oid_equal(&before->id, &b->id))
        return 1;
    if (!is_blob(a) || is_binary(git, before) || is_binary(git, a) || is_binary(git, b))
        return 0;
    if (git_merge_file_from_index(&merged, git->repository, before, a, b, NULL) < 0)
        return soc_fail_git(git, "merging %s", a->path);
    int clean = merged.automergeable != 0;
    git_merge_file_result_free(&merged);
    return clean;
}

/* One path that both have changed. 1 it merges, 0 it conflicts; errors. */
static int merge_path(struct society_git *git, const struct soc_delta *a, const struct soc_delta *b)
{
    bool a_there = a->after.mode != 0;
    bool b_there = b->after.mode != 0;
    if (!a_there || !b_there)
        return a_there == b_there;
    if (a->before.mode == 0) /* new on both sides */
        return a->after.mode == b->after.mode && git_oid_equal(&a->after.id, &b->after.id);
    return merge_contents(git, &a->before, &a->after, &b->after);
}

static int append(struct society_git *git, const struct soc_delta *a, const struct soc_delta *b,
                  soc_json *paths)
{
    struct soc_unmerged conflict = {
        .path = a->path,
        .ancestor = a->before.mode ? &a->before : NULL,
        .a = a->after.mode ? &a->after : NULL,
        .b = b->after.mode ? &b->after : NULL,
    };
    return soc_conflict_append(git, paths, &conflict);
}

/* Calls itself no merge of its kind (0) before anything is appended. */
static int merge_common(struct society_git *git, const struct soc_deltas *a,
                        const struct soc_deltas *b, soc_json *paths)
{
    for (size_t i = 0, j = 0; i < a->count && j < b->count;) {
        int order = strcmp(a->items[i].path, b->items[j].path);
        if (order == 0) {
            int clean = merge_path(git, &a->items[i], &b->items[j]);
            int result = clean == 0 ? append(git, &a->items[i], &b->items[j], paths) : clean;
            if (result < 0)
                return result;
        }
        i += order <= 0;
        j += order >= 0;
    }
    return 1;
}

static bool has_drivers(struct society_git *git, const struct soc_deltas *a,
                        const struct soc_deltas *b)
{
    for (size_t i = 0, j = 0; i < a->count && j < b->count;) {
        int order = strcmp(a->items[i].path, b->items[j].path);
        if (order == 0 && has_driver(git, a->items[i].path))
            return true;
        i += order <= 0;
        j += order >= 0;
    }
    return false;
}

int soc_quick_merge(struct society_git *git, const git_oid *base, const git_oid *a,
                    const git_oid *b, soc_json *paths)
{
    const struct soc_deltas *of_a = NULL;
    const struct soc_deltas *of_b = NULL;
    int result = soc_deltas_read(git, base, a, &of_a);
    if (result == 0)
        result = soc_deltas_read(git, base, b, &of_b);
    if (result < 0 || !of_a || !of_b)
        return result;
    if (may_rename(of_a) || may_rename(of_b) || has_clash(of_a, of_b) ||
        has_drivers(git, of_a, of_b))
        return 0;
    return merge_common(git, of_a, of_b, paths);
}
