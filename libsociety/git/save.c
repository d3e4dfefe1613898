/* SPDX-License-Identifier: MIT */
/*
 * Everything that a working copy holds and no commit does, kept under a ref.
 *
 * The commit has the form of a stash, so that git itself can give it back:
 *
 *   tree       tracked files as they stand in the working tree
 *   parent 1   HEAD; an empty commit, where there is none yet
 *   parent 2   the index
 *   parent 3   untracked files, and ignored ones if wanted
 *   parent 4   where a merge is under way: the stages of unmerged files, as 1/path (ancestor), 2/path
 *              (ours) and 3/path (theirs), and what is being merged as its own parents
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "clock.h"
#include "snapshot.h"

#define PARENTS 4
#define MERGED_MAX 8
#define TRIES 100

struct save {
    struct society_git *git;
    git_repository *repository; /* of its own: its objects go to disk */
    git_repository *refs;       /* where refs are written: libgit2 1.5 sees none from a worktree */
    const char *slot;
    struct soc_changes changes;
    int64_t now; /* seconds */
    git_oid parents[PARENTS];
    size_t count;
};

static bool has(const struct soc_changes *changes, unsigned kinds)
{
    for (size_t i = 0; i < changes->count; i++)
        if (changes->items[i].kinds & kinds)
            return true;
    return false;
}

/* Writes the tree of an index, and a commit of it. */
static int commit_index(struct save *s, git_index *index, const git_oid *parents, size_t count,
                        const char *what, git_oid *ret)
{
    char message[160];
    git_oid tree;
    snprintf(message, sizeof message, "%s of slot %s\n", what, s->slot);
    if (git_index_write_tree_to(&tree, index, s->repository) < 0)
        return soc_fail_git(s->git, "the %s of slot %s", what, s->slot);
    return soc_snapshot_commit(s->git, s->repository, &tree, parents, count, message, s->now, ret);
}

/* ---- The parts ---- */

static int add_stage(struct save *s, git_index *index, const git_index_entry *entry, int stage)
{
    SOC_AUTO_STRBUF struct soc_strbuf path = SOC_STRBUF_INIT;
    if (!entry)
        return 0;
    soc_strbuf_add_format(&path, "%d/%s", stage, entry->path);
    if (path.failed)
        return soc_fail_memory(&s->git->error);
    git_index_entry copy = *entry;
    copy.path = path.data;
    copy.flags = 0;
    copy.flags_extended = 0;
    return git_index_add(index, &copy) < 0 ? soc_fail_git(s->git, "%s", entry->path) : 0;
}

static int add_stages(struct save *s, git_index *from, git_index *to)
{
    git_index_conflict_iterator *iterator = NULL;
    const git_index_entry *stages[3];
    int result = 0;
    if (git_index_conflict_iterator_new(&iterator, from) < 0)
        return soc_fail_git(s->git, "the unmerged files of slot %s", s->slot);
    while (result == 0 &&
           git_index_conflict_next(&stages[0], &stages[1], &stages[2], iterator) == 0)
        for (int i = 0; result == 0 && i < 3; i++)
            result = add_stage(s, to, stages[i], i + 1);
    git_index_conflict_iterator_free(iterator);
    return result;
}

struct merged {
    git_oid ids[MERGED_MAX];
    size_t count;
};

static int add_merged(const git_oid *id, void *context)
{
    struct merged *merged = context;
    if (merged->count < MERGED_MAX)
        git_oid_cpy(&merged->ids[merged->count++], id);
    return 0;
}

static int save_unmerged(struct save *s, git_index *index, git_oid *ret)
{
    struct merged merged = {.count = 0};
    git_index *stages = NULL;
    if (git_index_new(&stages) < 0)
        return soc_fail_memory(&s->git->error);
    /* Fails where nothing is being merged: a rebase or a stash has left the stages. */
    git_repository_mergehead_foreach(s->repository, add_merged, &merged);
    int result = add_stages(s, index, stages);
    if (result == 0)
        result = commit_index(s, stages, merged.ids, merged.count, "unmerged files", ret);
    git_index_free(stages);
    return result;
}

/* Files of these kinds as they stand, into an index. */
static int add_files(struct save *s, git_index *index, unsigned kinds)
{
    int result = 0;
    for (size_t i = 0; result == 0 && i < s->changes.count; i++) {
        const struct soc_change *change = &s->changes.items[i];
        if ((change->kinds & kinds) == 0)
            continue;
        if (change->kinds & SOC_CHANGE_UNMERGED)
            git_index_conflict_remove(index, change->path); /* fails where it is none any more */
        if (change->gone)
            git_index_remove(index, change->path, 0); /* likewise */
        else
            result = soc_snapshot_add(s->git, s->repository, index, change->path, false);
    }
    return result;
}

static int save_untracked(struct save *s, git_oid *ret)
{
    git_index *index = NULL;
    if (git_index_new(&index) < 0)
        return soc_fail_memory(&s->git->error);
    int result = add_files(s, index, SOC_CHANGE_UNTRACKED | SOC_CHANGE_IGNORED);
    if (result == 0)
        result = commit_index(s, index, NULL, 0, "untracked files", ret);
    git_index_free(index);
    return result;
}

