/* SPDX-License-Identifier: MIT */
/*
 * society-guard watch: follows whole working trees, and reports writes to files that another owns.
 *
 * A new directory is watched first and read then, and what is in it counts as written: it may have
 * been, before the watch. Where events were lost, everything is watched anew, and what has changed
 * since the last moment when all events were known counts as written.
 */
#include <dirent.h>
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "common/output.h"
#include "guard/directories.h"
#include "guard/guard.h"
#include "guard/ignore.h"
#include "guard/report.h"

#define AGENT "society-guard"

enum { BATCH = 256 };

struct watch {
    const struct guard *g;
    struct trees trees;
    struct batch batch;
    struct timespec drained; /* when all events were known last */
    uint32_t cookie;         /* of a directory that is on its way; 0: none is */
    char *moving;
};

/* What of a directory that is walked through counts as written. */
enum found { FOUND_NOTHING, FOUND_CHANGED, FOUND_ALL };

static volatile sig_atomic_t ended;

static void end(int signal)
{
    ended = signal;
}

/* ---- Walking ---- */

static int is_before(struct timespec a, struct timespec b)
{
    return a.tv_sec < b.tv_sec || (a.tv_sec == b.tv_sec && a.tv_nsec < b.tv_nsec);
}

/* git's own, ours, what is ignored, and other repositories are left out. */
static int is_left_out(struct watch *w, int tree, const char *name, const char *path,
                       const char *rest)
{
    if (strcmp(name, ".git") == 0 || strcmp(name, ".society-agent") == 0)
        return 1;
    char *git = guard_text("%s/.git", path);
    int nested = access(git, F_OK) == 0;
    free(git);
    return nested || ignore_has(&w->trees.items[tree], rest);
}

static void report_if_full(struct watch *w)
{
    if (w->batch.files.count >= BATCH)
        batch_report(&w->batch, w->g, &w->trees);
}

/* One that was made and may be written still is closed later, and reported then. */
static void found_file(struct watch *w, int tree, const char *path, const struct stat *st,
                       enum found found)
{
    if (found == FOUND_ALL || (found == FOUND_CHANGED && !is_before(st->st_ctim, w->drained))) {
        batch_add(&w->batch, tree, CHANGE_ADDED, path);
        report_if_full(w);
    }
}

static void walk(struct watch *w, int tree, const char *directory, enum found found)
{
    DIR *stream = directories_watch(directory) == 0 ? opendir(directory) : NULL;
    for (struct dirent *entry; stream && (entry = readdir(stream)) != NULL;) {
        struct stat st;
        const char *rest = "";
        if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0)
            continue;
        char *path = guard_text("%s/%s", directory, entry->d_name);
        int is_there = lstat(path, &st) == 0;
        trees_of(&w->trees, path, &rest);
        if (is_there && S_ISDIR(st.st_mode) && !is_left_out(w, tree, entry->d_name, path, rest))
            walk(w, tree, path, found);
        else if (is_there && !S_ISDIR(st.st_mode))
            found_file(w, tree, path, &st, found);
        free(path);
    }
    if (stream)
        closedir(stream);
}

/* Trees that came since they were listed, and those that were removed and made again, which may have
 * the same inode as well. */
static void walk_fresh(struct watch *w)
{
    for (int i = 0; i < w->trees.count; i++)
        if (w->trees.items[i].fresh || !directories_has(w->trees.items[i].path)) {
            w->trees.items[i].fresh = 0;
            ignore_forget(&w->trees.items[i]);
            walk(w, i, w->trees.items[i].path, FOUND_NOTHING);
        }
}

static void begin_anew(struct watch *w)
{
    tool_warn("events were lost: looking through everything");
    for (int i = 0; i < w->trees.count; i++) {
        ignore_forget(&w->trees.items[i]);
        walk(w, i, w->trees.items[i].path, FOUND_CHANGED);
    }
}

/* ---- Changes ---- */

/* A directory that was taken away, and did not come back at another place. */
static void settle(struct watch *w)
{
    if (w->moving)
        directories_rename(w->moving, NULL);
    free(w->moving);
    w->moving = NULL;
    w->cookie = 0;
}

