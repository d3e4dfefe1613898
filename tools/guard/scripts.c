/* SPDX-License-Identifier: MIT */
/*
 * git runs the hooks of one directory only, so there is a script for each that may be wanted later,
 * and for each that is there now. Left out otherwise are those whose mere presence changes what git
 * does (proc-receive, push-to-checkout), and post-index-change, which would cost every `git status`
 * a process.
 */
#include "guard/scripts.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/config_file.h"
#include "guard/guard.h"

static const char *const guarded[] = {"pre-commit", "pre-merge-commit", "pre-applypatch",
                                      "reference-transaction", "pre-push"};
static const char *const passed[] = {"applypatch-msg", "post-applypatch", "prepare-commit-msg",
                                     "commit-msg",     "post-commit",     "pre-rebase",
                                     "post-checkout",  "post-merge",      "post-rewrite",
                                     "pre-auto-gc",    "pre-receive",     "update",
                                     "post-receive",   "post-update",     "sendemail-validate"};
enum { GUARDED = sizeof guarded / sizeof *guarded, PASSED = sizeof passed / sizeof *passed };

static int is_guarded(const char *name)
{
    for (int i = 0; i < GUARDED; i++)
        if (strcmp(guarded[i], name) == 0)
            return 1;
    return 0;
}

/* A word for the shell, to be given to free(). */
static char *quote(const char *word)
{
    char *text = NULL;
    size_t size = 0;
    FILE *out = open_memstream(&text, &size);
    if (!out)
        tool_fail(STATUS_SYSTEM, "out of memory");
    fputc('\'', out);
    for (; *word; word++)
        if (*word == '\'')
            fputs("'\\''", out);
        else
            fputc(*word, out);
    fputc('\'', out);
    if (fclose(out) != 0)
        tool_fail(STATUS_SYSTEM, "out of memory");
    return text;
}

static char *compose(const char *name, const char *program, const char *before)
{
    static const char head[] =
        "#!/bin/sh\n# Written by society-guard install; `society-guard uninstall` takes it back.\n";
    static const char look[] =
        "[ -x \"$guard\" ] || guard=society-guard\n"
        "if ! command -v \"$guard\" >/dev/null; then\n"
        "    echo 'society-guard is not there any more, and nothing is let through. To do without "
        "it: git config --unset core.hooksPath' >&2\n"
        "    exit 1\n"
        "fi\n"
        "exec ";
    char *quoted = quote(before);
    char *guard = quote(program);
    char *text =
        is_guarded(name)
            ? guard_text("%sbefore=%s guard=%s\n%s\"$guard\" git-hook -- %s \"$before\" \"$@\"\n",
                         head, quoted, guard, look, name)
            : guard_text("%sbefore=%s\n"
                         "if [ -x \"$before/%s\" ]; then exec \"$before/%s\" \"$@\"; fi\n",
                         head, quoted, name, name);
    free(guard);
    free(quoted);
    return text;
}

static void write_one(const char *directory, const char *name, const char *program,
                      const char *before)
{
    char *path = guard_text("%s/%s", directory, name);
    char *text = compose(name, program, before);
    config_write(path, text, 0777 & (config_mode() | 0111));
    free(text);
    free(path);
}

/* A hook that git would run, and no example. */
static int is_hook(const char *directory, const char *name)
{
    struct stat st;
    char *path = guard_text("%s/%s", directory, name);
    int result = !strchr(name, '.') && stat(path, &st) == 0 && S_ISREG(st.st_mode) &&
                 (st.st_mode & 0111) != 0;
    free(path);
    return result;
}

/* Calls `use` for the name of each hook in a directory. */
static void each_hook(const char *directory, void (*use)(const char *name, void *context),
                      void *context)
{
    DIR *stream = opendir(directory);
    for (struct dirent *entry; stream && (entry = readdir(stream)) != NULL;)
        if (is_hook(directory, entry->d_name))
            use(entry->d_name, context);
    if (stream)
        closedir(stream);
}

struct writing {
    const char *directory, *program, *before;
};

static void write_for(const char *name, void *context)
{
    const struct writing *w = context;
    write_one(w->directory, name, w->program, w->before);
}

void scripts_write(const char *directory, const char *program, const char *before,
                   const char *present)
{
    struct writing w = {directory, program, before};
    char *parent = guard_text("%s", directory);
    *strrchr(parent, '/') = '\0';
    if ((mkdir(parent, 0777) < 0 && errno != EEXIST) ||
        (mkdir(directory, 0777) < 0 && errno != EEXIST))
        tool_fail(STATUS_SYSTEM, "%s: %s", directory, strerror(errno));
    for (int i = 0; i < GUARDED; i++)
        write_for(guarded[i], &w);
    for (int i = 0; i < PASSED; i++)
        write_for(passed[i], &w);
    each_hook(present, write_for, &w);
    free(parent);
}

static void remove_for(const char *name, void *context)
{
    char *path = guard_text("%s/%s", (const char *)context, name);
    unlink(path);
    free(path);
}

void scripts_remove(const char *directory)
{
    char *own = guard_text("%s", directory);
    each_hook(directory, remove_for, own);
    if (rmdir(directory) < 0 && errno != ENOENT)
        tool_warn("%s was left: %s", directory, strerror(errno));
    *strrchr(own, '/') = '\0';
    rmdir(own); /* unless it has more */
    free(own);
}

struct looking {
    const char *directory;
    char *missing;
};

static void look_for(const char *name, void *context)
{
    struct looking *l = context;
    if (is_hook(l->directory, name))
        return;
    char *more = l->missing ? guard_text("%s %s", l->missing, name) : guard_text("%s", name);
    free(l->missing);
    l->missing = more;
}

char *scripts_missing(const char *directory, const char *present)
{
    struct looking l = {directory, NULL};
    for (int i = 0; i < GUARDED; i++)
        look_for(guarded[i], &l);
    each_hook(present, look_for, &l);
    return l.missing;
}
