/* SPDX-License-Identifier: MIT */
/* Which working copies are whose: see slots.h. */
#include "slots.h"

#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "git.h"
#include "identity.h"
#include "sys.h"

/* ---- One slot ---- */

static void free_slot(struct soc_slot *slot)
{
    git_repository_free(slot->repository);
    soc_strbuf_free(&slot->path);
    soc_strbuf_free(&slot->dir);
    soc_strbuf_free(&slot->base);
    soc_strbuf_free(&slot->trouble);
    free(slot);
}

void soc_slots_free(struct society_git *git)
{
    while (git->slots) {
        struct soc_slot *slot = git->slots;
        git->slots = slot->next;
        free_slot(slot);
    }
}

static bool exists(const char *path)
{
    struct stat st;
    return soc_sys->fstatat(AT_FDCWD, path, &st, 0) == 0;
}

/* A line of a file in a directory; "" when it has none. */
static void read_file(const char *dir, const char *name, struct soc_strbuf *out)
{
    SOC_AUTO_STRBUF struct soc_strbuf file = SOC_STRBUF_INIT;
    soc_path_join(&file, dir, name);
    if (file.failed || !soc_git_read_line(file.data, out))
        soc_strbuf_clear(out);
    soc_strbuf_add(out, "", 0);
}

static bool same_place(const char *a, const char *b)
{
    struct stat x, y;
    return soc_sys->fstatat(AT_FDCWD, a, &x, 0) == 0 && soc_sys->fstatat(AT_FDCWD, b, &y, 0) == 0 &&
           x.st_dev == y.st_dev && x.st_ino == y.st_ino;
}

/* Why the working copy can't be used, for people; git's own words come later and say less. */
static void find_trouble(struct soc_slot *slot)
{
    struct soc_git found;
    if (!exists(slot->path.data)) {
        soc_strbuf_add_format(&slot->trouble, "%s is not there: moved, deleted or not mounted",
                              slot->path.data);
        return;
    }
    SOC_AUTO_STRBUF struct soc_strbuf dot_git = SOC_STRBUF_INIT;
    soc_path_join(&dot_git, slot->path.data, ".git");
    if (!dot_git.failed && !exists(dot_git.data)) {
        soc_strbuf_add_format(&slot->trouble, "%s has no .git", slot->path.data);
        return;
    }
    if (soc_git_find(slot->path.data, &found) <= 0)
        return;
    if (!exists(found.dir.data))
        soc_strbuf_add_format(&slot->trouble, "its .git leads to %s, which is not there",
                              found.dir.data);
    else if (!same_place(found.dir.data, slot->dir.data))
        soc_strbuf_add_format(&slot->trouble, "its .git leads to %s, and not to %s", found.dir.data,
                              slot->dir.data);
    soc_git_free(&found);
}

/* Enters a slot in the order of ids. Of two with the same id the first read stays. */
static int enter(struct society_git *git, struct soc_slot *slot)
{
    struct soc_slot **at = &git->slots;
    find_trouble(slot);
    read_file(slot->dir.data, SOC_BASE_FILE, &slot->base);
    soc_strbuf_add(&slot->trouble, "", 0);
    if (slot->path.failed || slot->dir.failed || slot->base.failed || slot->trouble.failed) {
        free_slot(slot);
        return soc_fail_memory(&git->error);
    }
    while (*at && strcmp((*at)->id, slot->id) < 0)
        at = &(*at)->next;
    if (*at && strcmp((*at)->id, slot->id) == 0) {
        free_slot(slot);
        return 0;
    }
    slot->next = *at;
    *at = slot;
    return 0;
}

static struct soc_slot *new_slot(const char *id, size_t length)
{
    struct soc_slot *slot = soc_is_agent_id(id, length) ? calloc(1, sizeof *slot) : NULL;
    if (slot)
        memcpy(slot->id, id, length);
    return slot;
}

/* ---- Linked worktrees ---- */

/* `gitdir` of a worktree's directory in worktrees/ names its .git file. */
static int read_worktree(struct society_git *git, const char *dir)
{
    SOC_AUTO_STRBUF struct soc_strbuf path = SOC_STRBUF_INIT;
    SOC_AUTO_STRBUF struct soc_strbuf id = SOC_STRBUF_INIT;
    size_t length;
    read_file(dir, "gitdir", &path);
    read_file(dir, SOC_SLOT_FILE, &id);
    if (path.failed || id.failed)
        return soc_fail_memory(&git->error);
    static const char tail[] = "/.git";
    if (path.length < sizeof tail || strcmp(path.data + path.length - 5, tail) != 0)
        return 0; /* damaged, or foreign */
    path.data[path.length -= 5] = '\0';
    const char *name = id.data;
    length = id.length;
    if (length == 0)
        name = soc_find_slot(soc_path_base(path.data, &length), &length);
    struct soc_slot *slot = name ? new_slot(name, length) : NULL;
    if (!slot)
        return 0;
    soc_strbuf_add(&slot->path, path.data, path.length);
    soc_strbuf_add_string(&slot->dir, dir);
    return enter(git, slot);
}

