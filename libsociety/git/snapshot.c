/* SPDX-License-Identifier: MIT */
/* A working copy's state as objects: see snapshot.h. */
#include "snapshot.h"

#include <errno.h>
#include <git2/sys/commit.h>
#include <stdio.h>

#include "filter.h"
#include "sys.h"

/* A larger file is not read into memory. In its place stands its hash, which no merge can take for
 * text: two sides that changed it conflict, as they do for any binary file. */
#define LARGE_BYTES (INT64_C(32) << 20)
#define PARENTS_MAX 16

/* ---- Files ---- */

static int stand_in(git_repository *repository, const char *path, git_oid *ret_id)
{
    char text[GIT_OID_HEXSZ + 16];
    git_oid id;
    if (git_repository_hashfile(&id, repository, path, GIT_OBJECT_BLOB, NULL) < 0)
        return -1;
    int length = snprintf(text, sizeof text, "%c%s\n", '\0', git_oid_tostr_s(&id));
    return git_blob_create_from_buffer(ret_id, repository, text, (size_t)length);
}

/* A submodule is its HEAD. */
static int add_submodule(struct society_git *git, git_index *index, const char *path)
{
    const git_index_entry *entry = git_index_get_bypath(index, path, 0);
    if (entry && entry->mode == GIT_FILEMODE_COMMIT && git_index_add_bypath(index, path) < 0)
        return soc_fail_git(git, "submodule %s", path);
    return 0;
}

/* The contents of a file as git would store them. */
static int add_contents(struct society_git *git, git_repository *repository, const char *path,
                        bool stands_in, git_oid *ret_id)
{
    SOC_AUTO_STRBUF struct soc_strbuf contents = SOC_STRBUF_INIT;
    int result = soc_filter_clean(git, repository, path, &contents);
    if (result < 0)
        return result;
    if (result == 1)
        result = git_blob_create_from_buffer(ret_id, repository, contents.data ? contents.data : "",
                                             contents.length);
    else
        result = stands_in ? stand_in(repository, path, ret_id)
                           : git_blob_create_from_workdir(ret_id, repository, path);
    return result < 0
               ? soc_fail_git(git, "cannot read %s%s", git_repository_workdir(repository), path)
               : 0;
}

static int add_file(struct society_git *git, git_repository *repository, git_index *index,
                    const char *path, const struct stat *st, bool light)
{
    git_index_entry entry = {0};
    bool is_link = S_ISLNK(st->st_mode);
    int result = 0;
    if (!is_link)
        result = add_contents(git, repository, path, light && st->st_size > LARGE_BYTES, &entry.id);
    else if (git_blob_create_from_workdir(&entry.id, repository, path) < 0)
        result = soc_fail_git(git, "cannot read %s%s", git_repository_workdir(repository), path);
    if (result < 0)
        return result;
    entry.path = path;
    entry.mode = GIT_FILEMODE_BLOB;
    if (is_link)
        entry.mode = GIT_FILEMODE_LINK;
    else if (st->st_mode & S_IXUSR)
        entry.mode = GIT_FILEMODE_BLOB_EXECUTABLE;
    if (git_index_add(index, &entry) < 0)
        return soc_fail_git(git, "%s", path);
    return 0;
}

int soc_snapshot_add(struct society_git *git, git_repository *repository, git_index *index,
                     const char *path, bool light)
{
    struct stat st;
    SOC_AUTO_STRBUF struct soc_strbuf full = SOC_STRBUF_INIT;
    soc_path_join(&full, git_repository_workdir(repository), path);
    if (full.failed)
        return soc_fail_memory(&git->error);
    if (soc_sys->fstatat(AT_FDCWD, full.data, &st, AT_SYMLINK_NOFOLLOW) < 0)
        return errno == ENOENT || errno == ENOTDIR
                   ? 0 /* gone since it was listed */
                   : soc_fail_errno(&git->error, "cannot read %s", full.data);
    if (S_ISDIR(st.st_mode))
        return add_submodule(git, index, path);
    if (!S_ISREG(st.st_mode) && !S_ISLNK(st.st_mode))
        return 0;
    return add_file(git, repository, index, path, &st, light);
}

