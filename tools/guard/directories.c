/* SPDX-License-Identifier: MIT */
/*
 * libinotifytools has one inotify instance for the process, and gives the events one by one; the
 * directories behind the numbers are kept here. Its own table goes by names: one that was removed
 * and made again, or renamed, has two entries there, and the wrong one may be found. So each watch
 * is given to it under a name that no other has: the path, and behind it a number, written in
 * components that lead nowhere ("./" and ".//").
 *
 * It is under the GNU General Public License, version 2, and this is the only file that uses it.
 */
#include "guard/directories.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include <inotifytools/inotify.h>
#include <inotifytools/inotifytools.h>

#include "guard/guard.h"

#define MASK                                                                            \
    (IN_MODIFY | IN_CLOSE_WRITE | IN_CREATE | IN_DELETE | IN_MOVED_FROM | IN_MOVED_TO | \
     IN_ONLYDIR | IN_EXCL_UNLINK)

static char **names; /* by the kernel's number */
static int size;
static int count;

void directories_begin(void)
{
    if (!inotifytools_initialize())
        tool_fail(STATUS_SYSTEM, "the kernel gives no inotify instance: %s",
                  strerror(inotifytools_error()));
}

static char *unique(const char *path)
{
    static uint32_t number;
    char tail[32 * 3 + 1];
    char *at = tail;
    for (uint32_t rest = ++number; rest > 0; rest >>= 1)
        at = stpcpy(at, rest & 1 ? ".//" : "./");
    return guard_text("%s/%s", path, tail);
}

static void note(int wd, const char *path)
{
    if (wd >= size) {
        int larger = wd * 2 + 64;
        names = realloc(names, (size_t)larger * sizeof *names);
        if (!names)
            tool_fail(STATUS_SYSTEM, "out of memory");
        memset(names + size, 0, (size_t)(larger - size) * sizeof *names);
        size = larger;
    }
    count += names[wd] == NULL;
    free(names[wd]);
    names[wd] = guard_text("%s", path);
}

int directories_watch(const char *path)
{
    char *name = unique(path);
    int watched = inotifytools_watch_file(name, MASK);
    int error = inotifytools_error();
    int wd = watched ? inotifytools_wd_from_filename(name) : -1;
    free(name);
    if (wd > 0)
        note(wd, path);
    if (error == ENOSPC)
        tool_fail(STATUS_SYSTEM,
                  "%s: the kernel gives no more watches after %d directories; raise the limit with "
                  "sysctl fs.inotify.max_user_watches",
                  path, count);
    return wd > 0 ? 0 : -1;
}

void directories_rename(const char *from, const char *to)
{
    size_t length = strlen(from);
    for (int wd = 0; wd < size; wd++) {
        char *old = names[wd];
        if (!old || strncmp(old, from, length) != 0 || (old[length] != '/' && old[length] != '\0'))
            continue;
        names[wd] = to ? guard_text("%s%s", to, old + length) : NULL;
        if (!to) {
            count--;
            inotifytools_remove_watch_by_wd(wd);
        }
        free(old);
    }
}

int directories_has(const char *path)
{
    for (int wd = 0; wd < size; wd++)
        if (names[wd] && strcmp(names[wd], path) == 0)
            return 1;
    return 0;
}

int directories_count(void)
{
    return count;
}

static int what_of(uint32_t mask)
{
    if (mask & IN_MODIFY)
        return CHANGE_WRITTEN;
    if (mask & IN_CLOSE_WRITE)
        return CHANGE_CLOSED;
    return mask & (IN_CREATE | IN_MOVED_TO) ? CHANGE_ADDED : CHANGE_REMOVED;
}

/* One that is gone: the kernel has forgotten it. */
static void drop(int wd)
{
    if (wd < 0 || wd >= size || !names[wd])
        return;
    free(names[wd]);
    names[wd] = NULL;
    count--;
}

int directories_next(int wait, struct change *ret_change)
{
    static char *path;
    for (;;) {
        struct inotify_event *event = inotifytools_next_events(wait ? 1 : 0, 1);
        if (!event)
            return 0;
        if (event->mask & IN_Q_OVERFLOW) {
            *ret_change = (struct change){.what = CHANGE_LOST};
            return 1;
        }
        if (event->mask & IN_IGNORED)
            drop(event->wd);
        if (event->len == 0 || event->wd < 0 || event->wd >= size || !names[event->wd])
            continue;
        free(path);
        path = guard_text("%s/%s", names[event->wd], event->name);
        *ret_change = (struct change){.what = what_of(event->mask),
                                      .is_directory = (event->mask & IN_ISDIR) != 0,
                                      .cookie = event->cookie,
                                      .path = path};
        return 1;
    }
}
