/* SPDX-License-Identifier: MIT */
/*
 * Following the working copies: one inotify instance over the directories of all slots, ignored ones
 * left out, and over what tells of HEAD, index and refs in the git directories.
 *
 * What an event says is not believed and does not matter: it means "look again". When directories came
 * or went (slots are directories, too) or events were lost, everything is watched anew a moment later,
 * which costs no more than a walk, since the kernel knows what it watches already; then it may have
 * changed once more. The timer that this takes is the safety net as well, and serves alone where the
 * kernel gives no watches any more.
 */
#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/inotify.h>
#include <sys/timerfd.h>
#include <unistd.h>

#include "slots.h"
#include "sys.h"

#define NET_SECONDS 30
#define POLL_SECONDS 1
#define ANEW_MS 100
#define DEPTH 64
#define MASK                                                                          \
    (IN_CLOSE_WRITE | IN_MODIFY | IN_ATTRIB | IN_CREATE | IN_DELETE | IN_MOVED_FROM | \
     IN_MOVED_TO | IN_DELETE_SELF | IN_MOVE_SELF | IN_ONLYDIR)

struct society_git_watch {
    struct society_git *git;
    int poll_fd;
    int inotify_fd;
    int timer_fd;
    bool polling; /* not everything could be watched */
    bool stale;   /* everything is to be watched anew, when the timer says so */
};

/* ---- What is watched ---- */

static void watch_directory(struct society_git_watch *w, const char *path)
{
    /* One that is gone again, or may not be read, can't change under our eyes either. */
    if (soc_sys->inotify_add(w->inotify_fd, path, MASK) < 0 && errno != ENOENT &&
        errno != ENOTDIR && errno != EACCES)
        w->polling = true;
}

static bool is_directory(const char *parent, const struct dirent *entry)
{
    struct stat st;
    SOC_AUTO_STRBUF struct soc_strbuf path = SOC_STRBUF_INIT;
    if (entry->d_type != DT_UNKNOWN)
        return entry->d_type == DT_DIR;
    soc_path_join(&path, parent, entry->d_name);
    return !path.failed && soc_sys->fstatat(AT_FDCWD, path.data, &st, AT_SYMLINK_NOFOLLOW) == 0 &&
           S_ISDIR(st.st_mode);
}

/* `repository`: what says which directories are ignored; NULL: none is. */
static void watch_tree(struct society_git_watch *w, git_repository *repository, const char *path,
                       int depth)
{
    DIR *stream = depth > 0 ? opendir(path) : NULL;
    if (!stream)
        return; /* gone again, or not ours to read */
    watch_directory(w, path);
    for (struct dirent *entry; (entry = readdir(stream));) {
        SOC_AUTO_STRBUF struct soc_strbuf below = SOC_STRBUF_INIT;
        int ignored = 0;
        if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0 ||
            strcmp(entry->d_name, ".git") == 0 || !is_directory(path, entry))
            continue;
        soc_path_join(&below, path, entry->d_name);
        if (below.failed)
            continue;
        if (repository) {
            SOC_AUTO_STRBUF struct soc_strbuf relative = SOC_STRBUF_INIT;
            soc_strbuf_add_format(&relative, "%s/",
                                  below.data + strlen(git_repository_workdir(repository)));
            git_ignore_path_is_ignored(&ignored, repository, relative.data ? relative.data : "");
        }
        if (!ignored)
            watch_tree(w, repository, below.data, depth - 1);
    }
    closedir(stream);
}

static void watch_name(struct society_git_watch *w, const char *dir, const char *name, bool tree)
{
    SOC_AUTO_STRBUF struct soc_strbuf path = SOC_STRBUF_INIT;
    soc_path_join(&path, dir, name);
    if (path.failed)
        w->polling = true;
    else if (tree)
        watch_tree(w, NULL, path.data, DEPTH);
    else
        watch_directory(w, path.data);
}

static int watch_everything(struct society_git_watch *w)
{
    int result = soc_slots_read(w->git);
    if (result < 0)
        return result;
    watch_directory(w, w->git->dir.data);
    watch_name(w, w->git->dir.data, "refs", true);
    watch_name(w, w->git->dir.data, "worktrees", false);
    watch_name(w, w->git->dir.data, SOC_CLONES, false);
    for (struct soc_slot *slot = w->git->slots; slot; slot = slot->next) {
        if (slot->trouble.length > 0 || soc_slot_open(w->git, slot) < 0)
            continue; /* society_git_slots() names the trouble */
        watch_directory(w, slot->dir.data);
        if (slot->clone)
            watch_name(w, slot->dir.data, "refs", true);
        watch_tree(w, slot->repository, slot->path.data, DEPTH);
    }
    return 0;
}

