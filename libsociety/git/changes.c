/* SPDX-License-Identifier: MIT */
/* The status of a working copy, without refreshing its index on disk: see changes.h. */
#include "changes.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "filter.h"
#include "path.h"
#include "sys.h"

#define STAGED                                                                     \
    (GIT_STATUS_INDEX_NEW | GIT_STATUS_INDEX_MODIFIED | GIT_STATUS_INDEX_DELETED | \
     GIT_STATUS_INDEX_RENAMED | GIT_STATUS_INDEX_TYPECHANGE)
#define MODIFIED                                                                 \
    (GIT_STATUS_WT_MODIFIED | GIT_STATUS_WT_DELETED | GIT_STATUS_WT_TYPECHANGE | \
     GIT_STATUS_WT_RENAMED | GIT_STATUS_WT_UNREADABLE)

static unsigned kinds_of(const git_status_entry *entry, const char *path)
{
    unsigned status = entry->status;
    unsigned kinds = 0;
    if (status & STAGED)
        kinds |= SOC_CHANGE_STAGED;
    if (status & MODIFIED)
        kinds |= SOC_CHANGE_MODIFIED;
    if (status & GIT_STATUS_CONFLICTED)
        kinds |= SOC_CHANGE_UNMERGED;
    /* Directories are entered, but for those that are repositories themselves. */
    bool nested = path[strlen(path) - 1] == '/';
    if (status & (GIT_STATUS_WT_NEW | GIT_STATUS_IGNORED))
        kinds |= nested                        ? SOC_CHANGE_NESTED
                 : status & GIT_STATUS_IGNORED ? SOC_CHANGE_IGNORED
                                               : SOC_CHANGE_UNTRACKED;
    return kinds;
}

/* Files outside of a sparse checkout are not deleted, they are elsewhere. */
static bool is_skipped(git_index *index, const char *path)
{
    const git_index_entry *entry = git_index_get_bypath(index, path, 0);
    return entry && (entry->flags_extended & GIT_INDEX_ENTRY_SKIP_WORKTREE);
}

static int add(struct soc_changes *changes, const char *path, unsigned kinds, bool gone)
{
    struct soc_change *items = changes->items;
    if ((changes->count & (changes->count - 1)) == 0) {
        size_t room = changes->count > 0 ? changes->count * 2 : 1;
        items = realloc(items, room * sizeof *items);
        if (!items)
            return -ENOMEM;
        changes->items = items;
    }
    items[changes->count] = (struct soc_change){strdup(path), kinds, gone};
    return items[changes->count++].path ? 0 : -ENOMEM;
}

/* Whether the file is, cleaned by a filter of git's, what the index has: libgit2 knows no filters. */
static bool is_clean(struct society_git *git, git_repository *repository,
                     const git_index_entry *entry)
{
    git_oid id;
    struct soc_error before = git->error;
    SOC_AUTO_STRBUF struct soc_strbuf contents = SOC_STRBUF_INIT;
    bool cleaned = soc_filter_clean(git, repository, entry->path, &contents) == 1;
    git->error = before; /* who tries to save or merge it will be told */
    return cleaned &&
           git_odb_hash(&id, contents.data ? contents.data : "", contents.length,
                        GIT_OBJECT_BLOB) == 0 &&
           git_oid_equal(&id, &entry->id);
}

static bool is_only_filtered(struct society_git *git, git_repository *repository, git_index *index,
                             const git_diff_delta *delta)
{
    const git_index_entry *entry = git_index_get_bypath(index, delta->old_file.path, 0);
    return entry && delta->status == GIT_DELTA_MODIFIED && delta->new_file.mode == entry->mode &&
           delta->new_file.mode != GIT_FILEMODE_LINK &&
           delta->new_file.mode != GIT_FILEMODE_COMMIT && is_clean(git, repository, entry);
}

static int read_entry(struct society_git *git, git_repository *repository, git_index *index,
                      const git_status_entry *entry, struct soc_changes *changes)
{
    const git_diff_delta *delta =
        entry->index_to_workdir ? entry->index_to_workdir : entry->head_to_index;
    const char *path = delta->old_file.path ? delta->old_file.path : delta->new_file.path;
    bool gone = (entry->status & GIT_STATUS_WT_DELETED) != 0 ||
                (!entry->index_to_workdir && (entry->status & GIT_STATUS_INDEX_DELETED) != 0);
    unsigned kinds = kinds_of(entry, path);
    if ((entry->status & GIT_STATUS_WT_DELETED) && is_skipped(index, path))
        kinds &= ~(unsigned)SOC_CHANGE_MODIFIED;
    if ((kinds & SOC_CHANGE_MODIFIED) && entry->index_to_workdir &&
        is_only_filtered(git, repository, index, entry->index_to_workdir))
        kinds &= ~(unsigned)SOC_CHANGE_MODIFIED;
    return kinds != 0 ? add(changes, path, kinds, gone) : 0;
}

