/* SPDX-License-Identifier: MIT */
/* Finding the society's directory: see discover.h. */
#include "discover.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "git.h"
#include "path.h"
#include "segment.h"
#include "sys.h"

static bool is_directory(const char *path)
{
    struct stat st;
    return soc_sys->fstatat(AT_FDCWD, path, &st, 0) == 0 && S_ISDIR(st.st_mode);
}

static bool is_link(const char *path)
{
    struct stat st;
    return soc_sys->fstatat(AT_FDCWD, path, &st, AT_SYMLINK_NOFOLLOW) == 0 && S_ISLNK(st.st_mode);
}

static bool exists_in(const char *directory, const char *name)
{
    struct stat st;
    SOC_AUTO_STRBUF struct soc_strbuf path = SOC_STRBUF_INIT;
    soc_path_join(&path, directory, name);
    return !path.failed && soc_sys->fstatat(AT_FDCWD, path.data, &st, AT_SYMLINK_NOFOLLOW) == 0;
}

/* A directory of another name is a society when it holds one of its files. */
static bool looks_like_society(const char *path)
{
    static const char *const files[] = {"project.json",     "registry.jsonl", "messages.jsonl",
                                        "deliveries.jsonl", "tasks.jsonl",    "ownership.jsonl"};
    for (size_t i = 0; i < sizeof files / sizeof files[0]; i++)
        if (exists_in(path, files[i]))
            return true;
    return false;
}

/* `dir` may be the society's directory or the one that contains it. */
static int accept(const char *dir, const char *origin, struct soc_strbuf *ret_path,
                  struct soc_error *error)
{
    SOC_AUTO_STRBUF struct soc_strbuf inner = SOC_STRBUF_INIT;
    size_t length;
    const char *base = soc_path_base(dir, &length);
    bool named = length == strlen(SOC_DIR_NAME) && strncmp(base, SOC_DIR_NAME, length) == 0;
    soc_path_join(&inner, dir, SOC_DIR_NAME);
    if (inner.failed)
        return soc_fail_memory(error);
    if (!is_directory(dir))
        return soc_fail(error, SOCIETY_E_NO_SOCIETY, "%s%s is not a directory", origin, dir);
    bool contains = !named && is_directory(inner.data);
    if (!contains && !named && !looks_like_society(dir))
        return soc_fail(error, SOCIETY_E_NO_SOCIETY,
                        "%s%s is not a society; make one with society-init", origin, dir);
    soc_strbuf_add_string(ret_path, contains ? inner.data : dir);
    return ret_path->failed ? soc_fail_memory(error) : 0;
}

/* Looks for `.society-agent` in `from` and in what is above it: 1 found; SOCIETY_E_NO_SOCIETY a
 * link has the name that leads to no directory, perhaps to what is not mounted: whoever put it
 * there did not mean the one above. */
static int search_upwards(const char *from, struct soc_strbuf *ret_path)
{
    SOC_AUTO_STRBUF struct soc_strbuf here = SOC_STRBUF_INIT;
    soc_strbuf_add_string(&here, from);
    while (!here.failed && here.length > 0) {
        soc_strbuf_clear(ret_path);
        soc_path_join(ret_path, here.data, SOC_DIR_NAME);
        if (!ret_path->failed && is_directory(ret_path->data))
            return 1;
        if (!ret_path->failed && is_link(ret_path->data))
            return SOCIETY_E_NO_SOCIETY;
        const char *slash = strrchr(here.data, '/');
        here.length =
            slash == here.data && here.length > 1 ? 1 : (size_t)(slash ? slash - here.data : 0);
        here.data[here.length] = '\0';
    }
    return here.failed || ret_path->failed ? -ENOMEM : 0;
}

int soc_discover_git(const struct soc_git *git, struct soc_strbuf *ret_path)
{
    SOC_AUTO_STRBUF struct soc_strbuf file = SOC_STRBUF_INIT;
    SOC_AUTO_STRBUF struct soc_strbuf root = SOC_STRBUF_INIT;
    soc_path_join(&file, git->dir.data, SOC_SOCIETY_FILE);
    if (file.failed)
        return -ENOMEM;
    if (soc_git_read_line(file.data, ret_path) && ret_path->data[0] == '/')
        return is_directory(ret_path->data) ? 1 : SOCIETY_E_NO_SOCIETY;
    if (!git->linked || !soc_git_main_root(git, &root))
        return 0;
    soc_strbuf_clear(ret_path);
    soc_path_join(ret_path, root.data, SOC_DIR_NAME);
    return ret_path->failed ? -ENOMEM : is_directory(ret_path->data);
}

/* The same, in words: SOCIETY_E_NO_SOCIETY where git leads nowhere. */
static int search_repository(const char *from, struct soc_strbuf *ret_path, struct soc_error *error)
{
    struct soc_git git;
    int result = soc_git_find(from, &git);
    if (result <= 0)
        return result < 0 ? soc_fail_memory(error) : 0;
    bool whole = is_directory(git.dir.data);
    if (!whole)
        result =
            soc_fail(error, SOCIETY_E_NO_SOCIETY,
                     "no society: %s/.git leads to %s, which is not there; if this working copy "
                     "or its repository was moved, run `society-worktree repair` there",
                     git.root.data, git.dir.data);
    else
        result = soc_discover_git(&git, ret_path);
    if (result == SOCIETY_E_NO_SOCIETY && whole)
        result =
            soc_fail(error, result,
                     "%s/" SOC_SOCIETY_FILE " names %s, which is not there; if it was moved, run "
                     "`society-worktree repair` in the repository",
                     git.dir.data, ret_path->data);
    soc_git_free(&git);
    return result == -ENOMEM ? soc_fail_memory(error) : result;
}

int soc_discover(const char *dir, struct soc_strbuf *ret_path, struct soc_error *error)
{
    const char *variable = getenv("SOCIETY_DIR");
    if (dir)
        return accept(dir, "", ret_path, error);
    if (variable && variable[0] != '\0')
        return accept(variable, "SOCIETY_DIR: ", ret_path, error);
    SOC_AUTO_FREE char *from = soc_sys->realpath(".");
    if (!from)
        return soc_fail_errno(error, "cannot find the working directory");
    int result = search_upwards(from, ret_path);
    if (result == SOCIETY_E_NO_SOCIETY)
        return soc_fail(error, result, "%s is a link that leads to no directory", ret_path->data);
    if (result < 0)
        return soc_fail_memory(error);
    if (result == 0)
        result = search_repository(from, ret_path, error);
    if (result == 0)
        return soc_fail(error, SOCIETY_E_NO_SOCIETY,
                        "no society: no " SOC_DIR_NAME
                        " at or above %s; make one with society-init, "
                        "or name one with --dir or SOCIETY_DIR",
                        from);
    return result < 0 ? result : 0;
}
