/* SPDX-License-Identifier: MIT */
/*
 * The slots, and what they hold, as JSON.
 *
 * The disk a slot uses is what would be free without it: its working tree and its own git directory,
 * less what it shares with the repository by hard links.
 */
#include <errno.h>
#include <fts.h>
#include <stdlib.h>
#include <string.h>

#include "changes.h"
#include "git.h"
#include "slots.h"
#include "sys.h"

/* ---- Disk ---- */

static int64_t count_bytes(const char *path)
{
    char *copy = strdup(path);
    char *const paths[] = {copy, NULL};
    int64_t bytes = 0;
    FTS *tree = copy ? fts_open(paths, FTS_PHYSICAL | FTS_NOCHDIR, NULL) : NULL;
    for (FTSENT *entry; tree && (entry = fts_read(tree));) {
        bool counts = entry->fts_info == FTS_D || entry->fts_info == FTS_F ||
                      entry->fts_info == FTS_SL || entry->fts_info == FTS_DEFAULT;
        if (counts && (entry->fts_info == FTS_D || entry->fts_statp->st_nlink == 1))
            bytes += (int64_t)entry->fts_statp->st_blocks * 512;
    }
    if (tree)
        fts_close(tree);
    free(copy);
    return bytes;
}

/* ---- One slot ---- */

static int set_text(soc_json *object, const char *key, const struct soc_strbuf *text)
{
    return soc_json_set_string(object, key, text->length > 0 ? text->data : NULL);
}

static int set_branch(soc_json *object, git_repository *repository)
{
    git_reference *head = NULL;
    const char *name = NULL;
    if (git_reference_lookup(&head, repository, "HEAD") == 0)
        name = git_reference_symbolic_target(head);
    if (name && strncmp(name, "refs/heads/", 11) == 0)
        name += 11;
    int result = soc_json_set_string(object, "branch", name);
    git_reference_free(head);
    return result;
}

static int set_head(struct society_git *git, const struct soc_slot *slot, soc_json *object)
{
    git_oid head, base;
    size_t ahead = 0, behind = 0;
    struct soc_error before = git->error;
    bool born = git_reference_name_to_id(&head, slot->repository, "HEAD") == 0;
    bool compared = born && slot->base.length > 0 &&
                    soc_resolve(git, slot->base.data, &base) == 0 &&
                    git_graph_ahead_behind(&ahead, &behind, git->repository, &head, &base) == 0;
    git->error = before; /* an unknown base is no failure: the numbers are null */
    int result = soc_json_set_string(object, "head", born ? git_oid_tostr_s(&head) : NULL);
    if (result == 0)
        result = soc_json_set(
            object, "ahead", compared ? soc_json_new_integer((int64_t)ahead) : soc_json_new_null());
    if (result == 0)
        result =
            soc_json_set(object, "behind",
                         compared ? soc_json_new_integer((int64_t)behind) : soc_json_new_null());
    return result;
}

static int set_changed(struct society_git *git, const struct soc_slot *slot, soc_json *object)
{
    struct soc_changes changes;
    int result = soc_changes_read(git, slot->repository, false, &changes);
    if (result < 0)
        return result;
    result = soc_json_set(object, "changed", soc_json_new_integer((int64_t)changes.count));
    soc_changes_free(&changes);
    return result;
}

/* git's own lock of a worktree: its reason, "" for none given. */
static int set_locked(const struct soc_slot *slot, soc_json *object)
{
    SOC_AUTO_STRBUF struct soc_strbuf file = SOC_STRBUF_INIT;
    SOC_AUTO_STRBUF struct soc_strbuf reason = SOC_STRBUF_INIT;
    struct stat st;
    soc_path_join(&file, slot->dir.data, "locked");
    if (file.failed || slot->clone || soc_sys->fstatat(AT_FDCWD, file.data, &st, 0) < 0)
        return soc_json_set_string(object, "locked", NULL);
    soc_git_read_line(file.data, &reason); /* an empty one is a lock as well */
    return soc_json_set_string(object, "locked", reason.data ? reason.data : "");
}

static int set_bytes(const struct soc_slot *slot, soc_json *object)
{
    int64_t bytes = count_bytes(slot->path.data);
    if (!slot->clone)
        bytes += count_bytes(slot->dir.data);
    return soc_json_set(object, "bytes", soc_json_new_integer(bytes));
}

/* What takes a working copy that can be read. */
static int set_state(struct society_git *git, struct soc_slot *slot, uint32_t flags,
                     soc_json *object)
{
    int result = soc_slot_open(git, slot);
    if (result < 0)
        return soc_json_set_string(object, "trouble", git->error.text);
    result = set_branch(object, slot->repository);
    if (result == 0)
        result = set_head(git, slot, object);
    if (result == 0)
        result = set_changed(git, slot, object);
    if (result == 0 && (flags & SOCIETY_GIT_BYTES))
        result = set_bytes(slot, object);
    return result;
}

static int append_slot(struct society_git *git, struct soc_slot *slot, uint32_t flags,
                       soc_json *list)
{
    static const char *const unknown[] = {"branch", "head", "ahead", "behind", "changed", "bytes"};
    soc_json *object = soc_json_new_object();
    int result = soc_json_set_string(object, "slot", slot->id);
    if (result == 0)
        result = soc_json_set_string(object, "path", slot->path.data);
    for (size_t i = 0; result == 0 && i < sizeof unknown / sizeof unknown[0]; i++)
        result = soc_json_set_string(object, unknown[i], NULL);
    if (result == 0)
        result = soc_json_set_string(object, "gitDir", slot->dir.data);
    if (result == 0)
        result = set_text(object, "base", &slot->base);
    if (result == 0)
        result = soc_json_set(object, "clone", soc_json_new_bool(slot->clone));
    if (result == 0)
        result = set_locked(slot, object);
    if (result == 0)
        result = set_text(object, "trouble", &slot->trouble);
    if (result == 0 && slot->trouble.length == 0)
        result = set_state(git, slot, flags, object);
    if (result < 0) {
        soc_json_free(object);
        return result == -ENOMEM ? soc_fail_memory(&git->error) : result;
    }
    return soc_json_append(list, object) < 0 ? soc_fail_memory(&git->error) : 0;
}

SOC_PUBLIC int society_git_slots(society_git *git, uint32_t flags, char **ret_json)
{
    int result = soc_git_enter(git);
    if (result == 0 && (flags & ~SOCIETY_GIT_BYTES) != 0)
        result = soc_fail(&git->error, SOCIETY_E_INVALID, "unknown flags %#x", (unsigned)flags);
    if (result == 0)
        result = soc_slots_read(git);
    if (result < 0)
        return result;
    SOC_AUTO_JSON soc_json *list = soc_json_new_array();
    if (!list)
        return soc_fail_memory(&git->error);
    for (struct soc_slot *slot = git->slots; result == 0 && slot; slot = slot->next)
        result = append_slot(git, slot, flags, list);
    return result < 0 ? result : soc_git_return(git, list, ret_json);
}