/* ---- What git was told not to look at (git update-index --assume-unchanged, --skip-worktree) ---- */

static bool is_hidden(const git_index_entry *entry)
{
    return (entry->flags & GIT_INDEX_ENTRY_VALID) ||
           (entry->flags_extended & GIT_INDEX_ENTRY_SKIP_WORKTREE);
}

/* Whether it stands in the working tree, and otherwise than in the index. */
static bool is_changed(struct society_git *git, git_repository *repository,
                       const git_index_entry *entry, const char *full)
{
    struct stat st;
    git_oid id;
    if (soc_sys->fstatat(AT_FDCWD, full, &st, AT_SYMLINK_NOFOLLOW) < 0 ||
        (!S_ISREG(st.st_mode) && !S_ISLNK(st.st_mode)))
        return false;
    if (S_ISLNK(st.st_mode) != (entry->mode == GIT_FILEMODE_LINK))
        return true;
    int result = S_ISLNK(st.st_mode)
                     ? git_blob_create_from_workdir(&id, repository, entry->path)
                     : git_repository_hashfile(&id, repository, full, GIT_OBJECT_BLOB, NULL);
    /* What can't be read is taken for changed, and then named by who tries to save it. */
    if (result == 0 && git_oid_equal(&id, &entry->id))
        return false;
    return S_ISLNK(st.st_mode) || !is_clean(git, repository, entry);
}

static int add_hidden(struct society_git *git, git_repository *repository, git_index *index,
                      struct soc_changes *changes)
{
    int result = 0;
    for (size_t i = 0; result == 0 && i < git_index_entrycount(index); i++) {
        const git_index_entry *entry = git_index_get_byindex(index, i);
        SOC_AUTO_STRBUF struct soc_strbuf full = SOC_STRBUF_INIT;
        if (!is_hidden(entry))
            continue;
        soc_path_join(&full, git_repository_workdir(repository), entry->path);
        if (full.failed)
            result = -ENOMEM;
        else if (is_changed(git, repository, entry, full.data))
            result = add(changes, entry->path, SOC_CHANGE_MODIFIED, false);
    }
    return result;
}

int soc_changes_read(struct society_git *git, git_repository *repository, bool ignored,
                     struct soc_changes *ret)
{
    git_status_options options;
    git_status_list *list = NULL;
    git_index *index = NULL;
    int result = 0;
    *ret = (struct soc_changes){0};
    git_status_options_init(&options, GIT_STATUS_OPTIONS_VERSION);
    options.flags = GIT_STATUS_OPT_INCLUDE_UNTRACKED | GIT_STATUS_OPT_RECURSE_UNTRACKED_DIRS |
                    GIT_STATUS_OPT_NO_REFRESH | GIT_STATUS_OPT_INCLUDE_UNREADABLE;
    if (ignored)
        options.flags |= GIT_STATUS_OPT_INCLUDE_IGNORED | GIT_STATUS_OPT_RECURSE_IGNORED_DIRS;
    if (git_repository_index(&index, repository) < 0 || git_index_read(index, 0) < 0 ||
        git_status_list_new(&list, repository, &options) < 0)
        result = soc_fail_git(git, "the state of %s", git_repository_workdir(repository));
    for (size_t i = 0; result == 0 && i < git_status_list_entrycount(list); i++)
        if (read_entry(git, repository, index, git_status_byindex(list, i), ret) < 0)
            result = soc_fail_memory(&git->error);
    if (result == 0 && ignored && add_hidden(git, repository, index, ret) < 0)
        result = soc_fail_memory(&git->error);
    git_status_list_free(list);
    git_index_free(index);
    if (result < 0)
        soc_changes_free(ret);
    return result;
}

void soc_changes_free(struct soc_changes *changes)
{
    for (size_t i = 0; i < changes->count; i++)
        free(changes->items[i].path);
    free(changes->items);
    *changes = (struct soc_changes){0};
}
