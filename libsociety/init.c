/* SPDX-License-Identifier: MIT */
/* Making a society: see society_init(). */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "clock.h"
#include "discover.h"
#include "git.h"
#include "json.h"
#include "open.h"
#include "path.h"
#include "record.h"
#include "sys.h"

#define EXCLUDE_MAX (1 << 20)

/* ---- The directory ---- */

/* Makes the directory: 1 made, 0 it was there. */
static int make_directory(struct society *s, const char *path, uint32_t flags)
{
    bool shared = (flags & SOCIETY_INIT_SHARED) != 0;
    if (soc_sys->mkdirat(AT_FDCWD, path, 0700) < 0)
        return errno == EEXIST ? 0 : soc_fail_errno(&s->error, "cannot make %s", path);
    SOC_AUTO_FD int fd = soc_sys->openat(AT_FDCWD, path, O_RDONLY | O_DIRECTORY | O_CLOEXEC, 0);
    if (fd < 0 || soc_sys->fchmod(fd, shared ? 02770 : 0700) < 0)
        return soc_fail_errno(&s->error, "cannot set the mode of %s", path);
    return 1;
}

/* Another who makes the same society may be faster. It is never there without its content: a half
 * one would be malformed for ever. */
static int publish_project(struct society *s, const struct soc_strbuf *text)
{
    char unique[SOC_UUID_SIZE];
    char fresh[sizeof ".project.json..tmp" + SOC_UUID_SIZE];
    int result = soc_uuid7(unique);
    if (result < 0)
        return soc_fail(&s->error, result, "no random bytes for a temporary file");
    snprintf(fresh, sizeof fresh, ".project.json.%s.tmp", unique);
    SOC_AUTO_FD int fd = soc_fs_open(&s->dir, fresh, O_WRONLY | O_CREAT | O_EXCL, &s->error);
    if (fd < 0)
        return fd == -ENOENT ? soc_fail(&s->error, SOCIETY_E_GONE, "%s was removed", s->dir.path)
                             : fd;
    result = soc_fs_write_all(fd, text->data, text->length, "project.json", &s->error);
    if (result == 0 && soc_sys->fdatasync(fd) < 0)
        result = soc_fail_errno(&s->error, "can't sync project.json");
    bool taken = result < 0 || soc_sys->renameat2(s->dir.fd, fresh, s->dir.fd, "project.json",
                                                  RENAME_NOREPLACE) < 0;
    if (taken && result == 0 && errno != EEXIST)
        result = soc_fail_errno(&s->error, "can't make project.json");
    if (taken)
        soc_sys->unlinkat(s->dir.fd, fresh, 0);
    return result;
}

static int write_project(struct society *s, const char *project_id)
{
    SOC_AUTO_STRBUF struct soc_strbuf text = SOC_STRBUF_INIT;
    char now[SOC_TIME_SIZE];
    soc_format_time(now, soc_now_ms());
    soc_strbuf_add_string(&text, "{\n  \"version\": 1,\n  \"projectId\": ");
    soc_json_quote(&text, project_id, strlen(project_id));
    soc_strbuf_add_format(&text,
                          ",\n  \"created\": \"%s\",\n"
                          "  \"team\": {\"supervisor\": null, \"workers\": []},\n"
                          "  \"communication\": {\"protocol\": \"jsonl\", \"fallback\": null}\n}\n",
                          now);
    if (text.failed)
        return soc_fail_memory(&s->error);
    return publish_project(s, &text);
}

static int make_subdirectories(struct society *s)
{
    static const char *const names[] = {"cursors", "bells", "locks", "archive", "attachments"};
    int result = 0;
    for (size_t i = 0; result == 0 && i < sizeof names / sizeof names[0]; i++)
        result = soc_fs_mkdir(&s->dir, names[i], &s->error);
    return result;
}

/* ---- The repository's exclude file ---- */

/* Whether the directory is excluded already: by its own line, or by one for any place. */
static bool has_line(const char *text, size_t length, const char *own)
{
    const char *const lines[] = {own, (SOC_DIR_NAME "/"), SOC_DIR_NAME};
    for (size_t start = 0; start < length;) {
        const char *newline = memchr(text + start, '\n', length - start);
        size_t end = newline ? (size_t)(newline - text) : length;
        for (size_t i = 0; i < sizeof lines / sizeof lines[0]; i++)
            if (end - start == strlen(lines[i]) && memcmp(text + start, lines[i], end - start) == 0)
                return true;
        start = end + 1;
    }
    return false;
}

static int append_line(struct society *s, const char *file, int fd, const char *own)
{
    SOC_AUTO_STRBUF struct soc_strbuf text = SOC_STRBUF_INIT;
    SOC_AUTO_STRBUF struct soc_strbuf line = SOC_STRBUF_INIT;
    char *room = soc_strbuf_reserve(&text, EXCLUDE_MAX);
    if (!room)
        return soc_fail_memory(&s->error);
    ssize_t got = soc_fs_pread(fd, room, EXCLUDE_MAX, 0);
    if (got < 0)
        return soc_fail_errno(&s->error, "cannot read %s", file);
    if (has_line(room, (size_t)got, own))
        return 0;
    soc_strbuf_add_format(&line, "%s%s\n", got > 0 && room[got - 1] != '\n' ? "\n" : "", own);
    if (line.failed)
        return soc_fail_memory(&s->error);
    return soc_fs_write_all(fd, line.data, line.length, file, &s->error);
}

/* The line that excludes the society of `project`: anchored at the working tree's top,
 * "/sub/.society-agent/". Characters that mean something in a pattern are taken as they are
 * (gitignore(5)). */
