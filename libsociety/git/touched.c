/* SPDX-License-Identifier: MIT */
/*
 * Which files of a slot are changed: against its last commit, and against its base.
 */
#include <errno.h>
#include <string.h>

#include "deltas.h"
#include "snapshot.h"

static const char *state_of(unsigned kinds)
{
    static const struct {
        unsigned kind;
        const char *name;
    } names[] = {
        {SOC_CHANGE_UNMERGED, "unmerged"},   {SOC_CHANGE_NESTED, "nested"},
        {SOC_CHANGE_STAGED, "staged"},       {SOC_CHANGE_MODIFIED, "modified"},
        {SOC_CHANGE_UNTRACKED, "untracked"}, {SOC_CHANGE_IGNORED, "ignored"},
    };
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
        if (kinds & names[i].kind)
            return names[i].name;
    return NULL;
}

static int append_change(struct society_git *git, const struct soc_change *change, soc_json *list)
{
    soc_json *object = soc_json_new_object();
    if (soc_json_set_string(object, "path", change->path) < 0 ||
        soc_json_set_string(object, "state", state_of(change->kinds)) < 0) {
        soc_json_free(object);
        return soc_fail_memory(&git->error);
    }
    return soc_json_append(list, object) < 0 ? soc_fail_memory(&git->error) : 0;
}

SOC_PUBLIC int society_git_changes(society_git *git, const char *slot, uint32_t flags,
                                   char **ret_json)
{
    struct soc_slot *found = NULL;
    struct soc_changes changes = {0};
    int result = soc_git_enter(git);
    if (result == 0)
        result = soc_slot_enter(git, slot, &found);
    if (result == 0 && (flags & ~SOCIETY_GIT_IGNORED) != 0)
        result = soc_fail(&git->error, SOCIETY_E_INVALID, "unknown flags %#x", (unsigned)flags);
    if (result == 0)
        result = soc_changes_read(git, found->repository, flags & SOCIETY_GIT_IGNORED, &changes);
    if (result < 0)
        return result;
    SOC_AUTO_JSON soc_json *list = soc_json_new_array();
    result = list ? 0 : soc_fail_memory(&git->error);
    for (size_t i = 0; result == 0 && i < changes.count; i++)
        result = append_change(git, &changes.items[i], list);
    soc_changes_free(&changes);
    return result < 0 ? result : soc_git_return(git, list, ret_json);
}

/* ---- Against the base ---- */

/* Where the slot's work began: what it and its base have in common. Without a base it is HEAD. */
static int find_start(struct society_git *git, const struct soc_slot *slot, git_oid *ret)
{
    git_oid head, base;
    if (git_reference_name_to_id(&head, slot->repository, "HEAD") < 0)
        return soc_fail(&git->error, SOCIETY_E_NOT_FOUND, "slot %s has no commit yet", slot->id);
    git_oid_cpy(ret, &head);
    if (slot->base.length == 0)
        return 0;
    int result = soc_resolve(git, slot->base.data, &base);
    if (result == 0 && git_merge_base(ret, git->repository, &head, &base) < 0)
        result = soc_fail_git(git, "slot %s and its base %s", slot->id, slot->base.data);
    return result;
}

static int append_paths(struct society_git *git, const git_oid *from, const git_oid *to,
                        soc_json *list)
{
    const struct soc_deltas *deltas = NULL;
    int result = soc_deltas_read(git, from, to, &deltas);
    for (size_t i = 0; deltas && result == 0 && i < deltas->count; i++) {
        const char *path = deltas->items[i].path;
        if (soc_json_append(list, soc_json_new_string(path, strlen(path))) < 0)
            result = soc_fail_memory(&git->error);
    }
    return result;
}

SOC_PUBLIC int society_git_touched(society_git *git, const char *slot, char **ret_json)
{
    git_oid start, now;
    struct soc_slot *found = NULL;
    SOC_AUTO_JSON soc_json *list = soc_json_new_array();
    int result = soc_git_enter(git);
    if (result == 0)
        result = soc_slot_enter(git, slot, &found);
    if (!found)
        return result;
    result = list ? find_start(git, found, &start) : soc_fail_memory(&git->error);
    if (result == 0)
        result = soc_snapshot(git, found, &now);
    if (result == 0)
        result = append_paths(git, &start, &now, list);
    int forgotten = soc_repository_forget(git);
    if (result == 0)
        result = forgotten;
    return result < 0 ? result : soc_git_return(git, list, ret_json);
}