/* All parents but HEAD, and the tree in the end. */
static int save_parts(struct save *s, git_index *index, git_oid *ret_tree)
{
    git_oid unmerged;
    bool has_unmerged = git_index_has_conflicts(index) == 1;
    int result = has_unmerged ? save_unmerged(s, index, &unmerged) : 0;
    if (result == 0)
        result = add_files(s, index, SOC_CHANGE_UNMERGED);
    if (result == 0)
        result = commit_index(s, index, s->parents, 1, "index", &s->parents[1]);
    s->count = 2;
    if (result == 0 &&
        (has_unmerged || has(&s->changes, SOC_CHANGE_UNTRACKED | SOC_CHANGE_IGNORED)))
        result = save_untracked(s, &s->parents[s->count++]);
    if (result == 0 && has_unmerged)
        git_oid_cpy(&s->parents[s->count++], &unmerged);
    if (result == 0)
        result = add_files(s, index, SOC_CHANGE_MODIFIED);
    if (result == 0 && git_index_write_tree_to(ret_tree, index, s->repository) < 0)
        result = soc_fail_git(s->git, "the files of slot %s", s->slot);
    return result;
}

/* ---- The ref ---- */

static int create_ref(struct save *s, const char *kind, const git_oid *commit, char **ret_ref)
{
    char time[32];
    time_t now = (time_t)s->now;
    struct tm tm;
    int result = GIT_EEXISTS;
    SOC_AUTO_STRBUF struct soc_strbuf name = SOC_STRBUF_INIT;
    gmtime_r(&now, &tm);
    strftime(time, sizeof time, "%Y%m%dT%H%M%SZ", &tm);
    for (int i = 1; result == GIT_EEXISTS && i <= TRIES; i++) {
        git_reference *ref = NULL;
        soc_strbuf_clear(&name);
        soc_strbuf_add_format(&name, "refs/society/%s/%s/%s", kind, s->slot, time);
        if (i > 1)
            soc_strbuf_add_format(&name, "-%d", i);
        if (name.failed)
            return soc_fail_memory(&s->git->error);
        result = git_reference_create(&ref, s->refs, name.data, commit, 0, "society: saved");
        git_reference_free(ref);
    }
    if (result < 0)
        return soc_fail_git(s->git, "%s", name.data);
    *ret_ref = soc_strbuf_steal(&name);
    return 1;
}

static int refuse_nested(struct save *s)
{
    for (size_t i = 0; i < s->changes.count; i++)
        if (s->changes.items[i].kinds & SOC_CHANGE_NESTED)
            return soc_fail(&s->git->error, SOCIETY_E_GIT,
                            "slot %s: %s is a repository of its own, which can't be saved", s->slot,
                            s->changes.items[i].path);
    return 0;
}

/* On a branch that has no commit yet (git checkout --orphan) an empty one stands for HEAD. */
static int find_head(struct save *s)
{
    git_index *empty = NULL;
    if (git_repository_head_unborn(s->repository) != 1)
        return git_reference_name_to_id(&s->parents[0], s->repository, "HEAD") < 0
                   ? soc_fail_git(s->git, "the HEAD of slot %s", s->slot)
                   : 0;
    if (git_index_new(&empty) < 0)
        return soc_fail_memory(&s->git->error);
    int result = commit_index(s, empty, NULL, 0, "no commit yet", &s->parents[0]);
    git_index_free(empty);
    return result;
}

static int save(struct save *s, const char *kind, const char *words, char **ret_ref)
{
    git_index *index = NULL;
    git_oid tree, commit;
    int detached = git_repository_head_detached(s->repository);
    int result = refuse_nested(s);
    if (result < 0 || (s->changes.count == 0 && detached != 1))
        return result;
    result = find_head(s);
    if (result < 0)
        return result;
    if (git_repository_index(&index, s->repository) < 0)
        return soc_fail_git(s->git, "the index of slot %s", s->slot);
    SOC_AUTO_STRBUF struct soc_strbuf message = SOC_STRBUF_INIT;
    soc_strbuf_add_format(&message, "On slot %s: %s\n", s->slot, words ? words : kind);
    result = message.failed ? soc_fail_memory(&s->git->error) : save_parts(s, index, &tree);
    if (result == 0)
        result = soc_snapshot_commit(s->git, s->repository, &tree, s->parents, s->count,
                                     message.data, s->now, &commit);
    git_index_free(index);
    return result < 0 ? result : create_ref(s, kind, &commit, ret_ref);
}

SOC_PUBLIC int society_git_save(society_git *git, const char *slot, const char *kind,
                                const char *message, uint32_t flags, char **ret_ref)
{
    struct save s = {.git = git, .slot = slot, .now = soc_now_ms() / 1000};
    struct soc_slot *found = NULL;
    int result = soc_git_enter(git);
    if (result == 0 &&
        ((flags & ~SOCIETY_GIT_IGNORED) != 0 || !kind || !soc_is_id(kind, strlen(kind))))
        result = soc_fail(&git->error, SOCIETY_E_INVALID, "kind or flags: not a word, or unknown");
    if (result == 0)
        result = soc_slot_enter(git, slot, &found);
    if (!found)
        return result;
    if (git_repository_open(&s.repository, found->path.data) < 0)
        return soc_fail_git(git, "%s", found->path.data);
    s.refs = found->clone ? s.repository : git->repository;
    result = soc_changes_read(git, s.repository, flags & SOCIETY_GIT_IGNORED, &s.changes);
    if (result == 0)
        result = save(&s, kind, message, ret_ref);
    soc_changes_free(&s.changes);
    git_repository_free(s.repository);
    return result;
}
