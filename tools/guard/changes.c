/* SPDX-License-Identifier: MIT */
/*
 * git's raw format with NULs: `:<mode> <mode> <object> <object> <status>`, and behind it the path.
 * A submodule is left alone: what is in it is another repository's.
 */
#include "guard/changes.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "common/child.h"
#include "common/git.h"
#include "common/tool.h"
#include "guard/guard.h"

#define RAW "--raw", "-z", "--no-renames", "--no-abbrev"

static int is_submodule(const char *before, const char *after)
{
    int was = strncmp(before, "160000", 6) == 0;
    int is = strncmp(after, "160000", 6) == 0;
    return (was || is) && (was || strncmp(before, "000000", 6) == 0) &&
           (is || strncmp(after, "000000", 6) == 0);
}

/* `:100644 100644 <from> <to> M`; all of it is git's own, so what is otherwise is no such line. */
static void add(struct changes *c, const char *line, const char *path)
{
    const char *from = strlen(line) > 15 ? line + 15 : "";
    const char *to = from + strcspn(from, " ");
    if (*to != ' ' || *path == '\0')
        tool_fail(STATUS_SYSTEM, "git says what is not understood: %s", line);
    if (is_submodule(line + 1, line + 8))
        return;
    char *state = guard_text("%.6s %.*s", line + 8, (int)strcspn(to + 1, " "), to + 1);
    texts_add(&c->states, state);
    texts_add(&c->paths, path);
    free(state);
}

static void read_raw(struct changes *c, const char *const *words)
{
    size_t size = 0;
    int status = 0;
    char *text = child_read(words, CHILD_LOUD, &size, &status);
    if (!text)
        tool_fail(STATUS_SYSTEM, "git could not say what is changed");
    for (const char *at = text; at < text + size;) {
        const char *path = at + strlen(at) + 1;
        if (*at == ':') {
            add(c, at, path < text + size ? path : "");
            at = path;
        }
        at += strlen(at) + 1;
    }
    free(text);
}

void changes_staged(struct changes *c)
{
    char *head = git_ask(".", "rev-parse", "--quiet", "--verify", "HEAD^{commit}");
    if (!head)
        head = git_read(".", "hash-object", "-t", "tree", "/dev/null"); /* nothing was before */
    if (!head)
        tool_fail(STATUS_SYSTEM, "git could not say what is staged");
    const char *const words[] = {"git", "diff-index", "--cached", RAW, head, NULL};
    read_raw(c, words);
    free(head);
}

void changes_new(struct changes *c, const char *commit)
{
    /* A signature that is shown would stand before the changes. What is only put by in a stash, or
     * was saved of a slot, was judged by nobody. */
    const char *const words[] = {"git",
                                 "-c",
                                 "log.showRoot=true",
                                 "log",
                                 "--diff-merges=first-parent",
                                 "--no-show-signature",
                                 RAW,
                                 "--format=",
                                 commit,
                                 "--not",
                                 "--exclude=refs/stash",
                                 "--exclude=refs/society/*",
                                 "--all",
                                 NULL};
    read_raw(c, words);
}

void changes_free(struct changes *c)
{
    texts_free(&c->paths);
    texts_free(&c->states);
}

/* ---- What is so elsewhere ---- */

/* As many paths are asked for by name; for more everything is read. */
enum { NAMED = 40 };

static int is_none(const char *state)
{
    return state[strspn(state, "0 ")] == '\0';
}

/* The changes that are marked, in the order of their paths. */
struct marked {
    const struct changes *c;
    int *items;
    int count;
};

static int compare(const void *a, const void *b, void *context)
{
    const struct changes *c = context;
    return strcmp(c->paths.items[*(const int *)a], c->paths.items[*(const int *)b]);
}

static void find_marked(const struct changes *c, const char *marks, struct marked *m)
{
    *m = (struct marked){c, calloc((size_t)c->paths.count + 1, sizeof *m->items), 0};
    if (!m->items)
        tool_fail(STATUS_SYSTEM, "out of memory");
    for (int i = 0; i < c->paths.count; i++)
        if (marks[i])
            m->items[m->count++] = i;
    qsort_r(m->items, (size_t)m->count, sizeof *m->items, compare, (void *)(uintptr_t)c);
}

