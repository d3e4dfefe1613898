/* SPDX-License-Identifier: MIT */
/* Small files and directories: see files.h. */
#include "files.h"

#include <errno.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

int files_write(const char *directory, const char *name, const char *line)
{
    char *path = worktree_text("%s/%s", directory, name);
    char *temporary = worktree_text("%s.%d", path, (int)getpid());
    FILE *file = fopen(temporary, "we");
    int failed = !file || fprintf(file, "%s\n", line) < 0;
    failed |= file && fclose(file) != 0;
    failed = failed || rename(temporary, path) != 0;
    if (failed) {
        tool_warn("cannot write %s: %s", path, strerror(errno));
        unlink(temporary);
    }
    free(temporary);
    free(path);
    return failed ? -1 : 0;
}

char *files_read(const char *directory, const char *name)
{
    char *path = worktree_text("%s/%s", directory, name);
    FILE *file = fopen(path, "re");
    char *line = NULL;
    size_t size = 0;
    ssize_t length = file ? getline(&line, &size, file) : -1;
    if (file)
        fclose(file);
    free(path);
    if (length > 0 && line[length - 1] == '\n')
        line[--length] = '\0';
    if (length > 0)
        return line;
    free(line);
    return NULL;
}

/* Where the library looks by itself, in a linked worktree. */
static int is_found_anyway(const struct worktree *w, const char *place)
{
    char *own = worktree_text("%s/.society-agent", w->root);
    int found = strcmp(own, place) == 0 && strcmp(w->root, w->dir) != 0;
    free(own);
    return found;
}

int files_mark(const struct worktree *w, const char *git_dir, const char *slot, const char *base,
               int clone)
{
    const char *place = w->t->society ? society_dir(w->t->society) : NULL;
    int failed = files_write(git_dir, "society-base", base);
    if (place && (clone || !is_found_anyway(w, place)))
        failed |= files_write(git_dir, "society-dir", place);
    if (clone)
        failed |= files_write(git_dir, "society-repository", w->dir);
    /* Last: with it the working copy is a slot. */
    return failed ? -1 : files_write(git_dir, "society-agent", slot);
}

int files_make_directories(const char *path)
{
    char *copy = worktree_text("%s", path);
    int made = 0;
    for (char *slash = copy; slash; *slash = '/') {
        slash = strchr(slash + 1, '/');
        if (slash)
            *slash = '\0';
        if (mkdir(copy, 0777) == 0)
            made++;
        else if (errno != EEXIST) {
            tool_warn("cannot make %s: %s", copy, strerror(errno));
            made = -1;
        }
        if (!slash || made < 0)
            break;
    }
    free(copy);
    return made;
}

void files_remove_directories(const char *path, int count)
{
    char *copy = worktree_text("%s", path);
    while (count-- > 0 && rmdir(copy) == 0)
        *strrchr(copy, '/') = '\0';
    free(copy);
}

static int remove_one(const char *path, const struct stat *st, int type, struct FTW *where)
{
    (void)st;
    (void)type;
    (void)where;
    return remove(path) == 0 || errno == ENOENT ? 0 : -1;
}

int files_remove_tree(const char *path)
{
    if (nftw(path, remove_one, 16, FTW_PHYS | FTW_DEPTH) == 0 || errno == ENOENT)
        return 0;
    tool_warn("cannot remove all of %s: %s", path, strerror(errno));
    return -1;
}
