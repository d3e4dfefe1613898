/* SPDX-License-Identifier: MIT */
/* One conflict as JSON: see conflict.h. */
#include "conflict.h"

#include <string.h>

#include "hunks.h"

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

int soc_conflict_append(struct society_git *git, soc_json *paths,
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