static void make_line(const char *root, const char *project, struct soc_strbuf *out)
{
    size_t length = strlen(root);
    const char *inside = strncmp(project, root, length) == 0 ? project + length : "";
    for (; *inside != '\0'; inside++) {
        if (strchr("*?[\\", *inside))
            soc_strbuf_add_char(out, '\\');
        soc_strbuf_add_char(out, *inside);
    }
    soc_strbuf_add_string(out, "/" SOC_DIR_NAME "/");
}

static int exclude_in(struct society *s, const struct soc_git *git, const char *project)
{
    SOC_AUTO_STRBUF struct soc_strbuf info = SOC_STRBUF_INIT;
    SOC_AUTO_STRBUF struct soc_strbuf file = SOC_STRBUF_INIT;
    SOC_AUTO_STRBUF struct soc_strbuf line = SOC_STRBUF_INIT;
    soc_path_join(&info, git->common.data, "info");
    soc_path_join(&file, info.data ? info.data : "", "exclude");
    make_line(git->root.data, project, &line);
    if (info.failed || file.failed || line.failed)
        return soc_fail_memory(&s->error);
    if (soc_sys->mkdirat(AT_FDCWD, info.data, 0777) < 0 && errno != EEXIST)
        return soc_fail_errno(&s->error, "cannot make %s", info.data);
    SOC_AUTO_FD int fd =
        soc_sys->openat(AT_FDCWD, file.data, O_RDWR | O_APPEND | O_CREAT | O_CLOEXEC, 0666);
    if (fd < 0)
        return soc_fail_errno(&s->error, "cannot open %s", file.data);
    return append_line(s, file.data, fd, line.data);
}

/* So that no agent commits the society. */
static int exclude(struct society *s, const char *project)
{
    struct soc_git git;
    int found = soc_git_find(project, &git);
    if (found <= 0)
        return found < 0 ? soc_fail_memory(&s->error) : 0;
    int result = exclude_in(s, &git, project);
    soc_git_free(&git);
    return result;
}

/* ---- All of it ---- */

/* The handle was opened before there was a project.json to read. */
static int read_project(struct society *s)
{
    struct soc_config config = {0};
    int result = soc_config_load(&config, &s->dir, &s->error);
    if (result < 0)
        return result;
    soc_config_free(&s->config);
    s->config = config;
    return 0;
}

/* The names of the directory and of what is in it: without them nothing in it would survive a power
 * cut, synced or not. */
static int sync_names(struct society *s, const char *project)
{
    SOC_AUTO_FD int fd = soc_sys->openat(AT_FDCWD, project, O_RDONLY | O_DIRECTORY | O_CLOEXEC, 0);
    if (fd < 0 || soc_sys->fsync(fd) < 0)
        return soc_fail_errno(&s->error, "can't sync the directory %s", project);
    return soc_fs_sync_dir(&s->dir, "", &s->error);
}

static int fill(struct society *s, const char *project, const char *project_id)
{
    size_t length;
    const char *base = soc_path_base(project, &length);
    SOC_AUTO_STRBUF struct soc_strbuf name = SOC_STRBUF_INIT;
    soc_strbuf_add(&name, base, length);
    if (name.failed)
        return soc_fail_memory(&s->error);
    int result = make_subdirectories(s);
    if (result == 0)
        result = write_project(s, project_id ? project_id : name.data);
    if (result == 0)
        result = read_project(s);
    if (result == 0)
        result = sync_names(s, project);
    if (result == 0)
        result = exclude(s, project);
    return result;
}

/* In a working copy of a project that has a society that one is meant: a second one here would cut
 * its agents off from the others. 1 it has; 0; SOCIETY_E_NO_SOCIETY; -ENOMEM. */
static int find_main(struct society *s, const char *project, struct soc_strbuf *out)
{
    struct soc_git git;
    int result = soc_git_find(project, &git);
    if (result > 0) {
        result = soc_discover_git(&git, out);
        soc_git_free(&git);
    }
    if (result == SOCIETY_E_NO_SOCIETY)
        return soc_fail(&s->error, result,
                        "the society of this working copy, %s, is not there; if it was moved, run "
                        "`society-worktree repair` in the repository",
                        out->data);
    if (result == 0)
        soc_strbuf_clear(out);
    return result < 0 ? soc_fail_memory(&s->error) : result;
}

static int check_arguments(struct society *s, const char *project_id, uint32_t flags)
{
    if ((flags & ~SOCIETY_INIT_SHARED) != 0)
        return soc_fail(&s->error, SOCIETY_E_INVALID, "unknown flags %#x", (unsigned)flags);
    if (project_id && (project_id[0] == '\0' || !soc_json_is_utf8(project_id, strlen(project_id))))
        return soc_fail(&s->error, SOCIETY_E_INVALID,
                        "the project's id must be UTF-8 and not empty");
    return 0;
}

SOC_PUBLIC int society_init(society *s, const char *path, const char *project_id, uint32_t flags)
{
    int result = soc_check_unopened(s);
    if (result == 0)
        result = check_arguments(s, project_id, flags);
    if (result < 0)
        return result;
    SOC_AUTO_FREE char *project = soc_sys->realpath(path ? path : ".");
    if (!project)
        return soc_fail_errno(&s->error, "%s", path ? path : "the working directory");
    SOC_AUTO_STRBUF struct soc_strbuf dir = SOC_STRBUF_INIT;
    int shared = find_main(s, project, &dir);
    if (shared < 0)
        return shared;
    if (shared == 0)
        soc_path_join(&dir, project, SOC_DIR_NAME);
    if (dir.failed)
        return soc_fail_memory(&s->error);
    if (shared == 1)
        return soc_open_at(s, dir.data);
    int made = make_directory(s, dir.data, flags);
    result = made < 0 ? made : soc_open_at(s, dir.data);
    if (result == 0)
        result = fill(s, project, project_id);
    return result < 0 ? result : made;
}
