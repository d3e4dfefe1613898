/* SPDX-License-Identifier: MIT */
/*
 * git's raw format with NULs: `:<mode> <mode> <object> <object> <status>`, and behind it the path.
 * A submodule is left alone: what is in it is another repository's.
 */
#include "guard/changes.h"

#include <ctype.h>
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
    /* A signature that is shown would stand before the changes. What is only put by in a stash was
     * judged by nobody. */
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
                                 "--exclude=refs/society/stash/*",
                                 "--all",
                                 NULL};
    read_raw(c, words);
}

void changes_free(struct changes *c)
{
    texts_free(&c->paths);
    texts_free(&c->states);
}

static int is_none(const char *state)
{
    return state[strspn(state, "0 ")] == '\0';
}

int changes_same(const char *commit, const char *path, const char *state)
{
    /* `<mode> <type> <object>\t<path>`; nothing: it is not there. */
    char *there = git_ask(".", "--literal-pathspecs", "ls-tree", "--full-tree", commit, "--", path);
    const char *type = there ? strchr(there, ' ') : NULL;
    const char *object = type ? strchr(type + 1, ' ') : NULL;
    size_t length = object ? strcspn(object, "\t") : 0;
    int same = object ? strncmp(there, state, 6) == 0 && strlen(state) == 6 + length &&
                            strncmp(object, state + 6, length) == 0
                      : is_none(state);
    free(there);
    return same;
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

int changes_accepted(const char *path, const char *state)
{
    struct texts names = {0};
    int accepted = 0;
    changes_protected(&names);
    for (int i = 0; i < names.count && !accepted; i++) {
        char *local = guard_text("refs/heads/%s", names.items[i]);
        char *remote = guard_text("refs/remotes/*/%s", names.items[i]);
        char *refs = git_ask(".", "for-each-ref", "--format=%(refname)", local, remote);
        char *rest = refs;
        for (char *ref; !accepted && (ref = strsep(&rest, "\n")) != NULL;)
            accepted = *ref && changes_same(ref, path, state);
        free(refs);
        free(remote);
        free(local);
    }
    texts_free(&names);
    return accepted;
}