static void change_directory(struct watch *w, int tree, const char *rest, const struct change *c)
{
    const char *name = strrchr(c->path, '/') + 1;
    if (c->what == CHANGE_REMOVED && c->cookie) {
        settle(w);
        w->cookie = c->cookie;
        w->moving = guard_text("%s", c->path);
    } else if (c->what == CHANGE_ADDED) {
        int left_out = is_left_out(w, tree, name, c->path, rest);
        if (w->moving && c->cookie == w->cookie && !left_out) {
            directories_rename(w->moving, c->path);
            free(w->moving);
            w->moving = NULL;
        }
        if (!left_out)
            walk(w, tree, c->path, FOUND_ALL);
    }
}

/* A file that is made is closed a moment later, if it was opened; a link was not. */
static int is_no_news(const struct change *c)
{
    struct stat st;
    return c->what == CHANGE_ADDED && c->cookie == 0 &&
           (lstat(c->path, &st) < 0 || (S_ISREG(st.st_mode) && st.st_nlink == 1));
}

static void change_file(struct watch *w, int tree, const struct change *c)
{
    if (strcmp(strrchr(c->path, '/'), "/.gitignore") == 0 && c->what != CHANGE_WRITTEN) {
        ignore_forget(&w->trees.items[tree]);
        walk(w, tree, w->trees.items[tree].path, FOUND_NOTHING);
    }
    if (!is_no_news(c))
        batch_add(&w->batch, tree, c->what, c->path);
    report_if_full(w);
}

static void take(struct watch *w, const struct change *c)
{
    const char *rest = "";
    int tree = c->what == CHANGE_LOST ? -1 : trees_of(&w->trees, c->path, &rest);
    if (w->moving && c->cookie != w->cookie)
        settle(w);
    if (c->what == CHANGE_LOST)
        begin_anew(w);
    else if (tree >= 0 && c->is_directory)
        change_directory(w, tree, rest, c);
    else if (tree >= 0 && strcmp(rest, ".git") != 0)
        change_file(w, tree, c);
}

/* ---- From time to time ---- */

static void look_after(struct watch *w)
{
    if (trees_changed(&w->trees)) {
        trees_find(&w->trees);
        walk_fresh(w);
    }
    if (!trees_stash_changed(&w->trees))
        return;
    if (w->g->t->json)
        output_json("{\"type\":\"stash\"}");
    else
        puts("git's stash has changed, which all worktrees share; `society-worktree stash` keeps "
             "one "
             "for each slot");
    output_flush();
}

/* With room for the kernel's clock, which is coarser for files. */
static struct timespec moment(void)
{
    struct timespec now;
    clock_gettime(CLOCK_REALTIME_COARSE, &now);
    now.tv_nsec -= 20000000;
    if (now.tv_nsec < 0) {
        now.tv_nsec += 1000000000;
        now.tv_sec--;
    }
    return now;
}

static void follow(struct watch *w)
{
    struct change c;
    time_t looked = 0;
    while (!ended) {
        struct timespec now = moment();
        if (directories_next(0, &c)) {
            take(w, &c);
            continue;
        }
        settle(w);
        if (w->batch.files.count > 0)
            batch_report(&w->batch, w->g, &w->trees);
        w->drained = now;
        if (now.tv_sec != looked)
            look_after(w);
        looked = now.tv_sec;
        if (!ended && directories_next(1, &c))
            take(w, &c);
    }
}

static void catch_ends(void)
{
    static const int signals[] = {SIGINT, SIGTERM, SIGHUP};
    struct sigaction action = {.sa_handler = end};
    for (size_t i = 0; i < sizeof signals / sizeof *signals; i++)
        sigaction(signals[i], &action, NULL);
}

int guard_watch(struct guard *g)
{
    struct watch w = {.g = g};
    tool_expect_arguments(g->t, 1, 1, "");
    tool_open(g->t);
    int result = society_identify(g->t->society, g->t->agent ? g->t->agent : AGENT);
    if (result < 0)
        tool_fail_result(g->t, result);
    g->agent = society_agent(g->t->society);
    catch_ends();
    batch_begin(&w.batch);
    directories_begin();
    w.drained = moment();
    trees_find(&w.trees);
    walk_fresh(&w);
    tool_warn("watching %d directories in %d working trees", directories_count(), w.trees.count);
    follow(&w);
    for (int i = 0; i < w.trees.count; i++)
        ignore_forget(&w.trees.items[i]);
    trees_free(&w.trees);
    batch_end(&w.batch);
    return STATUS_DONE;
}