/* ---- The tree ---- */

static int add_change(struct society_git *git, git_repository *repository, git_index *index,
                      const struct soc_change *change)
{
    if (change->kinds & SOC_CHANGE_NESTED)
        return 0;
    if (change->kinds & SOC_CHANGE_UNMERGED)
        git_index_conflict_remove(index, change->path); /* fails where it is none any more */
    if (!change->gone)
        return soc_snapshot_add(git, repository, index, change->path, true);
    /* Fails where it is out of the index already. */
    git_index_remove(index, change->path, 0);
    return 0;
}

static int write_changes(struct society_git *git, struct soc_slot *slot,
                         const struct soc_changes *changes, git_oid *ret_tree)
{
    git_index *index = NULL;
    int result = 0;
    if (git_repository_index(&index, slot->repository) < 0)
        return soc_fail_git(git, "the index of slot %s", slot->id);
    for (size_t i = 0; result == 0 && i < changes->count; i++)
        result = add_change(git, slot->repository, index, &changes->items[i]);
    if (result == 0 && git_index_write_tree_to(ret_tree, index, slot->repository) < 0)
        result = soc_fail_git(git, "the tree of slot %s", slot->id);
    /* What was put into the index in memory is not to count the next time. */
    if (git_index_read(index, 1) < 0 && result == 0)
        result = soc_fail_git(git, "the index of slot %s", slot->id);
    git_index_free(index);
    return result;
}

/* The tree of HEAD with all changes; 1 there are some, 0 none. */
static int write_tree(struct society_git *git, struct soc_slot *slot, git_oid *ret_tree)
{
    struct soc_changes changes;
    int result = soc_changes_read(git, slot->repository, false, &changes);
    if (result < 0)
        return result;
    bool any = changes.count > 0;
    result = any ? write_changes(git, slot, &changes, ret_tree) : 0;
    soc_changes_free(&changes);
    return result < 0 ? result : any;
}

/* ---- The commit ---- */

int soc_snapshot_commit(struct society_git *git, git_repository *repository, const git_oid *tree,
                        const git_oid *parents, size_t count, const char *message, int64_t time,
                        git_oid *ret_commit)
{
    const git_oid *ids[PARENTS_MAX];
    git_signature *signature = NULL;
    int result = 0;
    for (size_t i = 0; i < count && i < PARENTS_MAX; i++)
        ids[i] = &parents[i];
    if (git_signature_new(&signature, "libsociety", "society@localhost", time, 0) < 0 ||
        git_commit_create_from_ids(ret_commit, repository, NULL, signature, signature, NULL,
                                   message, tree, count < PARENTS_MAX ? count : PARENTS_MAX,
                                   ids) < 0)
        result = soc_fail_git(git, "a commit of %s", git_repository_workdir(repository));
    git_signature_free(signature);
    return result;
}

struct parents {
    git_oid ids[PARENTS_MAX];
    size_t count;
};

static int add_parent(const git_oid *id, void *context)
{
    struct parents *parents = context;
    if (parents->count < PARENTS_MAX)
        git_oid_cpy(&parents->ids[parents->count++], id);
    return 0;
}

int soc_snapshot(struct society_git *git, struct soc_slot *slot, git_oid *ret_commit)
{
    struct parents parents = {.count = 1};
    git_oid tree;
    int result = soc_slot_open(git, slot);
    if (result < 0)
        return result;
    if (git_reference_name_to_id(&parents.ids[0], slot->repository, "HEAD") < 0)
        return soc_fail(&git->error, SOCIETY_E_NOT_FOUND, "slot %s has no commit yet", slot->id);
    result = write_tree(git, slot, &tree);
    if (result <= 0) {
        if (result == 0)
            git_oid_cpy(ret_commit, &parents.ids[0]);
        return result;
    }
    /* A merge under way is taken for done: what it brings is no change of this slot's. */
    git_repository_mergehead_foreach(slot->repository, add_parent, &parents);
    return soc_snapshot_commit(git, slot->repository, &tree, parents.ids, parents.count,
                               "the state of a working copy", 0, ret_commit);
}
