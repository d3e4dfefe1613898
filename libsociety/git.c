/* SPDX-License-Identifier: MIT */
/* The layout of a git repository, read by hand: see git.h. */
#include "git.h"

#include <errno.h>
#include <string.h>

#include "path.h"
#include "sys.h"

#define LINE_MAX_BYTES 4096

bool soc_git_read_line(const char *path, struct soc_strbuf *out)
{
    SOC_AUTO_FD int fd =
        soc_sys->openat(AT_FDCWD, path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY, 0);
    char line[LINE_MAX_BYTES];
    ssize_t got = fd < 0 ? -1 : soc_sys->read(fd, line, sizeof line);
    if (got <= 0)
        return false;
    const char *newline = memchr(line, '\n', (size_t)got);
    size_t length = newline ? (size_t)(newline - line) : (size_t)got;
    soc_strbuf_clear(out);
    soc_strbuf_add(out, line, length);
    return length > 0 && !out->failed && !memchr(line, '\0', length);
}

/* Resolves a path that a file of git gives, relative to that file's directory. */
static void resolve(const char *base, const char *path, struct soc_strbuf *out)
{
    soc_strbuf_clear(out);
    if (path[0] == '/')
        soc_strbuf_add_string(out, path);
    else
        soc_path_join(out, base, path);
}

/* `.git` is a directory in a main worktree, and in a linked one a file: `gitdir: <path>`. */
static bool read_dot_git(const char *root, const char *dot_git, struct soc_git *git)
{
    struct stat st;
    if (soc_sys->fstatat(AT_FDCWD, dot_git, &st, 0) < 0)
        return false;
    if (S_ISDIR(st.st_mode)) {
        soc_strbuf_add_string(&git->dir, dot_git);
        soc_strbuf_add_string(&git->common, dot_git);
        return true;
    }
    SOC_AUTO_STRBUF struct soc_strbuf line = SOC_STRBUF_INIT;
    static const char prefix[] = "gitdir: ";
    if (!S_ISREG(st.st_mode) || !soc_git_read_line(dot_git, &line) ||
        strncmp(line.data, prefix, sizeof prefix - 1) != 0)
        return false;
    resolve(root, line.data + sizeof prefix - 1, &git->dir);
    SOC_AUTO_STRBUF struct soc_strbuf file = SOC_STRBUF_INIT;
    soc_path_join(&file, git->dir.data ? git->dir.data : "", "commondir");
    if (!file.data || !soc_git_read_line(file.data, &line)) {
        soc_strbuf_add_string(&git->common, git->dir.data ? git->dir.data : ""); /* a submodule */
        return true;
    }
    git->linked = true;
    resolve(git->dir.data, line.data, &git->common);
    return true;
}

int soc_git_find(const char *path, struct soc_git *ret_git)
{
    SOC_AUTO_STRBUF struct soc_strbuf root = SOC_STRBUF_INIT;
    SOC_AUTO_STRBUF struct soc_strbuf dot_git = SOC_STRBUF_INIT;
    soc_strbuf_add_string(&root, path);
    while (!root.failed && root.length > 0) {
        soc_strbuf_clear(&dot_git);
        soc_path_join(&dot_git, root.data, ".git");
        *ret_git = (struct soc_git)SOC_GIT_INIT;
        if (!dot_git.failed && read_dot_git(root.data, dot_git.data, ret_git)) {
            soc_strbuf_add(&ret_git->root, root.data, root.length);
            if (!ret_git->root.failed && !ret_git->dir.failed && !ret_git->common.failed)
                return 1;
            soc_git_free(ret_git);
            return -ENOMEM;
        }
        soc_git_free(ret_git);
        const char *slash = strrchr(root.data, '/');
        root.length =
            slash == root.data && root.length > 1 ? 1 : (size_t)(slash ? slash - root.data : 0);
        root.data[root.length] = '\0';
    }
    return root.failed ? -ENOMEM : 0;
}

void soc_git_free(struct soc_git *git)
{
    soc_strbuf_free(&git->root);
    soc_strbuf_free(&git->dir);
    soc_strbuf_free(&git->common);
}

bool soc_git_main_root(const struct soc_git *git, struct soc_strbuf *out)
{
    SOC_AUTO_FREE char *common = soc_sys->realpath(git->common.data);
    size_t length = 0;
    const char *base = common ? soc_path_base(common, &length) : NULL;
    if (!base || length != 4 || strncmp(base, ".git", 4) != 0 || base - common < 2)
        return false;
    soc_strbuf_clear(out);
    soc_strbuf_add(out, common, (size_t)(base - common) - 1);
    return !out->failed;
}

bool soc_git_origin(const struct soc_git *git, struct soc_strbuf *out)
{
    SOC_AUTO_STRBUF struct soc_strbuf file = SOC_STRBUF_INIT;
    if (git->linked) {
        soc_strbuf_clear(out);
        soc_strbuf_add(out, git->common.data, git->common.length);
        return !out->failed;
    }
    soc_path_join(&file, git->dir.data, SOC_REPOSITORY_FILE);
    return !file.failed && soc_git_read_line(file.data, out);
}