/* ---- The descriptor ---- */

static int set_timer(const struct society_git_watch *w)
{
    time_t seconds = w->polling ? POLL_SECONDS : NET_SECONDS;
    struct itimerspec period = {{seconds, 0}, {seconds, 0}};
    if (w->stale)
        period.it_value = (struct timespec){0, ANEW_MS * 1000000};
    return timerfd_settime(w->timer_fd, 0, &period, NULL);
}

static int add_fd(struct society_git_watch *w, int fd)
{
    struct epoll_event event = {.events = EPOLLIN, .data = {.fd = fd}};
    return fd < 0 ? -1 : epoll_ctl(w->poll_fd, EPOLL_CTL_ADD, fd, &event);
}

static int open_descriptors(struct society_git_watch *w)
{
    w->poll_fd = epoll_create1(EPOLL_CLOEXEC);
    w->timer_fd = timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK);
    w->inotify_fd = soc_sys->inotify_init();
    /* Without an instance (the kernel gives a user 128) the timer alone serves. */
    if (w->inotify_fd < 0)
        w->polling = true;
    if (w->poll_fd < 0 || add_fd(w, w->timer_fd) < 0 ||
        (w->inotify_fd >= 0 && add_fd(w, w->inotify_fd) < 0))
        return soc_fail_errno(&w->git->error, "cannot watch");
    return 0;
}

SOC_PUBLIC int society_git_watch_open(society_git *git, society_git_watch **ret_watch)
{
    int result = soc_git_enter(git);
    if (result < 0)
        return result;
    struct society_git_watch *w = calloc(1, sizeof *w);
    if (!w)
        return soc_fail_memory(&git->error);
    *w = (struct society_git_watch){git, -1, -1, -1, false, false};
    result = open_descriptors(w);
    if (result == 0)
        result = watch_everything(w);
    if (result == 0 && set_timer(w) < 0)
        result = soc_fail_errno(&git->error, "cannot watch");
    if (result < 0)
        society_git_watch_close(w);
    else
        *ret_watch = w;
    return result;
}

SOC_PUBLIC void society_git_watch_close(society_git_watch *watch)
{
    if (!watch)
        return;
    if (watch->inotify_fd >= 0)
        close(watch->inotify_fd);
    if (watch->timer_fd >= 0)
        close(watch->timer_fd);
    if (watch->poll_fd >= 0)
        close(watch->poll_fd);
    free(watch);
}

SOC_PUBLIC int32_t society_git_watch_fd(const society_git_watch *watch)
{
    return watch->poll_fd;
}

/* ---- What happened ---- */

/* Whether directories may have come or gone, so that all is to be watched anew. */
static bool read_events(struct society_git_watch *w, bool *ret_any)
{
    char buffer[16384] __attribute__((aligned(__alignof__(struct inotify_event))));
    bool directories = false;
    ssize_t got;
    while (w->inotify_fd >= 0 && (got = soc_sys->read(w->inotify_fd, buffer, sizeof buffer)) > 0) {
        *ret_any = true;
        for (ssize_t at = 0; at < got;) {
            struct inotify_event event;
            memcpy(&event, buffer + at, sizeof event);
            directories |= (event.mask & (IN_ISDIR | IN_Q_OVERFLOW)) != 0 ||
                           (event.mask & (IN_MOVE_SELF | IN_UNMOUNT)) != 0;
            at += (ssize_t)(sizeof event + event.len);
        }
    }
    return directories;
}

SOC_PUBLIC int society_git_watch_take(society_git_watch *watch)
{
    uint64_t ticks;
    bool any = false;
    int result = soc_git_enter(watch->git);
    if (result < 0)
        return result;
    bool ticked = soc_sys->read(watch->timer_fd, &ticks, sizeof ticks) > 0;
    bool directories = read_events(watch, &any);
    if (!ticked && (!directories || watch->stale))
        return any;
    watch->stale = directories;
    if (ticked) {
        watch->polling = watch->inotify_fd < 0;
        result = watch_everything(watch);
    }
    if (result == 0 && set_timer(watch) < 0)
        result = soc_fail_errno(&watch->git->error, "cannot watch");
    return result < 0 ? result : 1;
}