/* ---- Clones ---- */

static int read_clone(struct society_git *git, const char *file, const char *id)
{
    struct soc_slot *slot = new_slot(id, strlen(id));
    if (!slot)
        return 0;
    slot->clone = true;
    if (!soc_git_read_line(file, &slot->path)) {
        free_slot(slot);
        return 0;
    }
    soc_path_join(&slot->dir, slot->path.data, ".git");
    return enter(git, slot);
}

/* ---- All of them ---- */

static int read_entries(struct society_git *git, const char *name, bool clones)
{
    SOC_AUTO_STRBUF struct soc_strbuf directory = SOC_STRBUF_INIT;
    SOC_AUTO_STRBUF struct soc_strbuf path = SOC_STRBUF_INIT;
    int result = 0;
    soc_path_join(&directory, git->dir.data, name);
    if (directory.failed)
        return soc_fail_memory(&git->error);
    DIR *stream = opendir(directory.data);
    if (!stream)
        return errno == ENOENT ? 0 : soc_fail_errno(&git->error, "%s", directory.data);
    for (struct dirent *entry; result == 0 && (entry = readdir(stream));) {
        if (entry->d_name[0] == '.')
            continue;
        soc_strbuf_clear(&path);
        soc_path_join(&path, directory.data, entry->d_name);
        if (path.failed)
            result = soc_fail_memory(&git->error);
        else
            result =
                clones ? read_clone(git, path.data, entry->d_name) : read_worktree(git, path.data);
    }
    closedir(stream);
    return result;
}

/* Working copies that are open stay open. */
static void keep_open(struct society_git *git, struct soc_slot *old)
{
    while (old) {
        struct soc_slot *next = old->next;
        struct soc_slot *slot = soc_slot_find(git, old->id);
        if (slot && strcmp(slot->dir.data, old->dir.data) == 0 &&
            strcmp(slot->path.data, old->path.data) == 0) {
            slot->repository = old->repository;
            old->repository = NULL;
        }
        free_slot(old);
        old = next;
    }
}

int soc_slots_read(struct society_git *git)
{
    struct soc_slot *old = git->slots;
    git->slots = NULL;
    int result = read_entries(git, "worktrees", false);
    if (result == 0)
        result = read_entries(git, SOC_CLONES, true);
    keep_open(git, old);
    if (result < 0)
        soc_slots_free(git);
    return result;
}

struct soc_slot *soc_slot_find(struct society_git *git, const char *id)
{
    for (struct soc_slot *slot = git->slots; slot; slot = slot->next)
        if (strcmp(slot->id, id) == 0)
            return slot;
    return NULL;
}

int soc_slot_open(struct society_git *git, struct soc_slot *slot)
{
    if (slot->trouble.length > 0)
        return soc_fail(&git->error, SOCIETY_E_GIT, "slot %s: %s", slot->id, slot->trouble.data);
    if (slot->repository)
        return 0;
    int result = soc_repository_open(git, slot->path.data, &slot->repository);
    if (result < 0 || !slot->clone)
        return result;
    SOC_AUTO_STRBUF struct soc_strbuf objects = SOC_STRBUF_INIT;
    soc_path_join(&objects, slot->dir.data, "objects");
    return objects.failed ? soc_fail_memory(&git->error) : soc_repository_join(git, objects.data);
}

int soc_slot_enter(struct society_git *git, const char *id, struct soc_slot **ret)
{
    int result = soc_slots_read(git);
    if (result < 0)
        return result;
    struct soc_slot *slot = id ? soc_slot_find(git, id) : NULL;
    if (!slot)
        return soc_fail(&git->error, SOCIETY_E_NOT_FOUND, "there is no slot %.80s", id ? id : "");
    result = soc_slot_open(git, slot);
    if (result == 0)
        *ret = slot;
    return result;
}

int soc_resolve(struct society_git *git, const char *name, git_oid *ret_commit)
{
    git_object *object = NULL;
    git_object *commit = NULL;
    int result = 0;
    if (git_revparse_single(&object, git->repository, name) < 0 ||
        git_object_peel(&commit, object, GIT_OBJECT_COMMIT) < 0)
        result = soc_fail(&git->error, SOCIETY_E_NOT_FOUND,
                          "%s is neither a slot nor a commit of this repository", name);
    else
        git_oid_cpy(ret_commit, git_object_id(commit));
    git_object_free(object);
    git_object_free(commit);
    return result;
}