/* The first of those that are marked with a path, or behind where it would be. */
static int first_of(const struct marked *m, const char *path)
{
    int low = 0;
    int high = m->count;
    while (low < high) {
        int middle = low + (high - low) / 2;
        if (strcmp(m->c->paths.items[m->items[middle]], path) < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

/* What git lists of a commit, each with a NUL behind it; NULL: there is no such commit. */
static char *list(const struct marked *m, const char *commit, size_t *ret_size)
{
    const char *words[NAMED + 10] = {"git",     "--literal-pathspecs",
                                     "ls-tree", "--full-tree",
                                     "-z",      m->count > NAMED ? "-r" : commit};
    int count = 6;
    words[count++] = m->count > NAMED ? commit : "--";
    for (int i = 0; i < m->count && m->count <= NAMED; i++)
        words[count++] = m->c->paths.items[m->items[i]];
    return child_read(words, CHILD_QUIET, ret_size, NULL);
}

/* `<mode> <type> <object>\t<path>`: takes the marks of changes that make it so, and notes which
 * paths are there. */
static void unmark(const struct marked *m, char *marks, char *there, const char *line)
{
    const char *path = strchr(line, '\t');
    const char *type = strchr(line, ' ');
    const char *object = type ? strchr(type + 1, ' ') : NULL;
    if (!path || !object)
        tool_fail(STATUS_SYSTEM, "git says what is not understood: %s", line);
    char *state = guard_text("%.6s%.*s", line, (int)(path - object), object);
    path++;
    for (int i = first_of(m, path);
         i < m->count && strcmp(m->c->paths.items[m->items[i]], path) == 0; i++) {
        there[m->items[i]] = 1;
        if (strcmp(m->c->states.items[m->items[i]], state) == 0)
            marks[m->items[i]] = 0;
    }
    free(state);
}

void changes_unmark_same(const struct changes *c, char *marks, const char *commit)
{
    struct marked m;
    size_t size = 0;
    find_marked(c, marks, &m);
    char *text = m.count > 0 ? list(&m, commit, &size) : NULL;
    char *there = calloc((size_t)c->paths.count + 1, 1);
    if (!there)
        tool_fail(STATUS_SYSTEM, "out of memory");
    for (const char *at = text; text && at < text + size; at += strlen(at) + 1)
        unmark(&m, marks, there, at);
    for (int i = 0; text && i < m.count; i++)
        if (!there[m.items[i]] && is_none(c->states.items[m.items[i]]))
            marks[m.items[i]] = 0;
    free(there);
    free(text);
    free(m.items);
}

void changes_protected(struct texts *names)
{
    char *text = git_ask(".", "config", "--get-all", "society.protected");
    char *rest = text;
    if (!text) {
        texts_add(names, "main");
        texts_add(names, "master");
        texts_add(names, "dev");
    }
    for (char *name; (name = strsep(&rest, " \n")) != NULL;)
        if (*name)
            texts_add(names, name);
    free(text);
}

/* The names of refs, a line each, to be given to free(); NULL: git can't say. */
static char *protected_refs(void)
{
    struct texts names = {0};
    const char *words[32] = {"for-each-ref", "--format=%(refname)"};
    char *patterns[30] = {NULL};
    int count = 0;
    changes_protected(&names);
    for (int i = 0; i < names.count && count + 1 < 28; i++) {
        patterns[count++] = guard_text("refs/heads/%s", names.items[i]);
        patterns[count++] = guard_text("refs/remotes/*/%s", names.items[i]);
    }
    for (int i = 0; i < count; i++)
        words[2 + i] = patterns[i];
    char *refs = count > 0 ? git_read_words(".", 1, words) : NULL;
    for (int i = 0; i < count; i++)
        free(patterns[i]);
    texts_free(&names);
    return refs;
}

void changes_unmark_accepted(const struct changes *c, char *marks)
{
    if (!memchr(marks, 1, (size_t)c->paths.count))
        return;
    char *refs = protected_refs();
    char *rest = refs;
    for (char *ref; (ref = strsep(&rest, "\n")) != NULL;)
        if (*ref)
            changes_unmark_same(c, marks, ref);
    free(refs);
}
