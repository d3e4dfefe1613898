/* SPDX-License-Identifier: MIT */
/*
 * Named mutexes: whoever holds the kernel's lock of locks/mutex-<name>.lock. What is written in the
 * file says who that is, for people. The close of the file is what wakes those who wait, be it that
 * the holder gave it back or died. The file stays: to remove it would pull it from under another.
 */
#include <society/ownership.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lock.h"
#include "record.h"
#include "sys.h"
#include "wait.h"

#define NAME_SIZE (sizeof "locks/mutex-.lock" + SOC_ID_MAX)
#define CONTENT_MAX 1024

struct society_mutex {
    int fd;
    pid_t pid; /* of the process that took it */
};

/* Who holds it is of interest to people alone: a failure leaves it unsaid. */
static void write_holder(struct society *s, int fd, const char *name)
{
    char host[65];
    char now[SOC_TIME_SIZE];
    SOC_AUTO_STRBUF struct soc_strbuf text = SOC_STRBUF_INIT;
    soc_host_name(host);
    soc_format_time(now, soc_now_ms());
    soc_strbuf_add_string(&text, "{\"agent\":");
    if (s->agent[0] != '\0')
        soc_json_quote(&text, s->agent, strlen(s->agent));
    else
        soc_strbuf_add_string(&text, "null");
    soc_record_integer(&text, "pid", getpid());
    soc_record_string(&text, "host", host);
    soc_record_string(&text, "since", now);
    soc_strbuf_add_string(&text, "}\n");
    if (soc_sys->ftruncate(fd, 0) == 0 && !text.failed)
        soc_fs_write_all(fd, text.data, text.length, name, NULL);
}

static int fail_held(struct society *s, const char *mutex, int fd, int code)
{
    char text[CONTENT_MAX];
    int64_t pid = 0;
    ssize_t got = soc_fs_pread_text(fd, text, sizeof text);
    SOC_AUTO_JSON soc_json *json = got > 0 ? soc_json_parse(text, (size_t)got, NULL) : NULL;
    const char *host = soc_json_get_string(json, "host");
    const char *agent = soc_json_get_string(json, "agent");
    soc_json_get_integer(json, "pid", &pid);
    return soc_fail(&s->error, code, "mutex %s is held by %s (pid %lld on host %s)", mutex,
                    agent ? agent : "another process", (long long)pid, host ? host : "unknown");
}

/* ---- Waiting ---- */

struct mutex_wait {
    struct society_wait wait;
    int fd; /* of the lock file; -1: none */
    char name[SOC_ID_MAX + 1];
};

static int open_file(struct mutex_wait *own)
{
    char name[NAME_SIZE];
    struct society *s = own->wait.s;
    snprintf(name, sizeof name, "locks/mutex-%s.lock", own->name);
    int result = soc_fs_mkdir(&s->dir, "locks", &s->error);
    if (result == 0)
        own->fd = result = soc_fs_open_single(&s->dir, name, O_RDWR | O_CREAT, NULL, &s->error);
    return result;
}

/* The file stays open meanwhile: its close would wake everybody else who waits. */
static int look(struct society_wait *wait, int64_t *ret_limit_ms)
{
    struct mutex_wait *own = (struct mutex_wait *)wait;
    *ret_limit_ms = -1;
    int result = own->fd < 0 ? open_file(own) : 0;
    if (result >= 0)
        result = soc_lock(own->fd, 0, own->name, &wait->s->error);
    if (result == 0)
        write_holder(wait->s, own->fd, own->name);
    return result == SOCIETY_E_TIMEOUT ? 0 : result < 0 ? result : 1;
}

static void free_wait(struct society_wait *wait)
{
    const struct mutex_wait *own = (struct mutex_wait *)wait;
    if (own->fd >= 0)
        close(own->fd);
    free(wait);
}

static const struct soc_wait_kind kind = {.look = look, .free = free_wait};

SOC_PUBLIC int society_mutex_wait(society *s, const char *name, society_wait **ret_wait)
{
    int result = soc_enter(s);
    if (result < 0)
        return result;
    if (!name || !soc_is_id(name, strlen(name)))
        return soc_fail(&s->error, SOCIETY_E_INVALID, "\"%.80s\" is not a mutex's name",
                        name ? name : "");
    struct mutex_wait *own = calloc(1, sizeof *own);
    if (!own)
        return soc_fail_memory(&s->error);
    own->fd = -1;
    snprintf(own->name, sizeof own->name, "%s", name);
    soc_wait_begin(&own->wait, s, &kind, NULL);
    *ret_wait = &own->wait;
    return 0;
}

/* Makes the mutex of a wait that has the lock. */
static int give_mutex(struct mutex_wait *own, society_mutex **ret_mutex)
{
    struct society_mutex *mutex = calloc(1, sizeof *mutex);
    if (!mutex)
        return soc_fail_memory(&own->wait.s->error);
    mutex->fd = soc_steal_fd(&own->fd);
    mutex->pid = own->wait.s->pid;
    *ret_mutex = mutex;
    return 1;
}

SOC_PUBLIC int society_wait_mutex(society_wait *wait, society_mutex **ret_mutex)
{
    struct mutex_wait *own = (struct mutex_wait *)wait;
    int result = soc_enter(wait->s);
    if (result < 0)
        return result;
    if (wait->kind != &kind || (wait->had && own->fd < 0))
        return soc_fail(&wait->s->error, SOCIETY_E_INVALID,
                        "there is no mutex to take from this wait");
    result = wait->had ? 1 : soc_wait_look(wait);
    return result == 1 ? give_mutex(own, ret_mutex) : result;
}

/* ---- Taking and giving back ---- */

static int take_at_once(struct mutex_wait *own)
{
    int64_t limit;
    int result = look(&own->wait, &limit);
    own->wait.had = result == 1;
    return result;
}

SOC_PUBLIC int society_mutex_lock(society *s, const char *name, int32_t timeout_ms,
                                  society_mutex **ret_mutex)
{
    society_wait *wait = NULL;
    int64_t deadline = soc_wait_deadline(timeout_ms);
    int result = society_mutex_wait(s, name, &wait);
    if (!wait)
        return result;
    struct mutex_wait *own = (struct mutex_wait *)wait;
    result = timeout_ms == 0 ? take_at_once(own) : soc_wait_until(wait, deadline);
    if (result == 0)
        result = fail_held(s, name, own->fd, timeout_ms == 0 ? SOCIETY_E_HELD : SOCIETY_E_TIMEOUT);
    else if (result == 1)
        result = give_mutex(own, ret_mutex);
    society_wait_close(wait);
    return result < 0 ? result : 0;
}

SOC_PUBLIC void society_mutex_unlock(society_mutex *mutex)
{
    if (!mutex)
        return;
    /* The open file is a child's too: what it gives back would be its parent's. */
    if (mutex->pid == getpid()) {
        soc_sys->ftruncate(mutex->fd, 0);
        soc_unlock(mutex->fd);
    }
    soc_sys->close(mutex->fd);
    free(mutex);
}
