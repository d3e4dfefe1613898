/* SPDX-License-Identifier: MIT */
/*
 * Directories are read anew each time: what is installed next to us may have been written by somebody else.
 */
#include "verbs.h"

#include <dirent.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "compose.h"
#include "output.h"
#include "tool.h"

static const char prefix[] = "society-";

static const struct {
    const char *verb;
    const char *summary;
} summaries[] = {
    {"init", "make a society"},
    {"agent", "register, say what you do, see who is here, stay online"},
    {"send", "send messages"},
    {"watch", "print messages as they come"},
    {"inbox", "list, read, acknowledge and answer messages"},
    {"task", "make, claim and complete tasks"},
    {"own", "say who may write which files"},
    {"lock", "run a command while holding a named mutex"},
    {"guard", "ask whose a file is before a commit or an edit"},
    {"worktree", "a working copy for each agent, and their conflicts"},
    {"mcp", "the society as tools of a coding agent"},
    {"status", "the society on one screen"},
    {"doctor", "verify and repair what is stored"},
    {"compact", "move history out of the logs"},
};

/* Our own directory, then those of the path, joined by colons. */
static char *search_path(void)
{
    char self[PATH_MAX];
    char *path = NULL;
    const char *rest = getenv("PATH");
    ssize_t length = readlink("/proc/self/exe", self, sizeof self - 1);
    self[length > 0 ? length : 0] = '\0';
    char *slash = strrchr(self, '/');
    if (slash)
        *slash = '\0';
    if (asprintf(&path, "%s:%s", self, rest ? rest : "") < 0)
        tool_fail(STATUS_SYSTEM, "out of memory");
    return path;
}

static int is_program(const char *path)
{
    struct stat status;
    return stat(path, &status) == 0 && S_ISREG(status.st_mode) && access(path, X_OK) == 0;
}

static char *program_in(const char *directory, const char *verb)
{
    char *path = NULL;
    if (asprintf(&path, "%s/%s%s", directory, prefix, verb) < 0)
        tool_fail(STATUS_SYSTEM, "out of memory");
    if (is_program(path))
        return path;
    free(path);
    return NULL;
}

char *verbs_find(const char *verb)
{
    char *found = NULL;
    if (*verb == '\0' || strchr(verb, '/'))
        return NULL;
    char *path = search_path();
    char *rest = path;
    for (char *directory; !found && (directory = strsep(&rest, ":")) != NULL;)
        if (*directory ==
            '/') /* the working directory is not searched, also where the path says so */
            found = program_in(directory, verb);
    free(path);
    return found;
}

static int is_known(const struct texts *list, const char *verb)
{
    for (int i = 0; i < list->count; i++)
        if (strcmp(list->items[i], verb) == 0)
            return 1;
    return 0;
}

static void add_from(const char *directory, struct texts *list)
{
    DIR *stream = *directory == '/' ? opendir(directory) : NULL;
    for (struct dirent *entry; stream && (entry = readdir(stream)) != NULL;) {
        const char *verb = entry->d_name + sizeof prefix - 1;
        if (strncmp(entry->d_name, prefix, sizeof prefix - 1) != 0 || strchr(verb, '.') ||
            is_known(list, verb))
            continue;
        char *path = program_in(directory, verb);
        if (path)
            texts_add(list, verb);
        free(path);
    }
    if (stream)
        closedir(stream);
}

static int by_name(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* Every verb that can be run, sorted. The list is made once and lives as long as the process. */
static const struct texts *all_verbs(void)
{
    static struct texts list;
    char *path = search_path();
    char *rest = path;
    for (char *directory; (directory = strsep(&rest, ":")) != NULL;)
        add_from(directory, &list);
    free(path);
    if (list.count > 0)
        qsort(list.items, (size_t)list.count, sizeof *list.items, by_name);
    return &list;
}

static int smallest(int a, int b, int c)
{
    int least = a < b ? a : b;
    return least < c ? least : c;
}

/* How many letters must be added, dropped or changed to make one word of the other. */
static int distance(const char *a, const char *b)
{
    int row[64];
    int width = (int)strlen(b);
    if (width > 63)
        return INT_MAX;
    for (int i = 0; i <= width; i++)
        row[i] = i;
    for (int line = 1; a[line - 1]; line++) {
        int diagonal = row[0];
        row[0] = line;
        for (int i = 1; i <= width; i++) {
            int above = row[i];
            row[i] = smallest(above + 1, row[i - 1] + 1, diagonal + (a[line - 1] != b[i - 1]));
            diagonal = above;
        }
    }
    return row[width];
}

const char *verbs_nearest(const char *verb)
{
    const struct texts *list = all_verbs();
    const char *nearest = NULL;
    int least = 3;
    for (int i = 0; i < list->count; i++) {
        int steps = distance(verb, list->items[i]);
        if (steps < least) {
            least = steps;
            nearest = list->items[i];
        }
    }
    return nearest;
}

void verbs_print(void)
{
    const struct texts *list = all_verbs();
    int others = 0;
    for (size_t i = 0; i < sizeof summaries / sizeof *summaries; i++)
        if (is_known(list, summaries[i].verb))
            printf("  %-9s %s\n", summaries[i].verb, summaries[i].summary);
    for (int i = 0; i < list->count; i++) {
        int described = 0;
        for (size_t k = 0; k < sizeof summaries / sizeof *summaries; k++)
            described |= strcmp(list->items[i], summaries[k].verb) == 0;
        if (described)
            continue;
        fputs(others++ > 0 ? " " : "\nAlso found: ", stdout);
        output_text(stdout, list->items[i]);
    }
    fputs(others > 0 ? "\n" : "", stdout);
}
