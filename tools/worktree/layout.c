/* SPDX-License-Identifier: MIT */
/* Templates filled in: see layout.h. */
#include "layout.h"

#include <ctype.h>
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/git.h"

char *layout_setting(const struct worktree *w, const char *key, const char *otherwise)
{
    char *value = git_ask(w->dir, "config", "--get", key);
    return value ? value : worktree_text("%s", otherwise);
}

static char *repository_name(const struct worktree *w)
{
    const char *base = strrchr(w->root, '/');
    char *name = worktree_text("%s", base ? base + 1 : w->root);
    size_t length = strlen(name);
    if (length > 4 && strcmp(name + length - 4, ".git") == 0)
        name[length - 4] = '\0';
    return name;
}

static const char *number_of(const char *slot)
{
    const char *number = slot + strlen(slot);
    while (number > slot && isdigit((unsigned char)number[-1]))
        number--;
    while (number[0] == '0' && number[1] != '\0')
        number++;
    return number;
}

static void put_value(const struct worktree *w, FILE *out, const char *name, size_t length,
                      const char *slot)
{
    char *text;
    if (length == 4 && memcmp(name, "slot", 4) == 0) {
        text = worktree_text("%s", slot);
    } else if (length == 4 && memcmp(name, "repo", 4) == 0) {
        text = repository_name(w);
    } else if (length == 5 && memcmp(name, "topic", 5) == 0) {
        text =
            w->topic ? worktree_text("%s", w->topic) : layout_setting(w, "society.topic", "work");
    } else if (length == 1 && *name == 'n') {
        text = worktree_text("%s", number_of(slot));
        if (*text == '\0')
            tool_fail(STATUS_SYSTEM, "the template has <n>, and slot %s ends in no number", slot);
    } else {
        tool_fail(STATUS_SYSTEM,
                  "a template has <%.*s>, which is none of <repo> <slot> <topic> <n>", (int)length,
                  name);
    }
    fputs(text, out);
    free(text);
}

static char *fill_in(const struct worktree *w, const char *template, const char *slot)
{
    char *text = NULL;
    size_t size = 0;
    FILE *out = open_memstream(&text, &size);
    if (!out)
        tool_fail(STATUS_SYSTEM, "out of memory");
    while (*template) {
        const char *end = *template == '<' ? strchr(template, '>') : NULL;
        if (end) {
            put_value(w, out, template + 1, (size_t)(end - template) - 1, slot);
            template = end + 1;
        } else {
            fputc(*template ++, out);
        }
    }
    if (fclose(out) != 0)
        tool_fail(STATUS_SYSTEM, "out of memory");
    return text;
}

/* Takes "." and ".." out of an absolute path, and doubled slashes: the path may not be there yet. */
static char *clean(const char *path)
{
    char *out = worktree_text("%s", path);
    size_t used = 0;
    while (*path) {
        size_t length;
        path += strspn(path, "/");
        length = strcspn(path, "/");
        if (length == 2 && memcmp(path, "..", 2) == 0) {
            while (used > 0 && out[--used] != '/')
                continue;
        } else if (length > 0 && !(length == 1 && *path == '.')) {
            out[used++] = '/';
            memmove(out + used, path, length);
            used += length;
        }
        path += length;
    }
    out[used > 0 ? used : 1] = '\0';
    return out;
}

char *layout_path(const struct worktree *w, const char *slot)
{
    char here[PATH_MAX];
    char *template = w->path ? NULL : layout_setting(w, "society.path", "../<repo>-<slot>");
    char *name = template ? fill_in(w, template, slot) : worktree_text("%s", w->path);
    if (w->path && !getcwd(here, sizeof here))
        tool_fail(STATUS_SYSTEM, "the working directory: %s", strerror(errno));
    char *whole = *name == '/' ? worktree_text("%s", name)
                               : worktree_text("%s/%s", w->path ? here : w->root, name);
    char *path = clean(whole);
    /* git has it in files of one line, and so have we. */
    if (strchr(path, '\n'))
        tool_fail(STATUS_USAGE, "a working copy can't stand at a path with a newline in it: %s",
                  path);
    free(template);
    free(name);
    free(whole);
    return path;
}

char *layout_branch(const struct worktree *w, const char *slot)
{
    char *template = layout_setting(w, "society.branch", "agent/dev/<slot>/<topic>");
    char *branch = fill_in(w, template, slot);
    char *checked = git_ask(w->dir, "check-ref-format", "--branch", branch);
    if (!checked)
        tool_usage("'%s' can't be the name of a branch", branch);
    free(checked);
    free(template);
    return branch;
}

char *layout_base(const struct worktree *w)
{
    char *base = w->base ? worktree_text("%s", w->base) : layout_setting(w, "society.base", "");
    if (*base == '\0') {
        free(base);
        base = git_ask(w->root, "symbolic-ref", "--quiet", "--short", "HEAD");
    }
    if (!base)
        base = git_ask(w->root, "rev-parse", "HEAD");
    char *expression = worktree_text("%s^{commit}", base ? base : "HEAD");
    char *commit =
        git_ask(w->dir, "rev-parse", "--verify", "--quiet", "--end-of-options", expression);
    if (!commit)
        tool_fail(STATUS_SYSTEM, "%s is no commit of %s%s", base ? base : "HEAD", w->root,
                  w->base ? "" : "; make a first commit, or name a base with --base");
    free(expression);
    /* The name of a ref stays true. HEAD~3 and the like are another commit tomorrow. */
    char *ref = base ? git_ask(w->root, "rev-parse", "--symbolic-full-name", base) : NULL;
    char *head = base && strcmp(base, "HEAD") == 0
                     ? git_ask(w->root, "symbolic-ref", "--quiet", "--short", "HEAD")
                     : NULL;
    int is_lasting = ref && *ref && strcmp(base, "HEAD") != 0;
    char *name = worktree_text("%s", head ? head : is_lasting ? base : commit);
    free(head);
    free(ref);
    free(commit);
    free(base);
    return name;
}
